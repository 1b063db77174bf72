//! Requests by a seeded generator, most of which nobody should send: documented answers only, no panic, and memory within a bound.
//!
//! `GATEWAY_REQUESTS=100000 cargo test --workspace --test gateway random` sends as many. With `GATEWAY_SEED=n` they are others; a
//! failure names the seed and the request.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::iter::once_with;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use local::server::connections::Bounds;

use crate::client::{Answer, Connection};
use crate::served::{Described, TURN};

const THREADS: u64 = 4;
/// Growth of the whole process, its clients included: 64 MB.
const GROWTH: u64 = 64 * 1024 * 1024;

/// SplitMix64: one number gives the next.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn once_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.below(most + 1);
        (0..length).map(|_| self.next() as u8).collect()
    }

    /// Printable ASCII.
    fn text(&mut self, most: usize) -> String {
        let length = self.below(most + 1);
        (0..length).map(|_| char::from(b'!' + (self.next() % 94) as u8)).collect()
    }
}

/// What is sent, and whether all of it is one request that HTTP allows.
struct Sent {
    bytes: Vec<u8>,
    is_whole: bool,
}

fn target(random: &mut Random) -> String {
    let mut target = random
        .one_of(&[
            "/api/any",
            "/api/any",
            "/api/any",
            "/api/users/7",
            "/api/users/",
            "/api/below/a/b",
            "/api/mine",
            "/api/default",
            "/api",
            "/",
            "/apis",
            "//api/any",
            "/api//any",
            "/api/any/",
            "*",
            "http://127.0.0.1/api/any",
            "http://evil.example/api/any",
        ])
        .to_owned();
    if random.once_in(4) {
        let more = random.one_of(&[
            "/%00",
            "/%2f",
            "/%zz",
            "/%25zz",
            "/%FF",
            "/..",
            "/%2e%2e/",
            "/%3Fa",
            "/;a=1",
            "/{id}",
            "/%ED%95%9C",
        ]);
        target.push_str(more);
    }
    if random.once_in(10) {
        target.push('/');
        target += &random.text(30);
    }
    if random.once_in(2) {
        let asked = random.one_of(&[
            "answer=body",
            "answer=body",
            "answer=error",
            "answer=events",
            "a=1&a=2",
            "a",
            "&&&",
            "=",
            "a=%zz",
            "a=%FF",
            "%ED%95%9C=1",
            "a=+",
        ]);
        write!(target, "?{asked}").unwrap();
    }
    if random.once_in(12) {
        write!(target, "?{}", random.text(60)).unwrap();
    }
    if random.once_in(60) {
        let length = random.below(14_000);
        write!(target, "?{}", "q".repeat(length)).unwrap();
    }
    target
}

fn headers(random: &mut Random) -> String {
    let mut headers = String::new();
    let host = if random.once_in(30) {
        random.one_of(&["evil.example", "", "localhost:x", "127.0.0.1:80"])
    } else {
        "127.0.0.1"
    };
    if !random.once_in(40) {
        write!(headers, "host: {host}\r\n").unwrap();
    }
    for _ in 0..random.below(5) {
        let name = random.one_of(&[
            "content-type",
            "cookie",
            "authorization",
            "origin",
            "x-a",
            "accept",
            "user-agent",
            "x-forwarded-for",
            "expect",
            "range",
            "te",
            "upgrade",
            "access-control-request-method",
            "if-match",
            "apigw-requestid",
            "x-amzn-trace-id",
            "connection",
        ]);
        let value = match random.below(6) {
            0 => random.text(40),
            1 => random
                .one_of(&["application/json", "text/plain", "image/png", "", "\u{7f}", "\t", "가나"])
                .to_owned(),
            2 => random
                .one_of(&[
                    "a=1; b=2",
                    ";;;",
                    "=",
                    "https://evil.example",
                    "http://localhost:1",
                    "null",
                    "100-continue",
                    "close",
                ])
                .to_owned(),
            3 => format!("Bearer {}.{}.{}", random.text(20), random.text(20), random.text(20)),
            4 => "v".repeat(random.below(200)),
            _ => random
                .one_of(&["GET", "websocket", "trailers", "Root=1-0-0", "bytes=0-1", "\"1\""])
                .to_owned(),
        };
        write!(headers, "{name}: {value}\r\n").unwrap();
    }
    if random.once_in(80) {
        for index in 0..random.below(150) {
            write!(headers, "x-{index}: {}\r\n", random.text(100)).unwrap();
        }
    }
    headers
}

fn body(random: &mut Random) -> Vec<u8> {
    match random.below(8) {
        0 => random.bytes(2_000),
        1 => random.text(3_000).into_bytes(),
        2 => br#"{"statusCode":201,"body":"made","headers":{"x-a":"b"},"cookies":["a=1"]}"#.to_vec(),
        3 => random
            .one_of(&[
                r#"{"statusCode":"x"}"#,
                r#"{"statusCode":200,"body":7}"#,
                r#"{"statusCode":99}"#,
                r#"{"statusCode":204,"body":"b"}"#,
                r#"{"statusCode":200,"headers":{"content-length":"9","connection":"close","":"x"}}"#,
                "null",
                "\"text\"",
                "[]",
                "{",
                r#"{"statusCode":200,"body":"/w==","isBase64Encoded":true}"#,
            ])
            .as_bytes()
            .to_vec(),
        _ => Vec::new(),
    }
}

fn request(random: &mut Random) -> Sent {
    if random.once_in(50) {
        return Sent { bytes: random.bytes(300), is_whole: false };
    }
    let method = match random.below(12) {
        0 => random.one_of(&["HEAD", "OPTIONS", "PATCH", "TRACE", "BREW", "get", "CONNECT", "G E T", ""]),
        1..4 => "POST",
        _ => random.one_of(&["GET", "POST", "PUT", "DELETE"]),
    };
    let (target, mut headers, body) = (target(random), headers(random), body(random));
    let version =
        if random.once_in(60) { random.one_of(&["HTTP/1.0", "HTTP/2", "HTTP", ""]) } else { "HTTP/1.1" };
    let mut framed = Vec::new();
    let is_chunked = random.once_in(6);
    let mut is_whole = true;
    if is_chunked {
        headers += "transfer-encoding: chunked\r\n";
        for chunk in body.chunks(1 + random.below(500)) {
            framed.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            framed.extend_from_slice(chunk);
            framed.extend_from_slice(b"\r\n");
        }
        framed.extend_from_slice(b"0\r\n\r\n");
    } else {
        let length = match random.below(40) {
            0 => body.len() + random.below(20),
            1 => body.len().saturating_sub(random.below(20)),
            _ => body.len(),
        };
        is_whole = length == body.len();
        if !body.is_empty() || random.once_in(3) || !is_whole {
            write!(headers, "content-length: {length}\r\n").unwrap();
        }
        framed.extend_from_slice(&body);
    }
    let mut bytes = format!("{method} {target} {version}\r\n{headers}\r\n").into_bytes();
    bytes.extend_from_slice(&framed);
    // Some bytes are others on the way, or never arrive.
    if random.once_in(12) {
        is_whole = false;
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len());
            bytes[at] = random.next() as u8;
        }
    }
    if random.once_in(20) {
        is_whole = false;
        bytes.truncate(random.below(bytes.len()));
    }
    Sent { bytes, is_whole }
}

/// What an answer may be; the message of an error is that of its status.
fn judge(answer: &Answer) -> Result<(), String> {
    if answer.header("apigw-requestid").is_none() {
        // Not the API's: what is no HTTP, the wall, and the pages, of which there are none here.
        let is_known = matches!(answer.status, 400 | 403 | 404 | 414 | 421 | 431 | 501);
        return if is_known { Ok(()) } else { Err(format!("{} without an id", answer.status)) };
    }
    let message = match answer.status {
        200 | 201 | 204 => return Ok(()),
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        413 => "Request Entity Too Large",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        other => return Err(format!("{other} is none of the documented statuses")),
    };
    let expected = format!(r#"{{"message":"{message}"}}"#);
    let is_as_documented = answer.body.is_empty() || answer.body == expected.as_bytes();
    if is_as_documented { Ok(()) } else { Err(format!("{} for {}", answer.text(), answer.status)) }
}

/// Said before a request was understood; the connection ends with it.
fn is_bare(answer: &Answer) -> bool {
    answer.body.is_empty()
        && matches!(answer.status, 400 | 414 | 431)
        && answer.header("apigw-requestid").is_none()
}

/// Sends requests of one seed; how many of which status came.
fn send(address: SocketAddr, seed: u64, count: usize, sent_so_far: &AtomicUsize) -> BTreeMap<u16, usize> {
    let mut random = Random(seed);
    let mut statuses = BTreeMap::new();
    let mut kept: Option<Connection> = None;
    for index in 0..count {
        let Sent { bytes, is_whole } = request(&mut random);
        let fail = |why: &str| -> ! {
            panic!("seed {seed}, request {index}: {why}\n{}", String::from_utf8_lossy(&bytes))
        };
        let mut answers = 0;
        // A connection that was kept may be closed just then, as every client of HTTP has to expect; a new one may not.
        let reused = kept.take().map(|connection| (connection, false));
        for (mut connection, is_new) in
            reused.into_iter().chain(once_with(|| (Connection::open(address), true)))
        {
            let _ = connection.try_write(&bytes);
            connection.is_to_head(bytes.starts_with(b"HEAD "));
            if !is_whole {
                // Whatever it waits for will not come.
                connection.try_close_writing();
            }
            while let Some(answer) = connection.try_answer() {
                judge(&answer).unwrap_or_else(|why| fail(&format!("{why}: {answer:?}")));
                *statuses.entry(answer.status).or_default() += 1;
                answers += 1;
                let is_last = answer.header("connection") == Some("close") || is_bare(&answer);
                if is_whole && !is_last {
                    kept = Some(connection);
                    break;
                }
                if is_last {
                    break;
                }
            }
            if answers > 0 {
                break;
            }
            if is_whole && is_new {
                fail("no answer");
            }
        }
        sent_so_far.fetch_add(1, Ordering::Relaxed);
    }
    statuses
}

/// Resident memory of this process, bytes.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()).unwrap_or(0) * 1024
}

#[test]
fn random_requests_get_documented_answers_and_leave_nothing_behind() {
    let _turn = TURN.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    let number = |name: &str, default: u64| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let count = number("GATEWAY_REQUESTS", 6_000) as usize;
    let seed = number("GATEWAY_SEED", 20_261_123);
    let routes = &["ANY /api/any", "ANY /api/users/{id}", "ANY /api/below/{rest+}", "ANY /api/mine jwt"];
    let described = Described { routes, ..Described::default() };
    let served = described.serve_in_turn(Bounds::default(), 4);
    served.is_alive();
    let sent = AtomicUsize::new(0);
    let each = count / THREADS as usize;
    let (statuses, grown) = std::thread::scope(|scope| {
        let threads = (0..THREADS).map(|thread| {
            let (sent, address) = (&sent, served.address);
            scope.spawn(move || send(address, seed.wrapping_mul(1_000).wrapping_add(thread), each, sent))
        });
        let threads = threads.collect::<Vec<_>>();
        // What is kept on purpose (environments, the feed's ring, allocator caches) is there after a while.
        while sent.load(Ordering::Relaxed) < count / 3 && !threads.iter().any(|thread| thread.is_finished()) {
            std::thread::yield_now();
        }
        let before = memory();
        let mut statuses = BTreeMap::<u16, usize>::new();
        for thread in threads {
            for (status, count) in thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)) {
                *statuses.entry(status).or_default() += count;
            }
        }
        (statuses, memory().saturating_sub(before))
    });
    eprintln!("{count} requests, seed {seed}: {statuses:?}, grown by {} kB", grown / 1024);
    for status in [200, 201, 204, 400, 401, 404, 421, 431, 500] {
        assert!(statuses.contains_key(&status), "none got {status}: {statuses:?}");
    }
    assert!(grown < GROWTH, "grown by {grown} bytes");
    served.is_alive();
    assert!(served.telemetry.subscribe().0.len() <= 2_000);
}
