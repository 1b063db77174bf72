//! The contract of the templates: the project's own keep it in every parameter set, and each mistake that could be made
//! breaks exactly the promise it should, at the line it was made.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod command;
mod constants;
mod labs;
mod month;
mod seeds;
mod sets;

use std::collections::BTreeMap;
use std::path::Path;

use deploy::contract::{Deployment, Finding, check};
use template::parameters;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

fn set(name: &str) -> BTreeMap<String, String> {
    parameters::read(&read("samconfig.toml"), name).unwrap()
}

fn findings(system: &str, guard: &str, overrides: &BTreeMap<String, String>, name: &str) -> Vec<Finding> {
    check(&Deployment::of(system, guard, overrides, name).unwrap_or_else(|error| panic!("{error:#}")))
}
