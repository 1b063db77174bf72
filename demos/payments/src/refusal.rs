//! Every answer of this function that is not a success and that `users` has no words for.
//! Knows HTTP; the sentences say what to do next and never repeat what was sent.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use environment::Problem;

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Who asks, how often, or a table that does not answer: the words of `users`.
    Users(users::Refusal),
    /// A query this request does not take.
    QueryUnknown,
    /// An `idempotency-key` that is none.
    KeyInvalid,
    /// The key was used for something else.
    KeyReused,
    /// More than [`crate::LONGEST_BODY`].
    BodyTooLarge,
    /// No object of the fields that there are.
    BodyInvalid,
    /// Nothing, or more than an account begins with.
    AmountInvalid,
    /// An order that is none.
    OrderInvalid,
    /// There is less in the account.
    BalanceTooLow,
    /// The account has all the payments it can keep.
    AccountFull,
    /// Others kept changing the account.
    Conflict,
}

impl Refusal {
    /// A mistake of this function's own.
    pub(crate) fn internal() -> Self {
        Self::Users(users::Refusal::Internal)
    }
}

impl From<users::Refusal> for Refusal {
    fn from(refusal: users::Refusal) -> Self {
        Self::Users(refusal)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        use StatusCode as S;
        let (status, code, message) = match self {
            Self::Users(refusal) => return refusal.into_response(),
            Self::QueryUnknown => (
                S::BAD_REQUEST,
                "query_unknown",
                "물음표 뒤에는 결제(POST)에서 `fail=before`나 `fail=after` 하나만 쓸 수 있다. 나머지는 지우고 다시 보낸다.",
            ),
            Self::KeyInvalid => (
                S::BAD_REQUEST,
                "key_invalid",
                "`idempotency-key` 헤더는 하나만, 영문자와 숫자와 `-` `_` `.` `:`로 64자까지다. 주문 번호처럼 다시 보낼 때도 같은 값을 적는다.",
            ),
            Self::KeyReused => (
                S::UNPROCESSABLE_ENTITY,
                "key_reused",
                "같은 멱등 키로 다른 내용을 보냈다. 새 결제라면 새 키를 쓰고, 다시 보내는 것이라면 처음과 똑같이 보낸다.",
            ),
            Self::BodyTooLarge => {
                (S::PAYLOAD_TOO_LARGE, "body_too_large", "본문은 1,024바이트까지다. 더 짧게 보낸다.")
            }
            Self::BodyInvalid => (
                S::BAD_REQUEST,
                "body_invalid",
                "본문은 {\"amount\": 3000, \"order\": \"A-17\"} 모양의 JSON이다. `order`는 빼도 되고, 다른 필드는 받지 않는다.",
            ),
            Self::AmountInvalid => {
                (S::BAD_REQUEST, "amount_invalid", "`amount`는 1부터 10000까지의 정수다. 쉼표 없이 적는다.")
            }
            Self::OrderInvalid => (
                S::BAD_REQUEST,
                "order_invalid",
                "`order`는 영문자와 숫자와 `-`로 40자까지다. 없으면 필드를 지운다.",
            ),
            Self::BalanceTooLow => (
                S::CONFLICT,
                "balance_too_low",
                "잔액이 모자라 결제하지 않았다. GET으로 잔액을 보거나 DELETE로 처음부터 시작한다.",
            ),
            Self::AccountFull => {
                (S::CONFLICT, "account_full", "결제는 열 건까지 적는다. DELETE로 처음부터 시작한다.")
            }
            Self::Conflict => (
                S::CONFLICT,
                "conflict",
                "다른 요청이 같은 계좌를 바꾸고 있어 결제하지 않았다. 같은 멱등 키로 다시 보낸다.",
            ),
        };
        Problem::new(status, code, message).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;
    use std::collections::HashSet;

    #[tokio::test]
    async fn every_code_is_used_once_and_every_message_is_a_korean_sentence() {
        use Refusal as R;
        let all = [
            R::QueryUnknown,
            R::KeyInvalid,
            R::KeyReused,
            R::BodyTooLarge,
            R::BodyInvalid,
            R::AmountInvalid,
            R::OrderInvalid,
            R::BalanceTooLow,
            R::AccountFull,
            R::Conflict,
        ];
        let (count, mut codes) = (all.len(), HashSet::new());
        for refusal in all {
            let body = to_bytes(refusal.into_response().into_body(), 4_096).await.unwrap();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            let message = body["error"]["message"].as_str().unwrap();
            assert!(message.ends_with('.') && message.contains("다."), "{message}");
            codes.insert(body["error"]["code"].as_str().unwrap().to_owned());
        }
        assert_eq!(codes.len(), count);
    }

    #[test]
    fn the_words_about_readers_and_tables_are_those_of_users() {
        let response = Refusal::from(users::Refusal::StorageBusy).into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(Refusal::internal().into_response().status(), 500);
    }
}
