//! What the calls of one request to a table cost, in time and in capacity units.
//! Travels as an extension of the response, from the handler to the layer that writes the headers.

use std::time::Duration;

/// The sum over every call to the table that one request made.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TableUse {
    /// Wall time spent waiting for the table, retries included.
    pub db: Duration,
    /// Capacity units consumed, read and write units added up as DynamoDB reports them.
    pub capacity_units: f64,
}

impl TableUse {
    /// Adds one call.
    pub fn add(&mut self, db: Duration, capacity_units: f64) {
        self.db += db;
        self.capacity_units += capacity_units;
    }
}
