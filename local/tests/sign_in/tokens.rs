//! The gateway's JWT authorizer from outside: every kind of token that must not pass, with its status, challenge and body, and
//! what a function is told of those that pass. All but the row's own fault is right, the signature included.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::key::{KEY, Key, STRANGER, part};
use crate::served::{CLIENT, Served};

const FORM: &str = "the token is not header.claims.signature in base64url";
const METHOD: &str = "the signing method is not RS256";
const KID: &str = "no key of the issuer has the token's kid";
const SIGNATURE: &str = "the signature does not fit the token";
const ISSUER: &str = "issuer does not match";
const AUDIENCE: &str = "the token does not have a valid audience";
const NO_EXPIRY: &str = "the token says no time of expiry";
const EXPIRED: &str = "the token has expired";
const NOT_YET: &str = "the token is not valid yet";
const FUTURE: &str = "the token was issued in the future";

fn now() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs().cast_signed()
}

fn head() -> Value {
    json!({"kid": KEY.id, "alg": "RS256"})
}

fn good(served: &Served) -> Value {
    json!({
        "sub": "5f2b6a3e-0000-4000-8000-000000000000", "iss": served.issuer, "version": 2, "client_id": CLIENT,
        "token_use": "access", "scope": "openid book/users", "auth_time": now() - 10, "iat": now() - 10,
        "exp": now() + 3590, "username": "haneul", "cognito:groups": ["a", "b"], "beta": true, "rate": 1.5,
    })
}

/// With one member changed, or (with null) taken away.
fn with(json: &Value, name: &str, value: Value) -> Value {
    let mut json = json.clone();
    match value {
        Value::Null => drop(json.as_object_mut().unwrap().remove(name)),
        value => json[name] = value,
    }
    json
}

/// Name of the fault, value of `Authorization`, and what the challenge says is wrong; `None` for no token at all.
type Row = (&'static str, String, Option<&'static str>);

fn no_tokens(token: &str) -> Vec<Row> {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (head, claims) = signed.split_once('.').unwrap();
    let text = |head: &str, claims: &str| {
        let signed = format!("{head}.{claims}");
        format!("{signed}.{}", KEY.signature(&signed))
    };
    let form = Some(FORM);
    vec![
        ("empty", String::new(), None),
        ("the scheme alone", "Bearer".into(), None),
        ("the scheme and spaces", "bearer   ".into(), None),
        ("another scheme", format!("Basic {token}"), form),
        ("words", "let me in".into(), form),
        ("one part", "garbage".into(), form),
        ("two parts", signed.into(), form),
        ("four parts", format!("{token}.{signature}"), form),
        ("five parts, as an encrypted token has", format!("{token}.{signature}.{signature}"), form),
        ("empty parts", "..".into(), form),
        ("a padded signature", format!("{token}=="), form),
        ("characters of plain base64", format!("{signed}.+/{}", &signature[2..]), form),
        ("a space inside", format!("{head}. {claims}.{signature}"), form),
        ("a header that is no JSON", text("bm8", claims), form),
        ("a header that is a list", text(&part(&json!([])), claims), form),
        ("claims that are no JSON", text(head, "bm8"), form),
        ("claims that are text", text(head, &part(&json!("sub"))), form),
        ("claims that are a list", text(head, &part(&json!([{}]))), form),
    ]
}

fn bad_headers(claims: &Value) -> Vec<Row> {
    let signed = |head: Value| KEY.token(&head, claims);
    let kid = |kid: Value| signed(with(&head(), "kid", kid));
    let alg = |alg: Value| signed(with(&head(), "alg", alg));
    let public = KEY.public();
    let stolen = |secret: &str| {
        let text = format!("{}.{}", part(&with(&head(), "alg", json!("HS256"))), part(claims));
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(text.as_bytes());
        format!("{text}.{}", Key::encode(&mac.finalize().into_bytes()))
    };
    let unsigned = format!("{}.{}.", part(&with(&head(), "alg", json!("none"))), part(claims));
    let own_jwk = json!({"alg": "RS256", "kid": STRANGER.id, "jwk": STRANGER.public()});
    let own_url = json!({"alg": "RS256", "kid": STRANGER.id, "jku": "http://127.0.0.1:1/jwks.json"});
    let crit = with(&head(), "crit", json!(["exp"]));
    vec![
        ("alg none without a signature", unsigned, Some(METHOD)),
        ("alg none with one", alg(json!("none")), Some(METHOD)),
        ("alg NONE", alg(json!("NONE")), Some(METHOD)),
        ("alg in small letters", alg(json!("rs256")), Some(METHOD)),
        ("alg RS384", alg(json!("RS384")), Some(METHOD)),
        ("alg RS512", alg(json!("RS512")), Some(METHOD)),
        ("alg PS256", alg(json!("PS256")), Some(METHOD)),
        ("alg ES256", alg(json!("ES256")), Some(METHOD)),
        ("alg HS256 with the public key as the secret", stolen(&public.to_string()), Some(METHOD)),
        ("alg HS256 with the modulus as the secret", stolen(public["n"].as_str().unwrap()), Some(METHOD)),
        ("alg missing", alg(Value::Null), Some(METHOD)),
        ("alg a number", alg(json!(256)), Some(METHOD)),
        ("alg a list", alg(json!(["RS256"])), Some(METHOD)),
        ("kid missing", kid(Value::Null), Some(KID)),
        ("kid unknown", kid(json!("another")), Some(KID)),
        ("kid empty", kid(json!("")), Some(KID)),
        ("kid a number", kid(json!(1)), Some(KID)),
        ("kid a path", kid(json!("../../../../dev/null")), Some(KID)),
        ("the key in the token", STRANGER.token(&own_jwk, claims), Some(KID)),
        ("the key's address in the token", STRANGER.token(&own_url, claims), Some(KID)),
        (
            "the public kid of another emulator",
            STRANGER.token(&json!({"alg": "RS256", "kid": "CognitoLocal"}), claims),
            Some(KID),
        ),
        ("an extension", signed(crit), Some("the token asks for an extension that is unknown here")),
    ]
}

fn bad_signatures(token: &str, claims: &Value) -> Vec<Row> {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let head_part = signed.split_once('.').unwrap().0;
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    let admin = part(&with(claims, "sub", json!("somebody else")));
    let other = KEY.token(&head(), &with(claims, "sub", json!("other")));
    let why = Some(SIGNATURE);
    vec![
        ("no signature", format!("{signed}."), why),
        ("one letter changed", format!("{signed}.{first}{}", &signature[1..]), why),
        ("a short one", format!("{signed}.{}", &signature[..signature.len() - 2]), why),
        ("a long one", format!("{signed}.{signature}AAAA"), why),
        ("another token's", format!("{signed}.{}", other.rsplit_once('.').unwrap().1), why),
        ("of zeros", format!("{signed}.{}", "A".repeat(signature.len())), why),
        ("changed claims", format!("{head_part}.{admin}.{signature}"), why),
        ("of a stranger under our kid", STRANGER.token(&head(), claims), why),
    ]
}

fn bad_claims(claims: &Value) -> Vec<Row> {
    let row = |what, name, value, why| (what, KEY.token(&head(), &with(claims, name, value)), Some(why));
    let issuer = claims["iss"].as_str().unwrap();
    let id = with(&with(claims, "client_id", Value::Null), "aud", json!("another"));
    vec![
        row("iss missing", "iss", Value::Null, ISSUER),
        row("iss of another pool", "iss", json!(format!("{issuer}9")), ISSUER),
        row("iss with a slash", "iss", json!(format!("{issuer}/")), ISSUER),
        row("iss in capitals", "iss", json!(issuer.to_uppercase()), ISSUER),
        row("iss a list", "iss", json!([issuer]), ISSUER),
        row(
            "iss of AWS",
            "iss",
            json!("https://cognito-idp.ap-northeast-2.amazonaws.com/ap-northeast-2_0"),
            ISSUER,
        ),
        row("client_id of another client", "client_id", json!("another"), AUDIENCE),
        row("client_id and aud missing", "client_id", Value::Null, AUDIENCE),
        row("client_id a list", "client_id", json!([CLIENT]), AUDIENCE),
        row("aud of another beside the right client_id", "aud", json!("another"), AUDIENCE),
        row("aud a list of others", "aud", json!(["another", 7]), AUDIENCE),
        row("aud an empty list", "aud", json!([]), AUDIENCE),
        row("aud an object", "aud", json!({CLIENT: CLIENT}), AUDIENCE),
        ("aud of another without client_id", KEY.token(&head(), &id), Some(AUDIENCE)),
        row("exp past", "exp", json!(now() - 1), EXPIRED),
        row("exp long past", "exp", json!(0), EXPIRED),
        row("exp negative", "exp", json!(-1), EXPIRED),
        row("exp missing", "exp", Value::Null, NO_EXPIRY),
        row("exp text", "exp", json!((now() + 3600).to_string()), NO_EXPIRY),
        row("exp a list", "exp", json!([now() + 3600]), NO_EXPIRY),
        row("nbf to come", "nbf", json!(now() + 600), NOT_YET),
        row("nbf text", "nbf", json!("now"), NOT_YET),
        row("iat to come", "iat", json!(now() + 600), FUTURE),
        row("iat text", "iat", json!("now"), FUTURE),
    ]
}

/// Without one of the route's scopes a token is good and not enough.
fn too_little(claims: &Value) -> Vec<(&'static str, String)> {
    let row = |what, value| (what, KEY.token(&head(), &with(claims, "scope", value)));
    let id = with(&with(claims, "client_id", Value::Null), "scope", Value::Null);
    let id = with(&with(&id, "aud", json!(CLIENT)), "token_use", json!("id"));
    vec![
        row("scope missing", Value::Null),
        row("scope empty", json!("")),
        row("another scope", json!("openid")),
        row("a scope that begins alike", json!("book/users.read")),
        row("a scope in capitals", json!("BOOK/USERS")),
        row("scopes with a comma", json!("openid,book/users")),
        row("scope a number", json!(7)),
        row("scope an object", json!({"book/users": true})),
        ("an ID token", KEY.token(&head(), &id)),
    ]
}

fn ask(browser: &Browser<'_>, authorization: &str) -> (u16, String, String) {
    let answer = browser.send("GET", "/api/me/users", &[("authorization", authorization)], "");
    (answer.status, answer.header("www-authenticate").to_owned(), answer.text)
}

#[test]
fn every_kind_of_bad_token_is_refused_as_documented() {
    let served = Served::start();
    let browser = served.browser();
    let claims = good(&served);
    let token = KEY.token(&head(), &claims);
    // The function is not there: who gets as far as it is told so.
    assert_eq!(ask(&browser, &token).0, 503, "the rows differ from a token that passes");

    let rows =
        [no_tokens(&token), bad_headers(&claims), bad_signatures(&token, &claims), bad_claims(&claims)]
            .concat();
    let scopes = too_little(&claims);
    assert!(rows.len() + scopes.len() >= 80, "{}", rows.len() + scopes.len());
    let mut wrong = Vec::new();
    for (what, sent, why) in rows {
        let challenge = match why {
            None => "Bearer".to_owned(),
            Some(why) => format!(r#"Bearer scope="" error="invalid_token" error_description="{why}""#),
        };
        let expected = (401, challenge, r#"{"message":"Unauthorized"}"#.to_owned());
        let mut forms = vec![sent.clone()];
        if why.is_some() && what != "another scheme" && what != "words" {
            forms.push(format!("Bearer {sent}"));
        }
        for sent in forms {
            let answer = ask(&browser, &sent);
            if answer != expected {
                wrong.push(format!("{what}: {answer:?}, expected {expected:?}"));
            }
        }
    }
    for (what, sent) in scopes {
        let answer = ask(&browser, &format!("Bearer {sent}"));
        if answer != (403, String::new(), r#"{"message":"Forbidden"}"#.to_owned()) {
            wrong.push(format!("{what}: {answer:?}, expected 403"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let none = browser.get("/api/me/users");
    assert_eq!((none.status, none.header("www-authenticate")), (401, "Bearer"));
    let bearer = format!("Bearer {token}");
    let two = [("authorization", bearer.as_str()), ("authorization", bearer.as_str())];
    let two = browser.send("GET", "/api/me/users", &two, "");
    assert_eq!((two.status, two.text.as_str()), (401, r#"{"message":"Unauthorized"}"#));
    let huge = browser.send("GET", "/api/me/users", &[("authorization", &"a".repeat(11_000))], "");
    assert_eq!(huge.status, 431);
    let elsewhere = browser.get(&format!("/api/me/users?access_token={token}&authorization={token}"));
    assert_eq!(elsewhere.status, 401, "only the header counts");
}

#[test]
fn good_tokens_pass_and_their_claims_arrive_as_text() {
    let served = Served::start().with_echo();
    let browser = served.browser();
    let claims = good(&served);
    let told = |path: &str, claims: &Value| {
        let token = KEY.token(&head(), claims);
        let answer = browser.send("GET", path, &[("authorization", &format!("Bearer {token}"))], "");
        assert_eq!(answer.status, 200, "{claims}: {}", answer.text);
        answer.json()["requestContext"]["authorizer"].clone()
    };
    let expected = json!({
        "sub": claims["sub"], "iss": served.issuer, "version": "2", "client_id": CLIENT, "token_use": "access",
        "scope": "openid book/users", "auth_time": claims["auth_time"].to_string(),
        "iat": claims["iat"].to_string(), "exp": claims["exp"].to_string(), "username": "haneul",
        "cognito:groups": "[a b]", "beta": "true", "rate": "1.5",
    });
    let jwt = json!({"claims": expected, "scopes": ["openid", "book/users"]});
    assert_eq!(told("/api/me/users", &claims), json!({ "jwt": jwt }));
    assert_eq!(told("/api/me/any-scope", &claims)["jwt"]["scopes"], Value::Null);
    assert_eq!(told("/api/me/any-scope", &with(&claims, "scope", Value::Null))["jwt"]["scopes"], Value::Null);

    let with_aud = with(&with(&claims, "aud", json!(CLIENT)), "client_id", json!("another"));
    let by_scp = with(&with(&claims, "scope", Value::Null), "scp", json!(["book/users"]));
    for good in [
        with_aud,
        with(&claims, "aud", json!(["another", CLIENT])),
        with(&claims, "iat", Value::Null),
        with(&claims, "nbf", json!(now() - 1)),
        with(&claims, "exp", json!(now() as f64 + 3600.5)),
        with(&claims, "scope", json!("book/users")),
        by_scp,
    ] {
        told("/api/me/users", &good);
    }
    let token = KEY.token(&head(), &claims);
    for sent in [token.clone(), format!("bearer {token}"), format!("BEARER  {token}")] {
        assert_eq!(ask(&browser, &sent).0, 200, "{sent}");
    }
    let typed = KEY.token(&with(&head(), "typ", json!("JWT")), &claims);
    assert_eq!(ask(&browser, &typed).0, 200, "other members of the header do not matter");
}
