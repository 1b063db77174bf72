//! Every mistake but the one that ends the process, with events as API Gateway sends them, in front of a real
//! DynamoDB-compatible engine. Knows the function from outside only.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../../users/tests/support/engine.rs"]
mod engine;

use aws_sdk_dynamodb::types::ScalarAttributeType;
use axum::{Router, http::StatusCode};
use engine::client;
use environment::Birth;
use lambda_runtime::{Context, LambdaEvent};
use mistakes::{Function, MOST_READS, MOST_WRITES, Mistake, TOO_MANY_BYTES, Table};
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::OnceLock, time::Duration};
use tokio::{runtime::Runtime, time::timeout};
use users::{Namespaces, Throttle};

const TABLE: &str = "mistakes";
const ACCOUNT: &str = "210987654321";

/// The runtime everything runs on.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| engine::runtime().unwrap())
}

/// Where the engine listens; its table is the template's.
fn engine() -> SocketAddr {
    static ENGINE: OnceLock<SocketAddr> = OnceLock::new();
    let key = [("id", ScalarAttributeType::N)];
    *ENGINE.get_or_init(|| runtime().block_on(engine::start(TABLE, &key)).unwrap())
}

async fn function_at(address: SocketAddr, secret: &str, burst: u32) -> Function {
    let table = Table::new(client(address).await, TABLE.to_owned());
    let environment = Birth::now().complete().unwrap().behind_origin(secret);
    Function::new(environment, table, Namespaces::keyed("stack").unwrap(), Throttle::new(0.01, burst))
}

async fn function() -> Function {
    function_at(engine(), "", 1_000).await
}

fn visitor() -> String {
    environment::random_hex().unwrap()
}

/// What the function returns for a request to `mistake`, which may have a query.
async fn returned(function: &Function, visitor: &str, mistake: &str) -> Result<Value, (String, String)> {
    let (path, query) = mistake.split_once('?').unwrap_or((mistake, ""));
    let event = json!({
        "version": "2.0",
        "routeKey": "GET /api/mistakes/{mistake}",
        "rawPath": format!("/api/mistakes/{path}"),
        "rawQueryString": query,
        "headers": {"host": "abcdefghij.execute-api.example", "x-forwarded-proto": "https", "x-visitor": visitor},
        "requestContext": {
            "accountId": ACCOUNT, "apiId": "abcdefghij", "domainName": "abcdefghij.execute-api.example",
            "domainPrefix": "abcdefghij",
            "http": {"method": "GET", "path": format!("/api/mistakes/{path}"), "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7", "userAgent": "test"},
            "requestId": "JKJaXmPLvHcESHA=", "routeKey": "GET /api/mistakes/{mistake}", "stage": "$default",
            "time": "22/Nov/2026:00:00:00 +0000", "timeEpoch": 1_795_305_600_000_u64
        },
        "isBase64Encoded": false
    });
    let mut context = Context::default();
    context.invoked_function_arn = format!("arn:aws:lambda:ap-northeast-2:{ACCOUNT}:function:mistakes");
    let answer = function.answer(LambdaEvent::new(event, context)).await;
    answer.map_err(|error| (error.error_type, error.error_message))
}

/// Status and body of the response.
async fn asked(function: &Function, visitor: &str, mistake: &str) -> (u64, Value) {
    let response = returned(function, visitor, mistake).await.unwrap();
    let body = serde_json::from_str(response["body"].as_str().unwrap()).unwrap_or_default();
    (response["statusCode"].as_u64().unwrap(), body)
}

#[test]
fn dynamodb_s_own_words_stand_beside_the_error() {
    engine();
    runtime().block_on(async {
        let (function, visitor) = (function().await, visitor());
        for (mistake, action, code, words) in [
            ("key-type", "PutItem", "key_type", "Type mismatch for key id expected: N actual: S"),
            ("key-element", "GetItem", "key_element", "The provided key element does not match the schema"),
            ("reserved-word", "UpdateItem", "reserved_word", "reserved keyword: name"),
        ] {
            let (status, body) = asked(&function, &visitor, mistake).await;
            assert_eq!((status, &body["error"]["code"]), (500, &json!(code)), "{body}");
            let said = &body["dynamodb"];
            assert_eq!((&said["action"], &said["code"]), (&json!(action), &json!("ValidationException")));
            assert!(said["message"].as_str().unwrap().contains(words), "{body}");
            let (status, body) = asked(&function, &visitor, &format!("{mistake}?fixed=true")).await;
            assert_eq!((status, &body["item"]["name"]), (200, &json!("김하늘")), "{mistake}: {body}");
        }
    });
}

#[test]
fn the_second_creation_takes_everything_from_the_first_unless_a_condition_refuses_it() {
    engine();
    runtime().block_on(async {
        let (function, visitor) = (function().await, visitor());
        let (status, body) = asked(&function, &visitor, "overwrite").await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(body["lost"], json!({"name": "김하늘", "email": "sky@example.com"}));
        assert_eq!(body["item"], json!({"name": "이바다"}));
        let (status, body) = asked(&function, &visitor, "overwrite?fixed=true").await;
        assert_eq!((status, &body["error"]["code"]), (409, &json!("id_in_use")), "{body}");
        assert_eq!(body["dynamodb"]["code"], "ConditionalCheckFailedException");
        let (_, body) = asked(&function, &visitor, "key-element?fixed=true").await;
        assert_eq!(body["item"], json!({"name": "김하늘", "email": "sky@example.com"}), "{body}");
    });
}

#[test]
fn what_has_expired_is_there_until_somebody_looks_at_the_time() {
    engine();
    runtime().block_on(async {
        let (function, visitor) = (function().await, visitor());
        let (status, body) = asked(&function, &visitor, "expired").await;
        assert_eq!((status, &body["item"]["name"]), (200, &json!("김하늘")), "{body}");
        let (status, body) = asked(&function, &visitor, "expired?fixed=true").await;
        assert_eq!((status, &body["item"]), (200, &Value::Null), "{body}");
    });
}

#[test]
fn no_reader_reaches_another_s_items_and_no_mistake_takes_more_than_it_says() {
    engine();
    runtime().block_on(async {
        let (function, one, other) = (function().await, visitor(), visitor());
        for mistake in Mistake::ALL {
            let name = mistake.name();
            // Four say nothing of a table, and here nobody refuses the deletion.
            if matches!(
                mistake,
                Mistake::AccessDenied
                    | Mistake::Crash
                    | Mistake::TimeOut
                    | Mistake::Exception
                    | Mistake::Malformed
            ) {
                continue;
            }
            let response = returned(&function, &one, name).await.unwrap();
            let units =
                response["headers"]["x-consumed-capacity"].as_str().map_or(0.0, |text| text.parse().unwrap());
            assert!(units <= f64::from(MOST_READS + MOST_WRITES), "{name}: {units}");
        }
        let (_, mine) = asked(&function, &one, "key-element?fixed=true").await;
        assert_eq!(mine["item"]["name"], "이바다");
        let (_, theirs) = asked(&function, &other, "key-element?fixed=true").await;
        assert_eq!(theirs["item"], Value::Null);
        let stored = client(engine()).await.scan().table_name(TABLE).send().await.unwrap();
        assert!(
            stored.items().iter().all(|item| item.contains_key("expiresAt")),
            "every item ends by itself"
        );
    });
}

#[test]
fn a_denial_is_handed_on_without_the_account_s_number() {
    runtime().block_on(async {
        let denial = format!(
            r#"{{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"User: arn:aws:sts::{ACCOUNT}:assumed-role/r/f is not authorized to perform: dynamodb:DeleteItem on resource: arn:aws:dynamodb:ap-northeast-2:{ACCOUNT}:table/mistakes because no identity-based policy allows the dynamodb:DeleteItem action"}}"#
        );
        let refusing = Router::new().fallback(move || {
            let denial = denial.clone();
            async move { (StatusCode::BAD_REQUEST, [("content-type", "application/x-amz-json-1.0")], denial) }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, refusing).await.unwrap() });
        let function = function_at(address, "", 1_000).await;
        let (status, body) = asked(&function, &visitor(), "access-denied").await;
        assert_eq!((status, &body["error"]["code"]), (500, &json!("access_denied")), "{body}");
        let said = body["dynamodb"]["message"].as_str().unwrap();
        assert!(said.contains("arn:aws:sts::(가림):assumed-role"), "{said}");
        assert!(said.contains("no identity-based policy allows the dynamodb:DeleteItem action"), "{said}");
        assert!(!body.to_string().contains(ACCOUNT), "{body}");
        // What is denied here is not what these mistakes are about.
        let (status, body) = asked(&function, &visitor(), "key-type").await;
        assert_eq!((status, &body["error"]["code"]), (500, &json!("internal")), "{body}");
    });
}

#[test]
fn a_mistake_that_the_deployment_does_not_let_happen_is_no_lesson() {
    engine();
    runtime().block_on(async {
        // This engine asks for no permission, so the deletion succeeds.
        let (status, body) = asked(&function().await, &visitor(), "access-denied").await;
        assert_eq!((status, &body["error"]["code"]), (500, &json!("internal")), "{body}");
    });
}

#[test]
fn what_the_function_returns_is_what_no_gateway_can_read() {
    engine();
    runtime().block_on(async {
        let (function, visitor) = (function().await, visitor());
        let malformed = returned(&function, &visitor, "malformed").await.unwrap();
        assert!(malformed["statusCode"] == 200 && malformed["body"].is_object(), "{malformed}");
        let (status, body) = asked(&function, &visitor, "malformed?fixed=true").await;
        assert_eq!((status, &body["fixed"]), (200, &json!(true)));
        let error = returned(&function, &visitor, "exception").await;
        assert_eq!(error, Err(("ParseIntError".to_owned(), "invalid digit found in string".to_owned())));
        let large = returned(&function, &visitor, "too-large").await.unwrap();
        assert!(large["body"].as_str().unwrap().len() == TOO_MANY_BYTES && large.to_string().len() > 6 << 20);
        let waiting = timeout(Duration::from_millis(200), returned(&function, &visitor, "time-out")).await;
        assert!(waiting.is_err(), "it answered: {waiting:?}");
    });
}

#[test]
fn nobody_s_mistake_is_made() {
    engine();
    runtime().block_on(async {
        let (function, visitor) = (function().await, visitor());
        let code = |(status, body): (u64, Value)| {
            (status, body["error"]["code"].as_str().unwrap_or_default().to_owned())
        };
        for mistake in Mistake::ALL {
            let refused = asked(&function, "nobody", mistake.name()).await;
            assert_eq!(code(refused), (400, "visitor_invalid".to_owned()), "{mistake:?}");
        }
        assert_eq!(code(asked(&function, &visitor, "no-such").await), (404, "mistake_unknown".to_owned()));
        let asks = asked(&function, &visitor, "crash?fixed=true").await;
        assert_eq!(code(asks), (400, "query_unknown".to_owned()));
        let guarded = function_at(engine(), "secret-origin", 1_000).await;
        for mistake in Mistake::ALL {
            let refused = asked(&guarded, &visitor, mistake.name()).await;
            assert_eq!(code(refused), (403, "origin_bypassed".to_owned()), "{mistake:?}");
        }
        let slow = function_at(engine(), "", 1).await;
        assert_eq!(asked(&slow, &visitor, "malformed?fixed=true").await.0, 200);
        let refused = asked(&slow, &visitor, "crash").await;
        assert_eq!(code(refused), (429, "too_many_requests".to_owned()));
    });
}
