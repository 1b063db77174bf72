//! Writes the `Server-Timing` header (W3C Server Timing: metrics `name;dur=milliseconds`, comma-separated).
//! Knows only durations.

use crate::clock::milliseconds;
use http::HeaderValue;
use std::{fmt::Write, time::Duration};

/// `init` only on a cold call, `db` only where a table was touched.
pub(crate) fn server_timing(init: Option<Duration>, handler: Duration, db: Option<Duration>) -> HeaderValue {
    let metrics = [("init", init), ("handler", Some(handler)), ("db", db)];
    let mut text = String::with_capacity(64);
    for (name, duration) in metrics {
        if let Some(duration) = duration {
            let comma = if text.is_empty() { "" } else { ", " };
            let _ = write!(text, "{comma}{name};dur={}", milliseconds(duration));
        }
    }
    // Names, digits and punctuation only: always a legal header value.
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("handler"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_that_were_not_measured_are_left_out() {
        let ms = Duration::from_micros;
        let all = server_timing(Some(ms(2_700)), ms(1_234), Some(ms(900)));
        assert_eq!(all, "init;dur=2.7, handler;dur=1.234, db;dur=0.9");
        assert_eq!(server_timing(None, ms(5), None), "handler;dur=0.005");
        assert_eq!(server_timing(None, ms(2_000), Some(ms(1_000))), "handler;dur=2, db;dur=1");
    }
}
