//! Payments of a reader: made once by their key however often they are asked for, and asked for after the answer was really lost.
//! What a lost answer looks like is the gateway's to say.

use super::Check;
use crate::{
    answer::Answer,
    service::{Payload, Reader, Service},
};
use anyhow::{Result, ensure};

const PATH: &str = "/api/payments";
const ORDER: &[u8] = br#"{"amount":3000,"order":"A-17"}"#;
const KEY: (&str, &str) = ("idempotency-key", "A-17");

pub(super) fn checks() -> Vec<Check> {
    vec![
        Check::new("payments: without a key asking again pays again", |service| {
            let reader = service.reader()?;
            for _ in 0..2 {
                let paid = pay(&reader, &[], ORDER)?.status(201)?.took_capacity()?;
                paid.has("x-idempotent-replay", "")?.has_fields(&["amount", "order", "paidAt"])?;
            }
            has(&reader, 4_000.0, 2)
        }),
        Check::new("payments: with a key asking again gives the first answer", |service| {
            let reader = service.reader()?;
            let first = pay(&reader, &[KEY], ORDER)?.status(201)?.has("x-idempotent-replay", "")?;
            let first = first.has_fields(&["amount", "key", "order", "paidAt"])?;
            let again = pay(&reader, &[KEY], ORDER)?
                .status(201)?
                .took_capacity()?
                .has("x-idempotent-replay", "true")?;
            ensure!(first.body == again.body, "expected the first answer\n{first}\n{again}");
            has(&reader, 7_000.0, 1)
        }),
        Check::new(
            "payments: a lost answer does not tell whether it was paid, and the key settles it",
            |service| {
                let reader = service.reader()?;
                lost(&reader, "before")?;
                has(&reader, 10_000.0, 0)?;
                lost(&reader, "after")?;
                has(&reader, 7_000.0, 1)?;
                pay(&reader, &[KEY], ORDER)?.status(201)?.has("x-idempotent-replay", "true")?;
                has(&reader, 7_000.0, 1)
            },
        ),
        Check::new("payments: a key is for one content", |service| {
            let reader = service.reader()?;
            pay(&reader, &[KEY], ORDER)?.status(201)?;
            pay(&reader, &[KEY], br#"{"amount":1}"#)?.refused(422, "key_reused").map(drop)
        }),
        Check::new("payments: another reader's key is another payment", |service| {
            let (one, other) = (service.reader()?, service.reader()?);
            pay(&one, &[KEY], ORDER)?.status(201)?;
            has(&other, 10_000.0, 0)?;
            pay(&other, &[KEY], ORDER)?.status(201)?.has("x-idempotent-replay", "").map(drop)
        }),
        Check::new("payments: an account begins anew, its keys too", |service| {
            let reader = service.reader()?;
            pay(&reader, &[KEY], ORDER)?.status(201)?;
            reader.delete(PATH, &[])?.status(204)?.took_capacity()?;
            has(&reader, 10_000.0, 0)?;
            pay(&reader, &[KEY], ORDER)?.status(201)?.has("x-idempotent-replay", "").map(drop)
        }),
        Check::new("payments: refused: more than there is", |service| {
            let reader = service.reader()?;
            pay(&reader, &[], br#"{"amount":10000}"#)?.status(201)?;
            pay(&reader, &[], br#"{"amount":1}"#)?.refused(409, "balance_too_low").map(drop)
        }),
        refused("a key with a space", &[("idempotency-key", "A 17")], ORDER, 400, "key_invalid"),
        refused("no amount", &[], b"{}", 400, "body_invalid"),
        refused("an amount of nothing", &[], br#"{"amount":0}"#, 400, "amount_invalid"),
        refused("an order in hangul", &[], r#"{"amount":1,"order":"주문"}"#.as_bytes(), 400, "order_invalid"),
        refused("a body above a kilobyte", &[], &[b' '; 1_025], 413, "body_too_large"),
        Check::new("payments: refused: no visitor", |service: &Service| {
            service
                .send("GET", PATH, &[], Payload::Nothing)?
                .of_a_function()?
                .refused(400, "visitor_missing")
                .map(drop)
        }),
        Check::new("payments: refused: a question mark", |service| {
            service.reader()?.get("/api/payments?limit=3")?.refused(400, "query_unknown").map(drop)
        }),
    ]
}

fn pay(reader: &Reader<'_>, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer> {
    reader.json("POST", PATH, headers, body)
}

/// Pays in a way that ends the function: the gateway answers in its place, with its words for a function that did not.
fn lost(reader: &Reader<'_>, place: &str) -> Result<()> {
    reader
        .unanswered(&format!("{PATH}?fail={place}"), &[KEY], ORDER)?
        .of_the_gateway(500, "Internal Server Error")
}

/// The reader's account.
fn has(reader: &Reader<'_>, balance: f64, payments: usize) -> Result<()> {
    let account = reader.get(PATH)?.status(200)?.took_capacity()?.has_fields(&["balance", "payments"])?;
    let count = account.body["payments"].as_array().map(Vec::len);
    ensure!(
        account.number("balance")? == balance && count == Some(payments),
        "expected {balance} and {payments} payments\n{account}"
    );
    Ok(())
}

fn refused(
    what: &str,
    headers: &'static [(&str, &str)],
    body: &'static [u8],
    status: u16,
    code: &'static str,
) -> Check {
    Check::new(format!("payments: refused: {what}"), move |service| {
        pay(&service.reader()?, headers, body)?.refused(status, code).map(drop)
    })
}
