//! For everybody: axe in all five themes, sizes for fingers, a visible focus, a narrow screen.

use anyhow::Result;
use serde_json::json;
use webdriver::Key;

use crate::fixture::fixture;
use crate::lessons::{choose, lessons};
use crate::page::{Page, part};

#[test]
fn for_everybody() -> Result<()> {
    in_one_browser!(
        a12_axe_finds_nothing_in_any_theme,
        a12_everything_that_can_be_pressed_is_large_enough_and_shows_the_focus,
        questions_and_predictions_are_for_everybody,
        a_narrow_page_does_not_scroll_sideways,
        the_answer_is_announced_and_named,
    )
}

const AXE: &str = include_str!("../vendor/axe-core/axe.min.js");

/// What axe finds inside `<main>`, as `rule: element`.
fn axe(page: &Page<'_>) -> Result<Vec<String>> {
    let found = page.session.script_async(
        "const { violations } = await axe.run('main', { resultTypes: ['violations'] });
         return violations.flatMap(({ id, nodes }) => nodes.map(({ html, any }) => `${id}: ${html} ${any[0]?.message ?? ''}`))",
        &[],
    )?;
    Ok(serde_json::from_value(found)?)
}

/// Every theme on the present page; recordings stand open beside the answers.
pub fn axe_in_every_theme(page: &Page<'_>, what: &str) -> Result<()> {
    let open = "document.querySelectorAll('.live details').forEach(details => details.open = true)";
    page.session.script(open, &[])?;
    page.session.script(AXE, &[])?;
    for theme in ["light", "rust", "coal", "navy", "ayu"] {
        page.theme(theme)?;
        assert_eq!(axe(page)?, Vec::<String>::new(), "{theme}: {what}");
    }
    Ok(())
}

fn a12_axe_finds_nothing_in_any_theme(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/users.html", fixture().split))?;
    page.run("user-gone")?;
    page.run("user-create")?;
    page.edit("user-read", "GET /api/users/99")?;
    page.run("user-read")?;
    axe_in_every_theme(page, "an offer to run the steps before, a right and a wrong answer")?;
    page.fresh(&format!("{}/runs.html", fixture().split))?;
    page.run("burst-12")?;
    page.run("serial-5")?;
    axe_in_every_theme(page, "runs, claims that hold and one that is not judged")
}

fn a12_everything_that_can_be_pressed_is_large_enough_and_shows_the_focus(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/users.html", fixture().split))?;
    for (width, height) in [(1280, 900), (360, 700)] {
        page.session.viewport(width, height)?;
        page.session.reload()?;
        let small = page.value(
            "[...document.querySelectorAll('.live :is(button, textarea, summary)')].filter(element => element.checkVisibility())
                .map(element => [element.textContent, element.getBoundingClientRect()])
                .filter(([, { width, height }]) => width < 44 || height < 44).map(([text, { width, height }]) => [text, width, height])",
        )?;
        assert_eq!(small, json!([]), "at {width} px");
    }
    page.run("user-create")?;
    // Every stop of the Tab key through a block shows where the focus is.
    page.session.script("document.querySelector('#live-user-create textarea').focus()", &[])?;
    let mut stops = 0;
    loop {
        page.session.type_keys(":focus", &Key::Tab.to_string())?;
        let inside = page.value("!!document.activeElement.closest('#live-user-create')")?;
        if inside != true {
            break;
        }
        stops += 1;
        let outline = page.value("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")?;
        assert!(outline.as_f64().is_some_and(|width| width >= 2.0), "stop {stops}: {outline}");
    }
    assert!(stops >= 6, "four buttons, the body, the recording: {stops}");
    Ok(())
}

/// Right and wrong answers, a guess with its result, and a prediction that still waits.
fn answered(page: &Page<'_>) -> Result<()> {
    choose(page, "quiz-why", 0, 0)?;
    page.press("quiz-why", "확인")?;
    for card in 0..3 {
        choose(page, "sort-who", card, 0)?;
    }
    page.press("sort-who", "확인")?;
    choose(page, "guess-order", 0, 1)?;
    page.press("guess-order", "예측 적기")?;
    page.run("order-3").map(drop)
}

fn questions_and_predictions_are_for_everybody(page: &Page<'_>) -> Result<()> {
    page.fresh(&lessons())?;
    axe_in_every_theme(page, "nothing answered yet")?;
    for width in [1280, 360] {
        page.session.viewport(width, 800)?;
        page.session.reload()?;
        let small = page.value(
            "[...document.querySelectorAll('.live :is(label, summary, button, [type=number])')]
                .filter(element => element.checkVisibility() && !element.closest('live-request label'))
                .map(element => [element.textContent, element.getBoundingClientRect()])
                .filter(([, { width, height }]) => width < 44 || height < 44).map(([text]) => text)",
        )?;
        assert_eq!(small, json!([]), "too small for a finger at {width} px");
    }
    page.session.viewport(1280, 900)?;
    page.session.reload()?;
    // The focus is seen at every stop of the Tab key, from the first question to the last button.
    page.session.script("document.querySelector('#live-guess-burst input').focus()", &[])?;
    let mut stops = Vec::new();
    while stops.len() < 60 {
        let outline = page.value("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")?;
        let at = page.value("document.activeElement.closest('.live')?.id")?;
        // Headings are mdBook's.
        let ours = at.is_string();
        assert!(
            !ours || outline.as_f64().is_some_and(|width| width >= 2.0),
            "{at}, after {stops:?}: {outline}"
        );
        let last = page.value("document.activeElement.matches('#live-sort-who button')")?;
        stops.push(at);
        if last == true {
            break;
        }
        page.session.type_keys(":focus", &Key::Tab.to_string())?;
    }
    assert_eq!(stops.last(), Some(&json!("live-sort-who")), "{stops:?}");
    answered(page)?;
    axe_in_every_theme(page, "right, wrong, guessed and not guessed")?;
    page.goto(&format!("{}/start.html", fixture().split))?;
    page.appears(".live-progress a")?;
    axe_in_every_theme(page, "the way back and the button that erases")?;
    // Nothing moves for those who asked for that.
    let reduced = json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] });
    page.session.cdp("Emulation.setEmulatedMedia", reduced)?;
    page.fresh(&lessons())?;
    answered(page)?;
    let moving =
        page.value("document.getAnimations().filter(a => a.effect.target.closest('.live')).length")?;
    assert_eq!(moving, 0);
    page.session.cdp("Emulation.setEmulatedMedia", json!({ "features": [] })).map(drop)
}

fn a_narrow_page_does_not_scroll_sideways(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/users.html", fixture().split))?;
    // A page that opens on a narrow screen has its sidebar closed.
    page.session.viewport(360, 700)?;
    page.session.reload()?;
    let overflow = "[document.documentElement.scrollWidth, Math.max(...[...document.querySelectorAll('.live, .live *')]
        .filter(element => !element.closest('.live-scroll table')).map(element => element.getBoundingClientRect().right)), ...[...document.querySelectorAll('.content')].map(content => content.scrollWidth - content.clientWidth)]";
    let fits = |page: &Page<'_>| -> Result<()> {
        page.session.script(
            "document.querySelectorAll('.live details').forEach(details => details.open = true)",
            &[],
        )?;
        let seen = page.value(overflow)?;
        assert!(seen[0].as_f64().is_some_and(|width| width <= 360.0), "{seen}");
        let wide = page.value("[...document.querySelectorAll('.live *')].filter(element => element.getBoundingClientRect().right > 360).map(element => element.outerHTML.slice(0, 200))")?;
        assert!(seen[1].as_f64().is_some_and(|right| right <= 360.0), "{seen} {wide}");
        assert_eq!(seen[2], 0, "{seen}");
        Ok(())
    };
    fits(page)?;
    page.run("user-create")?;
    page.run("user-read")?;
    fits(page)?;
    for (chapter, ids) in [
        ("runs", &["serial-5", "burst-12"][..]),
        ("faults", &["no-timing", "long"]),
        ("texts", &["markup", "quotes"]),
        ("start", &["start-create"]),
        ("lessons", &[]),
    ] {
        page.goto(&format!("{}/{chapter}.html", fixture().split))?;
        for id in ids {
            page.run(id)?;
        }
        fits(page)?;
    }
    answered(page)?;
    fits(page)?;
    Ok(())
}

fn the_answer_is_announced_and_named(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/users.html", fixture().split))?;
    let role = page.value("document.querySelector('#live-user-create [role=status]').textContent")?;
    assert_eq!(role, "", "the live region is there before there is something to say");
    page.run("user-create")?;
    let label = page.value("document.querySelector('#live-user-create .live-body').ariaLabel")?;
    assert_eq!(label, "사용자 만들기 응답 본문");
    let tree = page.session.cdp("Accessibility.getFullAXTree", json!({}))?;
    let named = |role: &str, name: &str| {
        let nodes = tree["nodes"].as_array().into_iter().flatten();
        nodes.filter(|node| node["role"]["value"] == role && node["name"]["value"] == name).count()
    };
    assert_eq!(named("group", "사용자 만들기"), 1);
    assert_eq!(named("region", "사용자 만들기 응답 본문"), 1);
    assert!(named("textbox", "요청") >= 4);
    assert!(page.text(&part("user-create", "[role=status]"))?.starts_with("응답 201"));
    Ok(())
}
