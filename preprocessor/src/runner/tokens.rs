//! The tokens of a signed-in reader: given by whoever runs the blocks, or asked for as book.toml says. They are told to nobody.
//! Knows the environment, the token answer of OAuth (RFC 6749, section 5.1) and the service.

use std::{collections::HashMap, fmt, time::Instant};

use super::{
    answer::Answer,
    chapter::configured,
    service::{Prepared, Service},
};
use crate::settings::{Settings, TOKENS, TokenRequest};

/// Before the name of a token: the variable from which the real `hurl` takes a secret too (since 7.1).
const ENVIRONMENT: &str = "HURL_SECRET_";
/// What stands in the place of a token that came back in an answer.
const HIDDEN: &str = "***";

/// The tokens of one reader, by their names.
#[derive(Default)]
pub(super) struct Tokens(HashMap<&'static str, String>);

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

impl Tokens {
    /// Tokens from the environment; those it lacks are asked for.
    ///
    /// # Errors
    /// Why there are none, and what to do, in words.
    pub fn obtain(service: &Service, settings: &Settings) -> Result<Self, String> {
        let given =
            |name: &str| std::env::var(format!("{ENVIRONMENT}{name}")).ok().filter(|token| !token.is_empty());
        let mut tokens: HashMap<_, _> =
            TOKENS.into_iter().filter_map(|name| Some((name, given(name)?))).collect();
        let request = settings.sign_in.as_ref().and_then(|sign_in| sign_in.request.as_ref());
        if let Some(request) = request.filter(|_| tokens.is_empty()) {
            tokens = asked_for(service, request)?;
        }
        Ok(Self(tokens))
    }

    /// The token called `name`.
    ///
    /// # Errors
    /// What to do to have one.
    pub fn get(&self, name: &str) -> Result<&str, String> {
        self.0.get(name).map(String::as_str).ok_or_else(|| {
            format!(
                "로그인한 독자의 `{name}`이(가) 없다. 환경 변수 {ENVIRONMENT}{name}에 토큰을 담거나, book.toml의 [preprocessor.live.sign-in]에 토큰을 주는 request를 적는다."
            )
        })
    }

    /// The answer without any of the tokens, so that none is captured, reported or recorded.
    pub fn hide(&self, answer: Answer) -> Answer {
        let hide =
            |text: &str| self.0.values().fold(text.to_owned(), |text, token| text.replace(token, HIDDEN));
        let body = hide(&answer.body);
        Answer {
            headers: answer.headers.iter().map(|(name, value)| (name.clone(), hide(value))).collect(),
            json: serde_json::from_str(&body).ok(),
            body,
            ..answer
        }
    }
}

fn asked_for(service: &Service, request: &TokenRequest) -> Result<HashMap<&'static str, String>, String> {
    let mut fields = Vec::new();
    for (name, value) in &request.form {
        let value = configured(value).map_err(|error| error.to_string())?;
        fields.push(format!("{}={}", encoded(name), encoded(&value)));
    }
    let url = format!("{}{}", service.base, request.path);
    let failed = |reason: String| {
        format!(
            "로그인한 독자의 토큰을 받지 못했다. POST {url}: {reason}. 그런 주소가 없는 서비스라면 환경 변수 {ENVIRONMENT}{}에 토큰을 담는다.",
            TOKENS[0]
        )
    };
    let prepared = Prepared {
        method: "POST".to_owned(),
        url: url.clone(),
        headers: vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())],
        body: Some(fields.join("&")),
    };
    let answer = service.send(&prepared, Instant::now()).map_err(failed)?;
    if answer.status != 200 {
        return Err(failed(format!("상태 {}", answer.status)));
    }
    let token = |name: &'static str| Some((name, answer.json.as_ref()?.get(name)?.as_str()?.to_owned()));
    let tokens: HashMap<_, _> = TOKENS.into_iter().filter_map(token).collect();
    if tokens.is_empty() {
        Err(failed(format!("답에 {}이(가) 없다", TOKENS.join("도 "))))
    } else {
        Ok(tokens)
    }
}

/// As forms are encoded, but for the space, which `%20` says as well (URL Standard, 5.1 reads both).
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn no_token_is_left_in_an_answer() {
        let tokens =
            Tokens(HashMap::from([("access_token", "aaa.bbb".to_owned()), ("id_token", "ccc".to_owned())]));
        let body = r#"{"sent":"Bearer aaa.bbb","id":"ccc","n":1}"#;
        let answer = Answer {
            status: 200,
            headers: BTreeMap::from([("echo".to_owned(), "x aaa.bbb".to_owned())]),
            body: body.to_owned(),
            json: serde_json::from_str(body).ok(),
            total: 1.0,
            from: 0.0,
        };
        let hidden = tokens.hide(answer);
        assert_eq!(hidden.body, r#"{"sent":"Bearer ***","id":"***","n":1}"#);
        assert_eq!(hidden.headers["echo"], "x ***");
        assert_eq!(hidden.json.unwrap()["sent"], "Bearer ***");
        assert!(!format!("{tokens:?}").contains("aaa"), "{tokens:?}");
        assert_eq!(tokens.get("id_token"), Ok("ccc"));
        assert!(Tokens::default().get("id_token").unwrap_err().contains("HURL_SECRET_id_token"));
    }

    #[test]
    fn a_form_is_encoded() {
        assert_eq!(encoded("openid book/users 한&="), "openid%20book%2Fusers%20%ED%95%9C%26%3D");
    }
}
