//! What a payment is called: by the `idempotency-key` of who asks, or, where there is none, by a name nobody else will ever use.
//! Knows HTTP headers and the refusals.
//!
//! The header: IETF HTTPAPI, "The Idempotency-Key HTTP Header Field", draft 07 (2025-10-15). Its values are quoted there; the services
//! that came before it take them bare, and so does this one.

use crate::refusal::Refusal;
use axum::http::HeaderMap;

/// Where a client names its payment.
const HEADER: &str = "idempotency-key";
/// The longest key, in bytes.
pub(crate) const LONGEST: usize = 64;

// ANCHOR: payment-name
/// The name of a payment. Another request with the same name is the same payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// Given by the client, which says the same when it asks again.
    Key(String),
    /// Made here, new for every request: asking again is another payment.
    Fresh(String),
}
// ANCHOR_END: payment-name

impl Name {
    /// Reads the header, or makes a name of 128 random bits.
    ///
    /// # Errors
    /// [`Refusal::KeyInvalid`] for anything but one value of 1 to 64 ASCII letters, digits, `-`, `_`, `.` and `:`.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut values = headers.get_all(HEADER).iter();
        let Some(value) = values.next() else {
            return environment::random_hex().map(Self::Fresh).map_err(|_| Refusal::internal());
        };
        let text = value.to_str().map_err(|_| Refusal::KeyInvalid)?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let is_good = (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_plain);
        if is_good && values.next().is_none() {
            Ok(Self::Key(text.to_owned()))
        } else {
            Err(Refusal::KeyInvalid)
        }
    }

    /// The name of the attribute the payment is kept in. A fresh name can not be a client's: the letter before it differs.
    pub(crate) fn attribute(&self) -> String {
        match self {
            Self::Key(key) => format!("k#{key}"),
            Self::Fresh(name) => format!("n#{name}"),
        }
    }
}

/// What a client called a payment, if it did; nothing for an attribute that is no payment.
pub(crate) fn read(attribute: &str) -> Option<Option<&str>> {
    match attribute.split_once('#')? {
        ("k", key) => Some(Some(key)),
        ("n", _) => Some(None),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    fn of(values: &[&[u8]]) -> Result<Name, Refusal> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value).unwrap());
        }
        Name::of(&headers)
    }

    #[test]
    fn a_key_is_one_short_plain_text() {
        let longest = [b'a'; LONGEST];
        for good in [&b"order-17"[..], b"A_1.b:2", &longest] {
            assert!(matches!(of(&[good]), Ok(Name::Key(key)) if key.as_bytes() == good));
        }
        let longer = [b'a'; LONGEST + 1];
        let bad: [&[&[u8]]; 7] =
            [&[b""], &[b"a b"], &[b"\"a\""], &[b"a#b"], &["주문".as_bytes()], &[&longer], &[b"a", b"a"]];
        for values in bad {
            assert_eq!(of(values), Err(Refusal::KeyInvalid), "{values:?}");
        }
    }

    #[test]
    fn without_a_key_no_two_requests_have_one_name() {
        assert_ne!(of(&[]).unwrap(), of(&[]).unwrap());
    }

    proptest! {
        #[test]
        fn no_key_is_a_fresh_name_or_another_attribute(key in "[a-zA-Z0-9._:-]{1,64}") {
            let attribute = of(&[key.as_bytes()]).unwrap().attribute();
            prop_assert_eq!(read(&attribute), Some(Some(key.as_str())));
            prop_assert!(!["reader", "balance", "count", "expiresAt"].contains(&attribute.as_str()));
            prop_assert_ne!(attribute, Name::Fresh(key).attribute());
        }
    }
}
