//! What was measured, as tables, beside what it must come to.
//! Knows the numbers and the targets; how they came about is the measurements' business.

use std::fmt;
use std::time::Duration;

use super::first_call::{FirstCalls, MEMORY_MB};
use super::init::Inits;
use super::measure::Measured;
use crate::table::Table;

/// Everything that was measured.
#[derive(Debug)]
pub struct Report {
    /// The peer's version; `None` where it was left out.
    pub version: Option<String>,
    /// Host, connections, and one measurement for each round.
    pub measured: Vec<(&'static str, usize, Vec<Measured>)>,
    /// Init times.
    pub inits: Vec<Inits>,
    /// First calls of `users`.
    pub first_calls: Option<FirstCalls>,
    /// Packages and the sizes of their binaries in bytes.
    pub sizes: Vec<(&'static str, u64)>,
}

/// What is promised on two otherwise idle cores: requests a second at 1 and at 50 connections, as multiples of the peer's, and
/// the 99th percentile at 50.
const RATES: [(usize, f64, f64); 2] = [(1, 4_500.0, 1.5), (50, 10_000.0, 2.0)];
const P99: Duration = Duration::from_millis(25);
/// Median init in ms, and the size of the binary in MB (10^6 bytes).
const INITS: [(&str, f64); 2] = [("Plain1769Function", 1.6), ("UsersFunction", 3.0)];
/// CPU that the first call of `users` waits for because of TLS, ms at 128 MB.
const TLS_WAIT: f64 = 20.0;
const SIZES: [(&str, f64); 2] = [("cold-start", 1.8), ("users", 6.5)];

impl Report {
    /// Whether every answer was 200; how fast they must be depends on the machine.
    pub fn is_ok(&self) -> bool {
        let mut all = self.measured.iter().flat_map(|(_, _, rounds)| rounds);
        all.all(|one| one.load.others.is_empty())
    }

    fn median(&self, host: &str, connections: usize, value: impl Fn(&Measured) -> f64) -> Option<f64> {
        let (_, _, rounds) =
            self.measured.iter().find(|(name, at, _)| *name == host && *at == connections)?;
        Some(median(rounds.iter().map(value).collect()))
    }

    fn loads(&self) -> Table {
        let mut table = Table::new(&[
            "host",
            "connections",
            "requests/s",
            "p50 ms",
            "p90 ms",
            "p99 ms",
            "max ms",
            "not 200",
            "host µs",
            "functions µs",
            "client µs",
            "processes",
        ]);
        for (name, connections, rounds) in &self.measured {
            let value = |of: &dyn Fn(&Measured) -> f64| median(rounds.iter().map(of).collect());
            let time = |part: f64| format!("{:.2}", value(&|one| ms(one.load.quantile(part))));
            let others: u64 = rounds.iter().flat_map(|one| one.load.others.values()).sum();
            let client = |one: &Measured| micros(one.load.own_cpu) / one.load.times.len().max(1) as f64;
            table.row(vec![
                (*name).to_owned(),
                connections.to_string(),
                format!("{:.0}", value(&|one| one.load.rate)),
                time(0.5),
                time(0.9),
                time(0.99),
                time(1.0),
                others.to_string(),
                format!("{:.0}", value(&|one| micros(one.host))),
                format!("{:.0}", value(&|one| micros(one.functions))),
                format!("{:.0}", value(&client)),
                format!("{:.0}", value(&|one| one.processes as f64)),
            ]);
        }
        table
    }

    /// Name, value, bound, and whether the value keeps to it.
    fn targets(&self) -> Table {
        let mut table = Table::new(&["promise", "measured", "bound", ""]);
        let mut add = |name: String, value: Option<f64>, bound: f64, at_least: bool, digits: usize| {
            let Some(value) = value else { return };
            let kept = if at_least { value >= bound } else { value <= bound };
            let sign = if at_least { "≥" } else { "≤" };
            let verdict = if kept { "kept" } else { "missed" };
            table.row(vec![
                name,
                format!("{value:.digits$}"),
                format!("{sign} {bound:.digits$}"),
                verdict.to_owned(),
            ]);
        };
        let rate = |host: &str, connections| self.median(host, connections, |one| one.load.rate);
        for (connections, least, multiple) in RATES {
            let own = rate("local", connections);
            add(format!("requests/s, {connections} connections"), own, least, true, 0);
            let peer = rate("cargo lambda watch", connections);
            let ratio = own.zip(peer).map(|(own, peer)| own / peer);
            add(format!("× cargo lambda watch, {connections} connections"), ratio, multiple, true, 2);
        }
        let p99 = self.median("local", 50, |one| ms(one.load.quantile(0.99)));
        add("p99 ms, 50 connections".to_owned(), p99, ms(P99), false, 1);
        for (name, bound) in INITS {
            let found = self.inits.iter().find(|inits| inits.function.name == name);
            add(
                format!("init ms, {name}"),
                found.map(|inits| quantile(&inits.reported, 0.5)),
                bound,
                false,
                2,
            );
        }
        let wait = self
            .first_calls
            .as_ref()
            .map(|calls| median(calls.tls.wall.clone()) - median(calls.plain.wall.clone()));
        add(format!("ms more for the first call over TLS, {MEMORY_MB} MB"), wait, TLS_WAIT, false, 1);
        for (name, bound) in SIZES {
            let size = self.sizes.iter().find(|(package, _)| *package == name);
            add(format!("MB, {name}"), size.map(|(_, bytes)| *bytes as f64 / 1e6), bound, false, 2);
        }
        table
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nMedians of the rounds; µs are CPU time for each answer.\n\n{}", self.loads())?;
        if !self.inits.is_empty() {
            let mut table =
                Table::new(&["init", "calls", "reported p50 ms", "p90 ms", "own p50 ms", "p90 ms"]);
            for inits in &self.inits {
                let of = |times: &[f64], part| format!("{:.2}", quantile(times, part));
                table.row(vec![
                    inits.function.name.to_owned(),
                    inits.reported.len().to_string(),
                    of(&inits.reported, 0.5),
                    of(&inits.reported, 0.9),
                    of(&inits.own, 0.5),
                    of(&inits.own, 0.9),
                ]);
            }
            writeln!(f, "{table}")?;
        }
        if let Some(calls) = &self.first_calls {
            let mut table =
                Table::new(&["first call of users", "calls", "p50 ms", "CPU p50 ms", "second call p50 ms"]);
            for (name, of) in [("over HTTP", &calls.plain), ("over TLS", &calls.tls)] {
                table.row(vec![
                    format!("{name}, {MEMORY_MB} MB"),
                    of.wall.len().to_string(),
                    format!("{:.1}", median(of.wall.clone())),
                    format!("{:.2}", median(of.cpu.clone())),
                    format!("{:.1}", median(of.second.clone())),
                ]);
            }
            writeln!(f, "{table}")?;
        }
        writeln!(f, "Bounds are for two otherwise idle cores.\n\n{}", self.targets())?;
        match &self.version {
            Some(version) => write!(f, "peer: {version}"),
            None => write!(f, "peer: left out"),
        }
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    quantile(&values, 0.5)
}

/// Of sorted values.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let index = ((sorted.len() as f64 * part) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().unwrap_or(f64::NAN)
}
