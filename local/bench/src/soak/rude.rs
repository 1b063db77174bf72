//! Clients that break off, dawdle and close half: what they do must hurt nobody else.
//! Knows connections; an answer that arrives all the same is judged like any other.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use fastrand::Rng;
use tokio::time::{Instant, sleep, timeout};

use super::client::STUCK;
use super::journal::Journal;
use super::judge::Documented;
use crate::http::{Connection, request};

/// One rude act.
pub async fn step(address: SocketAddr, journal: &Journal, random: &mut Rng) {
    let acted = Instant::now();
    let act = random.u8(0..6);
    let what = ["hang up", "half a head", "impatient client", "half a body", "half-closed", "slow sender"]
        [usize::from(act)];
    let status = match timeout(STUCK, self::act(address, act, random)).await {
        Ok(Ok(Some(answer))) => match Documented::function(&[200]).judge(&answer) {
            Ok(_) => {
                if answer.status == 500 {
                    journal.internal_error();
                }
                answer.status
            }
            Err(why) => return journal.finding(format!("{what}: was answered {}: {why}", answer.status)),
        },
        // The server may close a connection that its client has half closed or broken.
        Ok(Ok(None) | Err(_)) if act != 5 => 0,
        Ok(Ok(None)) => 0,
        Ok(Err(error)) => return journal.finding(format!("{what}: no answer: {error}")),
        Err(_) => return journal.finding(format!("{what}: stuck, no answer after {} s", STUCK.as_secs())),
    };
    journal.answered(what, status, acted.elapsed());
}

async fn act(address: SocketAddr, act: u8, random: &mut Rng) -> io::Result<Option<crate::http::Answer>> {
    let mut connection = Connection::open(address).await?;
    let slow = request(address, "GET", "/api/cold-start/plain-1024?wait=150", &[], None);
    match act {
        0 => {}
        1 => connection.send(&slow[..random.usize(1..slow.len())]).await?,
        2 => {
            connection.send(&slow).await?;
            sleep(Duration::from_millis(random.u64(0..250))).await;
        }
        3 => {
            let headers = [("x-visitor", "0123456789abcdef0123456789abcdef"), ("content-length", "1000")];
            connection.send(&request(address, "POST", "/api/users", &headers, None)).await?;
            connection.send(b"{\"name\":").await?;
        }
        4 => {
            connection.send(&slow).await?;
            connection.finish_sending().await?;
            return connection.answer().await.map(Some);
        }
        _ => {
            for piece in slow.chunks(9) {
                connection.send(piece).await?;
                sleep(Duration::from_millis(random.u64(0..150))).await;
            }
            return connection.answer().await.map(Some);
        }
    }
    Ok(None)
}
