//! Reads a book from disk the way mdBook does, without building it: book.toml, SUMMARY.md, the chapters.
//! Knows mdBook's configuration and summary, and the book's blocks.

use std::{
    fs,
    path::{Path, PathBuf},
};

use mdbook_preprocessor::config::Config;
use mdbook_summary::{SummaryItem, parse_summary};

use super::RunError;
use crate::{
    book::{ChapterBlocks, read_blocks},
    place::{ChapterText, Problems},
    settings::{Settings, read_settings},
};

/// A book without mistakes, ready to be run.
pub(super) struct BookOnDisk {
    pub settings: Settings,
    /// In the order of SUMMARY.md.
    pub chapters: Vec<ChapterBlocks>,
    /// The folder of the recordings.
    pub recordings: PathBuf,
}

impl BookOnDisk {
    pub fn load(root: &Path) -> Result<Self, RunError> {
        let (config, settings) = configuration(root)?;
        let source = root.join(&config.book.src);
        let summary_path = source.join("SUMMARY.md");
        let summary = parse_summary(&read(&summary_path)?)
            .map_err(|error| RunError::Load { path: summary_path, reason: format!("{error:#}") })?;
        let mut links = Vec::new();
        for items in [&summary.prefix_chapters, &summary.numbered_chapters, &summary.suffix_chapters] {
            locations(items, &mut links);
        }
        let mut chapters = Vec::new();
        for link in links {
            let shown = config.book.src.join(&link).to_string_lossy().replace('\\', "/");
            chapters.push((shown, read(&source.join(&link))?));
        }
        let texts: Vec<_> = chapters.iter().map(|(path, content)| ChapterText { path, content }).collect();
        let (chapters, problems) = read_blocks(&texts, &settings);
        if !problems.is_empty() {
            return Err(Problems::new(problems).into());
        }
        let recordings = source.join(&settings.recordings);
        Ok(Self { settings, chapters, recordings })
    }
}

/// book.toml with the environment's `MDBOOK_…` variables, as mdBook reads it, and our table of it.
pub(super) fn configuration(root: &Path) -> Result<(Config, Settings), RunError> {
    let path = root.join("book.toml");
    let told =
        |error: &dyn std::fmt::Display| RunError::Load { path: path.clone(), reason: error.to_string() };
    let mut config = Config::from_disk(&path).map_err(|error| told(&format!("{error:#}")))?;
    config.update_from_env().map_err(|error| told(&error))?;
    let settings = read_settings(&config, root).map_err(Problems::new)?;
    Ok((config, settings))
}

/// A chapter's text without the byte order mark, as mdBook hands it out.
fn read(path: &Path) -> Result<String, RunError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(error) => Err(RunError::Load { path: path.to_owned(), reason: error.to_string() }),
    }
}

fn locations(items: &[SummaryItem], links: &mut Vec<PathBuf>) {
    for item in items {
        if let SummaryItem::Link(link) = item {
            links.extend(link.location.clone());
            locations(&link.nested_items, links);
        }
    }
}
