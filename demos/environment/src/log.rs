//! Structured logs: one JSON object per line on standard output, where Lambda collects them.
//! Nothing a visitor sent is ever a field of one: no body, no name, no path, no header.

use std::{env, str::FromStr};
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{filter::Targets, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt};

/// The crates whose own events are worth a line each; of all others only warnings are.
const OURS: [&str; 6] = ["environment", "users", "cold_start", "events", "mistakes", "payments"];

/// Starts logging. `AWS_LAMBDA_LOG_LEVEL` (`DEBUG`, `INFO`, `WARN` …), which Lambda sets, decides from which level on; nothing below `INFO`
/// is compiled into a release build.
///
/// Calling it again changes nothing.
pub fn start() {
    let level = env::var("AWS_LAMBDA_LOG_LEVEL").ok();
    let level = level.and_then(|level| LevelFilter::from_str(&level).ok()).unwrap_or(LevelFilter::INFO);
    let _ = lines(level, std::io::stdout).try_init();
}

/// The same lines into any writer.
pub fn lines<W>(level: LevelFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // Libraries log requests, and so what visitors wrote, below the level of a warning.
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_targets(OURS.map(|ours| (ours, level)));
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(writer);
    tracing_subscriber::registry().with(targets).with(lines)
}
