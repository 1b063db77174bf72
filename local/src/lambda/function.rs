//! One function and its pool of execution environments, as callers and the Runtime API use it.
//! Knows the placement and environments; processes are started and ended in its submodules.

mod exchange;
mod freezing;
mod lifecycle;
mod overdue;
mod record;
mod view;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use nix::unistd::Pid;

pub use exchange::Refused;

use super::concurrency::{Account, Concurrency};
use super::environment::{Environment, Event, Exchange, Token};
use super::invocation::{Answer, Invocation, InvokeError, PAYLOAD_LIMIT};
use super::placement::{Arrival, Placement, Refusal, Rules};
use super::platform::{CPU_LIMIT_HOLDS, Package, Platform};
use super::process;
use super::snapshot::Counts;
use super::telemetry::{InvocationId, Kind, Limit, Recorder, Telemetry};
use lifecycle::Provisioning;
use template::{ACCOUNT, REGION};

/// How long, in ms, an event waits for an environment that is at work while others become free; about what a new one takes.
const PATIENCE: u64 = 10;

/// How soon those that wait for an environment at work are looked at again.
const LOOKS_AGAIN: Duration = Duration::from_millis(2);

/// A function: its configuration and its environments.
#[derive(Debug)]
pub struct Function {
    /// What template.yaml says of it.
    pub config: template::Function,
    /// `Lambda-Runtime-Invoked-Function-Arn`.
    pub arn: Bytes,
    platform: Arc<Platform>,
    concurrency: Concurrency,
    recorder: Recorder,
    /// The placement's time 0.
    since: Instant,
    pool: Mutex<Pool>,
}

#[derive(Debug)]
struct Pool {
    package: Option<Package>,
    placement: Placement<Token, Invocation>,
    environments: HashMap<Token, Environment>,
    provisioning: Provisioning,
    counts: Counts,
    /// Whether the events that wait are looked at again soon.
    looks_again: bool,
    /// Whether environments that have nothing to do are looked at again soon.
    freezes: bool,
}

impl Function {
    /// A function without a package: it starts nothing until [`Function::deliver`].
    pub fn new(
        config: template::Function,
        platform: Arc<Platform>,
        account: &Account,
        telemetry: &Telemetry,
    ) -> Self {
        let settings = &platform.settings;
        let placement = Placement::new(Rules {
            idle: ms(settings.time_scale.of(settings.idle)),
            most_age: ms(settings.time_scale.of(settings.most_age)),
            reserved: config.reserved,
            provisioned: config.provisioned,
            most_environments: settings.most_environments,
            most_waiting: settings.most_waiting,
            most_starting: platform.most_starting(),
            patience: PATIENCE,
            busy: platform.cores(),
        });
        let pool = Pool {
            package: None,
            placement,
            environments: HashMap::new(),
            provisioning: Provisioning::default(),
            counts: Counts::default(),
            looks_again: false,
            freezes: false,
        };
        Self {
            arn: format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", config.name).into(),
            concurrency: account.concurrency(&config),
            recorder: telemetry.recorder(&config.name),
            since: Instant::now(),
            pool: Mutex::new(pool),
            platform,
            config,
        }
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
    pub async fn invoke(self: &Arc<Self>, event: Bytes, trace_id: &str) -> Answer {
        if event.len() > PAYLOAD_LIMIT {
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
        let Some(permit) = self.concurrency.take() else {
            return Err(self.throttle(pool, id, Limit::Account));
        };
        invocation.admit(permit);
        let handed_over = match pool.placement.arrive(self.now(), invocation) {
            Ok(Arrival::Thaws(token, event)) => self.hand_over(pool, token, event),
            Ok(Arrival::Waits) => false,
            Err(Refusal::Throttled) => return Err(self.throttle(pool, id, Limit::Reserved)),
            Err(Refusal::Overloaded) => return Err(self.throttle(pool, id, Limit::Machine)),
        };
        if !handed_over {
            self.grow(pool);
            self.look_again(pool);
        }
        Ok(())
    }

    /// Turns an event away.
    fn throttle(&self, pool: &mut Pool, invocation: InvocationId, limit: Limit) -> InvokeError {
        pool.counts.throttles += 1;
        self.recorder.record(&"".into(), Kind::Throttled { invocation, limit });
        match limit {
            Limit::Machine => InvokeError::Overloaded,
            Limit::Account | Limit::Reserved => InvokeError::Throttled,
        }
    }

    /// Hands an event to an environment that has nothing to do. If its poll is gone it is dying: it ends, the event waits, and the
    /// answer is false.
    fn hand_over(&self, pool: &mut Pool, token: Token, invocation: Invocation) -> bool {
        let polls = pool.environments.get_mut(&token).and_then(|environment| {
            let pid = (*environment.pid.borrow())?;
            match std::mem::take(&mut environment.exchange) {
                Exchange::Poll(poll) if poll.is_closed() => {
                    process::kill(pid);
                    None
                }
                Exchange::Poll(poll) => Some((environment, pid, poll)),
                _ => None,
            }
        });
        let Some((environment, pid, poll)) = polls else {
            pool.placement.lost(self.now(), &token, invocation);
            return false;
        };
        if environment.awake.take().is_none() {
            process::thaw(pid);
            self.recorder.record(&environment.id, Kind::Thawed);
        }
        let event = self.begin(&mut pool.counts, environment, pid, invocation, Instant::now());
        // If the poll closes just now, the environment's exit answers the invocation.
        let _ = poll.send(event);
        true
    }

    /// An environment that is not frozen gets an event. The invocation may have begun before, with an init.
    fn begin(
        &self,
        counts: &mut Counts,
        environment: &mut Environment,
        pid: Pid,
        invocation: Invocation,
        started: Instant,
    ) -> Event {
        let id = invocation.id.clone();
        let event = environment.run(invocation, started, self.config.timeout);
        self.started(counts, environment, id);
        if started >= environment.cpu_limit_holds {
            process::allow_cpu(pid, self.platform.cpu_allowance(&self.config));
            environment.cpu_limit_holds = started + CPU_LIMIT_HOLDS;
        }
        self.platform.cpu.begin(pid, self.config.memory_mb);
        event
    }

    /// Looks after those that wait for an environment at work: it may not become free in time.
    fn look_again(self: &Arc<Self>, pool: &mut Pool) {
        if pool.looks_again || !pool.placement.is_patient(self.now()) {
            return;
        }
        pool.looks_again = true;
        let function = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(LOOKS_AGAIN).await;
            let pool = &mut *function.pool();
            pool.looks_again = false;
            function.grow(pool);
            function.look_again(pool);
        });
    }

    /// Thaws environments for events that do not wait any longer for others, a few at a time, and starts those that are lacking, as
    /// far as any may be started now.
    fn grow(self: &Arc<Self>, pool: &mut Pool) {
        if self.platform.is_stopping() {
            return;
        }
        for _ in 0..self.platform.most_starting() {
            let Some((token, event)) = pool.placement.thaw(self.now()) else { break };
            self.hand_over(pool, token, event);
        }
        for _ in 0..pool.placement.lacking(self.now()) {
            self.start(pool, false);
        }
        if pool.provisioning.is_due() {
            for _ in 0..pool.placement.unprovisioned(self.now()) {
                self.start(pool, true);
            }
        }
    }

    /// A new package: environments of the old one end as soon as they are free.
    pub fn deliver(self: &Arc<Self>, package: Package) {
        let pool = &mut *self.pool();
        pool.package = Some(package);
        pool.provisioning = Provisioning::default();
        self.end_all(pool);
        self.grow(pool);
    }
}

/// Whole ms; the placement's unit.
fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
