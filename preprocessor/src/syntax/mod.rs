//! The strict subset of Hurl that a `hurl demo` fence may hold, and the attributes of the fence.
//! Knows nothing of books, HTML or HTTP clients.

mod attributes;
mod json_body;
mod lines;
mod model;
mod parse;
mod query;
mod reader;
mod response;
mod template;

pub use attributes::{Attributes, Chart, parse_attributes};
pub(crate) use attributes::{is_identifier, words};
pub use model::{Assert, Capture, ClaimText, Demo, Operator, Query, Request, Step, VariableUse};
pub use parse::parse_demo;
pub(crate) use template::is_variable_name;
pub use template::{API_VARIABLE, Piece, pieces};

/// A block's text may hold this many bytes at most.
pub const MAX_BLOCK_BYTES: usize = 8 * 1024;
/// Runs of one block at most (`repeat`), and requests in the air at once at most (`parallel`).
pub const MAX_RUNS: u32 = 60;
/// Pause between two runs at most, in ms.
pub const MAX_DELAY_MS: u64 = 10_000;

/// A mistake in a block's text or in a fence's attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Byte offset in the text that was parsed.
    pub at: usize,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl Fault {
    pub(crate) fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}
