//! Progress: a mark in the sidebar, the way back to where one stopped, and one button that erases everything.

use anyhow::Result;
use serde_json::json;

use crate::fixture::fixture;
use crate::lessons::{choose, lessons};
use crate::page::{LIMIT, Page, part};

#[test]
fn progress() -> Result<()> {
    in_one_browser!(
        a_chapter_is_marked_when_its_questions_and_an_experiment_are_done,
        a_reader_goes_on_where_they_stopped,
        one_button_erases_everything_and_says_so,
        without_javascript_there_is_no_empty_box,
    )
}

fn start() -> String {
    format!("{}/start.html", fixture().split)
}

/// The chapters with a mark, as the sidebar names them, and what the mark says.
fn marked(page: &Page<'_>) -> Result<serde_json::Value> {
    page.session.wait_until("document.querySelectorAll('.sidebar a').length > 4", LIMIT)?;
    page.value(
        "[...document.querySelectorAll('.sidebar a')].filter(link => link.dataset.done)
            .map(link => [link.textContent.replace(/^[\\d. ]+/, ''), getComputedStyle(link, '::after').content])",
    )
}

/// Every question of the page answered right.
fn answer(page: &Page<'_>) -> Result<()> {
    for (id, group, choice) in
        [("quiz-why", 0, 1), ("quiz-who", 0, 0), ("sort-who", 0, 0), ("sort-who", 1, 1), ("sort-who", 2, 2)]
    {
        choose(page, id, group, choice)?;
    }
    for id in ["quiz-why", "quiz-who", "sort-who"] {
        page.press(id, "확인")?;
    }
    Ok(())
}

fn a_chapter_is_marked_when_its_questions_and_an_experiment_are_done(page: &Page<'_>) -> Result<()> {
    page.fresh(&lessons())?;
    assert_eq!(marked(page)?, json!([]));
    answer(page)?;
    assert_eq!(marked(page)?, json!([]), "no experiment yet");
    page.press("guess-order", "건너뛰기")?;
    assert_eq!(marked(page)?, json!([]), "a prediction is no experiment");
    page.run("order-3")?;
    let mark = json!([["물음과 예측", "\" ✓ 완료\""]]);
    assert_eq!(marked(page)?, mark);
    // It stays on every page, on those without widgets too, and when the questions are asked again.
    page.press("quiz-why", "다시 풀기")?;
    page.session.reload()?;
    assert_eq!(marked(page)?, mark);
    page.goto(&format!("{}/texts.html", fixture().split))?;
    assert_eq!(marked(page)?, mark);

    // The other way round: the experiment first, one question missing till the end, a reload in between.
    page.fresh(&lessons())?;
    page.press("guess-order", "건너뛰기")?;
    page.run("order-3")?;
    page.session.reload()?;
    choose(page, "quiz-who", 0, 0)?;
    page.press("quiz-who", "확인")?;
    page.session.reload()?;
    assert_eq!(marked(page)?, json!([]), "one right answer is not all");
    answer_rest(page)?;
    assert_eq!(marked(page)?, mark);

    // A chapter without questions is done when one of its blocks has run to its end.
    page.fresh(&format!("{}/faults.html", fixture().split))?;
    page.run("no-cors")?;
    assert_eq!(marked(page)?, json!([]));
    page.run("fine")?;
    assert_eq!(marked(page)?, json!([["실패와 시간", "\" ✓ 완료\""]]));
    Ok(())
}

fn answer_rest(page: &Page<'_>) -> Result<()> {
    choose(page, "quiz-why", 0, 1)?;
    page.press("quiz-why", "확인")?;
    for card in 0..3 {
        choose(page, "sort-who", card, card)?;
    }
    page.press("sort-who", "확인")
}

fn a_reader_goes_on_where_they_stopped(page: &Page<'_>) -> Result<()> {
    page.fresh(&start())?;
    assert!(!page.visible(".live-progress a")?, "nowhere to go on from");
    page.appears(".live-progress button")?;
    page.goto(&lessons())?;
    page.session.script("document.querySelector('#확인-문제').scrollIntoView()", &[])?;
    page.goto(&start())?;
    assert_eq!(page.text(".live-progress a")?, "이어서 읽기: 물음과 예측");
    // Opening the start page again does not make it the place where one stopped.
    page.session.reload()?;
    page.session.click(".live-progress a")?;
    page.session.wait_until("location.pathname === '/lessons.html'", LIMIT)?;
    assert_eq!(page.value("decodeURIComponent(location.hash)")?, "#확인-문제");
    Ok(())
}

fn one_button_erases_everything_and_says_so(page: &Page<'_>) -> Result<()> {
    page.fresh(&lessons())?;
    page.session.script(
        "localStorage['live:/another-book/:x'] = 1; localStorage.other = 2; sessionStorage.other = 3",
        &[],
    )?;
    answer(page)?;
    page.press("guess-order", "건너뛰기")?;
    page.run("order-3")?;
    page.edit("order-3", "GET /api/function/edited")?;
    page.goto(&start())?;
    page.run("start-create")?;
    page.edit("start-create", "POST /api/users\n\n{ \"name\": \"고침\" }")?;
    let visitor = page.visitor()?;
    page.session.script("document.querySelector('.live-progress button').dataset.old = 1", &[])?;
    page.session.click(".live-progress button")?;
    page.session
        .wait_until("document.readyState === 'complete' && !document.querySelector('[data-old]')", LIMIT)?;
    let said = page.text(".live-progress [role=status]")?;
    assert_eq!(said, "이 책이 이 브라우저에 적어 둔 것을 모두 지웠다.");
    let kept = page.value("[localStorage, sessionStorage].flatMap(store => Object.keys(store)).sort()")?;
    let ours: Vec<_> = kept
        .as_array()
        .into_iter()
        .flatten()
        .filter(|key| {
            let key = key.as_str().unwrap_or_default();
            key.starts_with("live:/:") && !key.ends_with("x-visitor") && !key.ends_with(":done")
        })
        .collect();
    assert_eq!(ours, Vec::<&serde_json::Value>::new(), "{kept}");
    for other in ["live:/another-book/:x", "other"] {
        assert!(
            kept.as_array().is_some_and(|kept| kept.contains(&json!(other))),
            "{other} is not ours: {kept}"
        );
    }
    assert_ne!(page.visitor()?, visitor, "this page made a new key for itself");
    assert_eq!(page.edited("start-create")?, "POST /api/users\n\n{ \"name\": \"첫 사람\" }");
    assert_eq!(marked(page)?, json!([]));
    assert!(!page.visible(".live-progress a")?);
    page.session.reload()?;
    assert_eq!(page.text(".live-progress [role=status]")?, "", "said once");
    page.goto(&lessons())?;
    assert_eq!(page.text(&part("quiz-why", ".live-say"))?, "");
    assert_eq!(page.text(&part("guess-order", ".live-say"))?, "");
    assert_eq!(page.edited("order-3")?, "GET /api/function/ordered");
    page.console_is_clean(&[])
}

fn without_javascript_there_is_no_empty_box(page: &Page<'_>) -> Result<()> {
    page.session.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true }))?;
    page.goto(&start())?;
    assert!(!page.visible(".live-progress")?);
    page.session.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": false })).map(drop)
}
