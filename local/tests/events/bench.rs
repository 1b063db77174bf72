//! A function of its own behind a queue: real processes, the template's settings, a clock that runs fast.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use local::events::sqs::{Attribute, Content};
use local::events::{Events, QueueSnapshot, Sources};
use local::iam::Iam;
use local::lambda::{Lambda, Settings};
use serde_json::Value;
use template::policy::{Effect, ExecutionRole, Role, Statement};
use template::{Asynchronous, EventSourceMapping, Function, Queue, Redrive};

pub const ARN: &str = "arn:aws:sqs:ap-northeast-2:123456789012:Queue";
/// A minute is half a second.
const SCALE: &str = "120";

/// The example `batch`, compiled once.
static BATCH: LazyLock<PathBuf> = LazyLock::new(|| {
    let build = ["build", "--quiet", "--workspace", "--example", "batch"];
    assert!(Command::new(env!("CARGO")).args(build).status().unwrap().success());
    // <target>/debug/deps/events-… → <target>/debug/examples/batch
    let test = std::env::current_exe().unwrap();
    test.parent().and_then(Path::parent).unwrap().join("examples/batch")
});

/// What a test may change.
pub struct Setup {
    pub function: Function,
    pub queue: Queue,
    pub mapping: EventSourceMapping,
    pub actions: &'static [&'static str],
}

impl Setup {
    pub fn new() -> Self {
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

    pub fn receives(mut self, most: u32) -> Self {
        self.queue.redrive = Some(Redrive { queue: "Letters".into(), max_receive_count: most });
        self
    }

    pub fn failures(mut self, how: &str) -> Self {
        self.function.environment.insert("FAILURES".into(), how.into());
        self
    }
}

pub struct Bench {
    pub lambda: Lambda,
    pub events: Events,
    pub iam: Iam,
    bootstrap: PathBuf,
    seen: PathBuf,
    _folder: tempfile::TempDir,
}

pub fn statements(actions: &[&str]) -> Vec<Statement> {
    let actions = actions.iter().map(|action| format!("sqs:{action}")).collect();
    vec![Statement { effect: Effect::Allow, actions, resources: vec![ARN.to_owned()] }]
}

pub async fn bench(mut setup: Setup) -> Bench {
    // Before any clock runs: it may have to be compiled.
    let bootstrap = tokio::task::spawn_blocking(|| BATCH.clone()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    setup.function.environment.insert("SEEN".into(), seen.display().to_string());
    let settings = Settings {
        most_environments: 5,
        most_waiting: 10,
        time_scale: SCALE.parse().unwrap(),
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
    let events = Events::start(&sources, &lambda, &iam);
    Bench { lambda, events, iam, bootstrap, seen, _folder: folder }
}

impl Bench {
    /// From now on the function is there.
    pub fn deliver(&self) {
        self.lambda.deliver("batch", self.bootstrap.clone());
    }

    /// The same when all these messages are in the queue and nobody has any of them: the next receive takes them all.
    pub async fn deliver_to(&self, messages: usize) {
        self.until("all visible", |bench| bench.queue("Queue").visible == messages).await;
        self.deliver();
    }

    pub fn send(&self, body: &str) -> String {
        let role = Role { name: "Sender".into(), statements: statements(&["SendMessage"]) };
        let attribute = Attribute { data_type: "String".into(), value: "0f".into() };
        let content = Content { body: body.into(), attributes: [("visitor".to_owned(), attribute)].into() };
        self.events.sqs().send(&role, "Queue", content, None).unwrap().id
    }

    /// What the function was given, one after the other.
    pub fn seen(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.seen).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// How often it was given each body.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for record in self.seen() {
            *counts.entry(record["body"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        counts
    }

    /// How many environments it was given in.
    pub fn environments(&self) -> usize {
        let seen = self.seen();
        seen.iter().map(|line| line["environment"].to_string()).collect::<BTreeSet<_>>().len()
    }

    pub fn queue(&self, name: &str) -> QueueSnapshot {
        self.events.snapshot().into_iter().find(|queue| queue.name == name).unwrap()
    }

    /// Waits until this holds; every change of a queue is looked at.
    pub async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let mut changes = self.events.changes();
        let end = Instant::now() + Duration::from_secs(60);
        while !holds(self) {
            assert!(Instant::now() < end, "{what}: waited in vain\n{:#?}", self.events.snapshot());
            let _ = tokio::time::timeout(Duration::from_millis(50), changes.changed()).await;
        }
    }
}
