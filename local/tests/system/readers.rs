//! Signing in on this machine: the issuer's documents, tokens that are good everywhere and after a restart, and the wall.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::harness::{Answer, Local, alone};

const LIVE: &[&str] = &["/api/users"];

fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

fn me(local: &Local, method: &str, path: &str, token: &str, body: Option<&Value>) -> Answer {
    let authorization = format!("Bearer {token}");
    local.send(method, path, &[("authorization", authorization.as_str())], body)
}

#[test]
fn a_reader_signs_in_and_finds_the_same_users_again_after_a_restart() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let data = ["--data", folder.path().to_str().unwrap()];
    let local = Local::start(&data).live(LIVE);
    let token = local.sign_in("haneul");
    let created = me(&local, "POST", "/api/me/users", &token, Some(&json!({"id": 1, "name": "하늘"})));
    assert_eq!((created.status, created.headers["location"].as_str()), (201, "/api/me/users/1"));
    assert_eq!(me(&local, "GET", "/api/me/users/1", &token, None).body["name"], "하늘");
    let other = me(&local, "GET", "/api/me/users/1", &local.sign_in("bada"), None);
    assert_eq!((other.status, &other.body["error"]["code"]), (404, &json!("user_not_found")));

    // The token's issuer is an address of this server; its documents say so and hold the key.
    let says = claims(&token);
    let issuer = says["iss"].as_str().unwrap();
    let path = issuer.strip_prefix(&local.base).unwrap().to_owned();
    let discovery = local.get(&format!("{path}/.well-known/openid-configuration"));
    assert_eq!(discovery.body["issuer"], issuer);
    assert_eq!(discovery.body["jwks_uri"], format!("{issuer}/.well-known/jwks.json"));
    let keys = local.get(&format!("{path}/.well-known/jwks.json")).body;
    let head =
        serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap());
    assert_eq!(keys["keys"][0]["kid"], head.unwrap()["kid"]);
    for secret in ["d", "p", "q"] {
        assert_eq!(keys["keys"][0].get(secret), None, "{secret}");
    }
    assert_eq!(says["exp"].as_i64().unwrap() - says["iat"].as_i64().unwrap(), 3600);
    drop(local);

    let local = Local::start(&data).live(LIVE);
    let again = local.sign_in("haneul");
    assert_eq!(claims(&again)["sub"], says["sub"]);
    assert_eq!(me(&local, "GET", "/api/me/users/1", &again, None).body["name"], "하늘");
    assert_eq!(local.get(&format!("{path}/.well-known/jwks.json")).body, keys);
    // Another port is another issuer: what the old address gave is no longer good.
    assert_eq!(me(&local, "GET", "/api/me/users/1", &token, None).status, 401);
}

#[test]
fn a_token_without_the_scope_is_403_and_no_function_is_called() {
    let _alone = alone();
    let local = Local::start(&["--no-functions"]);
    let sign_in = |scope: &str| {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let form = [("username", "haneul"), ("scope", scope)];
        let url = format!("{}{}", local.base, local::cognito::SIGN_IN);
        agent.post(url).send_form(form).unwrap().body_mut().read_json::<Value>().unwrap()
    };
    let token = sign_in("openid")["access_token"].as_str().unwrap().to_owned();
    let denied = me(&local, "GET", "/api/me/users", &token, None);
    assert_eq!((denied.status, denied.body), (403, json!({"message": "Forbidden"})));
    assert_eq!(sign_in("book/admin")["error"], "invalid_scope");
    assert_eq!(sign_in(&"openid ".repeat(1000))["error"], "invalid_request", "longer than is read");
    // With it the authorizer lets it pass, and it is the function that is not there.
    let passed = me(&local, "GET", "/api/me/users", &local.sign_in("haneul"), None);
    assert_eq!((passed.status, passed.headers["x-local-state"].as_str()), (503, "building"));
}

#[test]
fn pages_of_other_origins_cannot_sign_in() {
    let _alone = alone();
    let local = Local::start(&["--no-functions"]);
    let port = local.base.rsplit_once(':').unwrap().1;
    let from = |origin: &str| {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let url = format!("{}{}", local.base, local::cognito::SIGN_IN);
        agent.post(url).header("origin", origin).send_form([("username", "haneul")]).unwrap()
    };
    assert_eq!(from(&local.base).status(), 200);
    for origin in [
        "https://book.example",
        "null",
        "http://127.0.0.1:1",
        "http://localhost:1",
        &format!("http://localhost:{port}"),
    ] {
        let answer = from(origin);
        assert_eq!(answer.status(), 403, "{origin}");
        assert!(!answer.headers().contains_key("access-control-allow-origin"), "{origin}");
    }
}
