//! Reads the HTTP API: `AWS::ApiGatewayV2::*` and the permission that lets it invoke a function.
//! Knows how API, integrations, routes and stage refer to one another.

use super::authorizer::{self, Authorizers};
use super::integration;
use super::role::Roles;
use super::{Resource, keep, required, stage};
use crate::route_key::RouteKey;
use crate::system::{Api, Cors, Queue, Route, Throttle};
use crate::yaml::{Node, Problem};

/// What an API refers to.
pub(super) struct Behind<'a> {
    pub queues: &'a [Queue],
    pub roles: &'a Roles,
    pub authorizers: &'a Authorizers,
}

pub(super) fn read(resources: &[Resource], behind: &Behind<'_>, problems: &mut Vec<Problem>) -> Option<Api> {
    let of = |kind: &'static str| resources.iter().filter(move |resource| resource.kind == kind);
    let Some(api) = of("AWS::ApiGatewayV2::Api").next() else {
        let place =
            resources.first().map_or(crate::yaml::Place { line: 1, column: 1 }, |resource| resource.place);
        problems.push(Problem::new(place, "the template has no AWS::ApiGatewayV2::Api"));
        return None;
    };
    if let Some(protocol) = required(api, "ProtocolType", problems)
        && protocol.text() != Ok("HTTP")
    {
        problems.push(Problem::new(protocol.place, "only ProtocolType HTTP is honoured here"));
    }
    let integrations = integration::read(resources, behind, problems);
    let stage = of("AWS::ApiGatewayV2::Stage").next();
    let settings = stage.and_then(|stage| stage.properties.get("RouteSettings"));
    let mut routes: Vec<Route> = Vec::new();
    for resource in of("AWS::ApiGatewayV2::Route") {
        let Some(key_node) = required(resource, "RouteKey", problems) else { continue };
        let Some(target) = required(resource, "Target", problems) else { continue };
        let key = key_node
            .text()
            .and_then(|text| RouteKey::parse(text).map_err(|message| Problem::new(key_node.place, message)));
        let Some(key) = keep(key, problems) else { continue };
        if routes.iter().any(|route| route.key == key) {
            problems.push(Problem::new(key_node.place, format!("`{key}` is the key of another route too")));
        }
        let id = target.text().ok().and_then(|text| text.strip_prefix("integrations/"));
        let Some(integration) = id.and_then(|id| integrations.get(id)) else {
            problems.push(Problem::new(
                target.place,
                "Target must be `integrations/` and an integration of this template",
            ));
            continue;
        };
        let throttle = settings.and_then(|settings| settings.get(&key.to_string()));
        let throttle = throttle.and_then(|node| throttle_of(node, problems));
        routes.push(Route {
            key,
            integration: integration.target.clone(),
            throttle,
            timeout: integration.timeout,
            authorization: authorizer::of_route(resource, behind.authorizers, problems),
        });
    }
    for (key, _) in settings.map_or(&[][..], Node::entries) {
        if !routes.iter().any(|route| route.key.to_string() == key.text) {
            problems.push(Problem::new(
                key.place,
                format!("RouteSettings name `{}`, which is no route", key.text),
            ));
        }
    }
    let default = stage.and_then(|stage| stage.properties.get("DefaultRouteSettings"));
    let throttle = default.and_then(|node| throttle_of(node, problems));
    check_stage(stage, api, problems);
    let of_stage = |name: &str| stage.and_then(|stage| stage.properties.get(name));
    let stage_variables = of_stage("StageVariables").and_then(|node| keep(stage::variables(node), problems));
    let access_log = of_stage("AccessLogSettings").and_then(|node| stage::access_log(node, problems));
    let cors = api.properties.get("CorsConfiguration").and_then(|node| keep(cors(node), problems));
    let stage_variables = stage_variables.unwrap_or_default();
    Some(Api { id: api.id.to_lowercase(), cors, routes, throttle, stage_variables, access_log })
}

fn check_stage(stage: Option<&Resource>, api: &Resource, problems: &mut Vec<Problem>) {
    let Some(stage) = stage else {
        problems
            .push(Problem::new(api.place, "the API has no AWS::ApiGatewayV2::Stage: nothing would answer"));
        return;
    };
    if let Some(name) = required(stage, "StageName", problems)
        && name.text() != Ok("$default")
    {
        problems.push(Problem::new(
            name.place,
            "only the stage `$default` is honoured: the book calls /api/… without one",
        ));
    }
}

fn throttle_of(node: &Node, problems: &mut Vec<Problem>) -> Option<Throttle> {
    for (key, _) in node.entries() {
        if !["ThrottlingBurstLimit", "ThrottlingRateLimit"].contains(&key.text.as_str()) {
            problems.push(Problem::new(key.place, format!("`{}` is not honoured on this machine", key.text)));
        }
    }
    let (Some(rate), Some(burst)) = (node.get("ThrottlingRateLimit"), node.get("ThrottlingBurstLimit"))
    else {
        problems.push(Problem::new(
            node.place,
            "a throttle needs both ThrottlingRateLimit (requests per second) and ThrottlingBurstLimit (requests at once)",
        ));
        return None;
    };
    let number = |node: &Node| {
        let value: f64 = node.parse("a number")?;
        if value.is_finite() && value >= 0.0 {
            Ok(value)
        } else {
            Err(Problem::new(node.place, "a throttle is a number of at least 0"))
        }
    };
    Some(Throttle { rate: keep(number(rate), problems)?, burst: keep(number(burst), problems)? })
}

fn cors(node: &Node) -> Result<Cors, Problem> {
    let mut cors = Cors::default();
    for (key, value) in node.entries() {
        let list =
            || value.items().iter().map(|item| item.text().map(str::to_owned)).collect::<Result<Vec<_>, _>>();
        let lower = || Ok(list()?.iter().map(|text| text.to_lowercase()).collect());
        match key.text.as_str() {
            "AllowOrigins" => cors.allow_origins = list()?,
            "AllowMethods" => cors.allow_methods = list()?,
            "AllowHeaders" => cors.allow_headers = lower()?,
            "ExposeHeaders" => cors.expose_headers = lower()?,
            "MaxAge" => cors.max_age = Some(value.parse("seconds")?),
            "AllowCredentials" => cors.allow_credentials = value.parse("true or false")?,
            other => {
                return Err(Problem::new(key.place, format!("`{other}` is not honoured on this machine")));
            }
        }
    }
    let any = |list: &[String]| list.iter().any(|value| value == "*");
    if cors.allow_credentials
        && (any(&cors.allow_origins) || any(&cors.allow_methods) || any(&cors.allow_headers))
    {
        return Err(Problem::new(
            node.place,
            "AllowCredentials goes with named origins, methods and headers, not with `*`",
        ));
    }
    Ok(cors)
}
