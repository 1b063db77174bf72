//! Who takes part in the soak: readers, callers, rude clients, bursts, and one who kills functions.
//! Knows how often each acts; what each does stands in a room of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use tokio::sync::watch;
use tokio::time::sleep;

use super::client::Client;
use super::journal::Journal;
use super::reader::Reader;
use super::{caller, rude};
use crate::{process, server};

/// One who acts again and again.
#[derive(Debug)]
pub struct Actor {
    role: Role,
    random: Rng,
    /// The mean pause between two acts.
    pause: Duration,
}

#[derive(Debug)]
enum Role {
    Reader(Box<Reader>),
    Caller(Client),
    Rude(SocketAddr, Arc<Journal>),
    Bursts(SocketAddr, Arc<Journal>),
    Killer(i32, Arc<Journal>),
}

/// Mean pauses.
const BETWEEN_BURSTS: Duration = Duration::from_secs(30);
const BETWEEN_KILLS: Duration = Duration::from_secs(4);

/// Everybody, together sending about `rate` requests a second beside the bursts. `server` is the server's process id.
pub fn everybody(
    address: SocketAddr,
    server: i32,
    rate: u32,
    journal: &Arc<Journal>,
    random: &mut Rng,
) -> Vec<Actor> {
    let client = || Client::new(address, Arc::clone(journal));
    let mut actors = Vec::new();
    let mut add = |role, random: Rng, pause| actors.push(Actor { role, random, pause });
    // How many, and their share of the rate in percent.
    let pause =
        |count: u32, share: u32| Duration::from_secs_f64(f64::from(count * 100) / f64::from(rate * share));
    for _ in 0..6 {
        let reader = Reader::new(client(), random.fork(), false);
        add(Role::Reader(Box::new(reader)), random.fork(), pause(6, 30));
    }
    for _ in 0..2 {
        let reader = Reader::new(client(), random.fork(), true);
        add(Role::Reader(Box::new(reader)), random.fork(), pause(2, 10));
    }
    for _ in 0..10 {
        add(Role::Caller(client()), random.fork(), pause(10, 52));
    }
    for _ in 0..4 {
        add(Role::Rude(address, Arc::clone(journal)), random.fork(), pause(4, 8));
    }
    add(Role::Bursts(address, Arc::clone(journal)), random.fork(), BETWEEN_BURSTS);
    add(Role::Killer(server, Arc::clone(journal)), random.fork(), BETWEEN_KILLS);
    actors
}

impl Actor {
    /// Acts until `stopped` says so.
    pub async fn act(mut self, mut stopped: watch::Receiver<bool>) {
        while !*stopped.borrow() {
            let pause = self.pause.mul_f64(2.0 * self.random.f64());
            tokio::select! {
                () = sleep(pause) => {}
                _ = stopped.wait_for(|stopped| *stopped) => return,
            }
            let random = &mut self.random;
            match &mut self.role {
                Role::Reader(reader) => reader.step().await,
                Role::Caller(client) => caller::step(client, random).await,
                Role::Rude(address, journal) => rude::step(*address, journal, random).await,
                Role::Bursts(address, journal) => caller::burst(*address, journal, random).await,
                Role::Killer(server, journal) => kill(*server, journal, random),
            }
        }
    }
}

/// Ends one function process, every second time one that is at work if there is any.
fn kill(server: i32, journal: &Journal, random: &mut Rng) {
    let mut functions = server::functions(server);
    if random.bool() && functions.iter().any(|seen| seen.state != 'T') {
        functions.retain(|seen| seen.state != 'T');
    }
    if let Some(seen) = random.choice(&functions)
        && process::kill_child(server, seen.identity)
    {
        journal.killed();
    }
}
