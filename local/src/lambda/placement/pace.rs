//! How often something happens: the few last times, which tell a function whose calls are over at once from others.
//! Knows times in ms only.

use std::collections::VecDeque;

/// So many times …
pub const OFTEN: usize = 20;
/// … within so many ms is often.
pub const LATELY: u64 = 10;

/// The last times at which something happened, [`OFTEN`] at most.
#[derive(Debug, Default)]
pub struct Pace(VecDeque<u64>);

impl Pace {
    /// It happens now.
    pub fn note(&mut self, now: u64) {
        if self.0.len() == OFTEN {
            self.0.pop_front();
        }
        self.0.push_back(now);
    }

    /// When it happened last.
    pub fn last(&self) -> Option<u64> {
        self.0.back().copied()
    }

    /// Whether it has happened [`OFTEN`] in the last [`LATELY`] ms.
    pub fn is_often(&self, now: u64) -> bool {
        self.0.len() == OFTEN && self.0.front().is_some_and(|first| now - first < LATELY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn often_is_so_many_times_of_late() {
        let mut pace = Pace::default();
        assert_eq!((pace.last(), pace.is_often(0)), (None, false));
        for _ in 1..OFTEN {
            pace.note(5);
            assert!(!pace.is_often(5));
        }
        pace.note(6);
        assert_eq!((pace.last(), pace.is_often(6)), (Some(6), true));
        assert!(pace.is_often(5 + LATELY - 1) && !pace.is_often(5 + LATELY));
        pace.note(20);
        assert!(!pace.is_often(20), "the others are long ago");
    }
}
