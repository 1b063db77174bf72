//! The documented life of a user: created, read, listed, replaced, deleted.
//! Each check is a reader of its own and leaves nothing that does not expire.

use super::Check;
use crate::answer::Answer;
use anyhow::{Result, ensure};
use serde_json::{Value, json};

const FIELDS: [&str; 6] = ["id", "name", "email", "version", "createdAt", "expiresAt"];

/// `2026-11-22T12:00:00Z`, in seconds of its day and as text that sorts.
fn is_time(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00T00:00:00Z"
}

fn has_times(answer: Answer) -> Result<Answer> {
    let (created, expires) = (&answer.body["createdAt"], &answer.body["expiresAt"]);
    ensure!(is_time(created) && is_time(expires), "expected ISO 8601 times in UTC\n{answer}");
    ensure!(created.as_str() < expires.as_str(), "expected it to expire later than it was created\n{answer}");
    Ok(answer)
}

fn same(answer: &Answer, expected: &Value) -> Result<()> {
    ensure!(&answer.body == expected, "expected {expected}\n{answer}");
    Ok(())
}

pub(super) fn checks() -> Vec<Check> {
    vec![
        Check::new("users: create with an id answers 201, location, etag and the item", |service| {
            let reader = service.reader()?;
            let created =
                reader.post(r#"{"id":7,"name":"김하늘","email":"sky@example.com"}"#)?.status(201)?;
            let created = has_times(
                created.has_fields(&FIELDS)?.has("location", "/api/users/7")?.has("etag", "\"1\"")?,
            )?;
            let created = created.took_capacity()?;
            let (id, name, version) = (&created.body["id"], &created.body["name"], &created.body["version"]);
            let right =
                *id == 7 && *name == "김하늘" && *version == 1 && created.body["email"] == "sky@example.com";
            ensure!(right, "expected what was sent, version 1\n{created}");
            let read = reader.get("/api/users/7")?.status(200)?.has("etag", "\"1\"")?.took_capacity()?;
            same(&read, &created.body)
        }),
        Check::new("users: create without an id takes the lowest free one", |service| {
            let reader = service.reader()?;
            for (body, id) in [
                (r#"{"name":"a"}"#, 1),
                (r#"{"id":3,"name":"c"}"#, 3),
                (r#"{"name":"b"}"#, 2),
                (r#"{"name":"d"}"#, 4),
            ] {
                let created = reader.post(body)?.status(201)?.has("location", &format!("/api/users/{id}"))?;
                ensure!(created.body["id"] == id, "expected id {id}\n{created}");
                created.has_fields(&["id", "name", "version", "createdAt", "expiresAt"])?;
            }
            Ok(())
        }),
        Check::new("users: an id in use is 409 and nothing changes", |service| {
            let reader = service.reader()?;
            reader.post(r#"{"id":1,"name":"first"}"#)?.status(201)?;
            reader.post(r#"{"id":1,"name":"second"}"#)?.refused(409, "id_in_use")?;
            let read = reader.get("/api/users/1")?.status(200)?;
            ensure!(read.body["name"] == "first", "expected the first\n{read}");
            Ok(())
        }),
        Check::new("users: the twenty-first is 409", |service| {
            let reader = service.reader()?;
            for _ in 0..20 {
                reader.post(r#"{"name":"a"}"#)?.status(201)?;
            }
            reader.post(r#"{"name":"a"}"#)?.refused(409, "all_ids_used")?;
            Ok(())
        }),
        Check::new("users: list answers the caller's users in order", |service| {
            let reader = service.reader()?;
            same(&reader.get("/api/users")?.status(200)?.took_capacity()?, &json!({"items": []}))?;
            let second = reader.post(r#"{"id":20,"name":"b"}"#)?.status(201)?.body;
            let first = reader.post(r#"{"id":2,"name":"a"}"#)?.status(201)?.body;
            same(&reader.get("/api/users")?.status(200)?, &json!({"items": [first, second]}))
        }),
        Check::new("users: raw=true adds the item as the table holds it", |service| {
            let reader = service.reader()?;
            reader.post(r#"{"id":7,"name":"김하늘"}"#)?.status(201)?;
            for path in ["/api/users/7?raw=true", "/api/users?raw=true"] {
                let answer = reader.get(path)?.status(200)?;
                let user = if path.contains("/7") { &answer.body } else { &answer.body["items"][0] };
                let stored = &user["stored"];
                let key = stored["id"]["N"].as_str().unwrap_or_default();
                let right = key.ends_with("000007")
                    && key.len() <= 35
                    && key.bytes().all(|byte| byte.is_ascii_digit());
                ensure!(right, "expected a key that ends in 000007\n{answer}");
                ensure!(
                    stored["name"] == json!({"S": "김하늘"}),
                    "expected the name as a string attribute\n{answer}"
                );
                let expires = stored["expiresAt"]["N"].as_str().unwrap_or_default();
                ensure!(expires.len() == 10, "expected epoch seconds\n{answer}");
            }
            let plain = reader.get("/api/users/7")?.status(200)?;
            ensure!(plain.body.get("stored").is_none(), "expected no stored item without raw\n{plain}");
            Ok(())
        }),
        Check::new("users: replace raises the version and removes what is not sent", |service| {
            let reader = service.reader()?;
            let created = reader.post(r#"{"id":1,"name":"before","email":"a@b.kr"}"#)?.status(201)?;
            let replaced = reader
                .put("/api/users/1", &[], r#"{"id":1,"name":"after"}"#)?
                .status(200)?
                .has("etag", "\"2\"")?;
            let replaced =
                replaced.has_fields(&["id", "name", "version", "createdAt", "expiresAt"])?.took_capacity()?;
            let right = replaced.body["name"] == "after" && replaced.body["version"] == 2;
            ensure!(
                right && replaced.body["createdAt"] == created.body["createdAt"],
                "expected version 2, created when it was\n{replaced}"
            );
            same(&reader.get("/api/users/1")?.status(200)?, &replaced.body)
        }),
        Check::new("users: replace of nobody is 404 and creates nobody", |service| {
            let reader = service.reader()?;
            reader.put("/api/users/5", &[], r#"{"name":"a"}"#)?.refused(404, "user_not_found")?;
            reader
                .put("/api/users/5", &[("if-match", "\"1\"")], r#"{"name":"a"}"#)?
                .refused(404, "user_not_found")?;
            reader.get("/api/users/5")?.refused(404, "user_not_found")?;
            Ok(())
        }),
        Check::new("users: if-match of another version is 412 with the current etag", |service| {
            let reader = service.reader()?;
            reader.post(r#"{"id":1,"name":"a"}"#)?.status(201)?;
            let tag = [("if-match", "\"1\"")];
            reader.put("/api/users/1", &tag, r#"{"name":"b"}"#)?.status(200)?;
            reader
                .put("/api/users/1", &tag, r#"{"name":"c"}"#)?
                .refused(412, "version_mismatch")?
                .has("etag", "\"2\"")?;
            reader.delete("/api/users/1", &tag)?.refused(412, "version_mismatch")?;
            reader
                .put("/api/users/1", &[("if-match", "*")], r#"{"name":"d"}"#)?
                .status(200)?
                .has("etag", "\"3\"")?;
            reader.delete("/api/users/1", &[("if-match", "\"3\"")])?.status(204)?;
            Ok(())
        }),
        Check::new("users: delete is 204, also when already gone", |service| {
            let reader = service.reader()?;
            reader.post(r#"{"id":1,"name":"a"}"#)?.status(201)?;
            for _ in 0..2 {
                let deleted = reader.delete("/api/users/1", &[])?.status(204)?;
                ensure!(deleted.text().is_empty(), "expected no body\n{deleted}");
            }
            reader.get("/api/users/1")?.refused(404, "user_not_found")?;
            Ok(())
        }),
        Check::new("users: a name of any script and emoji comes back composed", |service| {
            let reader = service.reader()?;
            for (sent, kept) in [
                ("\u{1112}\u{1161}\u{1102}\u{1173}\u{11AF}", "하늘"),
                ("👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"),
                ("<b>José</b>", "<b>José</b>"),
            ] {
                let created = reader.post(&json!({"name": sent}).to_string())?.status(201)?;
                ensure!(created.body["name"] == kept, "expected {kept}\n{created}");
            }
            let longest = "가".repeat(40);
            let created = reader.post(&json!({"name": longest}).to_string())?.status(201)?;
            ensure!(created.body["name"] == longest.as_str(), "expected forty characters\n{created}");
            Ok(())
        }),
    ]
}
