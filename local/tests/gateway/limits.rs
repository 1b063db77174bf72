//! Sizes at and beyond every limit: 10,240 bytes of head, 10 MB of body, 6 MB into Lambda and back.

use local::gateway::telemetry::Record;
use local::lambda::PAYLOAD_LIMIT;

use crate::served::{Described, Served};

const MOST: usize = 10 * 1024 * 1024;

fn serve() -> Served {
    Described { routes: &["ANY /api/any"], function: "Timeout: 20", ..Described::default() }.serve()
}

fn last(served: &Served) -> Record {
    let (told, _) = served.telemetry.subscribe();
    (**told.last().unwrap()).clone()
}

#[test]
fn request_line_and_header_values_have_ten_kilobytes() {
    let served = serve();
    // The names do not count: "total combined size of request line and header values".
    let line = "GET /api/any HTTP/1.1\r\n".len();
    let host = "127.0.0.1".len();
    for (names, size, is_let_in) in [
        ("x-a", 10_240, true),
        ("x-a", 10_241, false),
        (&"x-long".repeat(300), 10_240, true),
        ("x-a", 30_000, false),
    ] {
        let value = "v".repeat(size - line - host);
        let answer = served.send(&format!("GET /api/any HTTP/1.1\r\n{names}: {value}"), b"");
        if is_let_in {
            assert_eq!(answer.json()["headers"][names], value, "{size}");
        } else {
            answer.is_refusal(431, "Request Header Fields Too Large");
        }
    }
    // As part of the line, and in many headers.
    for size in [10_240, 10_241] {
        let query = "q".repeat(size - line - host - 1);
        let answer = served.get(&format!("/api/any?{query}"));
        assert_eq!(answer.status, if size == 10_240 { 200 } else { 431 }, "{size}");
    }
    let many = |count: usize, size: usize| {
        let value = "v".repeat(size);
        let fields = (0..count).map(|index| format!("\r\nx-{index}: {value}")).collect::<String>();
        served.send(&format!("GET /api/any HTTP/1.1{fields}"), b"")
    };
    assert_eq!(many(90, 100).status, 200);
    many(90, 120).is_refusal(431, "Request Header Fields Too Large");
    // What is far beyond is not read to its end, and its sender gets less of an explanation.
    let answer = many(200, 1);
    assert_eq!((answer.status, answer.text(), answer.header("apigw-requestid")), (431, "", None));
    let answer = many(90, 2_000);
    assert_eq!((answer.status, answer.text()), (431, ""));
    served.is_alive();
}

#[test]
fn a_body_has_ten_megabytes_and_an_event_six() {
    let served = serve();
    let send = |head: &str, body: &[u8]| {
        let answer = served.send(&format!("POST /api/any?answer=length HTTP/1.1\r\n{head}"), body);
        (answer, last(&served))
    };
    let text = "content-type: text/plain";
    // Everything of an event but the body, with a length of seven digits.
    let body = vec![b'a'; 1_000_000];
    let whole = served.send(&format!("POST /api/any?answer=events HTTP/1.1\r\n{text}"), &body);
    let around = whole.body.len() - body.len();
    let fits = PAYLOAD_LIMIT - around;
    let (answer, _) = send(text, &vec![b'a'; fits]);
    assert_eq!((answer.status, answer.text()), (200, fits.to_string().as_str()));
    let (answer, record) = send(text, &vec![b'a'; fits + 1]);
    answer.is_refusal(413, "Request Entity Too Large");
    assert!(record.invoked_ms.is_some(), "Lambda refuses it, not the gateway: {record:?}");
    // In base64 a body is a third longer.
    let (answer, _) = send("content-type: image/png", &vec![0; fits / 4 * 3 - 100]);
    assert_eq!(answer.status, 200);
    let (answer, record) = send("content-type: image/png", &vec![0; fits / 4 * 3 + 100]);
    answer.is_refusal(413, "Request Entity Too Large");
    assert!(record.invoked_ms.is_some(), "{record:?}");
    // What becomes longer in JSON counts as long as it is there.
    let (answer, _) = send(text, &vec![b'"'; fits / 2 + 100]);
    assert_eq!(answer.status, 413);

    let (_, record) = send(text, &vec![b'a'; MOST]);
    assert!((record.status, record.invoked_ms.is_some()) == (Some(413), true), "{record:?}");
    let (answer, record) = send(text, &vec![b'a'; MOST + 1]);
    answer.is_refusal(413, "Request Entity Too Large");
    assert!(record.invoked_ms.is_none(), "the gateway refuses it: {record:?}");
    // However it is sent, and whoever does not want it: the sender gets the answer and the connection stays good.
    let mut connection = served.connect();
    connection.request(&format!("POST /api/any HTTP/1.1\r\n{text}\r\ntransfer-encoding: chunked"), b"");
    let chunk = [&b"100000\r\n"[..], &vec![b'a'; 1024 * 1024], b"\r\n"].concat();
    for _ in 0..11 {
        connection.write(&chunk);
    }
    connection.write(b"0\r\n\r\n");
    connection.answer().is_refusal(413, "Request Entity Too Large");
    assert!(last(&served).invoked_ms.is_none());
    for path in ["/api/none", "/api/any"] {
        connection.request(&format!("POST {path} HTTP/1.1\r\n{text}"), &vec![b'a'; MOST + 1]);
        assert_eq!(connection.answer().status, if path == "/api/any" { 413 } else { 404 });
    }
    connection.request("GET /api/any HTTP/1.1", b"");
    assert_eq!(connection.answer().status, 200);
}

#[test]
fn a_body_that_is_too_large_need_not_be_sent_by_who_asks_first() {
    let served = serve();
    let mut connection = served.connect();
    let head = "POST /api/any HTTP/1.1\r\nhost: 127.0.0.1\r\nexpect: 100-continue";
    connection.write(format!("{head}\r\ncontent-length: {}\r\n\r\n", MOST + 1).as_bytes());
    connection.answer_at_once().is_refusal(413, "Request Entity Too Large");
    let mut connection = served.connect();
    connection.write(format!("{head}\r\ncontent-length: 3\r\n\r\n").as_bytes());
    assert_eq!(connection.answer_at_once().status, 100);
    connection.write(b"abc");
    assert_eq!(connection.answer().json()["body"], "YWJj");
}

#[test]
fn a_result_has_six_megabytes() {
    let served = serve();
    let answer = served.get(&format!("/api/any?answer=bytes&bytes={PAYLOAD_LIMIT}"));
    assert_eq!((answer.status, answer.body.len()), (200, PAYLOAD_LIMIT - 2));
    served
        .get(&format!("/api/any?answer=bytes&bytes={}", PAYLOAD_LIMIT + 1))
        .is_refusal(500, "Internal Server Error");
    served.is_alive();
}
