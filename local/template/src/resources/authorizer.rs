//! Reads `AWS::ApiGatewayV2::Authorizer` and what a route asks of it.
//! Knows that on this machine the one issuer is the template's own user pool.

use std::collections::BTreeMap;

use super::{Resource, keep, required};
use crate::system::{Authorization, IdentitySource, UserPool};
use crate::yaml::{Node, Problem};

/// Logical id → what the authorizer checks, before a route adds its scopes.
pub(super) type Authorizers = BTreeMap<String, Authorization>;

pub(super) fn read(
    resources: &[Resource],
    pool: Option<&UserPool>,
    problems: &mut Vec<Problem>,
) -> Authorizers {
    let authorizers = resources.iter().filter(|resource| resource.kind == "AWS::ApiGatewayV2::Authorizer");
    authorizers
        .filter_map(|resource| Some((resource.id.clone(), authorizer(resource, pool, problems)?)))
        .collect()
}

fn authorizer(
    resource: &Resource,
    pool: Option<&UserPool>,
    problems: &mut Vec<Problem>,
) -> Option<Authorization> {
    let kind = required(resource, "AuthorizerType", problems)?;
    if kind.text() != Ok("JWT") {
        problems.push(Problem::new(kind.place, "only AuthorizerType JWT is honoured here"));
        return None;
    }
    let source = identity_source(required(resource, "IdentitySource", problems)?, problems);
    let configuration = required(resource, "JwtConfiguration", problems)?;
    let lacks = |name: &str| Problem::new(configuration.place, format!("JwtConfiguration lacks `{name}`"));
    let field = |name: &str| configuration.get(name).ok_or_else(|| lacks(name));
    let issuer = keep(field("Issuer"), problems)?;
    if pool.is_none_or(|pool| issuer.text() != Ok(pool.issuer.as_str())) {
        problems.push(Problem::new(
            issuer.place,
            "on this machine the only issuer is the template's own user pool: `!GetAtt <UserPool>.ProviderURL`",
        ));
    }
    let audience = texts(keep(field("Audience"), problems)?, problems)?;
    let issuer = issuer.text().ok()?.to_owned();
    Some(Authorization { source: source?, issuer, audience, scopes: Vec::new() })
}

/// A JWT authorizer looks for its token in one place, a header or the query string.
fn identity_source(node: &Node, problems: &mut Vec<Problem>) -> Option<IdentitySource> {
    let text = match node.items() {
        [one] => one.text().unwrap_or_default(),
        _ => "",
    };
    let named = |prefix: &str| text.strip_prefix(prefix).filter(|name| !name.is_empty());
    if let Some(name) = named("$request.header.") {
        return Some(IdentitySource::Header(name.to_ascii_lowercase()));
    }
    if let Some(name) = named("$request.querystring.") {
        return Some(IdentitySource::Query(name.to_owned()));
    }
    problems.push(Problem::new(
        node.place,
        "IdentitySource of a JWT authorizer is one of [$request.header.<name>] and [$request.querystring.<name>]",
    ));
    None
}

/// What a route asks for: `AuthorizationType`, `AuthorizerId` and `AuthorizationScopes`.
pub(super) fn of_route(
    route: &Resource,
    authorizers: &Authorizers,
    problems: &mut Vec<Problem>,
) -> Option<Authorization> {
    let properties = &route.properties;
    let kind = properties.get("AuthorizationType");
    match kind.map(|node| (node.place, node.text())) {
        None | Some((_, Ok("NONE"))) => {
            if let Some(node) = properties.get("AuthorizerId").or(properties.get("AuthorizationScopes")) {
                problems.push(Problem::new(node.place, "this needs AuthorizationType JWT"));
            }
            return None;
        }
        Some((_, Ok("JWT"))) => {}
        Some((place, _)) => {
            problems.push(Problem::new(place, "only AuthorizationType JWT or NONE is honoured here"));
            return None;
        }
    }
    let id = required(route, "AuthorizerId", problems)?;
    let Some(authorizer) = id.text().ok().and_then(|id| authorizers.get(id)) else {
        problems.push(Problem::new(id.place, "AuthorizerId must name an authorizer of this template"));
        return None;
    };
    let scopes = match properties.get("AuthorizationScopes") {
        Some(node) => texts(node, problems)?,
        None => Vec::new(),
    };
    Some(Authorization { scopes, ..authorizer.clone() })
}

fn texts(node: &Node, problems: &mut Vec<Problem>) -> Option<Vec<String>> {
    let items: Result<Vec<_>, _> = node.items().iter().map(|item| item.text().map(str::to_owned)).collect();
    keep(items, problems)
}
