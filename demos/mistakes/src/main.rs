//! Starts the function: the client is ready before the first event, for the mistakes are made later.
//! Knows the environment variables; the rest is the library's.

use environment::Birth;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use mistakes::{Function, Table};
use serde_json::Value;
use users::{Settings, database};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let birth = Birth::now();
    environment::log::start();
    let settings = Settings::from_env()?;
    let table = Table::new(database::client(&database::settings().load().await), settings.table);
    let function = Function::new(birth.complete()?, table, settings.namespaces, settings.throttle);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| function.answer(event))).await
}
