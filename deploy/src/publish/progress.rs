//! How far a publish is, while it runs: a bar on stderr, nothing where nobody watches.
//! Knows counts only; also the count an error message gives.

use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Counts what is done. The bar draws itself only on a terminal.
pub struct Progress {
    bar: ProgressBar,
    done: AtomicUsize,
}

impl Progress {
    /// `total`: files to store and to delete.
    pub fn new(total: usize) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        Progress { bar, done: AtomicUsize::new(0) }
    }

    /// A file is in the bucket.
    pub fn stored(&self, name: &str) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.bar.set_message(name.to_owned());
        self.bar.inc(1);
    }

    /// So many files are gone.
    pub fn deleted(&self, count: usize) {
        self.done.fetch_add(count, Ordering::Relaxed);
        self.bar.inc(count as u64);
    }

    /// Files stored and deleted so far.
    pub fn done(&self) -> usize {
        self.done.load(Ordering::Relaxed)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
