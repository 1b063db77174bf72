//! What a month can cost at most: every bucket emptied as fast as it fills, each token spent on the dearest request it buys.
//! Knows template.yaml, the price file and the bounds of the functions; asks nobody and measures nothing.

mod bounds;
mod month;
mod parts;
mod prices;
mod report;
mod request;
mod routes;
mod standing;
mod work;

pub use bounds::{BOUNDS, Bounds};
pub use month::{Line, Month, worst_month};
pub use parts::Parts;
pub use prices::Prices;
pub use report::table;
pub use request::{Call, Request};
pub use routes::{Bucket, buckets};
pub use work::{Demo, Operation, Payment, Source, Work};
