//! Starts the function: the client is ready before the first reader signs up.
//! Knows the environment variables; the rest is the library's.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use sign_up::{Days, answer};
use std::{env, time::SystemTime};
use users::database;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    environment::log::start();
    let table = env::var("TABLE_NAME").map_err(|_| "TABLE_NAME: the table that counts the days' accounts")?;
    let most = env::var("SIGN_UPS_PER_DAY").ok().and_then(|text| text.parse().ok());
    let most = most.ok_or("SIGN_UPS_PER_DAY: a whole number of accounts")?;
    let days = Days::new(database::client(&database::settings().load().await), table, most);
    let days = &days;
    let function = |event: LambdaEvent<Value>| answer(event.payload, days, SystemTime::now());
    lambda_runtime::run(service_fn(function)).await
}
