//! The `{{#include …}}` lines of a chapter, which mdBook itself resolves only after this preprocessor.
//! Knows files.

use std::{fs, path::Path};

/// One link to a part of another file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Include<'a> {
    /// Byte of the chapter where the braces begin.
    pub(crate) at: usize,
    /// Path relative to the chapter's folder.
    pub(crate) path: &'a str,
    /// The name behind the colon, when it is no line number.
    pub(crate) anchor: Option<&'a str>,
}

/// Every include of a chapter, inside code or not; an escaped one (`\{{#…`) is text.
pub(crate) fn includes(chapter: &str) -> Vec<Include<'_>> {
    let mut includes = Vec::new();
    for (at, _) in chapter.match_indices('{') {
        let Some(rest) = chapter[at..].strip_prefix("{{#") else { continue };
        let Some(end) = rest.find("}}") else { break };
        let mut words = rest[..end].split_whitespace();
        let kind = words.next().unwrap_or_default();
        let escaped = chapter[..at].ends_with('\\');
        if escaped || !matches!(kind, "include" | "rustdoc_include" | "playground" | "template") {
            continue;
        }
        let Some(target) = words.next() else { continue };
        let (path, part) = target.split_once(':').map_or((target, ""), |(path, part)| (path, part));
        let named = !part.is_empty() && part.starts_with(|c: char| !c.is_ascii_digit() && c != ':');
        includes.push(Include { at, path, anchor: named.then_some(part) });
    }
    includes
}

impl Include<'_> {
    /// The text that mdBook will put here; whole lines, all of the file when lines are named by number.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn read(&self, folder: &Path) -> Result<String, String> {
        let text = fs::read_to_string(folder.join(self.path))
            .map_err(|error| format!("끼워 넣을 파일 `{}`을(를) 읽을 수 없다({error}).", self.path))?;
        let Some(name) = self.anchor else { return Ok(text) };
        let is = |line: &str, mark: &str| {
            line.split_once(mark).is_some_and(|(_, rest)| rest.split_whitespace().next() == Some(name))
        };
        let mut lines = text.lines();
        if !lines.by_ref().any(|line| is(line, "ANCHOR:")) {
            let message =
                format!("`{}`에 `ANCHOR: {name}`이 없다. 끼워 넣을 곳을 그 파일에 표시한다.", self.path);
            return Err(message);
        }
        let part: Vec<_> = lines.take_while(|line| !is(line, "ANCHOR_END:")).collect();
        Ok(part.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_paths_and_anchors() {
        let found =
            includes("{{#include a.rs:one}} \\{{#include b}} {{#title x}}\n{{#include ../c.rs:2:5}}{{#incl");
        assert_eq!(
            found,
            [
                Include { at: 0, path: "a.rs", anchor: Some("one") },
                Include { at: 51, path: "../c.rs", anchor: None }
            ]
        );
    }

    #[test]
    fn reads_the_part_between_the_anchors() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "x\n# ANCHOR: one\n1\n# ANCHOR_END: one\n2\n").unwrap();
        let include = |anchor| Include { at: 0, path: "a", anchor };
        assert_eq!(include(Some("one")).read(folder.path()).unwrap(), "1");
        assert!(include(Some("two")).read(folder.path()).unwrap_err().contains("ANCHOR: two"));
        assert!(include(None).read(folder.path()).unwrap().starts_with('x'));
        let lost = Include { at: 0, path: "lost", anchor: None };
        assert!(lost.read(folder.path()).unwrap_err().contains("lost"));
    }
}
