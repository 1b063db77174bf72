//! Where an event goes and what becomes of an environment that is free: the rules of placement, apart from what carries them out.
//! Knows names and numbers only: no process, no clock (the time comes in), no runtime. The book's simulator steps the same
//! rules; `tests/vectors/placement.json` holds both to one answer.

mod decision;
mod pace;
mod rules;

use std::collections::{BTreeMap, VecDeque};

pub use decision::{Arrival, Cause, Freed, Refusal};
use pace::Pace;
pub use rules::Rules;

/// An environment that has answered asks for its next event at once; an event waits this many ms for that before another
/// environment is started. Otherwise calls one after another would now and then meet two environments.
const ABOUT_TO_ASK: u64 = 100;

/// How long, in ms, an environment that has just been started keeps others of its function from being started beyond
/// [`Rules::most_starting`]. Processes that start together slow one another down, and meanwhile environments become free that
/// could have taken the events. An init that takes longer than this may just as well be waiting for something.
const STARTING: u64 = 20;

/// An event is held back for environments at work for so many ms at most. As long as calls are over at once it takes less.
const HELD_BACK: u64 = 50;

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
    /// When it was started, ms.
    started: u64,
    /// When it got its last event, ms.
    began: u64,
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
    /// When environments became free after an event.
    freed: Pace,
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
            freed: Pace::default(),
        }
    }

    /// An event arrives.
    ///
    /// # Errors
    /// A limit is reached.
    pub fn arrive(&mut self, now: u64, event: W) -> Result<Arrival<K, W>, Refusal> {
        // ANCHOR: arrival
        if self.rules.reserved.is_some_and(|limit| self.in_flight() >= limit as usize) {
            return Err(Refusal::Throttled);
        }
        // Whoever came first goes first, and a machine that is busy holds events back for a moment.
        if !self.holds_back(now)
            && let Some(key) = self.take_idle()
        {
            self.run(now, &key);
            return Ok(Arrival::Thaws(key, event));
        }
        if self.waiting.len() >= self.rules.most_waiting {
            return Err(Refusal::Overloaded);
        }
        self.waiting.push_back((now, event));
        Ok(Arrival::Waits)
        // ANCHOR_END: arrival
    }

    /// Whether an event that arrives has to wait although an environment may be idle.
    fn holds_back(&self, now: u64) -> bool {
        !self.waiting.is_empty() || self.is_busy(now)
    }

    /// An idle environment, running from now on, and the event that has waited longest, if that does not wait for one at work.
    pub fn thaw(&mut self, now: u64) -> Option<(K, W)> {
        if self.idle.is_empty() {
            return None;
        }
        let event = self.take_impatient(now)?;
        let key = self.take_idle()?;
        self.run(now, &key);
        Some((key, event))
    }

    /// The event that has waited longest, if it does not wait for an environment at work.
    fn take_impatient(&mut self, now: u64) -> Option<W> {
        let &(arrived, _) = self.waiting.front()?;
        if now - arrived < HELD_BACK && self.is_busy(now) {
            return None;
        }
        self.waiting.pop_front().map(|(_, event)| event)
    }

    /// The environment that an event was given to turns out to be dying: it ends, and the event is the next to be placed.
    pub fn lost(&mut self, now: u64, key: &K, event: W) {
        self.end(key);
        self.waiting.push_front((now, event));
    }

    /// Whether the environments at work keep the machine busy with calls that are over at once, so that one is soon free.
    fn is_busy(&self, now: u64) -> bool {
        self.freed.is_quick(now)
            && self.count(|one| matches!(one.stage, Stage::Running | Stage::Responded)) >= self.rules.busy
    }

    /// How many events are being worked on or wait: the function's concurrency.
    fn in_flight(&self) -> usize {
        self.count(|one| one.stage == Stage::Running) + self.waiting.len()
    }

    /// How many on-demand environments to start now: none while an idle one is there to be thawed, or else as many as more events
    /// wait than environments are about to be free, within the bounds of environments, and of environments that start at a time.
    pub fn lacking(&self, now: u64) -> usize {
        if self.waiting.is_empty() || !self.idle.is_empty() {
            return 0;
        }
        let patient = self.waiting.front().is_some_and(|(arrived, _)| now - arrived < ABOUT_TO_ASK);
        let expected = self.count(|one| match one.stage {
            Stage::Init => !one.provisioned && one.generation == self.generation,
            Stage::Responded => patient && one.generation == self.generation,
            _ => false,
        });
        self.impatient(now).saturating_sub(expected).min(self.room(now))
    }

    /// How many events do not, or no longer, wait for an environment that is at work.
    fn impatient(&self, now: u64) -> usize {
        let patience = self.rules.patience;
        match self.freed.last() {
            Some(at) if now - at < patience => {
                self.waiting.iter().take_while(|(arrived, _)| now - arrived >= patience).count()
            }
            _ => self.waiting.len(),
        }
    }

    /// Whether an event waits for an environment that is at work, so that it may be lacking one later.
    pub fn is_patient(&self, now: u64) -> bool {
        let is_held_back = !self.waiting.is_empty() && !self.idle.is_empty();
        is_held_back || self.impatient(now) < self.waiting.len()
    }

    /// How many provisioned environments to start now, within the same bounds.
    pub fn unprovisioned(&self, now: u64) -> usize {
        let have = self.count(|one| one.provisioned && one.generation == self.generation);
        (self.rules.provisioned as usize).saturating_sub(have).min(self.room(now))
    }

    /// How many environments may be started now.
    fn room(&self, now: u64) -> usize {
        let starting = self.count(|one| one.stage == Stage::Init && now - one.started < STARTING);
        let most = self.rules.most_environments.saturating_sub(self.environments.len());
        most.min(self.rules.most_starting.saturating_sub(starting))
    }

    /// An environment starts; nothing is asked but that the name is new.
    pub fn start(&mut self, now: u64, key: K, provisioned: bool) {
        self.insert(now, key, provisioned, Stage::Init);
    }

    /// An environment whose init has failed starts again, under a new name, inside the invocation that came back from
    /// [`Placement::gone`].
    pub fn start_again(&mut self, now: u64, key: K) {
        self.insert(now, key, false, Stage::Running);
    }

    fn insert(&mut self, now: u64, key: K, provisioned: bool, stage: Stage) {
        let generation = self.generation;
        self.environments
            .insert(key, Environment { stage, provisioned, generation, started: now, began: now });
    }

    /// The environment has given its answer.
    pub fn answered(&mut self, key: &K) {
        self.set(key, Stage::Responded);
    }

    /// The environment, whose init or last event is over, asks for the next event.
    pub fn free(&mut self, now: u64, key: &K) -> Freed<W> {
        let cause = self.environments.get(key).map_or(Some(Cause::Package), |one| self.ends(now, one));
        if let Some(cause) = cause {
            self.end(key);
            return Freed::Ends(cause);
        }
        if let Some(one) = self.environments.get(key).filter(|one| one.stage == Stage::Responded) {
            self.freed.note(now, now - one.began);
        }
        self.set(key, Stage::Idle { since: now });
        if let Some(event) = self.take_impatient(now) {
            self.run(now, key);
            return Freed::Runs(event);
        }
        self.idle.push(key.clone());
        Freed::Freezes
    }

    /// Takes the idle environments whose time is over out of service and names them.
    pub fn reclaim(&mut self, now: u64) -> Vec<(K, Cause)> {
        let over = |one: &Environment| match one.stage {
            Stage::Idle { since } if !one.provisioned && now - since >= self.rules.idle => Some(Cause::Idle),
            Stage::Idle { .. } => self.ends(now, one),
            _ => None,
        };
        let environments = self.environments.iter();
        let reclaimed: Vec<_> =
            environments.filter_map(|(key, one)| over(one).map(|cause| (key.clone(), cause))).collect();
        reclaimed.iter().for_each(|(key, _)| self.end(key));
        reclaimed
    }

    /// Whether an environment gets no event any more, even if one waits.
    fn ends(&self, now: u64, one: &Environment) -> Option<Cause> {
        if one.generation != self.generation {
            return Some(Cause::Package);
        }
        (now - one.started >= self.rules.most_age).then_some(Cause::Age)
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
    /// comes back: Lambda tries init once more inside its invocation ([`Placement::start_again`]), and if that fails, too, the
    /// invocation fails; otherwise a broken package would be started for ever. Nobody waits for a provisioned environment:
    /// events spill over to environments of their own.
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

    fn run(&mut self, now: u64, key: &K) {
        if let Some(environment) = self.environments.get_mut(key) {
            environment.stage = Stage::Running;
            environment.began = now;
        }
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
mod property;
#[cfg(test)]
mod tests;
