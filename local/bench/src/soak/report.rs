//! What came of the soak, as tables, and whether it was as it must be.
//! Knows counts and windows; how they came about is the soak's business.

use std::fmt;
use std::time::Duration;

use super::journal::Record;
use super::samples::{Sample, Window, growth, windows};
use super::server_log::Counted;
use crate::table::Table;

/// Everything the soak saw.
#[derive(Debug)]
pub struct Report {
    whole: Duration,
    windows: Vec<Window>,
    record: Record,
    logged: Counted,
    /// Warnings of the server and its functions, the first of them.
    warnings: Vec<String>,
    /// Everything that is not as it must be.
    findings: Vec<String>,
}

impl Report {
    /// Draws the conclusions.
    pub fn new(
        whole: Duration,
        samples: &[Sample],
        record: Record,
        logged: Counted,
        warnings: Vec<String>,
    ) -> Self {
        let windows = windows(samples, whole);
        let mut findings = record.findings.clone();
        let unsaid = record.found - record.findings.len() as u64;
        if unsaid > 0 {
            findings.push(format!("and {unsaid} findings more"));
        }
        findings.extend(growth(&windows));
        // The client of an invocation that failed may have gone away; nobody else may be told of a failure.
        if record.internal_errors > logged.errors + logged.timeouts {
            let (seen, failed) = (record.internal_errors, logged.errors + logged.timeouts);
            findings.push(format!("{seen} answers were 500, but only {failed} environments failed"));
        }
        if logged.errors > record.kills {
            let (errors, kills) = (logged.errors, record.kills);
            findings.push(format!(
                "{errors} environments ended before they answered, but only {kills} were killed"
            ));
        }
        // Every five minutes, the first time at once.
        let due = whole.as_secs() / 300;
        if logged.scheduled < due {
            findings
                .push(format!("the schedule should have fired {due} times, and did {}", logged.scheduled));
        }
        if record.unavailable * 1000 > record.requests() {
            findings.push(format!(
                "{} answers were 503 because the table was too slow, more than one in a thousand",
                record.unavailable
            ));
        }
        if logged.panics > 0 {
            findings.push(format!("{} panics of the server", logged.panics));
        }
        Self { whole, windows, record, logged, warnings, findings }
    }

    /// Whether everything was as it must be.
    pub fn is_ok(&self) -> bool {
        self.findings.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut answers = Table::new(&["asked", "status", "answers", "slowest, ms"]);
        for ((what, status), seen) in &self.record.answers {
            let status = if *status == 0 { "gone".to_owned() } else { status.to_string() };
            let slowest = format!("{:.1}", seen.slowest.as_secs_f64() * 1000.0);
            answers.row(vec![(*what).to_owned(), status, seen.count.to_string(), slowest]);
        }
        writeln!(f, "\n{answers}")?;
        let mut held = Table::new(&[
            "from minute",
            "resident, MB",
            "proportional, MB",
            "other files",
            "threads",
            "functions",
        ]);
        for window in &self.windows {
            held.row(vec![
                format!("{:.1}", window.from.as_secs_f64() / 60.0),
                format!("{:.1}", window.resident / 1e6),
                format!("{:.1}", window.proportional / 1e6),
                format!("{:.0}", window.files),
                format!("{:.0}", window.threads),
                format!("{:.0}", window.functions),
            ]);
        }
        writeln!(f, "{held}")?;
        let (record, logged) = (&self.record, self.logged);
        writeln!(
            f,
            "{} minutes, {} requests, {} bursts, {} functions killed; {} answers of 500, {} failed environments and {} timeouts \
             logged; the schedule fired {} times",
            self.whole.as_secs() / 60,
            record.requests(),
            record.bursts,
            record.kills,
            record.internal_errors,
            logged.errors,
            logged.timeouts,
            logged.scheduled,
        )?;
        for warning in &self.warnings {
            writeln!(f, "logged: {warning}")?;
        }
        for finding in &self.findings {
            writeln!(f, "FAIL {finding}")?;
        }
        write!(
            f,
            "{}",
            if self.is_ok() {
                "ok: every answer as documented, nothing stuck, left or grown"
            } else {
                "not ok"
            }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_must_explain_each_other() {
        let report = |internal_errors, kills, errors, scheduled| {
            let record = Record { internal_errors, kills, ..Record::default() };
            let logged = Counted { errors, timeouts: 0, scheduled, panics: 0 };
            Report::new(Duration::from_secs(600), &[], record, logged, Vec::new()).findings
        };
        let few = "too few samples to compare".to_owned();
        assert_eq!(report(2, 4, 3, 2), std::slice::from_ref(&few));
        assert_eq!(report(4, 4, 3, 2).len(), 2, "a 500 without a failed environment");
        assert_eq!(report(2, 2, 3, 2).len(), 2, "a failed environment nobody killed");
        assert_eq!(report(2, 4, 3, 1).len(), 2, "a schedule that did not fire");
    }
}
