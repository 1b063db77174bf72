//! What the feeds tell, put together: environments, calls, log lines and what was turned away, with what has changed since it
//! was last told. Knows records; knows no page and no client.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::invocation::{Gateway, Invocation, Outcome, Report, Request};
use super::lane::{End, Lane, State, Told};
use super::refusal::Refusal;
use crate::gateway::telemetry as gateway;
use crate::iam::Denial;
use crate::lambda::telemetry::{self, InitializationType, Kind, Record};
use crate::lambda::{FunctionSnapshot, transcript};

/// The most calls, refusals and log lines that are kept.
pub const MOST_INVOCATIONS: usize = 200;
/// See [`MOST_INVOCATIONS`].
pub const MOST_REFUSALS: usize = 100;
/// See [`MOST_INVOCATIONS`].
pub const MOST_LINES: usize = 500;
/// The most environments that are gone and still kept.
const MOST_GONE: usize = 100;
/// The longest text of a log line that is told, in bytes.
const LONGEST_LINE: usize = 4 * 1024;
/// A record gives at most so many lines; their numbers are made of its own.
const LINES_PER_RECORD: u64 = 4;

/// A line of a function's log.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Later lines have higher ones.
    pub number: u64,
    /// Unix ms.
    pub time: f64,
    /// The function.
    pub function: String,
    /// The environment that wrote it.
    pub environment_id: String,
    /// The call it belongs to; empty outside one.
    pub request_id: String,
    /// Whether Lambda wrote it, not the function.
    pub platform: bool,
    /// Without the line's end; nobody knows what is in it.
    pub text: String,
}

impl Line {
    /// The number of the record it was made of.
    pub fn record(&self) -> u64 {
        self.number / LINES_PER_RECORD
    }
}

/// What there is to tell.
#[derive(Debug, Default, Serialize)]
pub struct Changes {
    /// Everything told before about environments, calls and refusals is void.
    pub reset: bool,
    /// Lines and records that were not kept for the listener.
    pub lost: u64,
    /// Environments that have changed.
    pub environments: Vec<Told>,
    /// Calls that have changed, oldest first.
    pub invocations: Vec<Invocation>,
    /// New lines, oldest first.
    pub lines: Vec<Line>,
    /// New refusals, oldest first.
    pub refusals: Vec<Refusal>,
}

impl Changes {
    /// Whether nothing has changed.
    pub fn is_empty(&self) -> bool {
        let Self { reset, lost, environments, invocations, lines, refusals } = self;
        !reset
            && *lost == 0
            && environments.is_empty()
            && invocations.is_empty()
            && lines.is_empty()
            && refusals.is_empty()
    }
}

/// Route key → function.
pub type Routes = BTreeMap<String, Arc<str>>;

/// Everything known at one moment.
#[derive(Debug, Default)]
pub struct Model {
    timeouts: BTreeMap<String, Duration>,
    routes: Arc<Routes>,
    lanes: BTreeMap<Arc<str>, Lane>,
    /// Environments that are gone, in the order in which they went.
    gone: VecDeque<Arc<str>>,
    invocations: VecDeque<Invocation>,
    changed_lanes: BTreeSet<Arc<str>>,
    changed_invocations: BTreeSet<Arc<str>>,
    lines: VecDeque<Line>,
    refusals: VecDeque<Refusal>,
    lost: u64,
}

impl Model {
    /// Nothing but the functions, and which of them each route leads to.
    pub fn new(functions: &[FunctionSnapshot], routes: &Arc<Routes>) -> Self {
        let timeout = |function: &FunctionSnapshot| {
            (function.function.clone(), Duration::from_millis(function.timeout_ms))
        };
        let routes = Arc::clone(routes);
        Self { timeouts: functions.iter().map(timeout).collect(), routes, ..Self::default() }
    }

    /// Adds environments of which the feed knows nothing any more. Unix ms.
    pub fn know(&mut self, functions: &[FunctionSnapshot], now: f64) {
        for function in functions {
            let name: Arc<str> = function.function.as_str().into();
            for environment in &function.environments {
                let id = Arc::clone(&environment.environment_id);
                if !self.lanes.contains_key(&id) {
                    self.lanes.insert(Arc::clone(&id), Lane::known(Arc::clone(&name), environment, now));
                    self.changed_lanes.insert(id);
                }
            }
        }
    }

    /// Something happened in Lambda.
    pub fn lambda(&mut self, record: &Record) {
        let at = record.time;
        if !record.environment_id.is_empty() {
            self.environment(record);
        }
        match &record.kind {
            Kind::Start { invocation, cold } => {
                let init_ms = self.lanes.get(&record.environment_id).and_then(|lane| lane.init_ms);
                let call = self.call(&invocation.trace_id, &invocation.request_id, at);
                call.function = Arc::clone(&record.function);
                call.environment_id = Arc::clone(&record.environment_id);
                call.start(at, *cold, init_ms);
            }
            Kind::RuntimeDone { invocation, outcome, duration_ms, .. } => {
                let (outcome, error) = match outcome {
                    telemetry::Outcome::Success => (Outcome::Success, None),
                    telemetry::Outcome::Error { error_type, .. } => {
                        (Outcome::Error, Some(error_type.to_string()))
                    }
                    telemetry::Outcome::Timeout => (Outcome::Timeout, None),
                };
                self.call(&invocation.trace_id, &invocation.request_id, at).done(
                    outcome,
                    error,
                    *duration_ms,
                );
            }
            Kind::Report { invocation, billed_duration_ms, memory_size_mb, max_memory_used_mb, .. } => {
                let report = Report {
                    billed_ms: *billed_duration_ms,
                    memory_size_mb: *memory_size_mb,
                    max_memory_used_mb: *max_memory_used_mb,
                };
                self.call(&invocation.trace_id, &invocation.request_id, at).report = Some(report);
            }
            Kind::Throttled { invocation, limit } => {
                let call = self.call(&invocation.trace_id, &invocation.request_id, at);
                call.function = Arc::clone(&record.function);
                call.outcome = Outcome::Throttled;
                self.refuse(Refusal::throttled(at, &record.function, *limit));
            }
            _ => {}
        }
        self.log(record);
    }

    /// What the record says of its environment.
    fn environment(&mut self, record: &Record) {
        let (id, at) = (&record.environment_id, record.time);
        let lane = self.lanes.entry(Arc::clone(id)).or_insert_with(|| {
            let kind = match &record.kind {
                Kind::InitStart { initialization_type, .. }
                | Kind::InitReport { initialization_type, .. } => *initialization_type,
                _ => InitializationType::OnDemand,
            };
            let state = match &record.kind {
                Kind::InitStart { .. } | Kind::InitReport { .. } => State::Init,
                Kind::Frozen => State::Frozen,
                _ => State::Running,
            };
            Lane::new(Arc::clone(id), Arc::clone(&record.function), kind, state, at)
        });
        match &record.kind {
            Kind::InitReport { duration_ms, outcome: telemetry::Outcome::Success, .. } => {
                lane.init_ms = Some(*duration_ms);
            }
            Kind::Start { invocation, .. } => {
                lane.invocations += 1;
                lane.request_id = Some(Arc::clone(&invocation.request_id));
                lane.enter(State::Running, at);
            }
            Kind::Frozen => lane.enter(State::Frozen, at),
            Kind::Gone { reason, status } => {
                lane.end = Some(End { reason: *reason, status: status.to_string() });
                lane.enter(State::Gone, at);
                self.gone.push_back(Arc::clone(id));
            }
            Kind::Function { .. } | Kind::Thawed => return,
            _ => {}
        }
        self.changed_lanes.insert(Arc::clone(id));
        if self.gone.len() > MOST_GONE
            && let Some(oldest) = self.gone.pop_front()
        {
            self.lanes.remove(&oldest);
            self.changed_lanes.remove(&oldest);
        }
    }

    /// The call with this trace id; a new one if there is none. Calls without one are told apart by their request id.
    fn call(&mut self, trace_id: &Arc<str>, request_id: &Arc<str>, at: f64) -> &mut Invocation {
        let key = if trace_id.is_empty() { request_id } else { trace_id };
        self.changed_invocations.insert(Arc::clone(key));
        // What is asked for is nearly always among the last.
        let index = match self.invocations.iter().rposition(|call| call.key == *key) {
            Some(index) => index,
            None => {
                if self.invocations.len() == MOST_INVOCATIONS
                    && let Some(oldest) = self.invocations.pop_front()
                {
                    self.changed_invocations.remove(&oldest.key);
                }
                self.invocations.push_back(Invocation::new(Arc::clone(key), at));
                self.invocations.len() - 1
            }
        };
        let call = &mut self.invocations[index];
        if call.request_id.is_empty() {
            call.request_id = Arc::clone(request_id);
        }
        call
    }

    fn log(&mut self, record: &Record) {
        let timeout = self.timeouts.get(&*record.function).copied().unwrap_or_default();
        let request_id = match &record.kind {
            Kind::Start { invocation, .. }
            | Kind::RuntimeDone { invocation, .. }
            | Kind::Report { invocation, .. } => invocation.request_id.to_string(),
            _ => {
                let lane = self.lanes.get(&record.environment_id);
                lane.and_then(|lane| lane.request_id.as_deref()).unwrap_or_default().to_owned()
            }
        };
        for (n, mut text) in transcript::lines(record, timeout).into_iter().enumerate() {
            if text.len() > LONGEST_LINE {
                text.truncate(text.floor_char_boundary(LONGEST_LINE));
                text.push('…');
            }
            self.lines.push_back(Line {
                number: record.sequence * LINES_PER_RECORD + n as u64,
                time: record.time,
                function: record.function.to_string(),
                environment_id: record.environment_id.to_string(),
                request_id: request_id.clone(),
                platform: !matches!(record.kind, Kind::Function { .. }),
                text,
            });
            if self.lines.len() > MOST_LINES {
                self.lines.pop_front();
                self.lost += 1;
            }
        }
    }

    /// A request has gone through the gateway, or was turned away there.
    pub fn gateway(&mut self, record: &gateway::Record) {
        let trace_id: Arc<str> = record.trace_id.as_str().into();
        let request =
            Request { method: record.method.clone(), path: record.path.clone(), status: record.status };
        let times = Gateway {
            arrived: record.arrived,
            authorized: record.authorized_ms,
            invoked: record.invoked_ms,
            answered: record.answered_ms,
        };
        let routes = Arc::clone(&self.routes);
        let function = record.route_key.as_ref().and_then(|key| routes.get(key));
        let call = self.call(&trace_id, &"".into(), record.arrived);
        if let Some(function) = function.filter(|_| call.function.is_empty()) {
            call.function = Arc::clone(function);
        }
        call.pass(request, times, record.error.clone());
        if record.invoked_ms.is_none() {
            self.refuse(Refusal::at_the_gateway(record));
        }
    }

    /// A role did not allow something.
    pub fn denied(&mut self, denial: &Denial) {
        self.refuse(Refusal::denied(denial));
    }

    fn refuse(&mut self, refusal: Refusal) {
        self.refusals.push_back(refusal);
        if self.refusals.len() > MOST_REFUSALS {
            self.refusals.pop_front();
            self.lost += 1;
        }
    }

    /// What has changed since it was last told. Lines and refusals are told once; the model forgets them.
    pub fn changes(&mut self) -> Changes {
        let lanes = std::mem::take(&mut self.changed_lanes);
        let environments = lanes.iter().filter_map(|id| Some(self.lanes.get_mut(id)?.tell())).collect();
        let calls = std::mem::take(&mut self.changed_invocations);
        let invocations = self.invocations.iter().filter(|call| calls.contains(&call.key)).cloned().collect();
        Changes {
            reset: false,
            lost: std::mem::take(&mut self.lost),
            environments,
            invocations,
            lines: std::mem::take(&mut self.lines).into(),
            refusals: std::mem::take(&mut self.refusals).into(),
        }
    }

    /// The environments, by id.
    pub fn lanes(&self) -> impl Iterator<Item = &Lane> {
        self.lanes.values()
    }
}
