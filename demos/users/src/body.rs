//! Reads the body of a write: bounded, declared as JSON, one object, each field once, nothing unknown, nothing coerced.
//! Knows the fields of a profile and the refusals.

use crate::{email::Email, name::Name, profile::Profile, refusal::Refusal, user_id::UserId};
use axum::{
    body::to_bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{error::Category, value::RawValue};
use std::fmt;

/// The longest body that is looked at, in bytes.
pub const LONGEST: usize = 4_096;

/// Fields the function answers with but takes from nobody.
const READ_ONLY: [&str; 4] = ["version", "createdAt", "expiresAt", "stored"];

/// The body of a create or a replacement.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UserBody {
    /// The id, if the body names one.
    pub id: Option<UserId>,
    /// The rest.
    pub profile: Profile,
}

impl<S: Sync> FromRequest<S> for UserBody {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let (head, body) = request.into_parts();
        // An event's body is in memory already: the only way to fail is to be too long.
        let bytes = to_bytes(body, LONGEST).await.map_err(|_| Refusal::BodyTooLarge)?;
        if bytes.is_empty() {
            return Err(Refusal::BodyMissing);
        }
        if !is_json(&head.headers) {
            return Err(Refusal::ContentType);
        }
        Self::parse(&bytes)
    }
}

/// `application/json`, with or without parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let declared =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    declared.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

impl UserBody {
    fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let Fields(fields) = serde_json::from_slice(bytes).map_err(|error| match error.classify() {
            Category::Data => Refusal::BodyNotObject,
            _ => Refusal::JsonInvalid { line: error.line(), column: error.column() },
        })?;
        let (mut id, mut name, mut email) = (None, None, None);
        for (field, value) in fields {
            let (field, place) = match field.as_str() {
                "id" => ("id", &mut id),
                "name" => ("name", &mut name),
                "email" => ("email", &mut email),
                other => {
                    let read_only = READ_ONLY.iter().find(|known| **known == other);
                    return Err(
                        read_only.map_or(Refusal::FieldUnknown, |field| Refusal::FieldReadOnly(field))
                    );
                }
            };
            if place.replace(value.get()).is_some() {
                return Err(Refusal::FieldRepeated(field));
            }
        }
        let id = id.map(UserId::parse_json).transpose()?;
        let name = Name::parse(&text("name", name.ok_or(Refusal::NameMissing)?, Refusal::NameCharacters)?)?;
        let email =
            email.map(|token| Email::parse(&text("email", token, Refusal::EmailInvalid)?)).transpose()?;
        Ok(Self { id, profile: Profile { name, email } })
    }
}

/// The text of a JSON string. Half a surrogate pair (`"\ud800"`) is a string to JSON's grammar but no text.
fn text(field: &'static str, token: &str, no_text: Refusal) -> Result<String, Refusal> {
    if token.starts_with('"') {
        serde_json::from_str(token).map_err(|_| no_text)
    } else {
        Err(Refusal::FieldType(field))
    }
}

/// An object's fields in order, repetitions included, each value as it was written.
/// The reader skips over values without recursion, so that depth costs nothing; no field takes a nested one.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyObject;

        impl<'de> Visitor<'de> for AnyObject {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(AnyObject).map(Fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use proptest::prelude::*;

    fn refused(body: &str) -> Refusal {
        UserBody::parse(body.as_bytes()).expect_err(body)
    }

    async fn received(content_type: Option<&str>, body: Vec<u8>) -> Result<UserBody, Refusal> {
        let mut request = Request::post("/");
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        UserBody::from_request(request.body(Body::from(body)).unwrap(), &()).await
    }

    #[test]
    fn a_body_is_read_with_its_fields_in_any_order() {
        let body =
            UserBody::parse(" {\"email\":\"a@b.kr\", \"name\":\"김\\ud558늘\",\n\"id\":7} ".as_bytes())
                .unwrap();
        assert_eq!(body.id, UserId::new(7));
        assert_eq!(body.profile.name.as_str(), "김하늘");
        assert_eq!(body.profile.email.unwrap().as_str(), "a@b.kr");
        let least = UserBody::parse(br#"{"name":"a"}"#).unwrap();
        assert_eq!((least.id, least.profile.email), (None, None));
    }

    #[test]
    fn wrong_json_says_where() {
        for body in [
            "{",
            "{}x",
            "{\"id\":007,\"name\":\"a\"}",
            "{\"id\":１}",
            "{'name':'a'}",
            "{\"name\":\"a\",}",
            "\u{FEFF}{}",
            "nul",
        ] {
            assert!(matches!(refused(body), Refusal::JsonInvalid { line: 1, .. }), "{body}");
        }
        assert_eq!(refused("{\n\"name\": }"), Refusal::JsonInvalid { line: 2, column: 9 });
        assert!(matches!(UserBody::parse(b"{\"name\":\"\xff\"}"), Err(Refusal::JsonInvalid { .. })));
        assert!(matches!(UserBody::parse(b"{\"\xff\":1}"), Err(Refusal::JsonInvalid { .. })));
        assert_eq!(refused(r#"{"name":"\ud800"}"#), Refusal::NameCharacters);
    }

    #[test]
    fn other_json_and_other_fields_are_refused_by_name() {
        for body in ["[]", "null", "1", "\"a\"", "[{\"name\":\"a\"}]"] {
            assert_eq!(refused(body), Refusal::BodyNotObject, "{body}");
        }
        let cases = [
            ("{}", Refusal::NameMissing),
            (r#"{"name":"a","age":3}"#, Refusal::FieldUnknown),
            (r#"{"Name":"a"}"#, Refusal::FieldUnknown),
            (r#"{"name":"a","name":"a"}"#, Refusal::FieldRepeated("name")),
            (r#"{"name":"a","n\u0061me":"b"}"#, Refusal::FieldRepeated("name")),
            (r#"{"name":"a","id":1,"id":2}"#, Refusal::FieldRepeated("id")),
            (r#"{"name":"a","version":1}"#, Refusal::FieldReadOnly("version")),
            (r#"{"name":"a","expiresAt":1}"#, Refusal::FieldReadOnly("expiresAt")),
            (r#"{"name":1}"#, Refusal::FieldType("name")),
            (r#"{"name":null}"#, Refusal::FieldType("name")),
            (r#"{"name":{"a":"b"}}"#, Refusal::FieldType("name")),
            (r#"{"name":"a","email":null}"#, Refusal::FieldType("email")),
            (r#"{"name":"a","email":"a"}"#, Refusal::EmailInvalid),
            (r#"{"name":"a","id":"1"}"#, Refusal::IdType),
            (r#"{"name":"a","id":null}"#, Refusal::IdType),
            (r#"{"name":"a","id":1.0}"#, Refusal::IdNotation),
            (r#"{"name":"a","id":1e1}"#, Refusal::IdNotation),
            (r#"{"name":"a","id":-1}"#, Refusal::IdNotation),
            (r#"{"name":"a","id":0}"#, Refusal::IdOutOfRange),
            (r#"{"name":"a","id":21}"#, Refusal::IdOutOfRange),
        ];
        for (body, refusal) in cases {
            assert_eq!(refused(body), refusal, "{body}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_like_any_other_type() {
        let deep =
            |open: &str, close: &str| format!("{{\"name\":{}{}}}", open.repeat(2_000), close.repeat(2_000));
        assert_eq!(refused(&deep("[", "]")), Refusal::FieldType("name"));
        assert!(matches!(refused(&deep("{\"a\":", "}")), Refusal::JsonInvalid { .. }));
    }

    #[tokio::test]
    async fn type_and_size_are_looked_at_before_the_json() {
        let json = Some("application/json");
        let padded = |length: usize| format!("{:<length$}", "{\"name\":\"a\"}").into_bytes();
        assert!(received(json, padded(4_096)).await.is_ok());
        assert_eq!(received(json, padded(4_097)).await, Err(Refusal::BodyTooLarge));
        assert_eq!(received(None, vec![b'x'; 100_000]).await, Err(Refusal::BodyTooLarge));
        assert_eq!(received(json, vec![]).await, Err(Refusal::BodyMissing));
        for ok in ["application/json; charset=utf-8", "Application/JSON", " application/json "] {
            assert!(received(Some(ok), padded(20)).await.is_ok(), "{ok}");
        }
        for other in
            [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/json5")]
        {
            assert_eq!(received(other, padded(20)).await, Err(Refusal::ContentType), "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = UserBody::parse(&body);
        }

        #[test]
        fn no_near_miss_panics(body in "(\\{|\\[)?(\"(id|name|email|age)\": ?(\"\\PC{0,4}\"|-?[0-9.e]{0,4}|null|\\[|\\{),? ?){0,4}\\}?") {
            let _ = UserBody::parse(body.as_bytes());
        }
    }
}
