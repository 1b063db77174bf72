//! The fixture book, built once per test run by mdBook and `mdbook_live` in process, and the servers it is read from.
//! Knows the API and the HTTP server.

use std::collections::HashMap;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use mdbook_driver::MDBook;
use mdbook_live::Live;
use serde_json::json;

use crate::api::Api;
use crate::http::{Answer, Request, Response, serve};

/// Everything a test opens or asks.
#[derive(Debug)]
pub struct Fixture {
    /// What arrived at the API.
    pub api: Arc<Api>,
    /// The book on one port, the API on another: what a book on another host has to do.
    pub split: String,
    /// Book and API on one port, by the name `localhost`: what one machine has.
    pub same: String,
    /// The book of an API that is down.
    pub closed: String,
    /// Somebody else's book: script and style inside its chapter, the address of the API in its settings.
    pub foreign: String,
    /// The API's address, `http://127.0.0.1:port`.
    pub api_origin: String,
}

type Files = Arc<HashMap<String, Vec<u8>>>;

/// The one fixture of this test run.
pub fn fixture() -> &'static Fixture {
    static FIXTURE: OnceLock<Fixture> = OnceLock::new();
    FIXTURE.get_or_init(|| {
        let api = Arc::new(Api::default());
        let api_port = serve({
            let api = Arc::clone(&api);
            move |request| api.answer(request)
        });
        let api_origin = format!("http://127.0.0.1:{api_port}");
        let files = build("book", None);
        let foreign = build("foreign", Some(&api_origin));
        let closed = unused_port();
        let config = |api: String| json!({ "api": api, "spread": true }).to_string();
        let own = json!({ "api": "/api", "spread": true, "bases": ["local"] }).to_string();
        let book = |files: &Files, config: String, api: Option<&Arc<Api>>| {
            let (files, api) = (Arc::clone(files), api.map(Arc::clone));
            serve(move |request| match &api {
                Some(api) if ["/api/", "/_local/"].iter().any(|base| request.path().starts_with(base)) => {
                    api.answer(request)
                }
                _ => Answer::Now(file(&files, &config, request)),
            })
        };
        let same = book(&files, own, Some(&api));
        Fixture {
            split: format!("http://127.0.0.1:{}", book(&files, config(format!("{api_origin}/api")), None)),
            same: format!("http://localhost:{same}"),
            closed: format!(
                "http://127.0.0.1:{}",
                book(&files, config(format!("http://127.0.0.1:{closed}/api")), None)
            ),
            foreign: format!("http://127.0.0.1:{}", book(&foreign, String::new(), None)),
            api,
            api_origin,
        }
    })
}

/// A port that refuses connections: it was free a moment ago and nothing here asks for it again.
fn unused_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free loopback port");
    listener.local_addr().expect("an address").port()
}

/// Builds `tests/browser/<name>` and keeps its pages in memory.
fn build(name: &str, api: Option<&str>) -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser").join(name);
    let out = tempfile::tempdir().expect("a temporary folder");
    let mut book = MDBook::load(root).expect("the fixture book");
    book.config.build.build_dir = out.path().to_owned();
    if let Some(api) = api {
        book.config.set("preprocessor.live.api", api).expect("a setting");
    }
    book.with_preprocessor(Live::new(|_| ()));
    book.build().unwrap_or_else(|error| panic!("the fixture book {name}: {error:#}"));
    let mut files = HashMap::new();
    collect(out.path(), "", &mut files);
    Arc::new(files)
}

fn collect(folder: &Path, prefix: &str, files: &mut HashMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a built folder").flatten() {
        let path = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &path, files);
        } else {
            files.insert(path, fs::read(entry.path()).expect("a built file"));
        }
    }
}

fn file(files: &Files, config: &str, request: &Request) -> Response {
    let path = request.path();
    if path == "/config.json" && !config.is_empty() {
        return Response::new(200, "application/json", config);
    }
    let media = match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    };
    match files.get(path) {
        Some(bytes) => Response::new(200, media, bytes.clone()),
        None => Response::new(404, "text/plain", "not found"),
    }
}
