//! Freezes environments that have nothing to do.
//! Knows the pool; when an event thaws one is decided by the placement.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::environment::{Environment, Exchange};
use super::super::process;
use super::super::telemetry::Kind;
use super::{Function, Pool};

/// An environment is frozen when it has had nothing to do for this long. Stopping and continuing a process costs two switches to
/// it, so one that gets its next event at once is spared them; AWS does not say how soon it freezes.
const FREEZES_AFTER: Duration = Duration::from_millis(1);

impl Function {
    /// The environment has nothing to do from now on. `freezes` is the pool's.
    pub(super) fn freeze_soon(self: &Arc<Self>, freezes: &mut bool, environment: &mut Environment) {
        environment.awake = Some(Instant::now());
        if std::mem::replace(freezes, true) {
            return;
        }
        let function = Arc::clone(self);
        tokio::spawn(async move {
            let mut some_are_awake = true;
            while some_are_awake {
                tokio::time::sleep(FREEZES_AFTER).await;
                some_are_awake = function.freeze_idle();
            }
        });
    }

    /// Freezes those that have had nothing to do for long enough; true when others are to be frozen later.
    fn freeze_idle(&self) -> bool {
        let Pool { environments, freezes, .. } = &mut *self.pool();
        *freezes = false;
        for environment in environments.values_mut() {
            let (Some(since), Exchange::Poll(_)) = (environment.awake, &environment.exchange) else {
                continue;
            };
            if since.elapsed() < FREEZES_AFTER {
                *freezes = true;
                continue;
            }
            environment.awake = None;
            if let Some(pid) = *environment.pid.borrow() {
                process::freeze(pid);
            }
            self.tell(environment, Kind::Frozen, "");
        }
        *freezes
    }
}
