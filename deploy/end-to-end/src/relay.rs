//! Stands between a client and the emulator: counts requests, dresses them, and stops the world at a chosen one.
//! Knows HTTP; nothing of what the requests mean.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HOST, HeaderValue, TRANSFER_ENCODING};
use hyper::http::{request, response};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// More than any file of a book and any answer about it.
const LARGEST: usize = 64 * 1024 * 1024;

/// A listener on loopback that hands every request on.
pub struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

/// Where the client is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The number of the request, from 1.
    pub at: usize,
    /// Whether that request still takes effect; its answer never arrives.
    pub takes_effect: bool,
}

struct Shared {
    upstream: SocketAddr,
    host: Option<HeaderValue>,
    stop: Option<Stop>,
    seen: Mutex<Seen>,
    reached: Notify,
    under_way: watch::Sender<usize>,
}

#[derive(Default)]
struct Seen {
    requests: Vec<String>,
    closed: bool,
}

impl Relay {
    /// Hands requests to `upstream` as the end of a TLS connection would, to another `Host` if one is given.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(upstream: SocketAddr, host: Option<&str>, stop: Option<Stop>) -> Result<Relay> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let host = host.map(HeaderValue::from_str).transpose().context("Host")?;
        let seen = Mutex::default();
        let shared =
            Shared { upstream, host, stop, seen, reached: Notify::new(), under_way: watch::Sender::new(0) };
        let shared = Arc::new(shared);
        let listening = tokio::spawn(listen(listener, Arc::clone(&shared)));
        Ok(Relay { address, shared, listening })
    }

    /// Scheme, host and port.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Method and path of every request so far.
    pub fn requests(&self) -> Vec<String> {
        self.shared.seen().requests.clone()
    }

    /// Waits until the client stands at its stop.
    pub async fn reached(&self) {
        self.shared.reached.notified().await;
    }

    /// Hands nothing on from now, and waits for what is under way: afterwards nothing changes any more.
    ///
    /// # Errors
    /// Never while the relay stands.
    pub async fn close(&self) -> Result<()> {
        self.shared.seen().closed = true;
        self.shared.under_way.subscribe().wait_for(|count| *count == 0).await?;
        Ok(())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of a request that has arrived whole, unless the relay is closed.
    fn number(&self, parts: &request::Parts) -> Option<usize> {
        let mut seen = self.seen();
        if seen.closed {
            return None;
        }
        seen.requests.push(format!("{} {}", parts.method, parts.uri));
        self.under_way.send_modify(|count| *count += 1);
        Some(seen.requests.len())
    }

    fn stops_at(&self, number: usize, takes_effect: bool) -> bool {
        self.stop == Some(Stop { at: number, takes_effect })
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |request| pass(Arc::clone(&shared), request));
            // A client that hangs up is what this relay is for.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn pass(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let answer = relayed(shared, request).await;
    Ok(answer.unwrap_or_else(|error| {
        let mut response = Response::new(Full::new(Bytes::from(format!("{error:#}"))));
        *response.status_mut() = StatusCode::BAD_GATEWAY;
        response
    }))
}

async fn relayed(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>> {
    let (parts, body) = request.into_parts();
    // S3 stores nothing of a body that breaks off, so a torn request goes no further.
    let body = whole(body).await?;
    let number = shared.number(&parts).context("closed")?;
    if shared.stops_at(number, false) {
        shared.under_way.send_modify(|count| *count -= 1);
        shared.reached.notify_one();
        return std::future::pending().await;
    }
    // In a task of its own: what has been sent takes effect even if the client is gone.
    let exchange = tokio::spawn({
        let shared = Arc::clone(&shared);
        async move {
            let answer = exchange(&shared, parts, body).await;
            shared.under_way.send_modify(|count| *count -= 1);
            answer
        }
    });
    let (parts, body) = exchange.await??;
    if shared.stops_at(number, true) {
        shared.reached.notify_one();
        return std::future::pending().await;
    }
    Ok(Response::from_parts(parts, Full::new(body)))
}

async fn exchange(
    shared: &Shared,
    mut parts: request::Parts,
    body: Bytes,
) -> Result<(response::Parts, Bytes)> {
    if let Some(host) = &shared.host {
        parts.headers.insert(HOST, host.clone());
    }
    // The emulator takes it for `aws:SecureTransport`, and for the viewer's protocol.
    parts.headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
    // The body has its length now.
    parts.headers.remove(TRANSFER_ENCODING);
    let stream = TcpStream::connect(shared.upstream).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(Request::from_parts(parts, Full::new(body))).await?;
    let (mut parts, body) = answer.into_parts();
    let body = whole(body).await?;
    connection.abort();
    parts.headers.remove(TRANSFER_ENCODING);
    Ok((parts, body))
}

async fn whole(body: Incoming) -> Result<Bytes> {
    let body = Limited::new(body, LARGEST).collect().await;
    Ok(body.map_err(|error| anyhow::anyhow!("{error}"))?.to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers every request with what it got.
    async fn mirror() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = hyper::service::service_fn(|request: Request<Incoming>| async move {
                    let host = request.headers().get(HOST).cloned();
                    let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes);
                    let text = format!("{host:?} {:?}", body.unwrap_or_default());
                    Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(text))))
                });
                let builder = hyper::server::conn::http1::Builder::new();
                tokio::spawn(builder.serve_connection(TokioIo::new(stream), service));
            }
        });
        address
    }

    async fn put(url: String) -> Result<String> {
        let sent =
            tokio::task::spawn_blocking(move || ureq::put(&url).send("hello")?.into_body().read_to_string());
        Ok(sent.await??)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn requests_pass_dressed_and_counted() {
        let relay = Relay::start(mirror().await, Some("book.invalid"), None).await.unwrap();
        let answer = put(format!("{}/a?b=c", relay.base())).await.unwrap();
        assert_eq!(answer, "Some(\"book.invalid\") b\"hello\"");
        assert_eq!(relay.requests(), ["PUT /a?b=c"]);
        relay.close().await.unwrap();
        assert!(put(relay.base()).await.is_err(), "closed");
        assert_eq!(relay.requests().len(), 1);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_client_is_held_at_its_stop() {
        for takes_effect in [false, true] {
            let stop = Stop { at: 2, takes_effect };
            let relay = Relay::start(mirror().await, None, Some(stop)).await.unwrap();
            put(relay.base()).await.unwrap();
            let held = tokio::spawn(put(relay.base()));
            relay.reached().await;
            assert!(!held.is_finished());
            relay.close().await.unwrap();
            assert_eq!(relay.requests().len(), 2);
        }
    }
}
