//! What the template says of queues, of what polls them and of schedules: read, left to AWS or refused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use template::policy::{Decision, Target};
use template::{Asynchronous, Function, Integration, Queue, Redrive, Stack, System};

const STACK: Stack<'_> = Stack {
    id: "arn:aws:cloudformation:ap-northeast-2:123456789012:stack/local/0123",
    origin: "http://127.0.0.1:3000",
};

/// A part of the project's template instead of another; what it does not contain is an error of the test.
fn changed(from: &str, to: &str) -> Result<System, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join("template.yaml")).unwrap();
    assert!(text.contains(from), "the template no longer contains `{from}`");
    let text = text.replacen(from, to, 1);
    template::parse("template.yaml", &text, &BTreeMap::new(), STACK).map_err(|error| error.to_string())
}

fn project() -> System {
    changed("", "").unwrap()
}

fn queue(system: &System, name: &str) -> Queue {
    system.queues.iter().find(|queue| queue.name == name).unwrap().clone()
}

fn function(system: &System, name: &str) -> Function {
    system.functions.iter().find(|function| function.name == name).unwrap().clone()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn the_project_s_queues_and_what_polls_them() {
    let system = project();
    let events = queue(&system, "EventQueue");
    assert_eq!(events.visibility_timeout, seconds(30));
    assert_eq!((events.retention, events.wait, events.delay), (seconds(3600), seconds(20), seconds(0)));
    assert_eq!(events.longest_message, 1024);
    assert_eq!(events.redrive, Some(Redrive { queue: "EventLetters".into(), max_receive_count: 5 }));
    assert_eq!(events.arn, "arn:aws:sqs:ap-northeast-2:123456789012:EventQueue");
    let letters = queue(&system, "EventLetters");
    assert_eq!((letters.retention, letters.redrive), (seconds(86_400), None));
    let [mapping] = &system.event_source_mappings[..] else { panic!("{:?}", system.event_source_mappings) };
    assert_eq!((mapping.function.as_str(), mapping.queue.as_str()), ("EventsFunction", "EventQueue"));
    assert_eq!((mapping.batch_size, mapping.window), (10, seconds(1)));
    assert_eq!((mapping.reports_failures, mapping.max_concurrency), (true, Some(2)));
}

#[test]
fn the_project_s_schedules() {
    let system = project();
    let warm = function(&system, "WarmFunction");
    let input: serde_json::Value = serde_json::from_str(warm.schedules[0].input.as_deref().unwrap()).unwrap();
    assert_eq!((warm.schedules[0].every, &input["rawPath"]), (seconds(300), &"/api/cold-start/warm".into()));
    assert_eq!(warm.asynchronous, Asynchronous { retries: 0, ..Asynchronous::default() });
    let events = function(&system, "EventsFunction");
    assert_eq!((events.schedules[0].every, &events.schedules[0].input), (seconds(300), &None));
    assert_eq!(events.asynchronous, Asynchronous { retries: 2, age: seconds(21_600) });
}

#[test]
fn the_route_to_the_queue_sends_in_the_name_of_its_own_role() {
    let system = project();
    let route =
        system.api.routes.iter().find(|route| route.key.to_string() == "POST /api/events/queue").unwrap();
    let Integration::SendMessage(send) = &route.integration else { panic!("{route:?}") };
    assert_eq!((send.queue.as_str(), send.attributes[0].name.as_str()), ("EventQueue", "visitor"));
    let queue = Target::Arn(queue(&system, "EventQueue").arn);
    assert_eq!(send.role.decide("sqs:SendMessage", &queue), Decision::Allowed);
    assert_eq!(send.role.decide("sqs:ReceiveMessage", &queue), Decision::NotAllowed);
    let role = system.roles.iter().find(|role| role.function == "EventsFunction").unwrap();
    for action in ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"] {
        assert_eq!(role.decide(&format!("sqs:{action}"), &queue), Decision::Allowed, "{action}");
    }
    assert_eq!(role.decide("sqs:SendMessage", &queue), Decision::NotAllowed);
    assert_eq!(route.integration.function(), None);
}

#[test]
fn where_sam_makes_the_role_it_may_poll_the_queue() {
    let system = changed("      Role: !GetAtt EventsRole.Arn\n", "").unwrap();
    let role = system.roles.iter().find(|role| role.function == "EventsFunction").unwrap();
    let queue = Target::Arn(queue(&system, "EventQueue").arn);
    for action in ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"] {
        assert_eq!(role.decide(&format!("sqs:{action}"), &queue), Decision::Allowed, "{action}");
    }
    assert_eq!(role.decide("sqs:SendMessage", &queue), Decision::NotAllowed);
}

#[test]
fn every_property_of_a_queue_counts() {
    let read =
        |from: &str, to: &str| queue(&changed(from, to).unwrap_or_else(|e| panic!("{e}")), "EventQueue");
    assert_eq!(read("VisibilityTimeout: 30", "VisibilityTimeout: 60").visibility_timeout, seconds(60));
    assert_eq!(read("MessageRetentionPeriod: 3600", "MessageRetentionPeriod: 60").retention, seconds(60));
    let wait = read("ReceiveMessageWaitTimeSeconds: 20", "ReceiveMessageWaitTimeSeconds: 5").wait;
    assert_eq!(wait, seconds(5));
    let wait = read("ReceiveMessageWaitTimeSeconds: 20", "DelaySeconds: 7");
    assert_eq!((wait.wait, wait.delay), (seconds(0), seconds(7)));
    let size = read("MaximumMessageSize: 1024", "MaximumMessageSize: 2048").longest_message;
    assert_eq!(size, 2048);
    let count = read("maxReceiveCount: 5", "maxReceiveCount: 7").redrive.unwrap().max_receive_count;
    assert_eq!(count, 7);
    let system = changed("VisibilityTimeout: 30", "VisibilityTimeout: 30\n      QueueName: mail").unwrap();
    assert_eq!(queue(&system, "mail").arn, "arn:aws:sqs:ap-northeast-2:123456789012:mail");
}

#[test]
fn every_property_of_an_event_source_counts() {
    let read = |from: &str, to: &str| {
        changed(from, to).unwrap_or_else(|error| panic!("{error}")).event_source_mappings
    };
    assert_eq!(read("BatchSize: 10", "BatchSize: 3")[0].batch_size, 3);
    assert_eq!(read("            BatchSize: 10\n", "")[0].batch_size, 10);
    let window = "MaximumBatchingWindowInSeconds: 1";
    assert_eq!(read(window, "MaximumBatchingWindowInSeconds: 5")[0].window, seconds(5));
    assert_eq!(read("MaximumConcurrency: 2", "MaximumConcurrency: 3")[0].max_concurrency, Some(3));
    assert!(!read("            FunctionResponseTypes: [ReportBatchItemFailures]\n", "")[0].reports_failures);
    assert_eq!(read("            BatchSize: 10\n", "            Enabled: false\n"), []);
}

#[test]
fn every_property_of_a_schedule_counts() {
    let read = |from: &str, to: &str| {
        function(&changed(from, to).unwrap_or_else(|error| panic!("{error}")), "EventsFunction")
    };
    let expression = "        EveryFiveMinutes:\n          Type: ScheduleV2\n          Properties:\n            ScheduleExpression: rate(5 minutes)\n";
    let with = |to: &str| read(expression, &format!("{}{to}", expression.replace("5 minutes", "2 hours")));
    assert_eq!(with("").schedules[0].every, seconds(7200));
    assert_eq!(with("            Input: '[1]'\n").schedules[0].input.as_deref(), Some("[1]"));
    assert_eq!(with("            State: DISABLED\n").schedules, []);
    let retry = "            RetryPolicy: {MaximumRetryAttempts: 1}\n";
    let system = changed(expression, &format!("{expression}{retry}")).unwrap();
    assert!(system.deploy_only.to_string().contains("AWS::Serverless::Function.ScheduleV2: RetryPolicy\n"));
    let config = "      EventInvokeConfig: {MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 60}\n      Events:\n        # Without";
    let changed = read("      Events:\n        # Without", config);
    assert_eq!(changed.asynchronous, Asynchronous { retries: 1, age: seconds(60) });
}

#[test]
fn what_this_machine_cannot_honour_is_an_error_with_its_place() {
    let sends = "        QueueUrl: !Ref EventQueue\n";
    for (from, to, expected) in [
        ("VisibilityTimeout: 30", "VisibilityTimeout: 43201", "43201 seconds is outside 0–43200"),
        ("VisibilityTimeout: 30", "FifoQueue: true", "does not honour `FifoQueue`"),
        (
            "VisibilityTimeout: 30",
            "VisibilityTimeout: 4",
            "Queue visibility timeout: 4 seconds is less than Function timeout: 5 seconds",
        ),
        ("MaximumMessageSize: 1024", "MaximumMessageSize: 1023", "1023 bytes is outside 1024–1048576"),
        ("maxReceiveCount: 5", "maxReceiveCount: 0", "0 receives are outside 1–1000"),
        ("maxReceiveCount: 5", "maxReceives: 5", "`maxReceives` is no part of a redrive policy"),
        ("!GetAtt EventLetters.Arn", "!GetAtt EventQueue.Arn", "of another queue of this template"),
        ("Type: SQS", "Type: SNS", "only events of type ScheduleV2 and SQS"),
        ("Type: ScheduleV2", "Type: Schedule", "only events of type ScheduleV2 and SQS"),
        ("Queue: !GetAtt EventQueue.Arn", "Queue: !Ref EventQueue", "must be `!GetAtt <queue>.Arn`"),
        ("BatchSize: 10", "BatchSize: 10001", "10001 messages is outside 1–10000"),
        ("MaximumBatchingWindowInSeconds: 1", "MaximumBatchingWindowInSeconds: 301", "outside 0–300"),
        (
            "BatchSize: 10\n            MaximumBatchingWindowInSeconds: 1",
            "BatchSize: 11",
            "a BatchSize above 10 needs MaximumBatchingWindowInSeconds",
        ),
        ("[ReportBatchItemFailures]", "[ReportFailures]", "the only FunctionResponseTypes is"),
        ("MaximumConcurrency: 2", "MaximumConcurrency: 1", "1 invocations at once is outside 2–1000"),
        ("BatchSize: 10", "FilterCriteria: {}", "does not honour `FilterCriteria`"),
        ("Input: !Sub >-", "Input: not JSON\n            Name: !Sub >-", "Input is not JSON"),
        (
            "            ScheduleExpression: rate(5 minutes)\n",
            "            State: ENABLED\n",
            "lacks ScheduleExpression",
        ),
        ("rate(5 minutes)", "rate(5 seconds)", "only `rate(N minutes|hours|days)`"),
        ("rate(5 minutes)", "rate(5 minutes)\n            StartDate: x", "does not honour `StartDate`"),
        ("MaximumRetryAttempts: 0", "MaximumRetryAttempts: 3", "3 retries is outside 0–2"),
        ("MaximumRetryAttempts: 0", "DestinationConfig: {}", "`DestinationConfig` of EventInvokeConfig"),
        (
            "IntegrationSubtype: SQS-SendMessage",
            "IntegrationSubtype: SQS-ReceiveMessage",
            "the only IntegrationSubtype",
        ),
        ("!GetAtt EventSenderRole.Arn", "!GetAtt EventQueue.Arn", "CredentialsArn"),
        ("      CredentialsArn: !GetAtt EventSenderRole.Arn\n", "", "lacks `CredentialsArn`"),
        (sends, "        QueueUrl: !GetAtt EventQueue.Arn\n", "must be `!Ref <queue>`"),
        (sends, "", "RequestParameters lack `QueueUrl`"),
        (
            sends,
            "        QueueUrl: !Ref EventQueue\n        MessageGroupId: a\n",
            "the parameter `MessageGroupId`",
        ),
        (
            sends,
            "        QueueUrl: !Ref EventQueue\n        DelaySeconds: $request.header.x\n",
            "a mapped one",
        ),
        ("MessageBody: $request.body", "MessageBody: $request.cookie.x", "`$request.cookie.x`"),
        ("${request.header.x-visitor}", "${request.header.x-visitor", "MessageAttributes"),
        ("\"DataType\": \"String\"", "\"DataType\": \"Binary\"", "only the DataTypes String and Number"),
    ] {
        let error = changed(from, to).map(|_| ()).expect_err(&format!("{from} -> {to}"));
        let line = error.lines().find(|line| line.contains(expected));
        let line = line.unwrap_or_else(|| panic!("{from} -> {to}: {error}"));
        let mut place = line.split(':').skip(1).take(2).map(|number| number.parse::<usize>().unwrap());
        assert!(place.all(|number| number > 0), "{line}");
    }
}
