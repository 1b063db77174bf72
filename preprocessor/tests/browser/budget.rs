//! What can be seen of the assets without a browser: their sizes as a web server sends them, and their words.

use std::io::Write;
use std::process::{Command, Stdio};

const SCRIPT: &str = include_str!("../../assets/live.js");

fn gzipped(path: &str) -> usize {
    let path = format!("{}/assets/{path}", env!("CARGO_MANIFEST_DIR"));
    let mut gzip = Command::new("gzip")
        .args(["-9", "-c"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("gzip");
    let text = std::fs::read(path).expect("the asset");
    // Both assets fit into the pipe's and gzip's own buffers, so writing first and reading then cannot block.
    gzip.stdin.take().expect("a pipe").write_all(&text).expect("gzip reads");
    gzip.wait_with_output().expect("gzip ends").stdout.len()
}

#[test]
fn script_and_style_stay_small() {
    let (script, style) = (gzipped("live.js"), gzipped("live.css"));
    assert!(script <= 8_000, "live.js: {script} bytes after gzip, 8,000 at most");
    assert!(style <= 3_000, "live.css: {style} bytes after gzip, 3,000 at most");
}

#[test]
fn the_script_holds_no_words_of_its_own() {
    let hangul: Vec<_> = SCRIPT.chars().filter(|c| ('가'..='힣').contains(c)).collect();
    assert!(hangul.is_empty(), "{hangul:?} belongs into strings.ko.json");
}

#[test]
fn every_word_is_asked_for_and_every_word_asked_for_is_there() {
    let strings: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(include_str!("../../assets/strings.ko.json")).expect("the words");
    // Keys that the script hands to a function that says something.
    let asked =
        ["t('", "tell('", "problem('", "button('", "copy('", "table('"].into_iter().flat_map(|call| {
            let found = SCRIPT
                .match_indices(call)
                .filter(|(at, _)| !SCRIPT[..*at].ends_with(|c: char| c.is_alphanumeric()));
            found.filter_map(move |(at, _)| SCRIPT[at + call.len()..].split('\'').next())
        });
    let missing: Vec<_> = asked.filter(|key| !strings.contains_key(*key)).collect();
    assert!(missing.is_empty(), "{missing:?} in live.js but not in strings.ko.json");
    let rust = [include_str!("../../src/html/block.rs"), include_str!("../../src/html/recorded.rs")];
    let unused: Vec<_> = strings
        .keys()
        .filter(|key| !SCRIPT.contains(&format!("'{key}'")))
        .filter(|key| !rust.iter().any(|text| text.contains(&format!("\"{key}\""))))
        .collect();
    assert!(unused.is_empty(), "{unused:?} in strings.ko.json, but nothing says it");
}
