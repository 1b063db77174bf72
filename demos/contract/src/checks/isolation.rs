//! Readers do not meet: whatever one does under an id, another's user of the same id is not touched and not seen.
//! The visitor is all that tells them apart, so requests without a proper one are refused.

use super::Check;
use crate::service::Payload;
use anyhow::ensure;
use serde_json::json;

pub(super) fn checks() -> Vec<Check> {
    let mut checks = vec![
        Check::new(
            "isolation: another reader's user can be neither read, listed, replaced nor deleted",
            |service| {
                let (owner, other) = (service.reader()?, service.reader()?);
                let created = owner.post(r#"{"id":1,"name":"주인"}"#)?.status(201)?;
                other.get("/api/users/1")?.refused(404, "user_not_found")?;
                let list = other.get("/api/users")?.status(200)?;
                ensure!(list.body == json!({"items": []}), "expected an empty list\n{list}");
                other.put("/api/users/1", &[], r#"{"name":"손님"}"#)?.refused(404, "user_not_found")?;
                other
                    .put("/api/users/1", &[("if-match", "\"1\"")], r#"{"name":"손님"}"#)?
                    .refused(404, "user_not_found")?;
                other.delete("/api/users/1", &[])?.status(204)?;
                let still = owner.get("/api/users/1")?.status(200)?;
                ensure!(still.body == created.body, "expected it unchanged\n{still}");
                Ok(())
            },
        ),
        Check::new("isolation: two readers have a user 1 each", |service| {
            let (one, two) = (service.reader()?, service.reader()?);
            one.post(r#"{"id":1,"name":"하나"}"#)?.status(201)?;
            two.post(r#"{"id":1,"name":"둘"}"#)?.status(201)?;
            for (reader, name) in [(&one, "하나"), (&two, "둘")] {
                let list = reader.get("/api/users?raw=true")?.status(200)?;
                let users = list.body["items"].as_array().map_or(0, Vec::len);
                ensure!(users == 1 && list.body["items"][0]["name"] == name, "expected {name} alone\n{list}");
            }
            let keys = [one, two].map(|reader| {
                reader.get("/api/users/1?raw=true").map(|user| user.body["stored"]["id"].clone())
            });
            let [one, two] = keys;
            ensure!(one? != two?, "expected two keys in the table");
            Ok(())
        }),
    ];
    let visitors: [(&str, Option<&str>, &str); 5] = [
        ("no visitor", None, "visitor_missing"),
        ("a short visitor", Some("0123456789abcdef"), "visitor_invalid"),
        ("an upper-case visitor", Some("0123456789ABCDEF0123456789ABCDEF"), "visitor_invalid"),
        ("a visitor with other letters", Some("0123456789abcdeg0123456789abcdef"), "visitor_invalid"),
        (
            "a list of visitors",
            Some("0123456789abcdef0123456789abcdef,0123456789abcdef0123456789abcdef"),
            "visitor_invalid",
        ),
    ];
    checks.extend(visitors.map(|(what, visitor, code)| {
        Check::new(format!("isolation: {what} is refused"), move |service| {
            let headers: Vec<_> = visitor.map(|visitor| ("x-visitor", visitor)).into_iter().collect();
            service
                .send("GET", "/api/users", &headers, Payload::Nothing)?
                .of_a_function()?
                .refused(400, code)?;
            Ok(())
        })
    }));
    checks
}
