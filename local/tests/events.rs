//! Queues and schedules that drive a function of its own: real processes, the template's settings, a clock that runs fast.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use local::events::sqs::{Attribute, Content, Refusal};
use local::events::{Events, QueueSnapshot, Sources};
use local::iam::Iam;
use local::lambda::{Lambda, Settings};
use serde_json::{Value, json};
use template::policy::{Effect, ExecutionRole, Role, Statement};
use template::{Asynchronous, EventSourceMapping, Function, Queue, Redrive, Schedule};

const ARN: &str = "arn:aws:sqs:ap-northeast-2:123456789012:Queue";
/// A minute is half a second.
const SCALE: u32 = 120;

/// The example next to this test, compiled once.
fn bootstrap() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT
        .get_or_init(|| {
            let built = Command::new(env!("CARGO"))
                .args(["build", "--quiet", "--workspace", "--example", "batch"])
                .status();
            assert!(built.unwrap().success());
            // <target>/debug/deps/events-… → <target>/debug/examples/batch
            let test = std::env::current_exe().unwrap();
            test.parent().and_then(Path::parent).unwrap().join("examples/batch")
        })
        .clone()
}

/// What a test may change.
struct Setup {
    function: Function,
    queue: Queue,
    mapping: EventSourceMapping,
    actions: &'static [&'static str],
}

impl Setup {
    fn new() -> Self {
        let function = Function {
            name: "Batch".into(),
            package: "batch".into(),
            memory_mb: 1769,
            timeout: Duration::from_secs(5),
            environment: [("FAILURES".to_owned(), "report".to_owned())].into(),
            reserved: None,
            provisioned: 0,
            schedules: Vec::new(),
            asynchronous: Asynchronous::default(),
        };
        let queue = Queue {
            name: "Queue".into(),
            arn: ARN.into(),
            url: String::new(),
            // Two seconds of the machine's: longer than a cold start takes, however busy it is.
            visibility_timeout: Duration::from_secs(240),
            retention: Duration::from_secs(1_209_600),
            wait: Duration::from_secs(20),
            delay: Duration::ZERO,
            longest_message: 1_024,
            redrive: Some(Redrive { queue: "Letters".into(), max_receive_count: 3 }),
        };
        let mapping = EventSourceMapping {
            name: "Messages".into(),
            function: "Batch".into(),
            queue: "Queue".into(),
            batch_size: 10,
            window: Duration::ZERO,
            reports_failures: true,
            max_concurrency: Some(2),
        };
        Self { function, queue, mapping, actions: &["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"] }
    }

    fn receives(mut self, most: u32) -> Self {
        self.queue.redrive = Some(Redrive { queue: "Letters".into(), max_receive_count: most });
        self
    }

    fn failures(mut self, how: &str) -> Self {
        self.function.environment.insert("FAILURES".into(), how.into());
        self
    }
}

struct Bench {
    lambda: Lambda,
    events: Events,
    iam: Iam,
    bootstrap: PathBuf,
    seen: PathBuf,
    _folder: tempfile::TempDir,
}

fn statements(actions: &[&str]) -> Vec<Statement> {
    let actions = actions.iter().map(|action| format!("sqs:{action}")).collect();
    vec![Statement { effect: Effect::Allow, actions, resources: vec![ARN.to_owned()] }]
}

async fn bench(mut setup: Setup) -> Bench {
    // Before any clock runs: it may have to be compiled.
    let bootstrap = tokio::task::spawn_blocking(bootstrap).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    setup.function.environment.insert("SEEN".into(), seen.display().to_string());
    let settings = Settings {
        idle: Duration::from_secs(60),
        most_environments: 5,
        most_waiting: 10,
        ..Settings::new(folder.path().to_owned())
    };
    let functions = [setup.function];
    let lambda = Lambda::start(&functions, settings).await.unwrap();
    let letters = Queue {
        name: "Letters".into(),
        arn: ARN.replace("Queue", "Letters"),
        redrive: None,
        ..setup.queue.clone()
    };
    let roles = vec![ExecutionRole {
        function: "Batch".into(),
        name: "BatchRole".into(),
        statements: statements(setup.actions),
    }];
    let sources =
        Sources { functions: &functions, queues: &[setup.queue, letters], mappings: &[setup.mapping] };
    let iam = Iam::new(roles);
    let events = Events::start(&sources, &lambda, &iam, SCALE);
    Bench { lambda, events, iam, bootstrap, seen, _folder: folder }
}

impl Bench {
    /// From now on the function is there.
    fn deliver(&self) {
        self.lambda.deliver("batch", self.bootstrap.clone());
    }

    /// The same when all these messages are in the queue and nobody has any of them: the next receive takes them all.
    async fn deliver_to(&self, messages: usize) {
        self.until("all visible", |bench| bench.queue("Queue").visible == messages).await;
        self.deliver();
    }

    fn send(&self, body: &str) -> String {
        let role = Role { name: "Sender".into(), statements: statements(&["SendMessage"]) };
        let attribute = Attribute { data_type: "String".into(), value: "0f".into() };
        let content = Content { body: body.into(), attributes: [("visitor".to_owned(), attribute)].into() };
        self.events.sqs().send(&role, "Queue", content, None).unwrap().id
    }

    /// What the function was given, one after the other.
    fn seen(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.seen).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// How often it was given each body.
    fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for record in self.seen() {
            *counts.entry(record["body"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        counts
    }

    /// How many environments it was given in.
    fn environments(&self) -> usize {
        let seen = self.seen();
        seen.iter().map(|line| line["environment"].to_string()).collect::<BTreeSet<_>>().len()
    }

    fn queue(&self, name: &str) -> QueueSnapshot {
        self.events.snapshot().into_iter().find(|queue| queue.name == name).unwrap()
    }

    /// Waits until this holds; every change of a queue is looked at.
    async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let mut changes = self.events.changes();
        let end = Instant::now() + Duration::from_secs(60);
        while !holds(self) {
            assert!(Instant::now() < end, "{what}: waited in vain\n{:#?}", self.events.snapshot());
            let _ = tokio::time::timeout(Duration::from_millis(50), changes.changed()).await;
        }
    }
}

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
    bench.until("the problem", |bench| problem(bench).is_some()).await;
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
