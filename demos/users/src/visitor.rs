//! Who asks: the 128 random bits a reader's page made for itself, in the header `x-visitor`.
//! Knows HTTP headers and the refusals.

use crate::refusal::Refusal;
use axum::http::HeaderMap;

/// Where a page names its visitor.
pub(crate) const HEADER: &str = "x-visitor";

/// A visitor as named by the page: 32 lower-case hexadecimal digits. Whoever knows it is that visitor, so it is never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Visitor(String);

impl Visitor {
    /// Reads the header.
    ///
    /// # Errors
    /// [`Refusal::VisitorMissing`], or [`Refusal::VisitorInvalid`] for anything but exactly one value of 32 such digits.
    pub fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut values = headers.get_all(HEADER).iter();
        let value = values.next().ok_or(Refusal::VisitorMissing)?;
        let text = value.to_str().map_err(|_| Refusal::VisitorInvalid)?;
        let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() != 32 || !digits || values.next().is_some() {
            return Err(Refusal::VisitorInvalid);
        }
        Ok(Self(text.to_owned()))
    }

    /// The 32 digits.
    pub(crate) fn digits(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn of(values: &[&[u8]]) -> Result<Visitor, Refusal> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value).unwrap());
        }
        Visitor::of(&headers)
    }

    #[test]
    fn exactly_32_lower_case_hexadecimal_digits() {
        let good = b"0123456789abcdef0123456789abcdef";
        assert!(of(&[good]).is_ok());
        assert_eq!(of(&[]).err(), Some(Refusal::VisitorMissing));
        let bad: [&[&[u8]]; 7] = [
            &[b""],
            &[b"0123456789abcdef0123456789abcde"],
            &[b"0123456789abcdef0123456789abcdef0"],
            &[b"0123456789ABCDEF0123456789abcdef"],
            &[b"0123456789abcdef 123456789abcdef"],
            &["가나다라마바사아자차가".as_bytes()],
            &[good, good],
        ];
        for values in bad {
            assert_eq!(of(values).err(), Some(Refusal::VisitorInvalid), "{values:?}");
        }
    }
}
