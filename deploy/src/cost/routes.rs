//! The template's routes as buckets: how fast each fills, and what a token buys there.
//! Knows template.yaml's functions, integrations and stage. A function the model does not know is an error, not free of charge.

use anyhow::{Result, bail};
use template::evaluated::{Evaluated, Resource};
use template::yaml::Node;

use super::bounds::Bounds;
use super::request::Call;
use super::work::{Demo, Operation, Payment, Source};
use crate::event_sources::{polled, sends_to};

/// One route with its bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    /// `GET /api/users`.
    pub route: String,
    /// The parameter its rate comes from, without `Rate`; the route where the rate is written out.
    pub class: String,
    /// Requests per second.
    pub rate: f64,
    /// Requests at once.
    pub burst: f64,
    /// Whether only a signed-in reader may call it.
    pub signed_in: bool,
    /// What is called.
    pub call: Call,
}

const FUNCTION: &str = "AWS::Serverless::Function";

/// All routes of the template.
///
/// # Errors
/// A route leads to no function or has no bucket, or the model does not know the function's code: all of them at once.
pub fn buckets(template: &Evaluated, bounds: &Bounds) -> Result<Vec<Bucket>> {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for route in template.of("AWS::ApiGatewayV2::Route") {
        match bucket(template, route, bounds) {
            Ok(bucket) => found.push(bucket),
            Err(error) => problems.push(format!(
                "{}:{}:{}: {}: {error:#}",
                template.file, route.place.line, route.place.column, route.id
            )),
        }
    }
    if problems.is_empty() { Ok(found) } else { bail!("{}", problems.join("\n")) }
}

fn bucket(template: &Evaluated, route: &Resource, bounds: &Bounds) -> Result<Bucket> {
    let Some(key) = route.text(&["RouteKey"]) else { bail!("RouteKey가 없다") };
    let target = route.text(&["Target"]).and_then(|target| target.strip_prefix("integrations/"));
    let Some(target) = target.and_then(|id| template.resource(id)) else {
        bail!("가리키는 통합이 이 템플릿에 없다")
    };
    let stage = template.of("AWS::ApiGatewayV2::Stage").next();
    let settings = stage.and_then(|stage| stage.at(&["RouteSettings", key]));
    let number = |name: &str| {
        let value = settings.and_then(|settings| settings.get(name)?.parse::<f64>("").ok());
        match value.filter(|value| value.is_finite() && *value >= 0.0) {
            Some(value) => Ok(value),
            None => bail!("`{key}`의 {name}이(가) RouteSettings에 없거나 수가 아니다"),
        }
    };
    let (rate, burst) = (number("ThrottlingRateLimit")?, number("ThrottlingBurstLimit")?);
    let access_log_bytes = stage.map_or(0.0, |stage| access_log(stage, bounds));
    Ok(Bucket {
        route: key.to_owned(),
        class: stage.and_then(|stage| class(stage, key)).unwrap_or_else(|| key.to_owned()),
        rate,
        burst,
        signed_in: route.text(&["AuthorizationType"]) == Some("JWT"),
        call: Call { access_log_bytes, ..behind(template, target, key)? },
    })
}

/// What an integration calls: a function, or the one that gets what it sends to a queue.
fn behind(template: &Evaluated, integration: &Resource, route: &str) -> Result<Call> {
    if let Some(queue) = sends_to(template, integration) {
        let Some(source) = polled(template).into_iter().find(|source| source.queue.id == queue.id) else {
            bail!("`{}`를 비우는 함수가 이 템플릿에 없다", queue.id)
        };
        let receives = queue.at(&["RedrivePolicy", "maxReceiveCount"]).and_then(|node| node.parse("").ok());
        let Some(receives) = receives else { bail!("`{}`에 maxReceiveCount가 없다", queue.id) };
        return call(source.function, Received::Messages { receives });
    }
    let uri = integration.text(&["IntegrationUri"]);
    let names = |function: &&Resource| uri.is_some_and(|uri| uri.split(':').any(|part| part == function.id));
    match template.of(FUNCTION).find(names) {
        Some(function) => call(function, Received::Request(route)),
        None => bail!("부르는 함수가 이 템플릿에 없다"),
    }
}

/// The parameter the rate refers to.
fn class(stage: &Resource, key: &str) -> Option<String> {
    let settings = stage.written.get("Properties")?.get("RouteSettings")?.get(key)?;
    let rate = settings.get("ThrottlingRateLimit").filter(|rate| rate.tag.as_deref() == Some("Ref"))?;
    let name = rate.text().ok()?;
    Some(name.strip_suffix("Rate").unwrap_or(name).to_owned())
}

/// The format with every variable at its longest.
fn access_log(stage: &Resource, bounds: &Bounds) -> f64 {
    let format = stage.text(&["AccessLogSettings", "Format"]).unwrap_or_default();
    let count = |bytes: usize| u32::try_from(bytes).map_or(f64::MAX, f64::from);
    let mut parts = format.split("$context.");
    let before = parts.next().map_or(0.0, |text| count(text.len()));
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '.';
    let behind = parts.map(|rest| count(rest.trim_start_matches(is_name).len()) + bounds.access_value_bytes);
    before + behind.sum::<f64>()
}

/// What a function is called with.
#[derive(Clone, Copy)]
pub(super) enum Received<'a> {
    /// A request to the route.
    Request(&'a str),
    /// A message, so often until it is given up.
    Messages { receives: u32 },
    /// A schedule's event.
    Schedule,
}

/// A function as who calls it finds it; without a line in the access log.
pub(super) fn call(function: &Resource, received: Received<'_>) -> Result<Call> {
    let number = |name: &str| match function.at(&[name]).and_then(|node| node.parse::<f64>("").ok()) {
        Some(value) => Ok(value),
        None => bail!("함수 `{}`의 {name}이(가) 수가 아니다", function.id),
    };
    let architecture = function.at(&["Architectures"]).map_or(&[][..], Node::items).first();
    Ok(Call {
        demo: demo(function, received)?,
        memory_mb: number("MemorySize")?,
        timeout_ms: number("Timeout")? * 1_000.0,
        arm: architecture.map(Node::text) == Some(Ok("arm64")),
        access_log_bytes: 0.0,
    })
}

fn demo(function: &Resource, received: Received<'_>) -> Result<Demo> {
    let code = function.text(&["CodeUri"]).unwrap_or_default();
    let package = code.rsplit('/').next().unwrap_or_default().trim_end_matches(".zip");
    let prepare = function.text(&["Environment", "Variables", "PREPARE"]).unwrap_or_default();
    let (method, path, what) = match received {
        Received::Request(route) => {
            let (method, path) = route.split_once(' ').unwrap_or_default();
            (method, path, format!("`{route}`"))
        }
        Received::Messages { .. } => ("", "", "메시지".to_owned()),
        Received::Schedule => ("", "", "일정".to_owned()),
    };
    Ok(match (package, received, prepare, method, path.ends_with("/{id}")) {
        // A schedule may say whatever a request may.
        ("cold-start", Received::Request(_) | Received::Schedule, "none", ..) => Demo::Plain,
        ("cold-start", Received::Request(_) | Received::Schedule, "init", ..) => Demo::Heavy,
        ("cold-start", Received::Request(_) | Received::Schedule, "first-call", ..) => Demo::Lazy,
        ("users", _, _, "GET", false) => Demo::Users(Operation::List),
        ("users", _, _, "GET", true) => Demo::Users(Operation::Read),
        ("users", _, _, "POST", false) => Demo::Users(Operation::Create),
        ("users", _, _, "PUT", true) => Demo::Users(Operation::Replace),
        ("users", _, _, "DELETE", true) => Demo::Users(Operation::Delete),
        ("events", Received::Messages { receives }, ..) => Demo::Events(Source::Queue { receives }),
        ("events", Received::Schedule, ..) => Demo::Events(Source::Schedule),
        ("events", _, _, "GET", _) => Demo::Events(Source::List),
        ("events", _, _, "POST", _) => Demo::Events(Source::Keep),
        ("payments", _, _, "GET", _) => Demo::Payments(Payment::Look),
        ("payments", _, _, "POST", _) => Demo::Payments(Payment::Pay),
        ("payments", _, _, "DELETE", _) => Demo::Payments(Payment::BeginAnew),
        ("mistakes", Received::Request(_), ..) => Demo::Mistakes,
        _ => bail!(
            "요금 모형이 `{}`({package})이 받는 {what}을(를) 모른다. deploy/src/cost/work.rs에 가장 비싼 것을 적는다",
            function.id
        ),
    })
}
