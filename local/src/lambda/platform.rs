//! What all functions share: the launcher, the CPU controller, the bounds of this machine, the variables of an environment.
//! Knows processes and environment variables; knows no pool.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::Child;

use super::cpu::Controller;
use super::environment::Environment;
use super::process::{Launch, Launcher};
use super::telemetry::{Kind, Recorder};
use template::REGION;

/// Bounds of this machine and what every environment is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long an environment may stay idle before it is ended. AWS publishes no figure.
    pub idle: Duration,
    /// The most environments of one function.
    pub most_environments: usize,
    /// The most events of one function that wait for an environment.
    pub most_waiting: usize,
    /// Where environments get their private working folders.
    pub folder: PathBuf,
    /// Variables beside Lambda's own, such as `AWS_ENDPOINT_URL_DYNAMODB`.
    pub variables: BTreeMap<String, String>,
    /// Function → the variables with the credentials of its role, which no other function gets.
    pub credentials: BTreeMap<String, BTreeMap<String, String>>,
}

/// A compiled function.
#[derive(Debug, Clone)]
pub struct Package {
    /// The binary, under a path that never gets another content.
    pub bootstrap: PathBuf,
}

/// What all functions share.
#[derive(Debug)]
pub struct Platform {
    /// See [`Settings`].
    pub settings: Settings,
    /// Starts processes.
    pub launcher: Launcher,
    /// Turns memory into CPU.
    pub cpu: Controller,
    /// Where the Runtime API listens.
    pub runtime_api: SocketAddr,
    stopping: AtomicBool,
}

impl Platform {
    /// Starts the launcher and the controller.
    ///
    /// # Errors
    /// A thread cannot be started.
    pub fn start(settings: Settings, runtime_api: SocketAddr) -> std::io::Result<Self> {
        let (launcher, cpu) = (Launcher::start()?, Controller::start()?);
        Ok(Self { settings, launcher, cpu, runtime_api, stopping: AtomicBool::new(false) })
    }

    /// From now on nothing is started any more.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Whether [`Platform::stop`] was called.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// The name of an environment's log stream.
    pub fn log_stream(&self, id: &str) -> String {
        let now = time::OffsetDateTime::now_utc();
        format!("{:04}/{:02}/{:02}/[$LATEST]{id}", now.year(), u8::from(now.month()), now.day())
    }

    /// What to start for an environment. `token` names it in the Runtime API's path: it is secret, random, and lives as
    /// long as the environment, so no other process can pose as it.
    pub fn launch(
        &self,
        function: &template::Function,
        package: &Package,
        token: &str,
        environment: &Environment,
    ) -> Launch {
        let folder = self.settings.folder.join(&*environment.id);
        let name = &function.name;
        let kind = if environment.provisioned { "provisioned-concurrency" } else { "on-demand" };
        let text = |value: &str| value.to_owned();
        // "Using Lambda environment variables": the list of defined runtime variables.
        let mut variables = BTreeMap::from([
            ("AWS_LAMBDA_RUNTIME_API", format!("http://{}/{name}/{token}", self.runtime_api)),
            ("AWS_LAMBDA_FUNCTION_NAME", name.clone()),
            ("AWS_LAMBDA_FUNCTION_VERSION", text("$LATEST")),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_mb.to_string()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", text(kind)),
            ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}")),
            ("AWS_LAMBDA_LOG_STREAM_NAME", environment.log_stream.clone()),
            ("AWS_LAMBDA_LOG_FORMAT", text("Text")),
            ("AWS_REGION", text(REGION)),
            ("AWS_DEFAULT_REGION", text(REGION)),
            ("_HANDLER", text("bootstrap")),
            (
                "LAMBDA_TASK_ROOT",
                package.bootstrap.parent().unwrap_or(&package.bootstrap).display().to_string(),
            ),
            ("TZ", text(":UTC")),
            ("LANG", text("en_US.UTF-8")),
            ("PATH", text("/usr/local/bin:/usr/bin:/bin")),
            ("TMPDIR", folder.display().to_string()),
        ])
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect::<BTreeMap<_, _>>();
        variables.extend(self.settings.variables.clone());
        variables.extend(self.settings.credentials.get(name).cloned().unwrap_or_default());
        variables.extend(function.environment.clone());
        let memory = u64::from(function.memory_mb) * 1024 * 1024;
        Launch { bootstrap: package.bootstrap.clone(), variables, folder, memory }
    }
}

/// Passes what a function prints to the log and to the live feed, line by line.
pub fn follow_output(recorder: &Recorder, id: &Arc<str>, log_stream: &str, child: &mut Child) {
    if let Some(output) = child.stdout.take() {
        tokio::spawn(follow(output, recorder.clone(), Arc::clone(id), log_stream.to_owned()));
    }
    if let Some(output) = child.stderr.take() {
        tokio::spawn(follow(output, recorder.clone(), Arc::clone(id), log_stream.to_owned()));
    }
}

/// Longer lines of a function's output are cut, so that no function can fill the host's memory.
const LONGEST_LINE: u64 = 16 * 1024;

async fn follow(output: impl AsyncRead + Unpin, recorder: Recorder, id: Arc<str>, log_stream: String) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    while let Ok(1..) = (&mut output).take(LONGEST_LINE).read_until(b'\n', &mut line).await {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        tracing::info!(target: "lambda", function = recorder.function(), log_stream, "{text}");
        recorder.record(&id, Kind::Function { line: text.into() });
        line.clear();
    }
}
