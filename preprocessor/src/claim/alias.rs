//! Names that an author gives to what claims count: `cold`, `environments`.
//! Knows the functions, whose names are taken.

use serde::{Deserialize, Serialize};

use super::Function;

/// What a name in claims counts; exactly one of the keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub enum Alias {
    /// Runs whose answer carries the header with exactly this value.
    Count {
        /// The header; case does not matter.
        header: String,
        /// The value.
        equals: String,
    },
    /// Different values of the header over all runs.
    Distinct {
        /// The header; case does not matter.
        header: String,
    },
}

impl Alias {
    /// The header the name looks at.
    pub fn header(&self) -> &str {
        match self {
            Self::Count { header, .. } | Self::Distinct { header } => header,
        }
    }
}

/// Whether a configuration may give this name to a count: it is well formed and means nothing else in a claim.
pub fn is_free_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && Function::named(name).is_none()
        && !["runs", "status", "total", "in"].contains(&name)
}
