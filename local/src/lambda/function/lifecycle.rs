//! Environments are born and end: processes are started, watched until they exit, and started again where Lambda does so.
//! Knows the launcher and the pool.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::AbortHandle;
use uuid::Uuid;

use super::super::environment::{Environment, Exchange, Token};
use super::super::exit::Exit;
use super::super::invocation::{Invocation, InvokeError};
use super::super::output::Output;
use super::super::own_port;
use super::super::platform::{Address, Package};
use super::super::process::Launch;
use super::super::telemetry::{Outcome, Phase, Reason};
use super::exchange::reason;
use super::record::failure;
use super::{CPU_LIMIT_HOLDS, Function, Pool};

/// How often provisioned environments may fail to initialise, one after another, before they are given up.
const MOST_FAILURES: u32 = 5;

/// Provisioned environments that fail are tried again, later each time.
#[derive(Debug, Default)]
pub(super) struct Provisioning {
    failures: u32,
    not_before: Option<Instant>,
}

impl Provisioning {
    /// Whether one may be started now.
    pub fn is_due(&self) -> bool {
        self.failures < MOST_FAILURES && self.not_before.is_none_or(|at| Instant::now() >= at)
    }

    /// One has become ready.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// One has not; the next may be started after a second, after two, after four.
    fn failed(&mut self, function: &str) {
        self.failures += 1;
        self.not_before = Some(Instant::now() + Duration::from_secs(1 << (self.failures - 1).min(6)));
        if self.failures == MOST_FAILURES {
            tracing::warn!(
                function,
                "미리 준비하는 환경의 초기화가 {MOST_FAILURES}번 이어서 실패해 그만둔다. 함수를 고치면 다시 한다"
            );
        }
    }
}

impl Function {
    /// Starts an environment.
    pub(super) fn start(self: &Arc<Self>, pool: &mut Pool, provisioned: bool) {
        let Some(package) = pool.package.clone() else { return };
        let id = Uuid::new_v4().simple().to_string();
        let log_stream = self.platform.log_stream(&id).into();
        let token = Uuid::new_v4();
        pool.placement.start(self.now(), token, provisioned);
        self.launch(pool, &package, token, (id.into(), log_stream), provisioned, Exchange::Nothing);
    }

    /// Starts the process of an environment whose init has failed once more, inside the invocation that waits for it: Lambda's
    /// "suppressed init".
    fn start_again(self: &Arc<Self>, pool: &mut Pool, former: Environment, invocation: Invocation) {
        let Some(package) = pool.package.clone() else { return };
        let token = Uuid::new_v4();
        pool.placement.start_again(self.now(), token);
        let begun = Exchange::Begun { invocation: Box::new(invocation), started: Instant::now() };
        self.launch(pool, &package, token, (former.id, former.log_stream), false, begun);
    }

    fn launch(
        self: &Arc<Self>,
        pool: &mut Pool,
        package: &Package,
        token: Token,
        (id, log_stream): (Arc<str>, Arc<str>),
        provisioned: bool,
        exchange: Exchange,
    ) {
        let (announce, pid) = watch::channel(None);
        let phase = if matches!(exchange, Exchange::Begun { .. }) { Phase::Invoke } else { Phase::Init };
        let started = Instant::now();
        let environment = Environment {
            id,
            provisioned,
            log_stream,
            phase,
            pid,
            started,
            init: None,
            init_error: None,
            invocations: 0,
            awake: None,
            exchange,
            peak_memory: None,
            cpu_limit_holds: started + CPU_LIMIT_HOLDS,
            ended: None,
        };
        self.initialises(&environment);
        let address = match package.address {
            Address::BasePath => Ok((self.platform.base_path(&self.config.name, token), None)),
            Address::OwnPort => own_port::open(Arc::clone(self), token, environment.pid.clone())
                .map(|(address, server)| (address.to_string(), Some(server))),
        };
        let launch = address.map(|(address, server)| {
            (self.platform.launch(&self.config, package, address, &environment), server)
        });
        let output = (Arc::clone(&environment.id), Arc::clone(&environment.log_stream));
        pool.environments.insert(token, environment);
        let function = Arc::clone(self);
        let bootstrap = package.bootstrap.clone();
        tokio::spawn(async move {
            let exit = match launch {
                Ok((launch, server)) => function.live(token, launch, output, announce, server).await,
                Err(error) => Err(error),
            };
            let exit = exit.unwrap_or_else(|error| Exit::not_started(&bootstrap, &error));
            function.exited(token, &exit);
        });
    }

    /// Runs the process until it ends.
    ///
    /// # Errors
    /// It cannot be started.
    async fn live(
        self: &Arc<Self>,
        token: Token,
        launch: Launch,
        (id, log_stream): (Arc<str>, Arc<str>),
        announce: watch::Sender<Option<nix::unistd::Pid>>,
        server: Option<AbortHandle>,
    ) -> std::io::Result<Exit> {
        let folder = launch.folder.clone();
        let memory = launch.memory;
        let launched = self.platform.launcher.launch(launch).await;
        let exit = match launched {
            Ok(mut process) => {
                let output = Output::follow(&self.recorder, &id, &log_stream, &mut process.child);
                let _ = announce.send(Some(process.pid));
                self.kill_if_ended(token);
                let status = process.ended().await;
                let complained = output.end().await;
                let full = self.peak_memory(token).is_some_and(|peak| peak >= memory / 20 * 19);
                Ok(Exit::new(status, complained || full))
            }
            Err(error) => Err(error),
        };
        if let Some(server) = server {
            server.abort();
        }
        tokio::spawn(tokio::fs::remove_dir_all(folder));
        exit
    }

    /// The process was not known yet when the environment was ended, or the host.
    fn kill_if_ended(&self, token: Token) {
        if let Some(environment) = self.pool().environments.get_mut(&token)
            && let Some(reason) =
                environment.ended.or_else(|| self.platform.is_stopping().then_some(Reason::Host))
        {
            environment.kill(reason);
        }
    }

    /// The most memory the environment was seen to hold, bytes.
    fn peak_memory(&self, token: Token) -> Option<u64> {
        self.pool().environments.get(&token)?.peak_memory.map(|(bytes, _)| bytes)
    }

    /// The process of an environment has ended, or could not be started.
    fn exited(self: &Arc<Self>, token: Token, exit: &Exit) {
        let pool = &mut *self.pool();
        let Some(mut environment) = pool.environments.remove(&token) else { return };
        let waited = pool.placement.gone(&token);
        if let Some(pid) = *environment.pid.borrow() {
            self.platform.cpu.end(pid);
        }
        let stopping = self.platform.is_stopping();
        let outcome = failure(&environment, exit);
        if environment.init.is_none() && !stopping {
            self.initialised(&environment, environment.started.elapsed(), outcome.clone());
            if environment.provisioned {
                pool.provisioning.failed(&self.config.name);
            }
        }
        self.fail(pool, &mut environment, exit, outcome);
        match waited {
            Some(invocation) if !stopping => self.start_again(pool, environment, invocation),
            _ => self.gone(&environment, exit),
        }
        self.grow(pool);
    }

    /// Answers the invocation that the environment was working on.
    fn fail(&self, pool: &mut Pool, environment: &mut Environment, exit: &Exit, outcome: Outcome) {
        let memory = u64::from(self.config.memory_mb) * 1024 * 1024;
        let peak_memory = match exit.out_of_memory {
            true => Some(memory),
            false => environment.peak_memory.map(|(bytes, _)| bytes),
        };
        let error = || match (&environment.init_error, &exit.status) {
            (Some((error, _)), _) => {
                InvokeError::Reported { error_type: error.error_type.clone(), message: error.message.clone() }
            }
            (None, status) => InvokeError::Exited { status: status.clone() },
        };
        let counts = &mut pool.counts;
        match std::mem::take(&mut environment.exchange) {
            Exchange::Running(running) => {
                let (finished, caller) = running.finish();
                self.done(counts, environment, &finished, outcome.clone(), 0);
                self.report(environment, &finished, outcome, peak_memory);
                caller.answer(Err(error()));
            }
            Exchange::Begun { invocation, started } => {
                let error = error();
                environment.run(*invocation, started, self.config.timeout);
                let Exchange::Running(running) = std::mem::take(&mut environment.exchange) else { return };
                let (finished, caller) = running.finish();
                self.started(counts, environment, finished.id.clone());
                self.done(counts, environment, &finished, outcome.clone(), 0);
                self.report(environment, &finished, outcome, peak_memory);
                caller.answer(Err(error));
            }
            // It had answered, but an invocation ends with the next poll.
            Exchange::Answered { finished, .. } => self.report(environment, &finished, outcome, peak_memory),
            Exchange::Nothing | Exchange::Poll(_) | Exchange::TimedOut(_) => {}
        }
    }

    /// Takes environments of an older package out of service; those that work end when they are free.
    pub(super) fn end_all(&self, pool: &mut Pool) {
        for token in pool.placement.renew() {
            if let Some(environment) = pool.environments.get_mut(&token) {
                environment.kill(Reason::Replaced);
                environment.exchange = Exchange::Nothing;
            }
        }
    }

    /// Ends idle environments whose time is over.
    pub(super) fn reclaim(&self, pool: &mut Pool) {
        for (token, cause) in pool.placement.reclaim(self.now()) {
            if let Some(environment) = pool.environments.get_mut(&token) {
                environment.kill(reason(cause));
                environment.exchange = Exchange::Nothing;
            }
        }
    }

    /// Ends all environments at once; true when none is left.
    pub fn stop(&self) -> bool {
        let mut pool = self.pool();
        pool.placement.stop();
        pool.environments.values_mut().for_each(|environment| environment.kill(Reason::Host));
        pool.environments.is_empty()
    }
}
