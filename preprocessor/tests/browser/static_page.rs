//! What is there without the script: the page as HTML, on paper, and on mdBook's page of all chapters.

use anyhow::Result;
use serde_json::json;

use crate::fixture::fixture;
use crate::page::{LIMIT, Page, part};

#[test]
fn without_the_script() -> Result<()> {
    in_one_browser!(
        a13_paper_holds_request_and_recording_and_no_buttons,
        the_page_of_all_chapters_is_left_alone,
        a1_without_javascript_a_block_still_teaches,
    )
}

fn a1_without_javascript_a_block_still_teaches(page: &Page<'_>) -> Result<()> {
    page.session.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true }))?;
    page.goto(&format!("{}/users.html", fixture().split))?;
    // The driver reads the page through DevTools, where scripts of the page itself stay off.
    assert_eq!(page.value("typeof window.mdbookLive")?, "undefined");
    for (css, text) in [
        (".live-caption", "사용자 만들기"),
        (".live-text", "POST /api/users\nContent-Type: application/json\n\n{\n  \"name\": \"김하늘\","),
        (".live-expect", "HTTP 201"),
        (".live-checks", "jsonpath \"$.name\" == \"김하늘\""),
        (".live-recording summary", "기록된 응답 · 2026-11-22 · 로컬(시험 기계)"),
        (".live-recording", "\"email\": \"haneul@example.com\""),
    ] {
        let css = part("user-create", css);
        page.appears(&css)?;
        let found = page.text(&css)?;
        assert!(found.contains(text), "{css}: {found}");
    }
    assert_eq!(page.value("document.querySelectorAll('.live button, .live textarea').length")?, 0);
    page.session.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": false }))?;
    Ok(())
}

fn a13_paper_holds_request_and_recording_and_no_buttons(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/users.html", fixture().split))?;
    page.run("user-create")?;
    let closed = page.value("!document.querySelector('#live-user-create .live-recording').open")?;
    assert_eq!(closed, true, "the live answer takes the recording's place on the screen");
    page.media("print")?;
    for css in [".live-caption", ".live-text", ".live-expect", ".live-recording pre"] {
        page.appears(&part("user-create", css))?;
    }
    for css in ["textarea", "button", ".live-say", ".live-answer", ".live-verdict"] {
        assert!(!page.visible(&part("user-create", css))?, "{css}");
    }
    let cut = page.value(
        "[...document.querySelectorAll('.live pre, .live pre code, .live table')].filter(element => element.checkVisibility() &&
            (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1))
            .map(element => element.outerHTML)",
    )?;
    assert_eq!(cut, json!([]), "text that is cut off on paper");
    let height = page.value("document.querySelector('#live-user-create .live-recording').clientHeight")?;
    assert!(
        height.as_f64().is_some_and(|height| height > 150.0),
        "the closed recording is laid out: {height}"
    );
    Ok(())
}

fn the_page_of_all_chapters_is_left_alone(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/print.html", fixture().split))?;
    page.session.wait_until("document.readyState === 'complete' && window.mdbookLive", LIMIT)?;
    assert_eq!(page.value("document.querySelectorAll('live-request').length > 15")?, true);
    assert_eq!(page.value("document.querySelectorAll('live-request button:not(.clip-button)').length")?, 0);
    page.appears(&part("user-create", ".live-text"))?;
    let doubled = page.value(
        "[...document.querySelectorAll('.live [id], .live[id]')].map(element => element.id)
            .filter((id, n, all) => all.indexOf(id) !== n)",
    )?;
    assert_eq!(doubled, json!([]));
    Ok(())
}
