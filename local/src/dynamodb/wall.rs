//! Stands in front of the engine, which itself lets everybody do everything: lets in the functions of this run, each with what
//! its role allows. Knows HTTP headers; passes on what it lets in, byte for byte.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Uri, header};
use axum::response::Response;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use template::policy::{Decision, ExecutionRole};

use super::{permission, refusal};
use crate::iam::{Iam, Reason};

/// DynamoDB takes no larger request: 16 MB.
const BODY_LIMIT: usize = 16 * 1024 * 1024;
/// The prefixes of operations of the table and of the stream API, and the longest name an operation may have.
const TARGETS: [&str; 2] = ["DynamoDB_20120810.", "DynamoDBStreams_20120810."];
const LONGEST_NAME: usize = 64;

#[derive(Debug)]
struct Wall {
    engine: SocketAddr,
    host: String,
    iam: Iam,
    client: Client<HttpConnector, Body>,
}

/// The wall before `engine`, itself listening on `address`.
pub fn router(engine: SocketAddr, address: SocketAddr, iam: Iam) -> Router {
    Router::new().fallback(pass).with_state(Arc::new(Wall::new(engine, address, iam)))
}

async fn pass(State(wall): State<Arc<Wall>>, request: Request) -> Response {
    wall.judge(request).await.unwrap_or_else(|refusal| refusal)
}

impl Wall {
    fn new(engine: SocketAddr, address: SocketAddr, iam: Iam) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self { engine, host: address.to_string(), iam, client }
    }

    async fn judge(&self, request: Request) -> Result<Response, Response> {
        let role = self.admits(request.headers()).ok_or_else(refusal::unknown_key)?;
        let operation = operation(request.headers()).ok_or_else(refusal::unknown_operation)?.to_owned();
        let (mut parts, body) = request.into_parts();
        let body = to_bytes(body, BODY_LIMIT).await.map_err(|_| refusal::too_large())?;
        if let Some(refusal) = self.denial(&role, &operation, &body) {
            return Err(refusal);
        }
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let uri = format!("http://{}{path}", self.engine).parse::<Uri>();
        parts.uri = uri.map_err(|_| refusal::unknown_operation())?;
        // It is whole now and has a length.
        parts.headers.remove(header::TRANSFER_ENCODING);
        let answer = self.client.request(Request::from_parts(parts, Body::from(body))).await;
        answer.map(|answer| answer.map(Body::new)).map_err(|_| refusal::no_engine())
    }

    /// A browser sends `Origin`, or the `Host` of a rebound name; a function signs with its key id.
    fn admits(&self, headers: &HeaderMap) -> Option<Arc<ExecutionRole>> {
        let is_own =
            !headers.contains_key(header::ORIGIN) && only(headers, &header::HOST) == Some(&self.host);
        only(headers, &header::AUTHORIZATION).filter(|_| is_own).and_then(|text| self.iam.role_of(text))
    }

    /// What to answer unless everything the request touches is allowed.
    fn denial(&self, role: &ExecutionRole, operation: &str, body: &Bytes) -> Option<Response> {
        let Ok(needed) = permission::needed(operation, body) else { return Some(refusal::unreadable()) };
        for permission in &needed {
            let decision = role.decide(&permission.action, &permission.target);
            if decision != Decision::Allowed {
                let resource = refusal::resource(&permission.target);
                let why = match self.iam.denied(role, &permission.action, resource, decision) {
                    Reason::TakenAway => "이 실행 동안 역할에서 빼 둔 동작이다",
                    Reason::NotGranted | Reason::ExplicitDeny => {
                        "template.yaml에서 역할의 정책이 허용하지 않는 호출이다"
                    }
                };
                tracing::warn!(
                    function = role.function,
                    role = role.name,
                    action = permission.action,
                    resource,
                    "AccessDeniedException: {why}"
                );
                return Some(refusal::access_denied(role, permission, decision));
            }
        }
        None
    }
}

/// The value of a header that stands once: of two, the engine might believe the other.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn operation(headers: &HeaderMap) -> Option<&str> {
    let target = only(headers, &HeaderName::from_static("x-amz-target"))?;
    let name = TARGETS.iter().find_map(|prefix| target.strip_prefix(prefix))?;
    let is_name =
        (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use serde_json::{Value, json};
    use template::policy::{Effect, Statement};
    use tower::ServiceExt;

    use super::*;

    const TABLE: &str = "arn:aws:dynamodb:ap-northeast-2:123456789012:table/User";

    fn statement(effect: Effect, action: &str, resource: &str) -> Statement {
        Statement { effect, actions: vec![action.to_owned()], resources: vec![resource.to_owned()] }
    }

    fn iam() -> Iam {
        let reads = statement(Effect::Allow, "dynamodb:Get*", TABLE);
        let no_scan = statement(Effect::Deny, "dynamodb:Scan", "*");
        let reader = ExecutionRole {
            function: "Reader".into(),
            name: "ReaderRole".into(),
            statements: vec![reads, no_scan],
        };
        Iam::new(vec![reader])
    }

    fn signed(iam: &Iam) -> String {
        let key = &iam.credentials()["Reader"]["AWS_ACCESS_KEY_ID"];
        format!(
            "AWS4-HMAC-SHA256 Credential={key}/20261122/ap-northeast-2/dynamodb/aws4_request, Signature=0"
        )
    }

    #[test]
    fn only_a_function_of_this_run_is_let_in() {
        let iam = iam();
        let signed = signed(&iam);
        let wall = Wall::new("127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap(), iam);
        let with = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(*name, value.parse().unwrap());
            }
            wall.admits(&headers).is_some()
        };
        let signed = ("authorization", signed.as_str());
        let host = ("host", "127.0.0.1:2");
        assert!(with(&[host, signed]));
        assert!(!with(&[host]));
        assert!(!with(&[("host", "evil.example:2"), signed]));
        assert!(!with(&[host, ("host", "evil.example:2"), signed]));
        assert!(!with(&[host, signed, signed]));
        assert!(!with(&[host, signed, ("origin", "http://127.0.0.1:2")]));
        assert!(!with(&[host, ("authorization", "AWS4-HMAC-SHA256 Credential=AKIAXY/1")]));
    }

    /// The wall's answer to a signed request; nothing listens behind it, so what it lets in is an internal error.
    async fn ask(targets: &[&str], body: impl Into<Body>) -> (StatusCode, Value) {
        let iam = iam();
        let mut request =
            Request::post("/").header("host", "127.0.0.1:2").header("authorization", signed(&iam));
        for target in targets {
            request = request.header("x-amz-target", *target);
        }
        let router = router("127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap(), iam);
        let answer = router.oneshot(request.body(body.into()).unwrap()).await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/x-amz-json-1.0");
        assert_eq!(answer.headers()["x-amzn-requestid"].len(), 52);
        let status = answer.status();
        let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    fn error(kind: &str) -> Value {
        json!({"__type": format!("com.amazon.coral.service#{kind}")})
    }

    #[tokio::test]
    async fn what_the_role_does_not_allow_is_denied_in_dynamodb_s_words() {
        let user = "arn:aws:sts::123456789012:assumed-role/ReaderRole/Reader";
        let denied = |action: &str, resource: &str, why: &str| {
            let mut body = error("AccessDeniedException");
            body["Message"] = format!(
                "User: {user} is not authorized to perform: dynamodb:{action} on resource: {resource} {why}"
            )
            .into();
            (StatusCode::BAD_REQUEST, body)
        };
        let put = ask(&["DynamoDB_20120810.PutItem"], r#"{"TableName":"User"}"#).await;
        let why = "because no identity-based policy allows the dynamodb:PutItem action";
        assert_eq!(put, denied("PutItem", TABLE, why));
        let scan = ask(&["DynamoDB_20120810.Scan"], r#"{"TableName":"User"}"#).await;
        assert_eq!(scan, denied("Scan", TABLE, "with an explicit deny in an identity-based policy"));
        let list = ask(&["DynamoDB_20120810.ListTables"], "{}").await;
        let why = "because no identity-based policy allows the dynamodb:ListTables action";
        assert_eq!(list, denied("ListTables", "*", why));
        let (status, body) = ask(&["DynamoDB_20120810.GetItem"], r#"{"TableName":"User"}"#).await;
        assert_eq!(
            (status, &body["__type"]),
            (StatusCode::INTERNAL_SERVER_ERROR, &error("InternalServerError")["__type"])
        );
    }

    #[tokio::test]
    async fn what_cannot_be_judged_is_refused() {
        let bad = |kind: &str| (StatusCode::BAD_REQUEST, error(kind));
        let body = r#"{"TableName":"User"}"#;
        for targets in [
            &[][..],
            &["DynamoDB_20120810.GetItem", "DynamoDB_20120810.PutItem"],
            &["DynamoDB_20111205.GetItem"],
            &["GetItem"],
            &["DynamoDB_20120810."],
            &["DynamoDB_20120810.Get Item"],
        ] {
            assert_eq!(ask(targets, body).await, bad("UnknownOperationException"), "{targets:?}");
        }
        for body in ["", "no JSON", r#"{"TableName":"User","TableName":"User"}"#] {
            assert_eq!(
                ask(&["DynamoDB_20120810.GetItem"], body).await,
                bad("SerializationException"),
                "{body}"
            );
        }
        let large = ask(&["DynamoDB_20120810.GetItem"], vec![b' '; BODY_LIMIT + 1]).await;
        assert_eq!(large, (StatusCode::PAYLOAD_TOO_LARGE, error("RequestEntityTooLargeException")));
    }
}
