//! The checks over whole books: what they need from settings and files, and that a good book passes them all.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

mod book_on_disk;

use book_on_disk::{preprocessed, written};

const CHECKS: &str = "[preprocessor.live.checks]\nlinks = true\nalternatives = true\nterms = \"terms.toml\"\nquotes = [\"Note:\"]\ncomplete = [\"a.md\"]\n[preprocessor.live.checks.figures]\nunits = [\"ms\"]\nsources = \"Sources\"\nbadge = \"badge\"\n[preprocessor.live.checks.reading]\ncharacters-per-minute = 10\nminutes = [1, 5]\nskip = [\"Sources\"]\n";
const TERMS: &str = "[spellings]\n\"colour\" = \"color\"\n[endings]\nrefused = [\"요\"]\n";
const GOOD: &str = "# One\n\n> Note: colour\n\nIt took 30ms.[^s] `colour`\n\n![A line](a.svg) [Two](deep/b.md#two), [the question](#live-q)\n\n```toml predict id=p\nquestion = \"How many?\"\nunit = \"runs\"\n```\n\n```hurl demo id=block predict=p\n# claim: runs == 1\nGET {{api}}/x\nHTTP 200\n```\n\n```toml quiz id=q\nquestion = \"Which?\"\n[[choice]]\ntext = \"a\"\nright = true\nwhy = \"It is.\"\n[[choice]]\ntext = \"b\"\nwhy = \"It is not.\"\n```\n\n```rust\n{{#include a.rs:part}}\n```\n\n[^s]: A paper (2018)\n";

fn told(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let base = [
        ("book.toml", CHECKS),
        ("terms.toml", TERMS),
        ("src/SUMMARY.md", "- [One](a.md)\n- [Two](deep/b.md)\n"),
        ("src/a.md", GOOD),
        ("src/a.svg", "<svg></svg>"),
        ("src/a.rs", "// ANCHOR: part\n// ANCHOR_END: part\n"),
        ("src/deep/b.md", "## Two\n\n[One](../a.md)\n"),
    ];
    let kept = base.iter().filter(|(path, _)| !files.iter().any(|(changed, _)| changed == path));
    let root = written(&kept.chain(files).copied().collect::<Vec<_>>());
    let (book, remarks) = preprocessed(root.path());
    let error = book.err().map(|error| error.to_string()).unwrap_or_default();
    (error.lines().skip(1).map(str::to_owned).collect(), remarks)
}

#[test]
fn a_good_book_passes_every_check() {
    assert_eq!(told(&[]).0, [""; 0]);
}

#[test]
fn every_check_finds_its_mistake_in_the_good_book() {
    for (good, bad, place) in [
        ("It took", "The colour took", "src/a.md:5:5"),
        ("[Two]", "괜찮아요. [Two]", "src/a.md:7:18"),
        ("30ms.[^s]", "30ms. [^s]\n\n31ms.", "src/a.md:7:1"),
        ("(2018)", "", "src/a.md:35:1"),
        ("b.md#two", "b.md#three", "src/a.md:7:24"),
        ("#live-q", "#live-r", "src/a.md:7:55"),
        ("a.rs:part", "a.rs:other", "src/a.md:32:1"),
        ("A line", "", "src/a.md:7:5"),
        ("# claim: runs == 1\n", "", "src/a.md:1:1"),
        ("It took", "It took more words than somebody reads in those minutes:", "src/a.md:1:1"),
    ] {
        assert!(GOOD.contains(good), "{good}");
        let (told, _) = told(&[("src/a.md", &GOOD.replacen(good, bad, 1))]);
        assert!(told.iter().any(|line| line.starts_with(&format!("{place}: "))), "{good}: {told:?}");
    }
}

#[test]
fn nothing_is_checked_unless_asked_for() {
    let bad = "# One\n\ncolour 30ms ![](lost.svg) [x](lost.md) 해요.\n";
    let (told, _) = told(&[("book.toml", "[book]\n"), ("src/a.md", bad)]);
    assert_eq!(told, [""; 0]);
}

#[test]
fn a_recording_without_its_block_is_a_mistake_when_strict_and_a_remark_while_drafting() {
    let lost = ("src/recordings/renamed.json", "{}");
    let plain = ("src/a.md", "# One\n");
    let (mistakes, remarks) = told(&[("book.toml", "[book]\n"), plain, lost]);
    assert_eq!(mistakes, [""; 0]);
    assert!(remarks[0].starts_with("src/recordings/renamed.json:1:1: 블록 `renamed`"), "{remarks:?}");
    let (mistakes, _) = told(&[("book.toml", "[preprocessor.live]\nstrict = true\n"), plain, lost]);
    assert!(mistakes[0].starts_with("src/recordings/renamed.json:1:1: 블록 `renamed`"), "{mistakes:?}");
}

#[test]
fn mistaken_settings_are_told_with_their_place() {
    let with = |toml: &str| told(&[("book.toml", toml)]).0;
    assert!(with("[preprocessor.live.checks]\nlink = true\n")[0].starts_with("book.toml:2:1:"));
    assert!(with("[preprocessor.live.checks]\nterms = \"lost.toml\"\n")[0].starts_with("lost.toml:1:1:"));
    let lost = with("[preprocessor.live.checks]\ncomplete = [\"lost.md\"]\n");
    assert!(lost[0].starts_with("book.toml:2:13: complete에 적은 `lost.md`"), "{lost:?}");
    let minutes = "[preprocessor.live.checks.reading]\ncharacters-per-minute = 575\nminutes = [10, 6]\n";
    assert!(with(minutes)[0].starts_with("book.toml:3:11: "), "{:?}", with(minutes));
    let (told, _) = told(&[("terms.toml", "[spellings]\n\n\"a\" = 1\n")]);
    assert!(told[0].starts_with("terms.toml:3:"), "{told:?}");
}
