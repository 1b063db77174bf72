//! Parts of the system that say no, and what the caller of an HTTP API sees of each.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::json;

use crate::harness::{Answer, Local, alone};

const LIVE: &[&str] = &["/api/cold-start/plain-1769"];

fn burst(local: &Local, count: usize, path: &str) -> Vec<Answer> {
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..count).map(|_| scope.spawn(|| local.get(path))).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    })
}

fn tally(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        *tally.entry(answer.status).or_default() += 1;
        if answer.status != 200 {
            assert!(!answer.headers.contains_key("x-environment-id"), "no function was to be called");
            assert!(answer.headers.contains_key("apigw-requestid"));
        }
    }
    tally
}

#[test]
fn a_burst_over_the_route_s_bucket_is_429() {
    let _alone = alone();
    let local = Local::start(&[]).live(LIVE);
    let began = Instant::now();
    let answers = burst(&local, 20, "/api/cold-start/throttled");
    let took = began.elapsed();
    let tally = tally(&answers);
    // Five at once and one more every two seconds, for as long as the burst itself takes.
    let most = 5 + took.as_secs() as usize / 2 + 1;
    assert!((5..=most).contains(&tally[&200]) && tally[&200] + tally[&429] == 20, "{tally:?} in {took:?}");
    let refused = answers.iter().find(|answer| answer.status == 429).unwrap();
    assert_eq!(refused.body, json!({"message": "Too Many Requests"}));
    assert_eq!(local.get("/api/cold-start/plain-512").status, 200, "other routes are not touched");
}

// ANCHOR: reserved-test
#[test]
fn over_the_reserved_concurrency_is_503() {
    let _alone = alone();
    let local = Local::start(&[]).live(LIVE);
    let answers = burst(&local, 5, "/api/cold-start/reserved?wait=500");
    assert_eq!(tally(&answers), [(200, 1), (503, 4)].into());
    let refused = answers.iter().find(|answer| answer.status == 503).unwrap();
    assert_eq!(refused.body, json!({"message": "Service Unavailable"}));
    assert_eq!(local.get("/api/cold-start/reserved").status, 200, "once it is free it answers");
}
// ANCHOR_END: reserved-test

#[test]
fn over_the_integration_s_timeout_is_503_although_the_function_goes_on() {
    let _alone = alone();
    let local = Local::start(&[]).live(LIVE);
    let first = local.get("/api/cold-start/plain-512");
    local.stands_still("Plain512Function");
    let late = local.get("/api/cold-start/impatient?wait=500");
    assert_eq!((late.status, late.body), (503, json!({"message": "Service Unavailable"})));
    assert!(!late.headers.contains_key("x-environment-id") && !late.headers.contains_key("x-local-state"));
    // Nobody waits any more, but the environment is frozen only when it has answered, and has counted the call.
    local.stands_still("Plain512Function");
    let next = local.get("/api/cold-start/impatient");
    assert_eq!((next.status, &next.body["invocation"]), (200, &json!(3)));
    assert_eq!(next.body["environmentId"], first.body["environmentId"]);
}
