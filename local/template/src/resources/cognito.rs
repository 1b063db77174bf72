//! Reads the Cognito user pool, its client and its scopes, and names them as Cognito would.
//! Knows how the three refer to one another; what a token looks like is `cognito`'s business.

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::{Resource, integration, keep, required};
use crate::system::{UserPool, UserPoolClient};
use crate::yaml::{Node, Problem};
use crate::{REGION, Stack};

/// Below this path the issuer answers. Cognito's own is the root of `https://cognito-idp.REGION.amazonaws.com`.
const ISSUER: &str = "/_local/cognito";
/// Scopes every user pool knows ("Scopes, M2M, and resource servers").
const STANDARD_SCOPES: &[&str] = &["aws.cognito.signin.user.admin", "email", "openid", "phone", "profile"];
/// An access token is good for five minutes to a day ("Token expiration").
const VALIDITY: std::ops::RangeInclusive<Duration> = Duration::from_secs(300)..=Duration::from_secs(86_400);

/// `REGION_` and nine characters; always the same ones for a stack.
pub(super) fn pool_id(stack: Stack<'_>, logical_id: &str) -> String {
    format!("{REGION}_{}", characters(stack, logical_id, 9))
}

/// 26 characters; always the same ones for a stack.
pub(super) fn client_id(stack: Stack<'_>, logical_id: &str) -> String {
    characters(stack, logical_id, 26)
}

/// `ProviderURL` of a pool.
pub(super) fn issuer(stack: Stack<'_>, pool_id: &str) -> String {
    format!("{}{ISSUER}/{pool_id}", stack.origin)
}

fn characters(stack: Stack<'_>, logical_id: &str, length: usize) -> String {
    const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let digest = Sha256::digest(format!("{} {logical_id}", stack.id));
    digest.iter().take(length).map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect()
}

/// The functions Cognito calls while readers sign up (`LambdaConfig`). Here nobody signs up, so nothing calls them.
pub(super) fn triggers(resources: &[Resource]) -> Vec<String> {
    let pools = resources.iter().filter(|resource| resource.kind == "AWS::Cognito::UserPool");
    let triggers = pools.filter_map(|pool| pool.properties.get("LambdaConfig")).flat_map(Node::entries);
    triggers.filter_map(|(_, node)| integration::named_function(node.text().ok()?)).collect()
}

pub(super) fn read(
    resources: &[Resource],
    stack: Stack<'_>,
    problems: &mut Vec<Problem>,
) -> Option<UserPool> {
    let of = |kind: &'static str| resources.iter().filter(move |resource| resource.kind == kind);
    let pool = only(of("AWS::Cognito::UserPool"), problems)?;
    let id = pool_id(stack, &pool.id);
    let mut known: Vec<String> = STANDARD_SCOPES.iter().map(|scope| (*scope).to_owned()).collect();
    for server in of("AWS::Cognito::UserPoolResourceServer") {
        belongs(server, &id, problems);
        known.extend(keep(scopes(server), problems).unwrap_or_default());
    }
    let Some(client) = only(of("AWS::Cognito::UserPoolClient"), problems) else {
        problems.push(Problem::new(pool.place, "the user pool has no AWS::Cognito::UserPoolClient"));
        return None;
    };
    belongs(client, &id, problems);
    public_with_code_flow(client, problems);
    let allowed = required(client, "AllowedOAuthScopes", problems)?;
    for scope in allowed.items() {
        if !scope.text().is_ok_and(|text| known.iter().any(|known| known == text)) {
            problems.push(Problem::new(
                scope.place,
                format!("no resource server of the pool names this scope; known are: {}", known.join(", ")),
            ));
        }
    }
    let scopes = allowed.items().iter().filter_map(|scope| scope.text().ok().map(str::to_owned)).collect();
    let access_token = keep(validity(&client.properties), problems)?;
    let client = UserPoolClient { id: client_id(stack, &client.id), scopes, access_token };
    Some(UserPool { issuer: issuer(stack, &id), id, client })
}

/// The first resource of a kind; a second one is a problem.
fn only<'r>(
    mut resources: impl Iterator<Item = &'r Resource>,
    problems: &mut Vec<Problem>,
) -> Option<&'r Resource> {
    let first = resources.next()?;
    for other in resources {
        problems.push(Problem::new(other.place, format!("only one {} is honoured here", other.kind)));
    }
    Some(first)
}

fn belongs(resource: &Resource, pool: &str, problems: &mut Vec<Problem>) {
    if let Some(node) = required(resource, "UserPoolId", problems)
        && node.text() != Ok(pool)
    {
        problems.push(Problem::new(node.place, "UserPoolId must be the user pool of this template"));
    }
}

/// A page can keep no secret, so a client of one has none and must not be handed tokens in an address.
fn public_with_code_flow(client: &Resource, problems: &mut Vec<Problem>) {
    for (name, only) in [("GenerateSecret", "false"), ("AllowedOAuthFlowsUserPoolClient", "true")] {
        if let Some(node) = required(client, name, problems)
            && node.text() != Ok(only)
        {
            problems.push(Problem::new(node.place, format!("only {name} {only} is honoured here")));
        }
    }
    if let Some(flows) = required(client, "AllowedOAuthFlows", problems)
        && !matches!(flows.items(), [flow] if flow.text() == Ok("code"))
    {
        problems.push(Problem::new(flows.place, "only AllowedOAuthFlows [code] is honoured here"));
    }
}

/// `identifier/name` of every scope of a resource server.
fn scopes(server: &Resource) -> Result<Vec<String>, Problem> {
    let lacks = |name: &str| Problem::new(server.place, format!("`{}` lacks `{name}`", server.id));
    let identifier = server.properties.get("Identifier").ok_or_else(|| lacks("Identifier"))?.text()?;
    let scopes = server.properties.get("Scopes").ok_or_else(|| lacks("Scopes"))?.items().iter();
    let name = |scope: &Node| {
        let name = scope.get("ScopeName").ok_or_else(|| lacks("ScopeName"))?;
        Ok(format!("{identifier}/{}", name.text()?))
    };
    scopes.map(name).collect()
}

/// `AccessTokenValidity` in its unit; an hour where the template says nothing, as on AWS.
fn validity(client: &Node) -> Result<Duration, Problem> {
    let Some(node) = client.get("AccessTokenValidity") else { return Ok(Duration::from_secs(3600)) };
    let unit = client.get("TokenValidityUnits").and_then(|units| units.get("AccessToken"));
    let seconds: u64 = match unit.map(Node::text).transpose()? {
        None | Some("hours") => 3600,
        Some("minutes") => 60,
        Some("seconds") => 1,
        Some("days") => 86_400,
        Some(other) => return Err(Problem::new(node.place, format!("`{other}` is no unit of time here"))),
    };
    let count: u32 = node.parse("a whole number")?;
    let validity = Duration::from_secs(u64::from(count) * seconds);
    if VALIDITY.contains(&validity) {
        Ok(validity)
    } else {
        Err(Problem::new(node.place, "an access token is good for five minutes to one day"))
    }
}
