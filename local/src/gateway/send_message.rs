//! The integration `SQS-SendMessage`: the gateway itself is SQS's client, and passes on what SQS answers.
//! Knows the template's parameters, requests and SQS; no function is part of it.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use template::SendMessage;

use super::arrival::Arrival;
use super::parameter::{Request, Unresolved};
use super::progress::Progress;
use super::refusal::Refusal;
use crate::events::sqs::{Attribute, Content, Sqs, wire};

/// Sends what the request says.
///
/// # Errors
/// The request lacks something the parameters need: 400, and nothing is sent.
pub fn call(
    sqs: &Sqs,
    send: &SendMessage,
    request: &Request<'_>,
    arrival: &Arrival,
    progress: &mut Progress,
) -> Result<Response, Refusal> {
    let content = content(send, request).map_err(|property| {
        progress.integration_error = Some(format!("Unable to resolve property {property}").into());
        Refusal::BadRequest
    })?;
    progress.invoked = Some(arrival.elapsed_ms());
    let sent = sqs.send(&send.role, &send.queue, content, send.delay);
    progress.returned = Some(arrival.elapsed_ms());
    let (status, text) = wire::answer(&sent);
    progress.service_status = Some(status);
    progress.integration_error = sent.err().map(|refusal| refusal.message().into());
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(wire::MEDIA_TYPE));
    Ok(response)
}

/// The message, or the name of the parameter the request has nothing for.
fn content(send: &SendMessage, request: &Request<'_>) -> Result<Content, &'static str> {
    let attributes = send.attributes.iter().map(|mapped| {
        let value = request.resolve(&mapped.value).map_err(|Unresolved| "MessageAttributes")?;
        Ok((mapped.name.clone(), Attribute { data_type: mapped.data_type.clone(), value }))
    });
    let attributes = attributes.collect::<Result<_, &'static str>>()?;
    Ok(Content { body: request.resolve(&send.body).map_err(|Unresolved| "MessageBody")?, attributes })
}
