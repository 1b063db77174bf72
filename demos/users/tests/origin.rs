//! Where the deployment has an origin secret, whoever goes around the distribution gets 403 and nothing else happens.

#![allow(clippy::unwrap_used)]

#[path = "support/log.rs"]
mod log;
mod support;
#[path = "support/trouble.rs"]
#[allow(dead_code)] // no trouble here: what is counted are the calls
mod trouble;

use environment::Birth;
use log::Log;
use serde_json::Value;
use support::{Function, Reader, TABLE, client, engine, namespaces, runtime, unlimited};
use tracing::level_filters::LevelFilter;
use trouble::Trouble;
use users::{Repository, app};

const SECRET: &str = "only-the-distribution-knows";

/// A function behind this secret, and what its table is asked.
async fn behind(secret: &str) -> (Reader, Trouble) {
    let (address, trouble) = Trouble::start(engine(), []).await;
    let repository = Repository::new(client(address).await, TABLE.to_owned());
    let environment = Birth::now().complete().unwrap().behind_origin(secret);
    let function: Function = environment.answering(app(repository, namespaces(), unlimited()));
    (Reader::of(function), trouble)
}

#[test]
fn without_the_secret_the_answer_is_403_and_no_table_is_asked() {
    let log = Log::default();
    let writer = log.clone();
    let lines = environment::log::lines(LevelFilter::INFO, move || writer.clone());
    tracing::subscriber::set_global_default(lines).unwrap();
    engine();
    runtime().block_on(async {
        let (reader, trouble) = behind(SECRET).await;
        let mut refused = 0;
        for wrong in [&[][..], &["guess"], &[""], &[SECRET, SECRET], &[SECRET, "guess"]] {
            let headers: Vec<_> = wrong.iter().map(|value| ("x-origin-secret", *value)).collect();
            for (method, path, body) in [
                ("POST", "/api/users", Some(r#"{"id":1,"name":"a"}"#)),
                ("GET", "/api/users", None),
                ("PUT", "/api/users/1", Some("no json")),
                ("DELETE", "/api/users/1", None),
                ("GET", "/api/me/users", None),
                ("GET", "/nowhere", None),
            ] {
                let answer = reader.send(method, path, &headers, body).await;
                assert_eq!(
                    (answer.status.as_u16(), answer.code()),
                    (403, "origin_bypassed"),
                    "{method} {path}"
                );
                assert_eq!(answer.header("content-type"), "application/json");
                assert_eq!(
                    (answer.header("cache-control"), answer.header("x-content-type-options")),
                    ("no-store", "nosniff")
                );
                assert!(!answer.text.contains(SECRET) && !answer.text.contains("guess"), "{}", answer.text);
                assert!(answer.headers.values().all(|value| !value.to_str().unwrap().contains("secret")));
                refused += 1;
            }
        }
        assert_eq!(trouble.calls(), [""; 0], "no refused request reaches the table");

        let right = [("x-origin-secret", SECRET)];
        let created = reader.send("POST", "/api/users", &right, Some(r#"{"id":1,"name":"a"}"#)).await;
        assert_eq!(created.status, 201, "{}", created.text);
        assert_eq!(trouble.calls(), ["PutItem"]);

        let lines = log.text();
        let codes = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["code"].clone());
        assert_eq!(codes.filter(|code| code == "origin_bypassed").count(), refused);
        assert!(!lines.contains(SECRET) && !lines.contains("guess"), "{lines}");
    });
}

#[test]
fn a_deployment_without_a_secret_lets_everybody_in() {
    engine();
    runtime().block_on(async {
        let (reader, _) = behind("").await;
        assert_eq!(reader.get("/api/users/1").await.status, 404);
        assert_eq!(reader.send("GET", "/api/users/1", &[("x-origin-secret", "any")], None).await.status, 404);
    });
}
