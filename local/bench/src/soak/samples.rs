//! What the server holds over time, and whether it stays the same.
//! Knows numbers; where they come from is decided by others.

use std::time::Duration;

use crate::process::Holdings;

/// How far memory may be from the first window's, as a part of it.
const FLAT: f64 = 0.1;
/// Files and threads come and go with connections: so many more or fewer are no growth.
const A_FEW: f64 = 16.0;
/// Files the server holds for each function process: two pipes, a handle of the process, its connection.
const FILES_OF_A_FUNCTION: u64 = 4;
/// Windows the time after the warm-up is cut into.
const WINDOWS: u32 = 5;

/// One look at the server.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Since the load began.
    pub at: Duration,
    /// What the server holds.
    pub held: Holdings,
    /// Processes of functions.
    pub functions: u64,
}

/// The medians of a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Where it begins.
    pub from: Duration,
    /// Resident memory, bytes.
    pub resident: f64,
    /// Proportional share of resident memory, bytes.
    pub proportional: f64,
    /// Open files, those held for functions apart.
    pub files: f64,
    /// Threads.
    pub threads: f64,
    /// Processes of functions.
    pub functions: f64,
}

/// The medians of the windows after the first sixth of `whole`, in which everything is met for the first time.
pub fn windows(samples: &[Sample], whole: Duration) -> Vec<Window> {
    let warm_up = whole / 6;
    let length = (whole - warm_up) / WINDOWS;
    let window = |index| {
        let from = warm_up + length * index;
        let within: Vec<&Sample> =
            samples.iter().filter(|sample| (from..from + length).contains(&sample.at)).collect();
        let median = |value: &dyn Fn(&Sample) -> u64| {
            let mut values: Vec<u64> = within.iter().map(|sample| value(sample)).collect();
            values.sort_unstable();
            values.get(values.len() / 2).map(|value| *value as f64)
        };
        Some(Window {
            from,
            resident: median(&|sample| sample.held.resident)?,
            proportional: median(&|sample| sample.held.proportional)?,
            files: median(&|sample| {
                sample.held.files.saturating_sub(FILES_OF_A_FUNCTION * sample.functions)
            })?,
            threads: median(&|sample| sample.held.threads)?,
            functions: median(&|sample| sample.functions)?,
        })
    };
    (0..WINDOWS).filter_map(window).collect()
}

/// What does not stay the same, in words.
pub fn growth(windows: &[Window]) -> Vec<String> {
    let Some(first) = windows.first().filter(|_| windows.len() == WINDOWS as usize) else {
        return vec!["too few samples to compare".to_owned()];
    };
    let mut found = Vec::new();
    for window in windows {
        for (name, before, now, few) in [
            ("resident memory", first.resident, window.resident, 0.0),
            ("proportional memory", first.proportional, window.proportional, 0.0),
            ("open files", first.files, window.files, A_FEW),
            ("threads", first.threads, window.threads, A_FEW),
        ] {
            // Fewer files or threads are fewer environments at that time; memory that goes has been a peak before.
            let off = if few > 0.0 { now - before } else { (now - before).abs() };
            if off > (before * FLAT).max(few) {
                let at = window.from.as_secs() / 60;
                found.push(format!(
                    "{name}: {before:.0} in the first window, {now:.0} in that from minute {at}"
                ));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(resident: impl Fn(u64) -> u64) -> Vec<Sample> {
        let sample = |second| {
            let resident = resident(second);
            let held = Holdings { resident, proportional: resident, files: 50 + second % 5, threads: 9 };
            Sample { at: Duration::from_secs(second), held, functions: 3 }
        };
        (0..600).map(sample).collect()
    }

    #[test]
    fn a_flat_server_is_flat_whatever_its_warm_up_and_peaks() {
        let flat = samples(|second| {
            if second < 90 { 10 } else { 1000 + (second % 7) * 10 + u64::from(second % 50 == 0) * 5000 }
        });
        let windows = windows(&flat, Duration::from_secs(600));
        assert_eq!((windows.len(), windows[0].from), (5, Duration::from_secs(100)));
        assert_eq!(growth(&windows), Vec::<String>::new());
    }

    #[test]
    fn a_leak_is_found() {
        let leak = samples(|second| 1000 + second / 2);
        let found = growth(&windows(&leak, Duration::from_secs(600)));
        assert!(found.iter().any(|line| line.starts_with("resident memory")), "{found:?}");
        assert_eq!(growth(&[]), ["too few samples to compare"]);
    }
}
