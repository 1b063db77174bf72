//! By keyboard, on a phone, in every theme, without a script.

use serde_json::json;
use webdriver::Key;

use super::{HELD, SAYS, Visit, open, visit, wait_for};
use crate::chromium::{ASKED, AXE, LIMIT, value};

const THEMES: [&str; 5] = ["light", "rust", "coal", "navy", "ayu"];

#[test]
fn the_place_to_sign_in_is_for_everybody() {
    visit(|Visit { page, port, url, .. }| {
        page.viewport(360, 740).unwrap();
        open(&page, &url);
        // By keyboard alone, there and back.
        page.script("document.querySelector('.live-sign-in button').focus()", &[]).unwrap();
        page.type_keys(":focus", &Key::Enter.to_string()).unwrap();
        page.wait_until(ASKED, LIMIT).unwrap();
        page.type_keys(":focus", &format!("아주-긴-이름을-쓰는-독자가-있다{}", Key::Enter)).unwrap();
        page.wait_until(&format!("location.hash === '#live-sign-in' && {HELD}"), LIMIT).unwrap();
        wait_for(&page, &format!("{SAYS}.includes('독자가-있다')"));
        page.type_keys("body", &Key::Tab.to_string()).unwrap();
        let reached = "document.activeElement.closest('.live-sign-in')?.textContent.includes('로그아웃')";
        assert_eq!(
            value(&page, reached),
            true,
            "{}",
            value(&page, "document.activeElement.outerHTML.slice(0, 200)")
        );
        let narrow = "[...document.querySelectorAll('.live-sign-in, .live-sign-in *, .token *, .live-needs *')].filter((one) => one.getBoundingClientRect().right > 360 && !one.closest('pre')).map((one) => one.outerHTML.slice(0, 120))";
        assert_eq!(value(&page, narrow), json!([]));
        assert_eq!(value(&page, "document.documentElement.scrollWidth <= 360"), true);
        let small = "[...document.querySelectorAll('.live-sign-in button, .token button')].filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44).length";
        assert_eq!(value(&page, small), 0);
        page.script("document.querySelector('.token button').click()", &[]).unwrap();
        wait_for(&page, "document.querySelector('.token .live-verdict')");
        page.script(AXE, &[]).unwrap();
        let found = "const found = [];
        for (const part of ['.live-sign-in', '.token', '#live-me-list'])
            found.push(...(await axe.run(part)).violations.map((one) => one.id + ': ' + one.nodes.map((node) => node.html)));
        return found";
        for theme in THEMES {
            let script = "document.getElementById('mdbook-theme-' + arguments[0]).click()";
            page.script(script, &[theme.into()]).unwrap();
            page.wait_until(&format!("document.documentElement.classList.contains('{theme}') && document.getAnimations().every((one) => one.playState !== 'running')"), LIMIT).unwrap();
            assert_eq!(page.script_async(found, &[]).unwrap(), json!([]), "{theme}");
        }

        // Without a script: what is needed is said, and the recorded answers are there.
        page.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true })).unwrap();
        page.goto(&url).unwrap();
        let seen = page.find(".live-sign-in").unwrap().text().unwrap();
        assert!(seen.contains("자바스크립트가 필요하다"), "{seen}");
        assert!(
            page.find("#live-me-list .live-needs").unwrap().text().unwrap().contains("토큰으로 보내는 요청")
        );
        assert!(page.find("#live-me-list .live-recording").unwrap().text().unwrap().contains("200 OK"));
        page.goto(&format!("http://127.0.0.1:{}/signed-in.html?code=c&state=s", port)).unwrap();
        assert!(page.find("main").unwrap().text().unwrap().contains("자바스크립트가 꺼져 있다"));
    });
}
