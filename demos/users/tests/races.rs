//! Requests that want the same thing at the same moment: exactly one gets it.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use support::{Answer, Reader, engine, runtime};

/// Sends one request for each body at once, each through an environment of its own, as Lambda would.
async fn at_once(
    reader: &Reader,
    requests: impl IntoIterator<Item = (&'static str, &'static str, Option<&'static str>, String)>,
) -> Vec<Answer> {
    let mut tasks = Vec::new();
    for (method, path, if_match, body) in requests {
        let reader = Reader { visitor: reader.visitor.clone(), ..Reader::new().await };
        tasks.push(tokio::spawn(async move {
            let headers: Vec<_> = if_match.map(|tag| ("if-match", tag)).into_iter().collect();
            reader.send(method, path, &headers, Some(&body)).await
        }));
    }
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

fn statuses(answers: &[Answer], wanted: u16) -> usize {
    answers.iter().filter(|answer| answer.status == wanted).count()
}

#[test]
fn of_32_equal_creates_one_wins() {
    engine();
    runtime().block_on(async {
        let reader = Reader::new().await;
        let requests =
            (0..32).map(|number| ("POST", "/api/users", None, format!(r#"{{"id":5,"name":"n{number}"}}"#)));
        let answers = at_once(&reader, requests).await;
        assert_eq!((statuses(&answers, 201), statuses(&answers, 409)), (1, 31));
        let winner = answers.iter().find(|answer| answer.status == 201).unwrap();
        assert_eq!(reader.get("/api/users/5").await.body, winner.body);
    });
}

#[test]
fn creates_without_an_id_share_the_twenty_without_gap_or_clash() {
    engine();
    runtime().block_on(async {
        let reader = Reader::new().await;
        let requests =
            (0..24).map(|number| ("POST", "/api/users", None, format!(r#"{{"name":"n{number}"}}"#)));
        let answers = at_once(&reader, requests).await;
        let ids: BTreeSet<_> = answers.iter().filter_map(|answer| answer.body["id"].as_u64()).collect();
        assert_eq!(ids, (1..=20).collect());
        assert_eq!((statuses(&answers, 201), statuses(&answers, 409)), (20, 4));
    });
}

#[test]
fn of_many_replacements_of_one_version_one_succeeds() {
    engine();
    runtime().block_on(async {
        let reader = Reader::new().await;
        reader.post(r#"{"id":1,"name":"a"}"#).await;
        let requests = (0..16)
            .map(|number| ("PUT", "/api/users/1", Some("\"1\""), format!(r#"{{"name":"n{number}"}}"#)));
        let answers = at_once(&reader, requests).await;
        assert_eq!((statuses(&answers, 200), statuses(&answers, 412)), (1, 15));
        assert!(
            answers
                .iter()
                .filter(|answer| answer.status == 412)
                .all(|answer| answer.header("etag") == "\"2\"")
        );
        assert_eq!(reader.get("/api/users/1").await.body["version"], 2);
    });
}

#[test]
fn replacements_without_a_version_all_count() {
    engine();
    runtime().block_on(async {
        let reader = Reader::new().await;
        reader.post(r#"{"id":1,"name":"a"}"#).await;
        let requests =
            (0..16).map(|number| ("PUT", "/api/users/1", None, format!(r#"{{"name":"n{number}"}}"#)));
        let answers = at_once(&reader, requests).await;
        let versions: BTreeSet<_> =
            answers.iter().map(|answer| answer.body["version"].as_u64().unwrap()).collect();
        assert_eq!(versions, (2..=17).collect());
    });
}
