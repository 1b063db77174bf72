//! Reads the body of a request within its bounds, and what is left of one that nobody wants any more.
//! Knows bytes and time.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::refusal::Refusal;

/// Payload limit of an HTTP API: 10 MB ("Quotas for HTTP APIs").
pub const LIMIT: usize = 10 * 1024 * 1024;
/// How long a body may take. AWS publishes no figure; this is what the whole answer may take there.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much more of a body is read, and for how long, after its request has been answered: a caller who is still sending would
/// otherwise be cut off and never see the answer.
const LEFT: usize = 64 * 1024 * 1024;
const LEFT_PATIENCE: Duration = Duration::from_secs(5);

/// The whole body.
///
/// # Errors
/// It is too large, comes too slowly, or breaks off.
pub async fn read(body: &mut Body) -> Result<Bytes, Refusal> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    // What says beforehand that it is too large need not be read.
    if body.size_hint().lower() > LIMIT as u64 {
        return Err(Refusal::TooLarge);
    }
    let whole = tokio::time::timeout(PATIENCE, Limited::new(&mut *body, LIMIT).collect()).await;
    match whole {
        Ok(Ok(whole)) => {
            *body = Body::empty();
            Ok(whole.to_bytes())
        }
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::TooLarge),
        Ok(Err(_)) => {
            *body = Body::empty();
            Err(Refusal::BadRequest)
        }
        Err(_) => Err(Refusal::RequestTimeout),
    }
}

/// Goes on reading in the background what is left of a body whose request is answered.
pub fn drain(mut body: Body) {
    if body.is_end_stream() {
        return;
    }
    let rest = async move {
        let mut left = LEFT;
        while let Some(Ok(frame)) = body.frame().await {
            let read = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(read) {
                Some(less) => left = less,
                None => return,
            }
        }
    };
    tokio::spawn(tokio::time::timeout(LEFT_PATIENCE, rest));
}
