//! Whether an answer is one the documentation promises: by a function, or by API Gateway itself.
//! Knows the form of both kinds of answers (DESIGN of the demos' contract: `demos/contract`); knows no model of what is stored.

use crate::http::Answer;

/// The statuses a request may be answered with.
#[derive(Debug, Clone, Copy)]
pub struct Documented {
    /// By its function.
    pub function: &'static [u16],
    /// By API Gateway. 500 need not be listed: a function's process may be killed under any request.
    pub gateway: &'static [u16],
}

/// Who made an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// The function.
    Function,
    /// API Gateway.
    Gateway,
}

impl Documented {
    /// Only a function's own answers with these statuses.
    pub const fn function(function: &'static [u16]) -> Self {
        Self { function, gateway: &[] }
    }

    /// Only API Gateway's own answers with these statuses.
    pub const fn gateway(gateway: &'static [u16]) -> Self {
        Self { function: &[], gateway }
    }

    /// Who made the answer.
    ///
    /// # Errors
    /// It is not as documented; says what is wrong.
    pub fn judge(self, answer: &Answer) -> Result<Author, String> {
        if answer.header("apigw-requestid").is_none() {
            return Err("has no apigw-requestid".to_owned());
        }
        if answer.header("x-environment-id").is_some() {
            self.by_function(answer)
        } else {
            self.by_gateway(answer)
        }
    }

    fn by_function(self, answer: &Answer) -> Result<Author, String> {
        if !self.function.contains(&answer.status) {
            return Err(format!("the function may answer {:?} here", self.function));
        }
        if !answer.header("server-timing").is_some_and(|timing| timing.contains("handler;dur=")) {
            return Err("has no server-timing of the handler".to_owned());
        }
        if answer.header("cache-control") != Some("no-store") {
            return Err("may be cached".to_owned());
        }
        let body = answer.json();
        let is_error = answer.status >= 400;
        if is_error != body["error"]["code"].is_string() || is_error != body["error"]["message"].is_string() {
            return Err("its error has no code and message, or it has one and is none".to_owned());
        }
        Ok(Author::Function)
    }

    fn by_gateway(self, answer: &Answer) -> Result<Author, String> {
        let Some(message) = message(answer.status) else {
            return Err("no answer of API Gateway has this status".to_owned());
        };
        if answer.status != 500 && !self.gateway.contains(&answer.status) {
            return Err(format!("API Gateway may answer {:?} or 500 here", self.gateway));
        }
        if answer.body != format!(r#"{{"message":"{message}"}}"#).as_bytes() {
            return Err(format!("its body should be the message `{message}`"));
        }
        Ok(Author::Gateway)
    }
}

/// The words of API Gateway's own answers (API Gateway Developer Guide; 503 as observed on HTTP APIs).
fn message(status: u16) -> Option<&'static str> {
    Some(match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        413 => "Request Entity Too Large",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Answer { status, headers, body: body.as_bytes().to_vec() }
    }

    const FUNCTION: &[(&str, &str)] = &[
        ("apigw-requestid", "1"),
        ("x-environment-id", "e"),
        ("server-timing", "handler;dur=0.1"),
        ("cache-control", "no-store"),
    ];
    const GATEWAY: &[(&str, &str)] = &[("apigw-requestid", "1")];

    #[test]
    fn documented_answers_pass() {
        let documented = Documented { function: &[200, 404], gateway: &[503] };
        let error = r#"{"error":{"code":"user_not_found","message":"없다"}}"#;
        assert_eq!(documented.judge(&answer(200, FUNCTION, "{}")), Ok(Author::Function));
        assert_eq!(documented.judge(&answer(404, FUNCTION, error)), Ok(Author::Function));
        let unavailable = answer(503, GATEWAY, r#"{"message":"Service Unavailable"}"#);
        assert_eq!(documented.judge(&unavailable), Ok(Author::Gateway));
        let internal = answer(500, GATEWAY, r#"{"message":"Internal Server Error"}"#);
        assert_eq!(documented.judge(&internal), Ok(Author::Gateway));
    }

    #[test]
    fn others_do_not() {
        let documented = Documented { function: &[200, 404], gateway: &[503] };
        for wrong in [
            answer(200, &[], "{}"),
            answer(201, FUNCTION, "{}"),
            answer(404, FUNCTION, "{}"),
            answer(200, FUNCTION, r#"{"error":{"code":"x","message":"y"}}"#),
            answer(200, &FUNCTION[..3], "{}"),
            answer(404, GATEWAY, r#"{"message":"Not Found"}"#),
            answer(500, GATEWAY, r#"{"message":"Internal server error"}"#),
            answer(502, GATEWAY, r#"{"message":"Bad Gateway"}"#),
        ] {
            assert!(documented.judge(&wrong).is_err(), "{wrong:?}");
        }
    }
}
