//! What becomes of the messages of a batch.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use crate::bench::{ARN, Setup, bench};

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_message_ends_in_the_dead_letter_queue_and_the_other_nine_of_its_batch_run_once() {
    let bench = bench(Setup::new()).await;
    let poison = bench.send("poison");
    for number in 1..=9 {
        bench.send(&format!("good {number}"));
    }
    bench.deliver_to(10).await;
    bench.until("dead letter", |bench| bench.queue("Letters").visible == 1).await;
    let seen = bench.seen();
    assert_eq!(seen.len(), 9 + 3, "{seen:#?}");
    // All ten came in one batch, the first.
    let first: Vec<_> =
        seen[..10].iter().map(|record| &record["attributes"]["ApproximateReceiveCount"]).collect();
    assert!(first.iter().all(|count| **count == "1"), "{first:?}");
    let counts = bench.counts();
    assert_eq!(counts["poison"], 3);
    assert!((1..=9).all(|number| counts[&format!("good {number}")] == 1), "{counts:?}");
    let attempts: Vec<_> = seen.iter().filter(|record| record["body"] == "poison").collect();
    for (number, record) in attempts.iter().enumerate() {
        let count = (number + 1).to_string();
        assert_eq!(record["attributes"]["ApproximateReceiveCount"], json!(count));
        assert_eq!(record["messageId"], json!(poison));
        assert_eq!(record["messageAttributes"]["visitor"]["stringValue"], "0f");
    }
    let receipts: BTreeSet<_> = attempts.iter().map(|record| record["receiptHandle"].to_string()).collect();
    assert_eq!(receipts.len(), 3, "a receipt for each receive");
    let (queue, letters) = (bench.queue("Queue"), bench.queue("Letters"));
    assert_eq!((queue.visible, queue.in_flight, queue.deleted, queue.moved), (0, 0, 9, 1));
    let letter = &letters.messages[0];
    assert_eq!(
        (letter.id.as_str(), letter.body.as_str(), letter.receive_count),
        (poison.as_str(), "poison", 3)
    );
    assert_eq!(letter.dead_letter_of.as_deref(), Some(ARN));
    let mapping = queue.mapping.unwrap();
    assert_eq!((mapping.batches, mapping.failed_batches, mapping.problem), (3, 3, None));
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_failures_are_not_reported_one_takes_the_whole_batch_back_with_it() {
    tokio::join!(three("report", false), three("error", true), three("exit", true));
}

async fn three(how: &str, reports: bool) {
    let mut setup = Setup::new().failures(how).receives(2);
    setup.mapping.reports_failures = reports;
    setup.mapping.batch_size = 3;
    let bench = bench(setup).await;
    for body in ["good 1", "poison", "good 2"] {
        bench.send(body);
    }
    bench.deliver_to(3).await;
    if how == "report" {
        // Nobody listens to the report: everything counts as managed, the poison too.
        bench.until("deleted", |bench| bench.queue("Queue").deleted == 3).await;
        assert_eq!(bench.counts(), [("good 1", 1), ("good 2", 1), ("poison", 1)].map(owned).into());
    } else {
        bench.until("dead letters", |bench| bench.queue("Letters").visible == 3).await;
        assert_eq!(bench.counts(), [("good 1", 2), ("good 2", 2), ("poison", 2)].map(owned).into(), "{how}");
    }
    bench.lambda.stop().await;
}

fn owned((body, count): (&str, usize)) -> (String, usize) {
    (body.to_owned(), count)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_is_not_built_yet_loses_no_message_and_no_attempt() {
    let bench = bench(Setup::new()).await;
    bench.send("good");
    bench.until("a try", |bench| bench.queue("Queue").mapping.unwrap().polls > 1).await;
    bench.deliver();
    bench.until("deleted", |bench| bench.queue("Queue").deleted == 1).await;
    assert_eq!(bench.seen()[0]["attributes"]["ApproximateReceiveCount"], "1");
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_batch_is_tried_until_it_would_be_visible_again() {
    let mut setup = Setup::new();
    setup.function.reserved = Some(0);
    setup.queue.visibility_timeout = Duration::from_secs(30);
    let bench = bench(setup).await;
    bench.send("good");
    bench.deliver();
    bench.until("dead letter", |bench| bench.queue("Letters").visible == 1).await;
    assert!(bench.seen().is_empty(), "no environment may run");
    assert_eq!(bench.queue("Letters").messages[0].receive_count, 3);
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_batches_run_at_once_than_the_mapping_allows() {
    let mut setup = Setup::new();
    setup.mapping.batch_size = 1;
    let bench = bench(setup).await;
    for number in 0..40 {
        bench.send(&format!("good {number}"));
    }
    bench.deliver();
    bench.until("deleted", |bench| bench.queue("Queue").deleted == 40).await;
    let counts = bench.counts();
    assert_eq!((counts.len(), counts.values().max()), (40, Some(&1)));
    assert_eq!(bench.queue("Queue").mapping.unwrap().batches, 40);
    assert!(bench.environments() <= 2, "{}", bench.environments());
    bench.lambda.stop().await;
}
