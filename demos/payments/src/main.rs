//! Starts the function: the client is ready before the first request. The one place where the process may end itself.
//! Knows the environment variables; the rest is the library's.

use environment::Birth;
use lambda_http::Error;
use payments::{Ledger, app};
use users::{Settings, database};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let birth = Birth::now();
    environment::log::start();
    let settings = Settings::from_env()?;
    let client = database::client(&database::settings().load().await);
    let ledger = Ledger::new(client, settings.table);
    let function = app(ledger, settings.namespaces, settings.throttle, || std::process::exit(1));
    lambda_http::run(birth.complete()?.answering(function)).await
}
