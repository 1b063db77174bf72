//! Where an event goes and what becomes of an environment that is free: the rules of placement, apart from what carries them out.
//! Knows names and numbers only: no process, no clock (the time comes in), no runtime. The book's simulator steps the same
//! rules; `tests/vectors/placement.json` holds both to one answer.

use std::collections::{BTreeMap, VecDeque};

/// An environment that has answered asks for its next event at once; an event waits this many ms for that before another
/// environment is started. Otherwise calls one after another would now and then meet two environments.
const ABOUT_TO_ASK: u64 = 100;

/// What a function's placement keeps to.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// ms after which an idle on-demand environment is reclaimed. AWS publishes no figure.
    pub idle: u64,
    /// Reserved concurrency: the most events in work or waiting at once. `None`: no limit of the function's own.
    pub reserved: Option<u32>,
    /// Environments kept ready by provisioned concurrency.
    pub provisioned: u32,
    /// The most environments at once.
    pub most_environments: usize,
    /// The most events that wait.
    pub most_waiting: usize,
}

/// Where an environment stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Started, has not asked for an event yet.
    Init,
    /// Frozen until the next event.
    Idle {
        /// Since when, in ms.
        since: u64,
    },
    /// Working on an event.
    Running,
    /// Has answered and has not asked for the next event yet.
    Responded,
    /// Being ended; it counts until it is gone.
    Ending,
}

#[derive(Debug)]
struct Environment {
    stage: Stage,
    provisioned: bool,
    generation: u64,
}

/// What an arriving event gets.
#[derive(Debug, PartialEq, Eq)]
pub enum Arrival<K, W> {
    /// This idle environment, which is running from now on: a provisioned one before the others, and the one used last.
    Thaws(K, W),
    /// The first environment that becomes free. [`Placement::lacking`] says how many more to start.
    Waits,
}

/// Why an event is turned away.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Reserved concurrency is used up.
    Throttled,
    /// As many events wait as may.
    Overloaded,
}

/// What an environment does that asks for its next event.
#[derive(Debug, PartialEq, Eq)]
pub enum Freed<W> {
    /// Works on the event that has waited longest.
    Runs(W),
    /// Nothing waits: it freezes.
    Freezes,
    /// It runs an older package: it ends.
    Ends,
}

/// The environments of one function, named by `K`, and the events `W` that wait for one.
#[derive(Debug)]
pub struct Placement<K, W> {
    rules: Rules,
    generation: u64,
    environments: BTreeMap<K, Environment>,
    /// The environment used last stands last.
    idle: Vec<K>,
    /// With the time of arrival.
    waiting: VecDeque<(u64, W)>,
}

impl<K: Ord + Clone, W> Placement<K, W> {
    /// No environment yet.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            generation: 0,
            environments: BTreeMap::new(),
            idle: Vec::new(),
            waiting: VecDeque::new(),
        }
    }

    /// An event arrives.
    ///
    /// # Errors
    /// A limit is reached.
    pub fn arrive(&mut self, now: u64, event: W) -> Result<Arrival<K, W>, Refusal> {
        // ANCHOR: arrival
        let running = self.count(|one| one.stage == Stage::Running);
        if self.rules.reserved.is_some_and(|limit| running + self.waiting.len() >= limit as usize) {
            return Err(Refusal::Throttled);
        }
        if let Some(key) = self.take_idle() {
            self.set(&key, Stage::Running);
            return Ok(Arrival::Thaws(key, event));
        }
        if self.waiting.len() >= self.rules.most_waiting {
            return Err(Refusal::Overloaded);
        }
        self.waiting.push_back((now, event));
        Ok(Arrival::Waits)
        // ANCHOR_END: arrival
    }

    /// How many on-demand environments to start: as many as more events wait than environments are about to be free,
    /// within the bound of environments.
    pub fn lacking(&self, now: u64) -> usize {
        let patient = self.waiting.front().is_some_and(|(arrived, _)| now - arrived < ABOUT_TO_ASK);
        let expected = self.count(|one| match one.stage {
            Stage::Init => !one.provisioned,
            Stage::Responded => patient && one.generation == self.generation,
            _ => false,
        });
        let room = self.rules.most_environments.saturating_sub(self.environments.len());
        self.waiting.len().saturating_sub(expected).min(room)
    }

    /// How many provisioned environments to start, within the bound of environments.
    pub fn unprovisioned(&self) -> usize {
        let have = self.count(|one| one.provisioned && one.generation == self.generation);
        (self.rules.provisioned as usize).min(self.rules.most_environments).saturating_sub(have)
    }

    /// An environment starts; nothing is asked but that the name is new.
    pub fn start(&mut self, key: K, provisioned: bool) {
        let generation = self.generation;
        self.environments.insert(key, Environment { stage: Stage::Init, provisioned, generation });
    }

    /// The environment has given its answer.
    pub fn answered(&mut self, key: &K) {
        self.set(key, Stage::Responded);
    }

    /// The environment, whose init or last event is over, asks for the next event.
    pub fn free(&mut self, now: u64, key: &K) -> Freed<W> {
        if self.environments.get(key).is_none_or(|one| one.generation != self.generation) {
            self.end(key);
            return Freed::Ends;
        }
        if let Some((_, event)) = self.waiting.pop_front() {
            self.set(key, Stage::Running);
            return Freed::Runs(event);
        }
        self.set(key, Stage::Idle { since: now });
        self.idle.push(key.clone());
        Freed::Freezes
    }

    /// Takes the idle environments whose time is over out of service and names them.
    pub fn reclaim(&mut self, now: u64) -> Vec<K> {
        let over = |one: &Environment| match one.stage {
            Stage::Idle { since } => !one.provisioned && now - since >= self.rules.idle,
            _ => false,
        };
        let reclaimed: Vec<K> =
            self.environments.iter().filter(|(_, one)| over(one)).map(|(key, _)| key.clone()).collect();
        reclaimed.iter().for_each(|key| self.end(key));
        reclaimed
    }

    /// A new package: idle environments are named and out of service, the others end as soon as they are free.
    pub fn renew(&mut self) -> Vec<K> {
        self.generation += 1;
        let idle = self.idle.clone();
        idle.iter().for_each(|key| self.end(key));
        idle
    }

    /// The environment gets no event any more.
    pub fn end(&mut self, key: &K) {
        self.idle.retain(|idle| idle != key);
        self.set(key, Stage::Ending);
    }

    /// The environment is gone. If it was started for an event and never became ready, the event that has waited longest
    /// comes back and fails with it; otherwise a broken package would be started for ever. Nobody waits for a provisioned
    /// environment: events spill over to environments of their own.
    pub fn gone(&mut self, key: &K) -> Option<W> {
        self.idle.retain(|idle| idle != key);
        let environment = self.environments.remove(key)?;
        let failed = environment.stage == Stage::Init && !environment.provisioned;
        if failed { self.waiting.pop_front().map(|(_, event)| event) } else { None }
    }

    /// How many events wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Drops what waits and hands out nothing any more.
    pub fn stop(&mut self) {
        self.waiting.clear();
        self.idle.clear();
    }

    /// Where an environment stands; `None` when there is none of this name.
    pub fn stage(&self, key: &K) -> Option<Stage> {
        self.environments.get(key).map(|one| one.stage)
    }

    /// Provisioned concurrency is used first; only when all of it is in use do events spill over (the CloudWatch metric
    /// `ProvisionedConcurrencySpilloverInvocations` counts them). Which of several idle environments AWS takes is not
    /// published; the one used last leaves the others to be reclaimed.
    fn take_idle(&mut self) -> Option<K> {
        let kept = |key: &K| self.environments.get(key).is_some_and(|one| one.provisioned);
        let at = self.idle.iter().rposition(kept).or(self.idle.len().checked_sub(1))?;
        Some(self.idle.remove(at))
    }

    fn set(&mut self, key: &K, stage: Stage) {
        if let Some(environment) = self.environments.get_mut(key) {
            environment.stage = stage;
        }
    }

    fn count(&self, which: impl Fn(&Environment) -> bool) -> usize {
        self.environments.values().filter(|one| which(one)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules =
        Rules { idle: 1000, reserved: None, provisioned: 0, most_environments: 3, most_waiting: 4 };

    /// A placement with environment 1 at work on event 1 since time 0.
    fn at_work(rules: Rules) -> Placement<u32, u32> {
        let mut placement = Placement::new(rules);
        assert_eq!(placement.arrive(0, 1), Ok(Arrival::Waits));
        assert_eq!(placement.lacking(0), 1);
        placement.start(1, false);
        assert_eq!(placement.lacking(0), 0);
        assert_eq!(placement.free(0, &1), Freed::Runs(1));
        placement
    }

    #[test]
    fn an_event_waits_a_little_for_an_environment_that_has_answered() {
        let mut placement = at_work(RULES);
        placement.answered(&1);
        assert_eq!(placement.arrive(50, 2), Ok(Arrival::Waits));
        assert_eq!(placement.lacking(50), 0);
        assert_eq!(placement.lacking(149), 0);
        assert_eq!(placement.lacking(150), 1, "it should have asked long ago");
        assert_eq!(placement.free(150, &1), Freed::Runs(2));
    }

    #[test]
    fn an_environment_of_an_older_package_gets_no_event_and_is_not_waited_for() {
        let mut placement = at_work(RULES);
        placement.start(2, false);
        assert_eq!(placement.free(1, &2), Freed::Freezes);
        assert_eq!(placement.renew(), [2], "idle ones end at once");
        assert_eq!(placement.stage(&2), Some(Stage::Ending));
        placement.answered(&1);
        assert_eq!(placement.arrive(2, 2), Ok(Arrival::Waits));
        assert_eq!(placement.lacking(2), 1);
        assert_eq!(placement.free(3, &1), Freed::Ends);
        assert_eq!(placement.stage(&1), Some(Stage::Ending));
    }

    #[test]
    fn environments_and_waiting_events_are_bounded() {
        let mut placement = at_work(RULES);
        for event in 2..=5 {
            assert_eq!(placement.arrive(1, event), Ok(Arrival::Waits));
        }
        assert_eq!(placement.lacking(1), 2, "three environments at most");
        assert_eq!(placement.arrive(1, 6), Err(Refusal::Overloaded));
        placement.end(&1);
        assert_eq!(placement.lacking(1), 2, "one that is being ended takes its place until it is gone");
        assert_eq!(placement.gone(&1), None);
        assert_eq!(placement.lacking(1), 3);
    }

    #[test]
    fn a_failed_init_costs_the_event_that_has_waited_longest_but_not_a_provisioned_one() {
        let mut placement = Placement::new(Rules { provisioned: 1, ..RULES });
        assert_eq!(placement.unprovisioned(), 1);
        placement.start(1, true);
        assert_eq!(placement.unprovisioned(), 0);
        assert_eq!(placement.arrive(0, 1), Ok(Arrival::Waits));
        assert_eq!(placement.lacking(0), 1, "nobody waits for a provisioned one");
        placement.start(2, false);
        assert_eq!(placement.gone(&1), None);
        assert_eq!(placement.unprovisioned(), 1);
        assert_eq!(placement.gone(&2), Some(1));
        assert_eq!(placement.lacking(0), 0);
    }

    #[test]
    fn provisioned_environments_are_bounded_too() {
        assert_eq!(Placement::<u32, u32>::new(Rules { provisioned: 1000, ..RULES }).unprovisioned(), 3);
    }

    #[test]
    fn a_provisioned_environment_is_used_before_one_used_later() {
        let mut placement = at_work(Rules { provisioned: 1, ..RULES });
        placement.start(2, true);
        assert_eq!(placement.free(1, &2), Freed::Freezes);
        placement.answered(&1);
        assert_eq!(placement.free(2, &1), Freed::Freezes);
        assert_eq!(placement.arrive(3, 2), Ok(Arrival::Thaws(2, 2)));
        assert_eq!(placement.arrive(3, 3), Ok(Arrival::Thaws(1, 3)), "what spills over");
    }

    #[test]
    fn an_ended_environment_is_taken_neither_for_an_event_nor_for_idle() {
        let mut placement = at_work(RULES);
        placement.answered(&1);
        assert_eq!(placement.free(1, &1), Freed::Freezes);
        assert_eq!(placement.arrive(2, 2), Ok(Arrival::Thaws(1, 2)));
        // Its process turns out to be dying: the event is placed again.
        placement.end(&1);
        assert_eq!(placement.arrive(2, 2), Ok(Arrival::Waits));
        assert_eq!(placement.reclaim(5000), Vec::<u32>::new());
        assert_eq!(placement.lacking(2), 1);
        placement.stop();
        assert_eq!(placement.lacking(2), 0);
        assert_eq!(placement.stage(&9), None);
    }
}
