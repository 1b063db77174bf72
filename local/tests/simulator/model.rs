//! Lambda behind an HTTP API on a virtual clock: drives the placement and the token bucket that run through a scenario.
//! Knows the rules' interfaces; no process, no time but its own.
//!
//! At one instant first everything that ends has ended, then idle times run out, then events arrive.

use std::collections::BTreeSet;

use local::gateway::throttle::Tokens;
use local::lambda::placement::{Arrival, Freed, Placement, Rules};
use serde::{Deserialize, Serialize};
use template::Throttle;

/// What happens from outside, and the settings it happens to. Times in ms.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// When requests arrive, in order.
    pub arrivals: Vec<u64>,
    /// How long a request is worked on, at least 1.
    pub handler: u64,
    /// How long an environment initialises.
    pub init: u64,
    /// How long an environment may be idle.
    pub idle: u64,
    /// Reserved concurrency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved: Option<u32>,
    /// Provisioned environments, ready before time 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioned: Option<u32>,
    /// The API's token bucket: tokens per second …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// … and how many it holds. Both or neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<f64>,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Outcome {
    Served {
        /// Environments are numbered from 1 in the order of their start.
        environment: u32,
        /// The first event of an on-demand environment.
        cold: bool,
        start: u64,
        end: u64,
    },
    /// 429 by the API's throttle; 503 by the function's limit, as the caller of an HTTP API sees it.
    Refused { status: u16 },
}

/// What an environment does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Init,
    Run,
    Freeze,
}

/// A state from … to. The last end is when the environment is reclaimed; a provisioned one never is.
pub type Span = (State, u64, Option<u64>);

/// Everything that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Course {
    /// In the order of arrival.
    pub requests: Vec<Outcome>,
    /// In the order of their numbers.
    pub environments: Vec<Vec<Span>>,
}

/// Things that are due; at one instant in this order.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// This environment asks for its next event.
    Asks(u32),
    /// An idle time may be over.
    Look,
}

struct Lane {
    spans: Vec<Span>,
    fresh: bool,
    frozen: Option<u64>,
}

struct Model<'s> {
    scenario: &'s Scenario,
    placement: Placement<u32, usize>,
    due: BTreeSet<(u64, Due)>,
    lanes: Vec<Lane>,
    requests: Vec<Option<Outcome>>,
}

/// Runs a scenario to its end.
pub fn run(scenario: &Scenario) -> Course {
    let placement = Placement::new(Rules {
        idle: scenario.idle,
        reserved: scenario.reserved,
        provisioned: scenario.provisioned.unwrap_or(0),
        // The model's environments do not age, and its machine has no bounds and needs no patience.
        most_age: u64::MAX,
        most_environments: usize::MAX,
        most_waiting: usize::MAX,
        most_starting: usize::MAX,
        patience: 0,
        busy: usize::MAX,
    });
    let requests = vec![None; scenario.arrivals.len()];
    let mut model = Model { scenario, placement, due: BTreeSet::new(), lanes: Vec::new(), requests };
    for _ in 0..model.placement.unprovisioned(0) {
        let number = model.start(0, true);
        model.asks(0, number);
    }
    let throttle = scenario.rate.zip(scenario.burst).map(|(rate, burst)| Throttle { rate, burst });
    let mut bucket = throttle.map(|limit| (limit, Tokens::full(limit)));
    for (index, &at) in scenario.arrivals.iter().enumerate() {
        model.advance(at);
        let granted = bucket.as_mut().is_none_or(|(limit, tokens)| tokens.take(*limit, at as f64));
        if granted {
            model.arrive(at, index);
        } else {
            model.requests[index] = Some(Outcome::Refused { status: 429 });
        }
    }
    model.advance(u64::MAX);
    let environments = model.lanes.into_iter().map(|mut lane| {
        lane.spans.extend(lane.frozen.map(|since| (State::Freeze, since, None)));
        lane.spans
    });
    Course {
        environments: environments.collect(),
        requests: model.requests.into_iter().map(|outcome| outcome.expect("every request ends")).collect(),
    }
}

impl Model<'_> {
    fn advance(&mut self, until: u64) {
        while let Some((at, due)) = self.due.pop_first() {
            if at > until {
                self.due.insert((at, due));
                return;
            }
            match due {
                Due::Asks(number) => self.asks(at, number),
                Due::Look => self.look(at),
            }
        }
    }

    fn arrive(&mut self, at: u64, index: usize) {
        match self.placement.arrive(at, index) {
            Ok(Arrival::Thaws(number, index)) => self.begin(at, number, index),
            Ok(Arrival::Waits) => {
                for _ in 0..self.placement.lacking(at) {
                    let number = self.start(at, false);
                    let ready = at + self.scenario.init;
                    self.lane(number).span(State::Init, at, ready);
                    self.due.insert((ready, Due::Asks(number)));
                }
            }
            Err(_) => self.requests[index] = Some(Outcome::Refused { status: 503 }),
        }
    }

    fn start(&mut self, at: u64, provisioned: bool) -> u32 {
        self.lanes.push(Lane { spans: Vec::new(), fresh: !provisioned, frozen: None });
        let number = u32::try_from(self.lanes.len()).unwrap();
        self.placement.start(at, number, provisioned);
        // Provisioned environments have initialised before time 0.
        assert!(!provisioned || at == 0);
        number
    }

    /// Init or the answer is over. In this model an environment asks for the next event in the same instant.
    fn asks(&mut self, at: u64, number: u32) {
        self.placement.answered(&number);
        match self.placement.free(at, &number) {
            Freed::Runs(index) => self.begin(at, number, index),
            Freed::Freezes => {
                self.lane(number).frozen = Some(at);
                self.due.insert((at.saturating_add(self.scenario.idle), Due::Look));
            }
            Freed::Ends(_) => panic!("there is one package only"),
        }
    }

    fn look(&mut self, at: u64) {
        for (number, _) in self.placement.reclaim(at) {
            self.lane(number).thaw(at);
            assert_eq!(self.placement.gone(&number), None);
        }
    }

    fn begin(&mut self, at: u64, number: u32, index: usize) {
        let end = at + self.scenario.handler;
        let lane = self.lane(number);
        lane.thaw(at);
        lane.span(State::Run, at, end);
        let cold = std::mem::take(&mut lane.fresh);
        self.requests[index] = Some(Outcome::Served { environment: number, cold, start: at, end });
        self.due.insert((end, Due::Asks(number)));
    }

    fn lane(&mut self, number: u32) -> &mut Lane {
        &mut self.lanes[number as usize - 1]
    }
}

impl Lane {
    fn span(&mut self, state: State, from: u64, to: u64) {
        if from < to {
            self.spans.push((state, from, Some(to)));
        }
    }

    fn thaw(&mut self, at: u64) {
        if let Some(since) = self.frozen.take() {
            self.span(State::Freeze, since, at);
        }
    }
}
