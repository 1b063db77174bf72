//! What the Runtime API answers when it does not do what was asked, with Lambda's own statuses and error types.
//! Knows no function; what Lambda has and this machine has not is said here, too.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::super::function::Refused;
use super::super::invocation::PAYLOAD_LIMIT;

/// Why a call is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No environment has this address.
    Unknown,
    /// Called out of order.
    InvalidStateTransition,
    /// Not the invocation at hand, or answered already.
    InvalidRequestId,
    /// The invocation has timed out.
    Gone,
    /// The answer is too large.
    TooLarge,
    /// The body ended too early.
    Truncated,
    /// The answer is to be streamed.
    ResponseMode,
    /// The Runtime API has no such call.
    NoSuchCall,
    /// Extensions.
    Extensions,
    /// The Telemetry API and the Logs API.
    Telemetry,
    /// SnapStart.
    SnapStart,
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unknown => Self::Unknown,
            Refused::InvalidStateTransition => Self::InvalidStateTransition,
            Refused::InvalidRequestId => Self::InvalidRequestId,
            Refused::Gone => Self::Gone,
        }
    }
}

/// A call that is none of the Runtime API's this machine has.
pub fn unsupported(path: &str) -> Refusal {
    match path.split('/').nth(2) {
        Some("extension") => Refusal::Extensions,
        Some("telemetry" | "logs") => Refusal::Telemetry,
        Some("runtime") if path.contains("/restore/") => Refusal::SnapStart,
        _ => Refusal::NoSuchCall,
    }
}

impl Refusal {
    fn parts(self) -> (StatusCode, &'static str, String) {
        let missing = |what| format!("{what} on this machine: take it out of the function, or try it on AWS");
        let (status, error_type, message) = match self {
            Self::Unknown => (StatusCode::FORBIDDEN, "UnknownEnvironment", "No environment has this address"),
            Self::InvalidStateTransition => {
                (StatusCode::FORBIDDEN, "InvalidStateTransition", "State transition is not allowed")
            }
            Self::InvalidRequestId => (
                StatusCode::BAD_REQUEST,
                "InvalidRequestID",
                "Not the invocation at hand, or answered already",
            ),
            Self::Gone => (StatusCode::GONE, "InvocationTimedOut", "The invocation has timed out"),
            Self::TooLarge => {
                let message = format!("Exceeded maximum allowed payload size ({PAYLOAD_LIMIT} bytes).");
                return (StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", message);
            }
            Self::Truncated => {
                (StatusCode::BAD_REQUEST, "TruncatedHTTPRequest", "HTTP request detected as truncated")
            }
            Self::NoSuchCall => {
                (StatusCode::NOT_FOUND, "NotFound", "The Runtime API 2018-06-01 has no such call")
            }
            Self::ResponseMode => {
                let message = missing("Responses cannot be streamed (Lambda-Runtime-Function-Response-Mode)");
                return (StatusCode::BAD_REQUEST, "InvalidFunctionResponseMode", message);
            }
            Self::Extensions => {
                return (
                    StatusCode::NOT_IMPLEMENTED,
                    "Extension.NotSupported",
                    missing("There are no extensions"),
                );
            }
            Self::Telemetry => {
                let message = missing("There is no Telemetry or Logs API");
                return (StatusCode::NOT_IMPLEMENTED, "Telemetry.NotSupported", message);
            }
            Self::SnapStart => {
                return (
                    StatusCode::NOT_IMPLEMENTED,
                    "SnapStart.NotSupported",
                    missing("There is no SnapStart"),
                );
            }
        };
        (status, error_type, message.into())
    }

    /// How an invocation ends whose answer is refused like this: `errorType` and `errorMessage` for its caller.
    pub fn as_error(self) -> (String, String) {
        let (_, error_type, message) = self.parts();
        let error_type = match self {
            Self::TooLarge => "Function.ResponseSizeTooLarge",
            Self::Truncated => "Runtime.TruncatedResponse",
            Self::ResponseMode => "Runtime.InvalidResponseModeHeader",
            _ => error_type,
        };
        (error_type.into(), message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error_type, message) = self.parts();
        let body = serde_json::json!({ "errorMessage": message, "errorType": error_type });
        (status, Json(body)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_here_is_said() {
        for (path, error_type) in [
            ("/2020-01-01/extension/register", "Extension.NotSupported"),
            ("/2022-07-01/telemetry", "Telemetry.NotSupported"),
            ("/2020-08-15/logs", "Telemetry.NotSupported"),
            ("/2018-06-01/runtime/restore/next", "SnapStart.NotSupported"),
            ("/2018-06-01/runtime/nonsense", "NotFound"),
            ("/", "NotFound"),
            ("", "NotFound"),
        ] {
            assert_eq!(unsupported(path).parts().1, error_type, "{path}");
        }
    }
}
