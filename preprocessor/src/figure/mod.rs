//! What figures are made of: what a chart sees in runs, and numbers written as the page's script writes them.
//! Knows runs, claims and the configured names; nothing of HTML.

mod number;
mod observed;

pub use number::{coordinate, grouped, ms, with_unit};
pub use observed::{Observed, init, middle_and_tail};
