//! The only place that speaks to the table: five operations, every write under a condition, every name a placeholder.
//! Knows the SDK, items and stored keys; knows neither HTTP nor visitors.

mod lowest_free;
mod meter;
mod read;
mod write;

use aws_sdk_dynamodb::Client;

pub(crate) use meter::Meter;

/// The table `User`.
#[derive(Clone)]
pub struct Repository {
    client: Client,
    table: String,
}

impl Repository {
    /// A table by name, through a client that is ready.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}
