//! Events of a reader, whichever way they came: kept once, in the shape their source gives them, and shown to nobody else.
//! What the schedule leaves is anybody's and may be there or not.

use super::Check;
use crate::{
    answer::Answer,
    service::{Payload, Reader},
};
use anyhow::{Result, bail, ensure};
use serde_json::Value;
use std::{
    thread,
    time::{Duration, Instant},
};

/// A message waits for its batch, the batch for a function that may start cold.
const PATIENCE: Duration = Duration::from_secs(40);
/// Slower than a visitor of the public set may ask.
const PAUSE: Duration = Duration::from_millis(500);
/// What an item says, beside how many messages there were in its batch.
const FIELDS: [&str; 8] = ["event", "expiresAt", "id", "outcome", "receivedAt", "runs", "sentAt", "source"];

pub(super) fn checks() -> Vec<Check> {
    vec![
        Check::new("events: a request is kept as the event it is", |service| {
            let reader = service.reader()?;
            let kept = reader.json("POST", "/api/events", &[], r#"{"text":"안녕"}"#.as_bytes())?;
            let kept = kept.status(201)?.took_capacity()?.has_fields(&FIELDS)?;
            let event = &kept.body["event"];
            ensure!(
                kept.body["source"] == "http"
                    && event["version"] == "2.0"
                    && event["body"] == r#"{"text":"안녕"}"#,
                "expected the event of a request\n{kept}"
            );
            let list = reader.get("/api/events")?.status(200)?.took_capacity()?;
            ensure!(own(&list).collect::<Vec<_>>() == [&kept.body], "expected the event alone\n{list}");
            Ok(())
        }),
        Check::new("events: another reader sees none of them", |service| {
            let (one, other) = (service.reader()?, service.reader()?);
            one.json("POST", "/api/events", &[], b"{}")?.status(201)?;
            let list = other.get("/api/events")?.status(200)?;
            ensure!(own(&list).next().is_none(), "expected none but the schedule's\n{list}");
            Ok(())
        }),
        Check::new(
            "events: queue: a message arrives as a record and comes back only if it is poison",
            |service| {
                let reader = service.reader()?;
                let good = id(&reader.past_functions("/api/events/queue", r#"{"text":"안녕"}"#)?)?;
                let poison = id(&reader.past_functions("/api/events/queue", r#"{"poison":true}"#)?)?;
                let (good, poison) = (arrived(&reader, &good)?, arrived(&reader, &poison)?);
                let record = &good["event"]["Records"][0];
                ensure!(
                    good["outcome"] == "done"
                        && record["eventSource"] == "aws:sqs"
                        && record["body"] == r#"{"text":"안녕"}"#,
                    "expected a record of SQS: {good}"
                );
                ensure!(poison["outcome"] == "failed", "expected it to fail: {poison}");
                Ok(())
            },
        ),
        Check::new("events: queue: without a visitor nothing is sent", |service| {
            let sent = service.send("POST", "/api/events/queue", &[], Payload::Bytes(b"{}"))?;
            sent.of_the_gateway(400, "Bad Request")
        }),
        Check::new("events: queue: a message above a kilobyte is refused by SQS", |service| {
            let answer = service.reader()?.past_functions("/api/events/queue", &"가".repeat(342))?;
            let answer = answer.status(400)?;
            ensure!(answer.text().contains("<Code>InvalidParameterValue</Code>"), "expected SQS\n{answer}");
            Ok(())
        }),
        Check::new("events: refused: no visitor", |service| {
            let answer = service.send("GET", "/api/events", &[], Payload::Nothing)?.of_a_function()?;
            answer.refused(400, "visitor_missing").map(drop)
        }),
        Check::new("events: refused: a question mark", |service| {
            service.reader()?.get("/api/events?limit=3")?.refused(400, "query_unknown").map(drop)
        }),
        Check::new("events: refused: a body above a kilobyte", |service| {
            let answer = service.reader()?.json("POST", "/api/events", &[], &[b'x'; 1_025])?;
            answer.refused(413, "body_too_large").map(drop)
        }),
    ]
}

/// The items that are not the schedule's.
fn own(list: &Answer) -> impl Iterator<Item = &Value> {
    list.body["items"].as_array().into_iter().flatten().filter(|item| item["source"] != "schedule")
}

/// The id SQS has given a message.
fn id(answer: &Answer) -> Result<String> {
    let id = answer.text().split_once("<MessageId>").and_then(|(_, rest)| rest.split_once("</MessageId>"));
    match id {
        Some((id, _)) => Ok(id.to_owned()),
        None => bail!("expected SQS to take the message\n{answer}"),
    }
}

/// The item of a message, as soon as it is there.
fn arrived(reader: &Reader<'_>, id: &str) -> Result<Value> {
    let end = Instant::now() + PATIENCE;
    loop {
        let list = reader.get("/api/events")?.status(200)?;
        if let Some(item) = own(&list).find(|item| item["id"] == id) {
            return Ok(item.clone());
        }
        ensure!(Instant::now() < end, "expected the message {id} to arrive\n{list}");
        thread::sleep(PAUSE);
    }
}
