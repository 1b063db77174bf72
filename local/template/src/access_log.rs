//! Reads the format of an access log: text with `$context` variables in it.
//! Knows the variables of an HTTP API; what a request makes of them is the gateway's to say.
//!
//! Variables: API Gateway Developer Guide, "Customize HTTP API access logs" (read 2026-11).

/// The longest format ("Quotas for HTTP APIs": access log template size 3 KB).
const LONGEST: usize = 3 * 1024;
const PREFIX: &str = "$context.";

/// A format, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessLogFormat {
    /// Its parts, one behind the other.
    pub parts: Vec<LogPart>,
}

/// A part of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogPart {
    /// Stands for itself.
    Text(String),
    /// Is filled in for each request.
    Variable(LogVariable),
}

/// A variable an access log may name. Times are in ms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogVariable {
    /// `accountId`
    AccountId,
    /// `apiId`
    ApiId,
    /// `authorizer.claims.<name>`: a claim of the token that was taken.
    Claim(String),
    /// `authorizer.error`
    AuthorizerError,
    /// `dataProcessed`: bytes of the request's and the answer's bodies.
    DataProcessed,
    /// `domainName`
    DomainName,
    /// `domainPrefix`
    DomainPrefix,
    /// `error.message`: what the gateway itself answered.
    ErrorMessage,
    /// `error.messageString`: the same in quotes.
    ErrorMessageString,
    /// `error.responseType`
    ErrorResponseType,
    /// `httpMethod`
    HttpMethod,
    /// `identity.sourceIp`
    SourceIp,
    /// `identity.userAgent`
    UserAgent,
    /// `integrationErrorMessage`, `integration.error`
    IntegrationError,
    /// `integrationLatency`, `integration.latency`
    IntegrationLatency,
    /// `integrationStatus`, `integration.integrationStatus`: the status of the service that was called.
    ServiceStatus,
    /// `integration.status`: the status the function returned.
    FunctionStatus,
    /// `path`
    Path,
    /// `protocol`
    Protocol,
    /// `requestId`, `extendedRequestId`
    RequestId,
    /// `requestTime`, as in the Common Log Format.
    RequestTime,
    /// `requestTimeEpoch`
    RequestTimeEpoch,
    /// `responseLatency`
    ResponseLatency,
    /// `responseLength`: bytes of the answer's body.
    ResponseLength,
    /// `routeKey`
    RouteKey,
    /// `stage`
    Stage,
    /// `status`
    Status,
    /// A variable of other authorizers, of custom domains, of mutual TLS or of the service's own ids: there is none of these here.
    Absent,
}

impl AccessLogFormat {
    /// Takes a format apart.
    ///
    /// # Errors
    /// Everything that is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        // A line end at the very end, as YAML's block scalars leave it, is allowed.
        let line = text.strip_suffix('\n').unwrap_or(text);
        if line.contains('\n') {
            problems.push("the format of an access log is one line".to_owned());
        }
        if text.len() > LONGEST {
            problems.push(format!("the format has {} bytes; {LONGEST} are the most", text.len()));
        }
        let mut parts = Vec::new();
        let mut rest = line;
        while let Some(start) = rest.find(PREFIX) {
            let behind = &rest[start + PREFIX.len()..];
            let end = behind.find(|c: char| !is_name(c)).unwrap_or(behind.len());
            // A full stop behind a variable ends the sentence, not the name.
            let name = behind[..end].trim_end_matches('.');
            push_text(&mut parts, &rest[..start]);
            match variable(name) {
                Some(variable) => parts.push(LogPart::Variable(variable)),
                None => {
                    problems.push(format!("`{PREFIX}{name}` is no variable of an HTTP API's access log"));
                }
            }
            rest = &behind[name.len()..];
        }
        push_text(&mut parts, rest);
        if !parts.contains(&LogPart::Variable(LogVariable::RequestId)) {
            problems.push("the format must contain `$context.requestId`".to_owned());
        }
        if problems.is_empty() { Ok(Self { parts }) } else { Err(problems) }
    }
}

fn push_text(parts: &mut Vec<LogPart>, text: &str) {
    if !text.is_empty() {
        parts.push(LogPart::Text(text.to_owned()));
    }
}

/// Claims may be named like `cognito:groups`; everything else has letters and dots.
fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':')
}

fn variable(name: &str) -> Option<LogVariable> {
    use LogVariable as V;
    Some(match name {
        "accountId" => V::AccountId,
        "apiId" => V::ApiId,
        "authorizer.error" => V::AuthorizerError,
        "dataProcessed" => V::DataProcessed,
        "domainName" => V::DomainName,
        "domainPrefix" => V::DomainPrefix,
        "error.message" => V::ErrorMessage,
        "error.messageString" => V::ErrorMessageString,
        "error.responseType" => V::ErrorResponseType,
        "httpMethod" => V::HttpMethod,
        "identity.sourceIp" => V::SourceIp,
        "identity.userAgent" => V::UserAgent,
        "integrationErrorMessage" | "integration.error" => V::IntegrationError,
        "integrationLatency" | "integration.latency" => V::IntegrationLatency,
        "integrationStatus" | "integration.integrationStatus" => V::ServiceStatus,
        "integration.status" => V::FunctionStatus,
        "path" => V::Path,
        "protocol" => V::Protocol,
        "requestId" | "extendedRequestId" => V::RequestId,
        "requestTime" => V::RequestTime,
        "requestTimeEpoch" => V::RequestTimeEpoch,
        "responseLatency" => V::ResponseLatency,
        "responseLength" => V::ResponseLength,
        "routeKey" => V::RouteKey,
        "stage" => V::Stage,
        "status" => V::Status,
        "awsEndpointRequestId" | "awsEndpointRequestId2" | "integration.requestId" => V::Absent,
        "customDomain.basePathMatched" => V::Absent,
        _ => {
            if let Some(claim) = name.strip_prefix("authorizer.claims.").filter(|claim| !claim.is_empty()) {
                return Some(V::Claim(claim.to_owned()));
            }
            // `authorizer.claims` alone is null on AWS, and `authorizer.<key>` is of Lambda authorizers.
            let absent = ["authorizer.", "identity."];
            return absent
                .iter()
                .any(|prefix| name.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()))
                .then_some(V::Absent);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use LogVariable as V;

    #[test]
    fn a_format_is_taken_apart() {
        let format = AccessLogFormat::parse(
            r#"{"id":"$context.requestId","who":"$context.authorizer.claims.cognito:username"} $context.status."#,
        );
        let text = |text: &str| LogPart::Text(text.to_owned());
        let expected = vec![
            text(r#"{"id":""#),
            LogPart::Variable(V::RequestId),
            text(r#"","who":""#),
            LogPart::Variable(V::Claim("cognito:username".to_owned())),
            text(r#""} "#),
            LogPart::Variable(V::Status),
            text("."),
        ];
        assert_eq!(format.unwrap().parts, expected);
        let clf = "$context.identity.sourceIp - - [$context.requestTime] \"$context.httpMethod $context.routeKey \
                   $context.protocol\" $context.status $context.responseLength $context.requestId\n";
        assert_eq!(AccessLogFormat::parse(clf).unwrap().parts.len(), 15);
        let absent = AccessLogFormat::parse("$context.extendedRequestId$context.identity.userArn").unwrap();
        assert_eq!(absent.parts, [LogPart::Variable(V::RequestId), LogPart::Variable(V::Absent)]);
    }

    #[test]
    fn all_that_is_wrong_with_a_format_is_said_at_once() {
        let problems = AccessLogFormat::parse("$context.routekey\n$context. ").unwrap_err();
        assert_eq!(
            problems,
            [
                "the format of an access log is one line",
                "`$context.routekey` is no variable of an HTTP API's access log",
                "`$context.` is no variable of an HTTP API's access log",
                "the format must contain `$context.requestId`"
            ]
        );
        let long = format!("$context.requestId {}", "x".repeat(LONGEST));
        assert_eq!(
            AccessLogFormat::parse(&long).unwrap_err(),
            ["the format has 3091 bytes; 3072 are the most"]
        );
    }
}
