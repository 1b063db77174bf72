//! AWS Lambda on one machine.
//! Knows nothing of the functions' own types: it sees binaries, configuration and bytes.

mod concurrency;
mod cpu;
mod environment;
mod exit;
mod function;
mod guardian;
mod invocation;
mod launcher;
mod log;
mod output;
mod own_port;
pub mod package;
mod peer;
pub mod placement;
mod platform;
#[allow(unsafe_code)]
mod process;
mod runtime_api;
mod service;
pub mod settings;
mod snapshot;
pub mod telemetry;
pub mod transcript;

pub use cpu::FULL_SPEED_MB;
pub use invocation::{Answer, InvokeError, PAYLOAD_LIMIT};
pub use service::Lambda;
pub use settings::Settings;
pub use snapshot::{Counts, EnvironmentSnapshot, EnvironmentStage, FunctionSnapshot};
pub use telemetry::Telemetry;
