//! The errors the wall answers with, in DynamoDB's own form.
//! Knows the wire form of an error ("Error handling with DynamoDB"); knows no rule that leads to one.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use template::ACCOUNT;
use template::policy::{Decision, ExecutionRole, Target};

use super::permission::Permission;

/// Who signs with a key id nobody has.
pub fn unknown_key() -> Response {
    let message = "The security token included in the request is invalid.";
    answer(StatusCode::BAD_REQUEST, "UnrecognizedClientException", json!({"message": message}))
}

/// What is no operation.
pub fn unknown_operation() -> Response {
    answer(StatusCode::BAD_REQUEST, "UnknownOperationException", json!({}))
}

/// A body that is not what DynamoDB reads.
pub fn unreadable() -> Response {
    answer(StatusCode::BAD_REQUEST, "SerializationException", json!({}))
}

/// A body over the limit, or one that breaks off.
pub fn too_large() -> Response {
    answer(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLargeException", json!({}))
}

/// The engine does not answer.
pub fn no_engine() -> Response {
    answer(
        StatusCode::INTERNAL_SERVER_ERROR,
        "InternalServerError",
        json!({"message": "Internal server error"}),
    )
}

/// What the role may not do. The sentence is IAM's ("Troubleshoot access denied error messages"); DynamoDB writes `Message`
/// with a capital here, unlike in its other errors.
pub fn access_denied(role: &ExecutionRole, permission: &Permission, decision: Decision) -> Response {
    let ExecutionRole { function, name, .. } = role;
    let Permission { action, target } = permission;
    let why = match decision {
        Decision::Denied => "with an explicit deny in an identity-based policy".to_owned(),
        _ => format!("because no identity-based policy allows the {action} action"),
    };
    let message = format!(
        "User: arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{function} is not authorized to perform: {action} on resource: {} {why}",
        resource(target)
    );
    answer(StatusCode::BAD_REQUEST, "AccessDeniedException", json!({"Message": message}))
}

/// A target as messages name it.
pub fn resource(target: &Target) -> &str {
    match target {
        Target::Arn(arn) => arn,
        Target::Account | Target::Untold => "*",
    }
}

fn answer(status: StatusCode, kind: &str, mut body: Value) -> Response {
    body["__type"] = format!("com.amazon.coral.service#{kind}").into();
    let mut response = (status, body.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"));
    // 52 letters and digits, as DynamoDB's own.
    let id = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()]
        .map(|id| id.simple().to_string().to_uppercase())
        .concat();
    if let Ok(id) = HeaderValue::from_str(&id[..52]) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}
