//! Runs the checks one after another against one deployment.
//! Knows the list of checks and the service they ask.

use crate::{
    checks,
    report::{Outcome, Report},
    service::Service,
};
use std::time::Duration;

/// A deployment and how to ask it.
#[derive(Clone, Debug)]
pub struct Suite {
    base: String,
    pause: Duration,
    visitor_burst: Option<u32>,
    token: Option<String>,
    only: String,
}

/// Runs every check against the deployment at `base` (scheme and host, nothing behind).
#[must_use]
pub fn run(base: &str) -> Report {
    Suite::new(base).run(|_| ())
}

impl Suite {
    /// A deployment by its address, up to but not including `/api`.
    #[must_use]
    pub fn new(base: &str) -> Self {
        let base = base.trim_end_matches('/').to_owned();
        Self { base, pause: Duration::ZERO, visitor_burst: None, token: None, only: String::new() }
    }

    /// Pauses before every request, for a deployment whose gateway lets only so many through.
    #[must_use]
    pub fn pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// The deployment's `VISITOR_BURST`: the throttle of one visitor is checked only if it is known.
    #[must_use]
    pub fn visitor_burst(mut self, burst: Option<u32>) -> Self {
        self.visitor_burst = burst;
        self
    }

    /// A signed-in reader's access token: what such a reader can do is checked only if there is one. The reader's users with
    /// the ids 19 and 20 are overwritten.
    #[must_use]
    pub fn token(mut self, token: Option<String>) -> Self {
        self.token = token;
        self
    }

    /// Leaves out the checks whose name does not contain this text.
    #[must_use]
    pub fn only(mut self, text: &str) -> Self {
        text.clone_into(&mut self.only);
        self
    }

    /// Runs the checks and tells of each as soon as it is done.
    pub fn run(&self, mut tell: impl FnMut(&Outcome)) -> Report {
        let service = Service::new(&self.base, self.pause);
        let mut report = Report::default();
        for check in checks::all(self.visitor_burst, self.token.as_deref()) {
            if check.name.contains(&self.only) {
                let failure = (check.run)(&service).err().map(|error| format!("{error:#}"));
                let outcome = Outcome { name: check.name, failure };
                tell(&outcome);
                report.outcomes.push(outcome);
            }
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nothing_answers_every_check_fails() {
        // A port that was free a moment ago: nobody listens there.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let report = Suite::new(&format!("http://{free}/"))
            .visitor_burst(Some(2))
            .token(Some("a.b.c".into()))
            .run(|_| ());
        assert!(report.outcomes.len() > 40, "{report}");
        assert!(report.outcomes.iter().all(|outcome| outcome.failure.is_some()), "{report}");
    }

    #[test]
    fn names_are_told_apart() {
        let mut names: Vec<_> = checks::all(Some(1), Some("a.b.c")).map(|check| check.name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
