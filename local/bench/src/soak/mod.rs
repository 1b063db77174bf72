//! The soak: hours of mixed load, killed functions and rude clients, and at the end nothing may be left, lost or grown.
//! Knows the server from outside: its answers, its log, what the kernel says of its processes.

mod actor;
mod caller;
mod client;
mod journal;
mod judge;
mod reader;
mod report;
mod rude;
mod samples;
mod server_log;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use fastrand::Rng;
use tokio::signal::ctrl_c;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout_at};

use crate::process::{self, Identity};
use crate::server::{SELF, Server, compile};
use client::STUCK;
use journal::Journal;
pub use report::Report;
use samples::Sample;
use server_log::ServerLog;

/// Environments are reclaimed after so many seconds, so that bursts leave the same behind from the first hour to the last.
const IDLE: &str = "60";
/// How often the server is looked at.
const SAMPLE: Duration = Duration::from_secs(5);
/// Samples between two lines that say how it goes: a minute.
const PROGRESS: usize = 12;
/// After the last answer every environment is frozen within this time.
const UNTIL_FROZEN: Duration = Duration::from_secs(10);
/// After the server's end its functions are gone within this time.
const UNTIL_GONE: Duration = Duration::from_secs(5);

/// Arguments of `bench soak`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// 몇 분 동안 (how long, minutes)
    #[arg(long, default_value_t = 30, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1440))]
    minutes: u64,
    /// 1초에 보내는 요청. 한꺼번에 보내는 것은 따로다 (requests per second, bursts apart)
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    rate: u32,
    /// 우연을 고르는 씨앗 (seed of the choices)
    #[arg(long, default_value_t = 2026, value_name = "N")]
    seed: u64,
    /// 이미 컴파일한 local 프로그램. 없으면 컴파일한다 (a compiled `local`; compiled by default)
    #[arg(long, value_name = "파일")]
    server: Option<PathBuf>,
}

/// Soaks the server and gives the report. `tell` gets a line a minute.
///
/// # Errors
/// The server does not compile or start, or ends by itself.
pub async fn run(root: &Path, arguments: &Arguments, tell: impl Fn(String)) -> Result<Report> {
    let program = match &arguments.server {
        Some(program) => program.clone(),
        None => compile(root, "local", &[SELF], "dev").await?,
    };
    let data = tempfile::tempdir()?;
    let (journal, log) = (Arc::<Journal>::default(), Arc::<ServerLog>::default());
    let heard = Arc::clone(&log);
    let folder = data.path().to_string_lossy().into_owned();
    let options = ["--logs", "--idle", IDLE, "--data", &folder];
    let mut server = Server::start(&program, root, &options, move |line| heard.line(line)).await?;
    server.live().await?;
    tell(format!("soaking {} (process {}), seed {}", server.address(), server.pid(), arguments.seed));

    let whole = Duration::from_secs(arguments.minutes * 60);
    let mut random = Rng::with_seed(arguments.seed);
    let (stop, stopped) = watch::channel(false);
    let mut actors = JoinSet::new();
    for actor in actor::everybody(server.address(), server.pid(), arguments.rate, &journal, &mut random) {
        actors.spawn(actor.act(stopped.clone()));
    }
    let mut watched = Watched::default();
    let mut told = 0;
    let began = Instant::now();
    let mut tick = interval(SAMPLE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut interrupted = std::pin::pin!(ctrl_c());
    while began.elapsed() < whole {
        tokio::select! {
            _ = tick.tick() => {}
            _ = &mut interrupted => break,
        }
        if !server.is_running()? {
            bail!("the server has ended by itself");
        }
        watched.look(&server, began.elapsed());
        let findings = journal.seen().findings;
        findings[told..].iter().for_each(|finding| tell(format!("FAIL {finding}")));
        told = findings.len();
        if watched.samples.len() % PROGRESS == 0 {
            tell(progress(&watched, &journal, &log));
        }
    }
    let _ = stop.send(true);
    // Shorter when somebody has pressed Ctrl+C.
    let whole = began.elapsed();
    let patience = Instant::now() + STUCK + Duration::from_secs(20);
    while let Ok(Some(ended)) = timeout_at(patience, actors.join_next()).await {
        if let Err(error) = ended {
            journal.finding(format!("the soak itself failed: {error}"));
        }
    }
    if !actors.is_empty() {
        journal.finding(format!("{} clients did not come to an end", actors.len()));
    }
    see_all_frozen(&server, &journal).await;
    let pid = server.pid();
    watched.look(&server, began.elapsed());
    match server.stop().await {
        Ok(took) => tell(format!("the server ended {} ms after SIGTERM", took.as_millis())),
        Err(error) => journal.finding(format!("{error:#}")),
    }
    see_none_left(pid, &watched.seen, &journal).await;
    Ok(Report::new(whole, &watched.samples, journal.seen(), log.counted(), log.warnings()))
}

/// What was seen of the server's processes.
#[derive(Debug, Default)]
struct Watched {
    samples: Vec<Sample>,
    /// Every function process met.
    seen: BTreeSet<Identity>,
}

impl Watched {
    fn look(&mut self, server: &Server, at: Duration) {
        let functions = server.functions();
        if let Some(held) = process::holdings(server.pid()) {
            self.samples.push(Sample { at, held, functions: functions.len() as u64 });
        }
        self.seen.extend(functions.into_iter().map(|function| function.identity));
    }
}

fn progress(watched: &Watched, journal: &Journal, log: &ServerLog) -> String {
    let (record, counted) = (journal.seen(), log.counted());
    let sample = watched.samples.last().map(|sample| {
        let held = sample.held;
        format!(
            "{:>4} min, resident {:.1} MB, proportional {:.1} MB, {} files, {} threads, {} functions",
            sample.at.as_secs() / 60,
            held.resident as f64 / 1e6,
            held.proportional as f64 / 1e6,
            held.files,
            held.threads,
            sample.functions,
        )
    });
    format!(
        "{}; {} requests, {} kills, {} of 500, {} errors and {} timeouts logged, {} findings; load of the machine {}",
        sample.unwrap_or_default(),
        record.requests(),
        record.kills,
        record.internal_errors,
        counted.errors,
        counted.timeouts,
        record.found,
        process::load().unwrap_or_default()
    )
}

/// With nothing left to do every environment must stand still.
async fn see_all_frozen(server: &Server, journal: &Journal) {
    let end = Instant::now() + UNTIL_FROZEN;
    loop {
        let awake = server.functions().into_iter().filter(|seen| seen.state != 'T').count();
        if awake == 0 {
            return;
        }
        if Instant::now() > end {
            return journal.finding(format!(
                "{awake} environments still run {} s after the last answer",
                UNTIL_FROZEN.as_secs()
            ));
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// After the server's end no function may be left: none of those met, and none that any server with this process id started.
async fn see_none_left(server: i32, seen: &BTreeSet<Identity>, journal: &Journal) {
    let end = Instant::now() + UNTIL_GONE;
    loop {
        let met = seen.iter().filter(|identity| process::lives(**identity)).count();
        let unmet = process::working_below(&format!("/environments/{server}/")).len();
        if met + unmet == 0 {
            return;
        }
        if Instant::now() > end {
            return journal.finding(format!("{} function processes outlive the server", met.max(unmet)));
        }
        sleep(Duration::from_millis(50)).await;
    }
}
