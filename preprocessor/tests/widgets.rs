//! The HTML of blocks, held against files; `MDBOOK_LIVE_BLESS=1` rewrites them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

mod book_on_disk;

use std::{fs, path::Path};

use book_on_disk::{built, copied, fixture, preprocessed};
use serde_json::Value;

#[test]
fn chapters_with_blocks_look_as_recorded_in_the_golden_files() {
    let (book, remarks) = preprocessed(&fixture("golden"));
    let book = book.unwrap();
    let bless = std::env::var_os("MDBOOK_LIVE_BLESS").is_some();
    let mut seen = 0;
    for chapter in book.chapters() {
        let name = chapter.source_path.as_ref().unwrap().with_extension("html");
        // Tags on lines of their own, so that a difference can be read; script and strings have their own tests.
        let shown = chapter.content.split("<style>").next().unwrap().replace("><", ">\n<");
        let shown = without_strings(&shown);
        let path = fixture("golden/expected").join(name);
        if bless {
            fs::write(&path, &shown).unwrap();
        }
        assert_eq!(shown, fs::read_to_string(&path).unwrap(), "{}", path.display());
        seen += 1;
    }
    assert_eq!(seen, 7);
    assert_eq!(
        remarks.len(),
        2,
        "one remark for all that is missing, one for all that is stale: {remarks:?}"
    );
    assert!(remarks[0].starts_with("src/README.md:3:1: 블록 `user-create` 외 9개"), "{}", remarks[0]);
    assert!(remarks[1].starts_with("src/recorded.md:33:1: 블록 `recorded-stale`"), "{}", remarks[1]);
}

/// The interface strings grow with the script; here they would only be noise.
fn without_strings(html: &str) -> String {
    let Some(start) = html.find("&quot;strings&quot;:{") else { return html.to_owned() };
    let end = start + html[start..].find("&quot;}").unwrap();
    format!("{}&quot;strings&quot;:{{…{}", &html[..start], &html[end..])
}

#[test]
fn a_chapter_without_blocks_is_the_very_same_text() {
    let (book, _) = preprocessed(&fixture("golden"));
    let book = book.unwrap();
    let plain = book.chapters().find(|chapter| chapter.name == "칸이 없는 장").unwrap();
    assert_eq!(plain.content, fs::read_to_string(fixture("golden/src/plain.md")).unwrap());
}

/// An author on Windows may have carriage returns; the page must not.
#[test]
fn line_ends_of_windows_change_nothing() {
    let book = copied("golden");
    for name in ["README.md", "places.md", "recorded.md", "lessons.md", "figures.md", "bases.md"] {
        let path = book.path().join("src").join(name);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace('\n', "\r\n")).unwrap();
    }
    let widgets = |root: &Path| -> Vec<String> {
        let book = preprocessed(root).0.unwrap();
        let lines = book
            .chapters()
            .flat_map(|chapter| chapter.content.lines().map(str::to_owned))
            .collect::<Vec<_>>();
        lines.into_iter().filter(|line| line.contains("<live-") || line.contains("class=\"live\"")).collect()
    };
    let (unix, windows) = (widgets(&fixture("golden")), widgets(book.path()));
    assert_eq!(unix.len(), 26);
    assert_eq!(unix, windows);
}

/// mdBook parses the HTML into a tree and writes it again: nothing may get lost on the way.
#[test]
fn the_built_page_holds_the_widget_whole() {
    let out = built(&fixture("golden")).unwrap();
    let page = fs::read_to_string(out.path().join("index.html")).unwrap();
    let start = page.find("<div class=\"live\" id=\"live-user-create\">").unwrap();
    let widget = &page[start..start + page[start..].find("</live-request>").unwrap()];
    assert!(!widget.contains("<p></p>") && widget.matches("<pre").count() == 1, "{widget}");
    assert!(
        widget
            .contains("<pre class=\"live-text\"><code class=\"language-http\">POST /api/users?a=1&amp;b=2\n")
    );
    assert!(widget.contains("사용자 &lt;만들기&gt;"), "{widget}");

    let data = attribute(widget, "data-block");
    let data: Value = serde_json::from_str(&data).unwrap();
    assert_eq!(data["caption"], "사용자 <만들기> \"{{#include plain.md}}\"");
    assert_eq!(
        data["request"]["body"],
        "{\n  \"name\": \"김하늘 <b>&amp;'x'\",\n\n  \"email\": \"a { {#x}} \\\\ \\u00e9\"\n}"
    );
    assert_eq!(data["captures"][0]["query"]["path"][0], "id");
    let configuration: Value = serde_json::from_str(&attribute(&page, "data-config")).unwrap();
    assert_eq!(configuration["headers"][1]["value"]["random-hex"], 32);
    assert!(configuration["strings"]["expect"].is_string());
    assert!(page.contains("<p>바로 다음 줄의 <strong>글</strong>은 글로 남는다.</p>"));

    let script = &page[page.find("<script>\n").unwrap()..];
    for asset in mdbook_live::SCRIPTS {
        assert!(script.contains(asset.text.trim()), "{} passes through Markdown unchanged", asset.name);
    }
    let recorded = fs::read_to_string(out.path().join("recorded.html")).unwrap();
    assert!(recorded.contains("{{#include plain.md}}"), "recorded text is never expanded");

    let lessons = fs::read_to_string(out.path().join("lessons.html")).unwrap();
    assert_eq!(lessons.matches("<fieldset>").count(), 5, "two questions, two cards, a number");
    assert!(
        lessons.contains("&lt;b&gt;가장&lt;/b&gt;")
            && lessons.contains("\"언제\"일까? {{#include plain.md}}")
    );
    assert!(lessons.contains("<p>바로 다음 줄의 <strong>글</strong>은 글로 남는다.</p>"));
    let data: Value =
        serde_json::from_str(&attribute(&lessons[lessons.find("<live-sort").unwrap()..], "data-lesson"))
            .unwrap();
    assert_eq!(data, serde_json::json!({ "id": "sorted", "right": [0, 1], "wrong": "sortWrong" }));
    assert!(lessons.contains("language-toml"), "a toml fence without a word of ours stays code");

    let places = fs::read_to_string(out.path().join("places.html")).unwrap();
    assert_eq!(places.matches("<p>바로 뒤의 <em>글</em></p>").count(), 2);
    assert_eq!(places.matches("<live-request").count(), 5);
    let search = fs::read_dir(out.path())
        .unwrap()
        .flatten()
        .find(|entry| entry.file_name().to_string_lossy().starts_with("searchindex"));
    let search = fs::read_to_string(search.unwrap().path()).unwrap();
    assert!(search.contains("사용자") && !search.contains("customElements"), "text is found, script is not");
    let plain = fs::read_to_string(out.path().join("plain.html")).unwrap();
    assert!(!plain.contains("live-request"), "a chapter without blocks carries no script");
}

/// The value of an attribute, unescaped.
fn attribute(html: &str, name: &str) -> String {
    let start = html.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
    let value = &html[start..start + html[start..].find('"').unwrap()];
    let named =
        [("&quot;", "\""), ("&#39;", "'"), ("&#92;", "\\"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    named.iter().fold(value.to_owned(), |text, (from, to)| text.replace(from, to))
}
