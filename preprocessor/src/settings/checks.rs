//! The `[preprocessor.live.checks]` table of book.toml: what is looked after besides the blocks.
//! Knows no other module.

use std::{collections::BTreeMap, num::NonZeroU32};

use serde::Deserialize;

/// `[preprocessor.live.checks]`: every check is off until it is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Checks {
    /// Links, anchors, images and included files that are not there are mistakes.
    pub links: bool,
    /// Images without an alternative text are mistakes.
    pub alternatives: bool,
    /// A TOML file below the book's root with spellings and sentence endings.
    pub terms: Option<String>,
    /// First words of block quotes that quote somebody: terms, endings and figures in them are theirs.
    pub quotes: Vec<String>,
    /// Chapters, as SUMMARY.md names them, that need a prediction, a claim and a quiz.
    pub complete: Vec<String>,
    /// Which figures need a date and a source.
    pub figures: Option<Figures>,
    /// How long a complete chapter may take to read.
    pub reading: Option<Pace>,
}

impl Checks {
    /// Whether anything is to be checked.
    pub(crate) fn any(&self) -> bool {
        *self != Self::default()
    }
}

/// `[preprocessor.live.checks.figures]`: which numbers need a source, and where sources stand.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Figures {
    /// Units that make any number before them a figure: `%`, `ms`, `시간`.
    pub units: Vec<String>,
    /// Units of counting, which make a figure only of numbers from `counts-from` up: `개`.
    #[serde(default)]
    pub counts: Vec<String>,
    /// The smallest count that is a figure.
    #[serde(default)]
    pub counts_from: u32,
    /// Words between number and unit with what they multiply by: `"만" = 10000`.
    #[serde(default)]
    pub scales: BTreeMap<String, u64>,
    /// The heading of the section that lists the sources.
    pub sources: String,
    /// Class of the marks that say where a figure comes from: measured, recorded, modelled.
    pub badge: String,
    /// Words that make a paragraph an assumption.
    #[serde(default)]
    pub assumptions: Vec<String>,
}

/// `[preprocessor.live.checks.reading]`: how long a complete chapter takes somebody who reads it straight through.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pace {
    /// Characters without spaces that are read in a minute: what the book agrees on, measured with nobody.
    pub characters_per_minute: NonZeroU32,
    /// How long a chapter may take.
    pub minutes: Minutes,
    /// Headings of sections that are looked up instead, such as the list of sources.
    #[serde(default)]
    pub skip: Vec<String>,
}

/// `[6, 10]`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "[u32; 2]")]
pub struct Minutes {
    /// A chapter takes at least so many.
    pub fewest: u32,
    /// A chapter takes at most so many.
    pub most: u32,
}

impl TryFrom<[u32; 2]> for Minutes {
    type Error = &'static str;

    fn try_from([fewest, most]: [u32; 2]) -> Result<Self, Self::Error> {
        if fewest > most {
            return Err("minutes는 [6, 10]처럼 짧은 쪽을 먼저 적는다");
        }
        Ok(Self { fewest, most })
    }
}
