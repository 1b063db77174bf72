//! What a failed call to the table means, judged by the error's type; its text is nobody's business.
//! Knows the SDK's errors and the refusals.

use crate::{item::Attributes, refusal::Refusal};
use aws_sdk_dynamodb::{
    Error,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

/// Why a call did not succeed.
#[derive(Debug, PartialEq)]
pub enum Failure {
    /// A write's condition did not hold; the item that stood there, if one did.
    Condition(Option<Attributes>),
    /// Anything else.
    Other(Refusal),
}

impl Failure {
    /// Judges an SDK error. Logs the code of an unexpected one, never its message, which may quote what a visitor wrote.
    pub fn of<E>(operation: &'static str, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata,
        Error: From<SdkError<E, HttpResponse>>,
    {
        let code = error.code().map(str::to_owned);
        let (kind, failure) = match error {
            SdkError::TimeoutError(_) => ("timeout", Self::Other(Refusal::StorageUnavailable)),
            SdkError::DispatchFailure(_) => ("dispatch", Self::Other(Refusal::StorageUnavailable)),
            SdkError::ResponseError(_) => ("response", Self::Other(Refusal::StorageUnavailable)),
            SdkError::ServiceError(_) => {
                let its_own_fault =
                    error.raw_response().is_some_and(|response| response.status().is_server_error());
                ("service", Self::of_service(Error::from(error), its_own_fault))
            }
            _ => ("construction", Self::Other(Refusal::Internal)),
        };
        match &failure {
            Self::Condition(_) => {}
            Self::Other(Refusal::Internal) => {
                tracing::error!(operation, kind, awsCode = code, "the table refused a call it should not");
            }
            Self::Other(_) => {
                tracing::warn!(operation, kind, awsCode = code, "the table could not do a call")
            }
        }
        failure
    }

    fn of_service(error: Error, its_own_fault: bool) -> Self {
        Self::Other(match error {
            Error::ConditionalCheckFailedException(failed) => return Self::Condition(failed.item),
            Error::ProvisionedThroughputExceededException(_)
            | Error::ThrottlingException(_)
            | Error::RequestLimitExceeded(_) => Refusal::StorageBusy,
            Error::InternalServerError(_) => Refusal::StorageUnavailable,
            Error::ResourceNotFoundException(_) => Refusal::TableMissing,
            _ if its_own_fault => Refusal::StorageUnavailable,
            // Validation, access: a mistake of ours or of the deployment. Calling it the visitor's would hide it.
            _ => Refusal::Internal,
        })
    }

    /// For calls that set no condition.
    #[must_use]
    pub fn refusal(self) -> Refusal {
        match self {
            Self::Condition(_) => Refusal::Internal,
            Self::Other(refusal) => refusal,
        }
    }
}
