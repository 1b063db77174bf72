//! The HTML of a block or a lesson: one line that mdBook's Markdown leaves alone and that reads well without a script.
//! Knows blocks, lessons, recordings and strings; nothing of files.

mod bars;
mod block;
mod calc;
mod chart;
mod compare;
mod configuration;
mod data;
mod escape;
mod lesson;
mod parts;
mod predict;
mod recorded;

pub use block::{Shown, block_html};
pub use configuration::configuration_html;
pub use escape::escape;
pub(crate) use lesson::{Around, lesson_html, progress_html};
