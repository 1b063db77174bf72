//! Reads the body of a request within its bounds, and what is left of one that nobody wants any more.
//! Knows bytes and time.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::HeaderMap;
use axum::http::header::EXPECT;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::refusal::Refusal;

/// Payload limit of an HTTP API: 10 MB ("Quotas for HTTP APIs").
pub const LIMIT: usize = 10 * 1024 * 1024;
/// How long a body may take. AWS publishes no figure; this is what an integration may take there.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How much more of a body is read, and for how long, after its request has been answered: a caller who is still sending would
/// otherwise be cut off and never see the answer.
const LEFT: usize = 64 * 1024 * 1024;
const LEFT_PATIENCE: Duration = Duration::from_secs(5);

/// The whole body, for which there is so much `patience`.
///
/// # Errors
/// It is too large, comes too slowly, or breaks off.
pub async fn read(body: &mut Body, patience: Duration) -> Result<Bytes, Refusal> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    // What says beforehand that it is too large need not be read.
    if body.size_hint().lower() > LIMIT as u64 {
        return Err(Refusal::TooLarge);
    }
    let whole = tokio::time::timeout(patience, Limited::new(&mut *body, LIMIT).collect()).await;
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

/// Goes on reading in the background what is left of a body whose request, with these headers, is answered.
pub fn drain(mut body: Body, headers: &HeaderMap) {
    // Who waits for a word before sending (`Expect: 100-continue`) has the answer instead; reading would give that word.
    if body.is_end_stream() || headers.contains_key(EXPECT) {
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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream::{self, StreamExt};

    use super::*;

    const SHORT: Duration = Duration::from_millis(100);

    /// A body that sends `bytes` and then nothing, or breaks off.
    fn body(bytes: &'static [u8], end: bool) -> Body {
        let sent = stream::iter([Ok::<_, Infallible>(bytes)]);
        if end { Body::from_stream(sent) } else { Body::from_stream(sent.chain(stream::pending())) }
    }

    #[tokio::test]
    async fn a_body_in_time_is_whole() {
        assert_eq!(read(&mut body(b"abc", true), SHORT).await.unwrap(), "abc");
        assert_eq!(read(&mut Body::empty(), SHORT).await.unwrap(), "");
    }

    #[tokio::test]
    async fn who_sends_too_slowly_is_not_waited_for() {
        assert_eq!(read(&mut body(b"abc", false), SHORT).await, Err(Refusal::RequestTimeout));
        let drop = stream::unfold((), |()| async {
            tokio::time::sleep(SHORT / 10).await;
            Some((Ok::<_, Infallible>("a"), ()))
        });
        // A letter now and then does not buy more time.
        assert_eq!(read(&mut Body::from_stream(drop), SHORT).await, Err(Refusal::RequestTimeout));
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_no_request() {
        let broken = stream::iter([Ok("abc"), Err(std::io::Error::other("reset"))]);
        assert_eq!(read(&mut Body::from_stream(broken), SHORT).await, Err(Refusal::BadRequest));
    }

    #[tokio::test]
    async fn ten_megabytes_are_read_and_not_a_byte_more() {
        for (size, fits) in [(LIMIT, true), (LIMIT + 1, false)] {
            let said = read(&mut Body::from(vec![0; size]), SHORT * 50).await;
            assert_eq!(said.map(|bytes| bytes.len()), if fits { Ok(size) } else { Err(Refusal::TooLarge) });
            let pieces = stream::iter(
                (0..size.div_ceil(1 << 20))
                    .map(move |piece| Ok::<_, Infallible>(vec![0; (size - (piece << 20)).min(1 << 20)])),
            );
            let said = read(&mut Body::from_stream(pieces), SHORT * 50).await;
            assert_eq!(said.map(|bytes| bytes.len()), if fits { Ok(size) } else { Err(Refusal::TooLarge) });
        }
    }
}
