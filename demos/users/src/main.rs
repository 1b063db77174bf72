//! Starts the function: everything that can be ready before the first request is made ready here, at full speed.
//! Knows the environment variables; the rest is the library's.

use environment::Birth;
use lambda_http::Error;
use users::{Repository, Settings, app, database};

// ANCHOR: lambda-adapter
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let birth = Birth::now();
    environment::log::start();
    let settings = Settings::from_env()?;
    let client = database::client(&database::settings().load().await);
    let function = app(Repository::new(client, settings.table), settings.namespaces, settings.throttle);
    lambda_http::run(birth.complete()?.answering(function)).await
}
// ANCHOR_END: lambda-adapter
