//! Starts Lambda with one function and invokes it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use local::lambda::telemetry::{Kind, Record};
use local::lambda::{EnvironmentSnapshot, EnvironmentStage, FunctionSnapshot, InvokeError, Lambda, Settings};
use serde_json::{Value, json};
use template::Function;

/// An example next to these tests, compiled once.
pub fn example(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        // Like the tests themselves, so that nothing is compiled twice; what cargo has told this test of its package would make
        // it compile some dependencies anew.
        let told = std::env::vars_os().map(|(name, _)| name).filter(|name| {
            let name = name.to_string_lossy();
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        let mut cargo = Command::new(env!("CARGO"));
        for name in told {
            cargo.env_remove(name);
        }
        let built = cargo
            .args(["build", "--quiet", "--workspace", "--example", "misbehaving", "--example", "panicking"])
            .status();
        assert!(built.unwrap().success());
        // <target>/debug/deps/lambda-… → <target>/debug/examples
        let test = std::env::current_exe().unwrap();
        test.parent().and_then(Path::parent).unwrap().join("examples")
    });
    folder.join(name)
}

/// Lambda with one function.
pub struct Bench {
    pub lambda: Lambda,
    _folder: tempfile::TempDir,
}

pub const NAME: &str = "Misbehaving";
const PACKAGE: &str = "misbehaving";

/// What the template would say of the function.
pub fn function() -> Function {
    Function {
        name: NAME.into(),
        package: PACKAGE.into(),
        memory_mb: 1769,
        timeout: Duration::from_secs(30),
        environment: BTreeMap::new(),
        reserved: None,
        provisioned: 0,
        schedules: Vec::new(),
        asynchronous: template::Asynchronous::default(),
    }
}

/// A function that does this at init.
pub fn at_init(deed: &str) -> Function {
    Function { environment: BTreeMap::from([("AT_INIT".into(), deed.into())]), ..function() }
}

impl Bench {
    /// Lambda with the misbehaving function.
    pub async fn start(function: Function) -> Self {
        Self::with(function, |_| {}).await
    }

    pub async fn with(function: Function, settings: impl FnOnce(&mut Settings)) -> Self {
        Self::of(function, settings, &example("misbehaving")).await
    }

    pub async fn of(function: Function, change: impl FnOnce(&mut Settings), bootstrap: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings {
            variables: BTreeMap::from([("AWS_ACCESS_KEY_ID".to_owned(), "AKIATEST".to_owned())]),
            // One environment, unless the test says otherwise: each call meets the one before.
            most_environments: 1,
            ..Settings::new(folder.path().to_owned())
        };
        change(&mut settings);
        let lambda = Lambda::start(&[function], settings).await.unwrap();
        lambda.deliver(PACKAGE, bootstrap.to_owned());
        Self { lambda, _folder: folder }
    }

    pub async fn send(&self, event: Value) -> Result<Value, InvokeError> {
        let answer = self.lambda.invoke(NAME, event.to_string().into(), "Root=1-0-0".into()).await?;
        Ok(serde_json::from_slice(&answer).unwrap())
    }

    /// Sends `{"do": deed}`.
    pub async fn tell(&self, deed: &str) -> Result<Value, InvokeError> {
        self.send(json!({"do": deed})).await
    }

    pub fn snapshot(&self) -> FunctionSnapshot {
        self.lambda.environments().remove(0)
    }

    /// Waits until what the function looks like is so.
    pub async fn until<T>(&self, mut so: impl FnMut(&FunctionSnapshot) -> Option<T>) -> T {
        let looking = async {
            loop {
                if let Some(found) = so(&self.snapshot()) {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), looking).await.expect("waited in vain")
    }

    /// Waits until the only environment is frozen.
    pub async fn frozen(&self) -> EnvironmentSnapshot {
        let idle = |one: &&EnvironmentSnapshot| one.stage == EnvironmentStage::Idle;
        self.until(|function| match &function.environments[..] {
            [environment] => Some(environment).filter(idle).cloned(),
            _ => None,
        })
        .await
    }

    /// Waits until there is no environment.
    pub async fn empty(&self) {
        self.until(|function| function.environments.is_empty().then_some(())).await;
    }

    /// The records so far of which `pick` makes something.
    pub fn records<T>(&self, pick: impl Fn(&Record, &Kind) -> Option<T>) -> Vec<T> {
        self.lambda.telemetry().recent().iter().filter_map(|record| pick(record, &record.kind)).collect()
    }
}

/// Whether there is a process with this id (and no zombie of one).
pub fn lives(pid: u64) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

/// Asks again and again until it is so.
pub async fn wait_for(mut so: impl FnMut() -> bool) {
    let waiting = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("waited in vain");
}
