//! What came of each block, one line per block and one per failure.
//! Knows places and blocks.

use std::{fmt, time::Duration};

use crate::{
    block::Block,
    place::{Place, Problem},
};

/// What came of one block.
#[derive(Clone, Debug)]
pub struct BlockReport {
    /// The block.
    pub id: String,
    /// Where its fence begins.
    pub place: Place,
    /// The status of every answer in the order of sending.
    pub statuses: Vec<u16>,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// What was not as the block says; empty when all was.
    pub failures: Vec<Problem>,
    /// Why it was not sent: what readers are told where its base does not answer.
    pub skipped: Option<String>,
    /// What happened to its recording, when recording was asked for and the block passed.
    pub written: Option<Written>,
}

/// What happened to a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// There was none.
    New,
    /// The answer or the request has changed.
    Changed,
    /// Nothing but times and random values differed; the file was left alone.
    Same,
}

impl BlockReport {
    pub(super) fn new(block: &Block, statuses: Vec<u16>, elapsed: Duration, failures: Vec<Problem>) -> Self {
        let place = block.places.fence.clone();
        Self { id: block.id().to_owned(), place, statuses, elapsed, failures, skipped: None, written: None }
    }

    /// Nothing was otherwise than the block says.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

impl fmt::Display for BlockReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(reason) = &self.skipped {
            return write!(f, "skip {}:{} {} · {reason}", self.place.path, self.place.line, self.id);
        }
        let verdict = if self.passed() { "ok  " } else { "FAIL" };
        let mut statuses: Vec<(u16, usize)> = Vec::new();
        for status in &self.statuses {
            match statuses.iter_mut().find(|(seen, _)| seen == status) {
                Some((_, count)) => *count += 1,
                None => statuses.push((*status, 1)),
            }
        }
        let statuses: Vec<_> = statuses
            .into_iter()
            .map(|(status, count)| if count > 1 { format!("{status}×{count}") } else { status.to_string() })
            .collect();
        write!(
            f,
            "{verdict} {}:{} {} {} {}ms",
            self.place.path,
            self.place.line,
            self.id,
            if statuses.is_empty() { "-".to_owned() } else { statuses.join(" ") },
            self.elapsed.as_millis()
        )?;
        match self.written {
            Some(Written::New) => write!(f, " · 새로 기록")?,
            Some(Written::Changed) => write!(f, " · 다시 기록")?,
            Some(Written::Same) => write!(f, " · 그대로")?,
            None => {}
        }
        for failure in &self.failures {
            write!(f, "\n     {failure}")?;
        }
        Ok(())
    }
}

/// What came of a whole run, in the order of the book.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// One entry per block.
    pub blocks: Vec<BlockReport>,
}

impl Report {
    /// Every block passed.
    pub fn passed(&self) -> bool {
        self.blocks.iter().all(BlockReport::passed)
    }

    /// One line about all of it.
    pub fn summary(&self) -> String {
        let count = |is: fn(&BlockReport) -> bool| self.blocks.iter().filter(|block| is(block)).count();
        let (failed, skipped) = (count(|block| !block.passed()), count(|block| block.skipped.is_some()));
        let passed = self.blocks.len() - failed - skipped;
        let mut text = format!("블록 {}개: 통과 {passed}개, 실패 {failed}개", self.blocks.len());
        if skipped > 0 {
            text.push_str(&format!(", 건너뜀 {skipped}개"));
        }
        text
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for block in &self.blocks {
            writeln!(f, "{block}")?;
        }
        write!(f, "{}", self.summary())
    }
}
