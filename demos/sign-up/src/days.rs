//! How many accounts each day has had, in a table, because environments come and go and an attacker can bring many of them.
//! Knows the table's key and attributes; days are those of UTC, counted from 1970.

use aws_sdk_dynamodb::{Client, operation::update_item::UpdateItemError, types::AttributeValue};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use crate::Refusal;

const DAY_SECONDS: u64 = 86_400;
/// A day's item may go when the day after it is over.
const KEPT_DAYS: u64 = 2;

/// The days with their counts.
#[derive(Debug)]
pub struct Days {
    client: Client,
    table: String,
    most: u32,
    /// The last day this environment found full; its later readers cost no write.
    full: AtomicU64,
}

impl Days {
    /// At most `most` accounts on each day, counted in `table`.
    #[must_use]
    pub fn new(client: Client, table: String, most: u32) -> Self {
        Self { client, table, most, full: AtomicU64::new(0) }
    }

    /// Takes one account of the day of `now`. Counting and comparing are one conditional write, so two environments can never
    /// both take the last one.
    ///
    /// # Errors
    /// [`Refusal::Full`] or [`Refusal::Unavailable`].
    pub async fn take_one(&self, now: SystemTime) -> Result<(), Refusal> {
        let seconds = now.duration_since(UNIX_EPOCH).map_err(|_| Refusal::Unavailable)?.as_secs();
        let day = seconds / DAY_SECONDS;
        if self.full.load(Ordering::Relaxed) == day {
            return Err(Refusal::Full);
        }
        let number = |value: u64| AttributeValue::N(value.to_string());
        let written = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("day", number(day))
            .update_expression("SET #expiresAt = :expiresAt ADD #count :one")
            .condition_expression("attribute_not_exists(#count) OR #count < :most")
            .expression_attribute_names("#expiresAt", "expiresAt")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":expiresAt", number((day + KEPT_DAYS) * DAY_SECONDS))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(self.most.into()))
            .send()
            .await;
        let Err(error) = written else { return Ok(()) };
        if let Some(UpdateItemError::ConditionalCheckFailedException(_)) = error.as_service_error() {
            self.full.store(day, Ordering::Relaxed);
            tracing::warn!(day, most = self.most, "the day's accounts are given out");
            return Err(Refusal::Full);
        }
        let code = error.as_service_error().and_then(|error| error.meta().code());
        tracing::warn!(day, code, "the day's count was not written");
        Err(Refusal::Unavailable)
    }
}
