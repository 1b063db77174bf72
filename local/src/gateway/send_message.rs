//! The integration `SQS-SendMessage`: the gateway itself is SQS's client, and passes on what SQS answers.
//! Knows the template's parameters, requests and SQS; no function is part of it.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header, request::Parts};
use axum::response::Response;
use template::SendMessage;

use super::parameter::{Request, Unresolved};
use super::routing::Match;
use crate::events::sqs::{Attribute, Content, Sqs, wire};

/// Sends what the request says. A request that lacks something the parameters need is 400, and nothing is sent.
pub(super) fn call(sqs: &Sqs, send: &SendMessage, parts: &Parts, found: &Match<'_>, body: &[u8]) -> Response {
    let Ok(content) = content(send, &Request::new(parts, found, body)) else {
        return super::message(StatusCode::BAD_REQUEST, "Bad Request");
    };
    let sent = sqs.send(&send.role, &send.queue, content, send.delay);
    let (status, text) = wire::answer(&sent);
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(wire::MEDIA_TYPE));
    response
}

fn content(send: &SendMessage, request: &Request<'_>) -> Result<Content, Unresolved> {
    let attributes = send.attributes.iter().map(|mapped| {
        let attribute =
            Attribute { data_type: mapped.data_type.clone(), value: request.resolve(&mapped.value)? };
        Ok((mapped.name.clone(), attribute))
    });
    Ok(Content { body: request.resolve(&send.body)?, attributes: attributes.collect::<Result<_, _>>()? })
}
