//! The door in front of `/api/me`: who has no good access token is turned away by the gateway, and no function is called.
//! What needs the issuer's private key (expired, for another client, without the scope) is tested beside the authorizer.

use super::Check;
use crate::{
    answer::Answer,
    service::{Payload, Service},
};
use anyhow::{Result, ensure};
use serde_json::json;

const ROUTES: [(&str, &str); 5] = [
    ("GET", "/api/me/users"),
    ("POST", "/api/me/users"),
    ("GET", "/api/me/users/20"),
    ("PUT", "/api/me/users/20"),
    ("DELETE", "/api/me/users/20"),
];

/// Tokens that are none; the two long ones say `{"alg":"none"}` and `{"alg":"HS256"}` in front of `{"sub":"x"}`.
const BAD: [(&str, &str); 5] = [
    ("garbage", "Bearer garbage"),
    ("three empty parts", "Bearer .."),
    ("another scheme", "Basic c2t5OmJsdWU="),
    ("algorithm none", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."),
    ("algorithm HS256", "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.AAAA"),
];

fn turned_away(answer: Answer, challenge: &str) -> Result<()> {
    ensure!(
        answer.header("www-authenticate").starts_with(challenge),
        "expected www-authenticate: {challenge}\n{answer}"
    );
    answer.of_the_gateway(401, "Unauthorized")
}

pub(super) fn checks() -> Vec<Check> {
    let without = ROUTES.map(|(method, path)| {
        Check::new(format!("authorizer: {method} {path} without a token is 401"), move |service| {
            // Being a visitor does not help.
            let visitor = [("x-visitor", "0123456789abcdef0123456789abcdef")];
            turned_away(service.send(method, path, &visitor, Payload::Nothing)?, "Bearer")
        })
    });
    let bad = BAD.map(|(what, authorization)| {
        Check::new(format!("authorizer: {what} is 401"), move |service| {
            turned_away(get(service, "/api/me/users", authorization)?, "Bearer")
        })
    });
    without.into_iter().chain(bad).collect()
}

pub(super) fn checks_with(token: &str) -> Vec<Check> {
    let authorization = format!("Bearer {token}");
    let changed = format!("Bearer {}", with_one_letter_changed(token));
    vec![
        Check::new("authorizer: a token with one letter changed is 401", move |service| {
            turned_away(get(service, "/api/me/users", &changed)?, "Bearer")
        }),
        Check::new("authorizer: a signed-in reader creates, reads, replaces and deletes", move |service| {
            let send = |method: &str, path: &str, body: &str| {
                let headers =
                    [("authorization", authorization.as_str()), ("content-type", "application/json")];
                let payload =
                    if body.is_empty() { Payload::Nothing } else { Payload::Bytes(body.as_bytes()) };
                service.send(method, path, &headers, payload)?.of_a_function()
            };
            send("DELETE", "/api/me/users/19", "")?.status(204)?;
            let created = send("POST", "/api/me/users", r#"{"id":19,"name":"하나"}"#)?.status(201)?;
            let created = created.has("location", "/api/me/users/19")?.took_capacity()?;
            let read = send("GET", "/api/me/users/19", "")?.status(200)?;
            ensure!(read.body == created.body, "expected what was created\n{read}");
            let put = send("PUT", "/api/me/users/19", r#"{"name":"둘"}"#)?.status(200)?;
            ensure!(put.body["version"] == json!(2), "expected version 2\n{put}");
            send("DELETE", "/api/me/users/19", "")?.status(204)?;
            send("GET", "/api/me/users/19", "")?.refused(404, "user_not_found")?;
            Ok(())
        }),
    ]
}

fn get(service: &Service, path: &str, authorization: &str) -> Result<Answer> {
    service.send("GET", path, &[("authorization", authorization)], Payload::Nothing)
}

/// Another letter in the middle of the token, that is of its claims: the form stays, the signature no longer fits.
fn with_one_letter_changed(token: &str) -> String {
    let mut letters: Vec<char> = token.chars().collect();
    let middle = letters.len() / 2;
    if let Some(letter) = letters.iter_mut().skip(middle).find(|letter| **letter != '.') {
        *letter = if *letter == 'A' { 'B' } else { 'A' };
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_changes_wherever_the_dots_stand() {
        for (token, changed) in [("aa.bbb.cc", "aa.bAb.cc"), ("aa.AA", "aa.BA"), ("", "")] {
            assert_eq!(with_one_letter_changed(token), changed);
        }
    }
}
