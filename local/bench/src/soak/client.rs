//! One well-behaved client: a connection kept alive, one request at a time, every answer judged and counted.
//! Knows HTTP and the judge; what to ask is decided by others.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::journal::Journal;
use super::judge::{Author, Documented};
use crate::http::{Answer, Connection, request};

/// API Gateway answers within 30 s whatever happens ("Quotas for HTTP APIs"); what takes longer than this is stuck.
pub const STUCK: Duration = Duration::from_secs(40);

/// A client.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    connection: Option<Connection>,
    journal: Arc<Journal>,
}

/// A request and what it may be answered with.
#[derive(Debug)]
pub struct Call<'a> {
    /// What the journal calls it.
    pub what: &'static str,
    /// The method.
    pub method: &'a str,
    /// Path and query.
    pub path: &'a str,
    /// Headers beside `host` and `content-length`.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body; `None` for none.
    pub body: Option<&'a str>,
    /// What it may be answered with.
    pub documented: Documented,
}

impl Client {
    /// A client without a connection.
    pub fn new(address: SocketAddr, journal: Arc<Journal>) -> Self {
        Self { address, connection: None, journal }
    }

    /// The server's.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where findings and answers go.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Calls the API. `None` when no answer of the function came of it: a finding, or a 500 by the gateway after which nobody
    /// knows what the function did.
    pub async fn call(&mut self, call: Call<'_>) -> Option<Answer> {
        let bytes = request(self.address, call.method, call.path, call.headers, call.body);
        let answer = self.exchange(call.what, &bytes).await?;
        match call.documented.judge(&answer) {
            Ok(Author::Gateway) if answer.status == 500 => {
                self.journal.internal_error();
                None
            }
            Ok(_) => Some(answer),
            Err(why) => {
                let body: String = String::from_utf8_lossy(&answer.body).chars().take(200).collect();
                self.journal.finding(format!(
                    "{}: {} {} was answered {} {body}: {why}",
                    call.what, call.method, call.path, answer.status
                ));
                None
            }
        }
    }

    /// Asks for something outside the API and expects `status`.
    pub async fn page(&mut self, what: &'static str, bytes: &[u8], status: u16) -> Option<Answer> {
        let answer = self.exchange(what, bytes).await?;
        if answer.status != status {
            self.journal.finding(format!("{what}: expected {status}, was answered {}", answer.status));
            return None;
        }
        Some(answer)
    }

    async fn exchange(&mut self, what: &'static str, bytes: &[u8]) -> Option<Answer> {
        let asked = Instant::now();
        let attempt = async {
            let mut connection = match self.connection.take() {
                Some(connection) => connection,
                None => Connection::open(self.address).await?,
            };
            connection.send(bytes).await?;
            let answer = connection.answer().await?;
            self.connection = Some(connection);
            Ok::<_, std::io::Error>(answer)
        };
        match timeout(STUCK, attempt).await {
            Ok(Ok(answer)) => {
                self.journal.answered(what, answer.status, asked.elapsed());
                Some(answer)
            }
            Ok(Err(error)) => {
                self.journal.finding(format!("{what}: no answer: {error}"));
                None
            }
            Err(_) => {
                self.journal.finding(format!("{what}: stuck, no answer after {} s", STUCK.as_secs()));
                None
            }
        }
    }
}
