//! What a reader's first visit costs: the sizes of script and style as a web server sends them.

use std::io::Write;
use std::process::{Command, Stdio};

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
    let script = include_str!("../../assets/live.js");
    let hangul: Vec<_> = script.chars().filter(|c| ('가'..='힣').contains(c)).collect();
    assert!(hangul.is_empty(), "{hangul:?} belongs into strings.ko.json");
}
