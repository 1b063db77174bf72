//! What an open console is told: everything at first, then what changes; who is too slow is told what it lost.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use local::console::Console;
use local::events::{Events, Sources};
use local::gateway::HttpApi;
use local::iam::Iam;
use local::lambda::{Lambda, Settings};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::harness::{Local, wait_for};
use crate::{start, visitor};

const LIMIT: Duration = Duration::from_secs(30);

/// An event of the stream: its name, id and data.
#[derive(Debug)]
struct Event {
    name: String,
    id: String,
    data: Value,
}

/// An open stream, as a browser reads it.
struct Stream(BufReader<Box<dyn Read>>);

impl Stream {
    fn open(local: &Local, headers: &[(&str, &str)]) -> Stream {
        let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(LIMIT)).build().into();
        let mut request = agent.get(format!("{}/_local/feed", local.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.call().unwrap();
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Stream(BufReader::new(Box::new(answer.into_body().into_reader())))
    }

    fn event(&mut self) -> Event {
        let mut fields = BTreeMap::new();
        for line in self.0.by_ref().lines() {
            let line = line.unwrap();
            if let Some((name, value)) = line.split_once(": ") {
                fields.insert(name.to_owned(), value.to_owned());
            } else if line.is_empty() && fields.contains_key("data") {
                let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
                let data = serde_json::from_str(&field("data")).unwrap();
                return Event { name: field("event"), id: field("id"), data };
            } else if line.is_empty() {
                fields.clear();
            }
        }
        panic!("the stream ended")
    }

    /// Reads on until `found` finds something in the data of an event called `name`.
    fn until<T>(&mut self, name: &str, found: impl Fn(&Event) -> Option<T>) -> T {
        let end = Instant::now() + LIMIT;
        loop {
            let event = self.event();
            if event.name == name
                && let Some(found) = found(&event)
            {
                return found;
            }
            assert!(Instant::now() < end, "nothing of the kind was told");
        }
    }
}

fn list<'e>(event: &'e Event, name: &str) -> &'e [Value] {
    event.data[name].as_array().unwrap()
}

#[test]
fn a_call_is_told_with_its_segments_its_environment_and_its_log() {
    let local = start(&[]);
    let mut stream = Stream::open(&local, &[]);
    let (first, second) = (stream.event(), stream.event());
    assert_eq!((first.name.as_str(), second.name.as_str()), ("view", "changes"));
    assert_eq!((&second.data["reset"], &second.data["lost"]), (&json!(true), &json!(0)));
    let functions = list(&first, "functions");
    assert_eq!(functions[0]["function"], "UsersFunction", "in the order of the template");
    let answer = local.send("GET", "/api/users", &[("x-visitor", &visitor(2))], None);
    assert_eq!(answer.status, 200);
    let mut text = String::new();
    let call = stream.until("changes", |event| {
        let done = |call: &&Value| call["request"]["path"] == "/api/users" && call["report"].is_object();
        list(event, "invocations").iter().find(done).cloned()
    });
    assert_eq!((&call["function"], &call["outcome"]), (&json!("UsersFunction"), &json!("success")));
    assert_eq!((&call["request"]["method"], &call["request"]["status"]), (&json!("GET"), &json!(200)));
    let segments: Vec<(String, f64)> = serde_json::from_value(call["segments"].clone()).unwrap();
    let names: Vec<_> = segments.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"handler") && names.last() == Some(&"return"), "{names:?}");
    assert!(segments.iter().all(|(_, ms)| *ms >= 0.0));
    let of = |name: &str| segments.iter().find(|(known, _)| known == name).map_or(0.0, |(_, ms)| *ms);
    let header = &answer.headers["server-timing"];
    let handler: f64 =
        header.split("handler;dur=").nth(1).unwrap().split([',', ';']).next().unwrap().parse().unwrap();
    assert!(of("handler") >= handler, "the function's own clock lies inside: {segments:?} {header}");

    // The log of the call, from its first line to its last, is told in order, and a new page is told it too.
    let id = call["requestId"].as_str().unwrap().to_owned();
    let state = wait_for(LIMIT, || {
        let state = local.get("/_local/state.json").body;
        let has = |text: &str| {
            let lines = state["changes"]["lines"].as_array().unwrap().iter();
            lines
                .filter(|line| line["requestId"] == *id)
                .any(|line| line["text"].as_str().unwrap().contains(text))
        };
        // What it printed itself comes through a pipe, and may come later.
        (has("REPORT RequestId") && has("answered")).then_some(state)
    });
    for line in state["changes"]["lines"].as_array().unwrap().iter().filter(|line| line["requestId"] == *id) {
        text.push_str(line["text"].as_str().unwrap());
        text.push('\n');
    }
    let (start, end) =
        (text.find(&format!("START RequestId: {id}")), text.find(&format!("END RequestId: {id}")));
    let report = text.find(&format!("REPORT RequestId: {id}\tDuration: "));
    assert!(start < end && end < report && start.is_some(), "{text}");
    assert!(text.contains("\"message\":\"answered\""), "the function's own line: {text}");
    let lane = state["changes"]["environments"]
        .as_array()
        .unwrap()
        .iter()
        .find(|lane| lane["id"] == call["environmentId"]);
    let states: Vec<_> =
        lane.unwrap()["spans"].as_array().unwrap().iter().map(|span| span[0].clone()).collect();
    assert_eq!(states[0], "init");
    assert!(states.contains(&json!("running")), "{states:?}");
}

#[test]
fn who_comes_back_is_told_what_came_since() {
    let local = start(&[]);
    let mut stream = Stream::open(&local, &[]);
    let call = || local.get("/api/cold-start/plain-512");
    call();
    let seen = stream.until("changes", |event| {
        let ended =
            list(event, "lines").iter().any(|line| line["text"].as_str().unwrap().starts_with("REPORT"));
        ended.then(|| event.id.clone())
    });
    drop(stream);
    call();
    // The last line of a call is told after its answer, when the environment asks for its next event. The third call is the one
    // that found the function ready.
    wait_for(LIMIT, || {
        let state = local.get("/_local/state.json").body;
        let lines = state["changes"]["lines"].as_array().unwrap().iter();
        let is_report = |line: &&Value| {
            line["function"] == "Plain512Function" && line["text"].as_str().unwrap().starts_with("REPORT")
        };
        (lines.filter(is_report).count() == 3).then_some(())
    });
    let lines = |headers: &[(&str, &str)]| {
        let mut stream = Stream::open(&local, headers);
        stream.until("changes", |event| {
            assert_eq!((&event.data["reset"], &event.data["lost"]), (&json!(true), &json!(0)));
            Some(list(event, "lines").len())
        })
    };
    let (all, since) = (lines(&[]), lines(&[("last-event-id", &seen)]));
    assert!(since >= 3 && since < all, "{since} of {all}");
    // An id of another run, or none at all, is one of somebody who has seen nothing.
    assert!(lines(&[("last-event-id", "0-0")]) >= all && lines(&[("last-event-id", "nonsense")]) >= all);
}

#[test]
fn only_this_server_s_own_pages_are_told_anything() {
    let local = start(&[]);
    let get = |path: &str, headers: &[(&str, &str)]| local.send("GET", path, headers, None);
    for path in ["/_local/feed", "/_local/state.json", "/_local/roles", "/_local/console.js", "/_local/"] {
        for headers in [
            &[("origin", "http://localhost:1")][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "no-cors")],
        ] {
            assert_eq!(get(path, headers).status, 403, "{path} {headers:?}");
        }
        assert_eq!(get(path, &[("host", "book.example")]).status, 421, "{path}");
    }
    let page = get("/_local/", &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]);
    assert_eq!(page.status, 200, "a link may lead here");
    let policy = &page.headers["content-security-policy"];
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(
        (page.headers["x-frame-options"].as_str(), page.headers["cache-control"].as_str()),
        ("DENY", "no-store")
    );
    assert_eq!(get("/_local/state.json", &[]).headers["cross-origin-resource-policy"], "same-origin");
    assert_eq!(get("/_local", &[]).status, 200, "with the slash");
}

/// A console of one function that turns every event away: thousands of records, and no process. The folder is Lambda's own, for as
/// long as it runs.
async fn throttled() -> (Console, Lambda, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let function = template::Function {
        reserved: Some(0),
        ..template::load(crate::blocks::root(), "local", crate::blocks::STACK).unwrap().functions.remove(0)
    };
    let settings = Settings {
        idle: LIMIT,
        most_environments: 1,
        most_waiting: 1,
        ..Settings::new(folder.path().join("environments"))
    };
    let lambda = Lambda::start(std::slice::from_ref(&function), settings).await.unwrap();
    lambda.deliver(&function.package, PathBuf::from("/nowhere"));
    let api = template::load(crate::blocks::root(), "local", crate::blocks::STACK).unwrap().api;
    let iam = Iam::new(Vec::new());
    let events = Events::start(&Sources { functions: &[], queues: &[], mappings: &[] }, &lambda, &iam);
    let gateway = HttpApi::new(api, lambda.clone(), events.sqs()).telemetry();
    let console = Console::new(&[function], &[], lambda.clone(), gateway, events, iam);
    (console, lambda, folder)
}

async fn listen(console: &Console) -> (StatusCode, Body) {
    let request = Request::get("/_local/feed").body(Body::empty()).unwrap();
    let answer = console.router().oneshot(request).await.unwrap();
    (answer.status(), answer.into_body())
}

/// The data of the next `changes`.
async fn changes(body: &mut Body) -> Value {
    loop {
        let frame = tokio::time::timeout(LIMIT, body.frame()).await.unwrap().unwrap().unwrap();
        let text = String::from_utf8(frame.into_data().unwrap_or_default().to_vec()).unwrap();
        if let Some((_, data)) =
            text.split_once("event: changes\n").and_then(|(_, rest)| rest.split_once("data: "))
        {
            return serde_json::from_str(data.split('\n').next().unwrap()).unwrap();
        }
    }
}

#[tokio::test]
async fn a_page_that_reads_too_slowly_loses_records_and_is_told_how_many() {
    let (console, lambda, _folder) = throttled().await;
    let (_, mut body) = listen(&console).await;
    assert_eq!(changes(&mut body).await["lost"], 0);
    const MANY: usize = 10_000;
    for _ in 0..MANY {
        assert!(lambda.invoke("UsersFunction", Bytes::from_static(b"{}"), String::new()).await.is_err());
    }
    let late = changes(&mut body).await;
    let lost = late["lost"].as_u64().unwrap();
    assert!(late["reset"] == true && lost > 0 && lost < MANY as u64, "{lost}");
    let kept = |name: &str| late[name].as_array().unwrap().len();
    assert!(kept("invocations") <= 200 && kept("refusals") <= 100 && kept("invocations") > 0);
    // What comes now is told as to anybody.
    assert!(
        lambda.invoke("UsersFunction", Bytes::from_static(b"{}"), "Root=1-2-3".to_owned()).await.is_err()
    );
    let next = changes(&mut body).await;
    assert_eq!((&next["lost"], &next["invocations"][0]["key"]), (&json!(0), &json!("Root=1-2-3")));
    assert_eq!(next["refusals"][0]["by"], "lambda");
    lambda.stop().await;
}

#[tokio::test]
async fn so_many_consoles_may_be_open_and_no_more() {
    let (console, lambda, _folder) = throttled().await;
    let mut open = Vec::new();
    while let (StatusCode::OK, mut body) = listen(&console).await {
        changes(&mut body).await;
        open.push(body);
        assert!(open.len() <= 100);
    }
    assert_eq!(open.len(), 8);
    open.pop();
    assert_eq!(listen(&console).await.0, StatusCode::OK, "one has gone");
    // When the server ends, all streams do.
    console.close();
    for body in open {
        tokio::time::timeout(LIMIT, body.collect()).await.unwrap().unwrap();
    }
    lambda.stop().await;
}
