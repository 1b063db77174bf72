//! Mistakes that learners make, made on purpose: each name in the path is one, and what comes of it is real.
//! Knows readers, the environment layer and the AWS SDK. Only `table` speaks to the table, only `app` knows the routes.
//!
//! `lambda_http` cannot return what is no response, so this function takes its events as they are and answers in raw JSON.

mod app;
mod function;
mod http;
mod mistake;
mod own;
mod said;
mod table;

pub use function::Function;
pub use mistake::Mistake;
pub use own::{TOO_LONG, TOO_MANY_BYTES};
pub use table::{LONGEST_ITEM, MOST_READS, MOST_WRITES, Table};
