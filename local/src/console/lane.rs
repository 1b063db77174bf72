//! One execution environment's life as a lane: born, running, frozen, thawed, gone.
//! Knows the records of Lambda's feed that speak of an environment.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::lambda::telemetry::{InitializationType, Reason};
use crate::lambda::{EnvironmentSnapshot, EnvironmentStage};

/// The most spans that are kept of one environment.
const MOST_SPANS: usize = 240;
/// A freeze shorter than this many ms is no span of its own: under load there are thousands of them, and none could be seen.
const SHORTEST_FREEZE: f64 = 50.0;

/// What an environment is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Starts up.
    Init,
    /// Works on an event.
    Running,
    /// Stands still until the next event.
    Frozen,
    /// Is being ended.
    Ending,
    /// Its process is gone.
    Gone,
}

/// A state and since when, Unix ms. It lasts until the next one begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// What it was doing.
    pub state: State,
    /// From when.
    pub from: f64,
}

/// How an environment ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct End {
    /// Why.
    pub reason: Reason,
    /// `signal: 9 (SIGKILL)`, …
    pub status: String,
}

/// An environment.
#[derive(Debug, Clone)]
pub struct Lane {
    /// 32 hex digits.
    pub id: Arc<str>,
    /// Its function.
    pub function: Arc<str>,
    /// Why it was started.
    pub initialization_type: InitializationType,
    /// When its process was asked for, Unix ms; for one that is older than the feed, about then.
    pub started: f64,
    /// How long init took, ms.
    pub init_ms: Option<f64>,
    /// Events it has got.
    pub invocations: u64,
    /// How it ended.
    pub end: Option<End>,
    /// What it works on, or has worked on last: a line it wrote then may arrive after it was frozen.
    pub request_id: Option<Arc<str>>,
    spans: VecDeque<Span>,
    /// Number of the first span kept.
    first: u64,
    /// Number of the first span that is not told yet.
    untold: u64,
}

impl Lane {
    /// A new environment.
    pub fn new(id: Arc<str>, function: Arc<str>, kind: InitializationType, state: State, at: f64) -> Self {
        Self {
            id,
            function,
            initialization_type: kind,
            started: at,
            init_ms: None,
            invocations: 0,
            end: None,
            request_id: None,
            spans: VecDeque::from([Span { state, from: at }]),
            first: 0,
            untold: 0,
        }
    }

    /// One that the feed knows nothing of any more.
    pub fn known(function: Arc<str>, snapshot: &EnvironmentSnapshot, now: f64) -> Self {
        let state = match snapshot.stage {
            EnvironmentStage::Init => State::Init,
            EnvironmentStage::Idle => State::Frozen,
            EnvironmentStage::Running => State::Running,
            EnvironmentStage::Ending => State::Ending,
        };
        let id = Arc::clone(&snapshot.environment_id);
        let mut lane = Self::new(id, function, snapshot.initialization_type, state, now - snapshot.age_ms);
        lane.init_ms = snapshot.init_ms;
        lane.invocations = snapshot.invocations;
        lane
    }

    /// What it is doing now.
    pub fn state(&self) -> State {
        self.spans.back().map_or(State::Init, |span| span.state)
    }

    /// Its spans in the order of time.
    pub fn spans(&self) -> impl Iterator<Item = &Span> {
        self.spans.iter()
    }

    /// From `at` on it does something else.
    pub fn enter(&mut self, state: State, at: f64) {
        let Some(last) = self.spans.back().copied() else { return };
        if last.state == state {
            return;
        }
        let is_blink =
            last.state == State::Frozen && state == State::Running && at - last.from < SHORTEST_FREEZE;
        if is_blink && self.spans.len() > 1 {
            self.spans.pop_back();
            self.untold = self.untold.min(self.next());
            if self.spans.back().is_some_and(|span| span.state == state) {
                return;
            }
        }
        self.spans.push_back(Span { state, from: at });
        if self.spans.len() > MOST_SPANS {
            self.spans.pop_front();
            self.first += 1;
        }
    }

    /// Number of the next span.
    fn next(&self) -> u64 {
        self.first + self.spans.len() as u64
    }

    /// What is to be told of it; its spans only as far as they are not told yet. From then on they are.
    pub fn tell(&mut self) -> Told {
        let from = self.untold.clamp(self.first, self.next());
        let skip = usize::try_from(from - self.first).unwrap_or(usize::MAX);
        let spans = self.spans.iter().skip(skip).copied().collect();
        // The span at hand may yet be taken back.
        self.untold = self.next();
        Told { lane: Self { spans: VecDeque::new(), ..self.clone() }, state: self.state(), from, spans }
    }
}

/// A lane as it is told: `{"id", "function", "provisioned", "state", "started", "initMs"?, "invocations", "requestId"?, "end"?,
/// "from", "spans": [[state, since], …]}`, where `from` is the number of the first span and what was told from there on is void.
#[derive(Debug, Clone)]
pub struct Told {
    lane: Lane,
    state: State,
    from: u64,
    spans: Vec<Span>,
}

impl Serialize for Told {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { lane, state, from, spans } = self;
        let spans: Vec<_> = spans.iter().map(|span| (span.state, span.from)).collect();
        let mut told = serializer.serialize_struct("Lane", 11)?;
        told.serialize_field("id", &*lane.id)?;
        told.serialize_field("function", &*lane.function)?;
        let provisioned = lane.initialization_type == InitializationType::ProvisionedConcurrency;
        told.serialize_field("provisioned", &provisioned)?;
        told.serialize_field("state", state)?;
        told.serialize_field("started", &lane.started)?;
        told.serialize_field("initMs", &lane.init_ms)?;
        told.serialize_field("invocations", &lane.invocations)?;
        let request_id = lane.request_id.as_deref().filter(|_| *state == State::Running);
        told.serialize_field("requestId", &request_id)?;
        told.serialize_field("end", &lane.end)?;
        told.serialize_field("from", from)?;
        told.serialize_field("spans", &spans)?;
        told.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn lane() -> Lane {
        Lane::new("e".into(), "F".into(), InitializationType::OnDemand, State::Init, 100.0)
    }

    fn told(lane: &mut Lane) -> (Value, Value) {
        let json = serde_json::to_value(lane.tell()).unwrap();
        (json["from"].clone(), json["spans"].clone())
    }

    #[test]
    fn a_life_is_told_piece_by_piece() {
        let mut lane = lane();
        assert_eq!(told(&mut lane), (json!(0), json!([["init", 100.0]])));
        lane.enter(State::Running, 110.0);
        lane.enter(State::Running, 111.0);
        lane.enter(State::Frozen, 120.0);
        assert_eq!(told(&mut lane), (json!(1), json!([["running", 110.0], ["frozen", 120.0]])));
        assert_eq!(told(&mut lane), (json!(3), json!([])));
        lane.enter(State::Running, 120.0 + SHORTEST_FREEZE);
        assert_eq!(told(&mut lane), (json!(3), json!([["running", 170.0]])));
    }

    #[test]
    fn a_freeze_that_nobody_could_see_is_taken_back() {
        let mut lane = lane();
        lane.enter(State::Running, 110.0);
        lane.enter(State::Frozen, 120.0);
        told(&mut lane);
        for n in 0..1_000 {
            lane.enter(State::Running, 121.0 + f64::from(n));
            lane.enter(State::Frozen, 121.5 + f64::from(n));
        }
        assert_eq!(lane.spans().count(), 3);
        assert_eq!(told(&mut lane), (json!(2), json!([["frozen", 1120.5]])));
        // Before its first event a provisioned environment is frozen, which is a moment of its life.
        let mut provisioned = self::lane();
        provisioned.enter(State::Frozen, 101.0);
        provisioned.enter(State::Running, 102.0);
        assert_eq!(told(&mut provisioned).1, json!([["init", 100.0], ["running", 102.0]]));
    }

    #[test]
    fn spans_are_bounded_and_keep_their_numbers() {
        let mut lane = lane();
        for n in 0..1_000 {
            lane.enter(if n % 2 == 0 { State::Running } else { State::Frozen }, 200.0 + 100.0 * f64::from(n));
        }
        assert_eq!(lane.spans().count(), MOST_SPANS);
        let (from, spans) = told(&mut lane);
        assert_eq!((from, spans.as_array().unwrap().len()), (json!(1_001 - MOST_SPANS), MOST_SPANS));
    }
}
