//! The pages readers see: signing in, and why it cannot be done. Plain HTML that needs no script and runs none.
//! Knows HTML and CSP; every text that was sent is shown as text.

use std::sync::LazyLock;

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::name;
use crate::markup::escape;

const STYLE: &str = include_str!("page.css");

/// The only style a page may have, as CSP names it.
static STYLE_HASH: LazyLock<String> =
    LazyLock::new(|| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(STYLE))));

/// What the sign-in page shows.
#[derive(Debug)]
pub(super) struct SignInPage<'a> {
    /// Where the reader goes back to.
    pub redirect_uri: &'a str,
    /// The origin of that address.
    pub origin: &'a str,
    /// What the tokens shall be good for.
    pub scope: &'a str,
    /// Comes back with the form.
    pub csrf: &'a str,
    /// A name that was typed before and is none.
    pub refused: Option<&'a str>,
}

impl IntoResponse for SignInPage<'_> {
    fn into_response(self) -> Response {
        let scopes: String =
            self.scope.split(' ').map(|scope| format!("<code>{}</code> ", escape(scope))).collect();
        // Without `action` a form goes to the address of its page, which carries the whole request.
        let (described, problem, status) = match self.refused {
            None => ("rule", "", StatusCode::OK),
            Some(_) => (
                "problem rule",
                "<p id=\"problem\" class=\"problem\" role=\"alert\">이 이름은 쓸 수 없다. 고쳐서 다시 보낸다.</p>\n",
                StatusCode::BAD_REQUEST,
            ),
        };
        let body = format!(
            "<h1>로그인</h1>\n\
             <p>사용자 이름만 적으면 그 독자로 로그인한다. 비밀번호는 없다. <strong>이 컴퓨터에서만</strong> 쓰는 화면이고, \
             AWS에 배포한 책에서는 이 자리에 Cognito의 로그인 화면이 나온다.</p>\n\
             <form method=\"post\">\n\
             <input type=\"hidden\" name=\"_csrf\" value=\"{csrf}\">\n\
             <label for=\"username\">사용자 이름</label>\n\
             <input id=\"username\" name=\"username\" type=\"text\" value=\"{typed}\" required maxlength=\"{longest}\" \
             autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" autofocus \
             aria-describedby=\"{described}\"{invalid}>\n\
             {problem}\
             <p id=\"rule\" class=\"small\">글자, 숫자와 <code>. _ @ + -</code>를 {longest}자까지 쓴다.</p>\n\
             <button type=\"submit\">로그인</button>\n\
             </form>\n\
             <dl>\n<dt>돌아갈 곳</dt>\n<dd><code>{back}</code></dd>\n\
             <dt>요청한 범위(scope)</dt>\n<dd>{scopes}</dd>\n</dl>",
            csrf = escape(self.csrf),
            typed = escape(self.refused.unwrap_or_default()),
            longest = name::LONGEST,
            invalid = if self.refused.is_some() { " aria-invalid=\"true\"" } else { "" },
            back = escape(self.redirect_uri),
        );
        page(status, "로그인", &body, &format!("'self' {}", self.origin))
    }
}

/// The page for what cannot be done: why, in a sentence's first half, and what to do next.
pub(super) fn refusal(status: StatusCode, why: &str, next: &str) -> Response {
    let body = format!(
        "<h1>로그인할 수 없다</h1>\n<p>{}. {}</p>\n<p><a href=\"/\">책의 첫 쪽으로</a></p>",
        escape(why),
        escape(next)
    );
    page(status, "로그인할 수 없다", &body, "'none'")
}

fn page(status: StatusCode, title: &str, body: &str, form_action: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"ko\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} · 이 컴퓨터의 Cognito</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    );
    // A browser checks `form-action` against the redirect that follows the form too, so it names the page readers go back to.
    let policy = format!(
        "default-src 'none'; style-src {}; form-action {form_action}; base-uri 'none'; frame-ancestors 'none'",
        *STYLE_HASH
    );
    let mut response = (status, Html(html)).into_response();
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, policy.as_str()),
        // Not `no-referrer`: that would make a browser send `Origin: null` with the form.
        (REFERRER_POLICY, "same-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
    ] {
        insert(&mut response, name, value);
    }
    response
}

fn insert(response: &mut Response, name: HeaderName, value: &str) {
    // All of it is ASCII by construction: an allowed origin has no other characters.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    async fn text(response: Response) -> String {
        String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn nothing_that_was_sent_becomes_markup() {
        const MARKUP: &str = "\"'><script>alert(1)</script>&amp;<b a=";
        let page = SignInPage {
            redirect_uri: MARKUP,
            origin: "http://127.0.0.1:3000",
            scope: MARKUP,
            csrf: MARKUP,
            refused: Some(MARKUP),
        };
        for html in
            [text(page.into_response()).await, text(refusal(StatusCode::BAD_REQUEST, MARKUP, MARKUP)).await]
        {
            assert!(!html.contains("<script") && !html.contains("<b a="), "{html}");
            assert!(html.contains("&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;"), "{html}");
        }
    }

    #[tokio::test]
    async fn the_policy_allows_the_page_s_own_style_and_form_and_nothing_else() {
        let page = SignInPage {
            redirect_uri: "http://127.0.0.1:3000/signed-in.html",
            origin: "http://127.0.0.1:3000",
            scope: "openid",
            csrf: "c",
            refused: None,
        };
        let response = page.into_response();
        assert_eq!(response.status(), 200);
        let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.contains("form-action 'self' http://127.0.0.1:3000;") && !policy.contains("script"));
        let html = text(response).await;
        let style = html.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        assert!(policy.contains(&STANDARD.encode(Sha256::digest(style))), "{policy}");
        assert!(!html.contains("<script") && !html.contains("style=") && !html.contains(" on"), "{html}");
    }
}
