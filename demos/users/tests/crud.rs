//! The documented calls one by one, against the real engine.

#![allow(clippy::unwrap_used)]

mod support;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use support::{Answer, Reader, TABLE, client, engine, function_at, namespaces, now, runtime, visitor};
use users::{Throttle, UserId, Visitor};

fn test(test: impl Future<Output = ()>) {
    engine();
    runtime().block_on(test);
}

/// In alphabetical order, whatever order `serde_json` was compiled to keep.
fn fields(answer: &Answer) -> Vec<&str> {
    let mut fields: Vec<_> = answer.body.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    fields
}

#[test]
fn create_answers_201_with_location_tag_and_the_item() {
    test(async {
        let reader = Reader::new().await;
        let created = reader.post(r#"{"id":7,"name":"김하늘","email":"sky@example.com"}"#).await;
        assert_eq!(created.status, 201, "{}", created.text);
        assert_eq!((created.header("location"), created.header("etag")), ("/api/users/7", "\"1\""));
        assert_eq!(fields(&created), ["createdAt", "email", "expiresAt", "id", "name", "version"]);
        assert_eq!(created.body["id"], 7);
        assert_eq!((&created.body["name"], &created.body["version"]), (&json!("김하늘"), &json!(1)));
        assert_eq!(created.header("x-consumed-capacity"), "1");
        assert!(created.header("server-timing").contains("db;dur="), "{}", created.header("server-timing"));

        let read = reader.get("/api/users/7").await;
        assert_eq!((read.status.as_u16(), &read.body, read.header("etag")), (200, &created.body, "\"1\""));
        assert_eq!(read.header("x-consumed-capacity"), "1");
    });
}

#[test]
fn without_an_id_the_lowest_free_one_is_taken() {
    test(async {
        let reader = Reader::new().await;
        reader.post(r#"{"id":1,"name":"a"}"#).await;
        reader.post(r#"{"id":3,"name":"c"}"#).await;
        let second = reader.post(r#"{"name":"b"}"#).await;
        assert_eq!((second.status.as_u16(), &second.body["id"]), (201, &json!(2)));
        assert_eq!(second.header("location"), "/api/users/2");
        assert!(second.body.get("email").is_none());
        assert_eq!(second.header("x-consumed-capacity"), "21", "twenty keys read, one written");
        assert_eq!(reader.post(r#"{"name":"d"}"#).await.body["id"], 4);
    });
}

#[test]
fn a_taken_id_is_409_and_changes_nothing() {
    test(async {
        let reader = Reader::new().await;
        reader.post(r#"{"id":1,"name":"first"}"#).await;
        let refused = reader.post(r#"{"id":1,"name":"second"}"#).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "id_in_use"));
        assert_eq!(refused.header("x-consumed-capacity"), "1", "a failed condition is charged");
        assert_eq!(reader.get("/api/users/1").await.body["name"], "first");
    });
}

#[test]
fn the_twenty_first_is_409() {
    test(async {
        let reader = Reader::new().await;
        for number in 1..=20 {
            assert_eq!(reader.post(r#"{"name":"a"}"#).await.body["id"], number);
        }
        let refused = reader.post(r#"{"name":"a"}"#).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "all_ids_used"));
        reader.delete("/api/users/13").await;
        assert_eq!(reader.post(r#"{"name":"a"}"#).await.body["id"], 13);
    });
}

#[test]
fn list_is_sorted_and_costs_one_call() {
    test(async {
        let reader = Reader::new().await;
        assert_eq!(reader.get("/api/users").await.body, json!({"items": []}));
        for id in [20, 3, 11, 1] {
            reader.post(&format!(r#"{{"id":{id},"name":"n{id}"}}"#)).await;
        }
        let list = reader.get("/api/users").await;
        let ids: Vec<_> =
            list.body["items"].as_array().unwrap().iter().map(|item| item["id"].as_u64().unwrap()).collect();
        assert_eq!((list.status.as_u16(), ids), (200, vec![1, 3, 11, 20]));
        assert_eq!(list.header("x-consumed-capacity"), "20");
        assert_eq!(list.body["items"][1], reader.get("/api/users/3").await.body);
    });
}

#[test]
fn replace_keeps_what_is_the_server_s_and_replaces_the_rest() {
    test(async {
        let reader = Reader::new().await;
        let created = reader.post(r#"{"id":1,"name":"before","email":"a@b.kr"}"#).await;
        let replaced = reader.put("/api/users/1", None, r#"{"id":1,"name":"after"}"#).await;
        assert_eq!((replaced.status.as_u16(), replaced.header("etag")), (200, "\"2\""));
        assert_eq!((&replaced.body["name"], &replaced.body["version"]), (&json!("after"), &json!(2)));
        assert_eq!(replaced.body["createdAt"], created.body["createdAt"]);
        assert!(replaced.body.get("email").is_none(), "a replacement without it removes it");
        assert_eq!(reader.get("/api/users/1").await.body, replaced.body);

        let other = reader.put("/api/users/1", None, r#"{"id":2,"name":"after"}"#).await;
        assert_eq!((other.status.as_u16(), other.code()), (400, "id_mismatch"));
        let missing = reader.put("/api/users/2", None, r#"{"name":"nobody"}"#).await;
        assert_eq!((missing.status.as_u16(), missing.code()), (404, "user_not_found"));
        assert_eq!(reader.get("/api/users/2").await.status, 404, "and was not created");
    });
}

#[test]
fn if_match_lets_only_the_version_read_be_replaced_or_deleted() {
    test(async {
        let reader = Reader::new().await;
        reader.post(r#"{"id":1,"name":"a"}"#).await;
        assert_eq!(reader.put("/api/users/1", Some("\"1\""), r#"{"name":"b"}"#).await.status, 200);
        let late = reader.put("/api/users/1", Some("\"1\""), r#"{"name":"c"}"#).await;
        assert_eq!(
            (late.status.as_u16(), late.code(), late.header("etag")),
            (412, "version_mismatch", "\"2\"")
        );
        assert_eq!(reader.get("/api/users/1").await.body["name"], "b");
        assert_eq!(reader.put("/api/users/1", Some("*"), r#"{"name":"d"}"#).await.status, 200);
        assert_eq!(reader.put("/api/users/1", Some("3"), r#"{"name":"d"}"#).await.code(), "if_match_invalid");
        assert_eq!(reader.put("/api/users/9", Some("\"1\""), r#"{"name":"d"}"#).await.status, 404);

        let late = reader.send("DELETE", "/api/users/1", &[("if-match", "\"1\"")], None).await;
        assert_eq!((late.status.as_u16(), late.code()), (412, "version_mismatch"));
        assert_eq!(reader.send("DELETE", "/api/users/1", &[("if-match", "\"3\"")], None).await.status, 204);
        assert_eq!(reader.send("DELETE", "/api/users/1", &[("if-match", "\"3\"")], None).await.status, 204);
    });
}

#[test]
fn delete_is_204_also_when_already_gone() {
    test(async {
        let reader = Reader::new().await;
        reader.post(r#"{"id":1,"name":"a"}"#).await;
        for _ in 0..2 {
            let deleted = reader.delete("/api/users/1").await;
            assert_eq!((deleted.status.as_u16(), deleted.text.as_str()), (204, ""));
        }
        assert_eq!(reader.get("/api/users/1").await.code(), "user_not_found");
    });
}

#[test]
fn raw_shows_the_item_as_the_table_holds_it() {
    test(async {
        let reader = Reader::new().await;
        reader.post(r#"{"id":7,"name":"김하늘"}"#).await;
        let stored = reader.get("/api/users/7?raw=true").await.body["stored"].clone();
        let key = stored["id"]["N"].as_str().unwrap();
        assert!(key.ends_with("000007") && key.len() > 20, "{key}");
        assert_eq!((&stored["name"], &stored["version"]), (&json!({"S": "김하늘"}), &json!({"N": "1"})));
        let expires: i64 = stored["expiresAt"]["N"].as_str().unwrap().parse().unwrap();
        assert!((now() + 3_590..=now() + 3_600).contains(&expires));
        assert_eq!(reader.get("/api/users?raw=true").await.body["items"][0]["stored"], stored);
        assert_eq!(reader.get("/api/users?raw=1").await.code(), "query_unknown");
        assert_eq!(
            reader.send("POST", "/api/users?raw=true", &[], Some(r#"{"name":"a"}"#)).await.code(),
            "query_unknown"
        );
    });
}

/// Moves the end of a user directly in the table, as the passing of time would.
async fn expire_at(reader: &Reader, id: u8, seconds: i64) {
    let mut headers = axum::http::HeaderMap::new();
    headers.insert("x-visitor", reader.visitor.parse().unwrap());
    let key = namespaces().of(&Visitor::of(&headers).unwrap()).stored(UserId::new(id).unwrap());
    let request =
        client(engine()).await.update_item().table_name(TABLE).key("id", AttributeValue::N(key.to_string()));
    let request =
        request.update_expression("SET expiresAt = :at").condition_expression("attribute_exists(id)");
    request.expression_attribute_values(":at", AttributeValue::N(seconds.to_string())).send().await.unwrap();
}

#[test]
fn an_expired_user_is_gone_though_the_item_is_still_there() {
    test(async {
        let reader = Reader::new().await;
        for id in 1..=3 {
            reader.post(&format!(r#"{{"id":{id},"name":"old"}}"#)).await;
            reader.put(&format!("/api/users/{id}"), None, r#"{"name":"older"}"#).await;
        }
        for id in 1..=2 {
            expire_at(&reader, id, now()).await;
        }
        assert_eq!(reader.get("/api/users/1").await.status, 404);
        assert_eq!(reader.get("/api/users").await.body["items"].as_array().unwrap().len(), 1);
        assert_eq!(reader.put("/api/users/1", None, r#"{"name":"new"}"#).await.status, 404);
        assert_eq!(reader.put("/api/users/1", Some("\"2\""), r#"{"name":"new"}"#).await.status, 404);
        assert_eq!(reader.send("DELETE", "/api/users/1", &[("if-match", "\"1\"")], None).await.status, 204);
        let chosen = reader.post(r#"{"id":1,"name":"new"}"#).await;
        assert_eq!((chosen.status.as_u16(), &chosen.body["version"]), (201, &json!(1)));
        assert_eq!(reader.post(r#"{"name":"new"}"#).await.body["id"], 2, "an expired one's id is free");
    });
}

#[test]
fn a_write_gives_another_hour() {
    test(async {
        let reader = Reader::new().await;
        let created = reader.post(r#"{"id":1,"name":"a"}"#).await;
        expire_at(&reader, 1, now() + 30).await;
        assert_ne!(reader.get("/api/users/1").await.body["expiresAt"], created.body["expiresAt"]);
        reader.put("/api/users/1", None, r#"{"name":"a"}"#).await;
        let stored = reader.get("/api/users/1?raw=true").await.body["stored"]["expiresAt"]["N"].clone();
        let stored: i64 = stored.as_str().unwrap().parse().unwrap();
        assert!(stored > now() + 3_590);
    });
}

#[test]
fn without_a_visitor_nothing_is_done() {
    test(async {
        let reader = Reader::new().await;
        let anonymous = axum::http::Request::get("/api/users").body(axum::body::Body::empty()).unwrap();
        let refused = support::answer(&reader.function, anonymous).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (400, "visitor_missing"));
        assert!(!refused.headers.contains_key("x-consumed-capacity"));
        let shouting = Reader { visitor: reader.visitor.to_uppercase(), ..reader };
        assert_eq!(shouting.get("/api/users").await.code(), "visitor_invalid");
    });
}

#[test]
fn a_visitor_over_the_rate_waits_and_another_does_not() {
    test(async {
        let function = function_at(engine(), TABLE, Throttle::new(0.5, 3)).await;
        let (eager, calm) = (Reader::of(function.clone()), Reader::of(function));
        for _ in 0..3 {
            assert_eq!(eager.get("/api/users/1").await.status, 404);
        }
        let refused = eager.get("/api/users/1").await;
        assert_eq!((refused.status.as_u16(), refused.code()), (429, "too_many_requests"));
        assert_eq!(refused.header("retry-after"), "2");
        assert_eq!(calm.get("/api/users/1").await.status, 404);
    });
}

#[test]
fn two_stacks_on_one_table_do_not_meet() {
    test(async {
        let reader = Reader::new().await;
        reader.post(r#"{"id":1,"name":"a"}"#).await;
        let repository = users::Repository::new(client(engine()).await, TABLE.to_owned());
        let other =
            users::app(repository, users::Namespaces::keyed("other stack").unwrap(), support::unlimited());
        let other = environment::Birth::now().complete().unwrap().answering(other);
        assert_eq!(Reader { function: other, ..reader }.get("/api/users/1").await.status, 404);
    });
}

#[test]
fn what_no_route_of_the_template_sends_is_answered_too() {
    test(async {
        let reader = Reader { visitor: visitor(), ..Reader::new().await };
        assert_eq!(reader.get("/api/users/1/friends").await.code(), "route_not_found");
        let patched = reader.send("PATCH", "/api/users/1", &[], Some("{}")).await;
        assert_eq!((patched.status.as_u16(), patched.code()), (405, "method_not_allowed"));
        assert_eq!(reader.get("/api/users/%FF").await.code(), "id_notation");
        assert_eq!(reader.get("/api/users/%EF%BC%91").await.code(), "id_notation");
        assert_eq!(reader.get("/api/users/1%2F").await.code(), "id_notation");
        assert_eq!(reader.get("/api/users/21").await.code(), "id_out_of_range");
    });
}
