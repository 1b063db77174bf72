//! The program: mdBook's preprocessor protocol without arguments, and `check`, `record`, `export` for people.
//! Knows the library and the command line; parses, calls and prints.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks")]

use std::{
    io::{self, BufWriter, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use mdbook_live::{
    Live, SCRIPTS, SIGN_IN, SIGNED_IN, STYLES,
    runner::{self, BlockReport, Plan, Provenance, Report, RunError},
};
use mdbook_preprocessor::Preprocessor;

/// mdBook의 HTTP 예제를 눌러 보고, 기록하고, 시험하는 칸으로 바꾼다. 인자 없이 부르면 mdBook 전처리기로 일한다.
///
/// Turns the HTTP examples of an mdBook into live, recorded and tested widgets. Without arguments: the preprocessor.
#[derive(Parser)]
#[command(name = "mdbook-live", version)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// mdBook이 묻는다: 이 렌더러를 지원하는가? (asked by mdBook)
    #[command(hide = true)]
    Supports {
        /// 렌더러 이름 (renderer)
        renderer: String,
    },
    /// 책의 모든 블록을 돌고 있는 서비스에 보내 상태, 조건, 주장을 확인한다. (run every block as a test)
    Check(Where),
    /// 확인하면서 응답을 recordings 폴더에 기록한다. 바뀐 것만 다시 쓴다. (check, and write changed recordings)
    Record {
        #[command(flatten)]
        place: Where,
        /// 독자에게 보일 장소. 예: "AWS 서울 리전" (where the service runs, as readers see it)
        #[arg(long = "place", value_name = "TEXT")]
        shown_place: Option<String>,
        /// 독자에게 보일 컴퓨터 (the machine, as readers see it)
        #[arg(long, value_name = "TEXT")]
        machine: Option<String>,
    },
    /// 한 장의 블록을 진짜 hurl이 읽는 파일로 내보낸다. (print a chapter's blocks as a .hurl file)
    Export {
        /// 장의 파일. 예: users.md (a chapter's file)
        chapter: String,
        /// book.toml이 있는 폴더 (the folder of book.toml)
        #[arg(long, value_name = "DIR")]
        book: Option<PathBuf>,
    },
    /// 들어 있는 스크립트나 스타일을 출력한다. (print a built-in script or style)
    Asset {
        /// live.js | lesson.js | figure.js | live.css | sign-in.js | signed-in.html | signed-in.js
        #[arg(value_name = "NAME", value_parser = asset)]
        text: &'static str,
    },
}

#[derive(Args)]
struct Where {
    /// 서비스의 주소. 예: http://127.0.0.1:3000 (scheme, host and port of the service)
    #[arg(long, value_name = "URL")]
    base: Option<String>,
    /// book.toml이 있는 폴더. 기본값: 지금 폴더나 그 아래 book (the folder of book.toml)
    #[arg(long, value_name = "DIR")]
    book: Option<PathBuf>,
    /// 경로가 이 글로 끝나는 장만 (only chapters whose path ends with this)
    #[arg(long, value_name = "FILE")]
    chapter: Option<String>,
}

/// The text of the built-in file `name`.
fn asset(name: &str) -> Result<&'static str, String> {
    let mut assets = SCRIPTS.iter().chain(STYLES).chain([&SIGN_IN]).chain(SIGNED_IN);
    let names: Vec<_> = assets.clone().map(|asset| asset.name).collect();
    let found = assets.find(|asset| asset.name == name);
    found.map(|asset| asset.text).ok_or_else(|| format!("그런 파일은 없다. 있는 것: {}", names.join(", ")))
}

fn main() -> ExitCode {
    let live = Live::new(|remark| eprintln!("{remark}"));
    let done = match CommandLine::parse().command {
        None => preprocess(&live).map(|()| true),
        Some(Command::Supports { renderer }) => live.supports_renderer(&renderer),
        Some(Command::Check(place)) => run(&place, |plan| runner::check_each(plan, &mut print_block)),
        Some(Command::Record { place, shown_place, machine }) => {
            let provenance = Provenance { place: shown_place, machine };
            run(&place, |plan| runner::record(plan, &provenance, &mut print_block))
        }
        Some(Command::Export { chapter, book }) => {
            runner::export(&book_folder(book), &chapter).map_err(Into::into).and_then(|text| print(&text))
        }
        Some(Command::Asset { text }) => print(text),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// mdBook's protocol. Standard input is read whole first: parsing from the pipe costs four times as much.
fn preprocess(live: &Live) -> anyhow::Result<()> {
    let mut input = Vec::new();
    io::stdin().lock().read_to_end(&mut input)?;
    let (context, book) = mdbook_preprocessor::parse_input(&input[..]).map_err(|error| {
        anyhow::anyhow!("mdBook이 보낸 책을 읽을 수 없다({error:#}). mdBook 0.5가 필요하다. 명령 목록은 `mdbook-live --help`로 본다.")
    })?;
    let book = live.run(&context, book)?;
    let mut output = BufWriter::new(io::stdout().lock());
    serde_json::to_writer(&mut output, &book)?;
    output.flush()?;
    Ok(())
}

fn run(place: &Where, go: impl FnOnce(&Plan<'_>) -> Result<Report, RunError>) -> anyhow::Result<bool> {
    let book = book_folder(place.book.clone());
    let plan = Plan { book: &book, base: place.base.as_deref(), chapter: place.chapter.as_deref() };
    let report = go(&plan)?;
    println!("{}", report.summary());
    Ok(report.passed())
}

/// The given folder; otherwise this one, or `book` below it when only that one has a book.toml.
fn book_folder(given: Option<PathBuf>) -> PathBuf {
    given.unwrap_or_else(|| {
        let below = Path::new("book");
        let here_is_none = !Path::new("book.toml").exists();
        if here_is_none && below.join("book.toml").exists() { below.to_owned() } else { PathBuf::from(".") }
    })
}

fn print_block(block: &BlockReport) {
    println!("{block}");
}

/// A reader that closes the pipe early (`| head`) is no failure.
fn print(text: &str) -> anyhow::Result<bool> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(true),
    }
}
