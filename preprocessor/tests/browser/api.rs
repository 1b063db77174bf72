//! The API the fixture book talks to: users kept per visitor, functions with execution environments, and every fault.
//! Knows [`crate::http`]; the tests ask [`Api::seen`] what arrived.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::{Answer, Request, Response};

/// How long the first call of an environment prepares itself.
const INIT: Duration = Duration::from_millis(25);
const EXPOSED: &str = "server-timing, x-cold-start, x-environment-id, x-local-state, retry-after, location";

/// State and log of the service; shared by all its connections.
#[derive(Debug, Default)]
pub struct Api {
    users: Mutex<HashMap<String, BTreeMap<u64, Value>>>,
    /// Environments that wait for their next call, by function and visitor; the last one used is taken first.
    idle: Mutex<HashMap<String, Vec<u32>>>,
    made: AtomicU32,
    seen: Mutex<Vec<Request>>,
    given_up: Mutex<Vec<String>>,
}

impl Api {
    /// Every request whose path begins so, in the order of arrival, preflights left out.
    pub fn seen(&self, path: &str) -> Vec<Request> {
        let seen = self.seen.lock().expect("the log");
        let sent =
            seen.iter().filter(|request| request.method != "OPTIONS" && request.target.starts_with(path));
        sent.cloned().collect()
    }

    /// How many clients closed the connection before this target answered.
    pub fn given_up(&self, target: &str) -> usize {
        let given_up = self.given_up.lock().expect("the log");
        given_up.iter().filter(|known| *known == target).count()
    }

    /// Answers one request.
    pub fn answer(self: &std::sync::Arc<Self>, request: &Request) -> Answer {
        self.seen.lock().expect("the log").push(request.clone());
        if request.method == "OPTIONS" {
            return Answer::Now(preflight());
        }
        if request.path() == "/api/fault/never" {
            let (api, target) = (std::sync::Arc::clone(self), request.target.clone());
            return Answer::Never(Box::new(move || {
                api.given_up.lock().expect("the log").push(target);
            }));
        }
        Answer::Now(self.now(request))
    }

    fn now(&self, request: &Request) -> Response {
        let path = request.path();
        if let Some(kind) = path.strip_prefix("/api/fault/") {
            return fault(kind, request);
        }
        if path == "/api/echo" || path.starts_with("/_local/") {
            let echo = json!({ "body": request.body, "note": request.header("x-note"), "type": request.header("content-type") });
            return open(json_response(200, &echo));
        }
        if path.starts_with("/api/function/") {
            return self.function(request);
        }
        match path.strip_prefix("/api/users") {
            Some(rest) => self.in_environment(request, || self.users(request, rest.trim_start_matches('/'))),
            None => open(json_response(404, &json!({ "message": "Not Found" }))),
        }
    }

    fn function(&self, request: &Request) -> Response {
        let wait = request.target.split_once("wait=").and_then(|(_, ms)| ms.parse().ok());
        self.in_environment(request, || {
            thread::sleep(Duration::from_millis(wait.unwrap_or(0)));
            json_response(200, &json!({ "waited": wait }))
        })
    }

    /// Runs `work` in an idle environment of this function and visitor, or in a new one that has to prepare itself.
    fn in_environment(&self, request: &Request, work: impl FnOnce() -> Response) -> Response {
        let visitor = request.header("x-visitor").unwrap_or_default();
        let function =
            format!("{} {visitor}", request.path().split('/').take(4).collect::<Vec<_>>().join("/"));
        let taken = self.idle.lock().expect("environments").get_mut(&function).and_then(Vec::pop);
        let mut timing = String::new();
        let id = taken.unwrap_or_else(|| {
            let start = Instant::now();
            thread::sleep(INIT);
            timing = format!("init;dur={:.3}, ", start.elapsed().as_secs_f64() * 1e3);
            self.made.fetch_add(1, Ordering::Relaxed)
        });
        let start = Instant::now();
        let response = work();
        timing.push_str(&format!("handler;dur={:.3}", start.elapsed().as_secs_f64() * 1e3));
        self.idle.lock().expect("environments").entry(function).or_default().push(id);
        open(response)
            .with("Server-Timing", timing)
            .with("Cache-Control", "no-store")
            .with("x-cold-start", taken.is_none().to_string())
            .with("x-environment-id", format!("{:08x}", id.wrapping_mul(0x9e37_79b1)))
    }

    fn users(&self, request: &Request, id: &str) -> Response {
        let mut users = self.users.lock().expect("users");
        let mine = users.entry(request.header("x-visitor").unwrap_or_default().to_owned()).or_default();
        let missing = || {
            let error = json!({ "error": { "code": "user_not_found", "message": "그런 사용자가 없다." } });
            json_response(404, &error)
        };
        let id: u64 = id.parse().unwrap_or(0);
        match request.method.as_str() {
            "POST" => {
                let Ok(mut user) = serde_json::from_str::<Value>(&request.body) else {
                    let error = json!({ "error": { "code": "bad_json", "message": "JSON이 아니다." } });
                    return json_response(400, &error);
                };
                let id = (1..).find(|id| !mine.contains_key(id)).unwrap_or(1);
                user["id"] = json!(id);
                mine.insert(id, user.clone());
                json_response(201, &user).with("Location", format!("/api/users/{id}"))
            }
            "GET" if id == 0 => json_response(200, &json!({ "items": mine.values().collect::<Vec<_>>() })),
            "GET" => mine.get(&id).map_or_else(missing, |user| json_response(200, user)),
            "DELETE" => {
                mine.remove(&id);
                Response { status: 204, ..Response::default() }
            }
            _ => json_response(405, &json!({ "message": "Method Not Allowed" })),
        }
    }
}

fn fault(kind: &str, request: &Request) -> Response {
    let unavailable = json!({ "message": "Service Unavailable" });
    let object = json!({ "ok": true });
    match kind {
        "no-cors" => json_response(200, &object),
        "throttled" => {
            open(json_response(429, &json!({ "message": "Too Many Requests" }))).with("Retry-After", "7")
        }
        "building" => open(json_response(503, &unavailable))
            .with("Retry-After", "2")
            .with("x-local-state", "building"),
        "not-json" => open(Response::new(200, "text/html", "<h1>호텔 와이파이에 로그인</h1>")),
        "huge" => open(json_response(200, &json!({ "data": "가".repeat(600_000) }))),
        "long" => open(json_response(200, &json!({ "data": "나".repeat(70_000) }))),
        "redirect" => open(Response::new(302, "text/plain", "")).with("Location", "/api/function/elsewhere"),
        "no-timing" => {
            let mut response = open(json_response(200, &object)).with("Server-Timing", "handler;dur=1.5");
            response
                .headers
                .retain(|(name, _)| name != "Timing-Allow-Origin");
            response
        }
        "no-server-timing" => open(json_response(200, &object)),
        "markup" => open(json_response(
            200,
            &json!({
                "name": "<img src=x onerror=\"document.title='뚫렸다'\"><script>document.title='뚫렸다'</script>",
                "큰 수": 1,
            }),
        ))
        .with("x-html", "<b>bold</b>"),
        _ => open(json_response(404, &json!({ "message": request.path() }))),
    }
}

fn json_response(status: u16, value: &Value) -> Response {
    // `12345678901234567890123` cannot be a `Value`: it stands for the numbers that a parser would round.
    let text = value.to_string().replace("\"큰 수\":1", "\"큰 수\":12345678901234567890123");
    Response::new(status, "application/json", text)
}

/// The headers every answer of a well set-up API carries.
fn open(response: Response) -> Response {
    response
        .with("Access-Control-Allow-Origin", "*")
        .with("Access-Control-Expose-Headers", EXPOSED)
        .with("Timing-Allow-Origin", "*")
}

fn preflight() -> Response {
    Response { status: 204, ..Response::default() }
        .with("Access-Control-Allow-Origin", "*")
        .with("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
        .with("Access-Control-Allow-Headers", "content-type, x-visitor, x-book, x-note")
        .with("Access-Control-Max-Age", "600")
}
