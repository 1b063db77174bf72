//! Bad input to `users`: every kind has its status, code and Korean sentence, and changes nothing.
//! Each case is a reader of its own.

use super::Check;
use crate::service::Payload;
use serde_json::json;

/// Bodies of a create, with the answer they get.
fn bodies() -> Vec<(&'static str, Vec<u8>, u16, &'static str)> {
    let text = |body: &str| body.as_bytes().to_vec();
    let padded = |length: usize| {
        let body = r#"{"name":"a","id":"x"}"#;
        format!("{body}{}", " ".repeat(length - body.len())).into_bytes()
    };
    vec![
        ("wrong JSON", text(r#"{"name":"a""#), 400, "json_invalid"),
        ("two JSON values", text(r#"{"name":"a"}{}"#), 400, "json_invalid"),
        ("a number written 007", text(r#"{"name":"a","id":007}"#), 400, "json_invalid"),
        ("a full-width digit", text(r#"{"name":"a","id":１}"#), 400, "json_invalid"),
        ("bytes that are no UTF-8", b"{\"name\":\"\xff\"}".to_vec(), 400, "json_invalid"),
        ("a list", text(r#"[{"name":"a"}]"#), 400, "body_not_object"),
        ("null", text("null"), 400, "body_not_object"),
        ("no name", text("{}"), 400, "name_missing"),
        ("an unknown field", text(r#"{"name":"a","age":3}"#), 400, "field_unknown"),
        ("a doubled field", text(r#"{"name":"a","name":"b"}"#), 400, "field_repeated"),
        ("a field of the server's", text(r#"{"name":"a","version":9}"#), 400, "field_read_only"),
        ("a name that is no text", text(r#"{"name":7}"#), 400, "field_type"),
        (
            "a nested name",
            text(&format!(r#"{{"name":{}{}}}"#, "[".repeat(500), "]".repeat(500))),
            400,
            "field_type",
        ),
        ("an e-mail that is null", text(r#"{"name":"a","email":null}"#), 400, "field_type"),
        ("an id in quotes", text(r#"{"name":"a","id":"1"}"#), 400, "id_type"),
        ("an id that is null", text(r#"{"name":"a","id":null}"#), 400, "id_type"),
        ("an id written 1e1", text(r#"{"name":"a","id":1e1}"#), 400, "id_notation"),
        ("an id written 1.0", text(r#"{"name":"a","id":1.0}"#), 400, "id_notation"),
        ("a negative id", text(r#"{"name":"a","id":-1}"#), 400, "id_notation"),
        ("id 0", text(r#"{"name":"a","id":0}"#), 400, "id_out_of_range"),
        ("id 21", text(r#"{"name":"a","id":21}"#), 400, "id_out_of_range"),
        ("an empty name", text(r#"{"name":""}"#), 400, "name_length"),
        ("a name of 41 characters", json!({"name": "가".repeat(41)}).to_string().into(), 400, "name_length"),
        ("a name with a control character", text(r#"{"name":"a\u0000"}"#), 400, "name_characters"),
        (
            "a name that turns direction",
            json!({"name": "a\u{202E}b"}).to_string().into(),
            400,
            "name_characters",
        ),
        ("a private-use name", json!({"name": "\u{E000}"}).to_string().into(), 400, "name_characters"),
        ("a name of blanks", text(r#"{"name":" "}"#), 400, "name_characters"),
        ("an e-mail without domain", text(r#"{"name":"a","email":"a@b"}"#), 400, "email_invalid"),
        ("4,096 bytes of wrong input", padded(4_096), 400, "id_type"),
        ("4,097 bytes", padded(4_097), 413, "body_too_large"),
        ("100,000 bytes", padded(100_000), 413, "body_too_large"),
        ("no body", Vec::new(), 400, "body_missing"),
    ]
}

/// Paths, with the answer a read of them gets.
const PATHS: [(&str, u16, &str); 12] = [
    ("/api/users/1", 404, "user_not_found"),
    ("/api/users/20", 404, "user_not_found"),
    ("/api/users/0", 400, "id_out_of_range"),
    ("/api/users/21", 400, "id_out_of_range"),
    ("/api/users/99999999999999999999999999", 400, "id_out_of_range"),
    ("/api/users/007", 400, "id_notation"),
    ("/api/users/1e1", 400, "id_notation"),
    ("/api/users/1.0", 400, "id_notation"),
    ("/api/users/%221%22", 400, "id_notation"),
    ("/api/users/%EF%BC%91", 400, "id_notation"),
    ("/api/users/1?raw=yes", 400, "query_unknown"),
    ("/api/users?limit=1", 400, "query_unknown"),
];

pub(super) fn checks() -> Vec<Check> {
    let mut checks = Vec::new();
    checks.extend(bodies().into_iter().map(|(what, body, status, code)| {
        Check::new(format!("refused: create from {what} is {status} {code}"), move |service| {
            let reader = service.reader()?;
            reader.json("POST", "/api/users", &[], &body)?.refused(status, code)?;
            let list = reader.get("/api/users")?.status(200)?;
            anyhow::ensure!(list.body == json!({"items": []}), "expected nobody created\n{list}");
            Ok(())
        })
    }));
    checks.extend(PATHS.map(|(path, status, code)| {
        Check::new(format!("refused: read of {path} is {status} {code}"), move |service| {
            service.reader()?.get(path)?.refused(status, code)?;
            Ok(())
        })
    }));
    checks.extend(other());
    checks
}

fn other() -> Vec<Check> {
    let body = br#"{"name":"a"}"#.as_slice();
    vec![
        Check::new("refused: a create in chunks of unknown length is bounded too", |service| {
            let json = [("content-type", "application/json")];
            let long = format!("{:<4097}", r#"{"name":"a"}"#);
            service
                .reader()?
                .send("POST", "/api/users", &json, Payload::Chunked(long.as_bytes()))?
                .refused(413, "body_too_large")?;
            service
                .reader()?
                .send("POST", "/api/users", &json, Payload::Chunked(&long.as_bytes()[..4_096]))?
                .status(201)?;
            Ok(())
        }),
        Check::new("refused: a binary body, which travels as base64, is measured decoded", |service| {
            let binary = [("content-type", "application/octet-stream")];
            let reader = service.reader()?;
            reader
                .send("POST", "/api/users", &binary, Payload::Bytes(&[0xFF; 4_097]))?
                .refused(413, "body_too_large")?;
            reader
                .send("POST", "/api/users", &binary, Payload::Bytes(&[0xFF; 4_096]))?
                .refused(415, "content_type")?;
            Ok(())
        }),
        Check::new("refused: other media types are 415", move |service| {
            let reader = service.reader()?;
            for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/xml"] {
                let headers = [("content-type", media_type)];
                reader
                    .send("POST", "/api/users", &headers, Payload::Bytes(body))?
                    .refused(415, "content_type")?;
            }
            reader
                .send(
                    "POST",
                    "/api/users",
                    &[("content-type", "application/json; charset=utf-8")],
                    Payload::Bytes(body),
                )?
                .status(201)?;
            Ok(())
        }),
        Check::new("refused: a query on a write is 400", move |service| {
            service
                .reader()?
                .json("POST", "/api/users?raw=true", &[], body)?
                .refused(400, "query_unknown")?;
            Ok(())
        }),
        Check::new("refused: an id in the body that is not the path's is 400", |service| {
            let reader = service.reader()?;
            reader.post(r#"{"id":1,"name":"a"}"#)?.status(201)?;
            reader.put("/api/users/1", &[], r#"{"id":2,"name":"a"}"#)?.refused(400, "id_mismatch")?;
            Ok(())
        }),
        Check::new("refused: an if-match that is no version's tag is 400", |service| {
            let reader = service.reader()?;
            reader.post(r#"{"id":1,"name":"a"}"#)?.status(201)?;
            for tag in ["1", "W/\"1\"", "\"a\"", "\"01\""] {
                reader
                    .put("/api/users/1", &[("if-match", tag)], r#"{"name":"b"}"#)?
                    .refused(400, "if_match_invalid")?;
            }
            Ok(())
        }),
        Check::new("refused: bad writes and deletes under bad ids", |service| {
            let reader = service.reader()?;
            reader.put("/api/users/007", &[], r#"{"name":"a"}"#)?.refused(400, "id_notation")?;
            reader.put("/api/users/21", &[], r#"{"name":"a"}"#)?.refused(400, "id_out_of_range")?;
            reader.delete("/api/users/1e1", &[])?.refused(400, "id_notation")?;
            reader.put("/api/users/1", &[], "{}")?.refused(400, "name_missing")?;
            Ok(())
        }),
    ]
}
