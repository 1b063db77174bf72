//! The `end-to-end` program: `cargo run -p end-to-end`, one line for each step, exit status 1 if one failed.
//! Parses, calls and prints.

mod aws;
mod book;
mod bucket;
mod emulator;
mod gaps;
mod journey;
mod publisher;
mod python;
mod relay;
mod report;
mod stack;
mod viewer;
mod whole;
mod zips;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use gaps::Gaps;
use report::Report;

/// 진짜 템플릿과 진짜 zip과 진짜 책을 계정 없이 끝에서 끝까지 배포해 본다.
/// (Deploys the real template, zips and book to an emulator on this machine and checks what a reader would see.)
#[derive(Debug, Parser)]
#[command(name = "end-to-end", version)]
struct Options {
    /// 프로젝트 폴더 (the project's folder)
    #[arg(long, default_value = ".", value_name = "폴더")]
    root: PathBuf,
    /// Python 3.10 이상 (a Python to make the environment with)
    #[arg(long, default_value = "python3", value_name = "프로그램")]
    python: String,
    /// 배포를 끊는 자리를 고르는 씨앗. 같은 씨앗은 같은 자리다 (seed of the points at which publishing is killed)
    #[arg(long, default_value_t = 2026, value_name = "N")]
    seed: u64,
    /// 배포를 끊는 횟수 (how often publishing is killed)
    #[arg(long, default_value_t = 20, value_name = "N")]
    kills: usize,
}

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "main is where this program speaks")]
fn main() -> ExitCode {
    let options = Options::parse();
    let mut report = Report::new(|line| println!("{line}"));
    if let Err(error) = journey::run(&options, &mut report) {
        eprintln!("오류: 더 갈 수 없다: {error:#}");
    }
    if let Ok(gaps) = Gaps::read() {
        println!("\n{gaps}");
    }
    println!("{report}");
    if report.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
