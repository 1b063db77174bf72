//! A table's service that gives trouble on request: it stands before the real engine and follows a script.
//! Every step is one HTTP call of the SDK; after the last step calls pass through.

#![allow(clippy::unwrap_used)]

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::net::{TcpListener, TcpStream};

/// What happens to one call.
#[derive(Clone, Debug)]
pub enum Step {
    /// DynamoDB refuses it with this status and error type.
    Refuse(u16, &'static str),
    /// Nobody ever answers.
    Hang,
    /// The engine does it, and then the connection breaks.
    LoseAnswer,
    /// The connection breaks before anything is done.
    Break,
    /// A BatchGetItem is answered: none of it was processed.
    Unprocessed,
}

/// A text that must reach no visitor.
pub const SECRET: &str = "internal text of the service";

#[derive(Clone)]
pub struct Trouble {
    script: Arc<Mutex<VecDeque<Step>>>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Trouble {
    /// Starts a service in front of the engine that follows this script.
    pub async fn start(engine: SocketAddr, script: impl IntoIterator<Item = Step>) -> (SocketAddr, Self) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let trouble =
            Self { script: Arc::new(Mutex::new(script.into_iter().collect())), calls: Arc::default() };
        let serving = trouble.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let trouble = serving.clone();
                tokio::spawn(async move {
                    let service = service_fn(move |request| trouble.clone().answer(engine, request));
                    // An error is a broken connection, which is the point.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        (address, trouble)
    }

    /// The operations called so far.
    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    async fn answer(
        self,
        engine: SocketAddr,
        request: Request<Incoming>,
    ) -> io::Result<Response<Full<Bytes>>> {
        let target =
            request.headers()["x-amz-target"].to_str().unwrap().rsplit('.').next().unwrap().to_owned();
        self.calls.lock().unwrap().push(target);
        let step = self.script.lock().unwrap().pop_front();
        match step {
            None => forward(engine, request).await,
            Some(Step::Refuse(status, kind)) => {
                let kind = format!("com.amazonaws.dynamodb.v20120810#{kind}");
                Ok(json_answer(status, &json!({"__type": kind, "message": SECRET})))
            }
            Some(Step::Hang) => std::future::pending().await,
            Some(Step::LoseAnswer) => {
                forward(engine, request).await?;
                Err(io::ErrorKind::ConnectionReset.into())
            }
            Some(Step::Break) => Err(io::ErrorKind::ConnectionReset.into()),
            Some(Step::Unprocessed) => {
                let body = request.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
                let asked: Value = serde_json::from_slice(&body)?;
                Ok(json_answer(200, &json!({"Responses": {}, "UnprocessedKeys": asked["RequestItems"]})))
            }
        }
    }
}

fn json_answer(status: u16, body: &Value) -> Response<Full<Bytes>> {
    let answer = Response::builder().status(status).header("content-type", "application/x-amz-json-1.0");
    answer.body(Full::from(body.to_string())).unwrap()
}

async fn forward(engine: SocketAddr, request: Request<Incoming>) -> io::Result<Response<Full<Bytes>>> {
    let stream = TcpStream::connect(engine).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    let (head, body) = sender.send_request(request).await.map_err(io::Error::other)?.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    Ok(Response::from_parts(head, Full::from(body)))
}
