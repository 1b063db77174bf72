//! A route whose integration is a queue: the gateway sends, and passes on what SQS answers.

use crate::served::{Described, Served};

fn served() -> Served {
    let routes = &["POST /api/queue queue", "POST /api/forbidden forbidden", "ANY /api/any"];
    Described { routes, ..Described::default() }.serve()
}

/// The text of an element of an answer in XML.
fn element<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = answer.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}

#[test]
fn a_request_becomes_a_message_and_sqs_s_answer_the_answer() {
    let served = served();
    let body = "{\"text\": \"안녕 <&>\"}";
    let answer = served.send("POST /api/queue HTTP/1.1\r\nX-Visitor: 0f", body.as_bytes());
    let answered = answer.text();
    assert_eq!(answer.status, 200, "{answered}");
    assert_eq!(answer.header("content-type"), Some("text/xml"));
    assert!(answer.header("apigw-requestid").is_some());
    let messages = served.messages();
    let [message] = &messages[..] else { panic!("{messages:?}") };
    assert_eq!(element(answered, "MessageId"), Some(message.id.as_str()));
    assert_eq!(element(answered, "MD5OfMessageBody"), Some(message.content.md5_of_body().as_str()));
    assert!(element(answered, "MD5OfMessageAttributes").is_some_and(|md5| md5.len() == 32), "{answered}");
    assert_eq!(message.content.body, body);
    assert_eq!(message.content.attributes["visitor"].value, "0f");
    assert_eq!(message.content.attributes.len(), 1, "only what the template names");
}

#[test]
fn what_is_wrong_with_a_request_is_said_and_nothing_is_sent() {
    let served = served();
    // The header that the attribute is made from is not there: the gateway's own answer.
    served.send("POST /api/queue HTTP/1.1", b"{}").is_refusal(400, "Bad Request");
    // What SQS refuses it refuses as XML.
    let visitor = "POST /api/queue HTTP/1.1\r\nx-visitor: 0f";
    for (body, code) in [(vec![b'a'; 1025], "InvalidParameterValue"), (vec![0], "InvalidMessageContents")] {
        let answer = served.send(visitor, &body);
        let answered = answer.text();
        assert_eq!((answer.status, answer.header("content-type")), (400, Some("text/xml")), "{answered}");
        assert_eq!(element(answered, "Code"), Some(code), "{answered}");
        assert_eq!(element(answered, "Type"), Some("Sender"));
    }
    served.get("/api/queue").is_refusal(404, "Not Found");
    assert_eq!(served.messages(), []);
    served.is_alive();
}

#[test]
fn a_role_that_may_not_send_is_refused_by_sqs() {
    let served = served();
    let answer = served.send("POST /api/forbidden HTTP/1.1", b"{}");
    let answered = answer.text();
    assert_eq!((answer.status, answer.header("content-type")), (403, Some("text/xml")), "{answered}");
    assert_eq!(element(answered, "Code"), Some("AccessDenied"));
    let message = element(answered, "Message").unwrap();
    let (who, what) = message.split_once(" is not authorized to perform: ").unwrap();
    assert!(who.contains("assumed-role/") && who.contains("ReaderRole"), "{who}");
    assert!(what.starts_with("sqs:sendmessage on resource: arn:aws:sqs:"), "{what}");
    assert_eq!(served.messages(), []);
}
