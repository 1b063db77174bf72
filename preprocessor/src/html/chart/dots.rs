//! One row per run over a logarithmic axis of ms: the sign stands at the whole time, the line ends at the reported init.
//! Knows what charts see in runs; the page's script draws the same marks, and a test holds the two against each other.

use super::{ROW, WIDTH, mark, path, row_top, text};
use crate::figure::{Observed, init};

/// What the axis begins with, in ms.
const QUICKEST: f64 = 0.1;
/// The powers of ten and their names.
const TICKS: [(f64, &str); 6] =
    [(0.1, "0.1ms"), (1.0, "1ms"), (10.0, "10ms"), (100.0, "100ms"), (1_000.0, "1s"), (10_000.0, "10s")];

pub(super) fn axis(rows: u32) -> String {
    let foot = row_top(rows);
    TICKS
        .iter()
        .map(|(ms, name)| {
            let tick = path("tick", x(*ms), 0.0, &format!("V{foot}"));
            // The outermost name would reach out of the drawing.
            tick + &text(x(*ms).min(WIDTH - 12.0), foot + 11.0, name)
        })
        .collect()
}

pub(super) fn marks(observed: Observed<'_>) -> String {
    observed
        .by_time()
        .into_iter()
        .zip(0u32..)
        .map(|(run, row)| {
            let line = (x(QUICKEST), x(init(run).unwrap_or(QUICKEST)));
            mark(ROW * f64::from(row), line, x(run.total), observed.cold(run) == Some(true))
        })
        .collect()
}

fn x(ms: f64) -> f64 {
    76.0 + 56.0 * (if ms > 0.0 { ms } else { QUICKEST }).log10()
}
