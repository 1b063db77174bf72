//! What a payment is about: the body of a request, read strictly.
//! Knows JSON and the refusals.

use crate::{account::START, refusal::Refusal};
use serde::{Deserialize, Serialize};

/// The longest `order`, in bytes.
pub(crate) const LONGEST: usize = 40;

/// What somebody wants to pay.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    /// In won of the play account, 1 to what it begins with.
    pub amount: u32,
    /// What for: 1 to 40 ASCII letters, digits and `-`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
}

impl Order {
    /// Reads a body.
    ///
    /// # Errors
    /// [`Refusal::BodyInvalid`] for anything but such an object, [`Refusal::AmountInvalid`] and [`Refusal::OrderInvalid`] for its values.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let order: Self = serde_json::from_slice(body).map_err(|_| Refusal::BodyInvalid)?;
        let is_plain = |text: &String| {
            (1..=LONGEST).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if !(1..=START).contains(&order.amount) {
            return Err(Refusal::AmountInvalid);
        }
        if order.order.as_ref().is_some_and(|text| !is_plain(text)) {
            return Err(Refusal::OrderInvalid);
        }
        Ok(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_and_perhaps_an_order() {
        let read = |body: &str| Order::parse(body.as_bytes());
        assert_eq!(read(r#"{"amount": 3000}"#), Ok(Order { amount: 3_000, order: None }));
        let order = Some("A-17".to_owned());
        assert_eq!(read(r#"{"order":"A-17","amount":1}"#), Ok(Order { amount: 1, order }));
        for (body, refusal) in [
            ("", Refusal::BodyInvalid),
            ("[]", Refusal::BodyInvalid),
            ("{}", Refusal::BodyInvalid),
            (r#"{"amount":"3000"}"#, Refusal::BodyInvalid),
            (r#"{"amount":3000.0}"#, Refusal::BodyInvalid),
            (r#"{"amount":-1}"#, Refusal::BodyInvalid),
            (r#"{"amount":1,"amount":2}"#, Refusal::BodyInvalid),
            (r#"{"amount":1,"balance":2}"#, Refusal::BodyInvalid),
            (r#"{"amount":1,"order":7}"#, Refusal::BodyInvalid),
            (r#"{"amount":0}"#, Refusal::AmountInvalid),
            (r#"{"amount":10001}"#, Refusal::AmountInvalid),
            (r#"{"amount":1,"order":""}"#, Refusal::OrderInvalid),
            (r#"{"amount":1,"order":"a b"}"#, Refusal::OrderInvalid),
        ] {
            assert_eq!(read(body), Err(refusal), "{body}");
        }
    }
}
