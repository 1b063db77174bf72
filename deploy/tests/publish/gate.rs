//! Stands between the program and a server: writes every request down, and at a chosen one has the program killed.
//! Knows HTTP; changes nothing that passes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};

const MAX_BODY: usize = 64 * 1024 * 1024;

/// One request as it was sent.
#[derive(Debug, Clone)]
pub struct Sent {
    pub method: String,
    /// With the query.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Sent {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("-")
    }
}

/// Kill at this request (from 0); `after`: the server still carries it out.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    pub request: usize,
    pub after: bool,
}

#[derive(Clone)]
pub struct Gate {
    pub address: SocketAddr,
    behind: SocketAddr,
    inner: Arc<Inner>,
}

/// What requests that begin with `start` get in place of the server's answer.
#[derive(Clone)]
struct Refusal {
    start: String,
    status: StatusCode,
    body: String,
    is_once: bool,
}

#[derive(Default)]
struct Inner {
    sent: Mutex<Vec<Sent>>,
    point: Mutex<Option<(Point, mpsc::UnboundedSender<()>)>>,
    killed: Notify,
    refusals: Mutex<Vec<Refusal>>,
}

impl Gate {
    /// A gate in front of `behind`.
    pub async fn open(behind: SocketAddr) -> Gate {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gate = Gate { address: listener.local_addr().unwrap(), behind, inner: Arc::default() };
        let router = Router::new().fallback(pass).with_state(gate.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        gate
    }

    /// Everything sent since the last call.
    pub fn sent(&self) -> Vec<Sent> {
        std::mem::take(&mut *self.inner.sent.lock().unwrap())
    }

    /// Tells the receiver when the chosen request has come; that request is answered only after `killed`.
    pub fn kill_at(&self, point: Point) -> mpsc::UnboundedReceiver<()> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.sent();
        *self.inner.point.lock().unwrap() = Some((point, sender));
        receiver
    }

    /// The program is dead: what it was waiting for may go on.
    pub fn killed(&self) {
        *self.inner.point.lock().unwrap() = None;
        self.inner.killed.notify_waiters();
    }

    /// From now on answers requests that begin with `start` (`PUT /book/a.html`) with this, in place of the server.
    pub fn refuse(&self, start: &str, status: u16, body: &str) {
        self.add_refusal(start, status, body, false);
    }

    /// The same for the next such request alone.
    pub fn refuse_once(&self, start: &str, status: u16, body: &str) {
        self.add_refusal(start, status, body, true);
    }

    fn add_refusal(&self, start: &str, status: u16, body: &str, is_once: bool) {
        let (start, body, status) =
            (start.to_owned(), body.to_owned(), StatusCode::from_u16(status).unwrap());
        self.inner.refusals.lock().unwrap().push(Refusal { start, status, body, is_once });
    }

    fn refusal(&self, line: &str) -> Option<Refusal> {
        let mut all = self.inner.refusals.lock().unwrap();
        let at = all.iter().position(|refusal| line.starts_with(&refusal.start))?;
        Some(if all[at].is_once { all.remove(at) } else { all[at].clone() })
    }
}

async fn pass(State(gate): State<Gate>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY).await.unwrap_or_default();
    let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let sent =
        Sent { method: parts.method.to_string(), path, headers: parts.headers.clone(), body: body.clone() };
    let line = format!("{} {}", sent.method, sent.path);
    let number = {
        let mut all = gate.inner.sent.lock().unwrap();
        all.push(sent);
        all.len() - 1
    };
    let killed = gate.inner.killed.notified();
    tokio::pin!(killed);
    killed.as_mut().enable();
    let point = gate.inner.point.lock().unwrap().clone();
    if let Some((point, told)) = point
        && number >= point.request
    {
        // Requests behind the chosen one never reach the server: the program was dead before it sent them.
        let is_it = number == point.request;
        let answer = if is_it && point.after { Some(forward(&gate, parts, body).await) } else { None };
        if is_it {
            told.send(()).unwrap();
        }
        killed.await;
        return answer.unwrap_or_else(|| StatusCode::SERVICE_UNAVAILABLE.into_response());
    }
    match gate.refusal(&line) {
        Some(refusal) => (refusal.status, refusal.body).into_response(),
        None => forward(&gate, parts, body).await,
    }
}

async fn forward(gate: &Gate, parts: axum::http::request::Parts, body: Bytes) -> Response {
    let stream = TcpStream::connect(gate.behind).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut request = Request::from_parts(parts, Body::from(body));
    request.headers_mut().remove("expect");
    let answer = sender.send_request(request).await.unwrap();
    answer.map(Body::new)
}

/// `GET` of one object, as a reader would.
pub async fn read(server: SocketAddr, path: &str) -> Option<Vec<u8>> {
    let stream = TcpStream::connect(server).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get(path).header("host", server.to_string()).body(Body::empty()).unwrap();
    let answer = sender.send_request(request).await.unwrap();
    let is_there = answer.status() == StatusCode::OK;
    let body = to_bytes(Body::new(answer.into_body()), MAX_BODY).await.unwrap();
    is_there.then(|| body.to_vec())
}
