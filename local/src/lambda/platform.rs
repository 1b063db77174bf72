//! What all functions share: the launcher, the CPU controller, the bounds of this machine, the variables of an environment.
//! Knows processes and environment variables; knows no pool.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::cpu::Controller;
use super::environment::{Environment, Token};
use super::launcher::Launcher;
use super::process::Launch;
use super::settings::Settings;
use super::telemetry::Phase;
use template::REGION;

/// A function's code.
#[derive(Debug, Clone)]
pub struct Package {
    /// What is run, under a path that never gets another content.
    pub bootstrap: PathBuf,
    /// Where the Runtime API is for it.
    pub address: Address,
}

/// How an environment's process finds its Runtime API in `AWS_LAMBDA_RUNTIME_API`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// `http://host:port/<function>/<secret>`: one listener for all. Rust's runtime client takes a base path.
    BasePath,
    /// `host:port`, as on AWS: a listener for this environment alone. Clients of other languages take no path.
    OwnPort,
}

impl Package {
    /// A package that starts with `bootstrap`. The functions of a template are Rust and get a base path; a script starts a
    /// runtime of another language and gets a port of its own.
    pub fn new(bootstrap: PathBuf) -> Self {
        let mut first = [0; 2];
        let read = File::open(&bootstrap).and_then(|mut file| file.read_exact(&mut first));
        let address = if read.is_ok() && first == *b"#!" { Address::OwnPort } else { Address::BasePath };
        Self { bootstrap, address }
    }
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
    /// The most CPUs a process can keep busy at once.
    cores: u32,
    stopping: AtomicBool,
}

impl Platform {
    /// Starts the launcher and the controller.
    ///
    /// # Errors
    /// A thread cannot be started.
    pub fn start(settings: Settings, runtime_api: SocketAddr) -> std::io::Result<Self> {
        let (launcher, cpu) = (Launcher::start()?, Controller::start()?);
        let cores =
            std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1));
        Ok(Self { settings, launcher, cpu, runtime_api, cores, stopping: AtomicBool::new(false) })
    }

    /// How many CPUs the machine has.
    pub fn cores(&self) -> usize {
        self.cores as usize
    }

    /// The most environments of one function that are started, or thawed for events that have waited, at about the same time: more
    /// would only take the CPUs from one another and from those that work.
    pub fn most_starting(&self) -> usize {
        2 * self.cores()
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

    /// The value of `AWS_LAMBDA_RUNTIME_API` that has a base path. `token` is secret, random, and lives as long as the
    /// environment, so no other process can pose as it.
    pub fn base_path(&self, function: &str, token: Token) -> String {
        format!("http://{}/{function}/{}", self.runtime_api, token.simple())
    }

    /// What to start for an environment, which finds its Runtime API at `address`.
    pub fn launch(
        &self,
        function: &template::Function,
        package: &Package,
        address: String,
        environment: &Environment,
    ) -> Launch {
        // A second init gets a folder of its own: that of the first is being removed.
        let folder = match environment.phase {
            Phase::Init => self.settings.folder.join(&*environment.id),
            Phase::Invoke => self.settings.folder.join(format!("{}-again", environment.id)),
        };
        let name = &function.name;
        let kind = if environment.provisioned { "provisioned-concurrency" } else { "on-demand" };
        let text = |value: &str| value.to_owned();
        // "Using Lambda environment variables": the list of defined runtime variables.
        let mut variables = BTreeMap::from([
            ("AWS_LAMBDA_RUNTIME_API", address),
            ("AWS_LAMBDA_FUNCTION_NAME", name.clone()),
            ("AWS_LAMBDA_FUNCTION_VERSION", text("$LATEST")),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_mb.to_string()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", text(kind)),
            ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}")),
            ("AWS_LAMBDA_LOG_STREAM_NAME", environment.log_stream.to_string()),
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
        let cpu =
            self.init_limit(function, environment.provisioned) * self.cores + self.cpu_allowance(function);
        Launch { bootstrap: package.bootstrap.clone(), variables, folder, memory, cpu }
    }

    /// How long an init may take.
    pub fn init_limit(&self, function: &template::Function, provisioned: bool) -> Duration {
        let limit = self.settings.init_limit;
        if provisioned { (limit * 13).max(function.timeout) } else { limit }
    }

    /// The CPU time an environment of this function may use during [`CPU_LIMIT_HOLDS`] and one invocation more. It is no
    /// share of a CPU (that is the controller's work) but what ends a process that nobody watches any more.
    pub fn cpu_allowance(&self, function: &template::Function) -> Duration {
        (CPU_LIMIT_HOLDS + function.timeout) * self.cores + Duration::from_secs(1)
    }
}

/// A limit of CPU time is set anew only so often, because that costs a warm call two system calls.
pub const CPU_LIMIT_HOLDS: Duration = Duration::from_secs(30);
