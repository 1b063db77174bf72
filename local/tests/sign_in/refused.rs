//! What must not work: each wrong request with its status, body or redirect, and nothing that follows from it.

use serde_json::{Value, json};

use local::cognito::SIGNED_IN;

use crate::browser::{Answer, Pairs, encoded};
use crate::key::{KEY, STRANGER, claims};
use crate::served::{CLIENT, NAMED, Served, VERIFIER};

fn no_session(answer: &Answer) {
    assert!(
        !answer
            .headers
            .get_all("set-cookie")
            .iter()
            .any(|cookie| cookie.to_str().unwrap().starts_with("cognito="))
    );
}

#[test]
fn a_request_of_nobody_knows_whom_is_sent_nowhere() {
    let served = Served::start();
    let browser = served.browser();
    let book = served.book();
    for changes in [
        &[("client_id", "")][..],
        &[("client_id", "another")],
        &[("redirect_uri", "")],
        &[("redirect_uri", "https://book.invalid/")],
        &[("redirect_uri", "https://evil.example/")],
        &[("redirect_uri", &format!("{}/", served.base))],
        &[("redirect_uri", &book[..book.len() - 1])],
        &[("redirect_uri", &format!("{book}index.html"))],
        &[("redirect_uri", &format!("{book}?next=/"))],
        &[("redirect_uri", &format!("{book}#"))],
        &[("redirect_uri", "javascript:alert(1)//")],
        &[("redirect_uri", &book), ("redirect_uri", &book)],
        &[("client_id", CLIENT), ("client_id", "\"><script>alert(1)</script>")],
    ] {
        for path in ["/oauth2/authorize", "/login"] {
            let answer = browser.get(&format!("{path}?{}", browser.query(changes)));
            assert_eq!((answer.status, answer.header("location")), (400, ""), "{path} {changes:?}");
            assert!(answer.text.contains("<h1>로그인할 수 없다</h1>") && !answer.text.contains("<script"));
            assert!(answer.header("content-security-policy").contains("form-action 'none'"));
        }
    }
    let long = browser.query(&[("state", &"s".repeat(5000))]);
    assert_eq!(browser.get(&format!("/oauth2/authorize?{long}")).status, 400);
    assert_eq!(browser.form(&format!("/oauth2/authorize?{}", browser.query(&[])), &[], &[]).status, 405);
}

#[test]
fn the_page_is_told_what_else_is_wrong_and_gets_its_state_back() {
    let served = Served::start();
    let browser = served.browser();
    let long = "l".repeat(600);
    for (changes, error) in [
        (&[("response_type", "")][..], "invalid_request"),
        (&[("response_type", "token")], "unauthorized_client"),
        (&[("response_type", "id_token")], "invalid_request"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("code_challenge", VERIFIER), ("code_challenge", VERIFIER)], "invalid_request"),
        (&[("code_challenge", "too-short")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("scope", "openid book/admin")], "invalid_scope"),
        (&[("scope", "aws.cognito.signin.user.admin")], "invalid_scope"),
        (&[("nonce", &long)], "invalid_request"),
        (&[("state", "")], "invalid_request"),
        (&[("state", "s\r\nset-cookie: a=b"), ("scope", "x")], "invalid_scope"),
    ] {
        for path in ["/oauth2/authorize", "/login"] {
            let answer = browser.get(&format!("{path}?{}", browser.query(changes)));
            assert_eq!(answer.status, 302, "{changes:?}");
            assert!(answer.header("location").starts_with(&format!("{}?error_description=", served.book())));
            assert_eq!(answer.sent("error").unwrap(), error, "{changes:?}");
            assert_eq!(answer.sent("code"), None);
            let state = changes
                .iter()
                .find(|(name, _)| *name == "state")
                .map_or("the page's own", |(_, state)| state);
            assert_eq!(answer.sent("state").unwrap_or_default(), state, "{changes:?}");
            assert_eq!(answer.header("set-cookie"), "");
        }
    }
}

#[test]
fn only_the_page_s_own_form_signs_a_reader_in() {
    let served = Served::start();
    let browser = served.browser();
    let login = format!("/login?{}", browser.query(&[]));
    let secret = browser.form_secret(&browser.query(&[]));
    let good = [("_csrf", secret.as_str()), ("username", "haneul")];
    for from in [
        &[("origin", "http://127.0.0.1:1")][..],
        &[("origin", "http://localhost:8000")],
        &[("origin", "null")],
        &[("origin", "https://evil.example")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
    ] {
        let refused = browser.form(&login, from, &good);
        assert_eq!((refused.status, refused.header("location")), (403, ""), "{from:?}");
        no_session(&refused);
    }
    let stranger = served.browser();
    let other = stranger.form_secret(&browser.query(&[]));
    assert_ne!(other, secret);
    for pairs in [
        &[("username", "haneul")][..],
        &[("_csrf", ""), ("username", "haneul")],
        &[("_csrf", &other), ("username", "haneul")],
        &[("_csrf", &secret[1..]), ("username", "haneul")],
        &[("_csrf", &secret), ("_csrf", &secret), ("username", "haneul")],
    ] {
        let refused = browser.form(&login, &[], pairs);
        assert_eq!((refused.status, refused.header("location")), (403, ""), "{pairs:?}");
        no_session(&refused);
    }
    assert_eq!(served.browser().form(&login, &[], &good).status, 403, "a browser without the cookie");
    let not_a_form = browser.send("POST", &login, &[("content-type", "text/plain")], &encoded(&good));
    assert_eq!(not_a_form.status, 400);
    let long = browser.form(&login, &[], &[("_csrf", &secret), ("username", &"a".repeat(5000))]);
    assert_eq!(long.status, 400);
    // A second tab keeps the first one's form good.
    assert_eq!(browser.form_secret(&browser.query(&[("state", "another")])), secret);
    let own = [("origin", served.base.as_str()), ("sec-fetch-site", "same-origin")];
    let back = browser.form(&login, &own, &good);
    assert_eq!(back.status, 302);
    assert!(back.sent("code").is_some());
}

#[test]
fn a_name_that_is_none_is_shown_as_text_and_may_be_mended() {
    let served = Served::start();
    let browser = served.browser();
    let query = browser.query(&[]);
    let secret = browser.form_secret(&query);
    for name in ["\"><script>alert(1)</script>", "<b a='", "a b", "", "\u{202e}a", "&amp;"] {
        let again = browser.form(&format!("/login?{query}"), &[], &[("_csrf", &secret), ("username", name)]);
        assert_eq!((again.status, again.header("location")), (400, ""), "{name}");
        assert!(again.text.contains("aria-invalid=\"true\"") && again.text.contains("role=\"alert\""));
        assert!(!again.text.contains("<script") && !again.text.contains("<b a"), "{}", again.text);
        let shown = name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let shown = shown.replace('"', "&quot;").replace('\'', "&#39;");
        assert!(again.text.contains(&format!("value=\"{shown}\"")), "{}", again.text);
        no_session(&again);
    }
}

#[test]
fn tokens_are_given_for_the_right_code_and_nothing_else() {
    let served = Served::start();
    let browser = served.browser();
    let grant = |changes: &Pairs<'_>| {
        let code = browser.code("haneul", &[]);
        let answer = browser.redeem(&code, changes);
        (answer.status, answer.text, code)
    };
    let wrong = "w".repeat(43);
    for (changes, error) in [
        (&[("code_verifier", wrong.as_str())][..], "invalid_grant"),
        (&[("code_verifier", "")], "invalid_request"),
        (&[("code_verifier", "short")], "invalid_request"),
        (&[("code_verifier", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")], "invalid_grant"),
        (&[("redirect_uri", &format!("{NAMED}{SIGNED_IN}"))], "invalid_grant"),
        (&[("redirect_uri", &served.base)], "invalid_grant"),
        (&[("redirect_uri", "")], "invalid_request"),
        (&[("code", "")], "invalid_request"),
        (&[("code", "0123")], "invalid_grant"),
        (&[("client_id", "")], "invalid_request"),
        (&[("client_id", "another")], "invalid_client"),
        (&[("client_secret", "s")], "invalid_client"),
        (&[("grant_type", "")], "invalid_request"),
        (&[("grant_type", "password")], "unsupported_grant_type"),
        (&[("grant_type", "client_credentials")], "unauthorized_client"),
        (&[("grant_type", "refresh_token")], "invalid_request"),
        (&[("code", "a"), ("code", "b")], "invalid_request"),
    ] {
        let (status, text, code) = grant(changes);
        assert_eq!((status, text), (400, format!(r#"{{"error":"{error}"}}"#)), "{changes:?}");
        // A code that was presented for a grant is spent, rightly or not; one that was not is still good.
        let tried = error == "invalid_grant" && changes.iter().all(|(name, _)| *name != "code");
        assert_eq!(browser.redeem(&code, &[]).status, if tried { 400 } else { 200 }, "{changes:?}");
    }

    let code = browser.code("haneul", &[]);
    let tokens = browser.redeem(&code, &[]).json();
    let again = browser.redeem(&code, &[]);
    assert_eq!((again.status, again.text.as_str()), (400, r#"{"error":"invalid_grant"}"#));
    assert_eq!(
        browser.refresh(&tokens["refresh_token"]).status,
        400,
        "a code used twice ends what came of it"
    );
    assert_eq!(browser.bearer("/oauth2/userInfo", &tokens["access_token"]).status, 401);

    let (late, in_time) = (browser.code("haneul", &[]), browser.code("haneul", &[]));
    served.wait(299);
    assert_eq!(browser.redeem(&in_time, &[]).status, 200);
    served.wait(1);
    assert_eq!(browser.redeem(&late, &[]).text, r#"{"error":"invalid_grant"}"#);

    // Sent back to another origin, a code is good there and nowhere else.
    let other = format!("{NAMED}{SIGNED_IN}");
    let code = browser.code("haneul", &[("redirect_uri", &other)]);
    assert_eq!(browser.redeem(&code, &[("redirect_uri", &other)]).status, 200);
}

#[test]
fn forms_are_forms_and_short() {
    let served = Served::start();
    let browser = served.browser();
    let body = json!({"grant_type": "authorization_code", "client_id": CLIENT}).to_string();
    for path in ["/oauth2/token", "/oauth2/revoke"] {
        for (kind, body) in [
            ("application/json", body.as_str()),
            ("text/plain", "grant_type=authorization_code"),
            ("multipart/form-data; boundary=a", "--a--"),
            ("application/x-www-form-urlencoded", &"a".repeat(5000)),
        ] {
            let answer = browser.send("POST", path, &[("content-type", kind)], body);
            assert_eq!(
                (answer.status, answer.text.as_str()),
                (400, r#"{"error":"invalid_request"}"#),
                "{path} {kind}"
            );
        }
        assert_eq!(browser.get(path).status, 405, "{path}");
    }
    let basic = browser.form(
        "/oauth2/token",
        &[("authorization", "Basic YTpi")],
        &[("grant_type", "refresh_token"), ("client_id", CLIENT), ("refresh_token", "t")],
    );
    assert_eq!(basic.text, r#"{"error":"invalid_client"}"#);
    let unknown = browser.refresh(&json!("nobody's"));
    assert_eq!((unknown.status, unknown.text.as_str()), (400, r#"{"error":"invalid_grant"}"#));
}

#[test]
fn answers_are_read_by_pages_of_named_origins_only() {
    let served = Served::start();
    let browser = served.browser();
    let port = served.base.rsplit_once(':').unwrap().1;
    let foreign = [format!("http://localhost:{port}1"), "http://localhost:8001".to_owned(), "*".to_owned()];
    for path in ["/oauth2/token", "/oauth2/revoke", "/oauth2/userInfo", "/.well-known/jwks.json"] {
        let method = if path.ends_with("token") || path.ends_with("revoke") { "POST" } else { "GET" };
        let from = |origin: &str| browser.send(method, path, &[("origin", origin)], "");
        for origin in [served.base.as_str(), NAMED] {
            let answer = from(origin);
            assert_eq!(answer.header("access-control-allow-origin"), origin, "{path}");
            assert_eq!(answer.header("vary"), "origin");
            assert_eq!(answer.header("access-control-allow-credentials"), "");
        }
        for origin in &foreign {
            assert_eq!(from(origin).header("access-control-allow-origin"), "", "{path} {origin}");
        }
    }
    let ask = |origin: &str| {
        let headers = [("origin", origin), ("access-control-request-method", "GET")];
        browser.send("OPTIONS", "/oauth2/userInfo", &headers, "")
    };
    let allowed = ask(NAMED);
    assert_eq!(
        (allowed.status, allowed.header("access-control-allow-headers")),
        (204, "authorization,content-type")
    );
    assert_eq!(ask("http://localhost:8001").header("access-control-allow-headers"), "");
    // The pages themselves are for nobody's script.
    let login = format!("/login?{}", browser.query(&[]));
    assert_eq!(
        browser.send("GET", &login, &[("origin", NAMED)], "").header("access-control-allow-origin"),
        ""
    );
}

#[test]
fn user_information_is_for_good_access_tokens() {
    let served = Served::start();
    let browser = served.browser();
    let tokens = browser.tokens("haneul");
    let good = claims(&tokens["access_token"]);
    for headers in [&[][..], &[("authorization", "Basic YTpi")], &[("authorization", "token")]] {
        let answer = browser.send("GET", "/oauth2/userInfo", headers, "");
        assert_eq!(answer.status, 400, "{headers:?}");
        assert!(answer.header("www-authenticate").starts_with(r#"error="invalid_request""#));
    }
    let key = &*KEY;
    let head = json!({"kid": key.id, "alg": "RS256"});
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    let status = |token: String| browser.bearer("/oauth2/userInfo", &Value::String(token)).status;
    assert_eq!(status(key.token(&head, &good)), 200, "the key of the tests is the issuer's");
    for claims in [
        with("iss", json!("http://127.0.0.1:1/")),
        with("token_use", json!("id")),
        with("scope", json!("book/users")),
        with("exp", json!(1)),
        with("exp", json!("soon")),
        json!([]),
    ] {
        assert_eq!(status(key.token(&head, &claims)), 401, "{claims}");
    }
    assert_eq!(status(STRANGER.token(&head, &good)), 401);
    assert_eq!(status(key.token(&json!({"kid": key.id, "alg": "none"}), &good)), 401);
    assert_eq!(browser.bearer("/oauth2/userInfo", &tokens["id_token"]).status, 401);
    served.wait(3600);
    assert_eq!(browser.bearer("/oauth2/userInfo", &tokens["access_token"]).status, 401);
}
