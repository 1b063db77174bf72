//! What a reader's access token says.
//! Knows the claims of Cognito's access tokens ("Understanding the access token", read 2026-11); signs nothing.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use template::UserPool;

/// The claims of an access token for the reader called `name`, given at `now` (seconds since 1970).
///
/// As Cognito's it has no `aud`; `client_id` stands for it.
pub(super) fn claims(pool: &UserPool, name: &str, scope: &str, now: i64) -> Value {
    let validity = i64::try_from(pool.client.access_token.as_secs()).unwrap_or(i64::MAX);
    json!({
        "sub": subject(pool, name),
        "iss": pool.issuer,
        "version": 2,
        "client_id": pool.client.id,
        "origin_jti": Uuid::new_v4().to_string(),
        "token_use": "access",
        "scope": scope,
        "auth_time": now,
        "iat": now,
        "exp": now.saturating_add(validity),
        "jti": Uuid::new_v4().to_string(),
        "username": name,
    })
}

/// Always the same UUID for a name in a pool, so that a reader finds their users again after signing in anew.
fn subject(pool: &UserPool, name: &str) -> String {
    let digest = Sha256::digest(format!("{} {name}", pool.id));
    let bytes = std::array::from_fn(|index| digest[index]);
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use template::UserPoolClient;

    #[test]
    fn an_access_token_is_as_cognito_s() {
        let client =
            UserPoolClient { id: "c".into(), scopes: Vec::new(), access_token: Duration::from_secs(3600) };
        let pool = UserPool { id: "p".into(), issuer: "http://127.0.0.1:1/p".into(), client };
        let token = claims(&pool, "haneul", "book/users", 1000);
        assert_eq!((&token["token_use"], &token["client_id"]), (&json!("access"), &json!("c")));
        assert_eq!((&token["iat"], &token["exp"]), (&json!(1000), &json!(4600)));
        assert_eq!(token.get("aud"), None);
        let again = claims(&pool, "haneul", "book/users", 2000);
        assert_eq!(again["sub"], token["sub"]);
        assert_ne!(again["jti"], token["jti"]);
        assert_ne!(claims(&pool, "bada", "book/users", 1000)["sub"], token["sub"]);
        let elsewhere = UserPool { id: "other".into(), ..pool };
        assert_ne!(claims(&elsewhere, "haneul", "book/users", 1000)["sub"], token["sub"]);
    }
}
