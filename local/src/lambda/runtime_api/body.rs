//! Reads what a runtime posts, within Lambda's bounds.
//! Knows bytes and the form of an error.

use axum::body::Body;
use axum::http::HeaderValue;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use serde::Deserialize;

use super::super::environment::ReportedError;
use super::super::invocation::PAYLOAD_LIMIT;
use super::refusal::Refusal;

/// A body beyond the limit is read on, and thrown away, up to here: only a client that could send everything reads why it was
/// refused.
const PATIENCE: usize = 8 * PAYLOAD_LIMIT;

/// What is kept of an error: its type …
const LONGEST_TYPE: usize = 256;
/// … and its message, in bytes.
const LONGEST_MESSAGE: usize = 8 * 1024;

/// The answer to an event.
///
/// # Errors
/// It is over 6 MB, or ended too early.
pub async fn read(mut body: Body) -> Result<Bytes, Refusal> {
    let mut whole = Bytes::new();
    let mut parts = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Refusal::Truncated)?.into_data() else { continue };
        length += data.len();
        if length > PATIENCE {
            break;
        }
        if length > PAYLOAD_LIMIT {
            continue;
        }
        // Nearly every answer comes in one piece, which need not be copied.
        if whole.is_empty() && parts.is_empty() {
            whole = data;
        } else {
            if parts.is_empty() {
                parts.extend_from_slice(&std::mem::take(&mut whole));
            }
            parts.extend_from_slice(&data);
        }
    }
    match length > PAYLOAD_LIMIT {
        true => Err(Refusal::TooLarge),
        false if parts.is_empty() => Ok(whole),
        false => Ok(parts.freeze()),
    }
}

/// What a runtime posts when a handler or an init fails.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Posted {
    error_type: Option<String>,
    error_message: Option<String>,
}

/// An error; what is missing in the body is taken from the header, or is unknown.
pub async fn error(header: Option<&HeaderValue>, body: Body) -> ReportedError {
    let body = read(body).await.unwrap_or_default();
    let Posted { error_type, error_message } = serde_json::from_slice(&body).unwrap_or_default();
    let named = || header.and_then(|header| header.to_str().ok()).map(str::to_owned);
    let error_type = error_type.filter(|name| !name.is_empty()).or_else(named);
    ReportedError {
        error_type: shortened(error_type.unwrap_or_else(|| "Runtime.Unknown".into()), LONGEST_TYPE),
        message: shortened(error_message.unwrap_or_default(), LONGEST_MESSAGE),
    }
}

/// Cut to `most` bytes and without characters that steer a terminal.
fn shortened(text: String, most: usize) -> String {
    let mut text: String =
        text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect();
    text.truncate(text.floor_char_boundary(most));
    text
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn pieces(sizes: &[usize]) -> Body {
        let pieces: Vec<_> =
            sizes.iter().map(|size| Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; *size]))).collect();
        Body::from_stream(stream::iter(pieces))
    }

    #[tokio::test]
    async fn answers_of_up_to_six_megabytes_are_taken_in_any_number_of_pieces() {
        for sizes in [&[][..], &[0], &[5], &[5, 0, 7], &[PAYLOAD_LIMIT - 1, 1]] {
            assert_eq!(read(pieces(sizes)).await.unwrap().len(), sizes.iter().sum::<usize>());
        }
        for sizes in [&[PAYLOAD_LIMIT + 1][..], &[PAYLOAD_LIMIT, 1, 5], &[PATIENCE, PATIENCE, PATIENCE]] {
            assert_eq!(read(pieces(sizes)).await, Err(Refusal::TooLarge));
        }
        let broken = stream::iter([Ok(Bytes::from_static(b"x")), Err(std::io::Error::other("reset"))]);
        assert_eq!(read(Body::from_stream(broken)).await, Err(Refusal::Truncated));
    }

    #[tokio::test]
    async fn an_error_has_a_type_and_a_message_whatever_is_posted() {
        let header = HeaderValue::from_static("Runtime.FromHeader");
        let told = async |header, body: &str| {
            let error = error(header, Body::from(body.to_owned())).await;
            (error.error_type, error.message)
        };
        let both = r#"{"errorType":"T","errorMessage":"m","stackTrace":[]}"#;
        assert_eq!(told(Some(&header), both).await, ("T".into(), "m".into()));
        assert_eq!(told(Some(&header), "{}").await, ("Runtime.FromHeader".into(), String::new()));
        for nonsense in ["", "nonsense", "[1]", "null", r#"{"errorType":1}"#] {
            assert_eq!(told(None, nonsense).await, ("Runtime.Unknown".into(), String::new()), "{nonsense}");
        }
        let (error_type, message) =
            told(None, &format!(r#"{{"errorType":"\u001b[31m","errorMessage":"{}"}}"#, "가".repeat(9000)))
                .await;
        assert_eq!(error_type, "\u{fffd}[31m");
        assert!(message.len() <= LONGEST_MESSAGE && message.len() > LONGEST_MESSAGE - 3);
    }
}
