//! What was turned away, and by whom: a role, a limit of concurrency, the gateway.
//! Knows what each of them says of it.

use serde::Serialize;

use crate::gateway::telemetry as gateway;
use crate::iam::{Denial, Reason};
use crate::lambda::telemetry::Limit;

/// Something that was not let through.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// Unix ms.
    pub time: f64,
    /// Whose doing it was.
    pub by: By,
    /// The function that asked or was to be called; empty where none was found.
    pub function: String,
    /// What was asked for: `dynamodb:PutItem`, `GET /api/users`; empty for an event.
    pub asked: String,
    /// What of: an ARN.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource: String,
    /// Why, in a sentence.
    pub reason: String,
}

/// Who turns something away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// A role's policies.
    Iam,
    /// A limit of concurrency.
    Lambda,
    /// The HTTP API.
    Gateway,
}

impl Refusal {
    /// A request its role does not allow.
    pub fn denied(denial: &Denial) -> Self {
        let reason = match denial.reason {
            Reason::TakenAway => "이 실행 동안 역할에서 빼 둔 동작이다.",
            Reason::NotGranted => "역할의 정책이 허용하지 않는다.",
            Reason::ExplicitDeny => "역할의 정책이 명시적으로 거부한다.",
        };
        Self {
            time: denial.time,
            by: By::Iam,
            function: denial.function.clone(),
            asked: denial.action.clone(),
            resource: denial.resource.clone(),
            reason: reason.to_owned(),
        }
    }

    /// A request that never came to a function.
    pub fn at_the_gateway(record: &gateway::Record) -> Self {
        let error = record.error.as_deref().unwrap_or_default();
        let reason = match record.status {
            Some(429) => "429: 라우트의 토큰 버킷이 비었다.".to_owned(),
            Some(401) => format!("401: 토큰이 없거나 쓸 수 없다. {error}"),
            Some(403) => format!("403: 토큰에 이 라우트의 범위가 없다. {error}"),
            Some(404) => "404: 이 메서드와 경로의 라우트가 없다.".to_owned(),
            Some(status) => format!("{status}: {error}"),
            None => "답하기 전에 연결이 끊겼다.".to_owned(),
        };
        Self {
            time: record.arrived,
            by: By::Gateway,
            function: String::new(),
            asked: format!("{} {}", record.method, record.path),
            resource: record.route_key.clone().unwrap_or_default(),
            reason: reason.trim_end().to_owned(),
        }
    }

    /// An event that found no room.
    pub fn throttled(time: f64, function: &str, limit: Limit) -> Self {
        let reason = match limit {
            Limit::Reserved => "예약된 동시성을 다 썼다.",
            Limit::Account => "계정의 동시성을 다 썼다.",
            Limit::Machine => "이 컴퓨터가 한꺼번에 돌릴 수 있는 만큼을 다 썼다.",
        };
        Self {
            time,
            by: By::Lambda,
            function: function.to_owned(),
            asked: String::new(),
            resource: String::new(),
            reason: reason.to_owned(),
        }
    }
}
