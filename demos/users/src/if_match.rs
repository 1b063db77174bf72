//! The condition a writer may set: only if the user still has the version it read (`If-Match`, RFC 9110, section 13.1.1).
//! Knows HTTP headers and the refusals.

use crate::refusal::Refusal;
use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};

/// The version expected; `None` without the header or with `*`, which any existing user fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IfMatch(pub Option<u64>);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Refusal;

    async fn from_request_parts(head: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let mut values = head.headers.get_all(header::IF_MATCH).iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        let text = value.to_str().ok().filter(|_| values.next().is_none()).ok_or(Refusal::IfMatchInvalid)?;
        Self::parse(text)
    }
}

impl IfMatch {
    fn parse(text: &str) -> Result<Self, Refusal> {
        if text == "*" {
            return Ok(Self(None));
        }
        let version =
            text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or(Refusal::IfMatchInvalid)?;
        let plain = version.bytes().all(|byte| byte.is_ascii_digit()) && !version.starts_with('0');
        version
            .parse()
            .ok()
            .filter(|_| plain)
            .map(|version| Self(Some(version)))
            .ok_or(Refusal::IfMatchInvalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_tag_or_any() {
        assert_eq!(IfMatch::parse("*"), Ok(IfMatch(None)));
        assert_eq!(IfMatch::parse("\"3\""), Ok(IfMatch(Some(3))));
        for odd in [
            "",
            "3",
            "\"\"",
            "\"",
            "\"03\"",
            "\"0\"",
            "\"a\"",
            "W/\"3\"",
            "\"1\", \"2\"",
            "\"+3\"",
            "\"99999999999999999999\"",
        ] {
            assert_eq!(IfMatch::parse(odd), Err(Refusal::IfMatchInvalid), "{odd}");
        }
    }
}
