//! The publisher against a bucket in memory: whole runs, deaths, rivals.
//! Knows everything of `publish` but the SDK; how requests look on the wire is another test's.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;

use anyhow::Result;
use clap::Parser;
use proptest::prelude::*;

use super::*;
use crate::publish::manifest::{FOLDER, Manifest};
use library::{Edition, edition, holds, reads};
use memory::{Death, Memory, Stored};

mod library;
mod memory;
mod rivals;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    arguments: Arguments,
}

fn arguments(prefix: &str, more: &[&str]) -> Arguments {
    let line = ["publish", "--bucket", "b", "--prefix", prefix].into_iter().chain(more.iter().copied());
    Command::try_parse_from(line).unwrap().arguments
}

/// Remembers what it was asked to forget.
#[derive(Default)]
struct Remembering(RefCell<Vec<Vec<String>>>);

impl Edge for Remembering {
    async fn invalidate(&self, invalidation: &Invalidation, _next: &Manifest, _write: u64) -> Result<()> {
        if !invalidation.0.is_empty() {
            self.0.borrow_mut().push(invalidation.0.clone());
        }
        Ok(())
    }
}

fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

async fn run_async(
    memory: &Memory,
    edge: &Remembering,
    book: &book::Book,
    arguments: &Arguments,
) -> Result<String> {
    let journal = Journal::open(memory, &arguments.prefix, &run_name()?).await?;
    publish(memory, edge, journal, book, arguments).await
}

fn run(memory: &Memory, edition: &Edition, prefix: &str) -> Result<String> {
    let arguments = arguments(prefix, &["--force"]);
    wait(run_async(memory, &Remembering::default(), &edition.book(prefix), &arguments))
}

fn bucket() -> Memory {
    Memory { reader: Some(reads), ..Memory::default() }
}

fn add_foreign(memory: &Memory) -> Vec<(String, Stored)> {
    let object = store::Object::new("theirs", "text/plain", "private");
    for key in
        ["foreign.html", "css/foreign.css", "pr-1/foreign.html", "pr-12/foreign.html", "other/.publish/x"]
    {
        let stored = Stored { content: object.content.to_vec(), file: object.file.clone() };
        memory.objects.borrow_mut().insert(key.to_owned(), stored);
    }
    foreign(memory)
}

fn foreign(memory: &Memory) -> Vec<(String, Stored)> {
    let objects = memory.objects.borrow();
    let theirs = objects.iter().filter(|(key, _)| key.contains("foreign") || key.starts_with("other/"));
    theirs.map(|(key, stored)| (key.clone(), stored.clone())).collect()
}

fn record(memory: &Memory, prefix: &str) -> Manifest {
    Manifest::read(&memory.read(&format!("{prefix}{}", manifest::NAME)).unwrap()).unwrap()
}

fn simple(index: u8) -> Edition {
    Edition {
        pages: BTreeMap::from([(1, (0, vec![1], vec![1])), (2, (0, vec![2], vec![]))]),
        picture: 0,
        index,
    }
}

#[test]
fn the_order_of_a_first_publish() {
    let memory = bucket();
    run(&memory, &simple(0), "").unwrap();
    let changes = memory.changes.borrow().clone();
    let place = |key: &str| changes.iter().position(|change| *change == format!("PUT {key}")).unwrap();
    assert_eq!(changes.first().map(String::as_str), Some("PUT .publish/manifest.json"));
    assert_eq!(changes.last().map(String::as_str), Some("PUT .publish/manifest.json"));
    for (first, then) in [
        ("css/s-00000002.css", "images/1.png"),
        ("images/1.png", "p1.html"),
        ("p2.html", "404.html"),
        ("404.html", "index.html"),
    ] {
        assert!(place(first) < place(then), "{first} before {then}: {changes:?}");
    }
    assert_eq!(changes.len(), 9);
}

#[test]
fn nothing_changed_costs_one_request() {
    let memory = bucket();
    run(&memory, &simple(0), "").unwrap();
    memory.revive(None);
    let report = run(&memory, &simple(0), "").unwrap();
    assert_eq!((memory.requests.get(), memory.changes.borrow().len()), (1, 0), "{report}");
    assert!(report.contains("바뀐 것이 없다"), "{report}");
}

#[test]
fn one_changed_page_costs_one_upload_between_two_writes_of_the_record() {
    let memory = bucket();
    run(&memory, &simple(0), "").unwrap();
    memory.revive(None);
    let edge = Remembering::default();
    wait(run_async(&memory, &edge, &simple(1).book(""), &arguments("", &[]))).unwrap();
    assert_eq!(
        *memory.changes.borrow(),
        ["PUT .publish/manifest.json", "PUT index.html", "PUT .publish/manifest.json"]
    );
    assert_eq!(memory.requests.get(), 4);
    assert_eq!(*edge.0.borrow(), [["/", "/index.html"]]);
}

#[test]
fn other_headers_are_a_change() {
    let memory = bucket();
    run(&memory, &simple(0), "").unwrap();
    let mut book = simple(0).book("");
    book.get_mut("p1.html").unwrap().file.cache_control = "no-store".to_owned();
    wait(run_async(&memory, &Remembering::default(), &book, &arguments("", &[]))).unwrap();
    assert_eq!(memory.objects.borrow()["p1.html"].file.cache_control, "no-store");
}

#[test]
fn a_dry_run_writes_nothing() {
    let memory = bucket();
    let report = wait(run_async(
        &memory,
        &Remembering::default(),
        &simple(0).book(""),
        &arguments("", &["--dry-run"]),
    ));
    let report = report.unwrap();
    assert!(
        memory.objects.borrow().is_empty() && report.contains("p1.html") && report.contains("--dry-run"),
        "{report}"
    );
}

#[test]
fn a_half_empty_build_is_refused_unless_forced() {
    let memory = bucket();
    run(&memory, &simple(0), "").unwrap();
    memory.revive(None);
    let empty = Edition { pages: BTreeMap::new(), ..simple(0) };
    let attempt = |more: &[&str]| {
        wait(run_async(&memory, &Remembering::default(), &empty.book(""), &arguments("", more)))
    };
    let message = attempt(&[]).unwrap_err().to_string();
    assert!(message.contains("--force") && memory.changes.borrow().is_empty(), "{message}");
    attempt(&["--force"]).unwrap();
    holds(&memory.objects.borrow(), &empty, "");
}

#[test]
fn a_preview_and_the_book_beside_it_leave_each_other_alone() {
    let memory = bucket();
    let theirs = add_foreign(&memory);
    run(&memory, &simple(0), "").unwrap();
    run(&memory, &simple(1), "pr-1/").unwrap();
    let preview = Edition { pages: BTreeMap::new(), ..simple(2) };
    run(&memory, &preview, "pr-1/").unwrap();
    run(&memory, &simple(3), "").unwrap();
    holds(&memory.objects.borrow(), &simple(3), "");
    holds(&memory.objects.borrow(), &preview, "pr-1/");
    let arguments = arguments("pr-1/", &["--remove"]);
    let journal = wait(Journal::open(&memory, &arguments.prefix, "r")).unwrap();
    let edge = Remembering::default();
    wait(remove(&memory, &edge, journal, &arguments)).unwrap();
    assert_eq!(*edge.0.borrow(), [["/pr-1/*"]]);
    holds(&memory.objects.borrow(), &simple(3), "");
    let left: Vec<String> =
        memory.objects.borrow().keys().filter(|key| key.starts_with("pr-1/")).cloned().collect();
    assert_eq!(left, ["pr-1/foreign.html"]);
    assert_eq!(foreign(&memory), theirs);
    // Once more: there is nothing to remove.
    let journal = wait(Journal::open(&memory, &arguments.prefix, "r")).unwrap();
    assert!(wait(remove(&memory, &edge, journal, &arguments)).unwrap().contains("없다"));
}

#[test]
fn two_books_cannot_share_a_folder() {
    let memory = bucket();
    run(&memory, &simple(0), "").unwrap();
    let message = run(&memory, &simple(0), "images/").unwrap_err().to_string();
    assert!(message.contains("images/1.png"), "{message}");
    let memory = bucket();
    run(&memory, &simple(0), "images/").unwrap();
    let message = run(&memory, &simple(0), "").unwrap_err().to_string();
    assert!(message.contains("--prefix images/ --remove"), "{message}");
}

#[test]
fn a_removal_killed_anywhere_is_finished_by_the_next() {
    for change in 0.. {
        let memory = bucket();
        run(&memory, &simple(0), "pr-1/").unwrap();
        let arguments = arguments("pr-1/", &["--remove"]);
        let attempt = || {
            let journal = wait(Journal::open(&memory, &arguments.prefix, "r"))?;
            wait(remove(&memory, &Remembering::default(), journal, &arguments))
        };
        memory.revive(Some(Death { change, after: change % 2 == 0 }));
        let killed = attempt().is_err();
        memory.revive(None);
        attempt().unwrap();
        assert!(memory.objects.borrow().is_empty(), "{change}");
        if !killed {
            assert!(change > 8, "{change}");
            break;
        }
    }
}

fn death() -> impl Strategy<Value = Option<Death>> {
    proptest::option::weighted(
        0.7,
        (0..16_usize, any::<bool>()).prop_map(|(change, after)| Death { change, after }),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Editions follow each other, any run may die at any change: no reader ever meets a page without its assets (the
    /// bucket is looked at after every change), and the next run that lives makes the bucket the book it was given.
    #[test]
    fn whatever_dies_and_when(
        editions in proptest::collection::vec((edition(), death()), 1..8),
        last in edition(),
        order in any::<u64>(),
        prefix in prop_oneof![Just(""), Just("pr-1/")],
    ) {
        let memory = bucket();
        memory.order.set(order);
        let theirs = add_foreign(&memory);
        for (edition, death) in editions {
            memory.revive(death);
            let has_index = || memory.read(&format!("{prefix}index.html")).is_some();
            let had_index = has_index();
            if run(&memory, &edition, prefix).is_ok() {
                holds(&memory.objects.borrow(), &edition, prefix);
            }
            prop_assert!(!had_index || has_index());
        }
        memory.revive(None);
        run(&memory, &last, prefix).unwrap();
        holds(&memory.objects.borrow(), &last, prefix);
        prop_assert_eq!(foreign(&memory), theirs);
        let record = record(&memory, prefix);
        prop_assert!(record.uncertain.is_empty());
        // Nothing of ours is in the bucket that the record does not answer for.
        let names = record.names();
        for key in memory.objects.borrow().keys().filter_map(|key| key.strip_prefix(prefix)) {
            let is_ours = !key.contains("foreign") && !key.starts_with("other/") && !key.starts_with(FOLDER);
            prop_assert!(!is_ours || names.contains(key), "{} is forgotten", key);
        }
        // And a rerun has nothing to do.
        memory.revive(None);
        run(&memory, &last, prefix).unwrap();
        prop_assert_eq!(memory.requests.get(), 1);
    }
}
