//! Mistakes with a table: real calls of the real SDK, each on the asking reader's two items and nobody else's.
//! Knows the SDK and attribute names; knows no request.
//!
//! The key is a number, as in the notes. A reader's keys are made of the reader's namespace, as those of `users` are.

use crate::said::Said;
use aws_sdk_dynamodb::{
    Client,
    types::{
        AttributeValue, ConsumedCapacity, ReturnConsumedCapacity, ReturnValue,
        ReturnValuesOnConditionCheckFailure,
    },
};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use environment::TableUse;
use serde_json::{Map, Value, json};
use std::{
    collections::HashMap,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use users::{Failure, Namespace, Refusal, UserId};

/// The most bytes of an item, by DynamoDB's rule: one write unit.
pub const LONGEST_ITEM: usize = 1_024;
/// Write units of the dearest mistake, `overwrite`.
pub const MOST_WRITES: u32 = 2;
/// Read units of the dearest mistake: each reads one item at most, consistently.
pub const MOST_READS: u32 = 1;

/// Seconds from a write to the item's end.
const LIFETIME: u64 = 3_600;
/// How long the item of [`Table::expired`] has been expired when it is written, in seconds.
const EXPIRED_FOR: u64 = 60;
const VALIDATION: &str = "ValidationException";

type Attributes = HashMap<String, AttributeValue>;

/// The table the mistakes are made on.
#[derive(Clone)]
pub struct Table {
    client: Client,
    name: String,
}

/// One reader's request to the table.
pub(crate) struct Asked<'a> {
    pub reader: Namespace,
    /// The number that is not shown.
    pub account: &'a str,
    pub used: TableUse,
}

impl Table {
    /// A table by name, through a client that is ready.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// The key is a number in the table's definition and text in the call, as everything is that comes out of a path.
    pub(crate) async fn key_type(&self, asked: &mut Asked<'_>, fixed: bool) -> Result<Response, Refusal> {
        let key = asked.key(1)?;
        let key = if fixed { AttributeValue::N(key) } else { AttributeValue::S(key) };
        let item = item(key, "김하늘", None, now() + LIFETIME);
        let call = self.client.put_item().table_name(&self.name).set_item(Some(item));
        let call = call.return_consumed_capacity(ReturnConsumedCapacity::Total);
        match asked.timed(call.send()).await {
            Ok(answer) if fixed => {
                asked.consumed(answer.consumed_capacity.as_ref());
                Ok(mended("key-type", json!({"name": "김하늘"})))
            }
            Ok(_) => Err(Refusal::Internal),
            Err(error) => asked.told(
                Said::of("PutItem", VALIDATION, error)?,
                "key_type",
                "키의 유형이 테이블의 정의와 다르다. 문자열을 숫자로 바꾸어 보낸다.",
            ),
        }
    }

    /// The same mistake with a read.
    pub(crate) async fn key_element(&self, asked: &mut Asked<'_>, fixed: bool) -> Result<Response, Refusal> {
        let key = asked.key(1)?;
        let key = if fixed { AttributeValue::N(key) } else { AttributeValue::S(key) };
        match self.read(asked, key).await {
            Ok(found) if fixed => Ok(mended("key-element", found.as_ref().map_or(Value::Null, shown))),
            Ok(_) => Err(Refusal::Internal),
            Err(error) => asked.told(
                Said::of("GetItem", VALIDATION, error)?,
                "key_element",
                "키가 테이블의 정의와 다르다. 이름과 유형을 맞추어 보낸다.",
            ),
        }
    }

    // ANCHOR: reserved-word
    /// `name` stands in the expression itself; mended, a placeholder does.
    pub(crate) async fn reserved_word(
        &self,
        asked: &mut Asked<'_>,
        fixed: bool,
    ) -> Result<Response, Refusal> {
        let call = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("id", AttributeValue::N(asked.key(1)?))
            .expression_attribute_names("#expiresAt", "expiresAt")
            .expression_attribute_values(":name", AttributeValue::S("김하늘".to_owned()))
            .expression_attribute_values(":expiresAt", number(now() + LIFETIME))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let call = if fixed {
            call.update_expression("SET #name = :name, #expiresAt = :expiresAt")
                .expression_attribute_names("#name", "name")
        } else {
            call.update_expression("SET name = :name, #expiresAt = :expiresAt")
        };
        // ANCHOR_END: reserved-word
        match asked.timed(call.send()).await {
            Ok(answer) if fixed => {
                asked.consumed(answer.consumed_capacity.as_ref());
                Ok(mended("reserved-word", json!({"name": "김하늘"})))
            }
            Ok(_) => Err(Refusal::Internal),
            Err(error) => asked.told(
                Said::of("UpdateItem", VALIDATION, error)?,
                "reserved_word",
                "식에 예약어를 그대로 썼다. `#name`처럼 자리 표시자로 쓰고 이름을 따로 준다.",
            ),
        }
    }

    // ANCHOR: overwrite
    /// Two creations of one id. The second takes everything from the first, and nobody is told; mended, a condition refuses it.
    pub(crate) async fn overwrite(&self, asked: &mut Asked<'_>, fixed: bool) -> Result<Response, Refusal> {
        let key = asked.key(1)?;
        let put = |name, email| {
            let item = item(AttributeValue::N(key.clone()), name, email, now() + LIFETIME);
            self.client
                .put_item()
                .table_name(&self.name)
                .set_item(Some(item))
                .return_values(ReturnValue::AllOld)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
        };
        let first = asked.timed(put("김하늘", Some("sky@example.com")).send()).await;
        let first = first.map_err(|error| Failure::of("PutItem", error).refusal())?;
        asked.consumed(first.consumed_capacity.as_ref());

        let second = put("이바다", None);
        let second = if fixed {
            second
                .condition_expression("attribute_not_exists(#id)")
                .expression_attribute_names("#id", "id")
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::None)
        } else {
            second
        };
        // ANCHOR_END: overwrite
        match asked.timed(second.send()).await {
            Ok(_) if fixed => Err(Refusal::Internal),
            Ok(answer) => {
                asked.consumed(answer.consumed_capacity.as_ref());
                let lost = answer.attributes.as_ref().map_or(Value::Null, shown);
                let found = self.read(asked, AttributeValue::N(key)).await;
                let found = found.map_err(|error| Failure::of("GetItem", error).refusal())?;
                let found = found.as_ref().map_or(Value::Null, shown);
                Ok(Json(json!({"mistake": "overwrite", "fixed": false, "lost": lost, "item": found}))
                    .into_response())
            }
            Err(error) => {
                // Errors carry no report; a write whose condition fails costs what it would have.
                asked.used.add(Duration::ZERO, 1.0);
                let said = Said::of("PutItem", "ConditionalCheckFailedException", error)?;
                Ok(said.answer(
                    StatusCode::CONFLICT,
                    "id_in_use",
                    "그 id는 이미 쓰고 있다. 먼저 있던 항목은 그대로다.",
                    asked.account,
                ))
            }
        }
    }

    /// The role allows reading and writing. Deleting it does not.
    pub(crate) async fn access_denied(&self, asked: &mut Asked<'_>) -> Result<Response, Refusal> {
        let key = AttributeValue::N(asked.key(1)?);
        let call = self.client.delete_item().table_name(&self.name).key("id", key);
        match asked.timed(call.send()).await {
            Ok(_) => Err(Refusal::Internal),
            Err(error) => asked.told(
                Said::of("DeleteItem", "AccessDeniedException", error)?,
                "access_denied",
                "이 함수의 실행 역할에는 그 동작이 없다. 꼭 필요하면 정책에 그 동작 하나를 더한다.",
            ),
        }
    }

    /// An item whose time is over is still there: DynamoDB deletes within days. Mended, the reader looks at the time.
    pub(crate) async fn expired(&self, asked: &mut Asked<'_>, fixed: bool) -> Result<Response, Refusal> {
        let (key, now) = (asked.key(2)?, now());
        let item = item(AttributeValue::N(key.clone()), "김하늘", None, now - EXPIRED_FOR);
        let call = self.client.put_item().table_name(&self.name).set_item(Some(item));
        let call = call.return_consumed_capacity(ReturnConsumedCapacity::Total);
        let written = asked.timed(call.send()).await;
        let written = written.map_err(|error| Failure::of("PutItem", error).refusal())?;
        asked.consumed(written.consumed_capacity.as_ref());

        let found = self.read(asked, AttributeValue::N(key)).await;
        let found = found.map_err(|error| Failure::of("GetItem", error).refusal())?;
        let is_alive = |item: &Attributes| expires_at(item).is_some_and(|at| at > now);
        let found = found.filter(|item| !fixed || is_alive(item));
        let found = found.as_ref().map_or(Value::Null, shown);
        let body =
            json!({"mistake": "expired", "fixed": fixed, "expiredForSeconds": EXPIRED_FOR, "item": found});
        Ok(Json(body).into_response())
    }

    /// One item, consistently.
    async fn read(
        &self,
        asked: &mut Asked<'_>,
        key: AttributeValue,
    ) -> Result<
        Option<Attributes>,
        aws_sdk_dynamodb::error::SdkError<aws_sdk_dynamodb::operation::get_item::GetItemError>,
    > {
        let call = self.client.get_item().table_name(&self.name).key("id", key).consistent_read(true);
        let call = call.return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = asked.timed(call.send()).await?;
        asked.consumed(answer.consumed_capacity.as_ref());
        Ok(answer.item)
    }
}

impl Asked<'_> {
    /// One of the reader's two keys.
    fn key(&self, id: u8) -> Result<String, Refusal> {
        UserId::new(id).map(|id| self.reader.stored(id).to_string()).ok_or(Refusal::Internal)
    }

    /// Waits for a call and counts its time.
    async fn timed<T>(&mut self, call: impl Future<Output = T>) -> T {
        let started = Instant::now();
        let answer = call.await;
        self.used.add(started.elapsed(), 0.0);
        answer
    }

    fn consumed(&mut self, report: Option<&ConsumedCapacity>) {
        let units = report.and_then(ConsumedCapacity::capacity_units).unwrap_or_default();
        self.used.add(Duration::ZERO, units);
    }

    /// The mistake is this function's, so its status is 500.
    fn told(&self, said: Said, code: &'static str, message: &'static str) -> Result<Response, Refusal> {
        Ok(said.answer(StatusCode::INTERNAL_SERVER_ERROR, code, message, self.account))
    }
}

fn mended(mistake: &str, item: Value) -> Response {
    Json(json!({"mistake": mistake, "fixed": true, "item": item})).into_response()
}

/// An item of the table.
fn item(key: AttributeValue, name: &str, email: Option<&str>, expires_at: u64) -> Attributes {
    let mut item = HashMap::from([
        ("id".to_owned(), key),
        ("name".to_owned(), AttributeValue::S(name.to_owned())),
        ("expiresAt".to_owned(), number(expires_at)),
    ]);
    if let Some(email) = email {
        item.insert("email".to_owned(), AttributeValue::S(email.to_owned()));
    }
    item
}

/// What a reader may see of an item: everything but its key, which is the reader's secret made a number.
fn shown(item: &Attributes) -> Value {
    let text = |name: &str| Some((name.to_owned(), item.get(name)?.as_s().ok()?.clone().into()));
    ["name", "email"].into_iter().filter_map(text).collect::<Map<_, _>>().into()
}

fn expires_at(item: &Attributes) -> Option<u64> {
    item.get("expiresAt")?.as_n().ok()?.parse().ok()
}

/// DynamoDB takes and gives numbers as decimal text.
fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Epoch seconds.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// DynamoDB's rule: names and texts count their UTF-8 bytes, a number about a byte for each two digits, and one more.
    #[test]
    fn the_largest_item_is_below_one_kilobyte() {
        let largest = item(AttributeValue::N("9".repeat(35)), "김하늘", Some("sky@example.com"), u64::MAX);
        let values = largest.values().map(|value| match value {
            AttributeValue::S(text) => text.len(),
            AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
            _ => 0,
        });
        let size = largest.keys().map(String::len).sum::<usize>() + values.sum::<usize>();
        assert!(size <= LONGEST_ITEM, "{size}");
    }

    #[test]
    fn a_key_is_never_shown() {
        let item = item(AttributeValue::N("123456789".to_owned()), "김하늘", Some("sky@example.com"), 4_600);
        assert_eq!(shown(&item), json!({"name": "김하늘", "email": "sky@example.com"}));
        assert_eq!(expires_at(&item), Some(4_600));
    }
}
