//! A function on Rust's own runtime client that panics when asked to, for the tests of Lambda. `PANIC=abort` makes a panic do
//! what it does under `panic = "abort"`, the profile of deployed functions: after its message the process aborts.

#![allow(clippy::panic)]

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    if std::env::var("PANIC").as_deref() == Ok("abort") {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            print(panic);
            std::process::abort();
        }));
    }
    run(service_fn(async |event: LambdaEvent<Value>| match event.payload["do"].as_str() {
        Some("panic") => panic!("asked to panic"),
        other => Ok::<_, Error>(Value::from(other)),
    }))
    .await
}
