//! One execution environment (a process of Lambda's) and one invocation in it.
//! Knows the environment variables Lambda sets; of HTTP only that a request has headers.

use crate::origin_secret::OriginSecret;
use http::HeaderMap;
use std::{
    env, fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

/// What Lambda calls an environment it starts because a request found none free (`AWS_LAMBDA_INITIALIZATION_TYPE`).
const ON_DEMAND: &str = "on-demand";

/// The execution environment this process is.
#[derive(Debug)]
pub struct Environment {
    id: String,
    init: Duration,
    born: SystemTime,
    memory_mb: Option<u32>,
    initialization_type: String,
    invocations: AtomicU64,
    origin_secret: Option<OriginSecret>,
}

impl Environment {
    pub(crate) fn new(init: Duration, born: SystemTime) -> Result<Self, getrandom::Error> {
        Ok(Self {
            id: random_hex()?,
            init,
            born,
            memory_mb: env::var("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").ok().and_then(|size| size.parse().ok()),
            initialization_type: env::var("AWS_LAMBDA_INITIALIZATION_TYPE")
                .unwrap_or_else(|_| ON_DEMAND.into()),
            invocations: AtomicU64::new(0),
            origin_secret: OriginSecret::from_env(),
        })
    }

    /// From now on only requests that carry this in `x-origin-secret` are answered, all others 403. An empty text lets everybody in.
    ///
    /// Without this call the environment variable `ORIGIN_SECRET` says it.
    #[must_use]
    pub fn behind_origin(self, secret: &str) -> Self {
        Self { origin_secret: OriginSecret::new(secret), ..self }
    }

    /// Whether a request with these headers came through the distribution in front, or none was asked for.
    pub(crate) fn admits(&self, headers: &mut HeaderMap) -> bool {
        self.origin_secret.as_ref().is_none_or(|secret| secret.take_from(headers))
    }

    /// 128 random bits made at init, as 32 hexadecimal digits: equal ids mean the same process.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How long the init phase took.
    #[must_use]
    pub fn init(&self) -> Duration {
        self.init
    }

    /// Wall time since the process's `main` began, the frozen time between two invocations included.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.born.elapsed().unwrap_or_default()
    }

    /// The function's memory size in MB as configured, not what it uses; absent if Lambda did not say.
    #[must_use]
    pub fn memory_mb(&self) -> Option<u32> {
        self.memory_mb
    }

    /// Lambda's word for why this environment was started: `on-demand`, `provisioned-concurrency` …
    #[must_use]
    pub fn initialization_type(&self) -> &str {
        &self.initialization_type
    }

    /// Counts the next invocation.
    pub(crate) fn invoke(self: &Arc<Self>) -> Invocation {
        let number = self.invocations.fetch_add(1, Ordering::Relaxed) + 1;
        Invocation { environment: Arc::clone(self), number, started: Instant::now() }
    }
}

/// One invocation of this environment; handlers find it among the request's extensions.
#[derive(Clone, Debug)]
pub struct Invocation {
    environment: Arc<Environment>,
    number: u64,
    started: Instant,
}

impl Invocation {
    /// Where it runs.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// 1 for the first invocation of this environment.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether somebody waited for this environment's init: the first invocation of one started on demand.
    /// The first call of a provisioned environment waited for nothing.
    #[must_use]
    pub fn is_cold(&self) -> bool {
        self.number == 1 && self.environment.initialization_type == ON_DEMAND
    }

    /// Time since the handler was handed the request.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.environment.id, self.number)
    }
}

/// 128 bits from the operating system as 32 hexadecimal digits.
///
/// # Errors
/// When the operating system has none to give.
pub fn random_hex() -> Result<String, getrandom::Error> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(initialization_type: &str) -> Arc<Environment> {
        let mut environment = Environment::new(Duration::ZERO, SystemTime::now()).unwrap();
        environment.initialization_type = initialization_type.into();
        Arc::new(environment)
    }

    #[test]
    fn only_the_first_invocation_of_an_on_demand_environment_is_cold() {
        let environment = environment(ON_DEMAND);
        let cold: Vec<_> = (0..3).map(|_| environment.invoke()).map(|i| (i.number(), i.is_cold())).collect();
        assert_eq!(cold, [(1, true), (2, false), (3, false)]);
    }

    #[test]
    fn a_provisioned_environment_has_no_cold_call() {
        let first = environment("provisioned-concurrency").invoke();
        assert_eq!((first.number(), first.is_cold()), (1, false));
    }

    #[test]
    fn ids_are_32_hexadecimal_digits_and_differ() {
        let (a, b) = (environment(ON_DEMAND), environment(ON_DEMAND));
        assert_ne!(a.id(), b.id());
        assert_eq!(a.id().len(), 32);
        assert!(a.id().bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)), "{}", a.id());
    }
}
