//! Who may not send, receive or delete.

use std::collections::BTreeMap;

use local::events::sqs::{Content, Refusal};
use template::policy::Role;

use crate::bench::{Bench, Setup, bench, statements};

#[tokio::test(flavor = "multi_thread")]
async fn without_a_permission_the_queue_is_not_polled_or_messages_are_not_deleted() {
    for missing in ["ReceiveMessage", "GetQueueAttributes"] {
        let mut setup = Setup::new();
        setup.actions = match missing {
            "ReceiveMessage" => &["DeleteMessage", "GetQueueAttributes"],
            _ => &["ReceiveMessage", "DeleteMessage"],
        };
        let bench = bench(setup).await;
        bench.deliver();
        bench.send("good");
        let problem = |bench: &Bench| bench.queue("Queue").mapping.unwrap().problem;
        bench.until("the problem", |bench| problem(bench).is_some()).await;
        let expected =
            format!("The provided execution role does not have permissions to call {missing} on SQS");
        assert_eq!(problem(&bench), Some(expected));
        let queue = bench.queue("Queue");
        assert_eq!((queue.visible, queue.mapping.unwrap().polls), (1, 0));
        bench.lambda.stop().await;
    }
    let mut setup = Setup::new().receives(2);
    setup.actions = &["ReceiveMessage", "GetQueueAttributes"];
    let bench = bench(setup).await;
    bench.send("good");
    bench.deliver();
    bench.until("dead letter", |bench| bench.queue("Letters").visible == 1).await;
    assert_eq!(bench.counts(), [("good".to_owned(), 2)].into(), "managed twice, deleted never");
    let problem = bench.queue("Queue").mapping.unwrap().problem.unwrap();
    assert!(problem.contains("to call DeleteMessage on SQS"), "{problem}");
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_taken_away_stops_the_polling_and_given_back_lets_it_go_on() {
    let bench = bench(Setup::new()).await;
    bench.deliver();
    bench.send("good 1");
    bench.until("deleted", |bench| bench.queue("Queue").deleted == 1).await;
    bench.iam.take_away("BatchRole", "sqs:ReceiveMessage").unwrap();
    let problem = |bench: &Bench| bench.queue("Queue").mapping.unwrap().problem;
    // The receive that is under way still ends with a message.
    bench.send("good 2");
    let settled = |bench: &Bench| problem(bench).is_some() && bench.queue("Queue").in_flight == 0;
    bench.until("the problem", settled).await;
    let denied = bench.iam.denials().recent();
    assert_eq!(denied.last().unwrap().action, "sqs:ReceiveMessage");
    let deleted = bench.queue("Queue").deleted;
    bench.send("good 3");
    assert_eq!(bench.queue("Queue").visible, 1 + usize::from(deleted == 1));
    bench.iam.give_back("BatchRole", "sqs:ReceiveMessage").unwrap();
    bench.until("deleted", |bench| bench.queue("Queue").deleted == 3).await;
    assert_eq!(problem(&bench), None);
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_send_is_told_so_in_sqs_s_words() {
    let bench = bench(Setup::new()).await;
    let role = Role { name: "Sender".into(), statements: statements(&["ReceiveMessage"]) };
    let content = Content { body: "x".into(), attributes: BTreeMap::new() };
    let refused = bench.events.sqs().send(&role, "Queue", content, None).unwrap_err();
    let sentence = "User: arn:aws:sts::123456789012:assumed-role/Sender/BackplaneAssumeRoleSession is not authorized to \
                    perform: sqs:sendmessage on resource: arn:aws:sqs:ap-northeast-2:123456789012:Queue because no \
                    identity-based policy allows the sqs:sendmessage action";
    assert_eq!(refused, Refusal::Denied(sentence.to_owned()));
    assert_eq!(bench.queue("Queue").sent, 0);
    bench.lambda.stop().await;
}
