//! Accepts connections and serves HTTP/1.1 on them within bounds: how many, how long a head may take, how long a reader may not read.
//! Knows sockets and a function from request to answer; nothing of what is answered.

use std::convert::Infallible;
use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::stream::Stream;

/// How many connections, and how long they may keep a place.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The most connections open at once. Who comes then is answered 503 at once.
    pub most: usize,
    /// How long the head of a request may take, counted from the answer before it: also how long a connection may be idle.
    pub head: Duration,
    /// How long a caller may not take what is sent.
    pub stall: Duration,
    /// How long requests under way may go on after the end.
    pub grace: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        // Six tabs of a browser have 36 connections, a burst of the bench 200.
        Self { most: 512, head: seconds(30), stall: seconds(30), grace: seconds(2) }
    }
}

/// The most bytes of a request line with its headers that are read at all. Above the 10,240 of an HTTP API, so that it is the API
/// that refuses what is a little too large, with its own words; this much is refused with a bare 431.
const HEAD: usize = 64 * 1024;
/// Connections beyond those that are closed so that the last answer arrives; there is nothing left to do for their callers.
const FAREWELLS: usize = 64;
/// After an error of `accept` that is not one connection's: no file descriptor left, for example.
const PAUSE: Duration = Duration::from_millis(200);

const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: text/plain; charset=utf-8\r\n\
    content-length: 44\r\n\
    connection: close\r\n\
    retry-after: 1\r\n\r\n\
    Too many connections are open on this server";

/// Answers every request with `answer` until `end` is ready, and those under way then within `bounds.grace`.
pub async fn serve<A, R>(listener: TcpListener, bounds: Bounds, answer: A, end: impl Future<Output = ()>)
where
    A: Fn(Request<Incoming>, SocketAddr) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Response> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(bounds.most));
    let farewells = Arc::new(Semaphore::new(FAREWELLS));
    let (ending, ended) = watch::channel(false);
    let mut end = pin!(end);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut end => break,
        };
        let (stream, caller) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                if !is_of_one_connection(&error) {
                    tracing::warn!("연결을 받지 못했다: {error}");
                    tokio::time::sleep(PAUSE).await;
                }
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let stream = Stream::new(stream, bounds.stall, Arc::clone(&farewells));
        if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
            let answer = answer.clone();
            tokio::spawn(connection(stream, caller, bounds, answer, ended.clone(), place));
        } else if let Ok(place) = Arc::clone(&farewells).try_acquire_owned() {
            tokio::spawn(refuse(stream, place));
        }
    }
    drop(listener);
    let _ = ending.send(true);
    let everyone = u32::try_from(bounds.most).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(bounds.grace, places.acquire_many(everyone)).await;
}

async fn connection<A, R>(
    stream: Stream,
    caller: SocketAddr,
    bounds: Bounds,
    answer: A,
    mut ended: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
) where
    A: Fn(Request<Incoming>, SocketAddr) -> R,
    R: Future<Output = Response>,
{
    let service = service_fn(|request| {
        let answer = answer(request, caller);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let io = TokioIo::new(stream);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .max_header_size(HEAD)
        // Who has said everything and listens still gets an answer, as from `nc -N`.
        .half_close(true)
        .serve_connection(io, service);
    let mut connection = pin!(connection);
    // How a connection ends, well or not, is the caller's affair; what was answered is told by the rooms.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = ended.wait_for(|ended| *ended) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

async fn refuse(mut stream: Stream, _place: OwnedSemaphorePermit) {
    if stream.write_all(FULL).await.is_ok() {
        let _ = stream.shutdown().await;
    }
}

/// A caller who hung up before they were accepted.
fn is_of_one_connection(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}
