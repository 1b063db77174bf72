//! What becomes of a request on its way, noted as it happens and told when it is over, also when nobody waits for it any more.
//! Knows the gateway's own words; who wants to hear of it (log, feed) is told in one place.

use std::borrow::Cow;

use super::access_log;
use super::arrival::Arrival;
use super::authorizer::Identity;
use super::refusal::Refusal;
use super::telemetry::{self, Record, Telemetry};
use template::Api;

/// What is known of a request so far. Times are in ms since it arrived.
#[derive(Debug, Default)]
pub struct Progress {
    /// Index of the route that takes it.
    pub route: Option<usize>,
    /// When the authorizer let it pass.
    pub authorized: Option<f64>,
    /// What its token says.
    pub identity: Option<Identity>,
    /// Why the authorizer did not let it pass.
    pub authorizer_error: Option<Cow<'static, str>>,
    /// Bytes of its body.
    pub received: usize,
    /// When the integration was called.
    pub invoked: Option<f64>,
    /// When the integration had answered, or was given up.
    pub returned: Option<f64>,
    /// The status of the service that was called.
    pub service_status: Option<u16>,
    /// The status the function returned.
    pub function_status: Option<u16>,
    /// What was wrong with the integration.
    pub integration_error: Option<Cow<'static, str>>,
    /// Why the gateway answered itself.
    pub refusal: Option<Refusal>,
    /// Status and bytes of the answer.
    pub answered: Option<(u16, u64)>,
}

impl Progress {
    /// `None` for a request that went well.
    fn error(&self) -> Option<Cow<'_, str>> {
        let known = [self.authorizer_error.as_deref(), self.integration_error.as_deref()];
        let known = known.into_iter().flatten().next().map(Cow::Borrowed);
        let refused = || self.refusal.map(|refusal| refusal.message().into());
        known.or_else(refused).or_else(|| self.answered.is_none().then(|| GONE.into()))
    }
}

/// The request was dropped on its way: its connection is broken, or the server ends. A caller who only stops listening is not
/// noticed, and what they called runs to its end, as on AWS.
const GONE: &str = "given up before it was answered";

/// A request on its way. When it is dropped, the request is over.
#[derive(Debug)]
pub struct Passage<'g> {
    /// The API it came to.
    pub api: &'g Api,
    /// Who is told.
    pub telemetry: &'g Telemetry,
    /// How it arrived.
    pub arrival: Arrival,
    /// What became of it.
    pub progress: Progress,
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        let Self { api, telemetry, arrival, progress } = self;
        let answered_ms = arrival.elapsed_ms();
        if let Some(format) = &api.access_log
            && tracing::enabled!(target: "gateway", tracing::Level::INFO)
        {
            let line = access_log::line(format, api, arrival, progress, answered_ms);
            tracing::info!(target: "gateway", "{line}");
        }
        let route = progress.route.and_then(|index| api.routes.get(index));
        let record = Record {
            sequence: 0,
            method: arrival.parts.method.as_str().to_owned(),
            path: telemetry::cut(arrival.parts.uri.path()).to_owned(),
            route_key: route.map(|route| route.key.as_str().to_owned()),
            status: progress.answered.map(|(status, _)| status),
            arrived: arrival.at.unix_timestamp_nanos() as f64 / 1e6,
            authorized_ms: progress.authorized,
            invoked_ms: progress.invoked,
            returned_ms: progress.returned,
            answered_ms,
            error: progress.error().map(Cow::into_owned),
            request_id: std::mem::take(&mut arrival.id),
            trace_id: std::mem::take(&mut arrival.trace_id),
        };
        telemetry.record(record);
    }
}
