//! The recordings of a whole book: one per block, and what is said of those that are missing, stale or left over.
//! Knows blocks, settings and single recordings; nothing of HTML or of mdBook.

use std::{collections::HashSet, path::Path};

use crate::{
    block::Block,
    book::ChapterBlocks,
    check,
    place::Problem,
    recording::{Recorded, load_recording},
    settings::Settings,
};

/// Where a book's recordings lie, and who hears remarks about them.
pub struct Recordings<'a> {
    /// The folder of book.toml.
    pub root: &'a Path,
    /// The book's `src`, relative to `root`.
    pub source_folder: &'a Path,
    /// Where the recordings lie below it, and whether a missing one is a mistake.
    pub settings: &'a Settings,
    /// Hears what is no mistake in a draft.
    pub warn: &'a dyn Fn(&Problem),
}

impl Recordings<'_> {
    /// One entry per chapter and block. What is missing is a mistake each when the book is strict, otherwise one
    /// remark in all: a draft is built again and again.
    pub fn of(&self, chapters: &[ChapterBlocks], problems: &mut Vec<Problem>) -> Vec<Vec<Recorded>> {
        let shown = self.source_folder.join(&self.settings.recordings);
        let folder = self.root.join(&shown);
        let shown = shown.to_string_lossy().replace('\\', "/");
        // A block that could not be read has a recording all the same.
        let ids: Option<HashSet<&str>> = problems.is_empty().then(|| {
            chapters.iter().flat_map(|chapter| chapter.blocks.iter().map(|(_, block)| block.id())).collect()
        });
        let (mut missing, mut stale) = (Vec::new(), Vec::new());
        let mut recorded = Vec::with_capacity(chapters.len());
        for chapter in chapters {
            let mut of_chapter = Vec::with_capacity(chapter.blocks.len());
            for (_, block) in &chapter.blocks {
                let found = load_recording(&folder, &shown, block).unwrap_or_else(|problem| {
                    problems.push(problem);
                    Recorded::Missing
                });
                match found {
                    Recorded::Current(_) => {}
                    Recorded::Stale => stale.push(block),
                    Recorded::Missing => missing.push(block),
                }
                of_chapter.push(found);
            }
            recorded.push(of_chapter);
        }
        self.tell(&missing, "기록된 응답이 없다", problems);
        self.tell(&stale, "요청이 기록한 뒤에 바뀌었다", problems);
        if let Some(ids) = ids {
            let orphans = check::orphans(&folder, &shown, &ids);
            if self.settings.strict {
                problems.extend(orphans);
            } else {
                orphans.iter().take(1).for_each(self.warn);
            }
        }
        recorded
    }

    fn tell(&self, blocks: &[&Block], what: &str, problems: &mut Vec<Problem>) {
        let remedy = "서비스를 띄우고 `mdbook-live record --base <주소>`로 기록한다.";
        if self.settings.strict {
            problems.extend(blocks.iter().map(|block| {
                Problem::new(block.places.fence.clone(), format!("블록 `{}`: {what}. {remedy}", block.id()))
            }));
        } else if let Some(first) = blocks.first() {
            let more = match blocks.len() - 1 {
                0 => String::new(),
                more => format!(" 외 {more}개"),
            };
            let message = format!("블록 `{}`{more}: {what}. {remedy}", first.id());
            (self.warn)(&Problem::new(first.places.fence.clone(), message));
        }
    }
}
