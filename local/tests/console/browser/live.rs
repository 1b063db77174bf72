//! What the page shows while it happens: environments, calls, messages and logs, and what it tells who was away.

use std::thread;

use serde_json::json;
use webdriver::{Key, Session};

use super::{PLAIN, value, wait};
use crate::harness::Local;
use crate::visitor;

/// Calls at the same time, so that each needs an environment of its own.
fn burst(local: &Local, path: &str, count: usize) {
    thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(|| assert_eq!(local.get(path).status, 200));
        }
    });
}

/// Has the page remember what it shows of three environments: a look from outside may come too late for what lasts half a
/// second, or the four until they are reclaimed.
fn remember(page: &Session<'_>) {
    let remember = format!(
        "window.seen = {{}};
        const look = () => {{
            const rows = (state) => [...document.querySelectorAll(`{PLAIN} tr.environment.${{state}}`)], frozen = rows('frozen');
            const texts = (slot) => frozen.map((row) => row.querySelector(`[data-slot=${{slot}}]`).textContent);
            seen.running ||= rows('running').length === 3;
            if (frozen.length !== 3) return;
            seen.lanes ??= frozen.map((row) => [...row.querySelector('svg').children].map((one) => one.getAttribute('class')));
            seen.again ||= Math.max(...texts('invocations')) >= 2;
            seen.memory ||= texts('memory').every((text) => /^\\d+\\.\\dMB$/.test(text));
        }};
        new MutationObserver(look).observe(document.querySelector('{PLAIN} tbody'), {{ attributes: true, childList: true, subtree: true }})"
    );
    page.script(&remember, &[]).unwrap();
}

pub fn environments_live_and_die_before_one_s_eyes(page: &Session<'_>, local: &Local) {
    let count = |state: &str| format!("document.querySelectorAll('{PLAIN} tr.environment.{state}').length");
    remember(page);
    thread::scope(|scope| {
        let calls = scope.spawn(|| {
            burst(local, "/api/cold-start/plain-512?wait=500&work=100", 3);
            // One is used again, as soon as all stand still.
            local.stands_still("Plain512Function");
            local.get("/api/cold-start/plain-512");
        });
        wait(page, "seen.running");
        calls.join().unwrap();
    });
    for lane in wait(page, "seen.lanes").as_array().unwrap() {
        assert_eq!(
            (&lane[0], lane.as_array().unwrap().last().unwrap()),
            (&json!("init"), &json!("frozen")),
            "{lane}"
        );
        assert!(lane.as_array().unwrap().contains(&json!("running")), "{lane}");
    }
    // No new one came, and a count has grown; their figures come, and their age grows by itself.
    wait(page, "seen.again && seen.memory");
    let youngest = format!("[...document.querySelectorAll('{PLAIN} tr.environment')].at(-1)");
    let moving = format!(
        "{youngest}.querySelector('svg').getAttribute('viewBox') + {youngest}.querySelector('[data-slot=age]').textContent"
    );
    let before = value(page, &moving);
    wait(page, &format!("{moving} !== {before}"));
    // Idle for four seconds, they are reclaimed, and it is said why.
    wait(page, &format!("{} >= 3 && {} === 0", count("gone"), count("frozen")));
    let why = format!("document.querySelector('{PLAIN} tr.gone .state').innerText");
    assert!(value(page, &why).as_str().unwrap().contains("회수됨"), "{}", value(page, &why));
    assert!(value(page, &why).as_str().unwrap().contains("오래 쉬었다"));
    let figures = format!("document.querySelector('{PLAIN} .figures').innerText");
    let told = value(page, &figures);
    assert!(
        told.as_str().unwrap().contains("콜드 스타트") && told.as_str().unwrap().contains("호출 6"),
        "{told}"
    );
}

pub fn calls_show_where_their_time_went(page: &Session<'_>, local: &Local) {
    local.send("GET", "/api/users/3", &[("x-visitor", &visitor(3))], None);
    let call =
        "[...document.querySelectorAll('tr.call')].find((row) => row.innerText.includes('/api/users/3'))";
    let text = wait(page, &format!("{call}?.innerText.includes('핸들러') && {call}.innerText"));
    let text = text.as_str().unwrap();
    for part in ["UsersFunction", "404", "게이트웨이", "핸들러", "되돌아감"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let bar = value(
        page,
        &format!(
            "[...{call}.querySelectorAll('rect')].reduce((sum, one) => sum + +one.getAttribute('width'), 0)"
        ),
    );
    assert!((bar.as_f64().unwrap() - 100.0).abs() < 0.5, "{bar}");
    local.get("/api/nowhere?secret=1");
    let refused = "[...document.querySelectorAll('table.refusals tbody tr')].find((row) => row.innerText.includes('/api/nowhere'))?.innerText";
    let text = wait(page, refused);
    assert!(text.as_str().unwrap().contains("404") && !text.as_str().unwrap().contains("secret"), "{text}");
    // The newest stands on top.
    let sorted = "(times => times.every((time, n) => n === 0 || times[n - 1] >= time))([...document.querySelectorAll('tr.call .at')].map((at) => at.textContent))";
    assert_eq!(value(page, sorted), true);
}

/// One message is managed and gone; a poisonous one stays, in flight, until it may be received again.
pub fn messages_are_seen_on_their_way(page: &Session<'_>, local: &Local) {
    for body in [json!({"note": "good"}), json!({"poison": true})] {
        let sent = local.send("POST", "/api/events/queue", &[("x-visitor", &visitor(4))], Some(&body));
        assert_eq!(sent.status, 200, "{}", sent.text);
    }
    let figure = |name: &str| {
        format!("+document.querySelector('.queue[data-queue=EventQueue] [data-figure={name}]').textContent")
    };
    let figures = [("sent", 2), ("deleted", 1), ("inFlight", 1), ("visible", 0)];
    let all: Vec<_> = figures.iter().map(|(name, count)| format!("{} === {count}", figure(name))).collect();
    wait(page, &all.join(" && "));
    let rows = "[...document.querySelectorAll('.queue[data-queue=EventQueue] table.messages tbody tr')].map((row) => row.innerText)";
    let rows = value(page, rows);
    assert_eq!(rows.as_array().unwrap().len(), 1, "{rows}");
    let text = rows[0].as_str().unwrap();
    assert!(text.contains("poison") && text.contains("처리 중"), "{text}");
}

fn shown(page: &Session<'_>) -> Vec<String> {
    let rows = value(page, "[...document.querySelectorAll('#lines p')].map((row) => row.innerText)");
    rows.as_array().unwrap().iter().map(|row| row.as_str().unwrap().to_owned()).collect()
}

pub fn logs_are_filtered_and_paused(page: &Session<'_>, local: &Local) {
    wait(page, "document.querySelector('#lines').innerText.includes('REPORT RequestId')");
    page.script("document.querySelector('#filter [name=function]').focus()", &[]).unwrap();
    page.type_keys(":focus", "UsersFunction").unwrap();
    wait(page, "document.querySelector('#filter [name=function]').value === 'UsersFunction'");
    let lines = shown(page);
    assert!(!lines.is_empty() && lines.iter().all(|line| line.contains("UsersFunction")), "{lines:?}");
    // A call's own lines, by the link in its row.
    let press =
        "const link = [...document.querySelectorAll('tr.call a')].find((one) => one.checkVisibility());
        link.click();
        return new URL(link.href).searchParams.get('request')";
    let id = page.script(press, &[]).unwrap();
    assert_eq!(value(page, "document.querySelector('#filter [name=request]').value"), id);
    // The last line is told after the call's row.
    wait(
        page,
        "['START', 'REPORT'].every((word) => [...document.querySelectorAll('#lines p')].some((row) => row.innerText.includes(word)))",
    );
    let lines = shown(page);
    assert!(
        lines
            .iter()
            .filter(|line| line.contains("RequestId"))
            .all(|line| line.contains(id.as_str().unwrap()))
    );
    assert_eq!(value(page, "document.activeElement.id"), "lines", "the keyboard goes on there");
    page.script("document.querySelector('#filter [name=request]').focus()", &[]).unwrap();
    page.type_keys(":focus", &format!("{}a{}", Key::Control, Key::Control)).unwrap();
    page.script("const field = document.activeElement; field.value = ''; field.dispatchEvent(new Event('input', { bubbles: true }))", &[]).unwrap();
    assert!(shown(page).len() > lines.len());

    // Stopped, nothing moves and everything waits.
    page.type_keys("#pause", &Key::Enter.to_string()).unwrap();
    let before = shown(page);
    local.get("/api/cold-start/plain-512");
    wait(page, "/\\(새 줄 \\d+개\\)/.test(document.querySelector('#pause').textContent)");
    assert_eq!(shown(page), before);
    page.type_keys("#pause", &Key::Space.to_string()).unwrap();
    wait(page, "document.querySelector('#pause').textContent === '멈춤'");
    let after = shown(page);
    assert!(after.len() > before.len() && after.starts_with(&before), "nothing was lost");
    assert_eq!(
        value(
            page,
            "(list => list.scrollTop + list.clientHeight >= list.scrollHeight - 8)(document.querySelector('#lines'))"
        ),
        true
    );
}

pub fn who_was_away_is_told_what_is_so(page: &Session<'_>, local: &Local) {
    let before = shown(page).len();
    let offline = |on: bool| {
        let state = json!({ "offline": on, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        page.cdp("Network.enable", json!({})).unwrap();
        page.cdp("Network.emulateNetworkConditions", state).unwrap();
    };
    offline(true);
    // The open stream stays as it is; a new one fails.
    page.script("dispatchEvent(new Event('pagehide')); dispatchEvent(new Event('pageshow'))", &[]).unwrap();
    wait(
        page,
        "document.querySelector('#connection').className === 'wrong' && !document.querySelector('#connection').hidden",
    );
    local.get("/api/cold-start/plain-512");
    offline(false);
    wait(page, "document.querySelector('#connection').hidden");
    wait(page, &format!("document.querySelectorAll('#lines p').length > {before}"));
    let lines = shown(page);
    assert_eq!(lines.iter().filter(|line| line.contains("놓쳤다")).count(), 0, "{lines:?}");
    let starts: Vec<_> = lines.iter().filter(|line| line.contains("START RequestId")).collect();
    let mut once = starts.clone();
    once.dedup();
    assert_eq!(starts, once, "what the page had was not told again");
}
