//! What a visitor sees when the table gives trouble: the right status, in bounded time, without a word of the table's own.

#![allow(clippy::unwrap_used)]

mod support;
#[path = "support/trouble.rs"]
mod trouble;

use std::time::{Duration, Instant};
use support::{Answer, Reader, TABLE, engine, function_at, runtime, unlimited};
use trouble::{SECRET, Step, Trouble};

const THROTTLED: Step = Step::Refuse(400, "ProvisionedThroughputExceededException");

/// A reader whose table follows the script.
async fn reader(script: impl IntoIterator<Item = Step>) -> (Reader, Trouble) {
    let (address, trouble) = Trouble::start(engine(), script).await;
    (Reader::of(function_at(address, TABLE, unlimited()).await), trouble)
}

fn test(test: impl Future<Output = ()>) {
    engine();
    runtime().block_on(test);
}

fn seen(answer: &Answer) -> (u16, &str, bool) {
    assert!(!answer.text.contains(SECRET), "{}", answer.text);
    let (text, names) = (
        answer.text.to_ascii_lowercase(),
        ["exception", "arn:", "aws", "hyper", "127.0.0.1", "dynamo", ".rs"],
    );
    for name in names {
        assert!(!text.contains(name), "{name} is nobody's business: {}", answer.text);
    }
    assert!(
        !answer.text.contains(TABLE) && !answer.text.contains("Nowhere"),
        "the table's name: {}",
        answer.text
    );
    (answer.status.as_u16(), answer.code(), answer.headers.contains_key("retry-after"))
}

#[test]
fn trouble_that_passes_is_not_seen() {
    test(async {
        for step in [
            THROTTLED,
            Step::Refuse(500, "InternalServerError"),
            Step::Refuse(400, "ThrottlingException"),
            Step::Break,
        ] {
            let (reader, trouble) = reader([step.clone(), step.clone()]).await;
            let created = reader.post(r#"{"id":1,"name":"a"}"#).await;
            assert_eq!(created.status, 201, "{step:?} {}", created.text);
            assert_eq!(trouble.calls().len(), 3, "{step:?}");
        }
    });
}

#[test]
fn trouble_that_stays_is_503_with_retry_after() {
    test(async {
        let cases = [
            (THROTTLED, "storage_busy"),
            (Step::Refuse(400, "ThrottlingException"), "storage_busy"),
            (Step::Refuse(400, "RequestLimitExceeded"), "storage_busy"),
            (Step::Refuse(500, "InternalServerError"), "storage_unavailable"),
            (Step::Refuse(503, "SomethingNew"), "storage_unavailable"),
            (Step::Break, "storage_unavailable"),
        ];
        for (step, code) in cases {
            let (reader, trouble) = reader(vec![step.clone(); 30]).await;
            for (method, path, body) in [
                ("POST", "/api/users", Some(r#"{"id":1,"name":"a"}"#)),
                ("POST", "/api/users", Some(r#"{"name":"a"}"#)),
                ("GET", "/api/users", None),
                ("GET", "/api/users/1", None),
                ("PUT", "/api/users/1", Some(r#"{"name":"a"}"#)),
                ("DELETE", "/api/users/1", None),
            ] {
                let before = trouble.calls().len();
                let answer = reader.send(method, path, &[], body).await;
                assert_eq!(seen(&answer), (503, code, true), "{step:?} {method} {path}");
                // The SDK saves tries while nearly all of them fail, so later calls may have fewer.
                assert!((1..=3).contains(&(trouble.calls().len() - before)), "three tries at most");
                assert!(!answer.headers.contains_key("x-consumed-capacity"));
                assert!(answer.header("server-timing").contains("db;dur="));
            }
        }
    });
}

#[test]
fn a_table_that_never_answers_is_given_up_in_time() {
    test(async {
        let (reader, _) = reader(vec![Step::Hang; 10]).await;
        let started = Instant::now();
        let answer = reader.get("/api/users/1").await;
        assert_eq!(seen(&answer), (503, "storage_unavailable", true));
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    });
}

#[test]
fn one_call_that_hangs_is_tried_again() {
    test(async {
        let (reader, trouble) = reader([Step::Hang]).await;
        assert_eq!(reader.post(r#"{"id":1,"name":"a"}"#).await.status, 201);
        assert_eq!(trouble.calls(), ["PutItem", "PutItem"]);
    });
}

#[test]
fn a_write_whose_answer_was_lost_is_done_once_and_succeeds() {
    test(async {
        let (reader, trouble) = reader([Step::LoseAnswer]).await;
        let created = reader.post(r#"{"id":1,"name":"a"}"#).await;
        assert_eq!((created.status.as_u16(), created.header("etag")), (201, "\"1\""));
        assert_eq!(trouble.calls(), ["PutItem", "PutItem"]);
        assert_eq!(reader.get("/api/users/1").await.body, created.body);
        // Somebody else's create still is somebody else's.
        assert_eq!(reader.post(r#"{"id":1,"name":"a"}"#).await.code(), "id_in_use");
    });
    test(async {
        let direct = Reader::new().await;
        direct.post(r#"{"id":1,"name":"a"}"#).await;
        for (tag, version) in [(None, 2), (Some("\"2\""), 3)] {
            let (reader, trouble) = reader([Step::LoseAnswer]).await;
            let reader = Reader { visitor: direct.visitor.clone(), ..reader };
            let replaced = reader.put("/api/users/1", tag, r#"{"name":"b"}"#).await;
            assert_eq!(
                (replaced.status.as_u16(), &replaced.body["version"]),
                (200, &version.into()),
                "{tag:?}"
            );
            assert_eq!(trouble.calls(), ["UpdateItem", "UpdateItem"]);
        }
        let (reader, _) = reader([Step::LoseAnswer]).await;
        let reader = Reader { visitor: direct.visitor.clone(), ..reader };
        assert_eq!(reader.send("DELETE", "/api/users/1", &[("if-match", "\"3\"")], None).await.status, 204);
        assert_eq!(direct.get("/api/users/1").await.status, 404);
    });
}

#[test]
fn a_list_answered_in_part_is_asked_for_the_rest() {
    test(async {
        let (reader, trouble) = reader([Step::Unprocessed, Step::Unprocessed]).await;
        let list = reader.get("/api/users").await;
        assert_eq!(list.status, 200, "{}", list.text);
        assert_eq!(trouble.calls(), ["BatchGetItem"; 3]);

        let (reader, trouble) = self::reader(vec![Step::Unprocessed; 9]).await;
        assert_eq!(seen(&reader.get("/api/users").await), (503, "storage_busy", true));
        assert_eq!(trouble.calls().len(), 4, "bounded");
    });
}

#[test]
fn mistakes_of_the_deployment_are_not_the_visitor_s() {
    test(async {
        let reader_of_nothing = Reader::of(function_at(engine(), "Nowhere", unlimited()).await);
        assert_eq!(seen(&reader_of_nothing.get("/api/users/1").await), (503, "table_missing", true));
        for kind in ["AccessDeniedException", "ValidationException", "UnrecognizedClientException"] {
            let (reader, _) = reader([Step::Refuse(400, kind)]).await;
            assert_eq!(seen(&reader.get("/api/users/1").await), (500, "internal", false), "{kind}");
        }
    });
}
