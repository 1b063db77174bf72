//! Answers requests for the book as S3 behind CloudFront would: GET and HEAD, a page for what is missing, and
//! `ETag` so that an unchanged page costs no bytes. Knows the shelf and HTTP, nothing of how books are built.

use axum::body::Body;
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, LOCATION, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use book_files::{InlineScripts, PAGE_HEADERS};
use bytes::Bytes;
use percent_encoding::percent_decode_str;

use super::compression;
use super::shelf::{File, Shelf, with_reload_script};
use crate::markup::escape;

/// Answers one request from a finished build. `connect` goes into the policy (see `InlineScripts::policy`).
pub async fn answer(
    shelf: &Shelf,
    connect: &str,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Response {
    let mut response = if *method == Method::GET || *method == Method::HEAD {
        find(shelf, method, uri, headers).await
    } else {
        (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")]).into_response()
    };
    guard(&mut response, &shelf.scripts, connect);
    response
}

/// The page shown while there has never been a good build: what is wrong, as text. It reloads itself once it is mended.
pub async fn broken(error: &str, connect: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"ko\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>책을 짓지 못했다</title>\n\
         </head>\n<body>\n<main>\n<h1>책을 짓지 못했다</h1>\n\
         <p>아래를 고치고 저장하면 이 쪽이 스스로 바뀐다.</p>\n<pre>{}</pre>\n</main>\n</body>\n</html>\n",
        escape(error)
    );
    let body = Bytes::from(with_reload_script(&html, ""));
    let file = File::new(body, "text/html; charset=utf-8");
    let mut response =
        send(StatusCode::SERVICE_UNAVAILABLE, &file, None, &Method::GET, &HeaderMap::new()).await;
    guard(&mut response, &InlineScripts::default(), connect);
    response
}

async fn find(shelf: &Shelf, method: &Method, uri: &Uri, headers: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", shelf.version);
    let path = uri.path();
    let name = path.strip_prefix('/').and_then(|path| percent_decode_str(path).decode_utf8().ok());
    if let Some(name) = name {
        let file = if name.is_empty() || name.ends_with('/') {
            shelf.file(&format!("{name}index.html"))
        } else {
            shelf.file(&name)
        };
        if let Some(file) = file {
            if is_known(headers, &etag) {
                return unchanged(&etag, file);
            }
            return send(StatusCode::OK, file, Some(&etag), method, headers).await;
        }
        // Relative links of a folder's page need the slash at its end.
        if !name.is_empty() && shelf.file(&format!("{name}/index.html")).is_some() {
            let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
            return (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, format!("{path}/{query}"))]).into_response();
        }
    }
    match shelf.file("404.html") {
        Some(file) => send(StatusCode::NOT_FOUND, file, None, method, headers).await,
        None => (StatusCode::NOT_FOUND, "404\n").into_response(),
    }
}

/// `If-None-Match` by weak comparison (RFC 9110, 13.1.2). There is no `Last-Modified`: the tag is exact.
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value
            .split(',')
            .map(str::trim)
            .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == etag)
    })
}

fn unchanged(etag: &str, file: &File) -> Response {
    (StatusCode::NOT_MODIFIED, [(ETAG, etag), (CACHE_CONTROL, file.cache_control)]).into_response()
}

/// Sends one file, compressed for a client that reads gzip.
pub async fn send(
    status: StatusCode,
    file: &File,
    etag: Option<&str>,
    method: &Method,
    headers: &HeaderMap,
) -> Response {
    let gzip = if compression::is_accepted(headers) { file.gzip().await } else { None };
    let is_gzip = gzip.is_some();
    let bytes = gzip.unwrap_or_else(|| file.body.clone());
    let length = bytes.len();
    let body = if *method == Method::HEAD { Body::empty() } else { Body::from(bytes) };
    let mut response = (
        status,
        [(CONTENT_TYPE, file.media_type), (CACHE_CONTROL, file.cache_control)],
        [(CONTENT_LENGTH, length)],
        body,
    )
        .into_response();
    if let Some(etag) = etag {
        // Other bytes under the same name: the tag of a compressed answer is weak, as CloudFront makes it.
        let weak = if is_gzip { "W/" } else { "" };
        insert(&mut response, ETAG, &format!("{weak}{etag}"));
    }
    if is_gzip {
        insert(&mut response, CONTENT_ENCODING, "gzip");
    }
    if file.is_compressible() {
        insert(&mut response, VARY, "accept-encoding");
    }
    response
}

fn guard(response: &mut Response, scripts: &InlineScripts, connect: &str) {
    // Browsers read these of documents alone, and they are most of a small file's weight.
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("text/html") || kind.starts_with("image/svg+xml") || kind.is_empty() {
        insert(response, CONTENT_SECURITY_POLICY, &scripts.policy(connect));
        for (name, value) in PAGE_HEADERS {
            insert(response, HeaderName::from_static(name), value);
        }
    }
    insert(response, X_CONTENT_TYPE_OPTIONS, "nosniff");
}

fn insert(response: &mut Response, name: HeaderName, value: &str) {
    // All values are ASCII by construction; a header that could not be one is left out rather than a panic.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
