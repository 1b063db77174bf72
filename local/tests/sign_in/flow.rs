//! The whole way of a reader: to the sign-in page, back with a code, tokens, new tokens, and out again.

use serde_json::{Value, json};

use crate::browser::{Browser, encoded};
use crate::key::claims;
use crate::served::{CLIENT, LOG, Served, VERIFIER};

fn keys(json: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn a_reader_signs_in_and_the_api_knows_them() {
    let served = Served::start().with_echo();
    let browser = served.browser();
    let documents = browser.get("/.well-known/openid-configuration").json();
    for (name, path) in [
        ("authorization_endpoint", "/oauth2/authorize"),
        ("token_endpoint", "/oauth2/token"),
        ("userinfo_endpoint", "/oauth2/userInfo"),
        ("revocation_endpoint", "/oauth2/revoke"),
        ("end_session_endpoint", "/logout"),
        ("jwks_uri", "/.well-known/jwks.json"),
    ] {
        assert_eq!(documents[name], format!("{}{path}", served.issuer));
    }
    assert_eq!(documents["code_challenge_methods_supported"], json!(["S256"]));

    // Sent to the page with the same parameters, and back with the code and the state as it was.
    let query = browser.query(&[("nonce", "n & m"), ("state", "한글 &=#\"")]);
    let to_login = browser.get(&format!("/oauth2/authorize?{query}"));
    assert_eq!(to_login.status, 302);
    let login = format!("{}{}", served.base, to_login.header("location"));
    assert_eq!(login, format!("{}/login?{query}", served.issuer));
    let page = browser.get(&login);
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!((page.header("cache-control"), page.header("x-frame-options")), ("no-store", "DENY"));
    assert!(page.header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));
    assert!(page.text.contains("<html lang=\"ko\">") && page.text.contains("<label for=\"username\">"));
    assert!(!page.text.contains("<script"));
    let secret = browser.form_secret(&query);
    let back = browser.form(&login, &[], &[("_csrf", &secret), ("username", "김하늘")]);
    assert_eq!((back.status, back.header("cache-control")), (302, "no-store"));
    assert!(back.header("location").starts_with(&format!("{}?code=", served.book())));
    assert_eq!(back.sent("state").unwrap(), "한글 &=#\"");

    let answer = browser.redeem(&back.sent("code").unwrap(), &[]);
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
    assert_eq!(answer.header("content-type"), "application/json;charset=UTF-8");
    let tokens = answer.json();
    assert_eq!(keys(&tokens), ["access_token", "expires_in", "id_token", "refresh_token", "token_type"]);
    assert_eq!((&tokens["expires_in"], &tokens["token_type"]), (&json!(3600), &json!("Bearer")));
    let (access, id) = (claims(&tokens["access_token"]), claims(&tokens["id_token"]));
    for token in [&access, &id] {
        assert_eq!(token["iss"], served.issuer);
        assert_eq!((&token["sub"], &token["origin_jti"]), (&access["sub"], &access["origin_jti"]));
        assert_eq!(token["auth_time"], access["auth_time"]);
        assert_eq!(token["exp"].as_i64().unwrap() - token["iat"].as_i64().unwrap(), 3600);
    }
    assert_ne!(access["jti"], id["jti"]);
    assert_eq!((&access["token_use"], &access["client_id"]), (&json!("access"), &json!(CLIENT)));
    assert_eq!((&access["scope"], &access["username"]), (&json!("openid book/users"), &json!("김하늘")));
    assert_eq!((&access["version"], access.get("aud")), (&json!(2), None));
    assert_eq!((&id["token_use"], &id["aud"]), (&json!("id"), &json!(CLIENT)));
    assert_eq!((&id["cognito:username"], &id["nonce"]), (&json!("김하늘"), &json!("n & m")));
    assert_eq!(tokens["refresh_token"].as_str().unwrap().len(), 43, "opaque");

    let known = browser.bearer("/api/me/users", &tokens["access_token"]);
    assert_eq!(known.status, 200, "{}", known.text);
    assert_eq!(known.json()["requestContext"]["authorizer"]["jwt"]["claims"]["sub"], access["sub"]);
    // An ID token has no scope: that is why routes ask for one.
    let with_id = browser.bearer("/api/me/users", &tokens["id_token"]);
    assert_eq!((with_id.status, with_id.text.as_str()), (403, r#"{"message":"Forbidden"}"#));
    let told = browser.bearer("/oauth2/userInfo", &tokens["access_token"]);
    assert_eq!((told.status, told.json()), (200, json!({"sub": access["sub"], "username": "김하늘"})));

    let log = LOG.text();
    let code = back.sent("code").unwrap();
    let secrets = ["access_token", "id_token", "refresh_token"].map(|name| tokens[name].as_str().unwrap());
    for secret in secrets.into_iter().chain([code.as_str(), VERIFIER, "김하늘"]) {
        assert!(!log.contains(secret), "{secret} stands in the log");
    }
}

#[test]
fn a_name_is_one_reader_however_often_and_wherever_they_sign_in() {
    let served = Served::start();
    let sub =
        |browser: &Browser<'_>, name: &str| claims(&browser.tokens(name)["access_token"])["sub"].clone();
    let first = sub(&served.browser(), "하늘");
    assert_eq!(sub(&served.browser(), "하늘"), first);
    assert_eq!(sub(&served.browser(), "\u{1112}\u{1161}\u{1102}\u{1173}\u{11af}"), first, "typed apart");
    assert_ne!(sub(&served.browser(), "바다"), first);
    // The sign-in without a browser is the same reader.
    let direct = served.browser().form(local::cognito::SIGN_IN, &[], &[("username", "하늘")]).json();
    assert_eq!(claims(&direct["access_token"])["sub"], first);
}

#[test]
fn who_is_signed_in_is_not_asked_again_for_an_hour() {
    let served = Served::start();
    let browser = served.browser();
    let first = claims(&browser.tokens("haneul")["access_token"]);
    served.wait(3599);
    let authorize = format!("/oauth2/authorize?{}", browser.query(&[("scope", "book/users")]));
    let at_once = browser.get(&authorize);
    assert!(at_once.header("location").starts_with(&served.book()), "{}", at_once.header("location"));
    let tokens = browser.redeem(&at_once.sent("code").unwrap(), &[]).json();
    assert_eq!(
        keys(&tokens),
        ["access_token", "expires_in", "refresh_token", "token_type"],
        "without openid"
    );
    let second = claims(&tokens["access_token"]);
    assert_eq!((&second["sub"], &second["auth_time"]), (&first["sub"], &first["auth_time"]));
    assert_ne!(second["origin_jti"], first["origin_jti"]);
    assert_eq!(second["scope"], "book/users");
    assert_eq!(browser.bearer("/oauth2/userInfo", &tokens["access_token"]).status, 401, "without openid");
    assert!(served.browser().get(&authorize).header("location").contains("/login?"), "another browser");
    served.wait(1);
    assert!(browser.get(&authorize).header("location").contains("/login?"), "after an hour");
}

#[test]
fn a_refresh_token_gives_new_tokens_for_thirty_days() {
    let served = Served::start();
    let browser = served.browser();
    let code = browser.code("haneul", &[("nonce", "n")]);
    let first = browser.redeem(&code, &[]).json();
    served.wait(30 * 86_400 - 1);
    let answer = browser.refresh(&first["refresh_token"]);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let second = answer.json();
    assert_eq!(keys(&second), ["access_token", "expires_in", "id_token", "token_type"]);
    let (before, after) = (claims(&first["access_token"]), claims(&second["access_token"]));
    for name in ["sub", "scope", "auth_time", "origin_jti", "username", "iss"] {
        assert_eq!(before[name], after[name], "{name}");
    }
    assert_ne!(before["jti"], after["jti"]);
    assert!(after["iat"].as_i64() > before["exp"].as_i64());
    assert_eq!(claims(&first["id_token"])["nonce"], "n");
    assert_eq!(claims(&second["id_token"]).get("nonce"), None);
    served.wait(1);
    let late = browser.refresh(&first["refresh_token"]);
    assert_eq!((late.status, late.text.as_str()), (400, r#"{"error":"invalid_grant"}"#));
}

#[test]
fn a_refresh_token_can_be_given_back() {
    let served = Served::start().with_echo();
    let browser = served.browser();
    let (one, other) = (browser.tokens("haneul"), browser.tokens("haneul"));
    let revoke = |pairs: &[(&str, &str)]| {
        let answer = browser.form("/oauth2/revoke", &[], pairs);
        (answer.status, answer.text)
    };
    let token = |name: &str| one[name].as_str().unwrap();
    let error = |status, code: &str| (status, format!(r#"{{"error":"{code}"}}"#));
    assert_eq!(revoke(&[("client_id", CLIENT)]), error(400, "invalid_request"));
    assert_eq!(revoke(&[("token", token("refresh_token"))]), error(401, "invalid_client"));
    assert_eq!(revoke(&[("client_id", "x"), ("token", "t")]), error(401, "invalid_client"));
    assert_eq!(
        revoke(&[("client_id", CLIENT), ("token", "a"), ("token", "b")]),
        error(400, "invalid_request")
    );
    for name in ["access_token", "id_token"] {
        let refused = revoke(&[("client_id", CLIENT), ("token", token(name))]);
        assert_eq!(refused, error(400, "unsupported_token_type"));
    }
    assert_eq!(revoke(&[("client_id", CLIENT), ("token", "nobody's")]), (200, String::new()));
    assert_eq!(browser.refresh(&one["refresh_token"]).status, 200, "nothing happened yet");

    assert_eq!(revoke(&[("client_id", CLIENT), ("token", token("refresh_token"))]), (200, String::new()));
    assert_eq!(browser.refresh(&one["refresh_token"]).text, r#"{"error":"invalid_grant"}"#);
    let told = browser.bearer("/oauth2/userInfo", &one["access_token"]);
    assert_eq!(told.status, 401);
    assert_eq!(
        told.header("www-authenticate"),
        r#"error="invalid_token", error_description="Access token is expired, disabled, or deleted, or the user has globally signed out.""#
    );
    // API Gateway looks at the token alone: it is good until it expires, there as here.
    assert_eq!(browser.bearer("/api/me/users", &one["access_token"]).status, 200);
    assert_eq!(browser.refresh(&other["refresh_token"]).status, 200, "another sign-in");
    assert_eq!(revoke(&[("client_id", CLIENT), ("token", token("refresh_token"))]), (200, String::new()));
}

#[test]
fn signing_out_ends_the_session_and_its_refresh_tokens() {
    let served = Served::start();
    let (browser, elsewhere) = (served.browser(), served.browser());
    let (here, there) = (browser.tokens("haneul"), elsewhere.tokens("haneul"));
    let authorize = format!("/oauth2/authorize?{}", browser.query(&[]));
    let logout = |query: &[(&str, &str)]| browser.get(&format!("/logout?{}", encoded(query)));
    let book = served.book();
    for query in [
        &[("logout_uri", book.as_str())][..],
        &[("client_id", "x"), ("logout_uri", &book)],
        &[("client_id", CLIENT)],
        &[("client_id", CLIENT), ("logout_uri", "https://evil.example/")],
        &[("client_id", CLIENT), ("logout_uri", &book[..book.len() - 1])],
        &[("client_id", CLIENT), ("logout_uri", &book), ("logout_uri", &book)],
        &[("client_id", CLIENT), ("logout_uri", &book), ("redirect_uri", &book)],
    ] {
        let refused = logout(query);
        assert_eq!((refused.status, refused.header("location")), (400, ""), "{query:?}");
        assert!(refused.text.contains("<h1>로그인할 수 없다</h1>"));
    }
    assert!(browser.get(&authorize).sent("code").is_some(), "still signed in");
    assert_eq!(browser.refresh(&here["refresh_token"]).status, 200);

    let out = logout(&[("client_id", CLIENT), ("logout_uri", &book)]);
    assert_eq!((out.status, out.header("location")), (302, book.as_str()));
    assert!(!browser.cookies.borrow().contains_key("cognito"));
    assert_eq!(browser.refresh(&here["refresh_token"]).text, r#"{"error":"invalid_grant"}"#);
    assert!(browser.get(&authorize).header("location").contains("/login?"));
    assert_eq!(elsewhere.refresh(&there["refresh_token"]).status, 200, "another browser");

    // The other form signs out and asks anew.
    let query = elsewhere.query(&[]);
    let again = elsewhere.get(&format!("/logout?{query}"));
    let authorize = format!("{}/oauth2/authorize?{query}", served.issuer);
    assert_eq!(
        (again.status, format!("{}{}", served.base, again.header("location"))),
        (302, authorize.clone())
    );
    assert!(elsewhere.get(&authorize).header("location").contains("/login?"));
    assert_eq!(elsewhere.refresh(&there["refresh_token"]).status, 400);
}
