//! A function to look at: how long its environment took to start, how fast it computes, what happens between two calls.
//! Knows the environment layer and HTTP; one binary, deployed under several names that differ in configuration only.

mod app;
mod background;
mod burn;
mod index;
mod parameters;
mod prepare;

pub use app::app;
pub use index::WordIndex;
pub use parameters::BOUNDS;
pub use prepare::{Preparation, UnknownPreparation};
