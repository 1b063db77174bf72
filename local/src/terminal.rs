//! The terminal: log lines and progress bars share it without writing over each other.
//! Knows standard error only; whoever has something to show gets a bar or logs a line.

use std::io::{self, Write};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tracing_subscriber::fmt::MakeWriter;

/// Standard error with progress bars at its bottom. Bars are drawn only where a person sees them (a terminal);
/// elsewhere the log lines tell the same. Clones share the screen.
#[derive(Debug, Clone, Default)]
pub struct Terminal {
    bars: MultiProgress,
}

impl Terminal {
    /// A bar for one long piece of work, e.g. `users ━━━━──── 42/130`; `total` 0 means that its length is not known.
    /// It vanishes with `finish_and_clear`.
    pub fn bar(&self, what: &str, total: u64) -> ProgressBar {
        let style = match total {
            0 => ProgressStyle::with_template("{spinner} {prefix} {msg} ({elapsed})"),
            _ => ProgressStyle::with_template("{spinner} {prefix} {bar:24} {pos}/{len} {msg} ({elapsed})"),
        };
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─");
        let bar = self.bars.add(ProgressBar::new(total).with_style(style).with_prefix(what.to_owned()));
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        bar
    }
}

/// Lets `tracing_subscriber::fmt().with_writer(terminal)` print above the bars.
impl MakeWriter<'_> for Terminal {
    type Writer = Line;

    fn make_writer(&self) -> Line {
        Line { terminal: self.clone(), text: Vec::new() }
    }
}

/// One log line; it is printed whole when it is complete.
#[derive(Debug)]
pub struct Line {
    terminal: Terminal,
    text: Vec<u8>,
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let text = std::mem::take(&mut self.text);
        self.terminal.bars.suspend(|| io::stderr().lock().write_all(&text))
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // A terminal that is gone must not end the server.
        let _ = self.flush();
    }
}
