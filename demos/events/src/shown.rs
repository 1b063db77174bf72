//! What of an event is kept and shown: its form, and of its values what is nobody's secret.
//! Knows the three forms. Addresses, keys and the deployment's own names give way to a word; a large body is left out.

use serde_json::{Map, Value, json};

/// What stands for a value that is not shown.
pub const HIDDEN: &str = "(가림)";
/// What stands for a body that would make an item too large.
const TOO_LONG: &str = "(너무 길어 적지 않는다)";
/// Headers whose values say nothing about who asked.
const OPEN_HEADERS: [&str; 6] =
    ["accept", "content-length", "content-type", "x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id"];
/// More headers, or longer names, are not kept.
const MOST_HEADERS: usize = 30;
const LONGEST_NAME: usize = 40;
const LONGEST_VALUE: usize = 100;
/// Bytes of an event as JSON, without the list around a record.
pub const LONGEST: usize = 3_500;

/// The event of a request.
pub fn request(event: &Value) -> Value {
    let context = &event["requestContext"];
    let (account, api) = (text(&context["accountId"]), text(&context["apiId"]));
    let mut shown = event.clone();
    let headers = event["headers"].as_object().into_iter().flatten();
    let headers: Map<_, _> = headers
        .filter(|(name, _)| name.len() <= LONGEST_NAME)
        .take(MOST_HEADERS)
        .map(|(name, value)| (name.clone(), header(name, value)))
        .collect();
    shown["headers"] = headers.into();
    if event["cookies"].is_array() {
        shown["cookies"] = json!([HIDDEN]);
    }
    for name in ["domainName", "domainPrefix", "accountId", "apiId"] {
        hide(&mut shown["requestContext"][name]);
    }
    for name in ["sourceIp", "userAgent"] {
        hide(&mut shown["requestContext"]["http"][name]);
    }
    fitting(without(shown, &[account, api]), "body")
}

/// One record of a batch, in the form of a batch of one: the others are other readers' messages.
pub fn record(record: &Value) -> Value {
    let mut shown = record.clone();
    hide(&mut shown["receiptHandle"]);
    hide(&mut shown["attributes"]["SenderId"]);
    for (_, attribute) in shown["messageAttributes"].as_object_mut().into_iter().flatten() {
        hide(&mut attribute["stringValue"]);
    }
    let shown = without(shown, &[account(&record["eventSourceARN"])]);
    json!({"Records": [fitting(shown, "body")]})
}

/// The event of a schedule.
pub fn schedule(event: &Value) -> Value {
    fitting(without(event.clone(), &[text(&event["account"])]), "detail")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The account in an ARN.
fn account(arn: &Value) -> &str {
    text(arn).split(':').nth(4).unwrap_or_default()
}

fn hide(value: &mut Value) {
    if !value.is_null() {
        *value = HIDDEN.into();
    }
}

fn header(name: &str, value: &Value) -> Value {
    let is_open = OPEN_HEADERS.contains(&name) && text(value).len() <= LONGEST_VALUE;
    if is_open { value.clone() } else { HIDDEN.into() }
}

/// Takes the body out of an event that would be too large with it, and if need be everything.
fn fitting(mut event: Value, body: &str) -> Value {
    let length = |event: &Value| event.to_string().len();
    if length(&event) > LONGEST && event.get(body).is_some() {
        event[body] = TOO_LONG.into();
    }
    if length(&event) > LONGEST { TOO_LONG.into() } else { event }
}

/// The same without these texts, wherever they stand.
fn without(event: Value, secrets: &[&str]) -> Value {
    let hide = |text: &str| {
        secrets
            .iter()
            .filter(|secret| !secret.is_empty())
            .fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN))
    };
    map(event, &hide)
}

fn map(value: Value, change: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => change(&text).into(),
        Value::Array(items) => items.into_iter().map(|item| map(item, change)).collect(),
        Value::Object(entries) => {
            entries.into_iter().map(|(name, value)| (name, map(value, change))).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}
