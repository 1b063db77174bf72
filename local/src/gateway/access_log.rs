//! Writes the line of an access log: the stage's format with what is known of one request.
//! Knows the variables' meanings; where lines go is decided by the `tracing` subscriber, target `gateway`.
//!
//! Meanings: API Gateway Developer Guide, "Customize HTTP API access logs". A variable without a value is `-`, which the guide does
//! not say and every log shows. Text of callers is escaped as in a JSON string, so that it ends neither line nor string.

use std::borrow::Cow;
use std::fmt::Write;

use axum::http::header::USER_AGENT;

use super::arrival::Arrival;
use super::event::{STAGE, log_time, protocol};
use super::progress::Progress;
use template::{ACCOUNT, AccessLogFormat, Api, LogPart, LogVariable};

const NOTHING: &str = "-";

/// The line for a request that is over after `latency` ms.
pub fn line(
    format: &AccessLogFormat,
    api: &Api,
    arrival: &Arrival,
    progress: &Progress,
    latency: f64,
) -> String {
    let request = Request { api, arrival, progress, latency };
    let mut line = String::with_capacity(512);
    for part in &format.parts {
        match part {
            LogPart::Text(text) => line.push_str(text),
            LogPart::Variable(variable) => {
                // The quotes of this one are its own.
                let quote = if *variable == LogVariable::ErrorMessageString { "\"" } else { "" };
                match request.value(variable) {
                    Some(value) => {
                        line.push_str(quote);
                        escape(&mut line, &value);
                        line.push_str(quote);
                    }
                    None => line.push_str(NOTHING),
                }
            }
        }
    }
    line
}

struct Request<'r> {
    api: &'r Api,
    arrival: &'r Arrival,
    progress: &'r Progress,
    latency: f64,
}

impl<'r> Request<'r> {
    fn value(&self, variable: &LogVariable) -> Option<Cow<'r, str>> {
        use LogVariable as V;
        let Self { api, arrival, progress, latency } = *self;
        let text = |text: &'r str| (!text.is_empty()).then_some(Cow::Borrowed(text));
        let number = |number: u64| Some(Cow::Owned(number.to_string()));
        let status = |status: Option<u16>| status.and_then(|status| number(status.into()));
        let refusal = progress.refusal;
        match variable {
            V::AccountId => text(ACCOUNT),
            V::ApiId => text(&api.id),
            V::Claim(name) => progress.identity.as_ref()?.claims.get(name).map(|claim| claim.as_str().into()),
            V::AuthorizerError => progress.authorizer_error.as_deref().and_then(text),
            V::DataProcessed => {
                number(progress.received as u64 + progress.answered.map_or(0, |(_, sent)| sent))
            }
            V::DomainName => text(arrival.domain_name()),
            V::DomainPrefix => text(arrival.domain_prefix()),
            V::ErrorMessage | V::ErrorMessageString => refusal.map(|refusal| refusal.message().into()),
            V::ErrorResponseType => refusal.map(|refusal| refusal.response_type().into()),
            V::HttpMethod => text(arrival.parts.method.as_str()),
            V::SourceIp => text(&arrival.source_ip),
            V::UserAgent => text(arrival.header(&USER_AGENT)),
            V::IntegrationError => progress.integration_error.as_deref().and_then(text),
            V::IntegrationLatency => number(ms(progress.returned? - progress.invoked?)),
            V::ServiceStatus => status(progress.service_status),
            V::FunctionStatus => status(progress.function_status),
            V::Path => text(arrival.parts.uri.path()),
            V::Protocol => text(protocol(arrival.parts.version)),
            V::RequestId => text(&arrival.id),
            V::RequestTime => Some(log_time(arrival.at).into()),
            V::RequestTimeEpoch => Some(arrival.epoch_ms().to_string().into()),
            V::ResponseLatency => number(ms(latency)),
            V::ResponseLength => progress.answered.and_then(|(_, sent)| number(sent)),
            V::RouteKey => api.routes.get(progress.route?).and_then(|route| text(route.key.as_str())),
            V::Stage => text(STAGE),
            V::Status => status(progress.answered.map(|(status, _)| status)),
            V::Absent => None,
        }
    }
}

/// Whole ms.
fn ms(ms: f64) -> u64 {
    ms.max(0.0).round() as u64
}

fn escape(line: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '"' | '\\' => line.extend(['\\', c]),
            c if c.is_control() => drop(write!(line, "\\u{:04x}", u32::from(c))),
            c => line.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::authorizer::Identity;
    use crate::gateway::refusal::Refusal;
    use template::{Integration, Route, RouteKey};
    use time::OffsetDateTime;

    fn api() -> Api {
        let route = Route {
            key: RouteKey::parse("GET /a/{b}").unwrap(),
            integration: Integration::Function("F".into()),
            throttle: None,
            timeout: None,
            authorization: None,
        };
        Api {
            id: "api".into(),
            cors: None,
            routes: vec![route],
            throttle: None,
            stage_variables: Default::default(),
            access_log: None,
        }
    }

    fn arrival(agent: &str) -> Arrival {
        let request = axum::http::Request::get("/a/%20?secret=1").header("host", "api.localhost:3000");
        let (parts, ()) = request.header("user-agent", agent).body(()).unwrap().into_parts();
        Arrival {
            id: "id=".into(),
            at: OffsetDateTime::from_unix_timestamp(1_583_348_638).unwrap(),
            ..Arrival::new(parts, "127.0.0.1".parse().unwrap())
        }
    }

    fn written(format: &str, agent: &str, progress: &Progress) -> String {
        let format = AccessLogFormat::parse(&format!("$context.requestId {format}")).unwrap();
        let line = line(&format, &api(), &arrival(agent), progress, 12.4);
        line.strip_prefix("id= ").unwrap().to_owned()
    }

    const ALL: &str = "$context.accountId $context.apiId $context.authorizer.claims.sub $context.authorizer.error \
        $context.dataProcessed $context.domainName $context.domainPrefix $context.error.message $context.error.messageString \
        $context.error.responseType $context.httpMethod $context.identity.sourceIp $context.identity.userAgent \
        $context.integrationErrorMessage $context.integrationLatency $context.integrationStatus $context.integration.status \
        $context.path $context.protocol $context.requestTime $context.requestTimeEpoch $context.responseLatency \
        $context.responseLength $context.routeKey $context.stage $context.status $context.identity.userArn";

    #[test]
    fn a_request_that_went_well() {
        let claims = [("sub".to_owned(), "s1".to_owned())].into();
        let progress = Progress {
            route: Some(0),
            authorized: Some(1.0),
            identity: Some(Identity { claims, scopes: None }),
            received: 3,
            invoked: Some(2.0),
            returned: Some(10.6),
            service_status: Some(200),
            function_status: Some(201),
            answered: Some((201, 7)),
            ..Progress::default()
        };
        assert_eq!(
            written(ALL, "test", &progress),
            "123456789012 api s1 - 10 api.localhost api - - - GET 127.0.0.1 test - 9 200 201 /a/%20 HTTP/1.1 \
             04/Mar/2020:19:03:58 +0000 1583348638000 12 7 GET /a/{b} $default 201 -"
        );
    }

    #[test]
    fn a_request_that_was_turned_away() {
        let progress = Progress {
            authorizer_error: Some("missing: token not provided".into()),
            refusal: Some(Refusal::Unauthorized(None)),
            answered: Some((401, 26)),
            ..Progress::default()
        };
        assert_eq!(
            written(ALL, "", &progress),
            "123456789012 api - missing: token not provided 26 api.localhost api Unauthorized \"Unauthorized\" UNAUTHORIZED GET \
             127.0.0.1 - - - - - /a/%20 HTTP/1.1 04/Mar/2020:19:03:58 +0000 1583348638000 12 26 - $default 401 -"
        );
        // The caller went away.
        assert_eq!(written("$context.status $context.responseLength", "", &Progress::default()), "- -");
    }

    #[test]
    fn nobody_writes_lines_of_a_log_by_what_they_send() {
        let line =
            written(r#"{"agent":"$context.identity.userAgent"}"#, "a\"}\t\\{ \u{e9}", &Progress::default());
        // `é` is not ASCII, so the header is not text for us.
        assert_eq!(line, r#"{"agent":"-"}"#);
        let line = written(r#"{"agent":"$context.identity.userAgent"}"#, "a\"}\\{", &Progress::default());
        assert_eq!(line, r#"{"agent":"a\"}\\{"}"#);
        let claims = [("sub".to_owned(), "a\nGET / 200 \u{7}".to_owned())].into();
        let progress = Progress { identity: Some(Identity { claims, scopes: None }), ..Progress::default() };
        assert_eq!(written("$context.authorizer.claims.sub", "", &progress), "a\\u000aGET / 200 \\u0007");
    }
}
