//! Answers that belong to nobody, issuers that cannot be reached or lie, browsers that refuse.

use serde_json::{Value, json};
use webdriver::{Key, Session};

use super::{CHAPTER, HELD, SAYS, Visit, blocked, come_back, open, press, sign_in, visit, wait_for};
use crate::chromium::{ASKED, LIMIT, value};

/// Sends the page what an issuer might have said, as if its reader had come back with it.
fn told(page: &Session<'_>, url: &str, answer: &str) -> String {
    let asked = json!({ "state": "s", "nonce": "n", "verifier": "v".repeat(43), "back": format!("/{CHAPTER}"), "answer": answer });
    page.script("sessionStorage['live-sign-in'] = arguments[0]", &[asked.to_string().into()]).unwrap();
    come_back(page, url);
    wait_for(page, "document.querySelector('.live-sign-in .live-say.bad')");
    assert_eq!(
        value(page, &format!("[{HELD} ?? null, sessionStorage['live-sign-in'] ?? null]")),
        json!([null, null]),
        "{answer}"
    );
    value(page, SAYS).as_str().unwrap().to_owned()
}

#[test]
fn an_answer_of_another_sign_in_is_thrown_away() {
    visit(|Visit { page, port, url, .. }| {
        let origin = format!("http://127.0.0.1:{port}");
        open(&page, &url);
        // Nobody began one here: the page stays where it is and says so.
        page.goto(&format!("{origin}/signed-in.html?code=c&state=s")).unwrap();
        assert!(page.find("main").unwrap().text().unwrap().contains("이 탭에서 시작한 로그인이 아니"));
        assert!(page.url().unwrap().ends_with("?code=c&state=s"));
        assert_eq!(blocked(&page), Vec::<String>::new());

        // One was begun, and somebody hands in the answer to another.
        come_back(&page, &url);
        press(&page, ".live-sign-in button");
        page.wait_until("document.querySelector('#username')", LIMIT).unwrap();
        page.goto(&format!("{origin}/signed-in.html?code=stolen&state=another")).unwrap();
        page.wait_until(&format!("location.pathname === '/{CHAPTER}' && window.mdbookLive?.signIn && document.querySelector('.live-sign-in .bad')"), LIMIT).unwrap();
        assert!(
            value(&page, SAYS).as_str().unwrap().starts_with("돌아온 답의 state가"),
            "{}",
            value(&page, SAYS)
        );
        let asked =
            "performance.getEntriesByType('resource').filter((one) => one.name.includes('/oauth2/')).length";
        assert_eq!(value(&page, asked), 0, "nothing is asked of the issuer");

        for answer in
            ["", "?code=c", "?code=c&state=", "?code=c&state=t", "?error=access_denied", "?code=c&state=S"]
        {
            assert!(told(&page, &url, answer).starts_with("돌아온 답의 state가"), "{answer}");
        }
        for (answer, said) in [
            (
                "?state=s&error=access_denied&error_description=<b>no</b>",
                "발급자가 로그인을 거절했다(access_denied). <b>no</b>",
            ),
            ("?state=s&code=c&iss=https://other.example", "돌아온 답의 state가"),
            ("?state=s&code=0123", "발급자가 코드를 받지 않았다(invalid_grant)."),
            ("?state=s", "발급자가 코드를 받지 않았다(invalid_grant)."),
        ] {
            let seen = told(&page, &url, answer);
            assert!(seen.starts_with(said), "{answer}: {seen}");
        }

        // The right code, and an ID token that was made for another request.
        come_back(&page, &url);
        press(&page, ".live-sign-in button");
        page.wait_until(ASKED, LIMIT).unwrap();
        let other = "const asked = JSON.parse(sessionStorage['live-sign-in']); asked.nonce = 'another'; sessionStorage['live-sign-in'] = JSON.stringify(asked)";
        page.script(other, &[]).unwrap();
        page.type_keys(":focus", &format!("haneul{}", Key::Enter)).unwrap();
        page.wait_until(
            &format!("location.pathname === '/{CHAPTER}' && document.querySelector('.live-sign-in .bad')"),
            LIMIT,
        )
        .unwrap();
        assert!(value(&page, SAYS).as_str().unwrap().starts_with("받은 ID 토큰이"), "{}", value(&page, SAYS));
        assert_eq!(value(&page, &format!("{HELD} ?? null")), Value::Null);

        // A page of another origin is no page to go back to.
        for back in ["https://evil.example/", "//evil.example/", "javascript:alert(1)"] {
            page.script(
                "sessionStorage['live-sign-in'] = JSON.stringify({ state: 's', back: arguments[0] })",
                &[back.into()],
            )
            .unwrap();
            page.goto(&format!("{origin}/signed-in.html?code=c&state=s")).unwrap();
            assert!(page.url().unwrap().ends_with("?code=c&state=s"), "{back}");
        }
    });
}

#[test]
fn what_cannot_be_done_is_said_with_its_reason() {
    visit(|Visit { page, port, url, .. }| {
        let fails = |said: &str| {
            press(&page, ".live-sign-in button");
            wait_for(&page, "document.querySelector('.live-sign-in .live-say.bad')");
            let seen = value(&page, SAYS);
            assert!(seen.as_str().unwrap().starts_with(said), "{said}: {seen}");
            assert_eq!(page.url().unwrap(), url, "the reader is still where they were");
        };
        page.cdp("Network.enable", json!({})).unwrap();
        let block = |urls: &[&str]| page.cdp("Network.setBlockedURLs", json!({ "urls": urls })).unwrap();
        for what in ["*/config.json", "*/.well-known/*"] {
            open(&page, &url);
            block(&[what]);
            fails(&format!("127.0.0.1:{port}에 닿지 못했다."));
            block(&[]);
        }
        let pretends = |body: &str| {
            open(&page, &url);
            page.script(&format!("const real = fetch; window.fetch = async (url, init) => {{ const answer = await real(url, init); {body} return answer }}"), &[]).unwrap();
        };
        pretends("if (`${url}`.endsWith('config.json')) return new Response('{\"api\":\"/api\"}');");
        fails("이 책을 올린 곳에는 로그인이 없다");
        pretends("if (`${url}`.endsWith('config.json')) return new Response('<html>', { status: 404 });");
        fails("이 책을 올린 곳에는 로그인이 없다");
        pretends(
            "if (`${url}`.includes('well-known')) return new Response(JSON.stringify({ ...await answer.json(), issuer: 'https://evil.example' }));",
        );
        fails("발급자의 안내 문서가");
        pretends(
            "if (`${url}`.includes('well-known')) return new Response(JSON.stringify({ ...await answer.json(), authorization_endpoint: 'javascript:alert(1)//' }));",
        );
        fails("발급자의 안내 문서가");
        open(&page, &url);
        page.script("Object.defineProperty(crypto, 'subtle', { value: undefined })", &[]).unwrap();
        fails("이 주소에서는 브라우저가 암호 기능을 내주지 않는다.");
        open(&page, &url);
        page.script(
            "Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('refused') } })",
            &[],
        )
        .unwrap();
        fails("브라우저가 sessionStorage를 막아서");

        // Signing out without the issuer: gone here, and what is not done is said.
        open(&page, &url);
        sign_in(&page, "haneul");
        block(&["*/.well-known/*"]);
        press(&page, ".live-sign-in button");
        wait_for(&page, &format!("{SAYS}.startsWith('이 탭의 토큰은 지웠다.')"));
        assert_eq!(value(&page, &format!("{HELD} ?? null")), Value::Null);
        block(&[]);
    });
}
