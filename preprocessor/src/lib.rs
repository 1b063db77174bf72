//! `mdbook-live`: fenced HTTP requests of an mdBook become live, recorded and tested widgets.
//!
//! [`Live`] is the preprocessor. With the feature `runner`, [`runner`] sends the same blocks to a running service.
//! [`fence`] and [`syntax`] are open so that another parser can be held against this one.

mod assets;
mod block;
mod book;
mod check;
mod claim;
mod data_file;
mod expansion;
#[cfg(feature = "runner")]
mod export;
pub mod fence;
mod figure;
mod formula;
mod html;
mod json_number;
mod lesson;
mod place;
mod preprocessor;
mod prose;
mod reading;
mod recording;
mod recordings;
#[cfg(feature = "runner")]
pub mod runner;
mod settings;
mod strings;
pub mod syntax;

pub use assets::{Asset, SCRIPTS, SIGN_IN, SIGNED_IN, STYLES};
pub use place::{Place, Problem, Problems};
pub use preprocessor::Live;
