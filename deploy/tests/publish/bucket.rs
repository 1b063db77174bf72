//! A bucket on loopback that speaks as much S3 as the publisher uses, conditional writes included, and a stack and a
//! distribution beside it.
//! Knows S3's, CloudFormation's and CloudFront's REST forms; checks no signature.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// Larger than any body of these tests.
const MAX_BODY: usize = 8 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub content: Vec<u8>,
    pub content_type: String,
    pub cache_control: String,
}

impl Stored {
    fn tag(&self) -> String {
        let digest = Sha256::digest(&self.content);
        format!("\"{}\"", digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>())
    }
}

/// Objects by key, and the outputs of the one stack there is.
#[derive(Debug, Default, Clone)]
pub struct Aws {
    pub objects: Arc<Mutex<BTreeMap<String, Stored>>>,
    pub outputs: BTreeMap<String, String>,
}

pub const BUCKET: &str = "book";
pub const STACK: &str = "serverless-book";

pub async fn answer(State(aws): State<Aws>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY).await.unwrap();
    let path = parts.uri.path().to_owned();
    if path == "/" && parts.method == Method::POST {
        return aws.describe_stacks(std::str::from_utf8(&body).unwrap());
    }
    if path.starts_with("/2020-05-31/distribution/") {
        let location = [(header::LOCATION, "https://cloudfront.amazonaws.com/x")];
        let answer = "<Invalidation><Id>I1</Id><Status>InProgress</Status><CreateTime>2026-01-01T00:00:00Z</CreateTime>\
                      <InvalidationBatch><Paths><Quantity>0</Quantity></Paths><CallerReference>x</CallerReference>\
                      </InvalidationBatch></Invalidation>";
        return (StatusCode::CREATED, location, answer).into_response();
    }
    let Some(key) = path.strip_prefix(&format!("/{BUCKET}/")) else {
        return refusal(StatusCode::NOT_FOUND, "NoSuchBucket");
    };
    let key = percent_encoding::percent_decode_str(key).decode_utf8().unwrap().into_owned();
    match parts.method {
        Method::GET | Method::HEAD => aws.get(&key, parts.method == Method::HEAD),
        Method::PUT => aws.put(key, &parts.headers, &body),
        Method::POST if parts.uri.query().is_some_and(|query| query.contains("delete")) => {
            aws.delete(std::str::from_utf8(&body).unwrap())
        }
        _ => refusal(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"),
    }
}

fn refusal(status: StatusCode, code: &str) -> Response {
    let body = format!("<Error><Code>{code}</Code><Message>as S3 says it</Message></Error>");
    (status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
}

impl Aws {
    pub fn read(&self, key: &str) -> Option<Stored> {
        self.objects.lock().unwrap().get(key).cloned()
    }

    fn get(&self, key: &str, is_head: bool) -> Response {
        let Some(stored) = self.read(key) else {
            return if is_head {
                StatusCode::NOT_FOUND.into_response()
            } else {
                refusal(StatusCode::NOT_FOUND, "NoSuchKey")
            };
        };
        let headers = [
            (header::ETAG, stored.tag()),
            (header::CONTENT_TYPE, stored.content_type),
            (header::CACHE_CONTROL, stored.cache_control),
        ];
        (headers, Body::from(stored.content)).into_response()
    }

    fn put(&self, key: String, headers: &HeaderMap, body: &[u8]) -> Response {
        let header = |name: &str| {
            headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        if header("x-amz-checksum-sha256") != STANDARD.encode(Sha256::digest(body)) {
            return refusal(StatusCode::BAD_REQUEST, "BadDigest");
        }
        let mut objects = self.objects.lock().unwrap();
        let tag = objects.get(&key).map(Stored::tag);
        let is_refused = match (header("if-match"), header("if-none-match")) {
            (_, none) if none == "*" => tag.is_some(),
            (wanted, _) if !wanted.is_empty() => tag.as_deref() != Some(wanted.as_str()),
            _ => false,
        };
        if is_refused {
            return refusal(StatusCode::PRECONDITION_FAILED, "PreconditionFailed");
        }
        let stored = Stored {
            content: body.to_vec(),
            content_type: header("content-type"),
            cache_control: header("cache-control"),
        };
        let tag = stored.tag();
        objects.insert(key, stored);
        [(header::ETAG, tag)].into_response()
    }

    fn delete(&self, body: &str) -> Response {
        let mut objects = self.objects.lock().unwrap();
        for part in body.split("<Key>").skip(1) {
            objects.remove(part.split("</Key>").next().unwrap());
        }
        "<DeleteResult></DeleteResult>".into_response()
    }

    fn describe_stacks(&self, form: &str) -> Response {
        if !form.contains(&format!("StackName={STACK}")) {
            let error = "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>\
                         <Message>Stack with that id does not exist</Message></Error></ErrorResponse>";
            return (StatusCode::BAD_REQUEST, error).into_response();
        }
        let outputs = self.outputs.iter().map(|(name, value)| {
            format!("<member><OutputKey>{name}</OutputKey><OutputValue>{value}</OutputValue></member>")
        });
        format!(
            "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>{STACK}</StackName>\
             <CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus>\
             <Outputs>{}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>",
            outputs.collect::<String>()
        )
        .into_response()
    }
}
