//! Starts the function: prepares what `PREPARE` names, then serves one event after another.
//! Init, as the answers report it, is what happens in here before `run`.

use cold_start::{Preparation, app};
use environment::Birth;
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let birth = Birth::now();
    environment::log::start();
    let function = app(Preparation::from_env()?);
    lambda_http::run(birth.complete()?.answering(function)).await
}
