//! Draws a course of events as the script does: one line per environment, a table of the same, a sentence with the counts.
//! Knows the model.

use std::fmt::Write;

use crate::model::{Course, Outcome, State};

/// The states in the order of the sentence's slots, from slot 1 on.
pub const WORDS: [&str; 6] =
    ["초기화", "실행", "얼림", "폐기", "429 거절(스로틀)", "503 거절(동시 실행 한도)"];
const GONE: usize = 4;
const THROTTLED: usize = 5;
const OVER_THE_LIMIT: usize = 6;

/// One state of one environment; environment 0 stands for a request that got none.
#[derive(Debug, Clone, Copy)]
struct Span {
    environment: usize,
    /// Index into [`WORDS`], from 1.
    state: usize,
    from: u64,
    to: u64,
}

/// A drawn course.
#[derive(Debug)]
pub struct Figure {
    /// Environments, and 1 for the line of refused requests.
    pub lines: usize,
    pub paths: String,
    pub rows: String,
    /// How often each state was entered.
    pub counts: [usize; WORDS.len()],
}

/// Draws what begins up to `until`.
pub fn draw(course: &Course, arrivals: &[u64], until: u64) -> Figure {
    let mut spans = spans(course, arrivals);
    let lines = spans.iter().map(|span| span.environment).max().unwrap_or(0) + 1;
    spans.retain(|span| span.from <= until);
    spans.sort_by_key(|span| (span.from, span.environment));
    let mut figure = Figure { lines, paths: String::new(), rows: String::new(), counts: [0; WORDS.len()] };
    for Span { environment, state, from, to } in spans {
        let (word, to) = (WORDS[state - 1], to.min(until));
        write!(figure.paths, r#"<path class="s{state}" d="M{from} {environment}H{to}"></path>"#).unwrap();
        write!(figure.rows, "<tr><th>{environment}</th><td>{word}</td><td>{from}</td></tr>").unwrap();
        figure.counts[state - 1] += 1;
    }
    figure
}

fn spans(course: &Course, arrivals: &[u64]) -> Vec<Span> {
    let mut spans = Vec::new();
    for (outcome, &from) in course.requests.iter().zip(arrivals) {
        if let Outcome::Refused { status } = outcome {
            let state = if *status == 429 { THROTTLED } else { OVER_THE_LIMIT };
            spans.push(Span { environment: 0, state, from, to: from + 1 });
        }
    }
    for (index, lane) in course.environments.iter().enumerate() {
        let environment = index + 1;
        for &(state, from, to) in lane {
            let state = match state {
                State::Init => 1,
                State::Run => 2,
                State::Freeze => 3,
            };
            spans.push(Span { environment, state, from, to: to.unwrap_or(u64::MAX) });
        }
        if let Some(&(_, _, Some(end))) = lane.last() {
            spans.push(Span { environment, state: GONE, from: end, to: u64::MAX });
        }
    }
    spans
}
