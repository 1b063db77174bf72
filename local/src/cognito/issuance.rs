//! Gives a reader who has signed in their tokens, whichever way they came.
//! Knows claims and the key pair; nothing of forms and codes.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::Issuer;
use super::token::{self, Authentication};

/// What both token endpoints answer: an access token and, if `openid` was asked for, an ID token.
///
/// # Errors
/// There is no key pair to sign with.
pub(super) async fn issue(issuer: &Issuer, reader: Authentication) -> Result<Value> {
    issuer.key().await?;
    let issuer = issuer.clone();
    // A signature takes the time of many requests, which must not wait for it.
    tokio::task::spawn_blocking(move || sign(&issuer, &reader)).await.context("nothing was signed")?
}

fn sign(issuer: &Issuer, reader: &Authentication) -> Result<Value> {
    let key = issuer.0.key.get().context("no key was made")?;
    let (pool, now) = (issuer.pool(), issuer.now());
    let access = key.sign(&token::access(pool, reader, now));
    let mut tokens = json!({"token_type": "Bearer", "expires_in": pool.client.access_token.as_secs()});
    if reader.has_id_token() {
        tokens["id_token"] = key.sign(&token::id(pool, reader, &access, now)).into();
    }
    tokens["access_token"] = access.into();
    Ok(tokens)
}
