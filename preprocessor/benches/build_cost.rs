//! What the preprocessor adds to a build: a book with three blocks in every chapter, built in process with it and without
//! it in turn, in CPU time of this process. Prints; judges nothing, because a busy machine would make it lie.
//!
//!     cargo bench --package mdbook-live --bench build_cost
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement prints or fails loudly"
)]

use std::{fmt::Write as _, fs, path::Path, time::Duration};

use mdbook_driver::MDBook;
use mdbook_live::{Live, SCRIPTS, STYLES};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use nix::time::{ClockId, clock_gettime};

/// Builds of each kind; they take turns, so that both meet the same moods of the machine.
const PAIRS: usize = 21;

const TOML: &str = r#"[book]
language = "ko"
[output.html]
additional-js = ["live.js", "lesson.js", "figure.js"]
additional-css = ["live.css"]
[preprocessor.live]
assets = "files"
strict = true
before = ["links"]
api = "/api"
"#;

const CHECKS: &str = r#"prose-lint = true
[preprocessor.live.checks]
links = true
alternatives = true
terms = "terms.toml"
quotes = ["노트:"]
[preprocessor.live.checks.figures]
units = ["ms", "분", "%", "MB", "초"]
counts = ["개"]
counts-from = 100
sources = "출처"
badge = "badge"
assumptions = ["가정"]
"#;

const TERMS: &str = r#"[spellings]
"메세지" = "메시지"
"컨텐츠" = "콘텐츠"
"기본키" = "기본 키"
[endings]
refused = ["ㅂ니다", "요"]
allowed = ["필요"]
"#;

/// A chapter of about 5 kB: prose in three sections, a block in each.
fn chapter(number: usize) -> String {
    let mut text = format!("# 장 {number}\n\n");
    for part in 0..3 {
        writeln!(text, "## 절 {part}\n").unwrap();
        for _ in 0..4 {
            text.push_str("응답을 마친 환경은 얼려 둔다. 다음 요청이 오면 **녹여서** 쓰고, 없으면 새로 만든다. `Init Duration`은 100ms가 안 될 때도, 1초가 넘을 때도 있다.[^s] 그래서 [다음 절](#절-1)에서 재 본다.\n\n");
        }
        text.push_str("- 하나는 128MB로 잰다.[^s]\n- 둘은 그대로 둔다.\n\n| 무엇 | 값[^s] |\n|---|---:|\n| 처음 | 30ms |\n| 나중 | 3ms |\n\n");
        writeln!(text, "```hurl demo id=block-{number}-{part}\n# 사용자를 두 번 읽기\n# claim: runs == 2\nGET {{{{api}}}}/users\n\n[Options]\nrepeat: 2\n\nHTTP 200\n[Asserts]\njsonpath \"$.items\" isCollection\n```\n").unwrap();
    }
    text.push_str("## 출처\n\n[^s]: 문서(2026-11-22)\n");
    text
}

const RECORDING: &str = r#"{
  "request": ["GET {{api}}/users", "[Options]", "repeat: 2"],
  "date": "2026-11-22",
  "place": "로컬",
  "machine": "linux x86_64, CPU 2개",
  "standIns": true,
  "status": 200,
  "headers": { "content-type": "application/json" },
  "json": { "items": [{ "id": 1, "name": "김하늘", "version": 1 }] },
  "runs": [
    {"status":200,"headers":{},"timings":{"init":4.25,"handler":1.0},"total":20.0},
    {"status":200,"headers":{},"timings":{"handler":1.5},"total":3.25}
  ]
}
"#;

fn book(chapters: usize) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("src/recordings")).unwrap();
    fs::write(root.path().join("book.toml"), TOML).unwrap();
    for asset in SCRIPTS.iter().chain(STYLES) {
        fs::write(root.path().join(asset.name), asset.text).unwrap();
    }
    let mut summary = String::new();
    for number in 0..chapters {
        writeln!(summary, "- [장 {number}](c{number}.md)").unwrap();
        fs::write(root.path().join(format!("src/c{number}.md")), chapter(number)).unwrap();
        for part in 0..3 {
            fs::write(root.path().join(format!("src/recordings/block-{number}-{part}.json")), RECORDING)
                .unwrap();
        }
    }
    fs::write(root.path().join("src/SUMMARY.md"), summary).unwrap();
    root
}

/// Turns on all checks of the content, as this repository's book has them.
fn check_everything(root: &Path) {
    fs::write(root.join("book.toml"), format!("{TOML}{CHECKS}")).unwrap();
    fs::write(root.join("terms.toml"), TERMS).unwrap();
}

fn cpu() -> Duration {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).unwrap().into()
}

fn measured(run: impl FnOnce()) -> Duration {
    let began = cpu();
    run();
    cpu() - began
}

/// One whole build into a fresh folder.
fn build(root: &Path, with: bool) -> Duration {
    let out = tempfile::tempdir().unwrap();
    measured(|| {
        let mut book = MDBook::load(root).unwrap();
        book.config.build.build_dir = out.path().to_owned();
        // Without: the fences stay what Markdown makes of them.
        book.config.set("preprocessor.live.renderers", [if with { "html" } else { "none" }]).unwrap();
        if with {
            book.with_preprocessor(Live::new(|problem| println!("{problem}")));
        }
        book.build().unwrap();
    })
}

/// The preprocessor by itself.
fn preprocess(root: &Path) -> Duration {
    let book = MDBook::load(root).unwrap();
    let context = PreprocessorContext::new(book.root.clone(), book.config.clone(), "html".to_owned());
    let (live, pages) = (Live::new(|_| ()), book.book.clone());
    measured(|| {
        live.run(&context, pages).unwrap();
    })
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn main() {
    let root = book(100);
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        without.push(build(root.path(), false));
        with.push(build(root.path(), true));
    }
    let own = median((0..PAIRS).map(|_| preprocess(root.path())).collect());
    let (without, with) = (median(without), median(with));
    let share = |part: Duration| part.as_secs_f64() / without.as_secs_f64() * 100.0;
    println!("100 chapters, 3 blocks each, medians of {PAIRS} builds in turn, CPU time:");
    println!("  without {without:.1?}, with {with:.1?}: {:+.1} %", share(with) - 100.0);
    println!("  the preprocessor by itself {own:.2?}: {:.1} % of the build without it", share(own));
    check_everything(root.path());
    let checking = median((0..PAIRS).map(|_| preprocess(root.path())).collect());
    println!("  with every check of the content {checking:.2?}: {:.1} %", share(checking));
    for chapters in [50, 100, 200, 400] {
        let root = book(chapters);
        let own = median((0..PAIRS).map(|_| preprocess(root.path())).collect());
        println!(
            "  {chapters} chapters: {own:.2?}, {:.1?} a chapter",
            own / u32::try_from(chapters).unwrap()
        );
    }
}
