//! Why an account is not made, in the words the sign-in page shows: Cognito puts `PreSignUp failed with error` before them.
//! Knows no cause but its own; what a service said goes to the log, never to the reader.

use lambda_runtime::Diagnostic;
use thiserror::Error;

/// A refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The name is not one of the allowed ones.
    #[error("이름은 영문 소문자로 시작해 소문자, 숫자, 붙임표(-)로 된 3~20자여야 한다.")]
    Name,
    /// The reader told more than a name.
    #[error("이름과 비밀번호만 받는다. 다른 정보는 비워 둔다.")]
    Attributes,
    /// The day's accounts are given out.
    #[error("오늘 만들 수 있는 계정이 다 찼다. 내일(UTC) 다시 시도한다.")]
    Full,
    /// The count of the day could not be read or written.
    #[error("지금은 계정을 만들 수 없다. 잠시 뒤 다시 시도한다.")]
    Unavailable,
    /// The event is not one of a sign-up by name.
    #[error("이 길로는 계정을 만들 수 없다.")]
    Unexpected,
}

impl From<Refusal> for Diagnostic {
    fn from(refusal: Refusal) -> Self {
        Self { error_type: format!("{refusal:?}"), error_message: refusal.to_string() }
    }
}
