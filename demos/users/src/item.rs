//! A user as the table holds it: attribute names and types in one place, for writing and for reading.
//! Knows the SDK's attribute values; knows no request.

use crate::{key::StoredId, profile::Profile, refusal::Refusal};
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};

/// Seconds from the last write to the end of a user.
const LIFETIME: i64 = 3_600;

/// The type of the partition key, in the template's word for [`number`].
pub const KEY_TYPE: &str = "N";

/// Attribute names. `name` is one of DynamoDB's reserved words: expressions use placeholders for all of them.
pub(crate) mod attribute {
    /// The partition key.
    pub const ID: &str = "id";
    pub(crate) const NAME: &str = "name";
    pub(crate) const EMAIL: &str = "email";
    pub(crate) const VERSION: &str = "version";
    pub(crate) const CREATED_AT: &str = "createdAt";
    /// When DynamoDB may delete the item, in epoch seconds.
    pub const EXPIRES_AT: &str = "expiresAt";
    pub(crate) const REQUEST: &str = "request";
}

/// Attributes by name, as the SDK has them.
pub type Attributes = HashMap<String, AttributeValue>;

/// One item, read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    pub id: StoredId,
    pub name: String,
    pub email: Option<String>,
    /// 1 when created, one more with every replacement.
    pub version: u64,
    /// Epoch seconds.
    pub created_at: i64,
    /// Epoch seconds; the table's TTL attribute.
    pub expires_at: i64,
    /// Which write made this state: tells the writer whose answer got lost that it was itself.
    request: String,
    attributes: Attributes,
}

impl Item {
    /// Reads an item.
    ///
    /// # Errors
    /// [`Refusal::Internal`] if an attribute is missing or of another type: nobody but this function writes here.
    pub(crate) fn read(attributes: Attributes) -> Result<Self, Refusal> {
        Self::parse(attributes).ok_or(Refusal::Internal)
    }

    fn parse(attributes: Attributes) -> Option<Self> {
        let number = |name| attributes.get(name).and_then(|value| value.as_n().ok());
        let text = |name| attributes.get(name).and_then(|value| value.as_s().ok());
        Some(Self {
            id: StoredId::parse(number(attribute::ID)?)?,
            name: text(attribute::NAME)?.clone(),
            email: text(attribute::EMAIL).cloned(),
            version: number(attribute::VERSION)?.parse().ok()?,
            created_at: number(attribute::CREATED_AT)?.parse().ok()?,
            expires_at: number(attribute::EXPIRES_AT)?.parse().ok()?,
            request: text(attribute::REQUEST)?.clone(),
            attributes,
        })
    }

    /// A new user's attributes.
    pub(crate) fn new_attributes(id: StoredId, profile: &Profile, request: &str, now: i64) -> Attributes {
        let mut attributes = HashMap::from([
            (attribute::ID.into(), number(id)),
            (attribute::NAME.into(), text(profile.name.as_str())),
            (attribute::VERSION.into(), number(1)),
            (attribute::CREATED_AT.into(), number(now)),
            (attribute::EXPIRES_AT.into(), number(expiry(now))),
            (attribute::REQUEST.into(), text(request)),
        ]);
        if let Some(email) = &profile.email {
            attributes.insert(attribute::EMAIL.into(), text(email.as_str()));
        }
        attributes
    }

    /// DynamoDB deletes expired items within days; until then they are there, but not for readers.
    pub(crate) fn is_alive(&self, now: i64) -> bool {
        self.expires_at > now
    }

    /// Whether this state was made by the given write.
    pub(crate) fn is_of(&self, request: &str) -> bool {
        self.request == request
    }

    /// The item in DynamoDB's own JSON: every value under its type, numbers as text.
    pub(crate) fn as_stored(&self) -> Value {
        let sorted: BTreeMap<_, _> = self.attributes.iter().collect();
        let shown = sorted.into_iter().filter_map(|(name, value)| {
            let value = match value {
                AttributeValue::N(number) => json!({"N": number}),
                AttributeValue::S(text) => json!({"S": text}),
                _ => return None, // no attribute of ours is of another type
            };
            Some((name.clone(), value))
        });
        Value::Object(shown.collect::<Map<_, _>>())
    }
}

/// When a user written now ends, in epoch seconds.
pub(crate) fn expiry(now: i64) -> i64 {
    now.saturating_add(LIFETIME)
}

/// A number attribute: DynamoDB takes and gives numbers as decimal text.
pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A string attribute.
pub(crate) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{email::Email, name::Name};

    fn attributes(name: &str) -> Attributes {
        let profile =
            Profile { name: Name::parse(name).unwrap(), email: Some(Email::parse("a@b.kr").unwrap()) };
        Item::new_attributes(StoredId::parse("42000007").unwrap(), &profile, &"f".repeat(32), 1_000)
    }

    /// DynamoDB's rule: names and texts count their UTF-8 bytes, a number about a byte for each two digits, and one more.
    fn size(attributes: &Attributes) -> usize {
        let values = attributes.values().map(|value| match value {
            AttributeValue::S(text) => text.len(),
            AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
            _ => 0,
        });
        attributes.keys().map(String::len).sum::<usize>() + values.sum::<usize>()
    }

    #[test]
    fn what_is_written_is_read() {
        let item = Item::read(attributes("김하늘")).unwrap();
        assert_eq!((item.name.as_str(), item.email.as_deref(), item.version), ("김하늘", Some("a@b.kr"), 1));
        assert_eq!((item.created_at, item.expires_at), (1_000, 4_600));
        assert!(item.is_alive(4_599) && !item.is_alive(4_600));
        assert!(item.is_of(&"f".repeat(32)) && !item.is_of("e"));
    }

    #[test]
    fn the_stored_form_names_the_types() {
        let stored = Item::read(attributes("a")).unwrap().as_stored();
        assert_eq!(stored["id"], json!({KEY_TYPE: "42000007"}));
        assert_eq!(stored["name"], json!({"S": "a"}));
        assert_eq!(stored["expiresAt"], json!({"N": "4600"}));
    }

    #[test]
    fn a_damaged_item_is_an_internal_error_not_a_panic() {
        for name in
            [attribute::ID, attribute::NAME, attribute::VERSION, attribute::CREATED_AT, attribute::REQUEST]
        {
            let mut damaged = attributes("a");
            damaged.insert(name.into(), AttributeValue::Bool(true));
            assert_eq!(Item::read(damaged), Err(Refusal::Internal), "{name}");
        }
    }

    #[test]
    fn the_largest_item_is_below_one_kilobyte() {
        let mut largest = attributes(&"👨‍👩‍👧".repeat(33));
        largest.insert(attribute::EMAIL.into(), text(&"a".repeat(100)));
        for (name, digits) in [
            (attribute::ID, 35),
            (attribute::VERSION, 20),
            (attribute::CREATED_AT, 11),
            (attribute::EXPIRES_AT, 11),
        ] {
            largest.insert(name.into(), AttributeValue::N("9".repeat(digits)));
        }
        assert!(size(&largest) <= 1_024, "{}", size(&largest));
    }
}
