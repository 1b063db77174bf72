//! The error dictionary's mistakes as a caller sees them: DynamoDB's own words where the function hands them on, and the
//! gateway's where there is no answer of the function to hand on.

use super::Check;
use crate::service::{Payload, Service};
use anyhow::{Result, ensure};

/// What DynamoDB says: the mistake, the function's code, DynamoDB's, and a part of the sentence.
const SAID: [(&str, &str, &str, &str); 4] = [
    ("key-type", "key_type", "ValidationException", "Type mismatch for key id expected: N actual: S"),
    (
        "key-element",
        "key_element",
        "ValidationException",
        "The provided key element does not match the schema",
    ),
    ("reserved-word", "reserved_word", "ValidationException", "reserved keyword: name"),
    (
        "access-denied",
        "access_denied",
        "AccessDeniedException",
        "because no identity-based policy allows the dynamodb:DeleteItem action",
    ),
];
/// After these there is no answer of the function.
const UNANSWERED: [&str; 5] = ["time-out", "crash", "exception", "malformed", "too-large"];

pub(super) fn checks() -> Vec<Check> {
    let mut checks = Vec::new();
    checks.extend(SAID.map(|(mistake, code, said, words)| {
        Check::new(format!("mistakes: {mistake}: DynamoDB's own words are handed on"), move |service| {
            let answer = service.reader()?.get(&format!("/api/mistakes/{mistake}"))?.refused(500, code)?;
            let message = answer.body["dynamodb"]["message"].as_str().unwrap_or_default();
            ensure!(
                answer.body["dynamodb"]["code"] == said && message.contains(words),
                "expected {said}: {words}\n{answer}"
            );
            ensure!(!has_account(message), "an account's number is shown\n{answer}");
            Ok(())
        })
    }));
    checks.extend(UNANSWERED.map(|mistake| {
        Check::new(
            format!("mistakes: {mistake}: the gateway answers in the function's place"),
            move |service| unanswered(service, mistake),
        )
    }));
    checks.extend([
        Check::new("mistakes: done rightly there is nothing to tell", |service| {
            let reader = service.reader()?;
            for mistake in ["key-type", "key-element", "reserved-word", "malformed"] {
                let answer = reader.get(&format!("/api/mistakes/{mistake}?fixed=true"))?.status(200)?;
                ensure!(answer.body["fixed"] == true, "expected {mistake} mended\n{answer}");
            }
            Ok(())
        }),
        Check::new(
            "mistakes: overwrite: the first item is lost without an error, or kept by a condition",
            |service| {
                let reader = service.reader()?;
                let lost = reader.get("/api/mistakes/overwrite")?.status(200)?.took_capacity()?;
                ensure!(
                    lost.body["lost"]["email"].is_string() && lost.body["item"]["email"].is_null(),
                    "expected the address to be lost\n{lost}"
                );
                reader.get("/api/mistakes/overwrite?fixed=true")?.refused(409, "id_in_use")?;
                let kept = reader.get("/api/mistakes/key-element?fixed=true")?.status(200)?;
                ensure!(kept.body["item"]["email"].is_string(), "expected the first item\n{kept}");
                Ok(())
            },
        ),
        Check::new("mistakes: expired: the item is there until somebody looks at the time", |service| {
            let reader = service.reader()?;
            let there = reader.get("/api/mistakes/expired")?.status(200)?;
            ensure!(there.body["item"].is_object(), "expected the item\n{there}");
            let gone = reader.get("/api/mistakes/expired?fixed=true")?.status(200)?;
            ensure!(gone.body["item"].is_null(), "expected none\n{gone}");
            Ok(())
        }),
        Check::new("mistakes: another reader's items are not there", |service| {
            service.reader()?.get("/api/mistakes/key-type?fixed=true")?.status(200)?;
            let other = service.reader()?.get("/api/mistakes/key-element?fixed=true")?.status(200)?;
            ensure!(other.body["item"].is_null(), "expected none\n{other}");
            Ok(())
        }),
        Check::new("mistakes: refused: no visitor, and nothing happens", |service| {
            let answer =
                service.send("GET", "/api/mistakes/crash", &[], Payload::Nothing)?.of_a_function()?;
            answer.refused(400, "visitor_missing").map(drop)
        }),
        Check::new("mistakes: refused: one that is none", |service| {
            service.reader()?.get("/api/mistakes/no-such")?.refused(404, "mistake_unknown").map(drop)
        }),
        Check::new("mistakes: refused: a mended one that cannot be", |service| {
            service.reader()?.get("/api/mistakes/crash?fixed=true")?.refused(400, "query_unknown").map(drop)
        }),
    ]);
    checks
}

/// The caller is told nothing, and the next one finds the function as if nothing had been.
fn unanswered(service: &Service, mistake: &str) -> Result<()> {
    let reader = service.reader()?;
    reader
        .past_function(&format!("/api/mistakes/{mistake}"))?
        .of_the_gateway(500, "Internal Server Error")?;
    reader.get("/api/mistakes/malformed?fixed=true")?.status(200).map(drop)
}

/// Twelve digits in a row.
fn has_account(text: &str) -> bool {
    text.split(|character: char| !character.is_ascii_digit()).any(|digits| digits.len() == 12)
}
