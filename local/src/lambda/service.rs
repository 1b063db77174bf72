//! Lambda as its callers see it: functions by name, invoked with bytes.
//! Knows pools and the Runtime API's listener; knows no HTTP API and no function's types.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use tokio::net::TcpListener;

use super::concurrency::Account;
use super::function::Function;
use super::invocation::{Answer, InvokeError};
use super::platform::{Package, Platform};
use super::runtime_api;
use super::settings::Settings;
use super::snapshot::FunctionSnapshot;
use super::telemetry::Telemetry;
use crate::time_scale::TimeScale;

/// How often timeouts and idle times are looked at.
const SWEEP: Duration = Duration::from_millis(20);

/// Lambda on this machine.
#[derive(Debug, Clone)]
pub struct Lambda {
    functions: runtime_api::Functions,
    platform: Arc<Platform>,
    telemetry: Telemetry,
}

impl Lambda {
    /// Starts the Runtime API on a free port of the loopback address. No function has a package yet.
    ///
    /// # Errors
    /// No port, or no thread, is to be had, or the functions reserve more than the account has.
    pub async fn start(functions: &[template::Function], settings: Settings) -> Result<Self> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port for the Runtime API")?;
        let platform = Arc::new(Platform::start(settings, listener.local_addr()?)?);
        let account = Account::new(platform.settings.account_concurrency, functions)?;
        let telemetry = Telemetry::default();
        let functions = functions.iter().map(|config| {
            let function = Function::new(config.clone(), Arc::clone(&platform), &account, &telemetry);
            (config.name.clone(), Arc::new(function))
        });
        let functions = Arc::new(functions.collect::<BTreeMap<_, _>>());
        let router = runtime_api::router(Arc::clone(&functions));
        let listener = axum::serve::ListenerExt::tap_io(listener, |connection| {
            let _ = connection.set_nodelay(true);
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        let lambda = Self { functions, platform, telemetry };
        tokio::spawn(lambda.clone().sweep());
        Ok(lambda)
    }

    async fn sweep(self) {
        let mut tick = tokio::time::interval(SWEEP);
        while !self.platform.is_stopping() {
            tick.tick().await;
            for function in self.functions.values() {
                function.sweep();
            }
        }
    }

    /// Invokes the function called `name`. `trace_id` is `Root=1-…`.
    ///
    /// # Errors
    /// Every way an invocation can end without an answer; `Building` for a function without a package.
    pub async fn invoke(&self, name: &str, event: Bytes, trace_id: String) -> Answer {
        match self.functions.get(name) {
            Some(function) => function.invoke(event, &trace_id).await,
            None => Err(InvokeError::Building),
        }
    }

    /// How fast waiting goes by.
    pub fn time_scale(&self) -> TimeScale {
        self.platform.settings.time_scale
    }

    /// The live feed of what happens in all functions.
    pub fn telemetry(&self) -> Telemetry {
        self.telemetry.clone()
    }

    /// What every function and its environments look like now, by name.
    pub fn environments(&self) -> Vec<FunctionSnapshot> {
        self.functions.values().map(|function| function.snapshot()).collect()
    }

    /// Gives all functions made from the cargo package `package` a new binary.
    pub fn deliver(&self, package: &str, bootstrap: std::path::PathBuf) {
        let name = package;
        let package = Package::new(bootstrap);
        for function in self.functions.values().filter(|function| function.config.package == name) {
            function.deliver(package.clone());
        }
    }

    /// Ends all environments and waits until their processes are gone.
    pub async fn stop(&self) {
        self.platform.stop();
        let mut tick = tokio::time::interval(Duration::from_millis(10));
        while !self
            .functions
            .values()
            .map(|function| function.stop())
            .fold(true, |all, stopped| all & stopped)
        {
            tick.tick().await;
        }
        // The environments' own folders are gone with them. What is left is the empty folder around them; should it hold
        // anything else, that is not ours.
        let _ = tokio::fs::remove_dir(&self.platform.settings.folder).await;
    }
}
