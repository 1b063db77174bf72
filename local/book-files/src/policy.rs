//! The Content-Security-Policy of a built book: which inline scripts its pages really have, as hashes.
//! Knows HTML's tokens and nothing of the server; the same policy belongs in front of a published book.
//!
//! mdBook's pages carry a handful of inline scripts (one per folder depth, a few constant ones). Allowing exactly
//! these by hash keeps `'unsafe-inline'` out of `script-src`, so text that slips into a page cannot run.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::{Files, media_type};

/// The hashes (`sha256-…`, as CSP Level 3 writes them) of all inline scripts seen so far.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct InlineScripts(BTreeSet<String>);

impl InlineScripts {
    /// The scripts of all pages of a built book.
    pub fn of(files: &Files) -> InlineScripts {
        let mut scripts = InlineScripts::default();
        for (name, content) in files {
            if media_type(name).is_some_and(|kind| kind.starts_with("text/html")) {
                scripts.add_page(&String::from_utf8_lossy(content));
            }
        }
        scripts
    }

    /// Adds the scripts of one page.
    pub fn add_page(&mut self, html: &str) {
        for script in inline_scripts(html) {
            self.0.insert(format!("sha256-{}", STANDARD.encode(Sha256::digest(script))));
        }
    }

    /// The hashes as source expressions, `'sha256-…' 'sha256-…'`, in the order of their text: the value of the template's
    /// mapping of hashes. Empty when no page has an inline script.
    pub fn source_list(&self) -> String {
        let sources: Vec<String> = self.0.iter().map(|hash| format!("'{hash}'")).collect();
        sources.join(" ")
    }

    /// The whole policy. `connect` is what scripts may call beside their own origin, source expressions with a space between:
    /// the issuer of tokens (on AWS two addresses, the user pool's and its domain), and on this machine
    /// `http://*.localhost:3000` (a browser opens six connections per host name, and the burst lab needs more).
    pub fn policy(&self, connect: &str) -> String {
        let sources = self.source_list();
        let scripts = if sources.is_empty() { sources } else { format!(" {sources}") };
        // Styles: mdBook and highlighted code use style attributes. Frames: without JavaScript mdBook shows the
        // table of contents in a frame of the same origin.
        format!(
            "default-src 'self'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
             font-src 'self' data:; connect-src 'self' {connect}; object-src 'none'; base-uri 'self'; \
             form-action 'self'; frame-ancestors 'self'"
        )
    }
}

/// The contents of the inline scripts a browser would run, in order.
///
/// Follows the HTML tokenizer as far as this needs: comments, quoted attributes and raw-text elements, so a
/// `<script>` written inside one of them is no script.
fn inline_scripts(html: &str) -> Vec<&str> {
    const RAW_TEXT: [&str; 7] = ["script", "style", "textarea", "title", "xmp", "iframe", "noembed"];
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = html[at..].find('<').map(|i| at + i) {
        let rest = &html[open + 1..];
        if rest.starts_with("!--") {
            at = html[open..].find("-->").map_or(html.len(), |i| open + i + 3);
            continue;
        }
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            at = open + 1;
            continue;
        }
        let name_end =
            rest.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>').unwrap_or(rest.len());
        let name = rest[..name_end].to_ascii_lowercase();
        let (attributes, tag_end) = attributes(rest, name_end);
        at = open + 1 + tag_end;
        if !RAW_TEXT.contains(&name.as_str()) {
            continue;
        }
        let content_end =
            find_ignoring_case(&html[at..], &format!("</{name}")).map_or(html.len(), |i| at + i);
        if name == "script" && is_run(&attributes) {
            found.push(&html[at..content_end]);
        }
        at = content_end;
    }
    found
}

/// Whether a browser runs the element's own text: no `src`, and a type that means JavaScript.
fn is_run(attributes: &[(String, &str)]) -> bool {
    let value =
        |name: &str| attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.trim().to_ascii_lowercase());
    value("src").is_none()
        && value("type").is_none_or(|kind| {
            matches!(kind.as_str(), "" | "module" | "importmap" | "speculationrules")
                || kind.ends_with("javascript")
        })
}

/// Attributes of a start tag as `(lower-case name, raw value)`, and the offset just behind its `>`.
fn attributes(tag: &str, mut at: usize) -> (Vec<(String, &str)>, usize) {
    let mut found = Vec::new();
    loop {
        at += tag[at..].find(|c: char| !c.is_ascii_whitespace() && c != '/').unwrap_or(tag.len() - at);
        if at >= tag.len() {
            return (found, tag.len());
        }
        if tag[at..].starts_with('>') {
            return (found, at + 1);
        }
        // A leading `=` belongs to the name (HTML, "before attribute name state").
        let skip = usize::from(tag[at..].starts_with('='));
        let name_end = tag[at + skip..]
            .find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/'))
            .map_or(tag.len(), |i| at + skip + i);
        let name = tag[at..name_end].to_ascii_lowercase();
        at = name_end + leading_space(&tag[name_end..]);
        if !tag[at..].starts_with('=') {
            found.push((name, ""));
            continue;
        }
        at += 1;
        at += leading_space(&tag[at..]);
        let quote = tag[at..].chars().next().filter(|c| matches!(c, '"' | '\''));
        let (start, end, next) = match quote {
            Some(quote) => {
                let end = tag[at + 1..].find(quote).map_or(tag.len(), |i| at + 1 + i);
                (at + 1, end, (end + 1).min(tag.len()))
            }
            None => {
                let end = tag[at..]
                    .find(|c: char| c.is_ascii_whitespace() || c == '>')
                    .map_or(tag.len(), |i| at + i);
                (at, end, end)
            }
        };
        found.push((name, &tag[start..end]));
        at = next;
    }
}

fn leading_space(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_whitespace()).unwrap_or(text.len())
}

/// Offset of an ASCII needle, whatever its case.
fn find_ignoring_case(text: &str, needle: &str) -> Option<usize> {
    text.as_bytes().windows(needle.len()).position(|window| window.eq_ignore_ascii_case(needle.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_what_a_browser_would_run() {
        let html = r#"<!DOCTYPE html><html><head><title><script>no: title</script></title>
<!-- <script>no: comment</script> -->
<script src="book.js"></script><script defer src='x.js'>no: has src</script>
<SCRIPT>one</SCRIPT><script type="module">two < three</script><script type="application/json">{"no":1}</script>
<p data-x="<script>no: attribute</script>" title='>'>a < b</p><textarea><script>no</script></textarea>
<script type=text/javascript >three
</script ></head></html>"#;
        assert_eq!(inline_scripts(html), ["one", "two < three", "three\n"]);
    }

    #[test]
    fn broken_markup_ends_quietly() {
        for html in
            ["<", "<script", "<script>", "<script x=\"", "<!--", "<p a=", "<script>한글", "<a =b=c>", "<p a"]
        {
            inline_scripts(html);
        }
        assert_eq!(inline_scripts("<script>한글"), ["한글"]);
    }

    #[test]
    fn the_hash_is_the_one_of_the_csp_specification() {
        // CSP Level 3, 6.7.3.3's example: alert('Hello, world.');
        let mut scripts = InlineScripts::default();
        scripts.add_page("<script>alert('Hello, world.');</script>");
        let policy = scripts.policy("http://*.localhost:3000");
        assert!(
            policy.contains("script-src 'self' 'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=';"),
            "{policy}"
        );
        assert!(policy.contains("connect-src 'self' http://*.localhost:3000;"), "{policy}");
        assert!(policy.is_ascii());
    }

    #[test]
    fn the_scripts_of_a_book_are_those_of_its_pages() {
        let page = |text: &str| format!("<p>가</p><script>{text}</script>").into_bytes();
        let files = Files::from([
            ("a.html".to_owned(), page("one")),
            ("b/c.html".to_owned(), page("one")),
            ("d.html".to_owned(), page("two")),
            ("e.js".to_owned(), page("three")),
        ]);
        let scripts = InlineScripts::of(&files);
        let list = scripts.source_list();
        assert_eq!(list.split(' ').count(), 2, "{list}");
        assert!(
            list.split(' ').all(|source| source.starts_with("'sha256-") && source.ends_with('\'')),
            "{list}"
        );
        assert!(scripts.policy("x").contains(&format!("script-src 'self' {list};")));
        assert_eq!(InlineScripts::default().source_list(), "");
        assert!(InlineScripts::default().policy("x").contains("script-src 'self';"));
    }

    proptest! {
        #[test]
        fn any_text_is_scanned_without_a_panic(html in "([<>!/='\" a-z한]|<script>|</script>|<!--|-->|<style ){0,40}") {
            inline_scripts(&html);
        }
    }
}
