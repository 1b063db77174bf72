//! What a reader's tokens say.
//! Knows the claims of Cognito's access and ID tokens ("Understanding the access token", "Understanding the identity (ID) token",
//! read 2026-11); signs nothing.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use template::UserPool;

/// Seconds an ID token is good for where the client says nothing (`IdTokenValidity`).
const ID_TOKEN: i64 = 3600;

/// That a reader signed in, as far as tokens tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Authentication {
    /// The reader's name.
    pub name: String,
    /// What the tokens are good for: scopes with a space between.
    pub scope: String,
    /// What the page wants to find in its ID token.
    pub nonce: Option<String>,
    /// When, in seconds since 1970.
    pub time: i64,
    /// What all tokens that come of it have in common.
    pub origin: String,
}

impl Authentication {
    /// A reader signs in at `time`.
    pub fn new(name: String, scope: String, nonce: Option<String>, time: i64) -> Self {
        Self { name, scope, nonce, time, origin: Uuid::new_v4().to_string() }
    }

    /// Whether there is to be an ID token too: only when the scope `openid` was asked for.
    pub fn has_id_token(&self) -> bool {
        self.scope.split(' ').any(|scope| scope == "openid")
    }
}

/// The claims of an access token, given at `now`. As Cognito's it has no `aud`; `client_id` stands for it.
pub(super) fn access(pool: &UserPool, reader: &Authentication, now: i64) -> Value {
    let validity = i64::try_from(pool.client.access_token.as_secs()).unwrap_or(i64::MAX);
    json!({
        "sub": subject(pool, &reader.name),
        "iss": pool.issuer,
        "version": 2,
        "client_id": pool.client.id,
        "origin_jti": reader.origin,
        "token_use": "access",
        "scope": reader.scope,
        "auth_time": reader.time,
        "iat": now,
        "exp": now.saturating_add(validity),
        "jti": Uuid::new_v4().to_string(),
        "username": reader.name,
    })
}

/// The claims of an ID token, given at `now` together with this access token.
pub(super) fn id(pool: &UserPool, reader: &Authentication, access_token: &str, now: i64) -> Value {
    // Which access token it came with: half of its digest (OpenID Connect Core 1.0, section 3.1.3.6).
    let half = &Sha256::digest(access_token)[..16];
    let mut claims = json!({
        "at_hash": URL_SAFE_NO_PAD.encode(half),
        "sub": subject(pool, &reader.name),
        "iss": pool.issuer,
        "cognito:username": reader.name,
        "origin_jti": reader.origin,
        "aud": pool.client.id,
        "token_use": "id",
        "auth_time": reader.time,
        "iat": now,
        "exp": now.saturating_add(ID_TOKEN),
        "jti": Uuid::new_v4().to_string(),
    });
    if let Some(nonce) = &reader.nonce {
        claims["nonce"] = nonce.as_str().into();
    }
    claims
}

/// Always the same UUID for a name in a pool, so that a reader finds their users again after signing in anew.
pub(super) fn subject(pool: &UserPool, name: &str) -> String {
    let digest = Sha256::digest(format!("{} {name}", pool.id));
    let bytes = std::array::from_fn(|index| digest[index]);
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use template::UserPoolClient;

    fn pool() -> UserPool {
        let client =
            UserPoolClient { id: "c".into(), scopes: Vec::new(), access_token: Duration::from_secs(300) };
        UserPool { id: "p".into(), issuer: "http://127.0.0.1:1/p".into(), client }
    }

    fn reader(name: &str) -> Authentication {
        Authentication::new(name.into(), "openid book/users".into(), Some("n".into()), 900)
    }

    #[test]
    fn an_access_token_is_as_cognito_s() {
        let token = access(&pool(), &reader("haneul"), 1000);
        assert_eq!((&token["token_use"], &token["client_id"]), (&json!("access"), &json!("c")));
        assert_eq!(
            (&token["auth_time"], &token["iat"], &token["exp"]),
            (&json!(900), &json!(1000), &json!(1300))
        );
        assert_eq!((&token["scope"], &token["version"]), (&json!("openid book/users"), &json!(2)));
        assert_eq!((token.get("aud"), token.get("nonce")), (None, None));
        let again = access(&pool(), &reader("haneul"), 2000);
        assert_eq!(again["sub"], token["sub"]);
        assert_ne!(again["jti"], token["jti"]);
        assert_ne!(again["origin_jti"], token["origin_jti"], "another sign-in");
        assert_ne!(access(&pool(), &reader("bada"), 1000)["sub"], token["sub"]);
        let elsewhere = UserPool { id: "other".into(), ..pool() };
        assert_ne!(access(&elsewhere, &reader("haneul"), 1000)["sub"], token["sub"]);
    }

    #[test]
    fn an_id_token_is_as_cognito_s() {
        let reader = reader("haneul");
        let token = id(&pool(), &reader, "abc", 1000);
        assert_eq!((&token["token_use"], &token["aud"]), (&json!("id"), &json!("c")));
        assert_eq!((&token["cognito:username"], &token["nonce"]), (&json!("haneul"), &json!("n")));
        assert_eq!((&token["exp"], &token["origin_jti"]), (&json!(4600), &json!(reader.origin)));
        assert_eq!(token["sub"], access(&pool(), &reader, 1000)["sub"]);
        assert_eq!((token.get("scope"), token.get("client_id")), (None, None));
        // SHA-256("abc") begins with ba7816bf 8f01cfea 414140de 5dae2223 (FIPS 180-2, appendix B.1).
        assert_eq!(token["at_hash"], "ungWv48Bz-pBQUDeXa4iIw");
        assert!(reader.has_id_token());
        assert!(!Authentication { scope: "book/users xopenid".into(), ..reader }.has_id_token());
    }
}
