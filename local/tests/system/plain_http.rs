//! The Router of `users` behind Lambda and API Gateway, and behind plain HTTP: the same answers, and where they part.
//! The chapter on lock-in includes what is found here; `LOCAL_BLESS=1` writes that file anew.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::SystemTime;

use mdbook_live::runner::{Plan, check_each};
use serde_json::{Value, json};

use crate::harness::{Answer, Local, send_to, visitor};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A request of a reader, as the chapter's table names it.
struct Request {
    named: &'static str,
    method: &'static str,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: Option<Value>,
}

fn request(named: &'static str, line: &'static str) -> Request {
    let (method, path) = line.split_once(' ').unwrap();
    Request { named, method, path, headers: &[], body: None }
}

fn sending(named: &'static str, line: &'static str, body: Value) -> Request {
    Request { body: Some(body), ..request(named, line) }
}

/// One life of a user and the mistakes on its way; each request finds what those before it left.
fn life() -> Vec<Request> {
    let (first, second) =
        (json!({"id": 9, "name": "김하늘"}), json!({"name": "김하늘", "email": "sky@example.com"}));
    let if_match =
        |tag: &'static [(&'static str, &'static str)], request: Request| Request { headers: tag, ..request };
    vec![
        request("없는 사용자 지우기", "DELETE /api/users/9"),
        sending("만들기", "POST /api/users", first.clone()),
        sending("같은 번호로 또 만들기", "POST /api/users", first),
        request("읽기", "GET /api/users/9"),
        request("저장된 모습까지 읽기", "GET /api/users/9?raw=true"),
        if_match(
            &[("if-match", "\"7\"")],
            sending("옛 버전을 보고 고치기", "PUT /api/users/9", second.clone()),
        ),
        if_match(&[("if-match", "\"1\"")], sending("지금 버전을 보고 고치기", "PUT /api/users/9", second)),
        request("모두 보기", "GET /api/users"),
        request("이상하게 적은 번호", "GET /api/users/007"),
        sending("문자열로 적은 번호", "POST /api/users", json!({"id": "9", "name": "김하늘"})),
        sending("너무 긴 본문", "POST /api/users", json!({"name": "하".repeat(2_000)})),
        if_match(&[("x-visitor", "admin")], request("관리자인 척하기", "GET /api/users")),
        request("지우기", "DELETE /api/users/9"),
        request("지운 사용자 읽기", "GET /api/users/9"),
    ]
}

/// What stands in front of the function answers these, or nobody does.
fn in_front() -> Vec<Request> {
    vec![
        request("없는 길", "GET /api/orders"),
        request("길에 없는 메서드", "DELETE /api/users"),
        request("적어 두지 않은 `HEAD`", "HEAD /api/users"),
        request("토큰 없이 로그인한 사람의 길", "GET /api/me/users"),
    ]
}

/// The example, ended when dropped.
struct PlainHttp {
    child: Child,
    base: String,
}

impl PlainHttp {
    fn start() -> Self {
        let mut child = Command::new(example()).arg("0").stdout(Stdio::piped()).spawn().unwrap();
        let mut base = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut base).unwrap();
        PlainHttp { child, base: base.trim().to_owned() }
    }
}

impl Drop for PlainHttp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program `cargo run -p users --example plain_http` runs. `cargo test` of the workspace has built it; a test that runs
/// alone may find none, or an old one.
fn example() -> PathBuf {
    let built = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("examples/plain_http");
    let changed = |path: &Path| {
        std::fs::metadata(path).and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let sources = ["users", "environment"]
        .into_iter()
        .flat_map(|demo| walkdir::WalkDir::new(format!("{ROOT}/demos/{demo}")));
    let newest = sources
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| changed(entry.path()))
        .max();
    if newest.unwrap() > changed(&built) {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let done = Command::new(cargo)
            .args(["build", "--workspace", "--example", "plain_http"])
            .current_dir(ROOT)
            .status();
        assert!(done.unwrap().success());
    }
    built
}

/// Words that differ from run to run: times, random ids, and the key of a row, which is made of the visitor and a secret.
fn masked(text: &str) -> String {
    let of_a_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':');
    let mut shown = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(of_a_word) {
        let end = rest[start..].find(|c| !of_a_word(c)).map_or(rest.len(), |at| start + at);
        let word = &rest[start..end];
        let digits = word.bytes().all(|byte| byte.is_ascii_digit());
        shown += &rest[..start];
        shown += match word.len() {
            20 if word.starts_with("20") && word.ends_with('Z') => "<time>",
            10 if digits => "<seconds>",
            32 if word.bytes().all(|byte| byte.is_ascii_hexdigit()) => "<id>",
            24..=35 if digits => "<key>",
            _ => word,
        };
        rest = &rest[end..];
    }
    shown + rest
}

/// Everything a client sees of an answer, without what no two runs have in common.
fn seen(answer: &Answer) -> (u16, Vec<String>, String) {
    const OF_THE_CONNECTION: [&str; 4] = ["date", "connection", "content-length", "transfer-encoding"];
    const MEASURED: [&str; 3] = ["server-timing", "x-environment-id", "x-cold-start"];
    let headers = answer.headers.iter().filter(|(name, _)| !OF_THE_CONNECTION.contains(&name.as_str()));
    // The gateway's own number for a request is the one header it adds to an answer of the function.
    let headers = headers.filter(|(name, _)| *name != "apigw-requestid");
    let headers = headers.map(|(name, value)| {
        let value = if MEASURED.contains(&name.as_str()) { "" } else { value.as_str() };
        format!("{name}: {value}")
    });
    (answer.status, headers.collect(), masked(&answer.text))
}

/// An answer in a cell: the status, and by which name an error goes.
fn cell(answer: &Answer) -> String {
    let code = answer.body["error"]["code"].as_str().or(answer.body["message"].as_str());
    code.map_or_else(|| answer.status.to_string(), |code| format!("{} `{code}`", answer.status))
}

#[test]
fn the_same_router_gives_the_same_answers_and_only_the_gateway_s_own_are_missing() {
    let lambda = Local::start(&[]).live(&["/api/users"]);
    let plain = PlainHttp::start();
    let reader = visitor();
    let both = |asked: &Request| {
        let known = [("x-visitor", reader.as_str())];
        let named = asked.headers.iter().any(|(name, _)| *name == "x-visitor");
        let headers: Vec<_> =
            known.into_iter().filter(|_| !named).chain(asked.headers.iter().copied()).collect();
        let send =
            |base: &str| send_to(base, asked.method, asked.path, &headers, asked.body.as_ref()).unwrap();
        (send(&lambda.base), send(&plain.base))
    };
    let mut table = "| 요청 | Lambda와 API Gateway | 평범한 HTTP |\n|---|---|---|\n".to_owned();
    let mut row = |asked: &Request, left: String, right: String| {
        writeln!(table, "| {}<br>`{} {}` | {left} | {right} |", asked.named, asked.method, asked.path)
            .unwrap();
    };
    for asked in life() {
        let (behind, alone) = both(&asked);
        assert_eq!(seen(&behind), seen(&alone), "{} {}", asked.method, asked.path);
        assert!(
            behind.headers.contains_key("x-environment-id"),
            "{}: the function itself answers",
            asked.named
        );
        row(&asked, cell(&behind), "같다".to_owned());
    }
    for asked in in_front() {
        let (behind, alone) = both(&asked);
        assert_ne!(seen(&behind), seen(&alone), "{} {}", asked.method, asked.path);
        assert!(
            !behind.headers.contains_key("x-environment-id"),
            "{}: nobody calls the function",
            asked.named
        );
        row(&asked, cell(&behind), cell(&alone));
    }

    let book = Path::new(ROOT).join("book");
    let plan = Plan { book: &book, base: Some(&plain.base), chapter: Some("08-crud-api.md") };
    let (mut blocks, mut failed) = (0, Vec::new());
    check_each(&plan, &mut |block| {
        blocks += 1;
        if !block.passed() {
            failed.push(format!("`{}`", block.id));
        }
    })
    .unwrap();
    let sum = format!(
        "[User CRUD API](08-crud-api.md)의 블록은 {blocks}개다. 그 가운데 {}개가 통과했고 {}는 어긋났다.\n",
        blocks - failed.len(),
        failed.join(", ")
    );
    assert_eq!(failed, ["`user-wrong-method`"], "only what API Gateway answers itself");

    for (name, shown) in [("plain-http.md", table), ("plain-http-blocks.md", sum)] {
        let file = book.join("src/data").join(name);
        if std::env::var_os("LOCAL_BLESS").is_some() {
            std::fs::write(&file, &shown).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), shown, "LOCAL_BLESS=1 writes {name} anew");
    }
}

#[test]
fn what_differs_from_run_to_run_is_masked_and_nothing_else() {
    let text = r#"{"id":9,"createdAt":"2026-11-22T01:02:03Z","stored":{"id":{"N":"1234567890123456789012345000009"},"expiresAt":{"N":"1769000000"},"request":"0123456789abcdef0123456789abcdef"}}"#;
    let expected = r#"{"id":9,"createdAt":"<time>","stored":{"id":{"N":"<key>"},"expiresAt":{"N":"<seconds>"},"request":"<id>"}}"#;
    assert_eq!(masked(text), expected);
    assert_eq!(masked("/api/users/9 2026 하늘 3"), "/api/users/9 2026 하늘 3");
}
