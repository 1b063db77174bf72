//! What surrounds a lesson: the settings, the words, and the blocks of its chapter with their recordings.
//! Knows chapters, recordings, settings and strings.

use super::escape;
use crate::{
    block::Block,
    book::ChapterBlocks,
    claim::Run,
    lesson::{Answer, Predict},
    recording::{Recorded, Recording},
    settings::Settings,
    strings::Strings,
};

/// What a lesson's HTML needs beside the lesson.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around<'a> {
    /// The book's settings.
    pub settings: &'a Settings,
    /// The words around it.
    pub strings: &'a Strings,
    /// Everything in its chapter.
    pub chapter: &'a ChapterBlocks,
    /// The recordings of the chapter's blocks, in the same order.
    pub recorded: &'a [Recorded],
}

impl<'a> Around<'a> {
    /// The words of `key`, escaped.
    pub fn say(&self, key: &str, values: &[&str]) -> String {
        escape(&self.strings.fill(key, values))
    }

    /// A block of the chapter.
    pub fn block(&self, id: &str) -> Option<&'a Block> {
        self.chapter.blocks.iter().map(|(_, block)| block).find(|block| block.id() == id)
    }

    /// The present recording of a block of the chapter.
    pub fn recording(&self, id: &str) -> Option<&'a Recording> {
        let index = self.chapter.blocks.iter().position(|(_, block)| block.id() == id)?;
        match self.recorded.get(index)? {
            Recorded::Current(recording) => Some(recording),
            Recorded::Stale | Recorded::Missing => None,
        }
    }

    /// The recorded runs of a block of the chapter.
    pub fn runs(&self, id: &str) -> Option<&'a [Run]> {
        self.recording(id).map(|recording| recording.runs.as_slice())
    }

    /// What the recordings answer to a prediction.
    pub fn answer(&self, predict: &Predict) -> Answer {
        let block = predict.block.as_deref().and_then(|id| self.block(id));
        let Some((block, claim)) = block.and_then(|block| Some((block, block.claims.first()?))) else {
            return Answer::NotRun;
        };
        predict.answer(&claim.expr, &self.settings.claims, &|id| self.runs(id.unwrap_or(block.id())))
    }
}
