//! The editor: Hangul, keys that must not reach mdBook, edits that survive a reload, the way by keyboard alone.

use anyhow::Result;
use serde_json::json;
use webdriver::{Key, Session};

use crate::fixture::fixture;
use crate::page::{LIMIT, Page, part};

#[test]
fn typing_and_keys() -> Result<()> {
    in_one_browser!(
        a3_hangul_arrives_as_typed,
        a2_keys_during_composition_run_once_after_the_syllable,
        a4_keys_inside_a_block_stay_there,
        a_readonly_block_has_no_editor_and_runs,
        a10_edits_survive_a_reload_and_reset_restores_by_keyboard
    )
}

/// Types as a Korean input method does: every syllable grows from its first letter, then is committed.
fn compose(session: &Session<'_>, syllables: &[&[&str]]) -> Result<()> {
    for steps in syllables {
        for step in *steps {
            composing(session, step)?;
        }
        let text = steps.last().copied().unwrap_or_default();
        session.cdp("Input.insertText", json!({ "text": text }))?;
    }
    Ok(())
}

fn composing(session: &Session<'_>, text: &str) -> Result<()> {
    let end = text.encode_utf16().count();
    let params = json!({ "text": text, "selectionStart": end, "selectionEnd": end });
    session.cdp("Input.imeSetComposition", params).map(drop)
}

fn caret_after_name(page: &Page<'_>) -> Result<()> {
    page.session
        .script(
            "const editor = document.querySelector('#live-typed textarea');
             editor.focus();
             const at = editor.value.indexOf('\"\"') + 1;
             editor.setSelectionRange(at, at)",
            &[],
        )
        .map(drop)
}

fn a3_hangul_arrives_as_typed(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/texts.html", fixture().split))?;
    caret_after_name(page)?;
    compose(
        &page.session,
        &[&["ㅎ", "하", "한"], &["ㄱ", "그", "글"], &["ㅇ", "이", "입"], &["ㄹ", "려", "력"]],
    )?;
    // An input method's letters are handed to the page; the driver does not wait until they are there.
    let typed = json!("POST /api/echo\n\n{ \"name\": \"한글입력\" }");
    let there = format!("document.querySelector('#live-typed textarea').value === {typed}");
    page.session.wait_until(&there, LIMIT)?;
    page.run("typed")?;
    let body = page.text(&part("typed", ".live-body"))?;
    assert!(body.contains("한글입력"), "{body}");
    Ok(())
}

fn a2_keys_during_composition_run_once_after_the_syllable(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/texts.html", fixture().split))?;
    caret_after_name(page)?;
    for step in ["ㄱ", "가", "갑"] {
        composing(&page.session, step)?;
    }
    // Ctrl+Enter while the syllable is still being composed.
    let key = json!({ "type": "rawKeyDown", "key": "Enter", "code": "Enter", "modifiers": 2, "windowsVirtualKeyCode": 13 });
    page.session.script(
        "window.composing = null;
         document.querySelector('#live-typed textarea').addEventListener('keydown',
            event => window.composing = event.isComposing, { capture: true, once: true })",
        &[],
    )?;
    page.session.cdp("Input.dispatchKeyEvent", key)?;
    page.session.wait_until("window.composing", LIMIT)?;
    let visitor = page.visitor()?;
    let mine = || {
        let seen = fixture().api.seen("/api/echo");
        seen.into_iter().filter(|request| request.header("x-visitor") == Some(&visitor)).collect::<Vec<_>>()
    };
    assert_eq!(mine().len(), 0, "nothing may be sent before the syllable is complete");
    page.session.cdp("Input.insertText", json!({ "text": "값" }))?;
    let said = page.idle("typed")?;
    assert!(said.starts_with("응답 200"), "{said}");
    let bodies: Vec<_> = mine().into_iter().map(|request| request.body).collect();
    assert_eq!(bodies, ["{ \"name\": \"값\" }"]);
    Ok(())
}

/// Which page it is, whether the search is open, whether the help is.
pub const STATE: &str = "[location.pathname.split('/').pop(),
    !document.getElementById('mdbook-search-wrapper').classList.contains('hidden'),
    getComputedStyle(document.getElementById('mdbook-help-container')).display !== 'none']";

fn a4_keys_inside_a_block_stay_there(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/runs.html", fixture().split))?;
    page.run("serial-5")?;
    page.edit("burst-12", "GET /api/function/{{nothing}}")?;
    page.session.script("document.querySelector('#live-serial-5 details').open = true", &[])?;
    let still = json!(["runs.html", false, false]);
    for focus in
        ["textarea", ".live-buttons button", ".live-buttons button:last-child", "summary", ".live-scroll"]
    {
        let css = part("serial-5", focus);
        for key in ["s", "/", "?"]
            .map(str::to_owned)
            .into_iter()
            .chain([Key::Right, Key::Left, Key::Up, Key::Down, Key::Escape].map(|key| key.to_string()))
        {
            page.session.type_keys(&css, &key)?;
            assert_eq!(page.value(STATE)?, still, "«{key:?}» in {focus}");
        }
    }
    // The answer's body is a pane of its own that keys scroll.
    page.goto(&format!("{}/texts.html", fixture().split))?;
    page.run("markup")?;
    for key in [Key::Right.to_string(), "s".into(), "?".into()] {
        page.session.type_keys(&part("markup", ".live-body"), &key)?;
        assert_eq!(page.value(STATE)?, json!(["texts.html", false, false]), "{key:?}");
    }
    // Outside a block the same keys do what mdBook says they do, so the test above can fail.
    page.session.type_keys("body", "?")?;
    assert_eq!(page.value(STATE)?, json!(["texts.html", false, true]));
    Ok(())
}

fn a10_edits_survive_a_reload_and_reset_restores_by_keyboard(page: &Page<'_>) -> Result<()> {
    let url = format!("{}/users.html", fixture().split);
    page.fresh(&url)?;
    let original = page.edited("user-create")?;
    assert!(original.starts_with("POST /api/users\nContent-Type: application/json\n\n{\n"));
    page.session.type_keys(&part("user-create", "textarea"), " 고침")?;
    let edited = page.edited("user-create")?;
    assert_eq!(edited, format!("{original} 고침"));
    page.session.reload()?;
    assert_eq!(page.edited("user-create")?, edited);
    assert_eq!(page.edited("user-read")?, "GET /api/users/{{user_id}}");

    // From the editor, two steps of the Tab key lead over the run button to the reset button.
    let (tab, space) = (Key::Tab.to_string(), Key::Space.to_string());
    page.session.type_keys(&part("user-create", "textarea"), &tab)?;
    page.session.type_keys(":focus", &tab)?;
    assert_eq!(page.value("document.activeElement.textContent")?, "되돌리기");
    page.session.type_keys(":focus", &space)?;
    assert_eq!(page.edited("user-create")?, original);
    page.session.reload()?;
    assert_eq!(page.edited("user-create")?, original);
    Ok(())
}

fn a_readonly_block_has_no_editor_and_runs(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/users.html", fixture().split))?;
    assert!(!page.visible(&part("user-list", "textarea"))?);
    assert!(!page.visible(&part("user-list", "label"))?);
    page.appears(&part("user-list", ".live-text"))?;
    page.appears(&part("user-create", "textarea"))?;
    assert!(!page.visible(&part("user-create", ".live-text"))?);
    let labels = page.session.script(
        "return [...document.querySelectorAll('#live-user-list .live-buttons button')]
            .filter(button => button.checkVisibility()).map(button => button.textContent)",
        &[],
    )?;
    assert_eq!(labels, json!(["실행", "curl 복사", "링크 복사"]));
    assert!(page.run("user-list")?.starts_with("응답 200"));
    Ok(())
}
