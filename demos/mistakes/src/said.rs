//! DynamoDB's own words about a call it refused, beside this function's error.
//! Knows the SDK's errors and the shape of answers; the account's number gives way to a word.

use aws_sdk_dynamodb::{
    Error,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;
use users::{Failure, Refusal};

/// What stands for the account's number.
pub(crate) const HIDDEN: &str = "(가림)";

/// What DynamoDB said.
pub(crate) struct Said {
    action: &'static str,
    code: String,
    message: String,
}

impl Said {
    /// The words of a refusal with this code. They quote nothing a reader wrote: every call of this function is its own.
    ///
    /// # Errors
    /// Any other failure, as any function would tell it.
    pub(crate) fn of<E>(
        action: &'static str,
        code: &str,
        error: SdkError<E, HttpResponse>,
    ) -> Result<Self, Refusal>
    where
        E: ProvideErrorMetadata,
        Error: From<SdkError<E, HttpResponse>>,
    {
        let service = error.as_service_error();
        match service.and_then(|error| Some((error.code()?, error.message()?))) {
            Some((said, message)) if said == code => {
                Ok(Self { action, code: said.to_owned(), message: message.to_owned() })
            }
            _ => Err(match Failure::of(action, error) {
                Failure::Condition(_) => Refusal::Internal,
                Failure::Other(refusal) => refusal,
            }),
        }
    }

    /// An error answer that hands DynamoDB's words on, but for the account's number.
    pub(crate) fn answer(
        self,
        status: StatusCode,
        code: &'static str,
        message: &'static str,
        account: &str,
    ) -> Response {
        let said = match account {
            "" => self.message,
            account => self.message.replace(account, HIDDEN),
        };
        let body = json!({
            "error": {"code": code, "message": message},
            "dynamodb": {"action": self.action, "code": self.code, "message": said},
        });
        (status, Json(body)).into_response()
    }
}
