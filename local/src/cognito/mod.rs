//! A Cognito user pool on one machine: an issuer with a key pair of its own, and the domain where readers sign in.
//! Knows the template's user pool; the gateway asks it for public keys and nothing else.
//!
//! | below the issuer's address | as on AWS |
//! |---|---|
//! | `/.well-known/openid-configuration`, `/.well-known/jwks.json` | below the pool's `ProviderURL` |
//! | `/oauth2/authorize`, `/login` | code flow with PKCE (S256), which here is not optional, nor is `state` |
//! | `/oauth2/token`, `/oauth2/revoke`, `/oauth2/userInfo` | bodies and statuses of the developer guide |
//! | `/logout` | ends the browser's session, and here its refresh tokens too |
//!
//! What is not Cognito's: there is no password, whoever sits at this machine says a name and is that reader; readers are sent
//! back to `signed-in.html` of this server where the client's `CallbackURLs` name that of the deployed book; what was handed out
//! (never what readers keep) is gone when the server ends; and `POST /_local/cognito/sign-in` gives a program tokens without
//! a browser.

mod authorize;
mod clock;
mod domain;
mod grants;
mod issuance;
mod key;
mod logout;
mod name;
mod origin;
mod page;
mod parameters;
mod request;
mod revocation;
mod sign_in;
mod token;
mod token_endpoint;
mod user_info;
mod vault;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post};
use rsa::pkcs1v15::VerifyingKey;
use rsa::sha2::Sha256;
use serde_json::json;
use tokio::sync::OnceCell;

pub use clock::Clock;
use domain::{Domain, answer, unavailable};
pub use key::KeyPair;
pub use origin::SIGNED_IN;
use template::UserPool;

/// Where user pools stand.
const PATH: &str = "/_local/cognito";
/// The sign-in of this machine for programs.
pub const SIGN_IN: &str = "/_local/cognito/sign-in";

/// The issuer of a user pool. Clones share one key pair.
#[derive(Debug, Clone)]
pub struct Issuer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pool: UserPool,
    folder: Option<PathBuf>,
    clock: Clock,
    key: OnceCell<KeyPair>,
}

impl Issuer {
    /// An issuer whose key pair lies in `folder`, or nowhere. The pair is read or made when it is first needed.
    pub fn new(pool: UserPool, folder: Option<PathBuf>) -> Self {
        Self::with_clock(pool, folder, Clock::default())
    }

    /// As [`Self::new`], by a clock that need not be the system's.
    pub fn with_clock(pool: UserPool, folder: Option<PathBuf>, clock: Clock) -> Self {
        Self(Arc::new(Inner { pool, folder, clock, key: OnceCell::new() }))
    }

    /// What time it is, in seconds since 1970.
    fn now(&self) -> i64 {
        self.0.clock.now()
    }

    /// The path of its address, where its domain stands too.
    pub fn path(&self) -> String {
        format!("{PATH}/{}", self.0.pool.id)
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

/// The issuer's addresses. `origins`: whose pages may sign readers in, beside those of the server's own address.
pub fn router(issuer: Issuer, origins: Vec<String>) -> Router {
    let pool = issuer.path();
    let below = |path: &str| format!("{pool}{path}");
    let direct = post(sign_in::answer).layer(DefaultBodyLimit::max(sign_in::LONGEST));
    let direct = Router::new().route(SIGN_IN, direct).with_state(issuer.clone());
    let domain = Domain::new(issuer, origins);
    let shared = Router::new()
        .route(&below("/.well-known/openid-configuration"), get(discovery))
        .route(&below("/.well-known/jwks.json"), get(keys))
        .route(&below("/oauth2/token"), post(token_endpoint::exchange))
        .route(&below("/oauth2/revoke"), post(revocation::revoke))
        .route(&below("/oauth2/userInfo"), get(user_info::tell))
        .layer(from_fn_with_state(domain.origins.clone(), origin::share));
    Router::new()
        .route(&below("/oauth2/authorize"), get(authorize::authorize))
        .route(&below("/login"), get(authorize::ask).post(authorize::sign_in))
        .route(&below("/logout"), get(logout::sign_out))
        .merge(shared)
        .layer(DefaultBodyLimit::max(parameters::LONGEST))
        .with_state(domain)
        .merge(direct)
}

/// OpenID Connect Discovery 1.0, section 3, with the fields of Cognito's document; PKCE by RFC 8414, section 2.
async fn discovery(State(domain): State<Domain>) -> Response {
    let UserPool { issuer: url, client, .. } = domain.issuer.pool();
    answer(
        StatusCode::OK,
        json!({
            "issuer": url,
            "authorization_endpoint": format!("{url}/oauth2/authorize"),
            "token_endpoint": format!("{url}/oauth2/token"),
            "userinfo_endpoint": format!("{url}/oauth2/userInfo"),
            "revocation_endpoint": format!("{url}/oauth2/revoke"),
            "end_session_endpoint": format!("{url}/logout"),
            "jwks_uri": format!("{url}/.well-known/jwks.json"),
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": client.scopes,
            "subject_types_supported": ["public"],
        }),
    )
}

async fn keys(State(domain): State<Domain>) -> Response {
    match domain.issuer.key().await {
        Ok(key) => answer(StatusCode::OK, json!({ "keys": [key.public()] })),
        Err(error) => unavailable(error),
    }
}
