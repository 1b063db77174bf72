//! Payload format 2.0 on the wire: what the function is told of a request, and what becomes of what it returns.

use serde_json::{Value, json};

use crate::served::{Described, Served};

fn serve() -> Served {
    let routes = &["ANY /api/any", "GET /api/users/{id}", "ANY /api/below/{rest+}", "GET /api/below/near"];
    Described { routes, stage: "StageVariables: {colour: blue}", ..Described::default() }.serve()
}

#[test]
fn the_function_is_told_everything_of_a_request() {
    let served = serve();
    let port = served.address.port();
    let head = "GET /api/users/a%20b%2Bc?x=1&y=&x=2%2C3&%ED%95%9C=%EA%B8%80+a HTTP/1.1\r\nX-Many: one\r\nx-many: two\r\n\
        cookie: a=1; b=2\r\ncookie: c=3\r\nuser-agent: tests\r\nx-forwarded-for: 192.0.2.7\r\n\
        x-forwarded-proto: gopher\r\nconnection: keep-alive, x-hop\r\nx-hop: 1\r\nkeep-alive: timeout=5";
    let answer = served.send(head, b"");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let event = answer.json();
    let mut fields = event.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>();
    fields.sort_unstable();
    let expected = [
        "cookies",
        "headers",
        "isBase64Encoded",
        "pathParameters",
        "queryStringParameters",
        "rawPath",
        "rawQueryString",
        "requestContext",
        "routeKey",
        "stageVariables",
        "version",
    ];
    assert_eq!(fields, expected, "a field without a value is left out");
    assert_eq!((&event["version"], &event["routeKey"]), (&json!("2.0"), &json!("GET /api/users/{id}")));
    // Decoded on AWS too, as live requests showed; the query is not.
    assert_eq!(event["rawPath"], "/api/users/a b+c");
    assert_eq!(event["rawQueryString"], "x=1&y=&x=2%2C3&%ED%95%9C=%EA%B8%80+a");
    assert_eq!(event["queryStringParameters"], json!({"x": "1,2,3", "y": "", "한": "글 a"}));
    assert_eq!(event["pathParameters"], json!({"id": "a b+c"}));
    assert_eq!(event["cookies"], json!(["a=1", "b=2", "c=3"]));
    assert_eq!(event["stageVariables"], json!({"colour": "blue"}));
    assert_eq!(event["isBase64Encoded"], false);
    let headers = &event["headers"];
    assert_eq!((&headers["x-many"], headers.get("cookie")), (&json!("one,two"), None));
    assert_eq!((&headers["content-length"], &headers["host"]), (&json!("0"), &json!("127.0.0.1")));
    assert_eq!(headers["x-forwarded-for"], "192.0.2.7, 127.0.0.1");
    assert_eq!(headers["x-forwarded-proto"], "http");
    assert!(headers["x-forwarded-port"].is_string(), "{headers}");
    assert!(headers["x-amzn-trace-id"].as_str().unwrap().starts_with("Root=1-"), "{headers}");
    let context = &event["requestContext"];
    let http = json!({
        "method": "GET", "path": "/api/users/a b+c", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "tests",
    });
    assert_eq!(context["http"], http);
    assert_eq!((&context["stage"], &context["apiId"]), (&json!("$default"), &json!(served.id)));
    assert_eq!(context["requestId"], answer.header("apigw-requestid").unwrap());
    assert_eq!((context.get("authentication"), context.get("authorizer")), (None, None));
    assert_eq!(context["domainName"], "127.0.0.1");
    assert!(port > 0);
}

#[test]
fn paths_choose_routes_and_arrive_decoded() {
    let served = serve();
    for (path, key, parameters) in [
        ("/api/below/near", "GET /api/below/near", Value::Null),
        ("/api/below/far/away", "ANY /api/below/{rest+}", json!({"rest": "far/away"})),
        ("/api/below/a%2Fb", "ANY /api/below/{rest+}", json!({"rest": "a/b"})),
        ("/api/users/%ED%95%9C", "GET /api/users/{id}", json!({"id": "한"})),
    ] {
        let event = served.get(path).json();
        assert_eq!((&event["routeKey"], &event["pathParameters"]), (&json!(key), &parameters), "{path}");
    }
    let posted = served.send("POST /api/below/near HTTP/1.1", b"");
    assert_eq!(posted.json()["routeKey"], "ANY /api/below/{rest+}", "another method of a path that is there");
    // A decoded slash makes another path of it, and a bad escape is none.
    served.get("/api/users/a%2Fb").is_refusal(404, "Not Found");
    served.get("/api/users/a%25zz").is_refusal(400, "Bad Request");
    served.get("/api/users/a%zz").is_refusal(400, "Bad Request");
}

#[test]
fn bodies_are_text_only_where_their_type_says_so() {
    let served = serve();
    let send = |kind: &str, body: &[u8]| {
        let event = served.send(&format!("POST /api/any HTTP/1.1{kind}"), body).json();
        (event["body"].clone(), event["isBase64Encoded"].clone())
    };
    for kind in [
        "text/plain",
        "text/csv; charset=utf-8",
        "application/json",
        "application/xml",
        "application/javascript",
    ] {
        let told = send(&format!("\r\ncontent-type: {kind}"), "한글".as_bytes());
        assert_eq!(told, (json!("한글"), json!(false)), "{kind}");
    }
    for kind in ["\r\ncontent-type: image/png", "\r\ncontent-type: application/x-www-form-urlencoded", ""] {
        assert_eq!(send(kind, b"a=1"), (json!("YT0x"), json!(true)), "{kind}");
    }
    assert_eq!(send("", b""), (Value::Null, json!(false)), "no body, no field");
    // In chunks the length is not known before, and is told afterwards.
    let mut connection = served.connect();
    let head = "POST /api/any HTTP/1.1\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked";
    connection.request(head, b"");
    connection.write(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n");
    let event = connection.answer().json();
    assert_eq!(event["body"], "abcde");
    assert_eq!(event["headers"].get("transfer-encoding"), None);
}

#[test]
fn a_response_arrives_as_the_function_made_it() {
    let served = serve();
    let made = json!({
        "statusCode": 201,
        "headers": {"content-type": "text/x", "X-Own": "1", "x-number": 7, "x-true": true},
        "cookies": ["a=1; Path=/", "b=2"],
        "body": "만들었다",
    });
    let answer = served.answered(&made.to_string());
    assert_eq!((answer.status, answer.text()), (201, "만들었다"));
    assert_eq!((answer.header("content-type"), answer.header("x-own")), (Some("text/x"), Some("1")));
    assert_eq!((answer.header("x-number"), answer.header("x-true")), (Some("7"), Some("true")));
    let cookies =
        answer.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.as_str());
    assert_eq!(cookies.collect::<Vec<_>>(), ["a=1; Path=/", "b=2"]);
    let binary = served.answered(r#"{"statusCode":200,"body":"AP8=","isBase64Encoded":true}"#);
    assert_eq!(binary.body, [0, 255]);
    assert_eq!(
        served.answered(r#"{"statusCode":200,"body":"x"}"#).header("content-type"),
        Some("text/plain; charset=utf-8")
    );
}

#[test]
fn what_is_no_response_is_the_body_of_one() {
    let served = serve();
    for (payload, body) in [
        (r#"{"message":"hi"}"#, r#"{"message":"hi"}"#),
        (r#""just text""#, "just text"),
        ("[1, 2]", "[1, 2]"),
        ("null", "null"),
        ("not even JSON", "not even JSON"),
    ] {
        let answer = served.answered(payload);
        let told = (answer.status, answer.text(), answer.header("content-type"));
        assert_eq!(told, (200, body, Some("application/json")));
    }
    for broken in [
        r#"{"statusCode":"200"}"#,
        r#"{"statusCode":200.5}"#,
        r#"{"statusCode":42}"#,
        r#"{"statusCode":1000}"#,
        r#"{"statusCode":200,"body":{"a":1}}"#,
        r#"{"statusCode":200,"body":"!","isBase64Encoded":true}"#,
        r#"{"statusCode":200,"headers":{"a b":"c"}}"#,
        r#"{"statusCode":200,"headers":{"a":"b\r\nc: d"}}"#,
        r#"{"statusCode":200,"cookies":"a=1"}"#,
    ] {
        served.answered(broken).is_refusal(500, "Internal Server Error");
    }
    served.is_alive();
}

#[test]
fn some_answers_have_no_body_whatever_the_function_says() {
    let served = serve();
    for status in [204, 304] {
        let mut connection = served.connect();
        let payload = format!(r#"{{"statusCode":{status},"body":"hidden","headers":{{"etag":"\"1\""}}}}"#);
        let head = "POST /api/any?answer=body HTTP/1.1\r\ncontent-type: application/json";
        connection.request(head, payload.as_bytes());
        let answer = connection.answer();
        assert_eq!((answer.status, answer.header("etag")), (status, Some("\"1\"")));
        // Nothing of it stands before the next answer.
        connection.request("GET /api/any HTTP/1.1", b"");
        assert_eq!(connection.answer().status, 200);
    }
    let mut connection = served.connect();
    connection.request("HEAD /api/any HTTP/1.1", b"");
    let answer = connection.answer();
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-length").unwrap().parse::<usize>().unwrap() > 100, "{answer:?}");
    connection.request("OPTIONS /api/any HTTP/1.1", b"");
    assert_eq!(
        connection.answer().json()["requestContext"]["http"]["method"],
        "OPTIONS",
        "without CORS it is a method"
    );
    connection.request("HEAD /nothing/../api/none HTTP/1.1", b"");
    assert_eq!(connection.answer().status, 404);
    connection.request("BREW /api/any HTTP/1.1", b"");
    assert_eq!(connection.answer().json()["requestContext"]["http"]["method"], "BREW");
}

#[test]
fn the_gateway_s_own_headers_are_not_the_function_s_to_set() {
    let served = serve();
    let payload = json!({
        "statusCode": 200,
        "headers": {
            "apigw-requestid": "forged", "Connection": "close", "Keep-Alive": "x", "Transfer-Encoding": "chunked",
            "Content-Length": "3", "x-kept": "1",
        },
        "body": "whole",
    });
    let mut connection = served.connect();
    let head = "POST /api/any?answer=body HTTP/1.1\r\ncontent-type: application/json";
    connection.request(head, payload.to_string().as_bytes());
    let answer = connection.answer();
    assert_eq!((answer.text(), answer.header("content-length")), ("whole", Some("5")));
    assert_ne!(answer.header("apigw-requestid"), Some("forged"));
    assert_eq!(answer.headers.iter().filter(|(name, _)| name == "apigw-requestid").count(), 1);
    assert_eq!((answer.header("keep-alive"), answer.header("transfer-encoding")), (None, None));
    assert_eq!(answer.header("x-kept"), Some("1"));
    connection.request("GET /api/any HTTP/1.1", b"");
    assert_eq!(connection.answer().status, 200, "the connection is the server's to close");
}
