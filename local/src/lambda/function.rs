//! One function's pool of execution environments: where an event goes, when an environment is started, frozen and ended.
//! Knows environments, processes and the CPU controller; the Runtime API and the callers only call in.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::unistd::Pid;
use tokio::sync::{oneshot, watch};

use super::environment::{Environment, Event, Finished, Phase, Running};
use super::invocation::{Answer, Invocation, InvokeError};
use super::platform::{Package, Platform};
use super::{log, process};
use crate::template;

/// On-demand init may take 10 s ("Understanding the Lambda execution environment lifecycle").
const INIT_LIMIT: Duration = Duration::from_secs(10);
/// An environment that has answered asks for its next event at once; an event waits this long for that before another
/// environment is started. Otherwise calls one after another would now and then meet two environments.
const ABOUT_TO_ASK: Duration = Duration::from_millis(100);

/// A function: its configuration and its environments.
#[derive(Debug)]
pub struct Function {
    /// What template.yaml says of it.
    pub config: template::Function,
    platform: Arc<Platform>,
    pool: Mutex<Pool>,
}

#[derive(Debug, Default)]
struct Pool {
    package: Option<Package>,
    generation: u64,
    environments: HashMap<String, Environment>,
    /// Tokens of idle environments; the one used last stands last and is taken first.
    idle: Vec<String>,
    waiting: VecDeque<Invocation>,
}

/// Why the Runtime API refuses a call.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// No environment has this token, or it is being ended.
    Unknown,
    /// Called out of order.
    InvalidStateTransition,
    /// Not the id of the invocation at hand, or answered already.
    InvalidRequestId,
}

impl Function {
    /// A function without a package: it starts nothing until [`Function::deliver`].
    pub fn new(config: template::Function, platform: Arc<Platform>) -> Self {
        Self { config, platform, pool: Mutex::default() }
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Invokes the function and waits for its answer. The invocation goes on if the caller stops waiting.
    ///
    /// # Errors
    /// Every way an invocation can end without an answer.
    pub async fn invoke(self: &Arc<Self>, event: bytes::Bytes, trace_id: String) -> Answer {
        if event.len() > super::invocation::PAYLOAD_LIMIT {
            return Err(InvokeError::TooLarge);
        }
        let (invocation, answered) = Invocation::new(event, trace_id);
        self.place(invocation)?;
        answered.await.unwrap_or_else(|_| Err(InvokeError::Exited { status: "the host is stopping".into() }))
    }

    /// Gives an event to the idle environment used last; without one it waits for the first that frees up or becomes ready.
    fn place(self: &Arc<Self>, mut invocation: Invocation) -> Result<(), InvokeError> {
        let mut pool = self.pool();
        if pool.package.is_none() {
            return Err(InvokeError::Building);
        }
        let running = pool.environments.values().filter(|one| matches!(one.phase, Phase::Running(_))).count();
        if self.config.reserved.is_some_and(|limit| running + pool.waiting.len() >= limit as usize) {
            return Err(InvokeError::Throttled);
        }
        while let Some(token) = pool.idle.pop() {
            match self.hand_over(&mut pool, &token, invocation) {
                None => return Ok(()),
                Some(back) => invocation = back,
            }
        }
        if pool.waiting.len() >= self.platform.settings.most_waiting {
            return Err(InvokeError::Overloaded);
        }
        pool.waiting.push_back(invocation);
        self.grow(&mut pool);
        Ok(())
    }

    /// Hands an event to an idle environment. An environment whose poll is gone is dying: it is ended and the event comes back.
    fn hand_over(&self, pool: &mut Pool, token: &str, invocation: Invocation) -> Option<Invocation> {
        let Some(environment) = pool.environments.get_mut(token) else { return Some(invocation) };
        let pid = *environment.pid.borrow();
        let (Phase::Idle { poll, .. }, Some(pid)) =
            (std::mem::replace(&mut environment.phase, Phase::Ending), pid)
        else {
            return Some(invocation);
        };
        if poll.is_closed() {
            process::kill(pid);
            return Some(invocation);
        }
        self.log(&environment.log_stream, &log::start(&invocation.request_id));
        let event = environment.run(invocation, self.config.timeout);
        process::thaw(pid);
        self.platform.cpu.begin(pid, self.config.memory_mb);
        // If the poll closes just now, the environment's exit answers the invocation.
        let _ = poll.send(event);
        None
    }

    /// Starts environments while more events wait than environments are about to be free, within this machine's bound.
    fn grow(self: &Arc<Self>, pool: &mut Pool) {
        let patient = pool.waiting.front().is_some_and(|first| first.arrived.elapsed() < ABOUT_TO_ASK);
        let about_to_be_free = |one: &&Environment| match one.phase {
            Phase::Init => !one.provisioned,
            Phase::Responded(_) => patient && one.generation == pool.generation,
            _ => false,
        };
        let expected = pool.environments.values().filter(about_to_be_free).count();
        let room = self.platform.settings.most_environments.saturating_sub(pool.environments.len());
        for _ in 0..pool.waiting.len().saturating_sub(expected).min(room) {
            self.start(pool, false);
        }
    }

    fn start(self: &Arc<Self>, pool: &mut Pool, provisioned: bool) {
        let Some(package) = pool.package.clone() else { return };
        let token = uuid::Uuid::new_v4().simple().to_string();
        let (announce, pid) = watch::channel(None);
        let environment = Environment {
            generation: pool.generation,
            provisioned,
            log_stream: self.platform.log_stream(&token),
            pid,
            started: Instant::now(),
            init: None,
            invocations: 0,
            phase: Phase::Init,
        };
        let launch = self.platform.launch(&self.config, &package, &token, &environment);
        let log_stream = environment.log_stream.clone();
        pool.environments.insert(token.clone(), environment);
        let function = Arc::clone(self);
        tokio::spawn(async move {
            let folder = launch.folder.clone();
            let status = match function.platform.launcher.launch(launch).await {
                Ok(mut process) => {
                    let _ = announce.send(Some(process.pid));
                    function.platform.follow_output(&function.config.name, &log_stream, &mut process.child);
                    match process.child.wait().await {
                        Ok(status) => status.to_string(),
                        Err(error) => error.to_string(),
                    }
                }
                Err(error) => format!("cannot start {}: {error}", package.bootstrap.display()),
            };
            function.exited(&token, status);
            let _ = tokio::fs::remove_dir_all(folder).await;
        });
    }

    /// The process of an environment has ended, or could not be started.
    fn exited(self: &Arc<Self>, token: &str, status: String) {
        let mut pool = self.pool();
        let Some(environment) = pool.environments.remove(token) else { return };
        pool.idle.retain(|idle| idle != token);
        if let Some(pid) = *environment.pid.borrow() {
            self.platform.cpu.end(pid);
        }
        let cold_init = environment.cold_init();
        match environment.phase {
            Phase::Running(running) => {
                self.report(&environment.log_stream, &running, cold_init, "error");
                let _ = running.answer.send(Err(InvokeError::Exited { status }));
            }
            Phase::Init => {
                let line = log::init_report(environment.started.elapsed(), "error", "Runtime.ExitError");
                self.log(&environment.log_stream, &line);
                // The event this environment was started for pays; otherwise a broken binary would be started for ever.
                // Nobody waits for a provisioned one: events spill over to environments of their own.
                if !environment.provisioned
                    && let Some(invocation) = pool.waiting.pop_front()
                {
                    let _ = invocation.answer.send(Err(InvokeError::Exited { status }));
                }
            }
            Phase::Idle { .. } | Phase::Responded(_) | Phase::Ending => {}
        }
        if !self.platform.is_stopping() {
            self.grow(&mut pool);
            if environment.init.is_some() {
                self.provision(&mut pool);
            }
        }
    }

    /// Keeps as many provisioned environments as the template asks for.
    fn provision(self: &Arc<Self>, pool: &mut Pool) {
        let wanted = self.config.provisioned as usize;
        let generation = pool.generation;
        let current = |one: &&Environment| one.provisioned && one.generation == generation;
        let have = pool.environments.values().filter(current).count();
        for _ in have..wanted {
            self.start(pool, true);
        }
    }

    /// A new binary: environments of the old one end as soon as they are free.
    pub fn deliver(self: &Arc<Self>, package: Package) {
        let mut pool = self.pool();
        pool.generation += 1;
        pool.package = Some(package);
        let idle = std::mem::take(&mut pool.idle);
        for token in idle {
            end(pool.environments.get_mut(&token));
        }
        self.provision(&mut pool);
    }

    /// `GET /invocation/next`: the end of init or of an invocation, and the wait for the next event.
    ///
    /// # Errors
    /// Called out of order, or by an environment that is being ended.
    pub async fn next(self: &Arc<Self>, token: &str) -> Result<Event, Refused> {
        let pid = self.pid(token).await.ok_or(Refused::Unknown)?;
        let waits = {
            let mut pool = self.pool();
            let generation = pool.generation;
            let environment = pool.environments.get_mut(token).ok_or(Refused::Unknown)?;
            match &environment.phase {
                Phase::Init => environment.init = Some(environment.started.elapsed()),
                Phase::Responded(finished) => self.finished(environment, finished, pid),
                Phase::Ending => return Err(Refused::Unknown),
                Phase::Idle { .. } | Phase::Running(_) => return Err(Refused::InvalidStateTransition),
            }
            if environment.generation != generation {
                end(Some(environment));
                return Err(Refused::Unknown);
            }
            match pool.waiting.pop_front() {
                Some(invocation) => {
                    let Some(environment) = pool.environments.get_mut(token) else {
                        return Err(Refused::Unknown);
                    };
                    self.log(&environment.log_stream, &log::start(&invocation.request_id));
                    let event = environment.run(invocation, self.config.timeout);
                    self.platform.cpu.begin(pid, self.config.memory_mb);
                    return Ok(event);
                }
                None => {
                    let (poll, waits) = oneshot::channel();
                    if let Some(environment) = pool.environments.get_mut(token) {
                        environment.phase = Phase::Idle { poll, since: Instant::now() };
                    }
                    pool.idle.push(token.to_owned());
                    process::freeze(pid);
                    waits
                }
            }
        };
        waits.await.map_err(|_| Refused::Unknown)
    }

    /// `POST /invocation/{id}/response` and `…/error`.
    ///
    /// # Errors
    /// The id is not that of the invocation at hand.
    pub async fn respond(&self, token: &str, request_id: &str, answer: Answer) -> Result<(), Refused> {
        let pid = self.pid(token).await.ok_or(Refused::Unknown)?;
        let mut pool = self.pool();
        let environment = pool.environments.get_mut(token).ok_or(Refused::Unknown)?;
        match &environment.phase {
            Phase::Running(running) if running.request_id == request_id => {}
            Phase::Init => return Err(Refused::InvalidStateTransition),
            _ => return Err(Refused::InvalidRequestId),
        }
        self.platform.cpu.end(pid);
        if let Phase::Running(running) = std::mem::replace(&mut environment.phase, Phase::Ending) {
            let (request_id, duration) = (running.request_id, running.started.elapsed());
            environment.phase = Phase::Responded(Finished { request_id, duration });
            let _ = running.answer.send(answer);
        }
        Ok(())
    }

    /// Ends what has lasted too long: idle environments, invocations over the timeout, inits over their limit.
    pub fn sweep(self: &Arc<Self>) {
        let mut pool = self.pool();
        let mut reclaimed = Vec::new();
        for (token, environment) in &mut pool.environments {
            let too_long = |since: Instant, limit: Duration| since.elapsed() >= limit;
            match &environment.phase {
                Phase::Idle { since, .. }
                    if !environment.provisioned && too_long(*since, self.platform.settings.idle) =>
                {
                    reclaimed.push(token.clone());
                    end(Some(environment));
                }
                Phase::Running(running) if too_long(running.started, self.config.timeout) => {
                    self.time_out(environment);
                }
                Phase::Init if too_long(environment.started, INIT_LIMIT) => {
                    let pid = *environment.pid.borrow();
                    pid.into_iter().for_each(process::kill);
                }
                _ => {}
            }
        }
        pool.idle.retain(|token| !reclaimed.contains(token));
        self.grow(&mut pool);
    }

    /// Ends an environment whose invocation has reached the function's `Timeout`.
    fn time_out(&self, environment: &mut Environment) {
        let Phase::Running(running) = std::mem::replace(&mut environment.phase, Phase::Ending) else {
            return;
        };
        let after = self.config.timeout;
        let line = format!("{} Task timed out after {:.2} seconds", running.request_id, after.as_secs_f64());
        self.log(&environment.log_stream, &line);
        self.report(&environment.log_stream, &running, environment.cold_init(), "timeout");
        let pid = *environment.pid.borrow();
        if let Some(pid) = pid {
            self.platform.cpu.end(pid);
            process::kill(pid);
        }
        let _ = running.answer.send(Err(InvokeError::TimedOut { after }));
    }

    /// Ends all environments at once; true when none is left.
    pub fn stop(&self) -> bool {
        let mut pool = self.pool();
        pool.waiting.clear();
        pool.idle.clear();
        for environment in pool.environments.values() {
            let pid = *environment.pid.borrow();
            pid.into_iter().for_each(process::kill);
        }
        pool.environments.is_empty()
    }

    async fn pid(&self, token: &str) -> Option<Pid> {
        let mut announced = self.pool().environments.get(token)?.pid.clone();
        let pid = announced.wait_for(Option::is_some).await.ok()?;
        *pid
    }

    fn finished(&self, environment: &Environment, finished: &Finished, pid: Pid) {
        if !log_enabled() {
            return;
        }
        let report = log::Report {
            request_id: finished.request_id.clone(),
            duration: finished.duration,
            init: environment.cold_init(),
            memory_mb: self.config.memory_mb,
            peak_memory: process::peak_memory(pid),
            status: None,
        };
        self.log(&environment.log_stream, &log::end(&finished.request_id));
        self.log(&environment.log_stream, &report.line());
    }

    /// END and REPORT of an invocation that gave no answer.
    fn report(&self, log_stream: &str, running: &Running, init: Option<Duration>, status: &'static str) {
        let report = log::Report {
            request_id: running.request_id.clone(),
            duration: running.started.elapsed(),
            init,
            memory_mb: self.config.memory_mb,
            peak_memory: None,
            status: Some(status),
        };
        self.log(log_stream, &log::end(&running.request_id));
        self.log(log_stream, &report.line());
    }

    fn log(&self, log_stream: &str, line: &str) {
        tracing::info!(target: "lambda", function = self.config.name, log_stream, "{line}");
    }
}

fn log_enabled() -> bool {
    tracing::enabled!(target: "lambda", tracing::Level::INFO)
}

/// Ends an environment that works on nothing.
fn end(environment: Option<&mut Environment>) {
    if let Some(environment) = environment {
        let pid = *environment.pid.borrow();
        pid.into_iter().for_each(process::kill);
        environment.phase = Phase::Ending;
    }
}
