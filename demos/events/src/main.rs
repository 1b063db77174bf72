//! Starts the function: the client is ready before the first event, whatever its source.
//! Knows the environment variables; the rest is the library's.

use environment::Birth;
use events::{Function, Store};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use users::{Settings, database};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let birth = Birth::now();
    environment::log::start();
    let settings = Settings::from_env()?;
    let store = Store::new(database::client(&database::settings().load().await), settings.table);
    let function = Function::new(birth.complete()?, store, settings.namespaces, settings.throttle);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| function.answer(event))).await
}
