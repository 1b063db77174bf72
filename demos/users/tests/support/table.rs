//! The engine with the function's table in it: what tests and the plain server put behind `users`.
//! Knows the table's description, as the template has it.

#[path = "engine.rs"]
mod engine;

use aws_sdk_dynamodb::types::ScalarAttributeType;
use std::{error::Error, net::SocketAddr};

pub use engine::{client, runtime};

/// The table's name.
pub const TABLE: &str = "User";

/// Starts an engine, which lives as long as the runtime, and creates the table. Gives the address it listens at.
///
/// # Errors
/// There is no port, or the engine takes no table.
pub async fn engine() -> Result<SocketAddr, Box<dyn Error + Send + Sync>> {
    engine::start(TABLE, &[("id", ScalarAttributeType::N)]).await
}
