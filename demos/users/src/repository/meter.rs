//! Adds up what the calls of one request to the table took, so that failures are counted too.
//! Knows only time and capacity units.

use aws_sdk_dynamodb::types::ConsumedCapacity;
use environment::TableUse;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

/// Shared between a request's admission, which reads it, and its handler, which fills it.
#[derive(Clone, Default)]
pub(crate) struct Meter(Arc<Mutex<Option<TableUse>>>);

impl Meter {
    /// What was used so far; nothing if the table was not touched.
    pub(crate) fn used(&self) -> Option<TableUse> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a call and counts its time.
    pub(crate) async fn timed<T>(&self, call: impl Future<Output = T>) -> T {
        let started = Instant::now();
        let answer = call.await;
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.get_or_insert_default().add(started.elapsed(), 0.0);
        answer
    }

    /// Counts what DynamoDB says a call consumed.
    pub(crate) fn consumed<'a>(&self, reports: impl IntoIterator<Item = &'a ConsumedCapacity>) {
        self.units(reports.into_iter().filter_map(ConsumedCapacity::capacity_units).sum());
    }

    /// Counts a write whose condition failed. Errors carry no report, but the price is known: a write of the existing
    /// item's size, at least one unit (DynamoDB Developer Guide, "Conditional writes"), and no item is above one kilobyte.
    pub(crate) fn failed_condition(&self) {
        self.units(1.0);
    }

    fn units(&self, units: f64) {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.get_or_insert_default().add(std::time::Duration::ZERO, units);
    }
}
