//! What is told of requests: a line of access log for each, as the template says, and a record in the feed.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::served::{Described, LOG, Served};

const STAGE: &str = r#"AccessLogSettings:
  DestinationArn: arn:aws:logs:ap-northeast-2:000000000000:log-group:api
  Format: >-
    {"id":"$context.requestId","ip":"$context.identity.sourceIp","time":"$context.requestTime",
    "ms":"$context.requestTimeEpoch","method":"$context.httpMethod","path":"$context.path","route":"$context.routeKey",
    "status":"$context.status","bytes":"$context.responseLength","latency":"$context.responseLatency",
    "integration":"$context.integrationLatency","service":"$context.integrationStatus",
    "function":"$context.integration.status","wrong":"$context.integrationErrorMessage","error":"$context.error.message",
    "type":"$context.error.responseType","authorizer":"$context.authorizer.error","agent":"$context.identity.userAgent"}
RouteSettings: {GET /api/small: {ThrottlingRateLimit: 0.01, ThrottlingBurstLimit: 1}}"#;

fn serve() -> Served {
    let routes = &["ANY /api/any", "GET /api/impatient short", "GET /api/mine jwt", "GET /api/small"];
    let api = "CorsConfiguration: {AllowOrigins: [\"https://book.example\"], AllowMethods: [GET]}";
    Described { routes, stage: STAGE, api, ..Described::default() }.serve()
}

/// The log line of an answer's request.
fn line(answer: &Answer) -> Value {
    let id = answer.header("apigw-requestid").unwrap();
    let text = LOG.text();
    let mut lines = text.lines().filter(|line| line.contains(id));
    let found = lines.next().unwrap_or_else(|| panic!("no line has {id}:\n{text}"));
    assert_eq!(lines.next(), None, "one line for a request");
    assert!(found.trim_start().starts_with("INFO gateway: "), "{found}");
    serde_json::from_str(found.split_once("gateway: ").unwrap().1).unwrap()
}

#[test]
fn every_request_has_its_line() {
    let served = serve();
    assert_eq!(served.get("/api/small").status, 200);
    let text = "content-type: application/json";
    for (head, body, expected) in [
        (
            "GET /api/any HTTP/1.1\r\nuser-agent: tests".to_owned(),
            &b""[..],
            json!({"route": "ANY /api/any", "path": "/api/any", "status": "200", "function": "200", "service": "200",
                "wrong": "-", "error": "-", "type": "-", "authorizer": "-", "agent": "tests", "method": "GET"}),
        ),
        (
            format!("POST /api/any?answer=body HTTP/1.1\r\n{text}"),
            br#"{"statusCode":418,"body":"tea"}"#,
            json!({"status": "418", "function": "418", "service": "200", "bytes": "3", "error": "-", "method": "POST"}),
        ),
        (
            "GET /api/none HTTP/1.1".to_owned(),
            b"",
            json!({"route": "-", "status": "404", "function": "-", "integration": "-", "error": "Not Found", "bytes": "23"}),
        ),
        (
            "GET /api/mine HTTP/1.1".to_owned(),
            b"",
            json!({"route": "GET /api/mine", "status": "401", "error": "Unauthorized", "type": "UNAUTHORIZED", "integration": "-"}),
        ),
        (
            "GET /api/small HTTP/1.1".to_owned(),
            b"",
            json!({"route": "GET /api/small", "status": "429", "error": "Too Many Requests", "type": "THROTTLED"}),
        ),
        (
            "GET /api/any?answer=error HTTP/1.1".to_owned(),
            b"",
            json!({"status": "500", "error": "Internal Server Error", "type": "INTEGRATION_FAILURE", "function": "-", "service": "200",
                "wrong": "The Lambda function returned the following error: the function reported Asked: asked to. Check your Lambda function code and try again."}),
        ),
        (
            format!("POST /api/any?answer=body HTTP/1.1\r\n{text}"),
            br#"{"statusCode":"x"}"#,
            json!({"status": "500", "service": "200",
                "wrong": "The response from the Lambda function doesn't match the format that API Gateway expects"}),
        ),
        (
            "GET /api/impatient?answer=never HTTP/1.1".to_owned(),
            b"",
            json!({"status": "503", "error": "Service Unavailable", "wrong": "Integration timed out"}),
        ),
        (
            "OPTIONS /api/any HTTP/1.1\r\norigin: https://book.example\r\naccess-control-request-method: GET"
                .to_owned(),
            b"",
            json!({"status": "204", "bytes": "0", "error": "-", "function": "-", "method": "OPTIONS"}),
        ),
    ] {
        let line = line(&served.send(&head, body));
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&line[name], value, "{name} of {head}: {line}");
        }
        assert_eq!(line["ip"], "127.0.0.1");
        assert!(line["latency"].as_str().unwrap().parse::<u64>().is_ok(), "{line}");
        assert!(line["ms"].as_str().unwrap().parse::<u64>().is_ok(), "{line}");
    }
    let denied = line(&served.get("/api/mine"));
    assert!(denied["authorizer"].as_str().unwrap().len() > 1, "{denied}");
    let impatient = line(&served.get("/api/impatient?answer=never"));
    let latency = impatient["integration"].as_str().unwrap().parse::<u64>().unwrap();
    assert!((300..3000).contains(&latency), "{impatient}");
}

#[test]
fn nothing_a_caller_sends_makes_a_second_line_or_breaks_the_first() {
    let served = serve();
    for (path, agent) in [("/api/any/%0a%0dINFO%20gateway:", "tests"), ("/api/any", "a\"b\\c\t")] {
        let answer = served.send(&format!("GET {path} HTTP/1.1\r\nuser-agent: {agent}"), b"");
        let id = answer.header("apigw-requestid").unwrap();
        let text = LOG.text();
        let found = text.lines().filter(|line| line.contains(id)).collect::<Vec<_>>();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].ends_with('}') && !found[0].contains('\t'), "{found:?}");
    }
}

#[test]
fn the_feed_tells_when_what_happened_and_nothing_of_the_reader() {
    let served = serve();
    served.is_alive();
    let (kept, mut live) = served.telemetry.subscribe();
    assert_eq!(kept.len(), 1);
    let secret = "c0ffee";
    let good =
        served.send(&format!("POST /api/any?q={secret} HTTP/1.1\r\nx-own: {secret}"), secret.as_bytes());
    let denied = served.send(&format!("GET /api/mine HTTP/1.1\r\nauthorization: Bearer {secret}"), b"");
    let late = served.get("/api/impatient?answer=never");
    let mut records = Vec::new();
    for answer in [&good, &denied, &late] {
        let record = live.try_recv().unwrap();
        assert_eq!(Some(record.request_id.as_str()), answer.header("apigw-requestid"));
        assert_eq!(record.status, Some(answer.status));
        records.push(serde_json::to_value(&*record).unwrap());
    }
    assert!(live.try_recv().is_err());
    let [good, denied, late] = &records[..] else { unreachable!() };
    assert_eq!(
        (&good["method"], &good["path"], &good["routeKey"]),
        (&json!("POST"), &json!("/api/any"), &json!("ANY /api/any"))
    );
    let ms = |record: &Value, name: &str| record[name].as_f64().unwrap_or_else(|| panic!("{name}: {record}"));
    assert!(
        ms(good, "invokedMs") <= ms(good, "returnedMs") && ms(good, "returnedMs") <= ms(good, "answeredMs")
    );
    assert!(good["traceId"].as_str().unwrap().starts_with("Root=1-"), "{good}");
    assert_eq!(
        (&good["error"], good.get("authorizedMs").unwrap_or(&Value::Null)),
        (&Value::Null, &Value::Null)
    );
    assert!(denied["error"].as_str().unwrap().starts_with("invalid_token"), "{denied}");
    assert_eq!(denied.get("invokedMs").unwrap_or(&Value::Null), &Value::Null);
    assert_eq!(late["error"], "Integration timed out");
    assert!(ms(late, "returnedMs") - ms(late, "invokedMs") >= 300.0, "{late}");
    assert!(records.iter().all(|record| !record.to_string().contains(secret)), "{records:?}");
    let sequences = records.iter().map(|record| record["sequence"].as_u64().unwrap()).collect::<Vec<_>>();
    assert!(sequences.windows(2).all(|pair| pair[1] == pair[0] + 1), "{sequences:?}");
}
