//! What every demo function tells about its execution environment: which one answered, how old it is, what its start cost.
//! Knows HTTP, the Lambda runtime's request extensions and the operating system's clocks; knows no function and no table.
//!
//! ```no_run
//! # async fn example() -> Result<(), lambda_http::Error> {
//! let birth = environment::Birth::now(); // first line of main
//! environment::log::start();
//! let app = axum::Router::new();
//! lambda_http::run(birth.complete()?.answering(app)).await
//! # }
//! ```

mod birth;
pub mod clock;
mod execution;
mod layer;
pub mod log;
mod origin_secret;
mod payload;
mod problem;
mod table_use;
mod timing;

pub use birth::Birth;
pub use execution::{Environment, Invocation, random_hex};
pub use layer::{Answering, AnsweringLayer, VisitorTag};
pub use payload::payload;
pub use problem::{Problem, method_not_allowed, route_not_found};
pub use table_use::TableUse;
