//! A Runtime API at a plain `host:port` for one environment, because the runtime clients of most languages take no path.
//! Knows one environment's token and process; lets nobody else in where the system tells who calls.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use nix::unistd::Pid;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::environment::Token;
use super::function::Function;
use super::peer::{self, Owner};
use super::runtime_api;

/// Listens on a free port for the environment with this token until aborted.
///
/// # Errors
/// No port is to be had.
pub fn open(
    function: Arc<Function>,
    token: Token,
    pid: watch::Receiver<Option<Pid>>,
) -> std::io::Result<(SocketAddr, AbortHandle)> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let address = listener.local_addr()?;
    let router = Router::new().fallback(answer).with_state((function, token));
    let server = axum::serve(Guarded { listener, pid }, router);
    let server = tokio::spawn(async move { server.await });
    Ok((address, server.abort_handle()))
}

async fn answer(State((function, token)): State<(Arc<Function>, Token)>, request: Request) -> Response {
    // A browser adds one of these to whatever a page sends; no runtime does.
    if request.headers().contains_key("origin") || request.headers().contains_key("sec-fetch-site") {
        return StatusCode::FORBIDDEN.into_response();
    }
    let (parts, body) = request.into_parts();
    runtime_api::answer(&function, token, &parts, parts.uri.path(), body).await
}

/// Accepts connections of the environment's own processes.
#[derive(Debug)]
struct Guarded {
    listener: TcpListener,
    pid: watch::Receiver<Option<Pid>>,
}

impl axum::serve::Listener for Guarded {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            let (connection, from) = axum::serve::Listener::accept(&mut self.listener).await;
            let _ = connection.set_nodelay(true);
            // The process may be quicker here than the news of its start.
            let Ok(Some(group)) = self.pid.wait_for(Option::is_some).await.map(|pid| *pid) else {
                std::future::pending().await
            };
            let Ok(here) = connection.local_addr() else { continue };
            let owner = tokio::task::spawn_blocking(move || peer::owner(from, here, group)).await;
            match owner {
                Ok(Owner::Group | Owner::Unknown) => return (connection, from),
                Ok(Owner::Other) | Err(_) => {
                    tracing::warn!(
                        "a process that is none of an environment's own has called its Runtime API"
                    );
                }
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
