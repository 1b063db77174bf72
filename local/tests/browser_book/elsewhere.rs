//! A plain file server for a built book, below any path and on a port of its own, as somebody else's web space would be.
//! Knows HTTP and files.

use std::path::PathBuf;

use axum::Router;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub struct Elsewhere {
    /// Where the book begins, with a slash at the end.
    pub url: String,
    _runtime: Runtime,
}

/// Serves `folder` below `prefix` (`/` or `/a/b/`); below it `config.json` has this text.
pub fn serve(folder: PathBuf, prefix: &str, config: impl FnOnce(&str) -> String) -> Elsewhere {
    let runtime = Runtime::new().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let (config, prefix) = (config(&origin), prefix.to_owned());
    let url = format!("{origin}{prefix}");
    let answer = move |request: Request| {
        let response = file(&folder, &prefix, &config, request.uri());
        async move { response }
    };
    runtime.spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    Elsewhere { url, _runtime: runtime }
}

pub fn file(folder: &std::path::Path, prefix: &str, config: &str, uri: &Uri) -> Response {
    let Some(name) = uri.path().strip_prefix(prefix) else {
        return (StatusCode::NOT_FOUND, "not the book").into_response();
    };
    if name == "config.json" && !config.is_empty() {
        return ([(CONTENT_TYPE, "application/json")], config.to_owned()).into_response();
    }
    let name = if name.is_empty() { "index.html" } else { name };
    let (status, path) = match folder.join(name) {
        path if path.is_file() => (StatusCode::OK, path),
        _ => (StatusCode::NOT_FOUND, folder.join("404.html")),
    };
    let kind = book_files::media_type(path.to_str().unwrap()).unwrap();
    (status, [(CONTENT_TYPE, kind)], std::fs::read(path).unwrap()).into_response()
}
