//! A message as its sender gives it, and the digests by which SQS shows that it got all of it.
//! Knows the form of attributes; knows no queue.
//!
//! Digests: Amazon SQS Developer Guide, "Calculating the MD5 message digest for message attributes".

use std::collections::BTreeMap;

use md5::{Digest, Md5};

/// What a sender gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The body.
    pub body: String,
    /// By name.
    pub attributes: BTreeMap<String, Attribute>,
}

/// A message attribute whose value is text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// `String` or `Number`, with or without a label behind a dot.
    pub data_type: String,
    /// The value.
    pub value: String,
}

/// How the digest of attributes marks a text; a binary value would have 2.
const TEXT: u8 = 1;

impl Content {
    /// What counts against `MaximumMessageSize`: the body and every attribute's name, type and value, in bytes.
    pub fn size(&self) -> usize {
        let attributes = self.attributes.iter();
        let attributes = attributes
            .map(|(name, attribute)| name.len() + attribute.data_type.len() + attribute.value.len());
        self.body.len() + attributes.sum::<usize>()
    }

    /// `MD5OfMessageBody`
    pub fn md5_of_body(&self) -> String {
        hexadecimal(&Md5::digest(self.body.as_bytes()))
    }

    /// `MD5OfMessageAttributes`; `None` for a message without any.
    pub fn md5_of_attributes(&self) -> Option<String> {
        if self.attributes.is_empty() {
            return None;
        }
        let mut digest = Md5::new();
        for (name, attribute) in &self.attributes {
            add(&mut digest, name);
            add(&mut digest, &attribute.data_type);
            digest.update([TEXT]);
            add(&mut digest, &attribute.value);
        }
        Some(hexadecimal(&digest.finalize()))
    }
}

/// A text behind its length.
fn add(digest: &mut Md5, text: &str) {
    digest.update(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
    digest.update(text.as_bytes());
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(body: &str, attributes: &[(&str, &str, &str)]) -> Content {
        let attributes = attributes.iter().map(|(name, data_type, value)| {
            let attribute = Attribute { data_type: (*data_type).into(), value: (*value).into() };
            ((*name).to_owned(), attribute)
        });
        Content { body: body.into(), attributes: attributes.collect() }
    }

    /// Both as SQS itself answered them: the guide's example event, and `aws sqs receive-message` in a public report.
    #[test]
    fn digests_are_those_sqs_sends() {
        assert_eq!(content("test", &[]).md5_of_body(), "098f6bcd4621d373cade4e832627b4f6");
        let with_one = content("{}", &[("Hello", "String", "World")]);
        assert_eq!(with_one.md5_of_body(), "99914b932bd37a50b983c5e7c90ae93b");
        assert_eq!(with_one.md5_of_attributes().as_deref(), Some("7db7fb1ba7f41366a8ea5eb18220b26d"));
        assert_eq!(content("test", &[]).md5_of_attributes(), None);
    }

    /// Computed with another implementation (Python's hashlib) by the guide's rules.
    #[test]
    fn attributes_are_digested_in_the_order_of_their_names() {
        let two = [
            ("test_attribute_name_2", "String", "test_attribute_value_2"),
            ("test_attribute_name_1", "String", "test_attribute_value_1"),
        ];
        let digest = content("x", &two).md5_of_attributes();
        assert_eq!(digest.as_deref(), Some("d53f3b558fe951154770f25cb63dbba9"));
    }

    #[test]
    fn the_size_counts_bytes_of_everything() {
        assert_eq!(content("가", &[("a", "String", "나")]).size(), 3 + 1 + 6 + 3);
    }
}
