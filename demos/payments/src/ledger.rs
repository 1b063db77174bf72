//! The only place that speaks to the table: a payment is one write, which happens whole or not at all.
//! Knows the SDK and accounts; knows neither HTTP nor visitors.

use crate::{
    account::{Account, LIFETIME, MOST, Payment, START, attribute, number},
    key::Name,
    order::Order,
    refusal::Refusal,
};
use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, ConsumedCapacity, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure},
};
use environment::TableUse;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use users::Failure;

/// How often a payment is tried: the account of an hour ago may stand in its way, once.
const TRIES: u32 = 2;
/// Write units of a write whose condition fails, at the least. Errors carry no report.
const REFUSED_UNITS: f64 = 1.0;

// ANCHOR: charge-once
/// What a payment changes: the amount goes and the payment is there, both or neither.
const CHARGE: &str = "SET #balance = if_not_exists(#balance, :start) - :amount, \
                      #payment = :payment, #expiresAt = :expiresAt ADD #count :one";
/// What is looked at in the same step: a new account, or one of now without this payment and with enough in it.
const ALLOWED: &str = "attribute_not_exists(#reader) OR (attribute_not_exists(#payment) \
                      AND #balance >= :amount AND #count < :most AND #expiresAt > :now)";
// ANCHOR_END: charge-once

/// The table of accounts.
#[derive(Clone)]
pub struct Ledger {
    client: Client,
    table: String,
}

/// A payment that stands in the account.
pub(crate) enum Paid {
    /// This request made it.
    Now(Payment),
    /// An earlier request of the same name did.
    Before(Payment),
}

impl Ledger {
    /// A table by name, through a client that is ready.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// A reader's account.
    ///
    /// # Errors
    /// Why the table did not answer.
    pub(crate) async fn account(&self, used: &mut TableUse, reader: &str) -> Result<Account, Refusal> {
        let call = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(attribute::READER, text(reader))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer =
            timed(used, call.send()).await.map_err(|error| Failure::of("GetItem", error).refusal())?;
        count(used, answer.consumed_capacity.as_ref());
        let account = answer.item.as_ref().map(Account::read).transpose()?;
        Ok(account.filter(|account| account.is_alive(now_ms() / 1_000)).unwrap_or_else(Account::new))
    }

    /// Pays, unless a payment of this name was made already.
    ///
    /// # Errors
    /// Why there is no such payment now.
    pub(crate) async fn pay(
        &self,
        used: &mut TableUse,
        reader: &str,
        name: &Name,
        order: &Order,
    ) -> Result<Paid, Refusal> {
        for _ in 0..TRIES {
            let payment = Payment { order: order.clone(), paid_at: now_ms() };
            let Some(account) = self.charge(used, reader, name, &payment).await? else {
                return Ok(Paid::Now(payment));
            };
            if !account.is_alive(payment.paid_at / 1_000) {
                self.forget(used, reader, Some(payment.paid_at / 1_000)).await?;
                continue;
            }
            return match (account.payment(name), name) {
                (Some(made), _) if made.order != *order => Err(Refusal::KeyReused),
                (Some(made), Name::Key(_)) => Ok(Paid::Before(made.clone())),
                // Nobody else knows the name: it is the SDK that asked twice, because the first answer got lost.
                (Some(made), Name::Fresh(_)) => Ok(Paid::Now(made.clone())),
                (None, _) if account.is_full() => Err(Refusal::AccountFull),
                (None, _) if account.balance < order.amount => Err(Refusal::BalanceTooLow),
                (None, _) => Err(Refusal::Conflict),
            };
        }
        Err(Refusal::Conflict)
    }

    /// Takes the amount and writes the payment down, both in one write. Gives the account that stood against it, if one did.
    async fn charge(
        &self,
        used: &mut TableUse,
        reader: &str,
        name: &Name,
        payment: &Payment,
    ) -> Result<Option<Account>, Refusal> {
        let call = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(attribute::READER, text(reader))
            .update_expression(CHARGE)
            .condition_expression(ALLOWED)
            .expression_attribute_names("#payment", name.attribute())
            .expression_attribute_names("#reader", attribute::READER)
            .expression_attribute_names("#balance", attribute::BALANCE)
            .expression_attribute_names("#count", attribute::COUNT)
            .expression_attribute_names("#expiresAt", attribute::EXPIRES_AT)
            .expression_attribute_values(":start", number(START))
            .expression_attribute_values(":amount", number(payment.order.amount))
            .expression_attribute_values(":payment", payment.stored())
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(MOST))
            .expression_attribute_values(":now", number(payment.paid_at / 1_000))
            .expression_attribute_values(":expiresAt", number(payment.paid_at / 1_000 + LIFETIME))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match timed(used, call.send()).await {
            Ok(answer) => {
                count(used, answer.consumed_capacity.as_ref());
                Ok(None)
            }
            Err(error) => match Failure::of("UpdateItem", error) {
                Failure::Condition(item) => {
                    used.add(Duration::ZERO, REFUSED_UNITS);
                    item.as_ref().map_or(Err(Refusal::Conflict), |item| Account::read(item).map(Some))
                }
                Failure::Other(refusal) => Err(refusal.into()),
            },
        }
    }

    /// Deletes an account, or only one that has ended by `ended_by` (epoch seconds). One that is gone needs no deleting.
    ///
    /// # Errors
    /// Why the table did not answer.
    pub(crate) async fn forget(
        &self,
        used: &mut TableUse,
        reader: &str,
        ended_by: Option<u64>,
    ) -> Result<(), Refusal> {
        let mut call = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key(attribute::READER, text(reader))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        if let Some(now) = ended_by {
            call = call
                .condition_expression("#expiresAt <= :now")
                .expression_attribute_names("#expiresAt", attribute::EXPIRES_AT)
                .expression_attribute_values(":now", number(now));
        }
        match timed(used, call.send()).await {
            Ok(answer) => count(used, answer.consumed_capacity.as_ref()),
            Err(error) => match Failure::of("DeleteItem", error) {
                // Another request of the same reader was faster.
                Failure::Condition(_) => used.add(Duration::ZERO, REFUSED_UNITS),
                Failure::Other(refusal) => return Err(refusal.into()),
            },
        }
        Ok(())
    }
}

/// Waits for a call and counts its time.
async fn timed<T>(used: &mut TableUse, call: impl Future<Output = T>) -> T {
    let started = Instant::now();
    let answer = call.await;
    used.add(started.elapsed(), 0.0);
    answer
}

/// Counts what DynamoDB says a call consumed.
fn count(used: &mut TableUse, report: Option<&ConsumedCapacity>) {
    used.add(Duration::ZERO, report.and_then(ConsumedCapacity::capacity_units).unwrap_or_default());
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// Epoch ms.
fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
