//! Stands in front of the engine, which itself answers any web page: lets in the functions of this run and nobody else.
//! Knows HTTP headers; passes on what it lets in, byte for byte.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

#[derive(Debug)]
struct Wall {
    engine: SocketAddr,
    host: String,
    access_key_id: String,
    client: Client<HttpConnector, Body>,
}

/// The wall before `engine`, itself listening on `address`.
pub fn router(engine: SocketAddr, address: SocketAddr, access_key_id: String) -> Router {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let wall = Wall { engine, host: address.to_string(), access_key_id, client };
    Router::new().fallback(pass).with_state(Arc::new(wall))
}

async fn pass(State(wall): State<Arc<Wall>>, mut request: Request) -> Response {
    if !wall.admits(request.headers()) {
        return refusal(StatusCode::BAD_REQUEST, "UnrecognizedClientException");
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let Ok(uri) = format!("http://{}{path}", wall.engine).parse::<Uri>() else {
        return refusal(StatusCode::BAD_REQUEST, "ValidationException");
    };
    *request.uri_mut() = uri;
    match wall.client.request(request).await {
        Ok(answer) => answer.map(Body::new),
        Err(_) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError"),
    }
}

impl Wall {
    /// A browser sends `Origin`, or the `Host` of a rebound name; a function signs with this run's key id.
    fn admits(&self, headers: &HeaderMap) -> bool {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let credential = format!("Credential={}/", self.access_key_id);
        !headers.contains_key(header::ORIGIN)
            && text(header::HOST) == self.host
            && text(header::AUTHORIZATION).contains(&credential)
    }
}

/// An error in DynamoDB's own form ("Error handling with DynamoDB").
fn refusal(status: StatusCode, kind: &str) -> Response {
    let body = serde_json::json!({
        "__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"),
        "message": "The security token included in the request is invalid."
    });
    (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.0")], body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_function_of_this_run_is_let_in() {
        let wall = Wall {
            engine: "127.0.0.1:1".parse().unwrap(),
            host: "127.0.0.1:2".into(),
            access_key_id: "AKIAX".into(),
            client: Client::builder(TokioExecutor::new()).build(HttpConnector::new()),
        };
        let with = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            wall.admits(&headers)
        };
        let signed = (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKIAX/20261122/ap-northeast-2/dynamodb/aws4_request",
        );
        let host = ("host", "127.0.0.1:2");
        assert!(with(&[host, signed]));
        assert!(!with(&[host]));
        assert!(!with(&[("host", "evil.example:2"), signed]));
        assert!(!with(&[host, signed, ("origin", "http://127.0.0.1:2")]));
        assert!(!with(&[host, ("authorization", "AWS4-HMAC-SHA256 Credential=AKIAXY/1")]));
    }
}
