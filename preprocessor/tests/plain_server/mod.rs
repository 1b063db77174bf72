//! A plain HTTP/1.1 server that keeps notes: standard library only, one thread per connection.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

/// What the access tokens of this server begin with; the name of their reader follows.
#[allow(dead_code, reason = "not every test signs in")]
pub const ACCESS: &str = "access.of.";
/// Its one ID token.
#[allow(dead_code, reason = "not every test signs in")]
pub const ID: &str = "id.of.reader";

#[derive(Default)]
struct Notes {
    texts: Mutex<BTreeMap<String, String>>,
    readers: Mutex<BTreeSet<String>>,
    calls: AtomicUsize,
    broken: AtomicBool,
    /// The answer to `/config.json`; empty: there is none.
    config: Mutex<&'static str>,
}

pub struct PlainServer {
    address: SocketAddr,
    #[allow(dead_code, reason = "not every test looks into it")]
    notes: Arc<Notes>,
}

#[allow(dead_code, reason = "not every test looks into it")]
impl PlainServer {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let notes = Arc::new(Notes::default());
        let shared = Arc::clone(&notes);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let notes = Arc::clone(&shared);
                thread::spawn(move || serve(stream, &notes));
            }
        });
        Self { address, notes }
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every value of `x-reader` seen so far.
    pub fn readers(&self) -> BTreeSet<String> {
        self.notes.readers.lock().unwrap().clone()
    }

    /// From now on `/config.json` says this.
    pub fn configure(&self, text: &'static str) {
        *self.notes.config.lock().unwrap() = text;
    }

    /// From now on no note is found.
    pub fn break_reading(&self) {
        self.notes.broken.store(true, Ordering::SeqCst);
    }
}

fn serve(stream: TcpStream, notes: &Notes) -> Option<()> {
    let mut answers = stream.try_clone().ok()?;
    let mut requests = BufReader::new(stream);
    loop {
        let mut first = String::new();
        if requests.read_line(&mut first).ok()? == 0 {
            return None;
        }
        let (mut length, mut reader, mut token) = (0, String::new(), String::new());
        loop {
            let mut line = String::new();
            requests.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().ok()?,
                // It counts bytes and knows nothing of chunks: hung up.
                "transfer-encoding" => return None,
                "x-reader" => value.clone_into(&mut reader),
                "authorization" => value.clone_into(&mut token),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        requests.read_exact(&mut body).ok()?;
        let mut words = first.split(' ');
        let (method, path) = (words.next()?, words.next()?);
        let (status, answer) = if method == "HEAD" {
            ("200 OK", String::new())
        } else {
            notes.readers.lock().unwrap().insert(reader.clone());
            notes.answer(method, path, &token, &String::from_utf8_lossy(&body))
        };
        let timing = if answer.contains("\"id\"") { "server-timing: store;dur=1.5\r\n" } else { "" };
        let first = if status.starts_with("201") { "yes" } else { "no" };
        write!(
            answers,
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nx-reader: {reader}\r\nx-first: {first}\r\n{timing}\r\n{answer}",
            answer.len()
        )
        .ok()?;
    }
}

impl Notes {
    fn answer(&self, method: &str, path: &str, token: &str, body: &str) -> (&'static str, String) {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let config = *self.config.lock().unwrap();
        match (method, path) {
            ("POST", "/sign-in") => {
                let name = body.strip_prefix("username=").unwrap_or_default();
                let answer = format!(
                    "{{\"access_token\":\"{ACCESS}{name}\",\"id_token\":\"{ID}\",\"token_type\":\"Bearer\"}}"
                );
                return ("200 OK", answer);
            }
            // A service that tells what it was sent: the worst that a recording can meet.
            ("GET", "/mine") if token.starts_with("Bearer ") => {
                return ("200 OK", format!("{{\"sent\":\"{token}\"}}"));
            }
            ("GET", "/mine") => return ("401 Unauthorized", "{}".to_owned()),
            _ => {}
        }
        match (method, path.strip_prefix("/notes")) {
            ("GET", None) if path == "/config.json" && !config.is_empty() => ("200 OK", config.to_owned()),
            ("PUT", None) if path == "/desk/lamp" => ("200 OK", r#"{"lamp":"on"}"#.to_owned()),
            ("POST", Some("")) => {
                // Any 32 hexadecimal digits that differ from call to call and from server to server.
                let id = format!("{:016x}{:016x}", std::ptr::from_ref(self).addr(), call + 0xabcdef);
                let text = body
                    .split('"')
                    .nth(3)
                    .unwrap_or_default()
                    .split(',')
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                self.texts.lock().unwrap().insert(id.clone(), text.clone());
                let time = format!("2026-11-22T10:00:{:02}Z", call % 60);
                ("201 Created", format!("{{\"id\":\"{id}\",\"text\":\"{text}\",\"createdAt\":\"{time}\"}}"))
            }
            ("GET", Some(id)) if !self.broken.load(Ordering::SeqCst) => {
                let id = id.trim_start_matches('/');
                match self.texts.lock().unwrap().get(id) {
                    Some(text) => ("200 OK", format!("{{\"id\":\"{id}\",\"text\":\"{text}\"}}")),
                    None => ("404 Not Found", "{}".to_owned()),
                }
            }
            _ => ("404 Not Found", "{}".to_owned()),
        }
    }
}
