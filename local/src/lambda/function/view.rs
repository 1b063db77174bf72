//! What a function and its environments look like at one moment.
//! Reads the pool and the processes; changes nothing.

use std::sync::Arc;

use super::super::environment::{Environment, Exchange};
use super::super::placement::Stage;
use super::super::process;
use super::super::snapshot::{EnvironmentSnapshot, EnvironmentStage, FunctionSnapshot};
use super::super::telemetry;
use super::{Function, ms};

impl Function {
    /// What it looks like now.
    pub fn snapshot(&self) -> FunctionSnapshot {
        let pool = &*self.pool();
        let mut environments: Vec<_> = pool.environments.iter().collect();
        environments.sort_unstable_by_key(|(_, environment)| environment.started);
        let environments = environments
            .into_iter()
            .map(|(token, environment)| view(environment, pool.placement.stage(token)));
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
}

fn view(environment: &Environment, stage: Option<Stage>) -> EnvironmentSnapshot {
    let pid = *environment.pid.borrow();
    let memory = pid.and_then(process::memory);
    EnvironmentSnapshot {
        environment_id: Arc::clone(&environment.id),
        stage: match (stage, &environment.exchange) {
            (Some(Stage::Init), _) | (_, Exchange::Begun { .. }) => EnvironmentStage::Init,
            (Some(Stage::Idle { .. }), _) if environment.awake.is_none() => EnvironmentStage::Idle,
            (Some(Stage::Running | Stage::Responded | Stage::Idle { .. }), _) => EnvironmentStage::Running,
            (Some(Stage::Ending) | None, _) => EnvironmentStage::Ending,
        },
        initialization_type: environment.initialization_type(),
        age_ms: telemetry::ms(environment.started.elapsed()),
        init_ms: environment.init.map(telemetry::ms),
        invocations: environment.invocations,
        memory_bytes: memory.map(|memory| memory.now),
        peak_memory_bytes: memory.map(|memory| memory.peak),
        cpu_ms: pid.and_then(process::cpu_time).map(telemetry::ms),
    }
}
