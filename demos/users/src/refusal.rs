//! Every answer of this function that is not a success: status, code and sentence, all in one place.
//! Knows HTTP; the sentences say what to do next and never repeat what was sent.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use environment::Problem;
use std::borrow::Cow;

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No `x-visitor`.
    VisitorMissing,
    /// `x-visitor` is not 32 lower-case hexadecimal digits.
    VisitorInvalid,
    /// No authorizer vouches for a signed-in reader.
    NotSignedIn,
    /// The visitor's bucket is empty; seconds until it holds a request again.
    TooManyRequests {
        /// Whole seconds, at least one.
        retry_after: u64,
    },
    /// A query this request does not take.
    QueryUnknown,
    /// An id in JSON that is no number.
    IdType,
    /// A number, but not written plainly.
    IdNotation,
    /// A plain number outside 1–20.
    IdOutOfRange,
    /// The id in the body is not the one in the path.
    IdMismatch,
    /// `If-Match` is neither `*` nor one entity tag of a version.
    IfMatchInvalid,
    /// No body.
    BodyMissing,
    /// A body of more than 4,096 bytes.
    BodyTooLarge,
    /// A body that is not declared as JSON.
    ContentType,
    /// Not JSON; where the reading stopped, if known.
    JsonInvalid {
        /// From 1.
        line: usize,
        /// From 1, in bytes.
        column: usize,
    },
    /// JSON, but no object.
    BodyNotObject,
    /// A field nobody knows.
    FieldUnknown,
    /// A field given twice.
    FieldRepeated(&'static str),
    /// A field only the server writes.
    FieldReadOnly(&'static str),
    /// A field that should be text and is not.
    FieldType(&'static str),
    /// No `name`.
    NameMissing,
    /// A name of no or more than forty visible characters, or too many bytes behind them.
    NameLength,
    /// A name with characters one cannot see or that change how others are shown.
    NameCharacters,
    /// An e-mail address that is none, or too long.
    EmailInvalid,
    /// No such user, or expired.
    UserNotFound,
    /// The id chosen is taken.
    IdInUse,
    /// All twenty are taken.
    AllIdsUsed,
    /// `If-Match` names another version than the table's.
    VersionMismatch {
        /// The table's.
        current: u64,
    },
    /// The table is being asked for more than it gives.
    StorageBusy,
    /// The table did not answer, or said it could not.
    StorageUnavailable,
    /// There is no such table: a mistake in the deployment.
    TableMissing,
    /// A mistake of this function's own.
    Internal,
}

impl Refusal {
    /// Status, stable code and sentence.
    fn parts(&self) -> (StatusCode, &'static str, Cow<'static, str>) {
        use StatusCode as S;
        let (status, code, message) = match self {
            Self::VisitorMissing => (
                S::BAD_REQUEST,
                "visitor_missing",
                "`x-visitor` 헤더가 없다. 독자마다 따로 저장하려고 쓰는 값이다. 소문자 16진수 32자리를 하나 정해 모든 요청에 붙인다.",
            ),
            Self::VisitorInvalid => (
                S::BAD_REQUEST,
                "visitor_invalid",
                "`x-visitor` 헤더는 0-9와 a-f만 쓴 32자리여야 한다. `openssl rand -hex 16`으로 만들 수 있다.",
            ),
            Self::NotSignedIn => (
                S::UNAUTHORIZED,
                "not_signed_in",
                "로그인한 독자의 길인데 누구인지 알 수 없다. 액세스 토큰을 `authorization: Bearer …` 헤더에 담아 다시 보낸다.",
            ),
            Self::TooManyRequests { .. } => (
                S::TOO_MANY_REQUESTS,
                "too_many_requests",
                "한 독자가 보낼 수 있는 속도를 넘었다. `retry-after` 헤더에 적힌 초만큼 쉬었다가 다시 보낸다.",
            ),
            Self::QueryUnknown => (
                S::BAD_REQUEST,
                "query_unknown",
                "물음표 뒤에는 읽기(GET)에서 `raw=true` 하나만 쓸 수 있다. 나머지는 지우고 다시 보낸다.",
            ),
            Self::IdType => (
                S::BAD_REQUEST,
                "id_type",
                "`id`는 숫자여야 한다. \"1\"처럼 따옴표로 감싸면 문자열이다. 이 테이블의 기본 키는 숫자(N)라서 문자열(S)과 섞이지 않는다. 따옴표 없이 1로 적는다.",
            ),
            Self::IdNotation => (
                S::BAD_REQUEST,
                "id_notation",
                "`id`는 1부터 20까지의 정수를 평범하게 적는다. 1e1, 1.0, 007, １은 받지 않는다. DynamoDB는 이들을 같은 숫자로 보아 한 사용자에게 이름이 여럿 생긴다.",
            ),
            Self::IdOutOfRange => (
                S::BAD_REQUEST,
                "id_out_of_range",
                "`id`는 1부터 20까지다. 독자마다 사용자를 스무 명까지 둘 수 있다.",
            ),
            Self::IdMismatch => (
                S::BAD_REQUEST,
                "id_mismatch",
                "본문의 `id`가 주소의 id와 다르다. 본문에서 지우거나 같게 적는다. 기본 키는 바꿀 수 없다.",
            ),
            Self::IfMatchInvalid => (
                S::BAD_REQUEST,
                "if_match_invalid",
                "`If-Match`에는 읽을 때 받은 `etag` 값을 따옴표까지 그대로 적는다(예: \"3\"). 아무 버전이나 괜찮으면 *를 적는다.",
            ),
            Self::BodyMissing => {
                (S::BAD_REQUEST, "body_missing", "본문이 없다. {\"name\": \"김하늘\"} 같은 JSON을 보낸다.")
            }
            Self::BodyTooLarge => (
                S::PAYLOAD_TOO_LARGE,
                "body_too_large",
                "본문은 4,096바이트까지다. 한글 한 글자는 UTF-8로 3바이트다. 더 짧게 보낸다.",
            ),
            Self::ContentType => (
                S::UNSUPPORTED_MEDIA_TYPE,
                "content_type",
                "본문의 형식을 알 수 없다. `content-type: application/json` 헤더를 붙인다.",
            ),
            Self::JsonInvalid { line, column } => {
                let message = format!(
                    "JSON 문법에 맞지 않는다({line}행 {column}바이트 근처). 큰따옴표, 쉼표, 괄호를 살펴보자. 숫자는 007이나 １이 아니라 7처럼 적는다."
                );
                return (S::BAD_REQUEST, "json_invalid", message.into());
            }
            Self::BodyNotObject => (
                S::BAD_REQUEST,
                "body_not_object",
                "본문은 중괄호로 감싼 JSON 객체여야 한다. {\"name\": \"김하늘\"}처럼 적는다.",
            ),
            Self::FieldUnknown => (
                S::BAD_REQUEST,
                "field_unknown",
                "모르는 필드가 있다. `id`, `name`, `email`만 쓸 수 있다. 이름의 대소문자도 살펴보자.",
            ),
            Self::FieldRepeated(field) => {
                let message =
                    format!("`{field}` 필드가 두 번 나온다. 어느 쪽을 쓸지 정할 수 없으니 하나만 남긴다.");
                return (S::BAD_REQUEST, "field_repeated", message.into());
            }
            Self::FieldReadOnly(field) => {
                let message = format!("`{field}` 필드는 서버가 정한다. 본문에서 지우고 다시 보낸다.");
                return (S::BAD_REQUEST, "field_read_only", message.into());
            }
            Self::FieldType(field) => {
                let message =
                    format!("`{field}` 필드는 큰따옴표로 감싼 문자열이어야 한다. 값이 없으면 필드를 지운다.");
                return (S::BAD_REQUEST, "field_type", message.into());
            }
            Self::NameMissing => {
                (S::BAD_REQUEST, "name_missing", "`name` 필드가 없다. 이름은 꼭 있어야 한다.")
            }
            Self::NameLength => (
                S::BAD_REQUEST,
                "name_length",
                "`name`은 눈에 보이는 글자로 1자부터 40자까지다(600바이트 이하).",
            ),
            Self::NameCharacters => (
                S::BAD_REQUEST,
                "name_characters",
                "`name`에 눈에 보이지 않거나 글자 방향을 바꾸는 문자가 있다. 줄바꿈, 앞뒤 공백, 제어 문자를 지우고 다시 보낸다.",
            ),
            Self::EmailInvalid => (
                S::BAD_REQUEST,
                "email_invalid",
                "`email`은 sky@example.com 같은 모양으로 100자까지다. 없으면 필드를 지운다.",
            ),
            Self::UserNotFound => (
                S::NOT_FOUND,
                "user_not_found",
                "그 id의 사용자가 없다. 만든 적이 없거나, 지웠거나, 마지막으로 쓴 지 한 시간이 지나 사라졌다. 먼저 만들어 보자.",
            ),
            Self::IdInUse => (
                S::CONFLICT,
                "id_in_use",
                "그 id는 이미 쓰고 있다. 다른 id를 고르거나, `id`를 빼서 가장 작은 빈 id를 받거나, PUT으로 바꾼다.",
            ),
            Self::AllIdsUsed => {
                (S::CONFLICT, "all_ids_used", "id 스무 개를 모두 쓰고 있다. 하나를 지우고 다시 만들어 보자.")
            }
            Self::VersionMismatch { current } => {
                let message = format!(
                    "그사이 다른 요청이 먼저 바꾸었다. 지금 버전은 {current}이다. 다시 읽어 확인하고 새 `etag`로 보낸다."
                );
                return (S::PRECONDITION_FAILED, "version_mismatch", message.into());
            }
            Self::StorageBusy => (
                S::SERVICE_UNAVAILABLE,
                "storage_busy",
                "테이블에 요청이 몰려 지금은 처리하지 못했다. `retry-after` 헤더에 적힌 초만큼 쉬었다가 다시 보낸다.",
            ),
            Self::StorageUnavailable => (
                S::SERVICE_UNAVAILABLE,
                "storage_unavailable",
                "테이블이 제때 답하지 않았다. 쓰기였다면 되었을 수도 있으니 읽어서 확인하고 다시 보낸다.",
            ),
            Self::TableMissing => (
                S::SERVICE_UNAVAILABLE,
                "table_missing",
                "테이블이 아직 없다. 배포가 끝났는지 확인하고 잠시 뒤에 다시 보낸다.",
            ),
            Self::Internal => (
                S::INTERNAL_SERVER_ERROR,
                "internal",
                "함수 안에서 일이 잘못되었다. 보낸 쪽의 잘못은 아니다. 잠시 뒤에 다시 보내 보자.",
            ),
        };
        (status, code, message.into())
    }

    /// Whole seconds after which trying again makes sense.
    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooManyRequests { retry_after } => Some(*retry_after),
            Self::StorageBusy | Self::StorageUnavailable => Some(1),
            Self::TableMissing => Some(5),
            _ => None,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code, message) = self.parts();
        let problem = Problem { retry_after: self.retry_after(), ..Problem::new(status, code, message) };
        let mut response = problem.into_response();
        if let Self::VersionMismatch { current } = self
            && let Ok(tag) = HeaderValue::try_from(entity_tag(current))
        {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

/// A version as an entity tag: `"3"`.
pub(crate) fn entity_tag(version: u64) -> String {
    format!("\"{version}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn all() -> Vec<Refusal> {
        use Refusal as R;
        vec![
            R::VisitorMissing,
            R::VisitorInvalid,
            R::NotSignedIn,
            R::TooManyRequests { retry_after: 3 },
            R::QueryUnknown,
            R::IdType,
            R::IdNotation,
            R::IdOutOfRange,
            R::IdMismatch,
            R::IfMatchInvalid,
            R::BodyMissing,
            R::BodyTooLarge,
            R::ContentType,
            R::JsonInvalid { line: 1, column: 2 },
            R::BodyNotObject,
            R::FieldUnknown,
            R::FieldRepeated("name"),
            R::FieldReadOnly("version"),
            R::FieldType("name"),
            R::NameMissing,
            R::NameLength,
            R::NameCharacters,
            R::EmailInvalid,
            R::UserNotFound,
            R::IdInUse,
            R::AllIdsUsed,
            R::VersionMismatch { current: 4 },
            R::StorageBusy,
            R::StorageUnavailable,
            R::TableMissing,
            R::Internal,
        ]
    }

    #[test]
    fn codes_are_snake_case_and_each_is_used_once() {
        let codes: Vec<_> = all().iter().map(|refusal| refusal.parts().1).collect();
        assert!(
            codes.iter().all(|code| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')),
            "{codes:?}"
        );
        assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len());
    }

    #[test]
    fn every_message_is_korean_and_ends_as_a_sentence() {
        for refusal in all() {
            let (_, code, message) = refusal.parts();
            assert!(message.ends_with('.') || message.ends_with("보자."), "{code}");
            assert!(message.chars().any(|character| ('가'..='힣').contains(&character)), "{code}");
        }
    }

    #[test]
    fn what_passes_by_waiting_says_how_long() {
        for refusal in all() {
            let status = refusal.parts().0.as_u16();
            assert_eq!(
                refusal.into_response().headers().contains_key("retry-after"),
                matches!(status, 429 | 503)
            );
        }
    }

    #[test]
    fn a_version_mismatch_carries_the_current_tag() {
        let response = Refusal::VersionMismatch { current: 4 }.into_response();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["etag"]),
            (412, &HeaderValue::from_static("\"4\""))
        );
    }
}
