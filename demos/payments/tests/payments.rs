//! The function as deployed, in front of a real DynamoDB-compatible engine. Where the process would end, the test's task does.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../../users/tests/support/engine.rs"]
mod engine;

use aws_sdk_dynamodb::types::{AttributeValue, ScalarAttributeType};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request},
};
use engine::client;
use environment::{Answering, Birth};
use payments::{LONGEST_BODY, LONGEST_ITEM, Ledger, MOST_PAYMENTS, START, app};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{collections::BTreeSet, net::SocketAddr, sync::OnceLock};
use tokio::runtime::Runtime;
use tower::ServiceExt;
use users::{Namespaces, Throttle, Visitor};

const TABLE: &str = "payments";

/// The runtime everything runs on.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| engine::runtime().unwrap())
}

/// Where the engine listens; its table is the template's.
fn engine() -> SocketAddr {
    static ENGINE: OnceLock<SocketAddr> = OnceLock::new();
    let key = [("reader", ScalarAttributeType::S)];
    *ENGINE.get_or_init(|| runtime().block_on(engine::start(TABLE, &key)).unwrap())
}

fn namespaces() -> Namespaces {
    Namespaces::keyed("stack").unwrap()
}

/// A reader with a function of their own, which ends with a panic where the process would.
#[derive(Clone)]
struct Reader {
    visitor: String,
    function: Answering<Router>,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn is_replay(&self) -> bool {
        self.headers.get("x-idempotent-replay").is_some_and(|value| value == "true")
    }

    fn code(&self) -> (u16, &str) {
        (self.status, self.body["error"]["code"].as_str().unwrap_or_default())
    }

    fn units(&self) -> f64 {
        self.headers["x-consumed-capacity"].to_str().unwrap().parse().unwrap()
    }
}

impl Reader {
    async fn at(address: SocketAddr, throttle: Throttle) -> Self {
        let ledger = Ledger::new(client(address).await, TABLE.to_owned());
        let app = app(ledger, namespaces(), throttle, || panic!("the process would end here"));
        let function = Birth::now().complete().unwrap().answering(app);
        Self { visitor: environment::random_hex().unwrap(), function }
    }

    async fn new() -> Self {
        Self::at(engine(), Throttle::new(1e9, u32::MAX)).await
    }

    /// Sends a request; nothing if the process ended before it was answered.
    async fn send(&self, method: &str, query: &str, key: Option<&str>, body: &str) -> Option<Answer> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/payments{query}"))
            .header("x-visitor", &self.visitor);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let answer = tokio::spawn(self.function.clone().oneshot(request)).await;
        let (head, body) = match answer {
            Ok(answer) => answer.unwrap().into_parts(),
            Err(ended) => {
                assert!(ended.is_panic());
                return None;
            }
        };
        let body = to_bytes(body, 1 << 20).await.unwrap();
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Some(Answer { status: head.status.as_u16(), headers: head.headers, body })
    }

    async fn pay(&self, key: Option<&str>, amount: u32) -> Answer {
        self.send("POST", "", key, &json!({"amount": amount}).to_string()).await.unwrap()
    }

    async fn account(&self) -> (u64, Vec<Value>) {
        let answer = self.send("GET", "", None, "").await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        (answer.body["balance"].as_u64().unwrap(), answer.body["payments"].as_array().unwrap().clone())
    }
}

#[test]
fn without_a_key_asking_again_pays_again() {
    engine();
    runtime().block_on(async {
        let reader = Reader::new().await;
        assert_eq!(reader.account().await, (u64::from(START), vec![]));
        for _ in 0..3 {
            let paid = reader.pay(None, 3_000).await;
            assert!(paid.status == 201 && !paid.is_replay(), "{}", paid.body);
        }
        let (balance, payments) = reader.account().await;
        assert_eq!((balance, payments.len()), (1_000, 3));
        assert!(payments.iter().all(|payment| payment["amount"] == 3_000 && payment.get("key").is_none()));
        let times: Vec<_> = payments.iter().map(|payment| payment["paidAt"].as_str().unwrap()).collect();
        assert!(times.is_sorted(), "{times:?}");
    });
}

#[test]
fn with_a_key_asking_again_gives_the_first_answer() {
    engine();
    runtime().block_on(async {
        let reader = Reader::new().await;
        let order = r#"{"amount": 3000, "order": "A-17"}"#;
        let first = reader.send("POST", "", Some("A-17"), order).await.unwrap();
        assert!(first.status == 201 && !first.is_replay());
        for _ in 0..2 {
            let again = reader.send("POST", "", Some("A-17"), order).await.unwrap();
            assert_eq!((again.status, again.is_replay(), &again.body), (201, true, &first.body));
        }
        assert_eq!(first.body["key"], "A-17");
        assert_eq!(reader.account().await, (7_000, vec![first.body]));
        assert_eq!(reader.pay(Some("A-18"), 3_000).await.status, 201, "another key is another payment");
        assert_eq!(reader.account().await.0, 4_000);
    });
}

#[test]
fn many_at_once_with_one_key_pay_once() {
    engine();
    runtime().block_on(async {
        let reader = Reader::new().await;
        let each: Vec<_> = (0..8)
            .map(|_| {
                let reader = reader.clone();
                tokio::spawn(async move { reader.pay(Some("once"), 3_000).await })
            })
            .collect();
        let mut bodies = BTreeSet::new();
        let mut replays = 0;
        for answer in each {
            let answer = answer.await.unwrap();
            assert_eq!(answer.status, 201, "{}", answer.body);
            replays += u32::from(answer.is_replay());
            bodies.insert(answer.body.to_string());
        }
        assert_eq!((replays, bodies.len()), (7, 1), "{bodies:?}");
        assert_eq!(reader.account().await.0, 7_000);
    });
}

#[test]
fn who_gets_no_answer_may_have_paid_or_not() {
    engine();
    runtime().block_on(async {
        let reader = Reader::new().await;
        let order = r#"{"amount": 3000}"#;
        assert!(reader.send("POST", "?fail=before", Some("k"), order).await.is_none());
        assert_eq!(reader.account().await.0, 10_000);
        assert!(reader.send("POST", "?fail=after", Some("k"), order).await.is_none());
        assert_eq!(reader.account().await.0, 7_000);
        assert!(
            reader.send("POST", "?fail=after", Some("k"), order).await.is_none(),
            "the answer is lost again"
        );
        assert!(reader.pay(Some("k"), 3_000).await.is_replay());
        assert_eq!(reader.account().await.0, 7_000);
        assert!(reader.send("POST", "?fail=after", None, order).await.is_none());
        assert_eq!(reader.account().await.0, 4_000);
    });
}

#[test]
fn a_key_is_for_one_content() {
    engine();
    runtime().block_on(async {
        let reader = Reader::new().await;
        assert_eq!(reader.pay(Some("k"), 3_000).await.status, 201);
        assert_eq!(reader.pay(Some("k"), 4_000).await.code(), (422, "key_reused"));
        let other = reader.send("POST", "", Some("k"), r#"{"amount": 3000, "order": "B"}"#).await.unwrap();
        assert_eq!(other.code(), (422, "key_reused"));
        assert_eq!(reader.account().await.0, 7_000);
    });
}

#[test]
fn what_cannot_be_paid_is_not_paid_in_part() {
    engine();
    runtime().block_on(async {
        let reader = Reader::new().await;
        assert_eq!(reader.pay(Some("all"), START).await.status, 201);
        assert_eq!(reader.pay(Some("more"), 1).await.code(), (409, "balance_too_low"));
        assert!(reader.pay(Some("all"), START).await.is_replay(), "what is paid stays paid");
        assert_eq!(reader.account().await.0, 0);
        let answer = reader.send("DELETE", "", None, "").await.unwrap();
        assert_eq!((answer.status, answer.body), (204, Value::Null));
        assert_eq!(reader.account().await, (u64::from(START), vec![]));
        assert!(!reader.pay(Some("all"), START).await.is_replay(), "the keys are gone too");
    });
}

#[test]
fn an_account_is_bounded() {
    engine();
    runtime().block_on(async {
        let reader = Reader::new().await;
        let order = json!({"amount": 1, "order": "x".repeat(40)}).to_string();
        for number in 0..MOST_PAYMENTS {
            let paid = reader.send("POST", "", Some(&format!("{number:064}")), &order).await.unwrap();
            assert_eq!(paid.status, 201, "{}", paid.body);
            assert!(
                paid.units() * 1_024.0 <= f64::from(u32::try_from(LONGEST_ITEM).unwrap()),
                "{}",
                paid.units()
            );
        }
        assert_eq!(reader.pay(None, 1).await.code(), (409, "account_full"));
        assert!(reader.send("POST", "", Some(&format!("{:064}", 0)), &order).await.unwrap().is_replay());
        assert_eq!(reader.account().await.0, u64::from(START - MOST_PAYMENTS));
    });
}

#[test]
fn what_has_ended_is_gone_though_the_item_is_still_there() {
    engine();
    runtime().block_on(async {
        let reader = Reader::new().await;
        let mut headers = HeaderMap::new();
        headers.insert("x-visitor", reader.visitor.parse().unwrap());
        let partition = namespaces().of(&Visitor::of(&headers).unwrap()).partition();
        let number = |text: &str| AttributeValue::N(text.to_owned());
        let paid = [("amount", number("9000")), ("paidAt", number("1"))]
            .map(|(name, value)| (name.to_owned(), value));
        let put = client(engine()).await.put_item().table_name(TABLE);
        put.item("reader", AttributeValue::S(partition))
            .item("balance", number("1000"))
            .item("count", number("1"))
            .item("expiresAt", number("1"))
            .item("k#old", AttributeValue::M(paid.into()))
            .send()
            .await
            .unwrap();
        assert_eq!(reader.account().await, (u64::from(START), vec![]));
        let paid = reader.pay(Some("old"), 2_000).await;
        assert!(paid.status == 201 && !paid.is_replay(), "{}", paid.body);
        let (balance, payments) = reader.account().await;
        assert_eq!((balance, payments.len()), (8_000, 1));
    });
}

#[test]
fn an_answer_keeps_the_contract() {
    engine();
    runtime().block_on(async {
        let reader = Reader::new().await;
        let first = reader.pay(Some("k"), 1).await;
        for (name, value) in [
            ("cache-control", "no-store"),
            ("content-type", "application/json"),
            ("timing-allow-origin", "*"),
            ("x-cold-start", "true"),
        ] {
            assert_eq!(first.headers[name], value);
        }
        let timing = first.headers["server-timing"].to_str().unwrap();
        assert!(timing.starts_with("init;dur=") && timing.contains("db;dur="), "{timing}");
        assert!(first.units() > 0.0 && reader.pay(Some("k"), 1).await.units() > 0.0);
        let refused = reader.send("POST", "?fail=never", None, "{}").await.unwrap();
        assert_eq!(refused.code(), (400, "query_unknown"));
        assert!(refused.headers.get("x-consumed-capacity").is_none());
        for (method, query, key, body, code) in [
            ("GET", "?raw=true", None, "", (400, "query_unknown")),
            ("DELETE", "?all", None, "", (400, "query_unknown")),
            ("POST", "", Some("a b"), r#"{"amount":1}"#, (400, "key_invalid")),
            ("POST", "?fail=before", None, "[]", (400, "body_invalid")),
            ("POST", "", None, r#"{"amount":0}"#, (400, "amount_invalid")),
            ("POST", "", None, r#"{"amount":1,"order":"가"}"#, (400, "order_invalid")),
            ("PUT", "", None, "", (405, "method_not_allowed")),
        ] {
            assert_eq!(
                reader.send(method, query, key, body).await.unwrap().code(),
                code,
                "{method} {query} {body}"
            );
        }
        let long = reader.send("POST", "", None, &" ".repeat(LONGEST_BODY + 1)).await.unwrap();
        assert_eq!(long.code(), (413, "body_too_large"));
        let nobody = Request::get("/api/payments").body(Body::empty()).unwrap();
        assert_eq!(reader.function.clone().oneshot(nobody).await.unwrap().status(), 400);
    });
}

#[test]
fn a_table_out_of_reach_and_a_reader_too_fast_are_said() {
    runtime().block_on(async {
        // A port that was free a moment ago: nobody listens there.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let reader = Reader::at(free, Throttle::new(0.001, 3)).await;
        for (method, body) in [("GET", ""), ("POST", r#"{"amount":1}"#), ("DELETE", "")] {
            let answer = reader.send(method, "", None, body).await.unwrap();
            assert_eq!(answer.code(), (503, "storage_unavailable"), "{method}");
        }
        let answer = reader.send("GET", "", None, "").await.unwrap();
        assert_eq!(answer.code(), (429, "too_many_requests"));
        assert!(answer.headers.contains_key("retry-after"));
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever two readers send, each sees what was taken from nobody's account but their own.
    #[test]
    fn money_is_neither_made_nor_lost(calls in proptest::collection::vec((any::<bool>(), proptest::option::of(0..3_u8), 1..4_u32, any::<bool>()), 1..14)) {
        engine();
        runtime().block_on(async {
            let readers = [Reader::new().await, Reader::new().await];
            for (whose, key, thousands, lost) in calls {
                let key = key.map(|key| format!("k{key}"));
                let body = json!({"amount": thousands * 1_000}).to_string();
                let query = if lost { "?fail=after" } else { "" };
                let _ = readers[usize::from(whose)].send("POST", query, key.as_deref(), &body).await;
            }
            for reader in &readers {
                let (balance, payments) = reader.account().await;
                let paid: u64 = payments.iter().map(|payment| payment["amount"].as_u64().unwrap()).sum();
                assert_eq!(balance + paid, u64::from(START), "{payments:?}");
                let keys: Vec<_> = payments.iter().filter_map(|payment| payment["key"].as_str()).collect();
                assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "{payments:?}");
            }
        });
    }
}
