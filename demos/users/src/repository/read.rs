//! Reads: one key, or all twenty in one call. Consistent ones, so that a reader sees what it has just written.
//! An expired item is gone, whether DynamoDB has deleted it yet or not.

use super::{Meter, Repository};
use crate::{
    failure::Failure,
    item::{Attributes, Item, attribute, number},
    key::StoredId,
    refusal::Refusal,
};
use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnConsumedCapacity};
use std::{collections::HashMap, time::Duration};

/// Calls made for one list, should DynamoDB answer a part of the keys only.
const ROUNDS: u32 = 4;
/// The pause before the second call; it doubles with each.
const PAUSE: Duration = Duration::from_millis(50);

impl Repository {
    /// One living user.
    ///
    /// # Errors
    /// [`Refusal::UserNotFound`], or why the table did not answer.
    pub(crate) async fn read(&self, meter: &Meter, id: StoredId, now: i64) -> Result<Item, Refusal> {
        let call = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(attribute::ID, number(id))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer =
            meter.timed(call.send()).await.map_err(|error| Failure::of("GetItem", error).refusal())?;
        meter.consumed(&answer.consumed_capacity);
        let item = Item::read(answer.item.ok_or(Refusal::UserNotFound)?)?;
        if item.is_alive(now) { Ok(item) } else { Err(Refusal::UserNotFound) }
    }

    /// The living users among these keys, in no order.
    ///
    /// # Errors
    /// Why the table did not answer; [`Refusal::StorageBusy`] if it left keys out again and again.
    pub(crate) async fn list(
        &self,
        meter: &Meter,
        ids: impl Iterator<Item = StoredId>,
        now: i64,
    ) -> Result<Vec<Item>, Refusal> {
        let keys = ids.map(|id| HashMap::from([(attribute::ID.to_owned(), number(id))])).collect();
        let mut keys = Some(keys);
        let mut items = Vec::new();
        for round in 0..ROUNDS {
            let Some(wanted) = keys.take() else { break };
            if round > 0 {
                tokio::time::sleep(PAUSE * 2_u32.pow(round - 1)).await;
            }
            let (found, unprocessed) = self.batch(meter, wanted).await?;
            for attributes in found {
                items.push(Item::read(attributes)?);
            }
            keys = unprocessed;
        }
        if keys.is_some() {
            return Err(Refusal::StorageBusy);
        }
        items.retain(|item| item.is_alive(now));
        Ok(items)
    }

    /// One BatchGetItem: what was found, and the keys DynamoDB did not get to.
    async fn batch(
        &self,
        meter: &Meter,
        keys: Vec<Attributes>,
    ) -> Result<(Vec<Attributes>, Option<Vec<Attributes>>), Refusal> {
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let call = self
            .client
            .batch_get_item()
            .request_items(&self.table, wanted.map_err(|_| Refusal::Internal)?)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer =
            meter.timed(call.send()).await.map_err(|error| Failure::of("BatchGetItem", error).refusal())?;
        meter.consumed(answer.consumed_capacity());
        let found = answer.responses.into_iter().flatten().flat_map(|(_, items)| items).collect();
        let unprocessed: Vec<_> =
            answer.unprocessed_keys.into_iter().flatten().flat_map(|(_, left)| left.keys).collect();
        Ok((found, (!unprocessed.is_empty()).then_some(unprocessed)))
    }
}
