//! A recorded run of a block: one readable JSON file below the book's source folder.
//! Knows runs; what goes into a recording is the runner's business, how it looks is HTML's.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    block::Block,
    claim::Run,
    place::{Place, Problem},
};

/// What was seen when a block was run on a known day on a known machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Recording {
    /// The lines of [`Block::request_text`] at that time.
    pub request: Vec<String>,
    /// The day, `2026-11-22`.
    pub date: String,
    /// Where the service ran, as a reader should see it.
    pub place: String,
    /// The machine that sent the requests.
    pub machine: String,
    /// Random identifiers and times were replaced by plain ones.
    pub stand_ins: bool,
    /// The first run's status.
    pub status: u16,
    /// The first run's chosen headers.
    pub headers: BTreeMap<String, String>,
    /// The first run's body when it was JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<serde_json::Value>,
    /// The first run's body when it was another text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// `text` is only the beginning.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// Every run in the order of sending.
    pub runs: Vec<Run>,
}

/// What the book has for a block.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded {
    /// A recording of the present request.
    Current(Box<Recording>),
    /// A recording of a request that has changed since.
    Stale,
    /// None.
    Missing,
}

impl Recording {
    /// Place and machine as a reader should see them.
    pub fn shown_place(&self) -> String {
        if self.machine.is_empty() { self.place.clone() } else { format!("{}({})", self.place, self.machine) }
    }

    /// Whether this was made from the request the block has now.
    pub fn fits(&self, block: &Block) -> bool {
        self.request.iter().map(String::as_str).eq(block.request_text().lines())
    }

    /// The file's text: indented, but one run per line so that differences can be read.
    ///
    /// # Errors
    /// A number JSON cannot hold.
    #[cfg(feature = "runner")]
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        let serde_json::Value::Object(fields) = serde_json::to_value(self)? else {
            return serde_json::to_string(self);
        };
        let mut entries = Vec::new();
        for (name, value) in &fields {
            let text = match value.as_array() {
                Some(runs) if name == "runs" => {
                    let runs: Result<Vec<_>, _> = runs.iter().map(serde_json::to_string).collect();
                    format!("[\n    {}\n  ]", runs?.join(",\n    "))
                }
                _ => serde_json::to_string_pretty(value)?.replace('\n', "\n  "),
            };
            entries.push(format!("  \"{name}\": {text}"));
        }
        Ok(format!("{{\n{}\n}}\n", entries.join(",\n")))
    }
}

/// The recording's file of the block `id` in `folder`.
pub fn recording_path(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.json"))
}

/// Looks for the recording of `block` in `folder`; `shown_folder` is that folder as the author knows it.
///
/// # Errors
/// A file that is there but cannot be read or is not a recording.
pub fn load_recording(folder: &Path, shown_folder: &str, block: &Block) -> Result<Recorded, Problem> {
    let path = recording_path(folder, block.id());
    let shown = format!("{shown_folder}/{}.json", block.id());
    let place = |line, column| Place { path: shown.clone(), line, column };
    let advice = "`mdbook-live record`로 다시 기록한다.";
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Recorded::Missing),
        Err(error) => {
            return Err(Problem::new(place(1, 1), format!("기록을 읽을 수 없다({error}). {advice}")));
        }
    };
    let recording: Recording = serde_json::from_str(&text).map_err(|error| {
        Problem::new(
            place(error.line().max(1), error.column().max(1)),
            format!("기록의 형식이 틀렸다({error}). {advice}"),
        )
    })?;
    Ok(if recording.fits(block) { Recorded::Current(Box::new(recording)) } else { Recorded::Stale })
}
