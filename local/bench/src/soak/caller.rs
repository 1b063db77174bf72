//! Calls without a memory: cold-start functions, limits, refusals and pages, chosen at random.
//! Knows the routes of the template and what each may answer; nothing of what is stored.

use std::net::SocketAddr;
use std::sync::Arc;

use fastrand::Rng;

use super::client::{Call, Client};
use super::journal::Journal;
use super::judge::Documented;
use crate::http::request;

/// A body beyond what an HTTP API takes: 10 MB.
const TOO_LARGE: usize = 10 * 1024 * 1024 + 1;

/// Sends a request of a random kind.
pub async fn step(client: &mut Client, random: &mut Rng) {
    const OK: Documented = Documented::function(&[200]);
    let query = small_query(random);
    let (what, path, documented): (_, String, _) = match random.u8(0..100) {
        0..50 => {
            let size = ["128", "512", "1024", "1769"][random.usize(0..4)];
            ("plain", format!("/api/cold-start/plain-{size}{query}"), OK)
        }
        50..56 => ("provisioned", format!("/api/cold-start/provisioned{query}"), OK),
        // These compute for some hundred ms in init or at the first call, after every kill anew.
        56..57 => {
            let name = ["heavy-128", "heavy-1769", "lazy-1769"][random.usize(0..3)];
            ("heavy, lazy", format!("/api/cold-start/{name}"), OK)
        }
        57..62 => {
            let documented = Documented { function: &[200], gateway: &[429] };
            ("throttled", "/api/cold-start/throttled".to_owned(), documented)
        }
        62..68 => {
            let documented = Documented { function: &[200], gateway: &[503] };
            ("reserved", format!("/api/cold-start/reserved?wait={}", random.u16(0..300)), documented)
        }
        68..71 => {
            let documented = Documented { function: &[200], gateway: &[503] };
            ("impatient", format!("/api/cold-start/impatient?wait={}", random.u16(0..500)), documented)
        }
        71..75 => {
            let query = ["work=201", "wait=x", "work=1&work=1", "sleep=1"][random.usize(0..4)];
            ("bad query", format!("/api/cold-start/plain-512?{query}"), Documented::function(&[400]))
        }
        75..78 => ("no route", "/api/nowhere".to_owned(), Documented::gateway(&[404])),
        78..81 => ("no token", "/api/me/users".to_owned(), Documented::gateway(&[401])),
        81..84 => ("no visitor", "/api/users".to_owned(), Documented::function(&[400])),
        84..86 => return bodies(client, random).await,
        _ => return pages(client, random).await,
    };
    client.call(Call { what, method: "GET", path: &path, headers: &[], body: None, documented }).await;
}

/// Mostly short calls; now and then one that computes, waits or goes on afterwards.
fn small_query(random: &mut Rng) -> String {
    match random.u8(0..10) {
        0 => format!("?work={}", random.u8(1..20)),
        1 => format!("?wait={}", random.u8(1..200)),
        2 => format!("?after={}", random.u16(100..600)),
        _ => String::new(),
    }
}

/// Bodies that are refused: by the function, and, now and then, by the gateway.
async fn bodies(client: &mut Client, random: &mut Rng) {
    let visitor = format!("{:032x}", random.u128(..));
    let headers = [("x-visitor", visitor.as_str()), ("content-type", "application/json")];
    let (body, documented) = match random.u8(0..20) {
        0 => ("x".repeat(TOO_LARGE), Documented::gateway(&[413])),
        1..8 => (format!(r#"{{"name":"{}"}}"#, "가".repeat(2000)), Documented::function(&[413])),
        _ => (r#"{"name":"a","#.to_owned(), Documented::function(&[400])),
    };
    let (method, path) = ("POST", "/api/users");
    client
        .call(Call { what: "bad body", method, path, headers: &headers, body: Some(&body), documented })
        .await;
}

async fn pages(client: &mut Client, random: &mut Rng) {
    let (path, status) = [("/", 200), ("/config.json", 200), ("/README2.html", 200), ("/nowhere.html", 404)]
        [random.usize(0..4)];
    let bytes = request(client.address(), "GET", path, &[], None);
    client.page("book", &bytes, status).await;
}

/// Many at once, each on a connection of its own.
pub async fn burst(address: SocketAddr, journal: &Arc<Journal>, random: &mut Rng) {
    journal.burst();
    let path = format!("/api/cold-start/plain-512?wait={}", random.u16(0..300));
    let calls: Vec<_> = (0..random.usize(20..=120))
        .map(|_| {
            let (mut client, path) = (Client::new(address, Arc::clone(journal)), path.clone());
            tokio::spawn(async move {
                let documented = Documented::function(&[200]);
                let (what, method) = ("burst", "GET");
                client.call(Call { what, method, path: &path, headers: &[], body: None, documented }).await;
            })
        })
        .collect();
    for call in calls {
        if call.await.is_err() {
            journal.finding("burst: the client itself failed".to_owned());
        }
    }
}
