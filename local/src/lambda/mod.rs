//! AWS Lambda on one machine.
//! Knows nothing of the functions' own types: it sees binaries, configuration and bytes.

mod cpu;
mod environment;
mod function;
mod invocation;
mod log;
pub mod package;
pub mod placement;
mod platform;
#[allow(unsafe_code)]
mod process;
mod runtime_api;
mod service;
mod snapshot;
pub mod telemetry;
pub mod transcript;

pub use cpu::FULL_SPEED_MB;
pub use invocation::{Answer, InvokeError, PAYLOAD_LIMIT};
pub use platform::Settings;
pub use service::Lambda;
pub use snapshot::{Counts, EnvironmentSnapshot, EnvironmentStage, FunctionSnapshot};
pub use telemetry::Telemetry;
