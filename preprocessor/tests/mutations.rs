//! The parser meets thousands of damaged blocks: it never panics, and every mistake has a place an editor can go to.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

mod mutation;

use std::{fs, path::Path};

use mdbook_live::{
    Place,
    fence::scan,
    syntax::{parse_attributes, parse_demo},
};
use mutation::{Chance, mutate};
use proptest::{prelude::*, test_runner::RngSeed};

/// Every chapter of this repository that can be found: the fixtures, and the book when it is there.
fn chapters() -> Vec<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut chapters = Vec::new();
    for folder in ["tests/golden/src", "tests/foreign/src", "../book/src"] {
        for entry in fs::read_dir(here.join(folder)).into_iter().flatten().flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "md") {
                chapters.push(fs::read_to_string(entry.path()).unwrap());
            }
        }
    }
    assert!(chapters.len() >= 4);
    chapters
}

fn blocks(chapters: &[String]) -> Vec<String> {
    let blocks: Vec<_> = chapters
        .iter()
        .flat_map(|chapter| scan(chapter, false).fences)
        .map(|fence| fence.source.text)
        .collect();
    assert!(blocks.len() >= 8);
    blocks
}

fn assert_reachable(text: &str, at: usize) {
    let place = Place::of_offset("x", text, at);
    let line = text.split('\n').nth(place.line - 1).expect("a line of the text");
    assert!(place.column <= line.chars().count() + 1, "{place} of {line:?}");
}

/// The same damage in every run; the comparison with the real Hurl parser takes other seeds.
fn settings(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(20_261_122),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(settings(4_000))]

    #[test]
    fn damaged_blocks_never_panic_and_every_fault_has_a_place(seed in any::<u64>()) {
        thread_local!(static BLOCKS: Vec<String> = blocks(&chapters()));
        BLOCKS.with(|blocks| {
            let mut chance = Chance::new(seed);
            let text = mutate(&blocks[chance.below(blocks.len())], blocks, &mut chance);
            if let Err(faults) = parse_demo(&text) {
                assert!(!faults.is_empty());
                for fault in faults {
                    assert!(text.is_char_boundary(fault.at), "{fault:?} in {text:?}");
                    assert!(!fault.message.is_empty());
                    assert_reachable(&text, fault.at);
                }
            }
        });
    }

    #[test]
    fn any_text_is_parsed_or_refused(text in "\\PC{0,200}|[\\s\\S]{0,120}") {
        for fault in parse_demo(&text).err().into_iter().flatten() {
            assert_reachable(&text, fault.at);
        }
        for fault in parse_attributes(&text).err().into_iter().flatten() {
            assert!(text.is_char_boundary(fault.at));
        }
    }
}

proptest! {
    #![proptest_config(settings(500))]

    #[test]
    fn damaged_chapters_never_panic(seed in any::<u64>()) {
        thread_local!(static CHAPTERS: Vec<String> = chapters());
        CHAPTERS.with(|chapters| {
            let mut chance = Chance::new(seed);
            let text = mutate(&chapters[chance.below(chapters.len())], chapters, &mut chance);
            for fault in scan(&text, true).faults {
                assert!(text.is_char_boundary(fault.at), "{fault:?}");
                assert_reachable(&text, fault.at);
            }
        });
    }
}
