//! What came of the checks.
//! Knows names and failures; how they came about is the suite's business.

use std::fmt;

/// One check.
#[derive(Debug)]
pub struct Outcome {
    /// What was checked, as a sentence.
    pub name: String,
    /// What was seen instead, if it did not hold.
    pub failure: Option<String>,
}

/// All checks.
#[derive(Debug, Default)]
pub struct Report {
    /// In the order they ran.
    pub outcomes: Vec<Outcome>,
}

impl Report {
    /// Whether there were checks and all held.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        !self.outcomes.is_empty() && self.failures().next().is_none()
    }

    /// Those that did not hold.
    pub fn failures(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|outcome| outcome.failure.is_some())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.failure {
            None => write!(f, "ok {}", self.name),
            Some(failure) => write!(f, "FAIL {}\n     {}", self.name, failure.replace('\n', "\n     ")),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = self.failures().count();
        write!(f, "{} checks, {} ok, {failed} failed", self.outcomes.len(), self.outcomes.len() - failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(name: &str, failure: Option<&str>) -> Outcome {
        Outcome { name: name.into(), failure: failure.map(str::to_owned) }
    }

    #[test]
    fn a_report_is_ok_only_if_something_was_checked_and_nothing_failed() {
        assert!(!Report::default().is_ok());
        assert!(Report { outcomes: vec![outcome("a", None)] }.is_ok());
        let report = Report { outcomes: vec![outcome("a", None), outcome("b", Some("saw\nc"))] };
        assert!(!report.is_ok());
        assert_eq!(report.to_string(), "2 checks, 1 ok, 1 failed");
        assert_eq!(report.outcomes[0].to_string(), "ok a");
        assert_eq!(report.outcomes[1].to_string(), "FAIL b\n     saw\n     c");
    }
}
