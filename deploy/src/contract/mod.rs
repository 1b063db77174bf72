//! What the templates promise: the mistakes that would cost money, leak data or switch the demos off, and that no stock
//! validator finds. Knows both templates as the `template` crate works them out; each room below has one subject.

mod access_log;
mod environment;
mod findings;
mod functions;
mod guard;
mod headers;
mod own;
mod policies;
mod queues;
mod readers;
mod routes;
mod site;
mod table;
mod throttle;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use template::evaluated::{Evaluated, evaluate};
use template::parameters;

pub use findings::{Finding, Findings};
pub use table::{KEY, TTL};

/// The parameter set whose limits are those of a deployment open to everybody.
pub const PUBLIC: &str = "public";

/// What is to be deployed.
pub struct Deployment {
    /// template.yaml for one parameter set.
    pub system: Evaluated,
    /// deploy/guard.yaml with its defaults.
    pub guard: Evaluated,
    /// Whether the parameter set is [`PUBLIC`].
    pub public: bool,
}

/// One promise.
pub struct Rule {
    /// Its name, shown behind every finding.
    pub name: &'static str,
    check: fn(&Deployment, &mut Findings<'_>),
}

/// All promises.
pub const RULES: &[Rule] = &[
    Rule { name: "runtime", check: functions::runtime },
    Rule { name: "function-size", check: functions::size },
    Rule { name: "function-url", check: functions::urls },
    Rule { name: "reserved", check: functions::reserved },
    Rule { name: "function-logs", check: functions::logs },
    Rule { name: "log-retention", check: functions::retention },
    Rule { name: "permission", check: functions::permissions },
    Rule { name: "role", check: functions::roles },
    Rule { name: "own-role", check: own::roles },
    Rule { name: "own-name", check: own::names },
    Rule { name: "secret", check: environment::secrets },
    Rule { name: "origin-secret", check: environment::origin_secret },
    Rule { name: "policy", check: policies::statements },
    Rule { name: "signed-in", check: routes::signed_in },
    Rule { name: "audience", check: routes::audience },
    Rule { name: "cors", check: routes::cors },
    Rule { name: "alias", check: routes::alias },
    Rule { name: "throttle-route", check: throttle::every_route },
    Rule { name: "throttle-number", check: throttle::numbers },
    Rule { name: "throttle-order", check: throttle::after_its_routes },
    Rule { name: "access-log", check: access_log::check },
    Rule { name: "table-ttl", check: table::ttl },
    Rule { name: "table-maximum", check: table::maximum },
    Rule { name: "table-recovery", check: table::recovery },
    Rule { name: "table-key", check: table::key },
    Rule { name: "queue-hidden", check: queues::hidden },
    Rule { name: "queue-redrive", check: queues::redrive },
    Rule { name: "queue-size", check: queues::size },
    Rule { name: "queue-poll", check: queues::polled_well },
    Rule { name: "queue-permission", check: queues::permissions },
    Rule { name: "client-flow", check: readers::flows },
    Rule { name: "client-secret", check: readers::secret },
    Rule { name: "client-password", check: readers::passwords },
    Rule { name: "sign-up", check: readers::sign_up },
    Rule { name: "bucket-private", check: site::private },
    Rule { name: "bucket-policy", check: site::bucket_policy },
    Rule { name: "origin-access", check: site::origin_access },
    Rule { name: "https", check: site::https },
    Rule { name: "api-behavior", check: site::api_behavior },
    Rule { name: "error-pages", check: site::error_pages },
    Rule { name: "price-class", check: site::price_class },
    Rule { name: "headers", check: headers::check },
    Rule { name: "guard-target", check: guard::targets },
    Rule { name: "guard-role", check: guard::role },
    Rule { name: "guard-alarm", check: guard::alarm },
    Rule { name: "guard-budget", check: guard::budget },
];

impl Deployment {
    /// Reads the templates and the parameter set `set` below `root`.
    ///
    /// # Errors
    /// A file is missing or makes no sense: all such places at once.
    pub fn load(root: &Path, set: &str) -> Result<Self> {
        let read = |name: &str| {
            let path = root.join(name);
            std::fs::read_to_string(&path).with_context(|| format!("읽지 못했다: {}", path.display()))
        };
        let overrides = parameters::read(&read("samconfig.toml")?, set)?;
        Self::of(&read("template.yaml")?, &read("deploy/guard.yaml")?, &overrides, set)
    }

    /// The same from texts.
    ///
    /// # Errors
    /// See [`Deployment::load`].
    pub fn of(system: &str, guard: &str, overrides: &BTreeMap<String, String>, set: &str) -> Result<Self> {
        Ok(Self {
            system: evaluate("template.yaml", system, overrides)?,
            guard: evaluate("deploy/guard.yaml", guard, &guard::values(guard))?,
            public: set == PUBLIC,
        })
    }
}

/// Everything a deployment breaks, in the order of the files.
pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut found = Vec::new();
    for rule in RULES {
        (rule.check)(deployment, &mut Findings { rule: rule.name, found: &mut found });
    }
    found.sort_by(|a, b| (&b.file, a.place, &a.message).cmp(&(&a.file, b.place, &b.message)));
    found.dedup();
    found
}
