//! A browser without a screen: it keeps cookies, follows no redirect, and knows how a page of the book asks.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use ureq::http;

use crate::served::{CLIENT, Served, VERIFIER};

/// One reader's browser.
pub struct Browser<'s> {
    pub served: &'s Served,
    agent: ureq::Agent,
    pub cookies: RefCell<BTreeMap<String, String>>,
}

pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{} {}", self.status, self.text))
    }

    /// A value of the query of the address it sends the reader to.
    pub fn sent(&self, name: &str) -> Option<String> {
        let (_, query) = self.header("location").split_once('?')?;
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find_map(|(known, value)| (known == name).then(|| value.into_owned()))
    }
}

pub type Pairs<'a> = [(&'a str, &'a str)];

pub fn encoded(pairs: &Pairs<'_>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

impl<'s> Browser<'s> {
    pub fn new(served: &'s Served) -> Self {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent = agent.timeout_global(Some(Duration::from_secs(30))).build().into();
        Self { served, agent, cookies: RefCell::default() }
    }

    /// `path` is an address, or begins with `/` and stands below the issuer's.
    pub fn send(&self, method: &str, path: &str, headers: &Pairs<'_>, body: &str) -> Answer {
        let url = match path {
            path if path.starts_with("http") => path.to_owned(),
            path if path.starts_with("/_local") || path.starts_with("/api") => {
                format!("{}{path}", self.served.base)
            }
            path => format!("{}{path}", self.served.issuer),
        };
        let mut request = http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let cookies =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        let mut response = self.agent.run(request.body(body.to_owned()).unwrap()).unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(
                cookie.contains("; HttpOnly; SameSite=Lax") && cookie.contains("; Path=/_local/cognito/ap-"),
                "{cookie}"
            );
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            let mut cookies = self.cookies.borrow_mut();
            if cookie.contains("Max-Age=0;") {
                cookies.remove(name)
            } else {
                cookies.insert(name.to_owned(), value.to_owned())
            };
        }
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        Answer { status, headers, text: response.body_mut().read_to_string().unwrap() }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    pub fn form(&self, path: &str, headers: &Pairs<'_>, pairs: &Pairs<'_>) -> Answer {
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        self.send("POST", path, &[headers, &kind].concat(), &encoded(pairs))
    }

    /// A good request for all scopes, with some parameters changed, added or (with "") taken away.
    pub fn query(&self, changes: &Pairs<'_>) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let book = self.served.book();
        let good = [
            ("client_id", CLIENT),
            ("redirect_uri", &book),
            ("response_type", "code"),
            ("state", "the page's own"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let kept = good.iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        let changes = changes.iter().filter(|(_, value)| !value.is_empty());
        encoded(&kept.chain(changes).copied().collect::<Vec<_>>())
    }

    /// Opens the sign-in page and gives the secret of its form.
    pub fn form_secret(&self, query: &str) -> String {
        let page = self.get(&format!("/login?{query}"));
        assert_eq!(page.status, 200, "{}", page.text);
        let (_, rest) = page.text.split_once(r#"name="_csrf" value=""#).unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }

    /// Signs in with the form and gives the code.
    pub fn code(&self, name: &str, changes: &Pairs<'_>) -> String {
        let query = self.query(changes);
        let secret = self.form_secret(&query);
        let back = self.form(&format!("/login?{query}"), &[], &[("_csrf", &secret), ("username", name)]);
        assert_eq!(back.status, 302, "{}", back.text);
        back.sent("code").unwrap_or_else(|| panic!("{}", back.header("location")))
    }

    /// Asks for tokens, with some fields changed, added or (with "") taken away.
    pub fn redeem(&self, code: &str, changes: &Pairs<'_>) -> Answer {
        let book = self.served.book();
        let good = [
            ("grant_type", "authorization_code"),
            ("client_id", CLIENT),
            ("code", code),
            ("redirect_uri", &book),
            ("code_verifier", VERIFIER),
        ];
        let kept = good.iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        let changes = changes.iter().filter(|(_, value)| !value.is_empty());
        self.form("/oauth2/token", &[], &kept.chain(changes).copied().collect::<Vec<_>>())
    }

    /// The tokens of a reader called `name`.
    pub fn tokens(&self, name: &str) -> Value {
        let answer = self.redeem(&self.code(name, &[]), &[]);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    pub fn refresh(&self, token: &Value) -> Answer {
        let pairs = [
            ("grant_type", "refresh_token"),
            ("client_id", CLIENT),
            ("refresh_token", token.as_str().unwrap()),
        ];
        self.form("/oauth2/token", &[], &pairs)
    }

    /// A request with a token.
    pub fn bearer(&self, path: &str, token: &Value) -> Answer {
        let authorization = format!("Bearer {}", token.as_str().unwrap());
        self.send("GET", path, &[("authorization", &authorization)], "")
    }
}
