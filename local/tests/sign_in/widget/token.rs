//! The figure that takes tokens apart.

use serde_json::{Value, json};
use webdriver::Session;

use super::{Visit, blocked, open, press, sign_in, visit, wait_for};
use crate::chromium::value;

/// Presses a button of the figure that takes tokens apart; its sentence, and the verdict of each rule.
fn taken_apart(page: &Session<'_>, button: &str) -> (String, Vec<bool>) {
    page.script("document.querySelector('.token .live-say').textContent = ''", &[]).unwrap();
    press(page, &format!(".token button[value={button}]"));
    wait_for(page, "document.querySelector('.token .live-say').textContent");
    let said =
        value(page, "document.querySelector('.token .live-say').textContent").as_str().unwrap().to_owned();
    let verdicts = value(
        page,
        "[...document.querySelectorAll('.token li')].map((one) => one.querySelector('.live-verdict')?.className.includes('true') ?? null)",
    );
    (said, verdicts.as_array().unwrap().iter().filter_map(Value::as_bool).collect())
}

#[test]
fn a_token_is_taken_apart_and_its_signature_verified_in_the_page() {
    visit(|Visit { page, url, .. }| {
        open(&page, &url);
        let parts = "[...document.querySelectorAll('.token code.part')].map((one) => one.textContent)";
        let built = value(&page, parts);
        let all = [true; 6];
        let only = |broken: usize| -> Vec<bool> { (0..6).map(|n| n != broken).collect() };
        let ends = |(said, verdicts): (String, Vec<bool>), end: &str, expected: &[bool]| {
            assert!(said.ends_with(end), "{said}");
            assert_eq!(verdicts, expected, "{said}");
        };
        ends(taken_apart(&page, "specimen"), "통과. 함수를 부른다.", &all);
        assert_eq!(
            value(&page, parts),
            built,
            "what stands there without a script is what the script makes of it"
        );
        ends(taken_apart(&page, "letter"), "401. 도장이 맞지 않는다.", &only(1));
        let name = "JSON.parse(document.querySelectorAll('.token code.part')[1].textContent).username";
        assert_eq!(value(&page, name), "haneux");
        ends(taken_apart(&page, "live-expired-token"), "401. 기한이 지났다.", &only(4));
        ends(taken_apart(&page, "live-other-app"), "401. 다른 앱의 토큰이다.", &only(3));
        assert_eq!(taken_apart(&page, "access_token").0, "내 토큰이 아직 없다. 위에서 먼저 로그인한다.");

        // Text of any kind is no token, and stays text.
        for text in [
            "",
            "a",
            "a.b",
            "a.b.c",
            "한.글.자",
            "e30.e30",
            "<img src=x>.e30.e30",
            "e30.e30.e30.e30",
            "bnVsbA.e30.e30",
        ] {
            let typed = "document.querySelector('.token textarea').value = arguments[0]; document.querySelector('.token .live-say').textContent = ''";
            page.script(typed, &[text.into()]).unwrap();
            press(&page, ".token button");
            wait_for(&page, "document.querySelector('.token .live-say').textContent");
            let said = value(&page, "document.querySelector('.token .live-say').textContent");
            assert!(said.as_str().unwrap().starts_with("토큰이 아니다."), "{text}: {said}");
            assert_eq!(
                value(&page, "document.querySelectorAll('.token .live-verdict, .token img').length"),
                0
            );
        }

        // The reader's own, by the keys of the issuer.
        sign_in(&page, "haneul");
        let (said, verdicts) = taken_apart(&page, "access_token");
        assert!(said.ends_with("통과. 함수를 부른다.") && said.contains("/_local/cognito/"), "{said}");
        assert_eq!(verdicts, all);
        assert_eq!(value(&page, name), "haneul");
        ends(taken_apart(&page, "letter"), "401. 도장이 맞지 않는다.", &only(1));
        ends(taken_apart(&page, "id_token"), "403. 범위가 없다.", &only(5));
        page.cdp("Network.enable", json!({})).unwrap();
        page.cdp("Network.setBlockedURLs", json!({ "urls": ["*jwks*"] })).unwrap();
        let (said, verdicts) = taken_apart(&page, "access_token");
        assert!(said.starts_with("이 책의 발급자에게 공개 키를 묻지 못했다."), "{said}");
        assert!(verdicts.is_empty());
        assert_eq!(blocked(&page), Vec::<String>::new());
    });
}
