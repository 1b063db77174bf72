//! Fences that ask or show a reader something: `toml quiz`, `sort`, `predict`, `compare`, `calc` and `bars`, each a strict
//! little TOML document.
//! Knows TOML, claims and [`Fault`]; whether named blocks exist is for the book to say, how it looks is HTML's.
//!
//! A new kind of fence needs: its word in [`KINDS`](crate::fence::KINDS), a variant of [`Content`] with a type that reads itself from
//! [`Fields`] (see [`Quiz`], the smallest), checks against the other fences of the chapter in `book.rs`
//! (`ChapterReader::finish`), and one line of HTML in `html::lesson_html`, which sees the chapter's recordings.
//! Everything read here remembers its offset in the fence ([`Text::at`]); [`Lesson::place`] makes a place of it.

mod bars;
mod calc;
mod compare;
mod data;
mod fields;
mod predict;
mod quiz;
mod solve;
mod sort;

pub(crate) use bars::Bars;
pub(crate) use calc::{Calc, Input, Shown};
pub(crate) use compare::{Column as CompareColumn, Compare, Row as CompareRow};
pub(crate) use data::{Constants, Origin, Series};
pub(crate) use fields::{Fields, Text};
pub(crate) use predict::{Answer, Ask, Predict};
pub(crate) use quiz::Quiz;
pub(crate) use sort::Sort;

use std::ops::Range;

use crate::{
    fence::{LessonFence, SourceMap},
    place::{ChapterText, Place},
    syntax::Fault,
};

/// A lesson may hold this many bytes at most.
const MAX_LESSON_BYTES: usize = 16 * 1024;

/// One fence, read.
#[derive(Clone, Debug)]
pub(crate) struct Lesson {
    /// Unique in the book, across blocks and lessons.
    pub id: String,
    /// The bytes of the chapter that the widget replaces.
    pub range: Range<usize>,
    /// What it says.
    pub content: Content,
    source: SourceMap,
}

/// What a lesson says.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// One question with one right choice.
    Quiz(Quiz),
    /// Cards that belong to piles.
    Sort(Sort),
    /// What a reader expects before running a block.
    Predict(Predict),
    /// Blocks beside each other.
    Compare(Compare),
    /// Formulas over numbers the reader chooses.
    Calc(Calc),
    /// Numbers of a data file.
    Bars(Bars),
}

impl Lesson {
    /// Reads a fence; `names` are the names of `[preprocessor.live.claims]`.
    ///
    /// # Errors
    /// Every mistake; offsets count from the start of the chapter.
    pub fn read(fence: LessonFence, names: &[&str]) -> Result<Self, Vec<Fault>> {
        let LessonFence { range, kind, id, source } = fence;
        let mut faults = Vec::new();
        let text = &source.text;
        let content = if text.len() > MAX_LESSON_BYTES {
            faults.push(Fault::new(0, format!("한 칸에는 {MAX_LESSON_BYTES}바이트까지 쓴다. 둘로 나눈다.")));
            None
        } else {
            Fields::read(text, &mut faults, |fields| match kind {
                "quiz" => Content::Quiz(Quiz::read(fields)),
                "sort" => Content::Sort(Sort::read(fields)),
                "predict" => Content::Predict(Predict::read(fields, names)),
                "compare" => Content::Compare(Compare::read(fields, names)),
                "calc" => Content::Calc(Calc::read(fields)),
                _ => Content::Bars(Bars::read(fields)),
            })
        };
        match content {
            Some(content) if faults.is_empty() => Ok(Self { id, range, content, source }),
            _ => {
                // An empty fence has no place inside.
                let place = |at| if source.text.is_empty() { range.start } else { source.in_chapter(at) };
                Err(faults.into_iter().map(|fault| Fault::new(place(fault.at), fault.message)).collect())
            }
        }
    }

    /// Where the fence stands.
    pub fn fence_place(&self, chapter: ChapterText<'_>) -> Place {
        chapter.place(self.range.start)
    }

    /// The place of an offset in the fence.
    pub fn place(&self, chapter: ChapterText<'_>, at: usize) -> Place {
        chapter.place(self.source.in_chapter(at))
    }
}
