//! Schedules and the asynchronous invocations they make.

use std::time::Duration;

use serde_json::json;
use template::Schedule;

use crate::bench::{Bench, Setup, bench};

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_fires_again_and_again_and_an_event_that_fails_is_tried_twice_more() {
    let mut setup = Setup::new();
    setup.function.schedules = vec![
        Schedule { name: "Tick".into(), every: Duration::from_secs(60), input: None },
        Schedule {
            name: "Broken".into(),
            every: Duration::from_secs(36_000),
            input: Some(r#"{"fail": true}"#.into()),
        },
    ];
    let bench = bench(setup).await;
    bench.deliver();
    let fired =
        |bench: &Bench| bench.seen().iter().filter(|event| event["source"] == "aws.scheduler").count();
    let failed = |bench: &Bench| bench.seen().iter().filter(|event| event["fail"] == true).count();
    bench.until("three ticks", |bench| fired(bench) >= 3 && failed(bench) == 3).await;
    let ticks = fired(&bench);
    bench.until("more ticks", |bench| fired(bench) >= ticks + 2).await;
    assert_eq!(failed(&bench), 3, "the first attempt and two more, not another");
    let seen = bench.seen();
    let tick = seen.iter().find(|event| event["source"] == "aws.scheduler").unwrap();
    assert_eq!((&tick["detail-type"], &tick["detail"]), (&json!("Scheduled Event"), &json!("{}")));
    bench.lambda.stop().await;
}
