//! What the issuer has handed out and still stands for: codes, refresh tokens and the sessions of browsers.
//! Knows when each of them ends; knows no HTTP. All of it is gone with the process: then readers sign in again.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::token::Authentication;
use super::vault::Vault;

/// Seconds a code is good for: "valid for five minutes" ("Authorize endpoint").
pub(super) const CODE: i64 = 300;
/// Seconds a refresh token is good for where the client says nothing: 30 days (`RefreshTokenValidity`).
pub(super) const REFRESH_TOKEN: i64 = 30 * 86_400;
/// Seconds a browser stays signed in: the cookies of Cognito's pages are "valid for 1 hour".
pub(super) const SESSION: i64 = 3600;
/// The most of each that are kept.
const MOST: usize = 1000;

/// A reader who signed in with a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Session {
    /// Tells it from the other sessions of the same reader.
    pub id: Uuid,
    /// The reader's name.
    pub name: String,
    /// When they signed in, in seconds since 1970.
    pub time: i64,
}

/// What a code was given for. It is good for this and nothing else.
#[derive(Debug, Clone)]
pub(super) struct Code {
    /// Where it was sent.
    pub redirect_uri: String,
    /// The digest of the verifier its redeemer must know (RFC 7636).
    pub challenge: String,
    /// What is known of the reader.
    pub reader: Authentication,
    /// The browser's session.
    pub session: Uuid,
}

#[derive(Debug)]
struct Given {
    code: Code,
    is_spent: bool,
}

#[derive(Debug)]
struct Refresh {
    reader: Authentication,
    session: Uuid,
}

/// Everything handed out.
#[derive(Debug)]
pub(super) struct Grants(Mutex<Kept>);

#[derive(Debug)]
struct Kept {
    sessions: Vault<Session>,
    codes: Vault<Given>,
    refresh_tokens: Vault<Refresh>,
    /// `origin_jti` of revoked tokens that may not be over yet.
    revoked: VecDeque<String>,
}

impl Default for Grants {
    fn default() -> Self {
        Self(Mutex::new(Kept {
            sessions: Vault::new(MOST),
            codes: Vault::new(MOST),
            refresh_tokens: Vault::new(MOST),
            revoked: VecDeque::new(),
        }))
    }
}

impl Grants {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A reader signs in; the secret goes into their browser.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn sign_in(&self, name: String, now: i64) -> Result<(Session, String), getrandom::Error> {
        let session = Session { id: Uuid::new_v4(), name, time: now };
        let secret = self.kept().sessions.put(session.clone(), now + SESSION, now)?;
        Ok((session, secret))
    }

    /// Who is signed in with the browser that has this secret.
    pub fn session(&self, secret: &str, now: i64) -> Option<Session> {
        self.kept().sessions.get(secret, now).cloned()
    }

    /// Ends a browser's session, and with it what was handed out in it.
    pub fn sign_out(&self, secret: &str, now: i64) {
        let mut kept = self.kept();
        let Some(id) = kept.sessions.get(secret, now).map(|session| session.id) else { return };
        kept.sessions.retain(|session| session.id != id);
        kept.codes.retain(|given| given.code.session != id);
        kept.refresh_tokens.retain(|refresh| refresh.session != id);
    }

    /// Hands out a code.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn code(&self, code: Code, now: i64) -> Result<String, getrandom::Error> {
        self.kept().codes.put(Given { code, is_spent: false }, now + CODE, now)
    }

    /// Takes a code, once: whoever presents it first, rightly or not, spends it. One that is presented again is stolen or
    /// was, so what came of it ends too (RFC 6749, section 4.1.2).
    pub fn redeem(&self, code: &str, redirect_uri: &str, verifier: &str, now: i64) -> Option<Code> {
        let mut kept = self.kept();
        let given = kept.codes.get(code, now)?;
        if given.is_spent {
            let origin = given.code.reader.origin.clone();
            kept.revoke(origin);
            return None;
        }
        given.is_spent = true;
        let code = given.code.clone();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        let fits = challenge.as_bytes().ct_eq(code.challenge.as_bytes());
        (bool::from(fits) && code.redirect_uri == redirect_uri).then_some(code)
    }

    /// Hands out a refresh token for what a code was given for.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn refresh_token(&self, code: &Code, now: i64) -> Result<String, getrandom::Error> {
        // A nonce belongs to the tokens of its own sign-in alone (OpenID Connect Core 1.0, section 12.2).
        let reader = Authentication { nonce: None, ..code.reader.clone() };
        let refresh = Refresh { reader, session: code.session };
        self.kept().refresh_tokens.put(refresh, now + REFRESH_TOKEN, now)
    }

    /// Whom a refresh token was handed out for; it stays good.
    pub fn refresh(&self, token: &str, now: i64) -> Option<Authentication> {
        self.kept().refresh_tokens.get(token, now).map(|refresh| refresh.reader.clone())
    }

    /// Ends a refresh token and the access tokens that came of it.
    pub fn revoke(&self, token: &str, now: i64) {
        let mut kept = self.kept();
        if let Some(origin) = kept.refresh_tokens.get(token, now).map(|refresh| refresh.reader.origin.clone())
        {
            kept.revoke(origin);
        }
    }

    /// Whether the tokens with this `origin_jti` were revoked. API Gateway does not ask: it takes them until they expire.
    pub fn is_revoked(&self, origin: &str) -> bool {
        self.kept().revoked.iter().any(|revoked| revoked == origin)
    }
}

impl Kept {
    fn revoke(&mut self, origin: String) {
        self.refresh_tokens.retain(|refresh| refresh.reader.origin != origin);
        if !self.revoked.contains(&origin) {
            if self.revoked.len() >= MOST {
                self.revoked.pop_front();
            }
            self.revoked.push_back(origin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const BACK: &str = "http://127.0.0.1:3000/signed-in.html";

    fn code(session: &Session) -> Code {
        let reader =
            Authentication::new(session.name.clone(), "openid".into(), Some("n".into()), session.time);
        Code { redirect_uri: BACK.into(), challenge: CHALLENGE.into(), reader, session: session.id }
    }

    #[test]
    fn a_code_is_good_once_for_one_address_one_verifier_and_five_minutes() {
        let grants = Grants::default();
        let (session, _) = grants.sign_in("haneul".into(), 0).unwrap();
        let new = || grants.code(code(&session), 0).unwrap();
        assert!(grants.redeem(&new(), BACK, VERIFIER, CODE - 1).is_some());
        assert!(grants.redeem(&new(), BACK, VERIFIER, CODE).is_none(), "late");
        assert!(grants.redeem(&new(), "http://127.0.0.1:3000/a", VERIFIER, 1).is_none());
        assert!(grants.redeem(&new(), BACK, CHALLENGE, 1).is_none());
        assert!(grants.redeem("", BACK, VERIFIER, 1).is_none());
        let wrong_first = new();
        assert!(grants.redeem(&wrong_first, BACK, "wrong", 1).is_none());
        assert!(grants.redeem(&wrong_first, BACK, VERIFIER, 1).is_none(), "spent by the wrong one");
    }

    #[test]
    fn a_code_used_twice_ends_what_came_of_it() {
        let grants = Grants::default();
        let (session, _) = grants.sign_in("haneul".into(), 0).unwrap();
        let secret = grants.code(code(&session), 0).unwrap();
        let redeemed = grants.redeem(&secret, BACK, VERIFIER, 1).unwrap();
        let token = grants.refresh_token(&redeemed, 1).unwrap();
        assert!(!grants.is_revoked(&redeemed.reader.origin));
        assert!(grants.redeem(&secret, BACK, VERIFIER, 2).is_none());
        assert_eq!(grants.refresh(&token, 2), None);
        assert!(grants.is_revoked(&redeemed.reader.origin));
    }

    #[test]
    fn a_refresh_token_stays_good_until_it_is_revoked_or_over() {
        let grants = Grants::default();
        let (session, _) = grants.sign_in("haneul".into(), 0).unwrap();
        let code = code(&session);
        let (one, two) = (grants.refresh_token(&code, 0).unwrap(), grants.refresh_token(&code, 0).unwrap());
        let reader = grants.refresh(&one, 5).unwrap();
        assert_eq!((reader.name.as_str(), reader.nonce.as_deref()), ("haneul", None));
        assert!(grants.refresh(&one, REFRESH_TOKEN - 1).is_some());
        assert!(grants.refresh(&one, REFRESH_TOKEN).is_none());
        grants.revoke("unknown", 5);
        grants.revoke(&one, 5);
        assert_eq!((grants.refresh(&one, 5), grants.refresh(&two, 5)), (None, None), "of one sign-in");
    }

    #[test]
    fn signing_out_ends_one_browser_s_session_and_no_other() {
        let grants = Grants::default();
        let (here, here_secret) = grants.sign_in("haneul".into(), 0).unwrap();
        let (there, there_secret) = grants.sign_in("haneul".into(), 0).unwrap();
        let tokens = [&here, &there].map(|session| grants.refresh_token(&code(session), 0).unwrap());
        let unspent = grants.code(code(&here), 0).unwrap();
        assert_eq!(grants.session(&here_secret, SESSION - 1), Some(here));
        assert_eq!(grants.session(&here_secret, SESSION), None);
        grants.sign_out("unknown", 1);
        grants.sign_out(&here_secret, 1);
        assert_eq!(grants.session(&here_secret, 1), None);
        assert!(grants.session(&there_secret, 1).is_some());
        assert!(grants.refresh(&tokens[0], 1).is_none() && grants.refresh(&tokens[1], 1).is_some());
        assert!(grants.redeem(&unspent, BACK, VERIFIER, 1).is_none());
    }
}
