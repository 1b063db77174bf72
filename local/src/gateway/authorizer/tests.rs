//! Every kind of token that must not pass, and the one that must.

use std::sync::LazyLock;
use std::time::Duration;

use axum::http::{Request, header};
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::*;
use crate::cognito::{self, Issuer};
use template::{Integration, Route, RouteKey, UserPool, UserPoolClient};

const NOW: i64 = 1_795_000_000;

/// One issuer for all tests, on a runtime of its own: making its key takes half a second.
static ISSUER: LazyLock<(Issuer, Runtime)> = LazyLock::new(|| {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let client = UserPoolClient {
        id: "client".into(),
        scopes: vec!["book/users".into(), "openid".into()],
        access_token: Duration::from_secs(3600),
    };
    let address = format!("http://{}/_local/cognito/pool", listener.local_addr().unwrap());
    let issuer = Issuer::new(UserPool { id: "pool".into(), issuer: address, client }, None);
    let router = cognito::router(issuer.clone(), Vec::new());
    // Not `block_on`: the test that comes first is inside a runtime already.
    let runtime = Runtime::new().unwrap();
    runtime.spawn(async move { axum::serve(TcpListener::from_std(listener).unwrap(), router).await });
    (issuer, runtime)
});

fn issuer() -> &'static Issuer {
    &ISSUER.0
}

fn address() -> String {
    issuer().pool().issuer.clone()
}

fn rule() -> Authorization {
    Authorization {
        source: IdentitySource::Header("authorization".into()),
        issuer: address(),
        audience: vec!["client".into()],
        scopes: vec!["book/users".into()],
    }
}

/// The authorizers of an API with one route.
struct Gate(Authorizers, Authorization);

impl Gate {
    fn new(rule: Authorization) -> Self {
        let route = Route {
            key: RouteKey::parse("GET /").unwrap(),
            integration: Integration::Function("F".into()),
            throttle: None,
            timeout: None,
            authorization: Some(rule.clone()),
        };
        let api = Api {
            id: "api".into(),
            cors: None,
            routes: vec![route],
            throttle: None,
            stage_variables: Default::default(),
            access_log: None,
        };
        Self(Authorizers::new(&api), rule)
    }

    async fn judge(&self, authorization: &[&str]) -> Result<Identity, Denied> {
        let mut request = Request::get("/");
        for value in authorization {
            request = request.header(header::AUTHORIZATION, *value);
        }
        self.judge_request(request).await
    }

    async fn judge_request(&self, request: axum::http::request::Builder) -> Result<Identity, Denied> {
        let (parts, ()) = request.body(()).unwrap().into_parts();
        self.0.authorize(&self.1, &parts, NOW).await
    }
}

fn claims() -> Map<String, Value> {
    let claims = json!({
        "iss": address(), "client_id": "client", "sub": "s1", "token_use": "access",
        "scope": "openid book/users", "iat": NOW - 10, "exp": NOW + 3590, "groups": ["a", "b"], "beta": true
    });
    claims.as_object().unwrap().clone()
}

fn with(changes: &[(&str, Value)]) -> Map<String, Value> {
    let mut claims = claims();
    for (name, value) in changes {
        claims.insert((*name).to_owned(), value.clone());
    }
    claims
}

fn without(name: &str) -> Map<String, Value> {
    let mut claims = claims();
    claims.remove(name);
    claims
}

async fn signed(claims: &Map<String, Value>) -> String {
    issuer().key().await.unwrap().sign(&Value::Object(claims.clone()))
}

fn part(json: Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

#[tokio::test]
async fn the_reader_s_token_passes_and_its_claims_are_text() {
    let gate = Gate::new(rule());
    let token = signed(&claims()).await;
    for authorization in [format!("Bearer {token}"), format!("bearer {token}"), token] {
        let identity = gate.judge(&[&authorization]).await.unwrap();
        assert_eq!(identity.claims["sub"], "s1");
        assert_eq!(identity.claims["exp"], (NOW + 3590).to_string());
        assert_eq!((identity.claims["groups"].as_str(), identity.claims["beta"].as_str()), ("[a b]", "true"));
        assert_eq!(identity.scopes, Some(vec!["openid".to_owned(), "book/users".to_owned()]));
    }
}

#[tokio::test]
async fn scopes_are_null_where_the_route_asks_for_none() {
    let rule = Authorization { scopes: Vec::new(), ..rule() };
    let token = signed(&without("scope")).await;
    assert_eq!(Gate::new(rule).judge(&[&token]).await.unwrap().scopes, None);
}

#[tokio::test]
async fn without_a_token_there_is_a_bare_challenge() {
    let gate = Gate::new(rule());
    for authorization in [&[][..], &[""], &["Bearer"], &["Bearer "]] {
        let denied = gate.judge(authorization).await.unwrap_err();
        assert_eq!(denied, Denied::Missing);
        let response = denied.refusal().into_response();
        assert_eq!(response.status(), 401);
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
    }
}

#[tokio::test]
async fn what_is_no_token_does_not_pass() {
    let gate = Gate::new(rule());
    let good = signed(&claims()).await;
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (head, claims) = signed.split_once('.').unwrap();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    let broken = [
        "garbage".to_owned(),
        "a.b.c".to_owned(),
        "..".to_owned(),
        format!("Basic {good}"),
        format!("{good}.{good}"),
        format!("{good}="),
        signed.to_owned(),
        format!("{signed}."),
        format!("{head}.{}.{signature}", part(json!("text"))),
        format!("{signed}.{first}{}", &signature[1..]),
        format!("{head}.{}.{signature}", part(json!({"sub": "somebody else"}))),
        format!("{}.{claims}.{signature}", part(json!({"alg": "RS256", "kid": "another"}))),
        format!("{}.{claims}.{signature}", part(json!({"alg": "RS256"}))),
        format!("{}.{claims}.{signature}", part(json!({"alg": "RS512"}))),
    ];
    for token in broken {
        let denied = gate.judge(&[&token]).await.unwrap_err();
        assert!(matches!(denied, Denied::Invalid(_)), "{token}: {denied:?}");
        assert_eq!(denied.refusal().into_response().status(), 401);
    }
    assert!(matches!(gate.judge(&[&good, &good]).await, Err(Denied::Invalid(_))), "two headers");
    let nobody = Gate::new(Authorization { issuer: "http://127.0.0.1:1/pool".into(), ..rule() });
    let denied = nobody.judge(&[&good]).await.unwrap_err();
    assert_eq!(denied, Denied::Invalid("OIDC discovery endpoint communication error"));
}

#[tokio::test]
async fn the_algorithm_is_not_the_token_s_to_choose() {
    let gate = Gate::new(rule());
    let key = issuer().key().await.unwrap();
    let good = signed(&claims()).await;
    let claims = good.split('.').nth(1).unwrap();
    let none = format!("{}.{claims}.", part(json!({"alg": "none", "kid": key.id()})));
    assert!(matches!(gate.judge(&[&none]).await, Err(Denied::Invalid(_))));
    // The classic: HS256, with the public key, which everybody has, as the shared secret.
    let head = part(json!({"alg": "HS256", "kid": key.id()}));
    for secret in [key.public().to_string(), key.public()["n"].as_str().unwrap().to_owned()] {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{head}.{claims}").as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        let denied = gate.judge(&[&format!("{head}.{claims}.{signature}")]).await.unwrap_err();
        assert_eq!(denied, Denied::Invalid("the signing method is not RS256"));
    }
    let extended = part(json!({"alg": "RS256", "kid": key.id(), "crit": ["exp"]}));
    let denied = gate.judge(&[&format!("{extended}.{claims}.AAAA")]).await.unwrap_err();
    assert_eq!(denied, Denied::Invalid("the token asks for an extension that is unknown here"));
}

#[tokio::test]
async fn a_token_signed_by_another_key_does_not_pass() {
    let gate = Gate::new(rule());
    let other = Issuer::new(issuer().pool().clone(), None);
    let forged = other.key().await.unwrap().sign(&Value::Object(claims()));
    assert!(matches!(gate.judge(&[&forged]).await, Err(Denied::Invalid(_))));
    // Even when it claims to be ours.
    let kid = issuer().key().await.unwrap().id().to_owned();
    let (_, rest) = forged.split_once('.').unwrap();
    let denied = gate.judge(&[&format!("{}.{rest}", part(json!({"alg": "RS256", "kid": kid})))]).await;
    assert_eq!(denied, Err(Denied::Invalid("the signature does not fit the token")));
}

#[tokio::test]
async fn claims_that_do_not_pass() {
    let gate = Gate::new(rule());
    let audience = Denied::Invalid(AUDIENCE);
    let expired = Denied::Invalid("the token has expired");
    let table = [
        (
            with(&[("iss", json!("http://127.0.0.1:1/_local/cognito/pool"))]),
            Denied::Invalid("issuer does not match"),
        ),
        (without("iss"), Denied::Invalid("issuer does not match")),
        (with(&[("client_id", json!("another"))]), audience),
        (without("client_id"), audience),
        (with(&[("aud", json!("another"))]), audience),
        (with(&[("aud", json!(["another", 7]))]), audience),
        (with(&[("aud", json!({}))]), audience),
        (with(&[("exp", json!(NOW))]), expired),
        (with(&[("exp", json!(NOW - 1))]), expired),
        (with(&[("exp", json!("soon"))]), Denied::Invalid("the token says no time of expiry")),
        (without("exp"), Denied::Invalid("the token says no time of expiry")),
        (with(&[("nbf", json!(NOW + 1))]), Denied::Invalid("the token is not valid yet")),
        (with(&[("nbf", json!("now"))]), Denied::Invalid("the token is not valid yet")),
        (with(&[("iat", json!(NOW + 1))]), Denied::Invalid("the token was issued in the future")),
        (with(&[("scope", json!("openid"))]), Denied::Scope),
        (with(&[("scope", json!("book/usersx xbook/users"))]), Denied::Scope),
        (with(&[("scope", json!(7))]), Denied::Scope),
        (without("scope"), Denied::Scope),
    ];
    for (claims, expected) in table {
        let denied = gate.judge(&[&format!("Bearer {}", signed(&claims).await)]).await.unwrap_err();
        assert_eq!(denied, expected, "{claims:?}");
    }
    assert_eq!(Denied::Scope.refusal().status(), 403);
}

#[tokio::test]
async fn claims_that_pass() {
    let gate = Gate::new(rule());
    for claims in [
        with(&[("aud", json!("client")), ("client_id", json!("another"))]),
        with(&[("aud", json!(["other", "client"]))]),
        with(&[("nbf", json!(NOW)), ("iat", json!(NOW))]),
        without("iat"),
        with(&[("scope", json!("book/users"))]),
    ] {
        assert!(gate.judge(&[&signed(&claims).await]).await.is_ok(), "{claims:?}");
    }
    let mut by_scp = without("scope");
    by_scp.insert("scp".into(), json!(["book/users"]));
    assert!(gate.judge(&[&signed(&by_scp).await]).await.is_ok());
}

#[tokio::test]
async fn a_token_is_looked_for_where_the_rule_says_and_nowhere_else() {
    let token = signed(&claims()).await;
    let named = Gate::new(Authorization { source: IdentitySource::Header("x-token".into()), ..rule() });
    let request = || Request::get("/");
    assert!(named.judge_request(request().header("X-Token", &token)).await.is_ok());
    assert_eq!(named.judge(&[&token]).await, Err(Denied::Missing));

    let query = Gate::new(Authorization { source: IdentitySource::Query("token".into()), ..rule() });
    let ask = async |sent: String| query.judge_request(Request::get(sent)).await;
    assert!(ask(format!("/?a=1&token={token}")).await.is_ok());
    assert!(ask(format!("/?token=Bearer+{token}")).await.is_ok());
    assert!(ask(format!("/?token=%20bearer%20{token}%20")).await.is_ok());
    for missing in
        [format!("/?Token={token}"), "/?token=".into(), "/?token".into(), "/".into(), "/?token=bearer".into()]
    {
        assert_eq!(ask(missing.clone()).await, Err(Denied::Missing), "{missing}");
    }
    assert_eq!(ask(format!("/?token={token}&token={token}")).await, Err(TWICE));
    assert_eq!(query.judge(&[&token]).await, Err(Denied::Missing));
}

#[test]
fn what_is_logged_of_a_denial() {
    assert_eq!(Denied::Missing.error(), "missing: token not provided");
    assert_eq!(Denied::Invalid(AUDIENCE).error(), "invalid_token: the token does not have a valid audience");
    assert_eq!(
        (Denied::Scope.refusal(), Denied::Missing.refusal()),
        (Refusal::Forbidden, Refusal::Unauthorized(None))
    );
}

#[tokio::test]
async fn no_letter_of_a_token_may_change() {
    let gate = Gate::new(rule());
    let good = signed(&claims()).await;
    for (at, letter) in good.char_indices() {
        let other = if letter == 'A' { 'B' } else { 'A' };
        let changed = format!("{}{other}{}", &good[..at], &good[at + 1..]);
        assert!(gate.judge(&[&changed]).await.is_err(), "{at}: {changed}");
    }
}

proptest! {
    #[test]
    fn any_text_is_taken_apart_or_refused(text in "\\PC{0,60}|[A-Za-z0-9_=.-]{0,200}|eyJhbGciOiJSUzI1NiJ9\\.[A-Za-z0-9_-]{0,30}\\.[A-Za-z0-9_-]{0,30}") {
        let _ = Token::parse(&text);
    }
}
