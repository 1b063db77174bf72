//! What was turned away, and by whom: a role, a limit of concurrency, the gateway.
//! Knows what each of them says of it.

use serde::Serialize;

use crate::iam::{Denial, Reason};
use crate::lambda::telemetry::Limit;

/// Something that was not let through.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// The denial's number; `None` for what another feed tells.
    #[serde(skip)]
    pub number: Option<u64>,
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
            number: Some(denial.sequence),
            time: denial.time,
            by: By::Iam,
            function: denial.function.clone(),
            asked: denial.action.clone(),
            resource: denial.resource.clone(),
            reason: reason.to_owned(),
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
            number: None,
            time,
            by: By::Lambda,
            function: function.to_owned(),
            asked: String::new(),
            resource: String::new(),
            reason: reason.to_owned(),
        }
    }
}
