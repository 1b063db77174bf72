//! The console's page in a real Chromium: live, with the keyboard, on a phone, in both themes, without a script.

mod live;

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use webdriver::{Driver, Key, Session};

use crate::harness::Local;
use crate::{start, visitor};
use live::{
    calls_show_where_their_time_went, environments_live_and_die_before_one_s_eyes,
    logs_are_filtered_and_paused, messages_are_seen_on_their_way, who_was_away_is_told_what_is_so,
};

const LIMIT: Duration = Duration::from_secs(30);
const PLAIN: &str = ".function[data-function=Plain512Function]";

/// Before the page's own script: remembers whatever the policy refuses.
const WATCH: &str = "window.refused = [];
    addEventListener('securitypolicyviolation', (one) => refused.push(`${one.effectiveDirective} ${one.blockedURI}`), true)";

fn value(page: &Session<'_>, expression: &str) -> Value {
    page.script(&format!("return {expression}"), &[]).unwrap()
}

fn wait(page: &Session<'_>, condition: &str) -> Value {
    page.wait_until(condition, LIMIT).unwrap_or_else(|error| {
        panic!("{condition}: {error:#}\n{}", value(page, "document.querySelector('main').innerText"))
    })
}

fn open(page: &Session<'_>, local: &Local) {
    page.goto(&format!("{}/_local/", local.base)).unwrap();
    // The script has been told everything: its first rows have a drawing or a clock's time.
    wait(
        page,
        "document.querySelector('#pause').checkVisibility() && document.querySelector('table.calls .at')?.textContent.includes(':')",
    );
}

#[test]
fn the_page_in_a_browser() {
    if webdriver::skip_browser() {
        return;
    }
    let local = start(&["--idle", "4"]).live(&["/api/events"]);
    local.get("/api/cold-start/plain-512");
    let driver = Driver::start().unwrap();
    let page = &driver.session().unwrap();
    page.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })).unwrap();
    page.viewport(1280, 900).unwrap();
    open(page, &local);

    environments_live_and_die_before_one_s_eyes(page, &local);
    calls_show_where_their_time_went(page, &local);
    logs_are_filtered_and_paused(page, &local);
    messages_are_seen_on_their_way(page, &local);
    a_permission_is_switched_with_the_keyboard(page, &local);
    who_was_away_is_told_what_is_so(page, &local);
    nothing_is_read_out_without_end(page, &local);
    it_fits_a_phone_and_axe_finds_nothing(page);
    nothing_was_refused(page);
    without_a_script_it_is_a_snapshot(page, &local);
    the_end_of_the_server_is_said(page, local);
}

/// Presses Tab until the focus is where `condition` holds; nothing but the keyboard is used.
fn tab_to(page: &Session<'_>, condition: &str) {
    for _ in 0..80 {
        page.type_keys(":focus", &Key::Tab.to_string()).unwrap();
        if value(page, &format!("(focus => {condition})(document.activeElement)")) == true {
            return;
        }
    }
    panic!("Tab does not lead to {condition}");
}

fn a_permission_is_switched_with_the_keyboard(page: &Session<'_>, local: &Local) {
    let make = || {
        local.send("POST", "/api/users", &[("x-visitor", &visitor(4))], Some(&json!({"name": "하늘"}))).status
    };
    assert_eq!(make(), 201);
    page.script("document.querySelector('.skip').focus()", &[]).unwrap();
    let outline = "parseFloat(getComputedStyle(document.activeElement).outlineWidth)";
    tab_to(page, "focus.ariaLabel === 'dynamodb:PutItem 빼기'");
    assert!(value(page, outline).as_f64().is_some_and(|width| width >= 2.0));
    page.type_keys(":focus", &Key::Space.to_string()).unwrap();
    wait(page, "document.activeElement.ariaLabel === 'dynamodb:PutItem 돌려주기'");
    assert_eq!(make(), 500);
    let denied = "document.querySelector('table.refusals tbody tr').innerText";
    let text = wait(page, &format!("{denied}.includes('dynamodb:PutItem') && {denied}"));
    assert!(text.as_str().unwrap().contains("빼 둔 동작"), "{text}");
    let row = "document.querySelector('tr[data-action=\"dynamodb:PutItem\"]').innerText";
    assert!(value(page, row).as_str().unwrap().contains("빼 둠"));
    // Another action, and everything back at once.
    tab_to(page, "focus.ariaLabel === 'dynamodb:UpdateItem 빼기'");
    page.type_keys(":focus", &Key::Enter.to_string()).unwrap();
    wait(page, "document.querySelectorAll('tr.taken').length === 2");
    page.script("document.querySelector('#restore button').focus()", &[]).unwrap();
    page.type_keys(":focus", &Key::Enter.to_string()).unwrap();
    wait(
        page,
        "document.querySelectorAll('tr.taken').length === 0 && document.querySelector('#restore button').disabled",
    );
    assert_eq!(make(), 201);
    assert_eq!(value(page, "location.pathname + location.search"), "/_local/", "nothing was navigated to");
}

fn nothing_is_read_out_without_end(page: &Session<'_>, local: &Local) {
    assert_eq!(value(page, "document.querySelector('#lines').ariaLive"), "off");
    let regions = "[...document.querySelectorAll('[aria-live], [role=status], [role=alert], [role=log]')].map((one) => one.id)";
    assert_eq!(value(page, regions), json!(["connection", "said", "lines"]));
    page.script(
        "window.spoken = []; new MutationObserver(() => spoken.push(document.querySelector('#said').textContent))
            .observe(document.querySelector('#said'), { childList: true, characterData: true, subtree: true })",
        &[],
    )
    .unwrap();
    for _ in 0..10 {
        local.get("/api/cold-start/plain-512");
    }
    wait(page, "spoken.length > 0");
    let spoken = value(page, "spoken");
    assert!(spoken.as_array().unwrap().len() <= 2, "{spoken}");
    assert!(spoken[0].as_str().unwrap().starts_with("새 로그 "), "{spoken}");
}

fn it_fits_a_phone_and_axe_finds_nothing(page: &Session<'_>) {
    let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join("../preprocessor/tests/vendor/axe-core/axe.min.js");
    page.script(&std::fs::read_to_string(axe).unwrap(), &[]).unwrap();
    // Nothing moves while colours are measured.
    let look = "const { violations } = await axe.run(document, { resultTypes: ['violations'] });
        return violations.flatMap(({ id, nodes }) => nodes.map(({ html, any, all, none }) =>
            `${id}: ${html.slice(0, 200)} ${[...any, ...all, ...none][0]?.message ?? ''}`))";
    let wide = "[...document.querySelectorAll('body *')].filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1
        && !one.closest('svg')).map((one) => one.outerHTML.slice(0, 200))";
    let small = "[...document.querySelectorAll('button, select, input, nav a')].filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44)
        .map((one) => one.outerHTML.slice(0, 200))";
    for (width, height) in [(1280, 900), (360, 740)] {
        page.viewport(width, height).unwrap();
        page.wait_until(&format!("innerWidth === {width}"), LIMIT).unwrap();
        assert_eq!(value(page, "document.documentElement.scrollWidth <= innerWidth"), true);
        assert_eq!(value(page, wide), json!([]), "{width}");
        assert_eq!(value(page, small), json!([]), "{width}");
        for theme in ["light", "dark"] {
            for motion in ["no-preference", "reduce"] {
                let features = json!({ "features": [
                    { "name": "prefers-color-scheme", "value": theme }, { "name": "prefers-reduced-motion", "value": motion }] });
                page.cdp("Emulation.setEmulatedMedia", features).unwrap();
                assert_eq!(value(page, "document.getAnimations().length"), 0);
            }
            assert_eq!(page.script_async(look, &[]).unwrap(), json!([]), "{theme} {width}");
        }
    }
    page.cdp("Emulation.setEmulatedMedia", json!({ "features": [] })).unwrap();
    page.viewport(1280, 900).unwrap();
}

fn nothing_was_refused(page: &Session<'_>) {
    let frames = "for (let n = 0; n < 2; n++) await new Promise(requestAnimationFrame);
        await new Promise((done) => setTimeout(done)); return refused";
    assert_eq!(page.script_async(frames, &[]).unwrap(), json!([]));
    // The lost connection is the one thing Chromium itself reports.
    let reported = page.console().unwrap();
    assert!(reported.iter().all(|entry| entry.message.contains("ERR_INTERNET_DISCONNECTED")), "{reported:?}");
}

fn without_a_script_it_is_a_snapshot(page: &Session<'_>, local: &Local) {
    local.get("/api/cold-start/plain-512");
    local.stands_still("Plain512Function");
    page.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true })).unwrap();
    page.goto(&format!("{}/_local/", local.base)).unwrap();
    let text = value(page, "document.querySelector('main').innerText");
    let text = text.as_str().unwrap();
    for part in [
        "자바스크립트가 꺼져",
        "Plain512Function",
        "얼림",
        "핸들러",
        "REPORT RequestId",
        "dynamodb:PutItem",
        "KeepWarm",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let rows = "['table.environments tbody tr', 'tr.call', '#lines p', 'table.refusals tbody tr', 'table.grants tbody tr']
        .map((css) => document.querySelectorAll(css).length > 0)";
    assert_eq!(value(page, rows), json!([true, true, true, true, true]));
    // What only a script can do is not offered; what a form can do is.
    assert_eq!(
        value(
            page,
            "[document.querySelector('#pause'), document.querySelector('#window')].some((one) => one.checkVisibility())"
        ),
        false
    );
    page.type_keys("#filter [name=request]", "ffff").unwrap();
    // Each click leads to another page, which may begin to load after the click has returned.
    page.click("#filter button").unwrap();
    wait(page, "location.search.includes('request=ffff')");
    assert_eq!(value(page, "document.querySelectorAll('#lines p').length"), 0, "no request has that id");
    page.click("tr[data-action='dynamodb:DeleteItem'] button").unwrap();
    let taken = wait(page, "document.querySelector('tr.taken')?.dataset.action");
    assert_eq!(taken, "dynamodb:DeleteItem");
    page.click("#restore button").unwrap();
    wait(page, "document.querySelector('#restore button').disabled");
    assert_eq!(value(page, "document.querySelectorAll('tr.taken').length"), 0);
    page.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": false })).unwrap();
}

fn the_end_of_the_server_is_said(page: &Session<'_>, local: Local) {
    open(page, &local);
    drop(local);
    wait(
        page,
        "!document.querySelector('#connection').hidden && document.querySelector('#connection').className === 'wrong'",
    );
}
