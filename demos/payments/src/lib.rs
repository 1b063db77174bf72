//! Payments of a play account: what a lost answer does to somebody who asks again, with an idempotency key and without.
//! Knows HTTP, the environment layer and the AWS SDK. Only `ledger` speaks to the table, only `app` knows the routes.

mod account;
mod app;
mod ending;
mod key;
mod ledger;
mod order;
mod refusal;

pub use account::{LONGEST_ITEM, MOST as MOST_PAYMENTS, START};
pub use app::{LONGEST_BODY, app};
pub use ending::End;
pub use ledger::Ledger;
