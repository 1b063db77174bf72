//! A book with mistakes: all of them at once, each with file, line and column, and no book.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

mod book_on_disk;

use book_on_disk::{built, fixture, preprocessed, written};

fn told(files: &[(&str, &str)]) -> Vec<String> {
    let root = written(files);
    let error = preprocessed(root.path()).0.unwrap_err().to_string();
    error.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn mistakes_in_three_chapters_are_told_at_once() {
    let error = built(&fixture("mistakes")).unwrap_err();
    let error = format!("{error:#}");
    let places: Vec<_> =
        error.lines().filter_map(|line| line.split(": ").next()).filter(|l| l.starts_with("src/")).collect();
    assert_eq!(
        places,
        [
            "src/README.md:5:5",
            "src/a.md:12:17",
            "src/nested/b.md:4:5",
            "src/nested/b.md:9:22",
            "src/nested/b.md:13:8",
            "src/nested/b.md:20:19"
        ],
        "{error}"
    );
}

const TOML: &str = "[book]\ntitle = \"x\"\n[preprocessor.live]\nprose-lint = true\n[preprocessor.live.claims]\ncold = { count = { header = \"x\", equals = \"true\" } }\n";
const SUMMARY: &str = "- [A](a.md)\n- [B](b.md)\n";

fn chapter(a: &str, b: &str) -> Vec<String> {
    told(&[("book.toml", TOML), ("src/SUMMARY.md", SUMMARY), ("src/a.md", a), ("src/b.md", b)])
}

#[test]
fn an_id_is_unique_in_the_whole_book() {
    let block = "```hurl demo id=same\nGET {{api}}/x\nHTTP 200\n```\n";
    let told = chapter(block, &format!("\n\n{block}"));
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("src/b.md:3:1: id `same`은(는) src/a.md:1:1에서"), "{}", told[0]);
}

#[test]
fn a_value_nobody_captured_before_is_named() {
    let told = chapter(
        "```hurl demo id=one\nGET {{api}}/{{later}}\nHTTP 200\n```\n\n```hurl demo id=two\nGET {{api}}/x\nHTTP 200\n[Captures]\nlater: status\n```\n",
        "```hurl demo id=three\nGET {{api}}/{{later}}\nHTTP 200\n```\n",
    );
    assert_eq!(told.len(), 2, "captures stay in their chapter: {told:?}");
    assert!(told[0].starts_with("src/a.md:2:15: 변수 `later`"), "{}", told[0]);
    assert!(told[1].starts_with("src/b.md:2:15: 변수 `later`"), "{}", told[1]);
}

#[test]
fn claims_are_typed_and_look_back_only() {
    let told = chapter(
        "```hurl demo id=one\n# claim: cold == init\n# claim: cold(two) == 1\n#  claim:   median(cold) == 1\nGET {{api}}/x\nHTTP 200\n```\n\n```hurl demo id=two\n# claim: cold(one) == cold(two)\nGET {{api}}/x\nHTTP 200\n```\n",
        "",
    );
    let places: Vec<_> = told.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["src/a.md:2:18", "src/a.md:3:15", "src/a.md:4:20"], "{told:?}");
}

#[test]
fn attributes_and_options_that_contradict_each_other() {
    let told = chapter(
        "```hurl demo id=one parallel=4\nGET {{api}}/x\n[Options]\nrepeat: 3\nHTTP 200\n```\n\n```hurl demo id=two parallel=2\nGET {{api}}/x\n[Options]\nrepeat: 3\ndelay: 10ms\nHTTP 200\n```\n",
        "",
    );
    let places: Vec<_> = told.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["src/a.md:1:21", "src/a.md:12:1"], "{told:?}");
}

#[test]
fn emphasis_that_stays_literal_is_a_mistake_only_when_asked_for() {
    let prose = "# 제목\n\n- `**코드**`와 **굵은** 글, <b>**</b>\n- **서버리스(Serverless)**는\n\n10~20초, ~약~\n\n```text\n**\n```\n\n__ColdStart__에\n";
    let told = chapter(prose, "");
    let places: Vec<_> = told.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["src/a.md:3:26", "src/a.md:4:3", "src/a.md:6:9", "src/a.md:12:1"], "{told:?}");
    let root =
        written(&[("book.toml", "[book]\n"), ("src/SUMMARY.md", "- [A](a.md)\n"), ("src/a.md", prose)]);
    assert!(preprocessed(root.path()).0.is_ok());
}

#[test]
fn a_strict_book_without_recordings_names_every_block_and_the_command() {
    let toml = "[preprocessor.live]\nstrict = true\n";
    let block = |id: &str| format!("```hurl demo id={id}\nGET {{{{api}}}}/x\nHTTP 200\n```\n");
    let told = told(&[
        ("book.toml", toml),
        ("src/SUMMARY.md", "- [A](a.md)\n"),
        ("src/a.md", &format!("{}\n{}", block("one"), block("two"))),
        ("src/recordings/two.json", "{\"request\": 1}"),
    ]);
    assert!(
        told[0].starts_with("src/a.md:1:1: 블록 `one`: 기록된 응답이 없다")
            && told[0].contains("mdbook-live record"),
        "{told:?}"
    );
    assert!(told.iter().any(|line| line.starts_with("src/recordings/two.json:1:")), "{told:?}");
}

#[test]
fn scripts_and_styles_served_as_files_must_be_the_built_in_ones() {
    let toml = |more: &str| format!("[preprocessor.live]\nassets = \"files\"\n[output.html]\n{more}");
    let listing = |scripts: &str| {
        toml(&format!("additional-js = [{scripts}]\nadditional-css = [\"theme/live.css\"]\n"))
    };
    let listed = listing("\"theme/live.js\", \"theme/lesson.js\", \"theme/figure.js\"");
    let chapter = ("src/a.md", "```hurl demo id=one\nGET {{api}}/x\nHTTP 200\n```\n");
    let summary = ("src/SUMMARY.md", "- [A](a.md)\n");
    let copies: Vec<_> = mdbook_live::SCRIPTS
        .iter()
        .chain(mdbook_live::STYLES)
        .map(|asset| (format!("theme/{}", asset.name), asset.text))
        .collect();
    let copies: Vec<_> = copies.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let book = |toml: &str, more: &[(&str, &str)]| {
        let mut files = vec![("book.toml", toml), summary, chapter];
        files.extend_from_slice(&copies);
        files.extend_from_slice(more);
        written(&files)
    };
    let told = |root: tempfile::TempDir| -> Vec<String> {
        let error = preprocessed(root.path()).0.unwrap_err().to_string();
        error.lines().skip(1).map(str::to_owned).collect()
    };
    let unlisted = told(book(&toml(""), &[]));
    assert_eq!(unlisted.len(), 4);
    assert!(
        unlisted.iter().all(|line| line.starts_with("book.toml:1:1: assets = \"files\"")),
        "{unlisted:?}"
    );
    let stale = told(book(&listed, &[("theme/live.css", "/* old */"), ("theme/lesson.js", "// old")]));
    assert_eq!(stale.len(), 2);
    assert!(stale[0].contains("mdbook-live asset lesson.js > theme/lesson.js"), "{stale:?}");
    assert!(stale[1].contains("mdbook-live asset live.css > theme/live.css"), "{stale:?}");
    let disorder = listing("\"theme/lesson.js\", \"theme/live.js\", \"theme/figure.js\"");
    let disorder = told(book(&disorder, &[]));
    assert_eq!(disorder.len(), 1);
    assert!(disorder[0].ends_with("live.js, lesson.js, figure.js 차례로 적는다."), "{disorder:?}");
    let root = book(&listed, &[]);
    let (book, _) = preprocessed(root.path());
    let content = &book.unwrap().chapters().next().unwrap().content.clone();
    assert!(content.contains("live-request") && !content.contains("<script>"));
}
