//! `/oauth2/authorize` and `/login`: a page sends a reader here, the reader says who they are, and goes back with a code.
//! Knows Cognito's "Authorize endpoint" and "Login endpoint" (read 2026-11); what a request may ask for is `request`'s to judge.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use super::domain::{Domain, cookie, redirect, set_cookie, unavailable};
use super::grants::{Code, SESSION, Session};
use super::page::{SignInPage, refusal};
use super::parameters;
use super::request::{self, AuthorizationRequest, Refusal};
use super::token::Authentication;
use super::{name, vault};
use crate::wall;

/// The cookie of a browser that is signed in; Cognito's has this name too.
pub(super) const SESSION_COOKIE: &str = "cognito";
/// The cookie whose value a form must repeat.
const CSRF_COOKIE: &str = "XSRF-TOKEN";
/// The field that repeats it.
const CSRF_FIELD: &str = "_csrf";

const AGAIN: &str = "책으로 돌아가 로그인 버튼을 다시 누른다.";

/// `GET /oauth2/authorize`: who is signed in already goes back at once, everybody else is sent to `/login` with the same
/// parameters.
pub(super) async fn authorize(State(domain): State<Domain>, headers: HeaderMap, uri: Uri) -> Response {
    let request = match read(&domain, &headers, &uri) {
        Ok(request) => request,
        Err(refused) => return refused.into_response(),
    };
    let now = domain.issuer.now();
    match cookie(&headers, SESSION_COOKIE).and_then(|secret| domain.grants.session(secret, now)) {
        Some(session) => grant(&domain, request, &session),
        None => redirect(&format!("{}/login?{}", domain.issuer.path(), uri.query().unwrap_or_default()), &[]),
    }
}

/// `GET /login`: the page that asks for a name.
pub(super) async fn ask(State(domain): State<Domain>, headers: HeaderMap, uri: Uri) -> Response {
    match read(&domain, &headers, &uri) {
        Ok(request) => page(&domain, &headers, &request, None),
        Err(refused) => refused.into_response(),
    }
}

/// `POST /login`: the name.
///
/// A page from elsewhere must not be able to sign a reader in as somebody of its choice. A browser says whose page sent
/// the form, and the form repeats a secret that only the page it was shown on has.
pub(super) async fn sign_in(
    State(domain): State<Domain>,
    headers: HeaderMap,
    uri: Uri,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if !wall::is_own_page(&headers) {
        return refusal(StatusCode::FORBIDDEN, "이 서버의 로그인 화면에서 보낸 양식이 아니다", AGAIN);
    }
    let request = match read(&domain, &headers, &uri) {
        Ok(request) => request,
        Err(refused) => return refused.into_response(),
    };
    let Some(form) = parameters::form(&headers, body) else {
        return refusal(StatusCode::BAD_REQUEST, "양식을 읽을 수 없다", AGAIN);
    };
    let (Some(expected), Ok(Some(repeated))) = (cookie(&headers, CSRF_COOKIE), form.get(CSRF_FIELD)) else {
        return stale();
    };
    if !bool::from(expected.as_bytes().ct_eq(repeated.as_bytes())) {
        return stale();
    }
    let typed = form.get("username").ok().flatten().unwrap_or_default();
    let Some(name) = name::read(typed) else { return page(&domain, &headers, &request, Some(typed)) };
    match domain.grants.sign_in(name, domain.issuer.now()) {
        Ok((session, secret)) => {
            let mut response = grant(&domain, request, &session);
            set_cookie(&mut response, &domain.issuer, SESSION_COOKIE, &secret, SESSION);
            response
        }
        Err(error) => unavailable(error),
    }
}

fn stale() -> Response {
    refusal(StatusCode::FORBIDDEN, "로그인 화면이 오래되었거나 쿠키를 받지 않는 브라우저다", AGAIN)
}

fn read(domain: &Domain, headers: &HeaderMap, uri: &Uri) -> Result<AuthorizationRequest, Refusal> {
    let client = &domain.issuer.pool().client;
    request::read(uri.query().unwrap_or_default(), client, &domain.origins, headers)
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Stays(why) => refusal(
                StatusCode::BAD_REQUEST,
                why,
                "그래서 어디로도 보내지 않는다. 로그인 버튼이 있는 쪽의 주소와 설정을 살핀다.",
            ),
            Self::Returns { redirect_uri, error, why, state } => {
                let mut parameters = vec![("error_description", why), ("error", error)];
                if let Some(state) = &state {
                    parameters.push(("state", state));
                }
                redirect(&redirect_uri, &parameters)
            }
        }
    }
}

/// Shows the form. A secret the browser has already is kept, so that a second tab does not break the first one's form.
fn page(
    domain: &Domain,
    headers: &HeaderMap,
    request: &AuthorizationRequest,
    refused: Option<&str>,
) -> Response {
    let known = cookie(headers, CSRF_COOKIE).filter(|known| known.len() == 43).map(str::to_owned);
    let csrf = match known.map_or_else(vault::secret, Ok) {
        Ok(csrf) => csrf,
        Err(error) => return unavailable(error),
    };
    let AuthorizationRequest { redirect_uri, origin, scope, .. } = request;
    let mut response = SignInPage { redirect_uri, origin, scope, csrf: &csrf, refused }.into_response();
    set_cookie(&mut response, &domain.issuer, CSRF_COOKIE, &csrf, SESSION);
    response
}

/// Sends the reader back with a code.
fn grant(domain: &Domain, request: AuthorizationRequest, session: &Session) -> Response {
    let AuthorizationRequest { redirect_uri, state, scope, challenge, nonce, .. } = request;
    let reader = Authentication::new(session.name.clone(), scope, nonce, session.time);
    let code = Code { redirect_uri: redirect_uri.clone(), challenge, reader, session: session.id };
    match domain.grants.code(code, domain.issuer.now()) {
        Ok(code) => redirect(&redirect_uri, &[("code", &code), ("state", &state)]),
        Err(error) => unavailable(error),
    }
}
