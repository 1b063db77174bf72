//! The secret that the distribution in front of the API adds to every request, so that nobody goes around it.
//! Knows one environment variable and one header; the layer asks it before anything else happens.
//!
//! An HTTP API's own address stays reachable (`execute-api`), and behind it neither the firewall nor the limits of the distribution
//! count. Amazon CloudFront Developer Guide, "Add custom headers to origin requests": such a header replaces what a viewer sent.

use http::HeaderMap;
use sha2::{Digest, Sha256};

/// The header CloudFront adds.
const HEADER: &str = "x-origin-secret";
/// What the template tells the function.
const VARIABLE: &str = "ORIGIN_SECRET";

/// The digest of the secret. Digests are compared, so that the time a comparison takes tells nothing about the secret.
pub(crate) struct OriginSecret([u8; 32]);

impl OriginSecret {
    /// The secret of this deployment; `None` when the template sets none.
    pub(crate) fn from_env() -> Option<Self> {
        std::env::var(VARIABLE).ok().and_then(|secret| Self::new(&secret))
    }

    /// `None` for an empty text: whoever deploys without a secret may leave the variable out or empty.
    pub(crate) fn new(secret: &str) -> Option<Self> {
        (!secret.is_empty()).then(|| Self(Sha256::digest(secret).into()))
    }

    /// Takes the header out of the request, where nothing behind needs it, and tells whether it was there once and right.
    pub(crate) fn take_from(&self, headers: &mut HeaderMap) -> bool {
        let mut values = headers.get_all(HEADER).iter();
        let is_right = matches!((values.next(), values.next()),
            (Some(value), None) if Sha256::digest(value.as_bytes()).as_slice() == self.0);
        headers.remove(HEADER);
        is_right
    }
}

impl std::fmt::Debug for OriginSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OriginSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(values: &[&str]) -> (bool, bool) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, value.parse().unwrap());
        }
        let is_right = OriginSecret::new("s3cret").unwrap().take_from(&mut headers);
        (is_right, headers.contains_key(HEADER))
    }

    #[test]
    fn only_the_secret_itself_once_passes_and_it_goes_no_further() {
        assert_eq!(judge(&["s3cret"]), (true, false));
        for values in [
            &[][..],
            &[""],
            &["s3cre"],
            &["s3crets"],
            &["S3CRET"],
            &["s3cret, s3cret"],
            &["s3cret", "s3cret"],
            &["x", "s3cret"],
        ] {
            assert_eq!(judge(values), (false, false), "{values:?}");
        }
    }

    #[test]
    fn an_empty_secret_is_none_and_a_secret_prints_as_nothing() {
        assert!(OriginSecret::new("").is_none());
        assert_eq!(format!("{:?}", OriginSecret::new("s3cret")), "Some(OriginSecret)");
    }
}
