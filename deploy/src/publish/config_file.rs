//! `/config.json`: what a page must know about the deployment it is read from.
//! Knows the stack's outputs and the names the page's scripts read.

use anyhow::Result;
use serde::Serialize;

use crate::stack::Outputs;

/// The content of `config.json`. `api` is a path on the book's own origin; the rest is there when readers can sign in.
#[derive(Debug, Serialize)]
struct Config<'a> {
    api: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
}

/// For the deployment with these outputs; without a stack nobody can sign in.
pub fn content(outputs: Option<&Outputs>) -> Result<Vec<u8>> {
    let output = |name: &str| outputs.and_then(|outputs| outputs.get(name));
    let config = Config {
        api: "/api",
        issuer: output("SignInIssuer"),
        client: output("SignInClient"),
        scope: output("SignInScope"),
    };
    Ok(serde_json::to_vec(&config)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_a_page_reads() {
        let text = |outputs: Option<&Outputs>| String::from_utf8(content(outputs).unwrap()).unwrap();
        assert_eq!(text(None), r#"{"api":"/api"}"#);
        let outputs = Outputs::of(&[
            ("SignInIssuer", "https://cognito-idp.ap-northeast-2.amazonaws.com/pool"),
            ("SignInClient", "client1"),
            ("SignInScope", "openid book/users"),
        ]);
        assert_eq!(
            text(Some(&outputs)),
            r#"{"api":"/api","issuer":"https://cognito-idp.ap-northeast-2.amazonaws.com/pool","client":"client1","scope":"openid book/users"}"#
        );
    }
}
