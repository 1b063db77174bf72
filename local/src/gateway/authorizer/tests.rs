//! Every kind of token that must not pass, and the one that must.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use serde_json::json;
use tokio::sync::OnceCell;

use super::*;
use template::{UserPool, UserPoolClient};

const NOW: i64 = 1_795_000_000;

/// One key for all tests: making one takes half a second.
async fn issuer() -> &'static Issuer {
    static ISSUER: OnceCell<Issuer> = OnceCell::const_new();
    let client = UserPoolClient {
        id: "client".into(),
        scopes: vec!["book/users".into(), "openid".into()],
        access_token: Duration::from_secs(3600),
    };
    let pool = UserPool { id: "pool".into(), issuer: "http://127.0.0.1:1/pool".into(), client };
    ISSUER.get_or_init(|| async { Issuer::new(pool, None) }).await
}

fn rule() -> Authorization {
    Authorization {
        issuer: "http://127.0.0.1:1/pool".into(),
        audience: vec!["client".into()],
        scopes: vec!["book/users".into()],
    }
}

fn claims() -> Map<String, Value> {
    let claims = json!({
        "iss": "http://127.0.0.1:1/pool", "client_id": "client", "sub": "s1", "token_use": "access",
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
    issuer().await.key().await.unwrap().sign(&Value::Object(claims.clone()))
}

async fn judge(authorization: &[&str], rule: &Authorization) -> Result<Identity, Denied> {
    let mut headers = HeaderMap::new();
    for value in authorization {
        headers.append(header::AUTHORIZATION, value.parse().unwrap());
    }
    authorize(rule, Some(issuer().await), &headers, NOW).await
}

async fn denied(claims: &Map<String, Value>) -> Denied {
    judge(&[&format!("Bearer {}", signed(claims).await)], &rule()).await.unwrap_err()
}

fn part(json: Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

#[tokio::test]
async fn the_reader_s_token_passes_and_its_claims_are_text() {
    let token = signed(&claims()).await;
    for authorization in [format!("Bearer {token}"), format!("bearer {token}"), token] {
        let identity = judge(&[&authorization], &rule()).await.unwrap();
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
    assert_eq!(judge(&[&token], &rule).await.unwrap().scopes, None);
}

#[tokio::test]
async fn without_a_token_there_is_a_bare_challenge() {
    for authorization in [&[][..], &[""], &["Bearer"], &["Bearer "]] {
        let denied = judge(authorization, &rule()).await.unwrap_err();
        assert_eq!(denied, Denied::Missing);
        let response = denied.into_response();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
    }
}

#[tokio::test]
async fn what_is_no_token_does_not_pass() {
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
        let denied = judge(&[&token], &rule()).await.unwrap_err();
        assert!(matches!(denied, Denied::Invalid(_)), "{token}: {denied:?}");
        assert_eq!(denied.into_response().status(), 401);
    }
    assert!(matches!(judge(&[&good, &good], &rule()).await, Err(Denied::Invalid(_))), "two headers");
    let headers = HeaderMap::from_iter([(header::AUTHORIZATION, good.parse().unwrap())]);
    assert!(matches!(authorize(&rule(), None, &headers, NOW).await, Err(Denied::Invalid(_))), "no issuer");
}

#[tokio::test]
async fn the_algorithm_is_not_the_token_s_to_choose() {
    let key = issuer().await.key().await.unwrap();
    let good = signed(&claims()).await;
    let claims = good.split('.').nth(1).unwrap();
    let none = format!("{}.{claims}.", part(json!({"alg": "none", "kid": key.id()})));
    assert!(matches!(judge(&[&none], &rule()).await, Err(Denied::Invalid(_))));
    // The classic: HS256, with the public key, which everybody has, as the shared secret.
    let head = part(json!({"alg": "HS256", "kid": key.id()}));
    for secret in [key.public().to_string(), key.public()["n"].as_str().unwrap().to_owned()] {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{head}.{claims}").as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        let denied = judge(&[&format!("{head}.{claims}.{signature}")], &rule()).await.unwrap_err();
        assert_eq!(denied, Denied::Invalid("the signing method is not RS256"));
    }
    let extended = part(json!({"alg": "RS256", "kid": key.id(), "crit": ["exp"]}));
    let denied = judge(&[&format!("{extended}.{claims}.AAAA")], &rule()).await.unwrap_err();
    assert_eq!(denied, Denied::Invalid("the token asks for an extension that is unknown here"));
}

#[tokio::test]
async fn a_token_signed_by_another_key_does_not_pass() {
    let other = Issuer::new(issuer().await.pool().clone(), None);
    let forged = other.key().await.unwrap().sign(&Value::Object(claims()));
    assert!(matches!(judge(&[&forged], &rule()).await, Err(Denied::Invalid(_))));
    // Even when it claims to be ours.
    let kid = issuer().await.key().await.unwrap().id().to_owned();
    let (_, rest) = forged.split_once('.').unwrap();
    let denied = judge(&[&format!("{}.{rest}", part(json!({"alg": "RS256", "kid": kid})))], &rule()).await;
    assert_eq!(denied, Err(Denied::Invalid("the signature does not fit the token")));
}

#[tokio::test]
async fn claims_that_do_not_pass() {
    let audience = Denied::Invalid(AUDIENCE);
    let expired = Denied::Invalid("the token has expired");
    let table = [
        (
            with(&[("iss", json!("http://127.0.0.1:1/other"))]),
            Denied::Invalid("the token is of another issuer"),
        ),
        (without("iss"), Denied::Invalid("the token is of another issuer")),
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
        assert_eq!(denied(&claims).await, expected, "{claims:?}");
    }
    assert_eq!(Denied::Scope.into_response().status(), 403);
}

#[tokio::test]
async fn claims_that_pass() {
    for claims in [
        with(&[("aud", json!("client")), ("client_id", json!("another"))]),
        with(&[("aud", json!(["other", "client"]))]),
        with(&[("nbf", json!(NOW)), ("iat", json!(NOW))]),
        without("iat"),
        with(&[("scope", json!("book/users"))]),
    ] {
        assert!(judge(&[&signed(&claims).await], &rule()).await.is_ok(), "{claims:?}");
    }
    let mut by_scp = without("scope");
    by_scp.insert("scp".into(), json!(["book/users"]));
    assert!(judge(&[&signed(&by_scp).await], &rule()).await.is_ok());
}

#[tokio::test]
async fn no_letter_of_a_token_may_change() {
    let good = signed(&claims()).await;
    for (at, letter) in good.char_indices() {
        let other = if letter == 'A' { 'B' } else { 'A' };
        let changed = format!("{}{other}{}", &good[..at], &good[at + 1..]);
        assert!(judge(&[&changed], &rule()).await.is_err(), "{at}: {changed}");
    }
}

proptest! {
    #[test]
    fn any_text_is_taken_apart_or_refused(text in "\\PC{0,60}|[A-Za-z0-9_=.-]{0,200}|eyJhbGciOiJSUzI1NiJ9\\.[A-Za-z0-9_-]{0,30}\\.[A-Za-z0-9_-]{0,30}") {
        let _ = Token::parse(&text);
    }
}
