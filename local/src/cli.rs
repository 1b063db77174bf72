//! The command line: what can be asked of the server, and what it says when it starts.
//! Knows clap and nothing of the rooms.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};

use clap::{ArgAction, Args, Parser, Subcommand};

use crate::lambda::settings;
use crate::time_scale::TimeScale;

const HELP: &str = "{about-with-newline}\n사용법 (Usage): {usage}\n\n{all-args}";

/// AWS 서버리스 책과 그 함수들을 이 컴퓨터에서 돌린다
///
/// 계정도 Docker도 필요 없다. 명령을 적지 않으면 `serve`와 같다.
///
/// Runs the book and its Lambda functions on this machine; without a command it serves.
#[derive(Debug, Parser)]
#[command(
    name = "local",
    bin_name = "cargo run --",
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    disable_help_flag = true,
    help_template = HELP,
    subcommand_help_heading = "명령 (Commands)",
    next_help_heading = "옵션 (Options)",
    max_term_width = 110
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,

    /// 도움말을 보인다 (-h는 짧게)
    ///
    /// Prints this help; -h is shorter.
    #[arg(short, long, global = true, action = ArgAction::Help)]
    help: Option<bool>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// 책과 API를 열고, 저장할 때마다 다시 짓는다
    ///
    /// Serves the book and the API, and rebuilds on every save.
    #[command(next_help_heading = "옵션 (Options)", help_template = HELP)]
    Serve(Serve),
    /// 책을 한 번 지어 폴더에 쓴다 (mdbook build와 같은 결과)
    ///
    /// Builds the book once into a folder, as `mdbook build` does.
    #[command(next_help_heading = "옵션 (Options)", help_template = HELP)]
    Build(Build),
}

/// Options of `serve`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Serve {
    /// 여는 포트. 0이면 빈 포트를 고른다
    ///
    /// Port on 127.0.0.1; 0 takes a free one.
    #[arg(long, value_name = "N", default_value_t = 3000)]
    pub port: u16,

    /// 데이터를 둘 폴더 [기본: target/local/data]
    ///
    /// Folder of the tables' data file.
    #[arg(long, value_name = "DIR", conflicts_with = "memory")]
    pub data: Option<PathBuf>,

    /// 데이터를 메모리에만 둔다. 끝나면 사라진다
    ///
    /// Keeps the data in memory only.
    #[arg(long)]
    pub memory: bool,

    /// samconfig.toml에서 쓸 매개변수 묶음
    ///
    /// Parameter set of samconfig.toml.
    #[arg(long, value_name = "NAME", default_value = "local")]
    pub parameters: String,

    /// 묶음의 값 대신 쓸 매개변수. sam deploy처럼 여러 개를 적을 수 있다
    ///
    /// Parameters that take the place of the set's, for example VisitorRate=1.
    #[arg(long, value_name = "NAME=VALUE", num_args = 1.., value_parser = parameter)]
    pub parameter_overrides: Vec<(String, String)>,

    /// 함수를 배포할 때처럼 컴파일한다. 작고 빠르지만 오래 걸린다
    ///
    /// Compiles the functions as they are deployed: small and quick, but it takes minutes.
    #[arg(long, conflicts_with = "no_functions")]
    pub as_deployed: bool,

    /// 함수를 컴파일하지 않고 책만 연다
    ///
    /// Serves the book without compiling the functions.
    #[arg(long)]
    pub no_functions: bool,

    /// API를 불러도 되는 다른 주소 (CORS). 책을 딴 포트에서 열 때 쓰며 여러 번 적을 수 있다
    ///
    /// Another origin that may call the API, for example http://localhost:8000; added to the template's CORS origins.
    #[arg(long, value_name = "ORIGIN")]
    pub allow_origin: Vec<String>,

    /// 쉬는 실행 환경을 치우기까지의 시간(초)
    ///
    /// Seconds after which an idle execution environment is ended; AWS publishes no figure.
    #[arg(long, value_name = "SECONDS", default_value_t = settings::IDLE, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub idle: u64,

    /// 실행 환경이 사는 가장 긴 시간(초). AWS도 몇 시간마다 바꾼다
    ///
    /// Seconds after which an execution environment is replaced; AWS does so every few hours.
    #[arg(long, value_name = "SECONDS", default_value_t = settings::MOST_AGE, value_parser = clap::value_parser!(u64).range(1..=864_000))]
    pub max_age: u64,

    /// 쉬는 시간과 환경의 나이와 일정의 간격을 N배 빨리 흐르게 한다. 60이면 1분이 1초가 된다
    ///
    /// Makes idle times, ages of environments and schedules go by N times as fast: 60 makes a minute a second.
    /// Timeouts and what is measured stay as they are.
    #[arg(long, value_name = "N", default_value_t)]
    pub time_scale: TimeScale,

    /// 계정의 동시성 한도. 모든 함수가 한꺼번에 처리하는 요청 수
    ///
    /// The account's concurrency: events that all functions may work on at once. AWS starts with 1,000.
    #[arg(long, value_name = "N", default_value_t = settings::ACCOUNT_CONCURRENCY, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub account_concurrency: u32,

    /// 이 컴퓨터에서 함수 하나가 가질 수 있는 실행 환경의 수
    ///
    /// The most execution environments of one function on this machine; further events wait.
    #[arg(long, value_name = "N", default_value_t = settings::MOST_ENVIRONMENTS, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub max_environments: u32,

    /// 함수의 로그(START, END, REPORT 줄)와 API의 접근 로그를 터미널에 보인다
    ///
    /// Prints the functions' logs (START, END and REPORT lines) and the API's access log to the terminal.
    #[arg(long)]
    pub logs: bool,

    /// 브라우저로 연다
    ///
    /// Opens the book in the browser.
    #[arg(long)]
    pub open: bool,

    /// 프로젝트 폴더 [기본: 지금 폴더에서 위로 찾는다]
    ///
    /// Project folder; searched upwards from here by default.
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
}

/// Options of `build`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Build {
    /// 결과를 쓸 폴더 [기본: book.toml이 정한 곳]
    ///
    /// Output folder; the one of book.toml by default.
    #[arg(long, short, value_name = "DIR")]
    pub dest_dir: Option<PathBuf>,

    /// 프로젝트 폴더 [기본: 지금 폴더에서 위로 찾는다]
    ///
    /// Project folder; searched upwards from here by default.
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
}

/// `Name=Value`, as `sam deploy` takes it.
fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("`이름=값`으로 적는다 (write Name=Value)")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Cli {
    /// What was asked for; `serve` when no command was named.
    pub fn into_command(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.serve))
    }
}

/// The lines printed when the server is ready to answer.
#[derive(Debug)]
pub struct Greeting<'a> {
    /// The address it listens on.
    pub address: SocketAddr,
    /// The data file; `None` when data is kept in memory.
    pub data: Option<&'a Path>,
    /// The functions that are compiled now; empty when none are.
    pub functions: &'a [String],
}

impl Greeting<'_> {
    /// The address to open.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Where the console is.
    fn console(&self) -> String {
        format!("{}_local/", self.url())
    }
}

impl fmt::Display for Greeting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "책      {}", self.url())?;
        writeln!(f, "콘솔    {} (함수, 실행 환경, 로그, 권한)", self.console())?;
        match self.data {
            Some(file) => writeln!(f, "데이터  {}", file.display())?,
            None => writeln!(f, "데이터  메모리 (끝나면 사라진다)")?,
        }
        match self.functions {
            [] => writeln!(f, "함수    없음 (--no-functions)")?,
            names => writeln!(f, "함수    {} (뒤에서 준비한다)", names.join(", "))?,
        }
        write!(f, "끝내기  Ctrl+C")
    }
}

/// Opens an address in the reader's browser.
///
/// # Errors
/// The system's program for it cannot be started.
pub fn open_browser(url: &str) -> std::io::Result<()> {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    Process::new(program)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(words: &[&str]) -> Result<Command, clap::Error> {
        Cli::try_parse_from(std::iter::once("local").chain(words.iter().copied())).map(Cli::into_command)
    }

    fn serve(words: &[&str]) -> Serve {
        match parse(words).unwrap() {
            Command::Serve(serve) => serve,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn without_a_command_it_serves() {
        let plain = serve(&[]);
        assert_eq!((plain.port, plain.parameters.as_str()), (3000, "local"));
        assert!(plain.parameter_overrides.is_empty() && !plain.as_deployed);
        assert!(!plain.memory && !plain.no_functions && !plain.open && plain.data.is_none());
        assert_eq!(serve(&["--port", "0", "--memory"]), serve(&["serve", "--port", "0", "--memory"]));
        assert_eq!(serve(&["--data", "d"]).data, Some(PathBuf::from("d")));
    }

    #[test]
    fn parameters_are_written_as_sam_has_them() {
        let some = serve(&["--parameter-overrides", "A=1", "B=x=y", "--memory"]);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(some.parameter_overrides, [pair("A", "1"), pair("B", "x=y")]);
        assert!(some.memory && parse(&["--parameter-overrides", "A"]).is_err());
    }

    #[test]
    fn build_has_its_own_options() {
        let Command::Build(build) = parse(&["build", "--dest-dir", "out"]).unwrap() else { panic!() };
        assert_eq!(build.dest_dir, Some(PathBuf::from("out")));
    }

    #[test]
    fn nonsense_is_refused() {
        for words in [
            &["--memory", "--data", "d"][..],
            &["--port", "70000"],
            &["--port", "-1"],
            &["build", "--port", "1"],
            &["--port", "1", "build"],
            &["run"],
            &["--colour"],
        ] {
            assert!(parse(words).is_err(), "{words:?}");
        }
    }

    #[test]
    fn every_option_is_explained_in_both_languages() {
        let commands = [Cli::command(), Cli::command().find_subcommand("build").unwrap().clone()];
        for command in &commands {
            for option in command.get_arguments() {
                let help = option.get_long_help().map(ToString::to_string).unwrap_or_default();
                let (korean, english) = help.split_once("\n\n").unwrap_or_default();
                assert!(korean.contains(|c| ('가'..='힣').contains(&c)), "{}: {help}", option.get_id());
                assert!(english.is_ascii() && !english.is_empty(), "{}: {help}", option.get_id());
            }
        }
    }

    #[test]
    fn the_greeting_names_what_a_reader_needs() {
        let names = ["cold-start".to_owned(), "users".to_owned()];
        let address = "127.0.0.1:3000".parse().unwrap();
        let greeting =
            Greeting { address, data: Some(Path::new("target/local/data/user.db")), functions: &names };
        assert_eq!(
            greeting.to_string(),
            "책      http://127.0.0.1:3000/\n콘솔    http://127.0.0.1:3000/_local/ (함수, 실행 환경, 로그, 권한)\n데이터  target/local/data/user.db\n\
             함수    cold-start, users (뒤에서 준비한다)\n끝내기  Ctrl+C"
        );
        let bare = Greeting { address, data: None, functions: &[] }.to_string();
        assert!(bare.contains("메모리") && bare.contains("--no-functions"), "{bare}");
    }
}
