//! What the preprocessor costs: its time beside the time mdBook needs for the same book, with every check on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test may fail loudly and tell numbers"
)]

mod book_on_disk;

use std::{fmt::Write as _, path::Path, time::Duration};

use book_on_disk::written;
use mdbook_driver::MDBook;
use mdbook_live::{Live, SCRIPTS, STYLES};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

const TOML: &str = "[book]\nlanguage = \"ko\"\n[output.html]\nadditional-js = [\"live.js\", \"lesson.js\", \"figure.js\"]\nadditional-css = [\"live.css\"]\n[preprocessor.live]\nassets = \"files\"\ncommand = \"none\"\nbefore = [\"links\"]\napi = \"/api\"\nprose-lint = true\n[preprocessor.live.checks]\nlinks = true\nalternatives = true\nterms = \"terms.toml\"\nquotes = [\"노트:\"]\n[preprocessor.live.checks.figures]\nunits = [\"ms\", \"분\", \"%\", \"MB\", \"초\"]\ncounts = [\"개\"]\ncounts-from = 100\nsources = \"출처\"\nbadge = \"badge\"\nassumptions = [\"가정\"]\n";
const TERMS: &str = "[spellings]\n\"메세지\" = \"메시지\"\n\"컨텐츠\" = \"콘텐츠\"\n\"기본키\" = \"기본 키\"\n[endings]\nrefused = [\"ㅂ니다\", \"요\"]\nallowed = [\"필요\"]\n";

/// A chapter of ordinary length (about 9 kB, less than the chapters of a real book) with three blocks.
fn chapter(number: usize) -> String {
    let mut text = format!("# 장 {number}\n\n> 노트: 서버를 신경쓸 필요가 없습니다.\n\n");
    for part in 0..3 {
        writeln!(text, "## 절 {part}\n").unwrap();
        for _ in 0..4 {
            text.push_str("응답을 마친 환경은 얼려 둔다. 다음 요청이 오면 **녹여서** 쓰고, 없으면 새로 만든다. `Init Duration`은 100ms가 안 될 때도, 1초가 넘을 때도 있다.[^s] 그래서 [다음 절](#절-1)에서 재 본다.\n\n");
        }
        text.push_str("- 하나는 128MB로 잰다.[^s]\n- 둘은 그대로 둔다.\n\n| 무엇 | 값[^s] |\n|---|---:|\n| 처음 | 30ms |\n| 나중 | 3ms |\n\n");
        writeln!(
            text,
            "```hurl demo id=block-{number}-{part}\n# 이어서 두 번 부르기\n# claim: runs == 2\nGET {{{{api}}}}/users\n\n[Options]\nrepeat: 2\n\nHTTP 200\n[Asserts]\njsonpath \"$.items\" isCollection\n```\n"
        )
        .unwrap();
    }
    text.push_str("## 출처\n\n[^s]: 문서(2026-11-22)\n");
    text
}

fn book(chapters: usize) -> tempfile::TempDir {
    let summary: String = (0..chapters).map(|n| format!("- [장 {n}](c{n}.md)\n")).collect();
    let chapters: Vec<_> = (0..chapters).map(|n| (format!("src/c{n}.md"), chapter(n))).collect();
    let mut files = vec![("book.toml", TOML), ("terms.toml", TERMS), ("src/SUMMARY.md", &summary)];
    files.extend(SCRIPTS.iter().chain(STYLES).map(|asset| (asset.name, asset.text)));
    files.extend(chapters.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    written(&files)
}

/// CPU time of this thread: mdBook and the preprocessor use no other.
fn clock() -> Duration {
    nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID.now().unwrap().into()
}

fn shortest(times: usize, mut run: impl FnMut() -> Duration) -> Duration {
    (0..times).map(|_| run()).min().unwrap()
}

fn preprocessing(root: &Path, times: usize) -> Duration {
    let book = MDBook::load(root).unwrap();
    let context = PreprocessorContext::new(book.root.clone(), book.config.clone(), "html".to_owned());
    let live = Live::new(|_| {});
    shortest(times, || {
        let pages = book.book.clone();
        let began = clock();
        live.run(&context, pages).unwrap();
        clock() - began
    })
}

fn rendering(root: &Path) -> Duration {
    shortest(2, || {
        let out = tempfile::tempdir().unwrap();
        let mut book = MDBook::load(root).unwrap();
        book.config.build.build_dir = out.path().to_owned();
        book.config.set("preprocessor.live.renderers", ["none"]).unwrap();
        let began = clock();
        book.build().unwrap();
        clock() - began
    })
}

/// CPU time seen on 2026-11-23: 15 % as `cargo test` compiles it, 10 to 13 % optimised (0.17 ms beside 1.4 ms a
/// chapter). A third of it is the Markdown parser, which mdBook runs over the same text again.
/// The bound leaves some room; it is there to notice a second parse or something quadratic.
#[test]
fn the_preprocessor_costs_a_small_part_of_a_build() {
    let root = book(100);
    let (own, whole) = (preprocessing(root.path(), 5), rendering(root.path()));
    let share = own.as_secs_f64() / whole.as_secs_f64();
    eprintln!("100 chapters: {own:?} beside {whole:?}, {:.2} %", share * 100.0);
    assert!(share <= 0.2, "{own:?} beside {whole:?}: {:.2} %", share * 100.0);
}

#[test]
fn the_cost_grows_with_the_chapters_and_not_faster() {
    let (few, many) = (book(50), book(200));
    let (few, many) = (preprocessing(few.path(), 7), preprocessing(many.path(), 7));
    eprintln!("50 chapters: {few:?}, 200 chapters: {many:?}");
    assert!(many < few * 6, "50 chapters: {few:?}, 200 chapters: {many:?}");
}
