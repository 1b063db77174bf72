//! Whatever arrives, every event is worked on, in the order of arrival, and nobody waits for a look that does not come.
//! Knows the rules and steps them by ms, as the pool does by its clock.

use std::collections::VecDeque;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// How often those that wait are looked at again, ms, and how many are thawed at a look: as the pool does it.
const LOOKS_AGAIN: u64 = 2;
const AT_A_LOOK: usize = 4;
/// ms an init takes.
const INIT: u64 = 3;
/// The most environments; none stays idle for longer than it takes to thaw all of them beside an event that has been held back.
const ENVIRONMENTS: usize = 30;
const LONGEST: u64 = HELD_BACK + LOOKS_AGAIN * (1 + (ENVIRONMENTS / AT_A_LOOK) as u64);
/// By then everything is over.
const END: u64 = 20_000;

/// The pool without processes: it looks at what waits when an event arrives and when an init is over, and, while
/// [`Placement::is_patient`], a little later.
struct Pool {
    placement: Placement<u32, usize>,
    /// What is under way: when it is over, and whose it is.
    under_way: Vec<(u64, u32)>,
    environments: u32,
    looks_again: Option<u64>,
    /// ms that each event takes, by its number.
    takes: Vec<u64>,
    /// Numbers of events in the order in which they began.
    began: Vec<usize>,
}

impl Pool {
    fn begin(&mut self, now: u64, key: u32, event: usize) {
        self.began.push(event);
        self.under_way.push((now + self.takes[event], key));
    }

    fn grow(&mut self, now: u64) {
        for _ in 0..AT_A_LOOK {
            let Some((key, event)) = self.placement.thaw(now) else { break };
            self.begin(now, key, event);
        }
        for _ in 0..self.placement.lacking(now) {
            self.environments += 1;
            self.placement.start(now, self.environments, false);
            self.under_way.push((now + INIT, self.environments));
        }
    }

    fn look_again(&mut self, now: u64) {
        if self.looks_again.is_none() && self.placement.is_patient(now) {
            self.looks_again = Some(now + LOOKS_AGAIN);
        }
    }

    fn arrive(&mut self, now: u64, event: usize) {
        match self.placement.arrive(now, event).unwrap() {
            Arrival::Thaws(key, event) => self.begin(now, key, event),
            Arrival::Waits => {
                self.grow(now);
                self.look_again(now);
            }
        }
    }

    fn over(&mut self, now: u64, key: u32) {
        let is_init = self.placement.stage(&key) == Some(Stage::Init);
        if !is_init {
            self.placement.answered(&key);
        }
        if let Freed::Runs(event) = self.placement.free(now, &key) {
            self.begin(now, key, event);
        }
        if is_init {
            self.grow(now);
        }
        self.look_again(now);
    }

    /// What happens in this ms.
    fn step(&mut self, now: u64, arrivals: &mut VecDeque<(u64, usize)>) {
        while let Some(&(_, event)) = arrivals.front().filter(|(at, _)| *at <= now) {
            arrivals.pop_front();
            self.arrive(now, event);
        }
        let (over, under_way) = self.under_way.drain(..).partition::<Vec<_>, _>(|(end, _)| *end <= now);
        self.under_way = under_way;
        over.into_iter().for_each(|(_, key)| self.over(now, key));
        if self.looks_again.is_some_and(|at| at <= now) {
            self.looks_again = None;
            self.grow(now);
            self.look_again(now);
        }
    }
}

proptest! {
    #[test]
    fn every_event_is_worked_on_in_the_order_of_arrival(
        events in vec((0..3_u64, prop_oneof![4 => 0..2_u64, 1 => 0..80_u64]), 1..400),
        busy in 1..4_usize,
        most_environments in 1..ENVIRONMENTS,
    ) {
        let rules = Rules {
            idle: u64::MAX,
            most_age: u64::MAX,
            reserved: None,
            provisioned: 0,
            most_environments,
            most_waiting: usize::MAX,
            most_starting: AT_A_LOOK,
            patience: 10,
            busy,
        };
        let mut at = 0;
        let mut arrivals: VecDeque<_> = events.iter().enumerate().map(|(event, (gap, _))| {
            at += gap;
            (at, event)
        }).collect();
        let mut pool = Pool {
            placement: Placement::new(rules),
            under_way: Vec::new(),
            environments: 0,
            looks_again: None,
            takes: events.iter().map(|(_, takes)| *takes).collect(),
            began: Vec::new(),
        };
        for now in 0..END {
            pool.step(now, &mut arrivals);
            let placement = &pool.placement;
            let waits = placement.waiting.front().map_or(0, |(arrived, _)| now - arrived);
            prop_assert!(waits <= LONGEST || placement.idle.is_empty(), "{} ms beside an idle environment", waits);
        }
        prop_assert_eq!(pool.placement.waiting(), 0);
        prop_assert_eq!(pool.began, (0..events.len()).collect::<Vec<_>>());
        prop_assert!(pool.environments as usize <= most_environments);
    }
}
