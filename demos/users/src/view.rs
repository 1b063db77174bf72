//! How a user is shown: as JSON for people, and with `?raw=true` also as the table holds it.
//! Knows items and HTTP queries.

use crate::{item::Item, refusal::Refusal, user_id::UserId};
use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use axum::{extract::FromRequestParts, http::request::Parts};
use serde::Serialize;
use serde_json::Value;

/// Whether the reader wants to see the stored item too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct View {
    raw: bool,
}

impl<S: Sync> FromRequestParts<S> for View {
    type Rejection = Refusal;

    async fn from_request_parts(head: &mut Parts, _: &S) -> Result<Self, Refusal> {
        match head.uri.query() {
            None | Some("" | "raw=false") => Ok(Self { raw: false }),
            Some("raw=true") => Ok(Self { raw: true }),
            Some(_) => Err(Refusal::QueryUnknown),
        }
    }
}

/// A user as answered. Times are ISO 8601 in UTC.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shown {
    id: u8,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    version: u64,
    created_at: String,
    expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    stored: Option<Value>,
}

impl View {
    /// What a plain answer shows.
    pub(crate) const PLAIN: Self = Self { raw: false };

    /// Shows an item under the id its visitor knows.
    ///
    /// # Errors
    /// [`Refusal::Internal`] for a time outside the calendar, which this function never writes.
    pub(crate) fn show(self, id: UserId, item: &Item) -> Result<Shown, Refusal> {
        Ok(Shown {
            id: id.get(),
            name: item.name.clone(),
            email: item.email.clone(),
            version: item.version,
            created_at: iso_8601(item.created_at)?,
            expires_at: iso_8601(item.expires_at)?,
            stored: self.raw.then(|| item.as_stored()),
        })
    }
}

fn iso_8601(seconds: i64) -> Result<String, Refusal> {
    DateTime::from_secs(seconds).fmt(DateTimeFormat::DateTime).map_err(|_| Refusal::Internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_iso_8601_in_utc() {
        assert_eq!(iso_8601(0), Ok("1970-01-01T00:00:00Z".to_owned()));
        assert_eq!(iso_8601(1_795_305_600), Ok("2026-11-22T00:00:00Z".to_owned()));
        assert_eq!(iso_8601(i64::MAX), Err(Refusal::Internal));
    }

    #[tokio::test]
    async fn a_read_takes_raw_and_nothing_else() {
        let view = async |query: &str| {
            let request = axum::http::Request::get(format!("/{query}")).body(()).unwrap();
            View::from_request_parts(&mut request.into_parts().0, &()).await
        };
        assert_eq!(view("").await, Ok(View { raw: false }));
        assert_eq!(view("?").await, Ok(View { raw: false }));
        assert_eq!(view("?raw=true").await, Ok(View { raw: true }));
        for odd in ["?raw", "?raw=1", "?raw=TRUE", "?raw=true&raw=true", "?limit=3", "?&", "?raw=true&x="] {
            assert_eq!(view(odd).await, Err(Refusal::QueryUnknown), "{odd}");
        }
    }
}
