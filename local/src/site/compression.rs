//! gzip where CloudFront would compress, so that a page weighs the same on this machine as published.
//! Knows HTTP's `Accept-Encoding` and gzip; nothing of books.
//!
//! Amazon CloudFront Developer Guide, "Serving compressed files" (2026-11): listed media types, 1,000 to 10,000,000
//! bytes. CloudFront prefers Brotli, which is smaller still; gzip is what every client reads.

use std::io::Write;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Whether CloudFront would compress a file of that media type (parameters allowed) and that many bytes.
pub fn applies(media_type: &str, bytes: usize) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default();
    let is_listed = essence.starts_with("text/")
        || matches!(
            essence,
            "application/javascript" | "application/json" | "application/xml" | "image/svg+xml"
        );
    is_listed && (1_000..=10_000_000).contains(&bytes)
}

/// Whether the client reads gzip (RFC 9110, 12.5.3). Without the header any coding would be allowed; like CloudFront,
/// the server then sends the file as it is.
pub fn is_accepted(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').any(|coding| {
            let (name, parameter) = coding.split_once(';').unwrap_or((coding, ""));
            let weight = parameter.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
            name.trim().eq_ignore_ascii_case("gzip") && weight.is_none_or(|weight| weight > 0.0)
        })
    })
}

/// The bytes as one gzip member.
pub fn gzip(bytes: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // A Vec takes everything; the empty fallback is never reached.
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    Bytes::from(written.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_cloudfront_compresses() {
        for (media_type, bytes, expected) in [
            ("text/html; charset=utf-8", 1_000, true),
            ("text/html; charset=utf-8", 999, false),
            ("text/css", 10_000_001, false),
            ("image/svg+xml; charset=utf-8", 2_000, true),
            ("image/png", 20_000, false),
            ("application/octet-stream", 20_000, false),
        ] {
            assert_eq!(applies(media_type, bytes), expected, "{media_type} {bytes}");
        }
    }

    #[test]
    fn who_reads_gzip() {
        for (value, expected) in [
            ("gzip, deflate, br, zstd", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("identity", false),
            ("x-gzip", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, value.parse().unwrap())]);
            assert_eq!(is_accepted(&headers), expected, "{value}");
        }
        assert!(!is_accepted(&HeaderMap::new()));
    }

    #[test]
    fn what_is_packed_can_be_read() {
        let text = "서버리스 ".repeat(1_000);
        let packed = gzip(text.as_bytes());
        assert!(packed.len() < text.len() / 20);
        let mut read = String::new();
        flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut read).unwrap();
        assert_eq!(read, text);
    }
}
