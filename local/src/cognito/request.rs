//! An authorization request: what a page asks for when it sends a reader to sign in, and what is wrong with it.
//! Knows the parameters of Cognito's "Authorize endpoint" (read 2026-11) and PKCE (RFC 7636); answers nothing itself.
//!
//! Stricter than Cognito in two things, because the only client is a page: without PKCE or `state` there is no signing in.

use axum::http::HeaderMap;

use super::origin::Origins;
use super::parameters::{self, Doubled, Parameters};
use template::UserPoolClient;

/// The longest `state` and `nonce`, in bytes.
const LONGEST: usize = 512;
/// A SHA-256 digest in base64url has this many characters.
const CHALLENGE: usize = 43;
/// RFC 6749, section 4.1.2.1.
const INVALID: &str = "invalid_request";

/// A request that may be granted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AuthorizationRequest {
    /// Where the reader is sent back to.
    pub redirect_uri: String,
    /// The origin of that page.
    pub origin: String,
    /// Given back unchanged, so that the page knows its own request again.
    pub state: String,
    /// What the tokens shall be good for: scopes with a space between.
    pub scope: String,
    /// Digest of what only the page knows.
    pub challenge: String,
    /// For the ID token.
    pub nonce: Option<String>,
}

/// Why a request is not granted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is not known whose request it is: the reader is told, and sent nowhere.
    Stays(&'static str),
    /// The page is told.
    Returns {
        /// Where the reader is sent back to.
        redirect_uri: String,
        /// A code of RFC 6749.
        error: &'static str,
        /// What is wrong.
        why: &'static str,
        /// As it was sent, if it was.
        state: Option<String>,
    },
}

/// Reads the query string of a request to a server that was asked with these headers.
///
/// # Errors
/// The first thing that is wrong: "if `client_id` and `redirect_uri` are valid", the page is told of it.
pub(super) fn read(
    query: &str,
    client: &UserPoolClient,
    origins: &Origins,
    headers: &HeaderMap,
) -> Result<AuthorizationRequest, Refusal> {
    if query.len() > parameters::LONGEST {
        return Err(Refusal::Stays("요청이 너무 길다"));
    }
    let sent = Parameters::read(query.as_bytes());
    if sent.get("client_id") != Ok(Some(&client.id)) {
        return Err(Refusal::Stays("client_id가 이 사용자 풀의 클라이언트가 아니다"));
    }
    let redirect_uri = sent.get("redirect_uri").ok().flatten();
    let known = redirect_uri.and_then(|uri| Some((uri, origins.of_callback(headers, uri)?)));
    let Some((redirect_uri, origin)) = known else {
        return Err(Refusal::Stays("redirect_uri가 이 책의 signed-in.html이 아니다"));
    };
    let wrong = |(error, why)| Refusal::Returns {
        redirect_uri: redirect_uri.to_owned(),
        error,
        why,
        state: sent.get("state").ok().flatten().map(str::to_owned),
    };
    let (state, challenge, nonce) = pkce(&sent).map_err(wrong)?;
    let scope = scope(&sent, client).map_err(wrong)?;
    Ok(AuthorizationRequest {
        redirect_uri: redirect_uri.to_owned(),
        origin: origin.to_owned(),
        state: state.to_owned(),
        scope,
        challenge: challenge.to_owned(),
        nonce: nonce.map(str::to_owned),
    })
}

type Wrong = (&'static str, &'static str);

fn one<'p>(sent: &'p Parameters, name: &str) -> Result<Option<&'p str>, Wrong> {
    sent.get(name).map_err(|Doubled| (INVALID, "a parameter stands there twice"))
}

/// `state`, `code_challenge` and `nonce` of a code flow with PKCE.
fn pkce(sent: &Parameters) -> Result<(&str, &str, Option<&str>), Wrong> {
    let state = one(sent, "state")?.filter(|state| state.len() <= LONGEST);
    let state = state.ok_or((INVALID, "state is missing, or longer than 512 bytes"))?;
    match one(sent, "response_type")? {
        Some("code") => {}
        // The other one Cognito knows; this client's AllowedOAuthFlows lack it.
        Some("token") => return Err(("unauthorized_client", "the client may not use the implicit flow")),
        _ => return Err((INVALID, "response_type must be code")),
    }
    if one(sent, "code_challenge_method")? != Some("S256") {
        return Err((INVALID, "code_challenge_method must be S256"));
    }
    let digest = |text: &&str| {
        text.len() == CHALLENGE && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    let challenge = one(sent, "code_challenge")?.filter(digest);
    let challenge = challenge.ok_or((INVALID, "code_challenge must be a SHA-256 digest in base64url"))?;
    let nonce = one(sent, "nonce")?;
    if nonce.is_some_and(|nonce| nonce.len() > LONGEST) {
        return Err((INVALID, "nonce is longer than 512 bytes"));
    }
    Ok((state, challenge, nonce))
}

/// "If the client doesn't request any scopes, the authentication server uses all scopes associated with the client."
fn scope(sent: &Parameters, client: &UserPoolClient) -> Result<String, Wrong> {
    let Some(wanted) = one(sent, "scope")? else { return Ok(client.scopes.join(" ")) };
    let mut scopes: Vec<&str> = Vec::new();
    for scope in wanted.split(' ') {
        if !client.scopes.iter().any(|known| known == scope) {
            return Err(("invalid_scope", "the client may not ask for this scope"));
        }
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    Ok(scopes.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use axum::http::header::HOST;
    use proptest::prelude::*;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const BACK: &str = "http://127.0.0.1:3000/signed-in.html";

    fn good() -> Vec<(&'static str, &'static str)> {
        vec![
            ("client_id", "c"),
            ("redirect_uri", BACK),
            ("response_type", "code"),
            ("state", "s 1"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]
    }

    fn read(pairs: &[(&str, &str)]) -> Result<AuthorizationRequest, Refusal> {
        read_text(&form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    }

    fn read_text(query: &str) -> Result<AuthorizationRequest, Refusal> {
        let client = UserPoolClient {
            id: "c".into(),
            scopes: vec!["openid".into(), "book/users".into()],
            access_token: Duration::from_secs(3600),
        };
        let headers = HeaderMap::from_iter([(HOST, "127.0.0.1:3000".parse().unwrap())]);
        super::read(query, &client, &Origins::new(Vec::new()), &headers)
    }

    /// The good request with one parameter changed, added or (with "") taken away.
    fn with<'a>(name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
        let mut pairs: Vec<_> = good().into_iter().filter(|(known, _)| *known != name).collect();
        pairs.push((name, value));
        pairs
    }

    #[test]
    fn a_good_request_is_read() {
        let request = read(&good()).unwrap();
        assert_eq!((request.redirect_uri.as_str(), request.origin.as_str()), (BACK, "http://127.0.0.1:3000"));
        assert_eq!((request.state.as_str(), request.challenge.as_str()), ("s 1", CHALLENGE));
        assert_eq!((request.scope.as_str(), request.nonce), ("openid book/users", None));
        assert_eq!(read(&with("scope", "book/users")).unwrap().scope, "book/users");
        assert_eq!(read(&with("scope", "openid openid")).unwrap().scope, "openid");
        assert_eq!(read(&with("nonce", "n")).unwrap().nonce.as_deref(), Some("n"));
        assert!(read(&with("identity_provider", "COGNITO")).is_ok(), "what is not known is ignored");
    }

    #[test]
    fn whoever_cannot_be_told_apart_is_sent_nowhere() {
        for pairs in [
            with("client_id", ""),
            with("client_id", "C"),
            with("redirect_uri", ""),
            with("redirect_uri", "https://book.invalid/"),
            with("redirect_uri", "http://127.0.0.1:3000/signed-in.html#x"),
            [good(), vec![("client_id", "c")]].concat(),
            [good(), vec![("redirect_uri", BACK)]].concat(),
            vec![],
        ] {
            assert!(matches!(read(&pairs), Err(Refusal::Stays(_))), "{pairs:?}");
        }
        assert!(matches!(read(&with("state", &"s".repeat(4096))), Err(Refusal::Stays(_))));
    }

    #[test]
    fn the_page_is_told_what_else_is_wrong() {
        let long = "l".repeat(LONGEST + 1);
        for (pairs, expected) in [
            (with("response_type", ""), INVALID),
            (with("response_type", "code token"), INVALID),
            (with("response_type", "token"), "unauthorized_client"),
            (with("code_challenge_method", ""), INVALID),
            (with("code_challenge_method", "plain"), INVALID),
            (with("code_challenge_method", "s256"), INVALID),
            (with("code_challenge", ""), INVALID),
            (with("code_challenge", "short"), INVALID),
            (with("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"), INVALID),
            (with("nonce", &long), INVALID),
            (with("state", &long), INVALID),
            (with("state", ""), INVALID),
            (with("scope", "openid admin"), "invalid_scope"),
            (with("scope", "openid  book/users"), "invalid_scope"),
            (with("scope", "OPENID"), "invalid_scope"),
            ([good(), vec![("scope", "openid"), ("scope", "openid")]].concat(), INVALID),
            ([good(), vec![("state", "s")]].concat(), INVALID),
        ] {
            let Err(Refusal::Returns { redirect_uri, error, why, state }) = read(&pairs) else {
                panic!("{pairs:?}")
            };
            assert_eq!((redirect_uri.as_str(), error), (BACK, expected), "{pairs:?}: {why}");
            let sent: Vec<_> =
                pairs.iter().filter(|(name, _)| *name == "state").map(|(_, state)| *state).collect();
            let known = match sent[..] {
                [one] if !one.is_empty() => Some(one.to_owned()),
                _ => None,
            };
            assert_eq!(state, known, "{pairs:?}");
            assert!(why.is_ascii(), "RFC 6749 allows ASCII alone");
        }
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused(query in "(client_id=c&redirect_uri=http://127\\.0\\.0\\.1:3000/signed-in\\.html&)?[a-z_=&%0-9+]{0,200}|\\PC{0,100}") {
            let _ = read_text(&query);
        }
    }
}
