//! SQS's answers as XML, the form in which an HTTP API's integration passes them on.
//! Knows the AWS query protocol (Amazon SQS Developer Guide, "Interpreting Amazon SQS XML API responses").

use std::fmt::Write as _;

use super::{Refusal, Sent};

/// The namespace of SQS's XML, which is its API's version.
const NAMESPACE: &str = "http://queue.amazonaws.com/doc/2012-11-05/";
/// The media type of the answers.
pub const MEDIA_TYPE: &str = "text/xml";

/// HTTP status and body of the answer to a `SendMessage`.
pub fn answer(result: &Result<Sent, Refusal>) -> (u16, String) {
    let request_id = uuid::Uuid::new_v4();
    match result {
        Ok(sent) => {
            let mut text = format!(
                r#"<?xml version="1.0"?><SendMessageResponse xmlns="{NAMESPACE}"><SendMessageResult><MessageId>{}</MessageId><MD5OfMessageBody>{}</MD5OfMessageBody>"#,
                sent.id, sent.md5_of_body
            );
            if let Some(md5) = &sent.md5_of_attributes {
                // Writing into a String does not fail.
                let _ = write!(text, "<MD5OfMessageAttributes>{md5}</MD5OfMessageAttributes>");
            }
            let _ = write!(
                text,
                "</SendMessageResult><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></SendMessageResponse>"
            );
            (200, text)
        }
        Err(refusal) => {
            let (status, code) = (refusal.status(), refusal.code());
            let kind = if status < 500 { "Sender" } else { "Receiver" };
            let message = escaped(&refusal.message());
            let text = format!(
                r#"<?xml version="1.0"?><ErrorResponse xmlns="{NAMESPACE}"><Error><Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message><Detail/></Error><RequestId>{request_id}</RequestId></ErrorResponse>"#
            );
            (status, text)
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text with the request's id, which is another one each time, taken out.
    fn text(result: &Result<Sent, Refusal>) -> (u16, String) {
        let (status, text) = answer(result);
        let (before, rest) = text.split_once("<RequestId>").unwrap();
        let (id, after) = rest.split_once("</RequestId>").unwrap();
        assert_eq!(id.len(), 36);
        (status, format!("{before}…{after}"))
    }

    #[test]
    fn a_message_that_was_taken() {
        let sent = Sent { id: "m1".into(), md5_of_body: "b".into(), md5_of_attributes: Some("a".into()) };
        let expected = r#"<?xml version="1.0"?><SendMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><SendMessageResult><MessageId>m1</MessageId><MD5OfMessageBody>b</MD5OfMessageBody><MD5OfMessageAttributes>a</MD5OfMessageAttributes></SendMessageResult><ResponseMetadata>…</ResponseMetadata></SendMessageResponse>"#;
        assert_eq!(text(&Ok(sent.clone())), (200, expected.to_owned()));
        let plain = Sent { md5_of_attributes: None, ..sent };
        assert!(!text(&Ok(plain)).1.contains("MD5OfMessageAttributes"));
    }

    #[test]
    fn a_message_that_was_not() {
        let expected = r#"<?xml version="1.0"?><ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error><Type>Sender</Type><Code>InvalidParameterValue</Code><Message>One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.</Message><Detail/></Error>…</ErrorResponse>"#;
        assert_eq!(text(&Err(Refusal::TooLong(1024))), (400, expected.to_owned()));
        let (status, full) = text(&Err(Refusal::Full));
        assert_eq!((status, full.contains("<Type>Receiver</Type>")), (503, true));
        let (_, denied) = text(&Err(Refusal::Denied("a<b & c".into())));
        assert!(denied.contains("<Message>a&lt;b &amp; c</Message>"), "{denied}");
    }
}
