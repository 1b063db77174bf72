//! An e-mail address that looks like one; whether it is anybody's, nobody asks.
//! Knows the refusals only.

use crate::refusal::Refusal;

const LONGEST: usize = 100;
/// RFC 5321, section 4.5.3.1.1, and RFC 1035, section 2.3.4.
const LONGEST_LOCAL: usize = 64;
const LONGEST_LABEL: usize = 63;

/// Checked, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Email(String);

impl Email {
    /// Checks an address: ASCII, one `@`, a dotted local part (RFC 5322's `dot-atom`) and a domain of at least two labels.
    ///
    /// # Errors
    /// [`Refusal::EmailInvalid`].
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let (local, domain) = text.split_once('@').ok_or(Refusal::EmailInvalid)?;
        let plausible = text.len() <= LONGEST
            && local.len() <= LONGEST_LOCAL
            && local.split('.').all(is_atom)
            && domain.contains('.')
            && domain.split('.').all(is_label)
            && domain.rsplit('.').next().is_some_and(is_top_level);
        if plausible { Ok(Self(text.to_owned())) } else { Err(Refusal::EmailInvalid) }
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_atom(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&byte))
}

fn is_label(text: &str) -> bool {
    (1..=LONGEST_LABEL).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_top_level(label: &str) -> bool {
    label.len() >= 2 && !label.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_look_like_one() {
        for address in ["sky@example.com", "a.b+c@mail.example.co.kr", "x@xn--o39a.kr", "o'brien_1@a-b.io"] {
            assert_eq!(Email::parse(address).as_ref().map(Email::as_str), Ok(address));
        }
        let longest = format!("{}@{}.com", "a".repeat(64), "b".repeat(31));
        assert_eq!(longest.len(), 100);
        assert!(Email::parse(&longest).is_ok());
    }

    #[test]
    fn and_those_that_do_not() {
        let long = format!("{}@{}.com", "a".repeat(64), "b".repeat(32));
        for address in [
            "",
            "@",
            "a",
            "a@",
            "@a.kr",
            "a@b",
            "a@b.",
            "a@.kr",
            "a@b..kr",
            "a..b@c.kr",
            ".a@b.kr",
            "a.@b.kr",
            "a b@c.kr",
            "a@b.k",
            "a@b.12",
            "a@-b.kr",
            "a@b-.kr",
            "a@b@c.kr",
            "하늘@example.com",
            "a@예.kr",
            "a@b.kr\n",
            "\"a\"@b.kr",
            "a@[1.2.3.4]",
            &long,
        ] {
            assert_eq!(Email::parse(address), Err(Refusal::EmailInvalid), "{address:?}");
        }
    }
}
