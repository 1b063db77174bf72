//! `users` as it is deployed but for one thing: which roots it trusts stands in `TRUSTED_ROOTS`, the path of a PEM file.
//! Only an endpoint on this machine can be measured here, and no public root vouches for one.

use environment::Birth;
use lambda_http::Error;
use users::{Repository, Settings, app, database};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let birth = Birth::now();
    environment::log::start();
    let settings = Settings::from_env()?;
    let roots = std::fs::read(std::env::var("TRUSTED_ROOTS")?)?;
    let configuration = database::settings().http_client(database::https(&roots));
    let client = database::client(&configuration.load().await);
    let function = app(Repository::new(client, settings.table), settings.namespaces, settings.throttle);
    lambda_http::run(birth.complete()?.answering(function)).await
}
