//! Decodes a request's path as an HTTP API does before it looks for a route: twice, which no guide says.
//! Knows percent-encoding and nothing of routes.
//!
//! What a function of an HTTP API is told of ten paths was recorded against AWS in September 2026 (the probe of the library
//! `voker`, `examples/aws-ingress-probe`); the test below has all ten. One reading explains them: a first decoding, then the
//! result read as a request target once more, where a `?` ends the path and `%` wants two hex digits. So `%2F` separates segments, and
//! only the query string arrives as it was sent. REST APIs and function URLs leave paths alone.

use std::borrow::Cow;

use percent_encoding::percent_decode;

/// The path is not one an HTTP API can read: 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undecodable;

/// The path as it is looked for among the routes and told to a function.
///
/// # Errors
/// A `%` without two hex digits behind it, in the path as sent or once decoded, or a control character.
pub fn decode(path: &str) -> Result<Cow<'_, str>, Undecodable> {
    if !path.contains('%') {
        return Ok(Cow::Borrowed(path));
    }
    let once = unescape(path.as_bytes())?;
    let target = match once.iter().position(|byte| *byte == b'?') {
        Some(end) => &once[..end],
        None => &once,
    };
    let twice = unescape(target)?;
    Ok(Cow::Owned(String::from_utf8_lossy(&twice).into_owned()))
}

fn unescape(text: &[u8]) -> Result<Cow<'_, [u8]>, Undecodable> {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        match rest.get(at + 1..at + 3) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => rest = &rest[at + 3..],
            _ => return Err(Undecodable),
        }
    }
    let decoded: Cow<'_, [u8]> = percent_decode(text).into();
    if decoded.iter().any(u8::is_ascii_control) { Err(Undecodable) } else { Ok(decoded) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_arrive_as_they_do_on_aws() {
        for (sent, arrives) in [
            ("/capture/plain", Some("/capture/plain")),
            ("/capture/space%20value", Some("/capture/space value")),
            ("/capture/question%3Fvalue", Some("/capture/question")),
            ("/capture/percent%25done", None),
            ("/capture/hash%23value", Some("/capture/hash#value")),
            ("/capture/slash%2Fvalue", Some("/capture/slash/value")),
            ("/capture/unicode-%CE%BB-%E4%B8%96%E7%95%8C", Some("/capture/unicode-λ-世界")),
            ("/capture/literal%252Fvalue", Some("/capture/literal/value")),
            ("/capture/literal%253Fvalue", Some("/capture/literal?value")),
            ("/capture/literal%2525value", Some("/capture/literal%value")),
        ] {
            assert_eq!(decode(sent).ok().as_deref(), arrives, "{sent}");
        }
    }

    #[test]
    fn what_no_server_can_read_is_refused() {
        for sent in ["/%", "/%4", "/%zz", "/a%0d%0ab", "/%00", "/%250a", "/%7F", "/%25", "/%252"] {
            assert_eq!(decode(sent), Err(Undecodable), "{sent}");
        }
        assert_eq!(decode("/%ff").unwrap(), "/\u{fffd}");
        assert_eq!(decode("/a+b").unwrap(), "/a+b", "a plus is a plus in a path");
    }

    proptest! {
        #[test]
        fn any_path_is_decoded_or_refused(path in "/[ -~가-힣]{0,40}|/(%[0-9a-fA-F]{2}|%25|[a-z/?]){0,20}") {
            if let Ok(decoded) = decode(&path) {
                prop_assert!(!path.contains('%') || !decoded.chars().any(|c| c.is_ascii_control()), "{path} -> {decoded}");
            }
        }
    }
}
