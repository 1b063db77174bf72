//! The keys of an issuer: found through its discovery document, kept for a while, asked for again when a token names another.
//! Knows OpenID Connect Discovery 1.0, section 4, and RFC 7517; believes no address but the issuer's own.
//!
//! API Gateway Developer Guide, "Control access to HTTP APIs with JWT authorizers": public keys are cached for two hours. "Quotas
//! for HTTP APIs": the key set's endpoint has 1,500 ms and 150,000 bytes.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{StatusCode, Uri};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::{BodyExt, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rsa::pkcs1v15::VerifyingKey;
use rsa::sha2::Sha256;
use rsa::{BoxedUint, RsaPublicKey};
use serde::Deserialize;
use tokio::sync::Mutex;

/// How long keys are believed in.
const CACHED: Duration = Duration::from_secs(2 * 60 * 60);
/// How often at most a token with an unknown key id makes the gateway ask again. AWS publishes no figure.
const ASK_AGAIN: Duration = Duration::from_secs(10);
/// How soon after a failure it is tried again.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_millis(1_500);
const LONGEST: usize = 150_000;

/// A key that checks signatures. Clones of the pointer are cheap; of the key they are not.
pub type Key = Arc<VerifyingKey<Sha256>>;

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoKey {
    /// The issuer's discovery document cannot be had.
    Discovery,
    /// Its key set cannot be had.
    KeySet,
    /// The issuer has no key of this id.
    Unknown,
}

impl NoKey {
    /// In the words of AWS, where they are known: `error_description` of the challenge.
    pub fn description(self) -> &'static str {
        match self {
            Self::Discovery => "OIDC discovery endpoint communication error",
            Self::KeySet => "JWKS communication error",
            Self::Unknown => "no key of the issuer has the token's kid",
        }
    }
}

/// The keys of one issuer.
#[derive(Debug)]
pub struct Keys {
    issuer: String,
    client: Client<HttpConnector, Body>,
    known: RwLock<Known>,
    /// Who holds it asks the issuer; the others wait for what comes of it.
    asking: Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    keys: HashMap<String, Key>,
    /// When the keys were fetched.
    fetched: Option<Instant>,
    /// Not before then the issuer is asked again.
    not_before: Option<Instant>,
    /// What came of asking last.
    failed: Option<NoKey>,
}

impl Keys {
    /// No keys yet: the issuer is asked when the first token arrives.
    pub fn new(issuer: &str) -> Self {
        let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        Self {
            issuer: issuer.trim_end_matches('/').to_owned(),
            client,
            known: RwLock::default(),
            asking: Mutex::new(()),
        }
    }

    /// The key called `id`, at `now`.
    ///
    /// # Errors
    /// The issuer cannot be asked, or has no such key.
    pub async fn key(&self, id: &str, now: Instant) -> Result<Key, NoKey> {
        if let Some(known) = self.look(id, now) {
            return known;
        }
        let _asking = self.asking.lock().await;
        // Somebody else may have asked meanwhile.
        if let Some(known) = self.look(id, now) {
            return known;
        }
        let fetched = self.fetch().await;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        match fetched {
            Ok(keys) => {
                *known = Known { keys, fetched: Some(now), not_before: Some(now + ASK_AGAIN), failed: None }
            }
            Err(failure) => {
                known.not_before = Some(now + AFTER_FAILURE);
                known.failed = Some(failure);
            }
        }
        known.get(id, now).ok_or(known.failed.unwrap_or(NoKey::Unknown))
    }

    /// The key if it is known; `None` when the issuer has to be asked.
    fn look(&self, id: &str, now: Instant) -> Option<Result<Key, NoKey>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        match known.get(id, now) {
            Some(key) => Some(Ok(key)),
            None if known.not_before.is_some_and(|then| now < then) => {
                Some(Err(known.failed.unwrap_or(NoKey::Unknown)))
            }
            None => None,
        }
    }

    async fn fetch(&self) -> Result<HashMap<String, Key>, NoKey> {
        let discovery = format!("{}/.well-known/openid-configuration", self.issuer);
        let document: Discovery = self.get(&discovery).await.ok_or(NoKey::Discovery)?;
        let issuer = document.issuer.trim_end_matches('/');
        // A document that speaks for somebody else, or sends to another host, is not the issuer's (Discovery, section 4.3).
        if issuer != self.issuer || !is_below_same_host(&document.jwks_uri, &self.issuer) {
            return Err(NoKey::Discovery);
        }
        let set: KeySet = self.get(&document.jwks_uri).await.ok_or(NoKey::KeySet)?;
        Ok(set.keys.iter().filter_map(|key| Some((key.kid.clone()?, Arc::new(key.verifying()?)))).collect())
    }

    async fn get<T: for<'d> Deserialize<'d>>(&self, address: &str) -> Option<T> {
        let address: Uri = address.parse().ok()?;
        let document = async {
            let response = self.client.get(address).await.ok()?;
            if response.status() != StatusCode::OK {
                return None;
            }
            Some(Limited::new(response.into_body(), LONGEST).collect().await.ok()?.to_bytes())
        };
        serde_json::from_slice(&tokio::time::timeout(PATIENCE, document).await.ok()??).ok()
    }
}

impl Known {
    fn get(&self, id: &str, now: Instant) -> Option<Key> {
        let fresh = self.fetched.is_some_and(|then| now.saturating_duration_since(then) < CACHED);
        self.keys.get(id).filter(|_| fresh).cloned()
    }
}

fn is_below_same_host(address: &str, issuer: &str) -> bool {
    let (Ok(address), Ok(issuer)) = (address.parse::<Uri>(), issuer.parse::<Uri>()) else { return false };
    address.scheme() == issuer.scheme() && address.authority() == issuer.authority()
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<JsonWebKey>,
}

#[derive(Deserialize)]
struct JsonWebKey {
    kid: Option<String>,
    kty: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl JsonWebKey {
    /// `None` for a key of another kind or for another purpose.
    fn verifying(&self) -> Option<VerifyingKey<Sha256>> {
        let fits = self.kty.as_deref() == Some("RSA")
            && self.alg.as_deref().is_none_or(|alg| alg == "RS256")
            && self.purpose.as_deref().is_none_or(|purpose| purpose == "sig");
        if !fits {
            return None;
        }
        let number = |text: &Option<String>| {
            let bytes = URL_SAFE_NO_PAD.decode(text.as_deref()?).ok()?;
            Some(BoxedUint::from_be_slice_vartime(&bytes))
        };
        RsaPublicKey::new(number(&self.n)?, number(&self.e)?).ok().map(VerifyingKey::new)
    }
}

#[cfg(test)]
mod tests;
