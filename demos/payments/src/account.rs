//! An account as the table holds it: one item of a reader's, and each payment one attribute of it.
//! Knows the SDK's attribute values and the names of payments; knows no request.
//!
//! A payment in the same item as the balance is written together with it or not at all, without a transaction.

use crate::{
    key::{self, Name},
    order::Order,
    refusal::Refusal,
};
use aws_sdk_dynamodb::{
    primitives::{DateTime, DateTimeFormat},
    types::AttributeValue,
};
use serde_json::{Value, json};
use std::collections::HashMap;

/// What every account begins with, in won of the play account.
pub const START: u32 = 10_000;
/// Payments an account keeps, at most.
pub const MOST: u32 = 10;
/// The most bytes of an item, by DynamoDB's rule: two write units.
pub const LONGEST_ITEM: usize = 2_048;
/// Seconds from the last payment to the end of an account, and with it of its keys. One hour is also what Powertools for AWS Lambda
/// keeps a key for unless told otherwise (`expiresAfterSeconds`, version 2.31).
pub(crate) const LIFETIME: u64 = 3_600;

/// Attribute names, each a placeholder in expressions.
pub(crate) mod attribute {
    /// The partition key.
    pub(crate) const READER: &str = "reader";
    pub(crate) const BALANCE: &str = "balance";
    pub(crate) const COUNT: &str = "count";
    /// When DynamoDB may delete the item, in epoch seconds.
    pub(crate) const EXPIRES_AT: &str = "expiresAt";
}

type Attributes = HashMap<String, AttributeValue>;

/// A payment that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Payment {
    pub order: Order,
    /// Epoch ms.
    pub paid_at: u64,
}

/// An account, read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub balance: u32,
    /// Epoch seconds.
    expires_at: u64,
    /// By the names of their attributes.
    payments: HashMap<String, Payment>,
}

impl Payment {
    /// As an attribute.
    pub(crate) fn stored(&self) -> AttributeValue {
        let mut fields = HashMap::from([
            ("amount".to_owned(), number(self.order.amount)),
            ("paidAt".to_owned(), number(self.paid_at)),
        ]);
        if let Some(order) = &self.order.order {
            fields.insert("order".to_owned(), AttributeValue::S(order.clone()));
        }
        AttributeValue::M(fields)
    }

    fn read(value: &AttributeValue) -> Option<Self> {
        let fields = value.as_m().ok()?;
        let order = match fields.get("order") {
            Some(text) => Some(text.as_s().ok()?.clone()),
            None => None,
        };
        Some(Self {
            order: Order { amount: digits(fields, "amount")?, order },
            paid_at: digits(fields, "paidAt")?,
        })
    }

    /// As it is answered.
    ///
    /// # Errors
    /// [`users::Refusal::Internal`] for a time outside the calendar, which this function never writes.
    pub(crate) fn shown(&self, key: Option<&str>) -> Result<Value, Refusal> {
        let mut shown = json!({"amount": self.order.amount, "paidAt": iso_8601(self.paid_at).ok_or(Refusal::internal())?});
        if let Some(order) = &self.order.order {
            shown["order"] = order.as_str().into();
        }
        if let Some(key) = key {
            shown["key"] = key.into();
        }
        Ok(shown)
    }
}

impl Account {
    /// Nobody has paid yet.
    pub(crate) fn new() -> Self {
        Self { balance: START, expires_at: u64::MAX, payments: HashMap::new() }
    }

    /// Reads an item.
    ///
    /// # Errors
    /// [`users::Refusal::Internal`] if an attribute is missing or of another type: nobody but this function writes here.
    pub(crate) fn read(item: &Attributes) -> Result<Self, Refusal> {
        Self::parse(item).ok_or(Refusal::internal())
    }

    fn parse(item: &Attributes) -> Option<Self> {
        let payments = item.iter().filter(|(name, _)| key::read(name).is_some());
        let payments: Option<_> =
            payments.map(|(name, value)| Some((name.clone(), Payment::read(value)?))).collect();
        Some(Self {
            balance: digits(item, attribute::BALANCE)?,
            expires_at: digits(item, attribute::EXPIRES_AT)?,
            payments: payments?,
        })
    }

    /// DynamoDB deletes expired items within days; until then they are there, but not for readers.
    pub(crate) fn is_alive(&self, now: u64) -> bool {
        self.expires_at > now
    }

    /// The payment of this name, if it was made.
    pub(crate) fn payment(&self, name: &Name) -> Option<&Payment> {
        self.payments.get(&name.attribute())
    }

    /// Whether there is no room for another payment.
    pub(crate) fn is_full(&self) -> bool {
        u32::try_from(self.payments.len()).is_ok_and(|count| count >= MOST)
    }

    /// As it is answered, the payments in the order they were made.
    ///
    /// # Errors
    /// As [`Payment::shown`].
    pub(crate) fn shown(&self) -> Result<Value, Refusal> {
        let mut payments: Vec<_> = self.payments.iter().collect();
        payments.sort_unstable_by_key(|(name, payment)| (payment.paid_at, *name));
        let payments = payments.into_iter().map(|(name, payment)| payment.shown(key::read(name).flatten()));
        Ok(json!({"balance": self.balance, "payments": payments.collect::<Result<Vec<_>, _>>()?}))
    }
}

/// DynamoDB takes and gives numbers as decimal text.
pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn digits<T: std::str::FromStr>(attributes: &Attributes, name: &str) -> Option<T> {
    attributes.get(name)?.as_n().ok()?.parse().ok()
}

/// In UTC, always with three decimals: such texts sort as times do.
fn iso_8601(ms: u64) -> Option<String> {
    let seconds = i64::try_from(ms / 1_000).ok()?;
    let whole = DateTime::from_secs(seconds).fmt(DateTimeFormat::DateTime).ok()?;
    Some(format!("{}.{:03}Z", whole.strip_suffix('Z')?, ms % 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order;

    #[test]
    fn times_have_three_decimals() {
        assert_eq!(iso_8601(1_795_305_600_012).as_deref(), Some("2026-11-22T00:00:00.012Z"));
        assert_eq!(iso_8601(u64::MAX), None);
    }

    #[test]
    fn a_payment_reads_as_it_was_written() {
        for order in [None, Some("A-17".to_owned())] {
            let payment = Payment { order: Order { amount: START, order }, paid_at: 1_795_305_600_012 };
            assert_eq!(Payment::read(&payment.stored()), Some(payment));
        }
    }

    /// DynamoDB's rule: names and texts count their UTF-8 bytes, a number about a byte for each two digits, and one more; a map three
    /// bytes, and one for each field.
    #[test]
    fn the_largest_item_is_below_two_kilobytes() {
        let number = |digits: usize| digits.div_ceil(2) + 1;
        let payment = ("k#".len() + key::LONGEST)
            + 3
            + ("amount".len() + number(5) + 1)
            + ("order".len() + order::LONGEST + 1)
            + ("paidAt".len() + number(13) + 1);
        let account = ("reader".len() + 24)
            + ("balance".len() + number(5))
            + ("count".len() + number(2))
            + ("expiresAt".len() + number(10));
        let most = account + usize::try_from(MOST).unwrap() * payment;
        assert!(most <= LONGEST_ITEM, "{most}");
    }
}
