//! `/logout`: a page sends a reader here to sign out.
//! Knows Cognito's "Logout endpoint" (read 2026-11).

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::authorize::SESSION_COOKIE;
use super::domain::{Domain, cookie, redirect, set_cookie};
use super::page::refusal;
use super::parameters::{self, Parameters};

const NEXT: &str = "그래서 로그아웃하지 않았다. 로그아웃 버튼이 있는 쪽의 주소와 설정을 살핀다.";

/// `GET` with `client_id` and either `logout_uri`, where the reader goes, or `redirect_uri` with the parameters of
/// `/oauth2/authorize`, to sign in anew.
///
/// Ends the browser's session, and the refresh tokens handed out in it. `logout_uri` is held to the rule of `redirect_uri`.
pub(super) async fn sign_out(State(domain): State<Domain>, headers: HeaderMap, uri: Uri) -> Response {
    let query = uri.query().unwrap_or_default();
    if query.len() > parameters::LONGEST {
        return refusal(StatusCode::BAD_REQUEST, "요청이 너무 길다", NEXT);
    }
    let sent = Parameters::read(query.as_bytes());
    if sent.get("client_id") != Ok(Some(&domain.issuer.pool().client.id)) {
        return refusal(StatusCode::BAD_REQUEST, "client_id가 이 사용자 풀의 클라이언트가 아니다", NEXT);
    }
    let goal = match (sent.get("logout_uri"), sent.get("redirect_uri")) {
        (Ok(Some(goal)), Ok(None)) if domain.origins.of_callback(&headers, goal).is_some() => goal.to_owned(),
        // What else is wrong with that request, its own endpoint says.
        (Ok(None), Ok(Some(_))) => format!("{}/oauth2/authorize?{query}", domain.issuer.path()),
        (Ok(None), Ok(None)) => {
            return refusal(StatusCode::BAD_REQUEST, "logout_uri가 없다", NEXT);
        }
        _ => return refusal(StatusCode::BAD_REQUEST, "logout_uri가 이 책의 signed-in.html이 아니다", NEXT),
    };
    if let Some(secret) = cookie(&headers, SESSION_COOKIE) {
        domain.grants.sign_out(secret, domain.issuer.now());
    }
    let mut response = redirect(&goal, &[]);
    set_cookie(&mut response, &domain.issuer, SESSION_COOKIE, "", 0);
    response
}
