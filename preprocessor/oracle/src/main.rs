//! Damages every block it can find and asks both parsers: what ours accepts, Hurl accepts with the same meaning.
//! Usage: `oracle [number of blocks, default 1000000] [seed, default 1]`; exit code 1 at the first disagreement.

#[path = "../../tests/mutation/mod.rs"]
mod mutation;

use std::{env, fs, path::Path, process::ExitCode};

use hurl_core::{
    ast::{Capture, Entry, OptionKind, QueryValue, SectionValue, StatusValue},
    parser::parse_hurl_file,
};
use mdbook_live::{
    fence::scan,
    syntax::{Demo, Query, parse_demo},
};
use mutation::{Chance, mutate};

fn main() -> ExitCode {
    let number =
        |nth: usize, default: u64| env::args().nth(nth).and_then(|n| n.parse().ok()).unwrap_or(default);
    let (blocks, seed) = (number(1, 1_000_000), number(2, 1));
    let originals = originals();
    println!("{} blocks found, {blocks} damaged ones follow (seed {seed})", originals.len());
    let (mut accepted, mut changed, mut pairs) = (0_u64, 0_u64, 0_u64);
    let mut last = String::new();
    let damaged = (0..blocks).map(|n| {
        let mut chance = Chance::new(seed.wrapping_add(n));
        mutate(&originals[chance.below(originals.len())], &originals, &mut chance)
    });
    for text in originals.iter().cloned().chain(damaged) {
        let Ok(demo) = parse_demo(&text) else { continue };
        accepted += 1;
        changed += u64::from(!originals.contains(&text));
        if let Err(reason) = compare(&demo, &text) {
            println!("DIFFERENT: {reason}\n--- block\n{text}\n---");
            return ExitCode::FAILURE;
        }
        // `mdbook-live export` writes blocks one after the other.
        let file = format!("{}\n\n# id: x\n{}\n", last.trim_end(), text.trim_end());
        if !last.is_empty() {
            pairs += 1;
            let entries = parse_hurl_file(&file).map(|file| file.entries.len());
            if !matches!(entries, Ok(2)) {
                println!("DIFFERENT: two blocks in one file: {entries:?}\n--- file\n{file}\n---");
                return ExitCode::FAILURE;
            }
        }
        last = text;
    }
    println!(
        "{accepted} accepted ({changed} of them damaged), 0 refused or read differently by Hurl; {pairs} files of two"
    );
    ExitCode::SUCCESS
}

/// Every block of the fixtures and of the book.
fn originals() -> Vec<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut blocks = Vec::new();
    for folder in ["../tests/golden/src", "../tests/foreign/src", "../../book/src"] {
        for entry in fs::read_dir(here.join(folder)).into_iter().flatten().flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "md") {
                let chapter = fs::read_to_string(entry.path()).unwrap_or_default();
                blocks.extend(scan(&chapter, false).fences.into_iter().map(|fence| fence.source.text));
            }
        }
    }
    assert!(!blocks.is_empty(), "no blocks found");
    blocks
}

fn compare(demo: &Demo, text: &str) -> Result<(), String> {
    let file = parse_hurl_file(text).map_err(|error| format!("Hurl refuses it: {error:?}"))?;
    let [entry] = file.entries.as_slice() else { return Err(format!("{} entries", file.entries.len())) };
    let request = &demo.request;
    same("method", &request.method, &entry.request.method.to_string())?;
    same("url", &request.target, &entry.request.url.to_string())?;
    let headers: Vec<_> =
        entry.request.headers.iter().map(|h| (h.key.to_string(), h.value.to_string())).collect();
    same("request headers", &request.headers, &headers)?;
    same("has a body", &request.body.is_some(), &entry.request.body.is_some())?;
    let response = entry.response.as_ref().ok_or("no response")?;
    let status = match response.status.value {
        StatusValue::Any => None,
        StatusValue::Specific(code) => Some(code),
    };
    same("status", &demo.status.map(u64::from), &status)?;
    let headers: Vec<_> = response.headers.iter().map(|h| (h.key.to_string(), h.value.to_string())).collect();
    same("response headers", &demo.headers, &headers)?;
    same("options", &options(demo), &options_of(entry))?;
    let captures: Vec<_> = demo.captures.iter().map(|c| (c.name.clone(), kind(&c.query))).collect();
    same("captures", &captures, &response.captures().iter().map(capture).collect())?;
    let asserts: Vec<_> = demo.asserts.iter().map(|a| (kind(&a.query), a.not)).collect();
    let read = response.asserts().iter().map(|a| (kind_of(&a.query.value), a.predicate.not)).collect();
    same("asserts", &asserts, &read)
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, ours: &T, theirs: &T) -> Result<(), String> {
    if ours == theirs { Ok(()) } else { Err(format!("{what}: ours {ours:?}, Hurl's {theirs:?}")) }
}

fn options(demo: &Demo) -> Vec<String> {
    let mut options = Vec::new();
    let mut written = [(demo.repeat_at, "repeat"), (demo.delay_at, "delay")];
    written.sort();
    options.extend(written.iter().filter(|(at, _)| at.is_some()).map(|(_, name)| (*name).to_owned()));
    options
}

fn options_of(entry: &Entry) -> Vec<String> {
    let sections = entry.request.sections.iter();
    sections
        .flat_map(|section| match &section.value {
            SectionValue::Options(options) => options.iter().map(|option| name(&option.kind)).collect(),
            other => vec![format!("{other:?}")],
        })
        .collect()
}

fn name(kind: &OptionKind) -> String {
    match kind {
        OptionKind::Repeat(_) => "repeat".to_owned(),
        OptionKind::Delay(_) => "delay".to_owned(),
        other => format!("{other:?}"),
    }
}

fn capture(capture: &Capture) -> (String, String) {
    let more = if capture.filters.is_empty() && !capture.redacted { "" } else { " and more" };
    (capture.name.to_string(), format!("{}{more}", kind_of(&capture.query.value)))
}

fn kind(query: &Query) -> String {
    match query {
        Query::Status => "status".to_owned(),
        Query::Duration => "duration".to_owned(),
        Query::Body => "body".to_owned(),
        Query::Header { name } => format!("header {name}"),
        Query::Jsonpath { path } => {
            let steps = path.iter().map(|step| match step {
                mdbook_live::syntax::Step::Field(name) => format!(".{name}"),
                mdbook_live::syntax::Step::Index(index) => format!("[{index}]"),
            });
            format!("jsonpath ${}", steps.collect::<String>())
        }
    }
}

fn kind_of(query: &QueryValue) -> String {
    let plain = |template: &hurl_core::ast::Template| template.to_string().trim_matches('"').to_owned();
    match query {
        QueryValue::Status => "status".to_owned(),
        QueryValue::Duration => "duration".to_owned(),
        QueryValue::Body => "body".to_owned(),
        QueryValue::Header { name, .. } => format!("header {}", plain(name)),
        QueryValue::Jsonpath { expr, .. } => format!("jsonpath {}", plain(expr)),
        other => format!("{other:?}"),
    }
}
