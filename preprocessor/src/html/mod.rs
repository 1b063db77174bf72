//! The HTML of a block or a lesson: one line that mdBook's Markdown leaves alone and that reads well without a script.
//! Knows blocks, lessons, recordings and strings; nothing of files.

mod around;
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
mod progress;
mod question;
mod recorded;
mod sign_in;

pub(crate) use around::Around;
pub use block::{Shown, block_html};
pub use configuration::configuration_html;
pub use escape::escape;
pub(crate) use lesson::lesson_html;
pub(crate) use progress::progress_html;
pub(crate) use sign_in::sign_in_html;
