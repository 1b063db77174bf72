//! Loads one host and accounts for the CPU time of everybody who takes part.
//! Knows processes and the load generator; nothing of what the numbers are compared with.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;

use super::load::{Load, Target, run};
use crate::process::{Identity, cpu_time, descendants};

/// Not measured: environments start and caches fill.
const WARM_UP: Duration = Duration::from_millis(1000);

/// Somebody who answers requests.
#[derive(Debug, Clone)]
pub struct Host {
    /// Its process; what it started counts as its functions.
    pub pid: i32,
    /// What it is asked.
    pub target: Target,
}

/// What came of a load.
#[derive(Debug, Clone)]
pub struct Measured {
    /// As the client saw it.
    pub load: Load,
    /// CPU time of the host's own process for each answer.
    pub host: Duration,
    /// CPU time of the functions' processes for each answer.
    pub functions: Duration,
    /// Processes of functions at the end.
    pub processes: usize,
}

/// Loads the host with so many connections for so long, after a warm-up.
///
/// # Errors
/// A connection is refused or breaks.
pub async fn measure(host: &Host, connections: usize, long: Duration) -> Result<Measured> {
    run(host.target.clone(), connections, WARM_UP).await?;
    let (own, theirs) = (cpu_time(host.pid).unwrap_or_default(), functions(host.pid));
    let load = run(host.target.clone(), connections, long).await?;
    let (own, now) = (cpu_time(host.pid).unwrap_or_default().saturating_sub(own), functions(host.pid));
    let used = now
        .iter()
        .map(|(identity, used)| used.saturating_sub(theirs.get(identity).copied().unwrap_or_default()));
    let answers = u32::try_from(load.times.len().max(1)).unwrap_or(u32::MAX);
    Ok(Measured {
        host: own / answers,
        functions: used.sum::<Duration>() / answers,
        processes: now.len(),
        load,
    })
}

fn functions(host: i32) -> BTreeMap<Identity, Duration> {
    let seen = descendants(host).into_iter();
    seen.filter_map(|seen| Some((seen.identity, cpu_time(seen.identity.pid)?))).collect()
}
