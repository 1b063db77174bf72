//! One function's pool of execution environments: carries out what the placement decides, with processes.
//! Knows environments, processes and the CPU controller; the Runtime API and the callers only call in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::unistd::Pid;
use tokio::sync::{oneshot, watch};

use super::environment::{Environment, Event, Exchange, Finished};
use super::invocation::{Answer, Invocation, InvokeError};
use super::placement::{Arrival, Freed, Placement, Refusal, Rules, Stage};
use super::platform::{Package, Platform, follow_output};
use super::snapshot::{Counts, EnvironmentSnapshot, EnvironmentStage, FunctionSnapshot};
use super::telemetry::{self, Kind, Limit, Outcome, Phase, Reason, Recorder, Telemetry};
use super::{log, process};

/// On-demand init may take 10 s ("Understanding the Lambda execution environment lifecycle").
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// A function: its configuration and its environments.
#[derive(Debug)]
pub struct Function {
    /// What template.yaml says of it.
    pub config: template::Function,
    platform: Arc<Platform>,
    recorder: Recorder,
    /// The placement's time 0.
    since: Instant,
    pool: Mutex<Pool>,
}

#[derive(Debug)]
struct Pool {
    package: Option<Package>,
    placement: Placement<String, Invocation>,
    /// By their tokens.
    environments: HashMap<String, Environment>,
    counts: Counts,
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

impl From<Refusal> for InvokeError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Throttled => Self::Throttled,
            Refusal::Overloaded => Self::Overloaded,
        }
    }
}

impl Function {
    /// A function without a package: it starts nothing until [`Function::deliver`].
    pub fn new(config: template::Function, platform: Arc<Platform>, telemetry: &Telemetry) -> Self {
        let settings = &platform.settings;
        let placement = Placement::new(Rules {
            idle: ms(settings.idle),
            reserved: config.reserved,
            provisioned: config.provisioned,
            most_environments: settings.most_environments,
            most_waiting: settings.most_waiting,
        });
        let recorder = telemetry.recorder(&config.name);
        let pool = Pool { package: None, placement, environments: HashMap::new(), counts: Counts::default() };
        Self { config, platform, recorder, since: Instant::now(), pool: Mutex::new(pool) }
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        ms(self.since.elapsed())
    }

    /// Invokes the function and waits for its answer. The invocation goes on if the caller stops waiting.
    ///
    /// # Errors
    /// Every way an invocation can end without an answer.
    pub async fn invoke(self: &Arc<Self>, event: bytes::Bytes, trace_id: &str) -> Answer {
        if event.len() > super::invocation::PAYLOAD_LIMIT {
            return Err(InvokeError::TooLarge);
        }
        let (invocation, answered) = Invocation::new(event, trace_id);
        self.place(invocation)?;
        answered.await.unwrap_or_else(|_| Err(InvokeError::Exited { status: "the host is stopping".into() }))
    }

    fn place(self: &Arc<Self>, mut invocation: Invocation) -> Result<(), InvokeError> {
        let pool = &mut *self.pool();
        if pool.package.is_none() {
            return Err(InvokeError::Building);
        }
        let id = invocation.id.clone();
        loop {
            match pool.placement.arrive(self.now(), invocation) {
                Ok(Arrival::Thaws(token, event)) => {
                    let Some(back) = self.hand_over(pool, &token, event) else { return Ok(()) };
                    pool.placement.end(&token);
                    invocation = back;
                }
                Ok(Arrival::Waits) => {
                    self.grow(pool);
                    return Ok(());
                }
                Err(refusal) => {
                    pool.counts.throttles += 1;
                    let limit = match refusal {
                        Refusal::Throttled => Limit::Reserved,
                        Refusal::Overloaded => Limit::Machine,
                    };
                    self.recorder.record(&"".into(), Kind::Throttled { invocation: id, limit });
                    return Err(refusal.into());
                }
            }
        }
    }

    /// Hands an event to a frozen environment. If its poll is gone it is dying: it is ended and the event comes back.
    fn hand_over(&self, pool: &mut Pool, token: &str, invocation: Invocation) -> Option<Invocation> {
        let Some(environment) = pool.environments.get_mut(token) else { return Some(invocation) };
        let pid = *environment.pid.borrow();
        let (Exchange::Poll(poll), Some(pid)) = (std::mem::take(&mut environment.exchange), pid) else {
            return Some(invocation);
        };
        if poll.is_closed() {
            process::kill(pid);
            return Some(invocation);
        }
        process::thaw(pid);
        self.recorder.record(&environment.id, Kind::Thawed);
        // If the poll closes just now, the environment's exit answers the invocation.
        let _ = poll.send(self.begin(&mut pool.counts, environment, pid, invocation));
        None
    }

    /// An invocation begins in an environment that is not frozen.
    fn begin(
        &self,
        counts: &mut Counts,
        environment: &mut Environment,
        pid: Pid,
        invocation: Invocation,
    ) -> Event {
        if log_enabled() {
            self.log(&environment.log_stream, &log::start(&invocation.id.request_id));
        }
        let event = environment.run(invocation, self.config.timeout);
        let cold = environment.cold_init().is_some();
        counts.invocations += 1;
        counts.cold_starts += u64::from(cold);
        if !environment.provisioned && self.config.provisioned > 0 {
            counts.provisioned_concurrency_spillover_invocations += 1;
        }
        self.recorder.record(&environment.id, Kind::Start { invocation: event.id.clone(), cold });
        self.platform.cpu.begin(pid, self.config.memory_mb);
        event
    }

    /// Starts the environments that waiting events lack.
    fn grow(self: &Arc<Self>, pool: &mut Pool) {
        for _ in 0..pool.placement.lacking(self.now()) {
            self.start(pool, false);
        }
    }

    /// Keeps as many provisioned environments as the template asks for.
    fn provision(self: &Arc<Self>, pool: &mut Pool) {
        for _ in 0..pool.placement.unprovisioned() {
            self.start(pool, true);
        }
    }

    fn start(self: &Arc<Self>, pool: &mut Pool, provisioned: bool) {
        let Some(package) = pool.package.clone() else { return };
        let random = || uuid::Uuid::new_v4().simple().to_string();
        let (token, id) = (random(), random());
        let (announce, pid) = watch::channel(None);
        let environment = Environment {
            provisioned,
            log_stream: self.platform.log_stream(&id),
            id: id.into(),
            pid,
            started: Instant::now(),
            init: None,
            invocations: 0,
            exchange: Exchange::Nothing,
            peak_memory: None,
            ended: None,
        };
        let init = Kind::InitStart {
            initialization_type: environment.initialization_type(),
            phase: Phase::Init,
            memory_size_mb: self.config.memory_mb,
        };
        self.recorder.record(&environment.id, init);
        let launch = self.platform.launch(&self.config, &package, &token, &environment);
        let (id, log_stream) = (Arc::clone(&environment.id), environment.log_stream.clone());
        pool.placement.start(token.clone(), provisioned);
        pool.environments.insert(token.clone(), environment);
        let function = Arc::clone(self);
        tokio::spawn(async move {
            let folder = launch.folder.clone();
            let status = match function.platform.launcher.launch(launch).await {
                Ok(mut process) => {
                    let _ = announce.send(Some(process.pid));
                    follow_output(&function.recorder, &id, &log_stream, &mut process.child);
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
    fn exited(self: &Arc<Self>, token: &String, status: String) {
        let pool = &mut *self.pool();
        let Some(mut environment) = pool.environments.remove(token) else { return };
        let failed = pool.placement.gone(token);
        if let Some(pid) = *environment.pid.borrow() {
            self.platform.cpu.end(pid);
        }
        if let Exchange::Running(running) = std::mem::take(&mut environment.exchange) {
            let (finished, answer) = running.finish();
            let outcome = Outcome::Error { error_type: "Runtime.ExitError".into() };
            self.done(&mut pool.counts, &environment, &finished, outcome, 0);
            self.report(&environment, &finished, None, Some("error"));
            let _ = answer.send(Err(InvokeError::Exited { status: status.clone() }));
        }
        if environment.init.is_none() {
            let took = environment.started.elapsed();
            let (end, kind) = match took >= INIT_LIMIT {
                true => ("timeout", "Sandbox.Timedout"),
                false => ("error", "Runtime.ExitError"),
            };
            self.log(&environment.log_stream, &log::init_report(took, end, kind));
            let outcome = match end {
                "timeout" => Outcome::Timeout,
                _ => Outcome::Error { error_type: kind.into() },
            };
            self.initialised(&environment, took, outcome);
        }
        let reason = environment.ended.unwrap_or(Reason::Crashed);
        self.recorder.record(&environment.id, Kind::Gone { reason, status: status.as_str().into() });
        if let Some(invocation) = failed {
            let _ = invocation.answer.send(Err(InvokeError::Exited { status }));
        }
        if !self.platform.is_stopping() {
            self.grow(pool);
            // A provisioned init that fails is not tried for ever.
            if environment.init.is_some() {
                self.provision(pool);
            }
        }
    }

    /// A new binary: environments of the old one end as soon as they are free.
    pub fn deliver(self: &Arc<Self>, package: Package) {
        let pool = &mut *self.pool();
        pool.package = Some(package);
        for token in pool.placement.renew() {
            end(pool.environments.get_mut(&token), Reason::Replaced);
        }
        self.provision(pool);
    }

    /// `GET /invocation/next`: the end of init or of an invocation, and the wait for the next event.
    ///
    /// # Errors
    /// Called out of order, or by an environment that is being ended.
    pub async fn next(self: &Arc<Self>, token: &String) -> Result<Event, Refused> {
        let pid = self.pid(token).await.ok_or(Refused::Unknown)?;
        let waits = {
            let pool = &mut *self.pool();
            let environment = pool.environments.get_mut(token).ok_or(Refused::Unknown)?;
            match pool.placement.stage(token) {
                Some(Stage::Init | Stage::Responded) => {}
                Some(Stage::Idle { .. } | Stage::Running) => return Err(Refused::InvalidStateTransition),
                Some(Stage::Ending) | None => return Err(Refused::Unknown),
            }
            if environment.init.is_none() {
                let took = environment.started.elapsed();
                environment.init = Some(took);
                self.initialised(environment, took, Outcome::Success);
            }
            if let Exchange::Answered(finished) = std::mem::take(&mut environment.exchange) {
                let peak_memory = environment.peak_memory(pid, log_enabled());
                self.report(environment, &finished, peak_memory, None);
            }
            match pool.placement.free(self.now(), token) {
                Freed::Runs(invocation) => {
                    return Ok(self.begin(&mut pool.counts, environment, pid, invocation));
                }
                Freed::Freezes => {
                    let (poll, waits) = oneshot::channel();
                    environment.exchange = Exchange::Poll(poll);
                    process::freeze(pid);
                    self.recorder.record(&environment.id, Kind::Frozen);
                    waits
                }
                Freed::Ends => {
                    end(Some(environment), Reason::Replaced);
                    return Err(Refused::Unknown);
                }
            }
        };
        waits.await.map_err(|_| Refused::Unknown)
    }

    /// `POST /invocation/{id}/response` and `…/error`.
    ///
    /// # Errors
    /// The id is not that of the invocation at hand.
    pub async fn respond(&self, token: &String, request_id: &str, answer: Answer) -> Result<(), Refused> {
        let pid = self.pid(token).await.ok_or(Refused::Unknown)?;
        let pool = &mut *self.pool();
        let environment = pool.environments.get_mut(token).ok_or(Refused::Unknown)?;
        match std::mem::take(&mut environment.exchange) {
            Exchange::Running(running) if *running.id.request_id == *request_id => {
                self.platform.cpu.end(pid);
                let (finished, caller) = running.finish();
                let (outcome, bytes) = match &answer {
                    Ok(payload) => (Outcome::Success, payload.len()),
                    Err(InvokeError::Reported { error_type }) => {
                        (Outcome::Error { error_type: error_type.as_str().into() }, 0)
                    }
                    Err(_) => (Outcome::Error { error_type: "Runtime.Unknown".into() }, 0),
                };
                self.done(&mut pool.counts, environment, &finished, outcome, bytes);
                environment.exchange = Exchange::Answered(finished);
                pool.placement.answered(token);
                let _ = caller.send(answer);
                Ok(())
            }
            other => {
                environment.exchange = other;
                Err(match environment.init {
                    None => Refused::InvalidStateTransition,
                    Some(_) => Refused::InvalidRequestId,
                })
            }
        }
    }

    /// Ends what has lasted too long: idle environments, invocations over the timeout, inits over their limit.
    pub fn sweep(self: &Arc<Self>) {
        let pool = &mut *self.pool();
        for token in pool.placement.reclaim(self.now()) {
            end(pool.environments.get_mut(&token), Reason::Idle);
        }
        for (token, environment) in &mut pool.environments {
            match &environment.exchange {
                Exchange::Running(running) if running.started.elapsed() >= self.config.timeout => {
                    pool.placement.end(token);
                    self.time_out(&mut pool.counts, environment);
                }
                _ if environment.init.is_none() && environment.started.elapsed() >= INIT_LIMIT => {
                    kill(environment, Reason::Timeout);
                }
                _ => {}
            }
        }
        self.grow(pool);
    }

    /// Ends an environment whose invocation has reached the function's `Timeout`.
    fn time_out(&self, counts: &mut Counts, environment: &mut Environment) {
        let Exchange::Running(running) = std::mem::take(&mut environment.exchange) else { return };
        let after = self.config.timeout;
        let (finished, answer) = running.finish();
        counts.timeouts += 1;
        self.done(counts, environment, &finished, Outcome::Timeout, 0);
        let line =
            format!("{} Task timed out after {:.2} seconds", finished.id.request_id, after.as_secs_f64());
        self.log(&environment.log_stream, &line);
        self.report(environment, &finished, None, Some("timeout"));
        if let Some(pid) = *environment.pid.borrow() {
            self.platform.cpu.end(pid);
        }
        kill(environment, Reason::Timeout);
        let _ = answer.send(Err(InvokeError::TimedOut { after }));
    }

    /// Ends all environments at once; true when none is left.
    pub fn stop(&self) -> bool {
        let mut pool = self.pool();
        pool.placement.stop();
        pool.environments.values_mut().for_each(|environment| kill(environment, Reason::Host));
        pool.environments.is_empty()
    }

    async fn pid(&self, token: &str) -> Option<Pid> {
        let mut announced = self.pool().environments.get(token)?.pid.clone();
        let pid = announced.wait_for(Option::is_some).await.ok()?;
        *pid
    }

    /// END and REPORT. `status` is `None` for an invocation that was answered.
    fn report(
        &self,
        environment: &Environment,
        finished: &Finished,
        peak_memory: Option<u64>,
        status: Option<&'static str>,
    ) {
        let report = log::Report {
            request_id: Arc::clone(&finished.id.request_id),
            duration: finished.duration,
            init: environment.cold_init(),
            memory_mb: self.config.memory_mb,
            peak_memory,
            status,
        };
        let outcome = match status {
            None => Outcome::Success,
            Some("timeout") => Outcome::Timeout,
            Some(_) => Outcome::Error { error_type: "Runtime.ExitError".into() },
        };
        let record = Kind::Report {
            invocation: finished.id.clone(),
            outcome,
            duration_ms: telemetry::ms(report.duration),
            billed_duration_ms: report.billed(),
            init_duration_ms: report.init.map(telemetry::ms),
            memory_size_mb: report.memory_mb,
            max_memory_used_mb: peak_memory.map(|bytes| bytes.div_ceil(1024 * 1024)),
        };
        self.recorder.record(&environment.id, record);
        if log_enabled() {
            self.log(&environment.log_stream, &log::end(&finished.id.request_id));
            self.log(&environment.log_stream, &report.line());
        }
    }

    /// Records that init is over.
    fn initialised(&self, environment: &Environment, took: Duration, outcome: Outcome) {
        let record = Kind::InitReport {
            initialization_type: environment.initialization_type(),
            phase: Phase::Init,
            duration_ms: telemetry::ms(took),
            outcome,
        };
        self.recorder.record(&environment.id, record);
    }

    /// Records that the runtime has answered, or will not any more.
    fn done(
        &self,
        counts: &mut Counts,
        environment: &Environment,
        finished: &Finished,
        outcome: Outcome,
        produced_bytes: usize,
    ) {
        counts.errors += u64::from(outcome != Outcome::Success);
        let record = Kind::RuntimeDone {
            invocation: finished.id.clone(),
            outcome,
            duration_ms: telemetry::ms(finished.duration),
            produced_bytes,
        };
        self.recorder.record(&environment.id, record);
    }

    /// What the function looks like now.
    pub fn snapshot(&self) -> FunctionSnapshot {
        let pool = &*self.pool();
        let mut environments: Vec<_> = pool.environments.iter().collect();
        environments.sort_unstable_by_key(|(_, environment)| environment.started);
        let environments = environments.into_iter().map(|(token, environment)| {
            let pid = *environment.pid.borrow();
            let memory = pid.and_then(process::memory);
            EnvironmentSnapshot {
                environment_id: Arc::clone(&environment.id),
                stage: match pool.placement.stage(token) {
                    Some(Stage::Init) => EnvironmentStage::Init,
                    Some(Stage::Idle { .. }) => EnvironmentStage::Idle,
                    Some(Stage::Running | Stage::Responded) => EnvironmentStage::Running,
                    Some(Stage::Ending) | None => EnvironmentStage::Ending,
                },
                initialization_type: environment.initialization_type(),
                age_ms: telemetry::ms(environment.started.elapsed()),
                init_ms: environment.init.map(telemetry::ms),
                invocations: environment.invocations,
                memory_bytes: memory.map(|memory| memory.now),
                peak_memory_bytes: memory.map(|memory| memory.peak),
                cpu_ms: pid.and_then(process::cpu_time).map(telemetry::ms),
            }
        });
        FunctionSnapshot {
            function: self.config.name.clone(),
            ready: pool.package.is_some(),
            memory_size_mb: self.config.memory_mb,
            timeout_ms: ms(self.config.timeout),
            reserved: self.config.reserved,
            provisioned: self.config.provisioned,
            waiting: pool.placement.waiting(),
            counts: pool.counts,
            environments: environments.collect(),
        }
    }

    fn log(&self, log_stream: &str, line: &str) {
        tracing::info!(target: "lambda", function = self.config.name, log_stream, "{line}");
    }
}

/// Whole ms; the placement's unit.
fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn log_enabled() -> bool {
    tracing::enabled!(target: "lambda", tracing::Level::INFO)
}

fn kill(environment: &mut Environment, reason: Reason) {
    environment.ended.get_or_insert(reason);
    if let Some(pid) = *environment.pid.borrow() {
        process::kill(pid);
    }
}

/// Ends an environment that works on nothing.
fn end(environment: Option<&mut Environment>, reason: Reason) {
    if let Some(environment) = environment {
        kill(environment, reason);
        environment.exchange = Exchange::Nothing;
    }
}
