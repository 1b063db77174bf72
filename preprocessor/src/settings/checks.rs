//! The `[preprocessor.live.checks]` table of book.toml: what is looked after besides the blocks.
//! Knows no other module.

use std::collections::BTreeMap;

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
