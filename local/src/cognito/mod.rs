//! A Cognito user pool on one machine: an issuer with a key pair of its own, its public documents, and a sign-in.
//! Knows the template's user pool; the gateway asks it for public keys and nothing else.
//!
//! Discovery and key set are what Cognito serves below its `ProviderURL`; tokens look like Cognito's. The sign-in is not
//! Cognito's: whoever sits at this machine says a name and is that reader. It exists on this machine alone.

mod key;
mod sign_in;
mod token;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use rsa::pkcs1v15::VerifyingKey;
use rsa::sha2::Sha256;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

pub use key::KeyPair;
use template::UserPool;

/// The sign-in of this machine.
pub const SIGN_IN: &str = "/_local/cognito/sign-in";

/// The issuer of a user pool. Clones share one key pair.
#[derive(Debug, Clone)]
pub struct Issuer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pool: UserPool,
    folder: Option<PathBuf>,
    key: OnceCell<KeyPair>,
}

impl Issuer {
    /// An issuer whose key pair lies in `folder`, or nowhere. The pair is read or made when it is first needed.
    pub fn new(pool: UserPool, folder: Option<PathBuf>) -> Self {
        Self(Arc::new(Inner { pool, folder, key: OnceCell::new() }))
    }

    /// Makes the key pair in the background: it takes half a second that nobody need wait for.
    pub fn prepare(&self) {
        let issuer = self.clone();
        tokio::spawn(async move {
            if let Err(error) = issuer.key().await {
                tracing::error!("로그인에 쓸 키를 준비하지 못했다: {error:#}");
            }
        });
    }

    /// The user pool.
    pub fn pool(&self) -> &UserPool {
        &self.0.pool
    }

    /// The key pair.
    ///
    /// # Errors
    /// The folder can be neither read nor written, or the machine gives no random bytes.
    pub async fn key(&self) -> Result<&KeyPair> {
        let folder = self.0.folder.clone();
        let open = || async {
            tokio::task::spawn_blocking(move || KeyPair::open(folder.as_deref()))
                .await
                .context("no key was made")?
        };
        self.0.key.get_or_try_init(open).await
    }

    /// What checks signatures of the key called `id`; `None` when the issuer has no such key.
    pub async fn verifier(&self, id: &str) -> Option<VerifyingKey<Sha256>> {
        let key = self.key().await.ok()?;
        (key.id() == id).then(|| key.verifier())
    }
}

/// The issuer's addresses.
pub fn router(issuer: Issuer) -> Router {
    let pool = format!("/_local/cognito/{}/.well-known", issuer.pool().id);
    Router::new()
        .route(&format!("{pool}/openid-configuration"), get(discovery))
        .route(&format!("{pool}/jwks.json"), get(keys))
        .route(SIGN_IN, post(sign_in::answer).layer(DefaultBodyLimit::max(sign_in::LONGEST)))
        .with_state(issuer)
}

/// OpenID Connect Discovery 1.0, section 3, with what there is here: this issuer has no authorization endpoint.
async fn discovery(State(issuer): State<Issuer>) -> Response {
    let UserPool { issuer: url, client, .. } = issuer.pool();
    answer(
        StatusCode::OK,
        json!({
            "issuer": url,
            "jwks_uri": format!("{url}/.well-known/jwks.json"),
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": client.scopes,
            "subject_types_supported": ["public"],
        }),
    )
}

async fn keys(State(issuer): State<Issuer>) -> Response {
    match issuer.key().await {
        Ok(key) => answer(StatusCode::OK, json!({ "keys": [key.public()] })),
        Err(error) => unavailable(&error),
    }
}

/// JSON that nobody keeps.
fn answer(status: StatusCode, body: Value) -> Response {
    (status, [(CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")], Json(body)).into_response()
}

fn unavailable(error: &anyhow::Error) -> Response {
    tracing::error!("로그인에 쓸 키가 없다: {error:#}");
    answer(StatusCode::SERVICE_UNAVAILABLE, json!({"error": "server_error"}))
}
