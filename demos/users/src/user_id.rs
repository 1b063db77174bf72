//! The number a visitor calls a user by: 1 to 20, written the one way people write it.
//! Knows the refusals; nothing of keys or tables.

use crate::refusal::Refusal;
use std::fmt;

/// How many users a visitor may have.
pub const MOST: u8 = 20;

/// 1 … 20.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(u8);

impl UserId {
    /// Every id there is, ascending.
    pub fn all() -> impl Iterator<Item = Self> + Clone {
        (1..=MOST).map(Self)
    }

    /// The id of this number, if it is one.
    #[must_use]
    pub fn new(number: u8) -> Option<Self> {
        (1..=MOST).contains(&number).then_some(Self(number))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }

    /// Reads a decimal number as people write it: DynamoDB would take `1e1`, `007` and `10.0` for 10, 7 and 10,
    /// so one user would have many names.
    ///
    /// # Errors
    /// [`Refusal::IdOutOfRange`] for a plain number outside 1–20, [`Refusal::IdNotation`] for anything else.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || (text.starts_with('0') && text != "0") {
            return Err(Refusal::IdNotation);
        }
        text.parse().ok().and_then(Self::new).ok_or(Refusal::IdOutOfRange)
    }

    /// Reads the same from a JSON value's own text, so that `1.0` and `1e1` are seen as they were written.
    ///
    /// # Errors
    /// [`Refusal::IdType`] for what is no JSON number, else as [`UserId::parse`].
    pub(crate) fn parse_json(token: &str) -> Result<Self, Refusal> {
        match token.as_bytes().first() {
            Some(b'0'..=b'9' | b'-') => Self::parse(token),
            _ => Err(Refusal::IdType),
        }
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // ANCHOR: one-rule
    #[test]
    fn one_to_twenty_written_plainly_and_nothing_else() {
        for number in 1..=20 {
            assert_eq!(UserId::parse(&number.to_string()).map(UserId::get), Ok(number));
        }
        for beyond in ["0", "21", "100", "256", "257", "99999999999999999999999999"] {
            assert_eq!(UserId::parse(beyond), Err(Refusal::IdOutOfRange), "{beyond}");
        }
        for odd in [
            "", "1e1", "1E0", "007", "01", "00", "１", "१", "\"1\"", "1.0", "+1", "-1", " 1", "1 ", "1\n",
            "0x1", "1_0",
        ] {
            assert_eq!(UserId::parse(odd), Err(Refusal::IdNotation), "{odd:?}");
        }
    }
    // ANCHOR_END: one-rule

    #[test]
    fn json_values_that_are_no_numbers_are_told_so() {
        for token in ["\"1\"", "null", "true", "{}", "[1]"] {
            assert_eq!(UserId::parse_json(token), Err(Refusal::IdType), "{token}");
        }
        for token in ["1.0", "1e1", "-1", "0.5"] {
            assert_eq!(UserId::parse_json(token), Err(Refusal::IdNotation), "{token}");
        }
        assert_eq!(UserId::parse_json("20").map(UserId::get), Ok(20));
        assert_eq!(UserId::parse_json("21"), Err(Refusal::IdOutOfRange));
    }

    // ANCHOR: any-text
    proptest! {
        #[test]
        fn whatever_is_read_prints_as_it_was_written(text in "[0-9]{0,3}|\\PC{0,6}") {
            if let Ok(id) = UserId::parse(&text) {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }
    // ANCHOR_END: any-text
}
