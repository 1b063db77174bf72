//! Writes the platform's log lines (START, END, REPORT, INIT_REPORT) as Lambda writes them, because a chapter teaches reading them.
//! Knows their form only; where they go is decided by the `tracing` subscriber, target `lambda`.
//!
//! Form: AWS Lambda Developer Guide, "Working with Lambda function logs"; billing of init since 2025-08-01:
//! AWS Compute Blog, "AWS Lambda standardizes billing for INIT Phase" (2025-04-29).

use std::sync::Arc;
use std::time::Duration;

/// What a REPORT line says.
#[derive(Debug, Clone)]
pub struct Report {
    /// The invocation's id.
    pub request_id: Arc<str>,
    /// From handing the event over until the answer.
    pub duration: Duration,
    /// On the first invocation of an on-demand environment only.
    pub init: Option<Duration>,
    /// `MemorySize`, MB.
    pub memory_mb: u32,
    /// The most memory the process held, bytes.
    pub peak_memory: Option<u64>,
    /// `timeout` or `error`; `None` when it went well.
    pub status: Option<&'static str>,
}

impl Report {
    /// Billed ms.
    pub fn billed(&self) -> u64 {
        // Far below 2^53.
        ((self.duration + self.init.unwrap_or_default()).as_secs_f64() * 1000.0).ceil() as u64
    }

    /// The REPORT line; its parts are separated by tabs.
    pub fn line(&self) -> String {
        let mut line = format!(
            "REPORT RequestId: {}\tDuration: {:.2} ms\tBilled Duration: {} ms\tMemory Size: {} MB\t",
            self.request_id,
            self.duration.as_secs_f64() * 1000.0,
            self.billed(),
            self.memory_mb
        );
        if let Some(bytes) = self.peak_memory {
            line.push_str(&format!("Max Memory Used: {} MB\t", bytes.div_ceil(1024 * 1024)));
        }
        if let Some(init) = self.init {
            line.push_str(&format!("Init Duration: {:.2} ms\t", init.as_secs_f64() * 1000.0));
        }
        if let Some(status) = self.status {
            line.push_str(&format!("Status: {status}\t"));
        }
        line
    }
}

/// `START RequestId: … Version: $LATEST`
pub fn start(request_id: &str) -> String {
    format!("START RequestId: {request_id} Version: $LATEST")
}

/// `END RequestId: …`
pub fn end(request_id: &str) -> String {
    format!("END RequestId: {request_id}")
}

/// The line of an init that failed: `status` is `timeout` or `error`.
pub fn init_report(duration: Duration, status: &str, error_type: &str) -> String {
    let ms = duration.as_secs_f64() * 1000.0;
    format!(
        "INIT_REPORT Init Duration: {ms:.2} ms\tPhase: init\tStatus: {status}\tError Type: {error_type}\t"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_lambdas_form() {
        let mut report = Report {
            request_id: "8f5".into(),
            duration: Duration::from_micros(1_230),
            init: Some(Duration::from_micros(15_300)),
            memory_mb: 128,
            peak_memory: Some(15 * 1024 * 1024 - 1),
            status: None,
        };
        assert_eq!(
            report.line(),
            "REPORT RequestId: 8f5\tDuration: 1.23 ms\tBilled Duration: 17 ms\tMemory Size: 128 MB\t\
             Max Memory Used: 15 MB\tInit Duration: 15.30 ms\t"
        );
        report.init = None;
        report.status = Some("timeout");
        assert!(report.line().ends_with(
            "Billed Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 15 MB\tStatus: timeout\t"
        ));
        assert_eq!(start("8f5"), "START RequestId: 8f5 Version: $LATEST");
        assert_eq!(end("8f5"), "END RequestId: 8f5");
        assert_eq!(
            init_report(Duration::from_secs(10), "timeout", "Sandbox.Timedout"),
            "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout\tError Type: Sandbox.Timedout\t"
        );
    }

    /// The lines a chapter teaches reading are a recording, broken at tabs: this is what would be written of them today.
    #[test]
    fn the_lines_in_the_book_have_the_form_written_here() {
        let text = include_str!("../../../book/src/data/report-lines.txt");
        let anchored = |name: &str| {
            let (_, rest) = text.split_once(&format!("// ANCHOR: {name}\n")).unwrap();
            rest.split_once("// ANCHOR_END").unwrap().0.replace("\n   ", "\t").replace("  ", "\t")
        };
        let whole = anchored("whole").replace("\t ", "\t");
        let five = anchored("five");
        let mut seen = 0;
        for line in whole.lines().chain(five.lines()) {
            let (id, fields) = line.split_once('\t').unwrap();
            let field = |name: &str, unit: &str| -> Option<f64> {
                let value = fields.split('\t').find_map(|field| field.strip_prefix(name))?;
                value.strip_suffix(unit)?.parse().ok()
            };
            let ms = |name| field(name, " ms").map(|ms| Duration::from_secs_f64(ms / 1000.0));
            let report = Report {
                request_id: id.trim_start_matches("REPORT RequestId: ").into(),
                duration: ms("Duration: ").unwrap(),
                init: ms("Init Duration: "),
                memory_mb: field("Memory Size: ", " MB").unwrap() as u32,
                peak_memory: field("Max Memory Used: ", " MB").map(|mb| mb as u64 * 1024 * 1024),
                status: fields.contains("Status: timeout").then_some("timeout"),
            };
            assert_eq!(report.line().split_once('\t').unwrap().1, format!("{fields}\t"), "{line}");
            seen += 1;
        }
        assert_eq!(seen, 6);
    }
}
