//! How quickly a function's calls follow one another: tells calls that are over at once from those that wait for something.
//! Knows times in ms only.

use std::collections::VecDeque;

/// So many calls …
pub const CALLS: usize = 20;
/// … that have ended within so many ms …
pub const LATELY: u64 = 50;
/// … and took less than this on average, in ms, are quick. It is more than a call needs whose environment takes turns at the CPUs with
/// forty others, and less than calls last that wait for something else.
pub const QUICK: u64 = 10;

/// The last calls, [`CALLS`] at most: when each ended and how long it took.
#[derive(Debug, Default)]
pub struct Pace(VecDeque<(u64, u64)>);

impl Pace {
    /// A call that took so many ms ends now.
    pub fn note(&mut self, now: u64, took: u64) {
        if self.0.len() == CALLS {
            self.0.pop_front();
        }
        self.0.push_back((now, took));
    }

    /// When the last call ended.
    pub fn last(&self) -> Option<u64> {
        self.0.back().map(|(ended, _)| *ended)
    }

    /// Whether [`CALLS`] quick calls have ended within the last [`LATELY`] ms.
    pub fn is_quick(&self, now: u64) -> bool {
        let took = || self.0.iter().map(|(_, took)| took).sum::<u64>();
        self.0.len() == CALLS
            && self.0.front().is_some_and(|(ended, _)| now - ended < LATELY)
            && took() < QUICK * CALLS as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_function_has_answered_many_calls_of_late() {
        let mut pace = Pace::default();
        assert_eq!((pace.last(), pace.is_quick(0)), (None, false));
        for _ in 1..CALLS {
            pace.note(5, 1);
            assert!(!pace.is_quick(5));
        }
        pace.note(6, 1);
        assert_eq!((pace.last(), pace.is_quick(6)), (Some(6), true));
        assert!(pace.is_quick(5 + LATELY - 1) && !pace.is_quick(5 + LATELY));
        pace.note(100, 1);
        assert!(!pace.is_quick(100), "the others are long ago");
    }

    #[test]
    fn calls_that_wait_for_something_are_not_quick_however_many_there_are() {
        let mut pace = Pace::default();
        for _ in 0..CALLS {
            pace.note(5, QUICK);
        }
        assert!(!pace.is_quick(5));
        pace.note(5, QUICK - 1);
        assert!(pace.is_quick(5));
    }
}
