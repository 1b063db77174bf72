//! What an HTTP API answers when no function does: statuses and bodies, word for word.
//! Knows the errors' forms; who finds one says which.
//!
//! Bodies and statuses: API Gateway Developer Guide, "Quotas for HTTP APIs" and the troubleshooting pages; what those leave out
//! was seen by others who wrote it down. Names of the types: "Gateway response types for API Gateway".

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// An error the gateway makes itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The path cannot be decoded, or the body broke off.
    BadRequest,
    /// There is no token, or this is wrong with it.
    Unauthorized(Option<&'static str>),
    /// The token is good and has none of the route's scopes.
    Forbidden,
    /// No route has this method and path. There is no 405 in an HTTP API.
    NotFound,
    /// The body did not come in time; what AWS does about slow senders is not known.
    RequestTimeout,
    /// The body has more than 10 MB, or the event made of it more than 6 MB.
    TooLarge,
    /// The bucket is empty.
    TooManyRequests,
    /// Request line and header values are over 10,240 bytes.
    HeadersTooLarge,
    /// The function failed, or returned what is no response.
    InternalError,
    /// The integration took too long, or Lambda turned the event away.
    Unavailable,
    /// The function is still being compiled; nothing of the kind exists on AWS.
    Building,
}

impl Refusal {
    /// The status.
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable | Self::Building => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// `message` of the body, and `$context.error.message`.
    pub fn message(self) -> &'static str {
        match self {
            Self::BadRequest => "Bad Request",
            Self::Unauthorized(_) => "Unauthorized",
            Self::Forbidden => "Forbidden",
            Self::NotFound => "Not Found",
            Self::RequestTimeout => "Request Timeout",
            Self::TooLarge => "Request Entity Too Large",
            Self::TooManyRequests => "Too Many Requests",
            Self::HeadersTooLarge => "Request Header Fields Too Large",
            Self::InternalError => "Internal Server Error",
            Self::Unavailable | Self::Building => "Service Unavailable",
        }
    }

    /// `$context.error.responseType`
    pub fn response_type(self) -> &'static str {
        match self {
            Self::BadRequest | Self::HeadersTooLarge | Self::RequestTimeout => "BAD_REQUEST",
            Self::Unauthorized(_) => "UNAUTHORIZED",
            Self::Forbidden => "ACCESS_DENIED",
            Self::NotFound => "RESOURCE_NOT_FOUND",
            Self::TooLarge => "REQUEST_TOO_LARGE",
            Self::TooManyRequests => "THROTTLED",
            Self::InternalError | Self::Unavailable | Self::Building => "INTEGRATION_FAILURE",
        }
    }
}

impl IntoResponse for Refusal {
    /// `{"message":"…"}`, the body of every error API Gateway makes itself.
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(format!(r#"{{"message":"{}"}}"#, self.message())));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        match self {
            Self::Unauthorized(why) => {
                let challenge = match why {
                    None => "Bearer".to_owned(),
                    Some(why) => {
                        format!(r#"Bearer scope="" error="invalid_token" error_description="{why}""#)
                    }
                };
                if let Ok(challenge) = HeaderValue::try_from(challenge) {
                    headers.insert(header::WWW_AUTHENTICATE, challenge);
                }
            }
            Self::Building => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
                headers.insert("x-local-state", HeaderValue::from_static("building"));
            }
            _ => {}
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    async fn told(refusal: Refusal) -> (u16, String, Vec<(String, String)>) {
        let response = refusal.into_response();
        let status = response.status().as_u16();
        let headers = response.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap(), headers)
    }

    #[tokio::test]
    async fn every_error_word_for_word() {
        use Refusal as R;
        for (refusal, status, message) in [
            (R::BadRequest, 400, "Bad Request"),
            (R::Forbidden, 403, "Forbidden"),
            (R::NotFound, 404, "Not Found"),
            (R::RequestTimeout, 408, "Request Timeout"),
            (R::TooLarge, 413, "Request Entity Too Large"),
            (R::TooManyRequests, 429, "Too Many Requests"),
            (R::HeadersTooLarge, 431, "Request Header Fields Too Large"),
            (R::InternalError, 500, "Internal Server Error"),
            (R::Unavailable, 503, "Service Unavailable"),
        ] {
            let json = ("content-type".to_owned(), "application/json".to_owned());
            let expected = (status, format!(r#"{{"message":"{message}"}}"#), vec![json]);
            assert_eq!(told(refusal).await, expected);
        }
        // 33 bytes, as captured on AWS.
        assert_eq!(told(R::Unavailable).await.1.len(), 33);
        let (status, body, headers) = told(R::Unauthorized(Some("the token has expired"))).await;
        assert_eq!((status, body.as_str()), (401, r#"{"message":"Unauthorized"}"#));
        let challenge = r#"Bearer scope="" error="invalid_token" error_description="the token has expired""#;
        assert!(headers.contains(&("www-authenticate".to_owned(), challenge.to_owned())), "{headers:?}");
        let (_, _, headers) = told(R::Unauthorized(None)).await;
        assert!(headers.contains(&("www-authenticate".to_owned(), "Bearer".to_owned())), "{headers:?}");
    }
}
