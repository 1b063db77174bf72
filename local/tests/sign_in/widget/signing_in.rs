//! There and back: what a reader who signs in sees, and where their tokens are.

use serde_json::{Value, json};
use webdriver::Driver;

use super::{
    HELD, SAYS, Visit, blocked, chapter, come_back, open, press, run, says, sign_in, sign_in_by, visit,
    wait_for, with_functions,
};
use crate::chromium::{LIMIT, value};

#[test]
fn a_reader_signs_in_calls_the_api_comes_back_and_signs_out() {
    if webdriver::skip_browser() {
        return;
    }
    let program = with_functions();
    let driver = Driver::start().unwrap();
    // Under the other name of this machine the issuer is a foreign host, as it is on AWS.
    for (host, name) in [("127.0.0.1", "김하늘"), ("localhost", "haneul")] {
        let page = driver.session().unwrap();
        let url = chapter(host, program.port);
        open(&page, &url);
        assert_eq!(
            value(&page, "document.querySelectorAll('.live-needs button').length"),
            4,
            "every block that sends a token"
        );

        // Nobody is signed in: the block says so, sends nothing and offers the way.
        press(&page, "#live-me-list .live-buttons button");
        assert!(says(&page, "me-list").starts_with("먼저 로그인한다."), "{}", says(&page, "me-list"));
        let sent =
            "performance.getEntriesByType('resource').filter((one) => one.name.includes('/api/')).length";
        assert_eq!(value(&page, sent), 0);

        // From the block and back to it.
        sign_in_by(&page, "#live-me-list .live-needs button", name);
        assert_eq!(value(&page, "location.hash"), "#live-me-list");
        wait_for(&page, &format!("{SAYS}.includes('로그인한 독자: {name}.')"));
        assert!(says(&page, "me-list").starts_with("로그인한 독자"), "{}", says(&page, "me-list"));
        assert_eq!(value(&page, "location.search + document.referrer"), "", "no code stays behind");
        assert_eq!(value(&page, "document.querySelectorAll('.live-needs button').length"), 0);

        for (id, status) in [
            ("me-create", "201"),
            ("me-list", "200"),
            ("one-letter", "401"),
            ("expired-token", "401"),
            ("other-app", "401"),
            ("id-token", "403"),
        ] {
            assert_eq!(run(&page, id), status, "{id}: {}", says(&page, id));
            assert!(says(&page, id).contains("기대와 같다"), "{id}: {}", says(&page, id));
        }

        // In this tab the sign-in stays; the token of a request that found nothing is still there.
        come_back(&page, &url);
        wait_for(&page, &format!("{SAYS}.includes('로그인한 독자: {name}.')"));
        let edit = "const editor = document.querySelector('#live-me-list textarea'); editor.value = editor.value.replace('/users', '/users/20');
            editor.dispatchEvent(new Event('input'))";
        page.script(edit, &[]).unwrap();
        assert_eq!(run(&page, "me-list"), "404");
        press(&page, "#live-me-list .live-buttons button:nth-child(2)");
        assert_eq!(run(&page, "me-list"), "200");
        assert_eq!(
            value(&page, "document.querySelector('#live-me-list .live-answer').textContent.includes('eyJ')"),
            false
        );

        // Out again: the tokens are gone here, the refresh token there, and the issuer asks for a name anew.
        let refresh = value(&page, &format!("JSON.parse({HELD}).refresh_token"));
        press(&page, ".live-sign-in button");
        page.wait_until(&format!("location.hash === '#live-sign-in' && window.mdbookLive?.signIn && {SAYS}.startsWith('로그아웃했다.')"), LIMIT).unwrap();
        assert_eq!(
            value(&page, &format!("[{HELD} ?? null, sessionStorage['live-sign-in'] ?? null]")),
            json!([null, null])
        );
        let renew = "const { client, issuer } = await (await fetch('/config.json')).json();
            const body = new URLSearchParams({ grant_type: 'refresh_token', client_id: client, refresh_token: arguments[0] });
            return (await fetch(issuer + '/oauth2/token', { method: 'POST', body })).json()";
        assert_eq!(page.script_async(renew, &[refresh]).unwrap(), json!({ "error": "invalid_grant" }));
        press(&page, ".live-sign-in button");
        page.wait_until("document.querySelector('#username')", LIMIT).unwrap();
        assert_eq!(blocked(&page), Vec::<String>::new());
    }
}

#[test]
fn tokens_are_kept_in_this_tab_and_nowhere_else() {
    visit(|Visit { driver, page, port, url }| {
        open(&page, &url);
        sign_in(&page, "haneul");
        // A run stores the values of its page.
        assert_eq!(run(&page, "me-list"), "503", "no function is there");
        let stored = value(
            &page,
            "[JSON.stringify({ ...localStorage }), document.cookie, location.href, JSON.stringify(history.state), document.body.outerHTML]",
        );
        let held: Value = serde_json::from_str(value(&page, HELD).as_str().unwrap()).unwrap();
        for token in ["access_token", "id_token", "refresh_token"] {
            let secret = held[token].as_str().unwrap();
            assert!(!stored.to_string().contains(secret), "{token}");
            let others = "Object.keys(sessionStorage).filter((key) => key !== 'live:/:sign-in' && sessionStorage[key].includes(arguments[0]))";
            assert_eq!(
                page.script(&format!("return {others}"), &[secret.into()]).unwrap(),
                json!([]),
                "{token}"
            );
        }
        // Another tab is another reader.
        let other = "const frame = document.createElement('iframe'); return window.open(arguments[0], '_blank', 'noopener') === null";
        assert_eq!(page.script(other, &[url.as_str().into()]).unwrap(), true);
        let fresh = driver.session().unwrap();
        come_back(&fresh, &url);
        assert_eq!(value(&fresh, &format!("{HELD} ?? null")), Value::Null);

        // What is copied for a shell has a variable in the token's place.
        page.cdp(
            "Browser.grantPermissions",
            json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] }),
        )
        .unwrap();
        press(&page, "#live-me-list .live-buttons button:nth-child(3)");
        wait_for(
            &page,
            "document.querySelector('#live-me-list .live-say').textContent.startsWith('curl 명령을 복사했다')",
        );
        let copied = page.script_async("return navigator.clipboard.readText()", &[]).unwrap();
        let copied = copied.as_str().unwrap();
        assert!(copied.contains(r#"-H 'authorization: Bearer '"$access_token"''"#), "{copied}");
        assert!(!copied.contains("eyJ"), "{copied}");

        // The button that erases what the book stored forgets the tokens too.
        page.goto(&format!("http://127.0.0.1:{}/", port)).unwrap();
        wait_for(&page, "document.querySelector('.live-progress button')?.checkVisibility()");
        press(&page, ".live-progress button");
        wait_for(&page, "document.querySelector('.live-progress .live-say').textContent.includes('지웠다')");
        assert_eq!(value(&page, &format!("{HELD} ?? null")), Value::Null);
    });
}

#[test]
fn tokens_are_renewed_before_a_block_needs_them() {
    visit(|Visit { page, url, .. }| {
        open(&page, &url);
        sign_in(&page, "haneul");
        let first = value(&page, &format!("JSON.parse({HELD}).access_token"));
        // The machine slept past the expiry: no timer fired, and the block finds its token too old.
        let aged = |change: &str| {
            let script = format!(
                "const held = JSON.parse({HELD}); held.until = Date.now() + 1000; {change}; sessionStorage['live:/:sign-in'] = JSON.stringify(held)"
            );
            page.script(&script, &[]).unwrap();
            come_back(&page, &url);
        };
        aged("");
        assert_eq!(run(&page, "me-list"), "503", "it was sent, and no function is there");
        let second = value(&page, &format!("JSON.parse({HELD}).access_token"));
        assert_ne!(first, second);
        assert_eq!(value(&page, "mdbookLive.variables.access_token"), second);

        // A refresh token that is no good any more: signed out, with the reason, and nothing is sent.
        aged("held.refresh_token = 'x'");
        press(&page, "#live-me-list .live-buttons button");
        wait_for(&page, "document.querySelector('.live-sign-in .live-say.bad')");
        assert!(
            value(&page, SAYS).as_str().unwrap().starts_with("다시 로그인한다."),
            "{}",
            value(&page, SAYS)
        );
        wait_for(
            &page,
            "document.querySelector('#live-me-list .live-say').textContent.startsWith('먼저 로그인한다.')",
        );
        assert_eq!(value(&page, &format!("{HELD} ?? null")), Value::Null);
        assert_eq!(value(&page, "'access_token' in mdbookLive.variables"), false);

        // A token the API does not know any more, as after a server was started anew: the block says what to do. To the issuer the
        // browser is still signed in, so it asks for no name.
        press(&page, ".live-sign-in button");
        page.wait_until(&format!("location.hash === '#live-sign-in' && {HELD}"), LIMIT).unwrap();
        let other = format!(
            "const held = JSON.parse({HELD}); held.access_token += 'A'; sessionStorage['live:/:sign-in'] = JSON.stringify(held)"
        );
        page.script(&other, &[]).unwrap();
        come_back(&page, &url);
        assert_eq!(run(&page, "me-list"), "401");
        assert!(
            says(&page, "me-list").contains("API가 이 토큰을 받지 않았다(401)."),
            "{}",
            says(&page, "me-list")
        );
    });
}
