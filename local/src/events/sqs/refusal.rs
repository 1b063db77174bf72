//! Why SQS does not take a message, in SQS's own words.
//! Knows the limits of a message and the codes of errors; knows no queue.
//!
//! Words: Amazon SQS API Reference, "SendMessage" and "Common Errors"; what SQS answers to a role without permission was read in
//! public reports of 2024–2026 (the action stands there in lower case).

use template::ACCOUNT;
use template::policy::{Decision, Role};

use super::message::Content;

/// Why a message was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The role may not; the sentence says who, what and on what.
    Denied(String),
    /// There is no such queue.
    NoQueue,
    /// Larger than the queue takes, in bytes.
    TooLong(usize),
    /// Without a body.
    NoBody,
    /// A character that XML has none for.
    Character(u32),
    /// An attribute without a value.
    NoValue(String),
    /// A `Number` that is none.
    NoNumber(String),
    /// The queue holds as much as this machine keeps.
    Full,
}

impl Refusal {
    /// What `role`, taken on in `session`, is not allowed to do to `resource`.
    pub fn denied(role: &Role, session: &str, action: &str, resource: &str, decision: Decision) -> Self {
        let why = match decision {
            Decision::Denied => "with an explicit deny in an identity-based policy".to_owned(),
            _ => format!("because no identity-based policy allows the {action} action"),
        };
        let name = &role.name;
        Self::Denied(format!(
            "User: arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session} is not authorized to perform: {action} on resource: {resource} {why}"
        ))
    }

    /// HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Denied(_) => 403,
            Self::Full => 503,
            _ => 400,
        }
    }

    /// `Code` of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Denied(_) => "AccessDenied",
            Self::NoQueue => "AWS.SimpleQueueService.NonExistentQueue",
            Self::NoBody => "MissingParameter",
            Self::Character(_) => "InvalidMessageContents",
            Self::TooLong(_) | Self::NoValue(_) | Self::NoNumber(_) => "InvalidParameterValue",
            Self::Full => "ServiceUnavailable",
        }
    }

    /// `Message` of the error.
    pub fn message(&self) -> String {
        match self {
            Self::Denied(sentence) => sentence.clone(),
            Self::NoQueue => "The specified queue does not exist.".to_owned(),
            Self::NoBody => "The request must contain the parameter MessageBody.".to_owned(),
            Self::TooLong(most) => {
                format!(
                    "One or more parameters are invalid. Reason: Message must be shorter than {most} bytes."
                )
            }
            Self::Character(code) => format!(
                "Invalid binary character '#x{code:X}' was found in the message body, the set of allowed characters is #x9 | #xA | #xD | \
                 #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
            ),
            Self::NoValue(name) => {
                format!("Message (user) attribute '{name}' must contain a non-empty value of type 'String'.")
            }
            Self::NoNumber(name) => {
                format!("Can't cast the value of message (user) attribute '{name}' to a number.")
            }
            Self::Full => "The request has failed due to a temporary failure of the server.".to_owned(),
        }
    }
}

/// Checks a message against SQS's rules and the queue's `MaximumMessageSize`.
pub(super) fn check(content: &Content, longest: usize) -> Result<(), Refusal> {
    if content.body.is_empty() {
        return Err(Refusal::NoBody);
    }
    for (name, attribute) in &content.attributes {
        if attribute.value.is_empty() {
            return Err(Refusal::NoValue(name.clone()));
        }
        let is_number = attribute.data_type.split('.').next() == Some("Number");
        if is_number && !attribute.value.parse::<f64>().is_ok_and(f64::is_finite) {
            return Err(Refusal::NoNumber(name.clone()));
        }
    }
    let texts = content.attributes.values().map(|attribute| &attribute.value).chain([&content.body]);
    if let Some(character) = texts.flat_map(|text| text.chars()).find(|character| !is_allowed(*character)) {
        return Err(Refusal::Character(character.into()));
    }
    if content.size() > longest { Err(Refusal::TooLong(longest)) } else { Ok(()) }
}

/// The characters of XML 1.0.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::super::message::Attribute;
    use super::*;

    fn content(body: &str, data_type: &str, value: &str) -> Content {
        let attribute = Attribute { data_type: data_type.into(), value: value.into() };
        Content { body: body.into(), attributes: [("a".to_owned(), attribute)].into() }
    }

    #[test]
    fn what_sqs_does_not_take() {
        let judge = |content: Content| check(&content, 20);
        assert_eq!(judge(content("가나", "String", "x")), Ok(()));
        assert_eq!(judge(content("", "String", "x")), Err(Refusal::NoBody));
        assert_eq!(judge(content("x", "String", "")), Err(Refusal::NoValue("a".into())));
        assert_eq!(judge(content("x", "Number", "1e3")), Ok(()));
        assert_eq!(judge(content("x", "Number.int", "one")), Err(Refusal::NoNumber("a".into())));
        assert_eq!(judge(content("x\u{0}", "String", "x")), Err(Refusal::Character(0)));
        assert_eq!(judge(content("x", "String", "\u{ffff}")), Err(Refusal::Character(0xffff)));
        // 20 bytes: twelve of the body, one, six and one of the attribute.
        assert_eq!(judge(content("123456789012", "String", "x")), Ok(()));
        assert_eq!(judge(content("1234567890123", "String", "x")), Err(Refusal::TooLong(20)));
        assert_eq!(Refusal::Character(11).message().matches("#xB'").count(), 1);
    }
}
