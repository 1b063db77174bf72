//! `mdbook-live`: fenced HTTP requests of an mdBook become live, recorded and tested widgets.
//!
//! [`Live`] is the preprocessor; with the feature `runner`, the same blocks are sent to a running service.

mod assets;
mod block;
mod book;
mod claim;
mod fence;
mod html;
mod place;
mod preprocessor;
mod prose;
mod recording;
mod settings;
mod strings;
mod syntax;

pub use place::{Place, Problem, Problems};
pub use preprocessor::Live;
