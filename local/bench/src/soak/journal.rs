//! What the soak saw: every answer counted, everything wrong in words.
//! Knows names, statuses and times; judges nothing.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Findings kept in words; further ones are only counted.
const MOST_FINDINGS: usize = 40;

/// Written by all clients at once.
#[derive(Debug, Default)]
pub struct Journal {
    record: Mutex<Record>,
}

/// Everything seen so far.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// By what was asked and the status of the answer; status 0 is a client that went away on purpose.
    pub answers: BTreeMap<(&'static str, u16), Answers>,
    /// What is wrong, in words.
    pub findings: Vec<String>,
    /// How many findings there were.
    pub found: u64,
    /// 500s made by the gateway: each must be explained by an environment that failed.
    pub internal_errors: u64,
    /// 503s by `users` because the table did not answer in time: on a machine that is busy with something else.
    pub unavailable: u64,
    /// Function processes ended on purpose.
    pub kills: u64,
    /// Bursts sent.
    pub bursts: u64,
}

/// Answers of one kind.
#[derive(Debug, Clone, Copy, Default)]
pub struct Answers {
    /// How many.
    pub count: u64,
    /// The slowest.
    pub slowest: Duration,
}

impl Journal {
    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An answer arrived, or (status 0) a client went away on purpose.
    pub fn answered(&self, what: &'static str, status: u16, took: Duration) {
        let mut record = self.record();
        let answers = record.answers.entry((what, status)).or_default();
        answers.count += 1;
        answers.slowest = answers.slowest.max(took);
    }

    /// The gateway could not give a function's answer.
    pub fn internal_error(&self) {
        self.record().internal_errors += 1;
    }

    /// The table did not answer a function in time.
    pub fn unavailable(&self) {
        self.record().unavailable += 1;
    }

    /// A function process was ended on purpose.
    pub fn killed(&self) {
        self.record().kills += 1;
    }

    /// A burst was sent.
    pub fn burst(&self) {
        self.record().bursts += 1;
    }

    /// Something is wrong.
    pub fn finding(&self, text: String) {
        let mut record = self.record();
        record.found += 1;
        if record.findings.len() < MOST_FINDINGS {
            record.findings.push(text);
        }
    }

    /// Everything seen so far.
    pub fn seen(&self) -> Record {
        self.record().clone()
    }
}

impl Record {
    /// Answers of all kinds.
    pub fn requests(&self) -> u64 {
        self.answers.values().map(|answers| answers.count).sum()
    }
}
