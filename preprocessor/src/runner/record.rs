//! Turns answers into a recording and decides whether the file on disk has to change.
//! Knows blocks, answers, recordings and stand-ins.

use std::{collections::BTreeMap, fs, path::Path, time::SystemTime};

use serde_json::Value;
use time::OffsetDateTime;

use super::{
    RunError,
    answer::Answer,
    chapter::{claim_headers, claim_run},
    report::Written,
    stand_in::StandIns,
};
use crate::{
    block::Block,
    recording::{Recorded, Recording, recording_path},
    settings::{Language, Settings},
    syntax::Query,
};

/// A recorded text body is this long at most, in bytes.
const TEXT_LIMIT: usize = 4 * 1024;

/// Where and when a recording was made, as far as the caller knows better than this program.
#[derive(Clone, Debug, Default)]
pub struct Provenance {
    /// Where the service runs, as readers should see it. Default: "로컬"/"local" for this machine, else nothing.
    pub place: Option<String>,
    /// The machine that sent the requests. Default: operating system, processor and number of cores.
    pub machine: Option<String>,
}

/// Makes the recordings of one chapter; stand-ins are shared, so equal values stay equal across blocks.
pub(super) struct Recorder<'a> {
    settings: &'a Settings,
    place: String,
    machine: String,
    date: String,
    stand_ins: StandIns,
}

impl<'a> Recorder<'a> {
    pub fn new(provenance: &Provenance, settings: &'a Settings, local: bool) -> Self {
        let now = OffsetDateTime::from(SystemTime::now());
        let here = match (local, settings.language) {
            (false, _) => "",
            (true, Language::Ko) => "로컬",
            (true, Language::En) => "local",
        };
        Self {
            settings,
            place: provenance.place.clone().unwrap_or_else(|| here.to_owned()),
            machine: provenance.machine.clone().unwrap_or_else(|| machine(settings.language)),
            date: format!("{:04}-{:02}-{:02}", now.year(), u8::from(now.month()), now.day()),
            stand_ins: StandIns::new(now.unix_timestamp()),
        }
    }

    /// The recording of a block that passed.
    ///
    /// Requests sent at once have no order worth keeping; sorted by status, the success is the answer shown first.
    pub fn recording(&mut self, block: &Block, answers: &[Answer]) -> Recording {
        let before = self.stand_ins.count();
        let mut answers: Vec<&Answer> = answers.iter().collect();
        if block.attributes.parallel > 1 {
            answers.sort_by_key(|answer| answer.status);
        }
        let claimed = claim_headers(self.settings);
        let first = answers.first();
        let chosen = chosen_headers(block, self.settings, &claimed);
        let headers: BTreeMap<String, String> = first
            .into_iter()
            .flat_map(|answer| &answer.headers)
            .filter(|(name, _)| chosen.contains(name))
            .map(|(name, value)| (name.clone(), self.stand_ins.text(value)))
            .collect();
        let json = first.and_then(|answer| answer.json.as_ref()).map(|json| self.stand_ins.json(json));
        let body = first.map_or("", |answer| answer.body.as_str());
        let text = (json.is_none() && !body.is_empty()).then(|| self.stand_ins.text(beginning(body)));
        let runs = answers
            .iter()
            .map(|answer| {
                let mut run = claim_run(answer.run(), &claimed);
                for value in run.headers.values_mut() {
                    *value = self.stand_ins.text(value);
                }
                run.total = rounded(run.total);
                (run.from, run.until) = (run.from.map(rounded), run.until.map(rounded));
                run
            })
            .collect();
        Recording {
            request: block.request_text().lines().map(str::to_owned).collect(),
            date: self.date.clone(),
            place: self.place.clone(),
            machine: self.machine.clone(),
            stand_ins: self.stand_ins.count() > before,
            status: first.map_or(0, |answer| answer.status),
            headers,
            cut: text.is_some() && body.len() > TEXT_LIMIT,
            json,
            text,
            runs,
        }
    }
}

/// The configured names, those the block mentions, and those that claims look at; in lower case.
fn chosen_headers(block: &Block, settings: &Settings, claimed: &[String]) -> Vec<String> {
    let demo = &block.demo;
    let queries = demo.captures.iter().map(|c| &c.query).chain(demo.asserts.iter().map(|a| &a.query));
    let queried = queries.filter_map(|query| match query {
        Query::Header { name } => Some(name),
        _ => None,
    });
    let expected = demo.headers.iter().map(|(name, _)| name);
    settings
        .record_headers
        .iter()
        .chain(expected)
        .chain(queried)
        .chain(claimed)
        .map(|n| n.to_ascii_lowercase())
        .collect()
}

fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_LIMIT)]
}

fn machine(language: Language) -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let cores = match language {
        Language::Ko => format!("CPU {cores}개"),
        Language::En => format!("{cores} CPUs"),
    };
    format!("{} {}, {cores}", std::env::consts::OS, std::env::consts::ARCH)
}

/// Writes the recording unless the one on disk says the same.
pub(super) fn write(
    folder: &Path,
    id: &str,
    recording: &Recording,
    old: Option<Recorded>,
) -> Result<Written, RunError> {
    let path = recording_path(folder, id);
    if let Some(Recorded::Current(old)) = &old
        && lasting(old) == lasting(recording)
    {
        return Ok(Written::Same);
    }
    let told = |reason: String| RunError::Write { path: path.clone(), reason };
    let text = recording.to_text().map_err(|error| told(error.to_string()))?;
    fs::create_dir_all(folder).map_err(|error| told(error.to_string()))?;
    fs::write(&path, text).map_err(|error| told(error.to_string()))?;
    Ok(if matches!(old, Some(Recorded::Missing)) { Written::New } else { Written::Changed })
}

/// The recording without what differs each time: the day, the machine, every measured time, the numbers of the
/// stand-ins (counted anew inside this recording) and the order of requests sent at once.
fn lasting(recording: &Recording) -> Recording {
    let mut lasting = recording.clone();
    lasting.date.clear();
    lasting.machine.clear();
    for run in &mut lasting.runs {
        run.total = 0.0;
        // A recording without them is an old one, to be made anew.
        (run.from, run.until) = (run.from.map(|_| 0.0), run.until.map(|_| 0.0));
        for time in run.timings.values_mut() {
            *time = 0.0;
        }
    }
    if lasting.request.iter().any(|line| line.starts_with("# parallel:")) {
        lasting.runs.sort_by_cached_key(|run| {
            let telling = run.headers.iter().filter(|(_, value)| value.len() < 16);
            (run.status, telling.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>())
        });
    }
    let mut stand_ins = StandIns::new(0);
    for (name, value) in &mut lasting.headers {
        *value = stand_ins.text(value);
        if name == "server-timing" {
            value.retain(|c| !c.is_ascii_digit() && c != '.');
        }
    }
    lasting.json = lasting.json.map(|json| stand_ins.json(&json));
    lasting.text = lasting.text.map(|text| stand_ins.text(&text));
    for value in lasting.runs.iter_mut().flat_map(|run| run.headers.values_mut()) {
        *value = stand_ins.text(value);
    }
    if let Some(json) = &mut lasting.json {
        forget_times(json);
    }
    lasting
}

/// Numbers of fields that end in `Ms` or `_ms` are measured times.
fn forget_times(json: &mut Value) {
    match json {
        Value::Array(items) => items.iter_mut().for_each(forget_times),
        Value::Object(fields) => {
            for (name, value) in fields {
                if value.is_number() && (name.ends_with("Ms") || name.ends_with("_ms")) {
                    *value = Value::from(0);
                } else {
                    forget_times(value);
                }
            }
        }
        _ => {}
    }
}

/// Two digits after the point of a time in ms.
fn rounded(ms: f64) -> f64 {
    (ms * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::Run;

    fn recording(environments: [u8; 3], statuses: [u16; 3]) -> Recording {
        let run = |(id, status): (u8, u16)| Run {
            status,
            headers: BTreeMap::from([("x-environment-id".to_owned(), format!("{id:032x}"))]),
            timings: BTreeMap::from([("handler".to_owned(), f64::from(id))]),
            total: f64::from(id),
            from: Some(f64::from(id)),
            until: Some(f64::from(2 * id)),
        };
        Recording {
            request: vec!["GET {{api}}/x".into(), "# parallel: 3".into()],
            date: format!("2026-11-{:02}", environments[0]),
            place: "로컬".into(),
            machine: String::new(),
            stand_ins: true,
            status: 200,
            headers: BTreeMap::from([("server-timing".into(), format!("handler;dur={}", environments[0]))]),
            json: Some(
                serde_json::json!({"handlerMs": environments[0], "id": format!("{:032x}", environments[0])}),
            ),
            text: None,
            cut: false,
            runs: environments.into_iter().zip(statuses).map(run).collect(),
        }
    }

    #[test]
    fn times_numbers_of_stand_ins_and_the_order_at_once_make_no_difference() {
        let first = recording([1, 2, 3], [200, 409, 409]);
        assert_eq!(lasting(&first), lasting(&recording([7, 8, 9], [200, 409, 409])));
        assert_ne!(lasting(&first), lasting(&recording([1, 2, 2], [200, 409, 409])), "one environment less");
        let mut old = first.clone();
        old.runs[0].from = None;
        assert_ne!(lasting(&first), lasting(&old), "made before runs knew when they were sent");
        assert_ne!(lasting(&first), lasting(&recording([1, 2, 3], [200, 200, 409])), "another status");
    }
}
