//! What the job did and saw, step by step.
//! Knows names, times and failures; nothing of what the steps do.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

/// Every step so far, told to `tell` as it happens.
pub struct Report {
    tell: fn(&str),
    started: Instant,
    steps: Vec<Step>,
}

struct Step {
    name: &'static str,
    took: Duration,
    failure: Option<String>,
}

impl Report {
    /// Nothing done yet.
    pub fn new(tell: fn(&str)) -> Report {
        Report { tell, started: Instant::now(), steps: Vec::new() }
    }

    /// Does what later steps stand on: gives its product and one sentence about what was seen.
    ///
    /// # Errors
    /// The step failed; it is in the report already.
    pub fn needed<T>(&mut self, name: &'static str, work: impl FnOnce() -> Result<(T, String)>) -> Result<T> {
        (self.tell)(&format!("── {name}"));
        let started = Instant::now();
        let (product, failure) = match work() {
            Ok((product, seen)) => {
                (self.tell)(&indented(&seen));
                (Some(product), None)
            }
            Err(error) => (None, Some(format!("{error:#}"))),
        };
        let took = started.elapsed();
        let verdict = if failure.is_none() { "됐다" } else { "실패" };
        (self.tell)(&format!("   {verdict} ({:.1}초)", took.as_secs_f64()));
        if let Some(failure) = &failure {
            (self.tell)(&indented(failure));
        }
        self.steps.push(Step { name, took, failure });
        product.ok_or_else(|| anyhow!("{name}"))
    }

    /// Does a step that no later one needs: the job goes on whatever comes of it.
    pub fn check(&mut self, name: &'static str, work: impl FnOnce() -> Result<String>) {
        // The failure stands in the report.
        let _ = self.needed(name, || work().map(|seen| ((), seen)));
    }

    /// Whether there were steps and none failed.
    pub fn is_ok(&self) -> bool {
        !self.steps.is_empty() && self.steps.iter().all(|step| step.failure.is_none())
    }
}

fn indented(text: &str) -> String {
    format!("   {}", text.replace('\n', "\n   "))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            let mark = if step.failure.is_none() { "ok  " } else { "실패" };
            writeln!(f, "{mark} {:>6.1}초  {}", step.took.as_secs_f64(), step.name)?;
        }
        let failed = self.steps.iter().filter(|step| step.failure.is_some()).count();
        let seconds = self.started.elapsed().as_secs_f64();
        write!(f, "{}단계 가운데 {failed}단계 실패, 모두 {seconds:.0}초", self.steps.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_check_does_not_end_the_job_but_spoils_it() {
        let mut report = Report::new(|_| ());
        assert!(!report.is_ok(), "nothing was done");
        assert_eq!(report.needed("a", || Ok((7, "seven".into()))).unwrap(), 7);
        assert!(report.is_ok());
        report.check("b", || Err(anyhow!("no")));
        report.check("c", || Ok("yes".into()));
        assert!(!report.is_ok());
        assert!(report.to_string().contains("3단계 가운데 1단계 실패"), "{report}");
        assert!(report.needed::<()>("d", || Err(anyhow!("no"))).is_err());
    }
}
