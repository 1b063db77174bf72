//! What can be seen of the assets without a browser: their sizes as a web server sends them, and their words.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use mdbook_live::{Asset, SCRIPTS, SIGN_IN};

fn scripts() -> impl Iterator<Item = &'static Asset> {
    SCRIPTS.iter().chain([&SIGN_IN])
}

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
    for (name, most) in [
        ("live.js", 8_350),
        ("lesson.js", 1_950),
        ("figure.js", 1_950),
        // Not on every page.
        ("sign-in.js", 3_500),
        ("live.css", 3_000),
    ] {
        let size = gzipped(name);
        assert!(size <= most, "{name}: {size} bytes after gzip, {most} at most");
    }
}

#[test]
fn the_scripts_hold_no_words_of_their_own() {
    for script in scripts() {
        let hangul: Vec<_> = script.text.chars().filter(|c| ('가'..='힣').contains(c)).collect();
        assert!(hangul.is_empty(), "{hangul:?} of {} belongs into strings.ko.json", script.name);
    }
}

#[test]
fn every_word_is_asked_for_and_every_word_asked_for_is_there() {
    let strings: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(include_str!("../../assets/strings.ko.json")).expect("the words");
    let scripts: &str = &scripts().map(|script| script.text).collect::<String>();
    // Keys that a script hands to a function that says something.
    let asked = ["t('", "tell('", "tellBlock(block, '", "problem('", "button('", "copy('", "table('"]
        .into_iter()
        .flat_map(|call| {
            let found = scripts
                .match_indices(call)
                .filter(|(at, _)| !scripts[..*at].ends_with(|c: char| c.is_alphanumeric()));
            found.filter_map(move |(at, _)| scripts[at + call.len()..].split('\'').next())
        });
    let missing: Vec<_> = asked.filter(|key| !strings.contains_key(*key)).collect();
    assert!(missing.is_empty(), "{missing:?} in a script but not in strings.ko.json");
    let mut rust = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut rust);
    let unused: Vec<_> = strings
        .keys()
        .filter(|key| !scripts.contains(&format!("'{key}'")) && !rust.contains(&format!("\"{key}\"")))
        .collect();
    assert!(unused.is_empty(), "{unused:?} in strings.ko.json, but nothing says it");
}

fn sources(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).expect("the sources").flatten() {
        if entry.path().is_dir() {
            sources(&entry.path(), text);
        } else {
            text.push_str(&std::fs::read_to_string(entry.path()).expect("a source"));
        }
    }
}
