//! Issuers that answer well, badly, late or not at all, over real sockets, and how often they are asked.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;

/// The modulus of a key pair nobody has the private half of: any odd number of 2,048 bits is a public key.
fn modulus() -> String {
    URL_SAFE_NO_PAD.encode([0xff_u8; 256])
}

fn key(id: &str) -> Value {
    json!({"kty": "RSA", "alg": "RS256", "use": "sig", "kid": id, "n": modulus(), "e": "AQAB"})
}

/// What an issuer answers at a path, given the address it stands at.
type Answers = fn(&str, &Uri, usize) -> axum::response::Response;

struct Served {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Served {
    async fn start(answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let state = (format!("http://{address}/pool"), Arc::clone(&asked), answers);
        let answer = |State((base, asked, answers)): State<(String, Arc<AtomicUsize>, Answers)>, uri: Uri| async move {
            let times = if uri.path().ends_with("keys") { asked.fetch_add(1, Ordering::SeqCst) } else { 0 };
            answers(&base, &uri, times)
        };
        let router = Router::new().fallback(answer).with_state(state);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, asked }
    }

    fn keys(&self) -> Keys {
        Keys::new(&format!("http://{}/pool", self.address))
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn discovery(base: &str) -> axum::response::Response {
    axum::Json(json!({"issuer": base, "jwks_uri": format!("{base}/keys")})).into_response()
}

fn well(base: &str, uri: &Uri, times: usize) -> axum::response::Response {
    match uri.path() {
        "/pool/.well-known/openid-configuration" => discovery(base),
        // Every time it is asked it has one key more.
        "/pool/keys" => {
            let keys: Vec<_> = (0..=times).map(|n| key(&format!("key-{n}"))).collect();
            axum::Json(json!({ "keys": keys })).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

#[tokio::test]
async fn keys_are_fetched_once_and_kept() {
    let served = Served::start(well).await;
    let keys = served.keys();
    assert_eq!(served.asked(), 0, "not before there is a token");
    let now = Instant::now();
    for minute in 0..119 {
        assert!(keys.key("key-0", now + Duration::from_secs(60) * minute).await.is_ok());
    }
    assert_eq!(served.asked(), 1);
    assert!(keys.key("key-1", now + CACHED).await.is_ok(), "after two hours it asks again");
    assert_eq!(served.asked(), 2);
}

#[tokio::test]
async fn unknown_key_ids_make_it_ask_again_but_not_often() {
    let served = Served::start(well).await;
    let keys = served.keys();
    let now = Instant::now();
    for n in 0..1_000 {
        let at = now + Duration::from_millis(9) * n;
        assert_eq!(keys.key(&format!("made-up-{n}"), at).await.err(), Some(NoKey::Unknown));
    }
    assert_eq!(served.asked(), 1, "a thousand in nine seconds");
    assert!(keys.key("key-0", now).await.is_ok());
    let later = now + ASK_AGAIN;
    assert!(keys.key("key-1", later).await.is_ok(), "a new key is found");
    assert_eq!(served.asked(), 2);
    assert_eq!(keys.key("key-2", later).await.err(), Some(NoKey::Unknown));
    assert_eq!(served.asked(), 2);
}

#[tokio::test]
async fn many_tokens_at_once_ask_once() {
    let served = Served::start(well).await;
    let keys = Arc::new(served.keys());
    let now = Instant::now();
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let keys = Arc::clone(&keys);
            tokio::spawn(async move { keys.key("key-0", now).await.is_ok() })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap());
    }
    assert_eq!(served.asked(), 1);
}

#[tokio::test]
async fn an_issuer_that_fails_is_named_and_tried_again() {
    let nobody = Keys::new("http://127.0.0.1:1/pool");
    assert_eq!(nobody.key("key-0", Instant::now()).await.err(), Some(NoKey::Discovery));

    // The key set fails the first time.
    let served = Served::start(|base, uri, times| match uri.path() {
        "/pool/keys" if times == 0 => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        _ => well(base, uri, times),
    })
    .await;
    let keys = served.keys();
    let now = Instant::now();
    assert_eq!(keys.key("key-0", now).await.err(), Some(NoKey::KeySet));
    assert_eq!(keys.key("key-0", now).await.err(), Some(NoKey::KeySet), "not at once");
    assert_eq!(served.asked(), 1);
    assert!(keys.key("key-0", now + AFTER_FAILURE).await.is_ok());
}

#[tokio::test]
async fn keys_outlive_an_issuer_that_cannot_be_asked_again() {
    let served = Served::start(|base, uri, times| match uri.path() {
        "/pool/keys" if times > 0 => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        _ => well(base, uri, times),
    })
    .await;
    let keys = served.keys();
    let now = Instant::now();
    assert!(keys.key("key-0", now).await.is_ok());
    let later = now + ASK_AGAIN;
    assert_eq!(keys.key("another", later).await.err(), Some(NoKey::KeySet));
    assert!(keys.key("key-0", later).await.is_ok());
    assert_eq!(keys.key("key-0", now + CACHED).await.err(), Some(NoKey::KeySet), "but not for ever");
}

/// A key set of exactly this many bytes.
fn padded(base: &str, uri: &Uri, length: usize) -> axum::response::Response {
    if uri.path() != "/pool/keys" {
        return discovery(base);
    }
    let mut text = json!({"keys": [key("key-0")]}).to_string();
    text.push_str(&" ".repeat(length - text.len()));
    Bytes::from(text).into_response()
}

#[tokio::test]
async fn documents_that_do_not_count() {
    let expect = async |answers: Answers, expected: Result<(), NoKey>| {
        let keys = Served::start(answers).await.keys();
        assert_eq!(keys.key("key-0", Instant::now()).await.map(|_| ()), expected);
    };
    let discovered = Err(NoKey::Discovery);
    expect(|_, _, _| StatusCode::NOT_FOUND.into_response(), discovered).await;
    expect(|_, _, _| "no JSON".into_response(), discovered).await;
    // Another issuer's document, and keys on another host.
    expect(|_, _, _| discovery("http://127.0.0.1:1/pool"), discovered).await;
    expect(
        |base, _, _| {
            axum::Json(json!({"issuer": base, "jwks_uri": "http://127.0.0.1:1/keys"})).into_response()
        },
        discovered,
    )
    .await;
    // 150,000 bytes are the most.
    expect(|base, uri, _| padded(base, uri, LONGEST), Ok(())).await;
    expect(|base, uri, _| padded(base, uri, LONGEST + 1), Err(NoKey::KeySet)).await;
}

#[tokio::test]
async fn keys_for_something_else_are_no_keys() {
    let served = Served::start(|base, uri, _| match uri.path() {
        "/pool/keys" => {
            let with = |id: &str, name: &str, value: Value| {
                let mut key = key(id);
                key[name] = value;
                key
            };
            let keys = json!([
                with("other-kind", "kty", json!("EC")),
                with("other-algorithm", "alg", json!("RS512")),
                with("encryption", "use", json!("enc")),
                with("no-modulus", "n", Value::Null),
                with("no-number", "n", json!("%%")),
                with("even", "n", json!("Ag")),
                with("huge", "n", json!(URL_SAFE_NO_PAD.encode([0xff_u8; 4_096]))),
                with("no-id", "kid", Value::Null),
                with("bare", "alg", Value::Null),
            ]);
            axum::Json(json!({ "keys": keys })).into_response()
        }
        _ => discovery(base),
    })
    .await;
    let keys = served.keys();
    let now = Instant::now();
    assert!(keys.key("bare", now).await.is_ok(), "alg may be missing (RFC 7517, 4.4)");
    for id in [
        "other-kind",
        "other-algorithm",
        "encryption",
        "no-modulus",
        "no-number",
        "even",
        "huge",
        "no-id",
        "",
    ] {
        assert_eq!(keys.key(id, now).await.err(), Some(NoKey::Unknown), "{id}");
    }
}

#[tokio::test]
async fn an_issuer_that_does_not_answer_is_waited_for_a_second_and_a_half() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let keys = Keys::new(&format!("http://{}/pool", listener.local_addr().unwrap()));
    let began = Instant::now();
    assert_eq!(keys.key("key-0", began).await.err(), Some(NoKey::Discovery));
    let took = began.elapsed();
    assert!((PATIENCE..PATIENCE * 4).contains(&took), "{took:?}");
}
