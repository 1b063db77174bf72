//! The `[preprocessor.live.sign-in]` table of book.toml: how readers get the tokens that blocks send.
//! Knows the names of an OAuth token answer (RFC 6749, section 5.1; OpenID Connect Core 1.0, section 3.1.3.3).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::HeaderValue;

/// What signing in puts into `{{…}}`, by the names that a token endpoint gives them.
pub const TOKENS: [&str; 2] = ["access_token", "id_token"];

/// Whether signing in gives this variable its value.
pub fn is_token_name(name: &str) -> bool {
    TOKENS.contains(&name)
}

/// `[preprocessor.live.sign-in]`. Issuer, client and scope are a deployment's, so they stand in the file `config` names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SignIn {
    /// Where the issuer sends readers back to: a page of the book's own server, the same for every chapter.
    pub page: String,
    /// How `check` and `record` get tokens where nobody types a name.
    pub request: Option<TokenRequest>,
}

/// `request = { path = "/sign-in", form = { username = "check" } }`: a form that is answered as by a token endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(not(feature = "runner"), allow(dead_code, reason = "the runner alone needs all of it"))]
pub struct TokenRequest {
    /// A path of the server that the runner is given.
    pub path: String,
    /// What is sent: the same text each time, or random digits, so that each chapter run is a reader of its own.
    #[serde(default)]
    pub form: BTreeMap<String, HeaderValue>,
}

impl SignIn {
    /// What is wrong with the values; `has_config`: whether a file tells pages of their deployment.
    pub(super) fn faults(&self, has_config: bool) -> Vec<String> {
        let mut messages = Vec::new();
        if !has_config {
            messages.push(
                "sign-in을 쓰려면 config도 있어야 한다. 발급자와 클라이언트는 배포마다 다르므로 그 파일에 적는다."
                    .to_owned(),
            );
        }
        let is_page = self.page.ends_with(".html") && !self.page.contains("..");
        if !is_path(&self.page) || !is_page {
            messages.push(format!(
                "sign-in.page = \"{}\"는 쓸 수 없다. 이 책의 한 쪽을 \"/signed-in.html\"처럼 쓴다.",
                self.page
            ));
        }
        let Some(request) = &self.request else { return messages };
        if !is_path(&request.path) {
            messages.push(format!(
                "sign-in.request.path = \"{}\"는 쓸 수 없다. 주소의 경로를 \"/sign-in\"처럼 쓴다.",
                request.path
            ));
        }
        for (name, value) in &request.form {
            if let HeaderValue::Random(random) = value
                && !(1..=64).contains(&random.random_hex)
            {
                messages.push(format!("sign-in.request.form.{name}의 random-hex는 1에서 64 사이다."));
            }
        }
        messages
    }
}

fn is_path(text: &str) -> bool {
    text.starts_with('/')
        && !text.starts_with("//")
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\\\"<>{}".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> SignIn {
        toml::from_str(toml).unwrap()
    }

    #[test]
    fn a_page_of_the_book_and_a_path_of_the_server_are_fine() {
        let sign_in = read(
            "page = \"/signed-in.html\"\nrequest = { path = \"/a/sign-in\", form = { username = { random-hex = 8 }, scope = \"openid a/b\" } }",
        );
        assert_eq!(sign_in.faults(true), [""; 0]);
        assert_eq!(sign_in.faults(false).len(), 1);
        assert!(is_token_name("id_token") && !is_token_name("refresh_token"));
    }

    #[test]
    fn other_values_are_told_all_at_once() {
        for page in [
            "signed-in.html",
            "//b.example/a.html",
            "https://b.example/a.html",
            "/a",
            "/a.html?b",
            "/../a.html",
            "",
        ] {
            assert_eq!(read(&format!("page = \"{page}\"")).faults(true).len(), 1, "{page}");
        }
        let wrong = "page = \"a\"\nrequest = { path = \"b\", form = { c = { random-hex = 0 } } }";
        assert_eq!(read(wrong).faults(false).len(), 4);
        assert!(toml::from_str::<SignIn>("page = \"/a.html\"\ncolour = 1").is_err());
    }
}
