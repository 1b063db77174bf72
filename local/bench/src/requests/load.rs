//! The load generator: so many connections, each sending its next request when the last one is answered.
//! Knows bytes, statuses and times; it runs in a thread of its own and says what CPU time it took itself.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use nix::time::{ClockId, clock_gettime};
use tokio::runtime;
use tokio::task::JoinSet;

use crate::http::{Connection, request};

/// What is sent.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where to.
    pub address: SocketAddr,
    /// A GET's path and query.
    pub path: String,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Load {
    /// Requests a second that were answered 200.
    pub rate: f64,
    /// Times of all answers, sorted.
    pub times: Vec<Duration>,
    /// Answers other than 200.
    pub others: BTreeMap<u16, u64>,
    /// CPU time of the generator itself.
    pub own_cpu: Duration,
}

impl Load {
    /// The time that this part of all answers took at most, 0.5 for the median.
    pub fn quantile(&self, part: f64) -> Duration {
        let index = (self.times.len() as f64 * part) as usize;
        self.times.get(index.min(self.times.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}

/// Loads `target` with so many connections for so long.
///
/// # Errors
/// A connection is refused or breaks.
pub async fn run(target: Target, connections: usize, long: Duration) -> Result<Load> {
    let (give, given) = tokio::sync::oneshot::channel();
    thread::Builder::new().name("load".into()).spawn(move || {
        let _ = give.send(generate(&target, connections, long));
    })?;
    given.await.map_err(|_| anyhow!("the load generator failed"))?
}

fn generate(target: &Target, connections: usize, long: Duration) -> Result<Load> {
    let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
    let cpu = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?;
    let began = Instant::now();
    let end = began + long;
    let sent = request(target.address, "GET", &target.path, &[], None);
    let answers = runtime.block_on(async {
        let mut running = JoinSet::new();
        for _ in 0..connections {
            let (address, sent) = (target.address, sent.clone());
            running.spawn(async move {
                let mut connection = Connection::open(address).await?;
                let mut answers = Vec::with_capacity(4096);
                while Instant::now() < end {
                    let asked = Instant::now();
                    let status = connection.exchange(&sent).await?;
                    answers.push((status, asked.elapsed()));
                }
                Ok::<_, std::io::Error>(answers)
            });
        }
        let mut answers = Vec::new();
        while let Some(ended) = running.join_next().await {
            answers.extend(ended?.with_context(|| format!("a connection to {} broke", target.address))?);
        }
        Ok::<_, anyhow::Error>(answers)
    })?;
    let took = began.elapsed();
    let own_cpu = Duration::from(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?) - Duration::from(cpu);
    let mut others = BTreeMap::new();
    for (status, _) in answers.iter().filter(|(status, _)| *status != 200) {
        *others.entry(*status).or_default() += 1;
    }
    let good = answers.len() as u64 - others.values().sum::<u64>();
    let mut times: Vec<Duration> = answers.into_iter().map(|(_, took)| took).collect();
    times.sort_unstable();
    Ok(Load { rate: good as f64 / took.as_secs_f64(), times, others, own_cpu })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn every_answer_is_counted_with_its_status() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let mut buffer = [0; 1024];
                    for turn in 0_u64.. {
                        if stream.read(&mut buffer).await.unwrap_or(0) == 0 {
                            return;
                        }
                        let status = if turn % 4 == 3 { "503 No" } else { "200 OK" };
                        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
                        stream.write_all(answer.as_bytes()).await.unwrap();
                    }
                });
            }
        });
        let target = Target { address, path: "/".into() };
        let load = run(target, 3, Duration::from_millis(200)).await.unwrap();
        let others: u64 = load.others.values().sum();
        assert!(load.others.keys().eq([&503]) && load.times.len() as u64 > 3 * others, "{:?}", load.others);
        assert!(load.quantile(0.5) <= load.quantile(0.99) && load.quantile(1.0) < Duration::from_millis(200));
        assert!(load.own_cpu > Duration::ZERO && load.rate > 0.0);
    }
}
