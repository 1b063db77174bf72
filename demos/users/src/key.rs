//! From the number a visitor sees to the number the table holds: `namespace × 10^6 + id`.
//! Knows visitors and ids; nobody else's key can even be written down here.

use crate::{
    user_id::UserId,
    visitor::{Subject, Visitor},
};
use hmac::{Hmac, KeyInit, Mac, digest::InvalidLength};
use sha2::Sha256;
use std::fmt;

/// Room below each namespace. Ids use twenty places of it; the rest keeps them readable at the end of the stored number.
const PLACES: u128 = 1_000_000;

/// Makes namespaces. Its key is the stack's own, so that the same visitor has other rows in another deployment.
#[derive(Clone)]
pub struct Namespaces {
    keyed: Hmac<Sha256>,
}

/// One visitor's 96 bits of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Namespace(u128);

/// A partition key: at most 35 decimal digits, of which DynamoDB keeps 38. Too long for JavaScript's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StoredId(u128);

// ANCHOR: key-mapping
impl Namespaces {
    /// The first 96 bits of HMAC-SHA-256 over the kind of reader and what the reader is known by.
    #[must_use]
    pub fn of(&self, visitor: &Visitor) -> Namespace {
        self.derived("visitor", visitor.digits())
    }

    /// The same for a reader who has signed in. The kind goes into the hash, so no header can be made to hit it.
    #[must_use]
    pub fn of_subject(&self, subject: &Subject) -> Namespace {
        self.derived("subject", subject.text())
    }

    fn derived(&self, kind: &str, secret: &str) -> Namespace {
        let mut mac = self.keyed.clone();
        mac.update(kind.as_bytes());
        mac.update(b"\0");
        mac.update(secret.as_bytes());
        let digest = mac.finalize().into_bytes();
        Namespace(digest.iter().take(12).fold(0, |bits, byte| bits << 8 | u128::from(*byte)))
    }
}

impl Namespace {
    /// The key under which the table holds this visitor's user: at most 2^96 × 10^6, which is below 10^35.
    #[must_use]
    pub fn stored(self, id: UserId) -> StoredId {
        StoredId(self.0 * PLACES + u128::from(id.get()))
    }

    /// The id behind a key of this namespace; nothing for any other key.
    #[must_use]
    pub fn shown(self, stored: StoredId) -> Option<UserId> {
        let place = stored.0.checked_sub(self.0 * PLACES)?;
        UserId::new(u8::try_from(place).ok()?)
    }
}
// ANCHOR_END: key-mapping

impl Namespaces {
    /// Keyed by `NAMESPACE_KEY`, the stack's id.
    ///
    /// # Errors
    /// When HMAC refuses the key, which it never does: it takes keys of any length (RFC 2104, section 2).
    pub fn keyed(key: &str) -> Result<Self, InvalidLength> {
        Hmac::new_from_slice(key.as_bytes()).map(|keyed| Self { keyed })
    }
}

impl Namespace {
    /// The keys of everything this visitor can have.
    pub(crate) fn all(self) -> impl Iterator<Item = StoredId> + Clone {
        UserId::all().map(move |id| self.stored(id))
    }

    /// The namespace itself as a partition key, for tables whose keys are texts: 24 hexadecimal digits.
    #[must_use]
    pub fn partition(self) -> String {
        format!("{:024x}", self.0)
    }

    /// Eight hexadecimal digits for the log.
    #[must_use]
    pub fn tag(self) -> String {
        format!("{:08x}", self.0 >> 64)
    }
}

impl StoredId {
    /// Reads the key of an item.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

impl fmt::Display for StoredId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderMap;
    use proptest::prelude::*;

    fn visitor(bits: u128) -> Visitor {
        let mut headers = HeaderMap::new();
        headers.insert("x-visitor", format!("{bits:032x}").parse().unwrap());
        Visitor::of(&headers).unwrap()
    }

    #[test]
    fn the_mapping_never_changes() {
        // Computed with another implementation of HMAC (Python's hmac module); a change would orphan every stored user.
        let namespaces =
            Namespaces::keyed("arn:aws:cloudformation:ap-northeast-2:123456789012:stack/book/1").unwrap();
        let id = UserId::new(7).unwrap();
        assert_eq!(namespaces.of(&visitor(1)).stored(id).to_string(), "77850861220941480950017292705000007");
    }

    #[test]
    fn the_largest_key_has_35_digits() {
        let largest = Namespace((1 << 96) - 1).stored(UserId::new(20).unwrap());
        assert_eq!(largest.to_string(), "79228162514264337593543950335000020");
        assert_eq!(largest.to_string().len(), 35);
    }

    proptest! {
        #[test]
        fn no_two_visitors_or_ids_share_a_key(a: u128, b: u128, i in 1..=20_u8, j in 1..=20_u8) {
            let namespaces = Namespaces::keyed("stack").unwrap();
            let [i, j] = [i, j].map(|number| UserId::new(number).unwrap());
            let (one, two) = (namespaces.of(&visitor(a)), namespaces.of(&visitor(b)));
            prop_assert_eq!(one.stored(i) == two.stored(j), a == b && i == j);
        }

        #[test]
        fn neighbouring_namespaces_do_not_touch(bits in 0..(1_u128 << 96) - 1, i in 1..=20_u8, j in 1..=20_u8) {
            let [i, j] = [i, j].map(|number| UserId::new(number).unwrap());
            let (one, next) = (Namespace(bits), Namespace(bits + 1));
            prop_assert!(one.stored(i).0 < next.stored(j).0);
            prop_assert_eq!(one.shown(one.stored(i)), Some(i));
            prop_assert_eq!(one.shown(next.stored(j)), None);
            prop_assert_eq!(next.shown(one.stored(i)), None);
        }

        #[test]
        fn a_namespace_shows_twenty_keys_and_no_other(bits in 0..1_u128 << 96, place in 0..PLACES) {
            let shown = Namespace(bits).shown(StoredId(bits * PLACES + place));
            prop_assert_eq!(shown.map(|id| u128::from(id.get())), (1..=20).contains(&place).then_some(place));
        }

        #[test]
        fn another_stack_has_other_keys(bits: u128) {
            let id = UserId::new(1).unwrap();
            let keys = ["one", "two"].map(|stack| Namespaces::keyed(stack).unwrap().of(&visitor(bits)).stored(id));
            prop_assert_ne!(keys[0], keys[1]);
        }
    }
}
