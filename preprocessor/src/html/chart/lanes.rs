//! One row per execution environment, one line per run from sending to the last byte, begun by the run's sign.
//! Knows what charts see in runs; the page's script draws the same marks, and a test holds the two against each other.

use super::{WIDTH, mark, path, row_top};
use crate::figure::{Observed, coordinate};

const LEFT: f64 = 24.0;

/// As many rows as there are requests: rows that stay empty are environments nobody needed.
pub(super) fn axis(rows: u32) -> String {
    (0..rows).map(|row| path("tick", LEFT, row_top(row) + 5.0, &format!("H{}", coordinate(WIDTH)))).collect()
}

pub(super) fn marks(observed: Observed<'_>) -> String {
    let stays = observed.stays();
    let end = stays.iter().map(|stay| stay.until).fold(f64::MIN_POSITIVE, f64::max);
    let x = |at: f64| LEFT + at / end * (WIDTH - LEFT);
    stays
        .iter()
        .map(|stay| {
            let row = row_top(u32::try_from(stay.lane).unwrap_or(u32::MAX));
            mark(row, (x(stay.from), x(stay.until)), x(stay.from), stay.cold)
        })
        .collect()
}
