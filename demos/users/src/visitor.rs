//! Who asks: the 128 random bits a reader's page made for itself, in the header `x-visitor`, or the subject of a signed-in
//! reader's token. Knows HTTP headers, the gateway's request context and the refusals.

use crate::refusal::Refusal;
use axum::http::{Extensions, HeaderMap};
use lambda_http::request::RequestContext;

/// Where a page names its visitor.
pub(crate) const HEADER: &str = "x-visitor";

/// A visitor as named by the page: 32 lower-case hexadecimal digits. Whoever knows it is that visitor, so it is never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Visitor(String);

impl Visitor {
    /// Reads the header.
    ///
    /// # Errors
    /// [`Refusal::VisitorMissing`], or [`Refusal::VisitorInvalid`] for anything but exactly one value of 32 such digits.
    pub fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut values = headers.get_all(HEADER).iter();
        let value = values.next().ok_or(Refusal::VisitorMissing)?;
        let text = value.to_str().map_err(|_| Refusal::VisitorInvalid)?;
        if values.next().is_some() { Err(Refusal::VisitorInvalid) } else { Self::parse(text) }
    }

    /// Reads the digits themselves, wherever they were written.
    ///
    /// # Errors
    /// [`Refusal::VisitorInvalid`] for anything but 32 such digits.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() == 32 && digits { Ok(Self(text.to_owned())) } else { Err(Refusal::VisitorInvalid) }
    }

    /// The 32 digits.
    pub(crate) fn digits(&self) -> &str {
        &self.0
    }
}

/// A reader who has signed in: the `sub` of an access token. Not a secret, but worth nothing without a token that says it.
#[derive(Clone, PartialEq, Eq)]
pub struct Subject(String);

impl Subject {
    /// Reads what the authorizer in front of this function passed on.
    ///
    /// A token's signature, issuer, client and scope are the authorizer's business. That it is an access token is looked at
    /// here once more, because to an authorizer without scopes an ID token is as good.
    ///
    /// # Errors
    /// [`Refusal::NotSignedIn`] when no authorizer stands in front, or the token is of another kind.
    pub fn of(extensions: &Extensions) -> Result<Self, Refusal> {
        let Some(RequestContext::ApiGatewayV2(context)) = extensions.get() else {
            return Err(Refusal::NotSignedIn);
        };
        let jwt = context.authorizer.as_ref().and_then(|authorizer| authorizer.jwt.as_ref());
        let claim = |name: &str| jwt.and_then(|jwt| jwt.claims.get(name)).filter(|text| !text.is_empty());
        match (claim("token_use").map(String::as_str), claim("sub")) {
            (Some("access"), Some(subject)) => Ok(Self(subject.clone())),
            _ => Err(Refusal::NotSignedIn),
        }
    }

    /// The claim as it is.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
    use serde_json::json;

    fn of(values: &[&[u8]]) -> Result<Visitor, Refusal> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value).unwrap());
        }
        Visitor::of(&headers)
    }

    #[test]
    fn exactly_32_lower_case_hexadecimal_digits() {
        let good = b"0123456789abcdef0123456789abcdef";
        assert!(of(&[good]).is_ok());
        assert_eq!(of(&[]).err(), Some(Refusal::VisitorMissing));
        let bad: [&[&[u8]]; 7] = [
            &[b""],
            &[b"0123456789abcdef0123456789abcde"],
            &[b"0123456789abcdef0123456789abcdef0"],
            &[b"0123456789ABCDEF0123456789abcdef"],
            &[b"0123456789abcdef 123456789abcdef"],
            &["가나다라마바사아자차가".as_bytes()],
            &[good, good],
        ];
        for values in bad {
            assert_eq!(of(values).err(), Some(Refusal::VisitorInvalid), "{values:?}");
        }
    }

    fn subject(authorizer: serde_json::Value) -> Result<String, Refusal> {
        let context = json!({"authorizer": authorizer, "http": {"method": "GET"}, "timeEpoch": 0});
        let context: ApiGatewayV2httpRequestContext = serde_json::from_value(context).unwrap();
        let mut extensions = Extensions::new();
        extensions.insert(RequestContext::ApiGatewayV2(context));
        Subject::of(&extensions).map(|subject| subject.text().to_owned())
    }

    #[test]
    fn a_signed_in_reader_is_the_subject_of_an_access_token() {
        let jwt = |claims: serde_json::Value| json!({"jwt": {"claims": claims, "scopes": ["book/users"]}});
        assert_eq!(subject(jwt(json!({"sub": "s1", "token_use": "access"}))), Ok("s1".to_owned()));
        for authorizer in [
            json!(null),
            json!({}),
            json!({"lambda": {"sub": "s1", "token_use": "access"}}),
            jwt(json!({})),
            jwt(json!({"sub": "s1"})),
            jwt(json!({"sub": "s1", "token_use": "id"})),
            jwt(json!({"sub": "", "token_use": "access"})),
            jwt(json!({"token_use": "access"})),
        ] {
            assert_eq!(subject(authorizer.clone()), Err(Refusal::NotSignedIn), "{authorizer}");
        }
        assert_eq!(Subject::of(&Extensions::new()).err(), Some(Refusal::NotSignedIn));
    }
}
