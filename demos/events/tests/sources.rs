//! The function with events of all three sources, as AWS sends them, in front of a real DynamoDB-compatible engine.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../../users/tests/support/engine.rs"]
mod engine;

use aws_sdk_dynamodb::types::{AttributeValue, ScalarAttributeType};
use engine::client;
use environment::Birth;
use events::{Function, LONGEST_ITEM, Store};
use lambda_runtime::{Context, LambdaEvent};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{collections::BTreeSet, net::SocketAddr, sync::OnceLock};
use tokio::runtime::Runtime;
use users::{Namespaces, Throttle};

const TABLE: &str = "events";
const ACCOUNT: &str = "210987654321";

/// The runtime everything runs on.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| engine::runtime().unwrap())
}

/// Where the engine listens; its table is the template's.
fn engine() -> SocketAddr {
    static ENGINE: OnceLock<SocketAddr> = OnceLock::new();
    let key = [("reader", ScalarAttributeType::S), ("at", ScalarAttributeType::S)];
    *ENGINE.get_or_init(|| runtime().block_on(engine::start(TABLE, &key)).unwrap())
}

async fn function_at(address: SocketAddr, secret: &str) -> Function {
    let store = Store::new(client(address).await, TABLE.to_owned());
    let environment = Birth::now().complete().unwrap().behind_origin(secret);
    Function::new(environment, store, Namespaces::keyed("stack").unwrap(), Throttle::new(1e9, u32::MAX))
}

async fn function() -> Function {
    function_at(engine(), "").await
}

fn visitor() -> String {
    environment::random_hex().unwrap()
}

async fn send(function: &Function, event: Value) -> Result<Value, String> {
    let mut context = Context::default();
    context.request_id = visitor();
    function.answer(LambdaEvent::new(event, context)).await.map_err(|error| error.error_type)
}

/// A request as API Gateway hands it on, with everything in it that is nobody's business.
fn request(method: &str, visitor: &str, body: &str) -> Value {
    json!({
        "version": "2.0",
        "routeKey": format!("{method} /api/events"),
        "rawPath": "/api/events",
        "rawQueryString": "",
        "cookies": ["secret-cookie=1"],
        "headers": {
            "authorization": "Bearer secret-token", "content-type": "application/json", "host": "abcdefghij.execute-api.example",
            "user-agent": "secret-agent", "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https",
            "x-origin-secret": "secret-origin", "x-visitor": visitor
        },
        "requestContext": {
            "accountId": ACCOUNT, "apiId": "abcdefghij", "domainName": "abcdefghij.execute-api.example",
            "domainPrefix": "abcdefghij",
            "http": {"method": method, "path": "/api/events", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "secret-agent"},
            "requestId": visitor_of(visitor), "routeKey": format!("{method} /api/events"), "stage": "$default",
            "time": "22/Nov/2026:00:00:00 +0000", "timeEpoch": 1_795_305_600_000_u64
        },
        "body": body,
        "isBase64Encoded": false
    })
}

/// Another id for every reader's request.
fn visitor_of(visitor: &str) -> String {
    format!("JKJaXmPLvHcESHA{}=", visitor.get(..6).unwrap_or_default())
}

fn record(visitor: &str, id: &str, body: &str, receives: u32) -> Value {
    json!({
        "messageId": id,
        "receiptHandle": "AQEBsecret-handle",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": receives.to_string(), "SentTimestamp": "1795305600100",
            "SenderId": "AROAsecretrole:BackplaneAssumeRoleSession", "ApproximateFirstReceiveTimestamp": "1795305600200"
        },
        "messageAttributes": {
            "visitor": {"stringValue": visitor, "stringListValues": [], "binaryListValues": [], "dataType": "String"}
        },
        "md5OfMessageAttributes": "7db7fb1ba7f41366a8ea5eb18220b26d",
        "md5OfBody": "098f6bcd4621d373cade4e832627b4f6",
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:ap-northeast-2:{ACCOUNT}:EventQueue"),
        "awsRegion": "ap-northeast-2"
    })
}

fn tick(id: &str) -> Value {
    json!({
        "version": "0", "id": id, "detail-type": "Scheduled Event", "source": "aws.scheduler", "account": ACCOUNT,
        "time": "2026-11-22T00:00:00Z", "region": "ap-northeast-2",
        "resources": [format!("arn:aws:scheduler:ap-northeast-2:{ACCOUNT}:schedule/default/tick")], "detail": "{}"
    })
}

/// What the reader finds, without the schedule's events, which are everybody's.
async fn own(function: &Function, visitor: &str) -> Vec<Value> {
    let (status, body) = read(function, visitor).await;
    assert_eq!(status, 200, "{body}");
    let items = body["items"].as_array().unwrap().iter();
    items.filter(|item| item["source"] != "schedule").cloned().collect()
}

async fn read(function: &Function, visitor: &str) -> (u64, Value) {
    opened(&send(function, request("GET", visitor, "")).await.unwrap())
}

/// Status and body of a response.
fn opened(response: &Value) -> (u64, Value) {
    let body = serde_json::from_str(response["body"].as_str().unwrap()).unwrap_or_default();
    (response["statusCode"].as_u64().unwrap(), body)
}

#[test]
fn the_three_shapes_lie_side_by_side() {
    engine();
    runtime().block_on(async {
        let (function, visitor) = (function().await, visitor());
        let response = send(&function, request("POST", &visitor, r#"{"text":"안녕"}"#)).await.unwrap();
        let (status, kept) = opened(&response);
        assert_eq!((status, &kept["source"], &kept["runs"]), (201, &json!("http"), &json!(1)), "{kept}");
        let batch = json!({"Records": [record(&visitor, "m1", "안녕", 1), record(&visitor, "m2", "또", 1)]});
        assert_eq!(send(&function, batch).await.unwrap(), json!({"batchItemFailures": []}));
        assert_eq!(send(&function, tick("t1")).await.unwrap(), Value::Null);

        let (_, body) = read(&function, &visitor).await;
        let items = body["items"].as_array().unwrap();
        let of = |source: &str| items.iter().find(|item| item["source"] == source).unwrap();
        let (http, queue, schedule) = (of("http"), of("queue"), of("schedule"));
        assert_eq!(http["event"]["body"], r#"{"text":"안녕"}"#);
        assert_eq!(http["event"]["requestContext"]["http"]["method"], "POST");
        assert_eq!(queue["event"]["Records"][0]["attributes"]["ApproximateReceiveCount"], "1");
        assert_eq!(queue["event"]["Records"].as_array().unwrap().len(), 1);
        assert_eq!((&queue["batchSize"], &queue["outcome"]), (&json!(2), &json!("done")));
        assert_eq!(schedule["event"]["detail-type"], "Scheduled Event");
        assert_eq!(schedule["sentAt"], "2026-11-22T00:00:00.000Z");
        // The newest first; of two messages of one moment, either.
        let times: Vec<_> = items.iter().map(|item| item["sentAt"].as_str().unwrap()).collect();
        assert!(times.is_sorted_by(|one, next| one >= next), "{times:?}");
    });
}

#[test]
fn an_answer_keeps_the_contract_and_an_environment_is_cold_once_whatever_woke_it() {
    engine();
    runtime().block_on(async {
        let visitor = visitor();
        let cold = function().await;
        let first = send(&cold, request("GET", &visitor, "")).await.unwrap();
        let headers = &first["headers"];
        for (name, value) in [
            ("cache-control", "no-store"),
            ("content-type", "application/json"),
            ("timing-allow-origin", "*"),
            ("x-cold-start", "true"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(headers[name], value, "{headers}");
        }
        let timing = headers["server-timing"].as_str().unwrap();
        assert!(timing.starts_with("init;dur=") && timing.contains("db;dur="), "{timing}");
        assert_eq!(headers["x-environment-id"].as_str().unwrap().len(), 32);
        assert!(headers["x-consumed-capacity"].as_str().unwrap().parse::<f64>().unwrap() > 0.0);
        let woken = function().await;
        send(&woken, tick("t2")).await.unwrap();
        let after = send(&woken, request("GET", &visitor, "")).await.unwrap();
        assert_eq!(after["headers"]["x-cold-start"], "false");
        assert!(!after["headers"]["server-timing"].as_str().unwrap().contains("init;"));
    });
}

#[test]
fn a_poison_message_fails_alone_and_every_attempt_is_counted() {
    engine();
    runtime().block_on(async {
        let (function, visitor) = (function().await, visitor());
        let poison = |receives| record(&visitor, "poison", r#"{"poison": true, "text": "독"}"#, receives);
        let batch = json!({"Records": [record(&visitor, "good", "하나", 1), poison(1)]});
        let failures = json!({"batchItemFailures": [{"itemIdentifier": "poison"}]});
        assert_eq!(send(&function, batch).await.unwrap(), failures);
        for receives in 2..=5 {
            let again = send(&function, json!({"Records": [poison(receives)]})).await.unwrap();
            assert_eq!(again, failures);
        }
        let items = own(&function, &visitor).await;
        let of = |id: &str| items.iter().find(|item| item["id"] == id).unwrap();
        assert_eq!((&of("good")["runs"], &of("good")["outcome"]), (&json!(1), &json!("done")));
        assert_eq!((&of("poison")["runs"], &of("poison")["outcome"]), (&json!(5), &json!("failed")));
        let count = &of("poison")["event"]["Records"][0]["attributes"]["ApproximateReceiveCount"];
        assert_eq!(count, "5", "the last delivery is shown");
        assert_eq!(items.len(), 2);
    });
}

#[test]
fn an_invocation_that_writes_twice_counts_once() {
    engine();
    runtime().block_on(async {
        let (function, visitor) = (function().await, visitor());
        let mut context = Context::default();
        context.request_id = "the same".into();
        for _ in 0..2 {
            let event = json!({"Records": [record(&visitor, "m", "x", 1)]});
            let answer = function.answer(LambdaEvent::new(event, context.clone())).await.unwrap();
            assert_eq!(answer, json!({"batchItemFailures": []}));
        }
        assert_eq!(own(&function, &visitor).await[0]["runs"], 1);
    });
}

#[test]
fn nothing_that_is_a_secret_is_kept_or_shown() {
    engine();
    runtime().block_on(async {
        let (function, visitor) = (function_at(engine(), "secret-origin").await, visitor());
        send(&function, request("POST", &visitor, "{}")).await.unwrap();
        send(&function, json!({"Records": [record(&visitor, "m", "x", 1)]})).await.unwrap();
        send(&function, tick("t3")).await.unwrap();
        let (_, shown) = read(&function, &visitor).await;
        let stored = client(engine()).await.scan().table_name(TABLE).send().await.unwrap();
        let mine = stored.items().iter().filter(|item| !item["event"].as_s().unwrap().contains("proptest"));
        let stored = format!("{:?}", mine.collect::<Vec<_>>());
        for secret in ["secret-", "AROAsecretrole", "203.0.113.7", "abcdefghij", ACCOUNT, visitor.as_str()] {
            assert!(!shown.to_string().contains(secret), "{secret}: {shown}");
            assert!(!stored.contains(secret), "{secret}");
        }
        assert!(shown.to_string().contains("x-visitor"), "the form is there, the value is not");
    });
}

#[test]
fn who_is_nobody_or_asks_for_too_much_is_told_so() {
    engine();
    runtime().block_on(async {
        let (function, visitor) = (function().await, visitor());
        let code = |answer: &Value| {
            let (status, body) = opened(answer);
            (status, body["error"]["code"].as_str().unwrap_or_default().to_owned())
        };
        let mut nobody = request("GET", &visitor, "");
        nobody["headers"].as_object_mut().unwrap().remove("x-visitor");
        assert_eq!(code(&send(&function, nobody).await.unwrap()), (400, "visitor_missing".to_owned()));
        let answer = send(&function, request("GET", "XYZ", "")).await.unwrap();
        assert_eq!(code(&answer), (400, "visitor_invalid".to_owned()));
        let mut asks = request("GET", &visitor, "");
        asks["rawQueryString"] = json!("limit=3");
        asks["queryStringParameters"] = json!({"limit": "3"});
        assert_eq!(code(&send(&function, asks).await.unwrap()), (400, "query_unknown".to_owned()));
        let fits = send(&function, request("POST", &visitor, &"x".repeat(1_024))).await.unwrap();
        assert_eq!(opened(&fits).0, 201);
        let large = send(&function, request("POST", &visitor, &"x".repeat(1_025))).await.unwrap();
        assert_eq!(code(&large), (413, "body_too_large".to_owned()));
        let around =
            send(&function_at(engine(), "another").await, request("GET", &visitor, "")).await.unwrap();
        assert_eq!(code(&around), (403, "origin_bypassed".to_owned()));
        let other = send(&function, request("DELETE", &visitor, "")).await.unwrap();
        assert_eq!(code(&other), (405, "method_not_allowed".to_owned()));
        for unknown in
            [json!(null), json!({}), json!("x"), json!({"Records": []}), json!({"source": "aws.events"})]
        {
            assert_eq!(send(&function, unknown.clone()).await, Err("UnknownEvent".to_owned()), "{unknown}");
        }
    });
}

#[test]
fn a_message_of_nobody_is_managed_and_not_kept() {
    engine();
    runtime().block_on(async {
        let function = function().await;
        let mut without = record("", "m", r#"{"poison": true}"#, 1);
        without["messageAttributes"] = json!({});
        for odd in [record("not a visitor", "m", "x", 1), record("", "m", "x", 1), without] {
            let answer = send(&function, json!({"Records": [odd]})).await.unwrap();
            assert_eq!(answer, json!({"batchItemFailures": []}));
        }
    });
}

#[test]
fn while_the_table_does_not_answer_messages_come_back_and_readers_are_told_to_wait() {
    engine();
    runtime().block_on(async {
        // A port that was free a moment ago: nobody listens there.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (function, visitor) = (function_at(free, "").await, visitor());
        let answer = send(&function, json!({"Records": [record(&visitor, "m", "x", 1)]})).await.unwrap();
        assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "m"}]}));
        assert_eq!(send(&function, tick("t4")).await, Err("NotKept".to_owned()));
        let response = send(&function, request("GET", &visitor, "")).await.unwrap();
        let (status, body) = opened(&response);
        assert_eq!((status, &body["error"]["code"]), (503, &json!("storage_unavailable")));
        assert_eq!(response["headers"]["retry-after"], "1");
    });
}

#[test]
fn what_has_expired_is_gone_though_the_item_is_still_there() {
    engine();
    runtime().block_on(async {
        let (function, visitor) = (function().await, visitor());
        send(&function, json!({"Records": [record(&visitor, "m", "x", 1)]})).await.unwrap();
        assert_eq!(own(&function, &visitor).await.len(), 1);
        let reader = users::Visitor::parse(&visitor).unwrap();
        let reader = Namespaces::keyed("stack").unwrap().of(&reader).partition();
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let expire = client(engine()).await.update_item().table_name(TABLE);
        let expire = expire.key("reader", text(&reader)).key("at", text("1795305600100#m"));
        let expire = expire.update_expression("SET expiresAt = :past");
        let past = AttributeValue::N("1".to_owned());
        expire.expression_attribute_values(":past", past).send().await.unwrap();
        assert_eq!(own(&function, &visitor).await.len(), 0);
    });
}

/// Bytes of an item by DynamoDB's rule.
fn size(item: &std::collections::HashMap<String, AttributeValue>) -> usize {
    let values = item.iter().map(|(name, value)| {
        name.len()
            + match value {
                AttributeValue::S(text) => text.len(),
                AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
                other => panic!("{other:?}"),
            }
    });
    values.sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn two_readers_never_see_each_other_s_events_and_no_item_is_too_large(
        steps in proptest::collection::vec((any::<bool>(), 0..3_u8, "\\PC{0,60}|[\\x00-\\x1f\"\\\\]{0,1000}"), 1..12)
    ) {
        engine();
        runtime().block_on(async {
            let (function, readers) = (function().await, [visitor(), visitor()]);
            let mut expected = [BTreeSet::new(), BTreeSet::new()];
            for (number, (second, kind, text)) in steps.into_iter().enumerate() {
                let who = usize::from(second);
                let body: String = format!("proptest reader{who} {text}").chars().take(1_000).collect();
                let id = format!("{who}-{number}");
                match kind {
                    0 if body.len() <= 1_024 => {
                        let mut event = request("POST", &readers[who], &body);
                        event["requestContext"]["requestId"] = json!(id);
                        let (status, kept) = opened(&send(&function, event).await.unwrap());
                        assert_eq!(status, 201, "{kept}");
                        expected[who].insert(id);
                    }
                    0 => {}
                    _ => {
                        // A batch holds messages of both.
                        let other = format!("{}-{number}", 1 - who);
                        let batch = [record(&readers[who], &id, &body, 1), record(&readers[1 - who], &other, "proptest x", 1)];
                        send(&function, json!({"Records": batch})).await.unwrap();
                        expected[who].insert(id);
                        expected[1 - who].insert(other);
                    }
                }
            }
            for who in 0..2 {
                let items = own(&function, &readers[who]).await;
                let text = json!(items).to_string();
                assert!(!text.contains(&format!("reader{}", 1 - who)), "{text}");
                let ids: BTreeSet<_> = items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
                assert!(ids.is_subset(&expected[who]) && ids.len() == expected[who].len().min(10), "{ids:?}");
            }
            for who in 0..2 {
                let reader = users::Visitor::parse(&readers[who]).unwrap();
                let reader = Namespaces::keyed("stack").unwrap().of(&reader).partition();
                let query = client(engine()).await.query().table_name(TABLE).key_condition_expression("reader = :reader");
                let stored = query.expression_attribute_values(":reader", AttributeValue::S(reader)).send().await.unwrap();
                assert_eq!(stored.items().len(), expected[who].len());
                for item in stored.items() {
                    assert!(size(item) <= LONGEST_ITEM, "{} bytes", size(item));
                }
            }
        });
    }
}
