//! Predict, then run: nothing of the result is seen before a guess or a skip, afterwards both stand side by side.

use anyhow::Result;
use serde_json::json;
use webdriver::Key;

use crate::fixture::fixture;
use crate::lessons::{choose, lessons};
use crate::page::{LIMIT, Page, part};

#[test]
fn predictions() -> Result<()> {
    in_one_browser!(
        nothing_of_the_result_is_seen_before_a_guess,
        a_number_is_guessed_by_keyboard_and_met_by_the_run,
        a_choice_is_met_by_the_claim_that_holds,
        skipping_is_allowed_and_seen,
        guess_and_result_survive_a_reload,
        a_dead_service_leaves_the_recorded_answer,
        a_cancelled_run_is_no_answer,
        without_javascript_the_question_stands_before_a_closed_result,
        paper_shows_everything,
    )
}

fn say(page: &Page<'_>, id: &str) -> Result<String> {
    page.text(&part(id, ".live-say"))
}

/// Waits until the prediction says a result.
fn result(page: &Page<'_>, id: &str) -> Result<String> {
    let said = format!("document.querySelector('#live-{id} .live-say').textContent");
    page.session.wait_until(&format!("{said}.includes('결과: ')"), LIMIT)?;
    say(page, id)
}

/// The parts of a predicted block that would give the answer away.
const ANSWERS: [&str; 4] = [".live-recording", ".live-expect", ".live-checks", ".live-recording summary"];

fn sent(page: &Page<'_>, path: &str) -> Result<usize> {
    let visitor = page.visitor()?;
    Ok(fixture()
        .api
        .seen(path)
        .iter()
        .filter(|request| request.header("x-visitor") == Some(&visitor))
        .count())
}

fn nothing_of_the_result_is_seen_before_a_guess(page: &Page<'_>) -> Result<()> {
    page.fresh(&lessons())?;
    for css in ANSWERS {
        assert!(!page.visible(&part("burst-6", css))?, "{css}");
    }
    assert!(!page.visible(&part("guess-burst", ".live-key"))?);
    let shown = page.value("document.querySelector('#live-burst-6').innerText")?;
    assert!(!shown.as_str().unwrap_or_default().contains("environments"), "{shown}");
    page.appears(&part("burst-6", "textarea"))?;

    // Neither the button nor the keys run it; the question gets the focus and says why.
    page.press("burst-6", "실행")?;
    let told = "먼저 예측을 적거나 건너뛴다. 그다음에 실행할 수 있다.";
    assert_eq!(say(page, "guess-burst")?, told);
    assert_eq!(page.value("document.activeElement.type")?, "number");
    let keys = format!("{}{}", Key::Control, Key::Enter);
    page.session.type_keys(&part("order-3", "textarea"), &keys)?;
    assert_eq!(say(page, "guess-order")?, told);
    assert_eq!(page.value("document.activeElement.closest('.live').id")?, "live-guess-order");
    assert_eq!(page.value("document.querySelector('#live-burst-6 live-request').ariaBusy")?, json!(null));

    // A guess that is none is not taken.
    page.press("guess-burst", "예측 적기")?;
    assert_eq!(say(page, "guess-burst")?, told);
    page.session.type_keys(&part("guess-burst", "input"), "-3")?;
    page.press("guess-burst", "예측 적기")?;
    assert_eq!(say(page, "guess-burst")?, told);
    page.press("guess-order", "예측 적기")?;
    assert_eq!(say(page, "guess-order")?, told);
    assert_eq!((sent(page, "/api/function/guessed")?, sent(page, "/api/function/ordered")?), (0, 0));
    assert_eq!(page.value("mdbookLive.guess('guess-burst')")?, json!(null));
    Ok(())
}

fn a_number_is_guessed_by_keyboard_and_met_by_the_run(page: &Page<'_>) -> Result<()> {
    page.fresh(&lessons())?;
    page.session.type_keys(&part("guess-burst", "input"), "12")?;
    page.session.type_keys(":focus", &Key::Tab.to_string())?;
    assert_eq!(page.value("document.activeElement.textContent")?, "예측 적기");
    page.session.type_keys(":focus", &Key::Enter.to_string())?;
    assert_eq!(say(page, "guess-burst")?, "예측: 12개. 이제 «한꺼번에 여섯 번» 칸을 실행해 견준다.");
    assert_eq!(page.value("document.querySelector('#live-guess-burst fieldset').disabled")?, true);
    assert!(!page.visible(&part("guess-burst", "button"))?, "guessed once");
    assert_eq!(page.value("mdbookLive.guess('guess-burst')")?, 12);
    page.appears(&part("burst-6", ".live-checks"))?;
    page.appears(&part("burst-6", ".live-recording summary"))?;
    assert_eq!(page.value("document.querySelector('#live-burst-6 .live-recording').open")?, false);
    page.run("burst-6")?;
    assert_eq!(result(page, "guess-burst")?, "예측: 12개. 결과: 6개(실측).");
    assert!(page.text(&part("burst-6", "[data-claim]"))?.ends_with("맞다 · 6 == 6"));
    let role = page.value("document.querySelector('#live-guess-burst .live-say').role")?;
    assert_eq!(role, "status");
    assert_eq!(sent(page, "/api/function/guessed")?, 6);
    page.console_is_clean(&[])
}

fn a_choice_is_met_by_the_claim_that_holds(page: &Page<'_>) -> Result<()> {
    page.fresh(&lessons())?;
    choose(page, "guess-order", 0, 1)?;
    page.press("guess-order", "예측 적기")?;
    assert_eq!(say(page, "guess-order")?, "예측: 모두. 이제 «차례로 세 번» 칸을 실행해 견준다.");
    assert_eq!(page.value("mdbookLive.guess('guess-order')")?, json!(null), "no number, no line in a chart");
    page.run("order-3")?;
    assert_eq!(result(page, "guess-order")?, "예측: 모두. 결과: 첫 번째만(실측).");
    // The other prediction still waits.
    page.press("burst-6", "실행")?;
    assert_eq!(say(page, "guess-burst")?, "먼저 예측을 적거나 건너뛴다. 그다음에 실행할 수 있다.");
    Ok(())
}

fn skipping_is_allowed_and_seen(page: &Page<'_>) -> Result<()> {
    page.fresh(&lessons())?;
    page.appears(&part("guess-burst", "button:nth-of-type(2)"))?;
    page.press("guess-burst", "건너뛰기")?;
    assert_eq!(say(page, "guess-burst")?, "예측: 건너뜀. 이제 «한꺼번에 여섯 번» 칸을 실행해 견준다.");
    page.run("burst-6")?;
    assert_eq!(result(page, "guess-burst")?, "예측: 건너뜀. 결과: 6개(실측).");
    assert_eq!(page.value("mdbookLive.guess('guess-burst') >= 0")?, false);
    Ok(())
}

fn guess_and_result_survive_a_reload(page: &Page<'_>) -> Result<()> {
    page.fresh(&lessons())?;
    page.session.type_keys(&part("guess-burst", "input"), "2.5")?;
    page.press("guess-burst", "예측 적기")?;
    page.session.reload()?;
    assert_eq!(say(page, "guess-burst")?, "예측: 2.5개. 이제 «한꺼번에 여섯 번» 칸을 실행해 견준다.");
    assert_eq!(page.value("document.querySelector('#live-guess-burst input').value")?, "2.5");
    page.run("burst-6")?;
    let said = result(page, "guess-burst")?;
    page.session.reload()?;
    assert_eq!(say(page, "guess-burst")?, said);
    assert_eq!(page.value("mdbookLive.guess('guess-burst')")?, 2.5);
    assert!(page.run("burst-6")?.starts_with("6번 실행했다"), "no second guess is asked for");
    Ok(())
}

fn a_dead_service_leaves_the_recorded_answer(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/lessons.html", fixture().closed))?;
    page.press("guess-burst", "건너뛰기")?;
    choose(page, "guess-order", 0, 0)?;
    page.press("guess-order", "예측 적기")?;
    assert!(page.run("burst-6")?.starts_with("서버가 답하지 않는다."));
    assert_eq!(say(page, "guess-burst")?, "예측: 건너뜀. 결과: 6개(기록).");
    page.appears(&part("burst-6", ".live-recording pre"))?;
    assert!(page.run("order-3")?.starts_with("서버가 답하지 않는다."));
    assert_eq!(say(page, "guess-order")?, "예측: 첫 번째만. 결과: 첫 번째만(기록).");
    // Dying midway is no other thing: what came is no whole answer.
    page.fresh(&lessons())?;
    page.press("guess-order", "건너뛰기")?;
    page.session.script(
        "const real = window.fetch; let calls = 0;
         window.fetch = (url, init) => String(url).includes('/api/function/') && ++calls > 2
            ? Promise.reject(new TypeError('gone')) : real(url, init)",
        &[],
    )?;
    page.run("order-3")?;
    assert_eq!(say(page, "guess-order")?, "예측: 건너뜀. 결과: 첫 번째만(기록).");
    Ok(())
}

fn a_cancelled_run_is_no_answer(page: &Page<'_>) -> Result<()> {
    page.fresh(&lessons())?;
    page.session.type_keys(&part("guess-burst", "input"), "3")?;
    page.press("guess-burst", "예측 적기")?;
    page.edit("burst-6", "GET /api/fault/never?predicted")?;
    page.press("burst-6", "실행")?;
    page.session.wait_until("document.querySelector('#live-burst-6 live-request').ariaBusy", LIMIT)?;
    page.press("burst-6", "취소")?;
    assert_eq!(page.idle("burst-6")?, "취소했다.");
    assert_eq!(say(page, "guess-burst")?, "예측: 3개. 이제 «한꺼번에 여섯 번» 칸을 실행해 견준다.");
    // Nor does it give the answer away.
    page.press("burst-6", "되돌리기")?;
    page.run("burst-6")?;
    assert_eq!(say(page, "guess-burst")?, "예측: 3개. 결과: 6개(실측).");
    Ok(())
}

fn without_javascript_the_question_stands_before_a_closed_result(page: &Page<'_>) -> Result<()> {
    page.session.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true }))?;
    page.goto(&lessons())?;
    page.appears(&part("guess-burst", ".live-caption"))?;
    page.appears(&part("guess-order", "label"))?;
    assert!(!page.visible(&part("guess-burst", "button"))?);
    for (id, css) in
        [("guess-burst", ".live-key > p"), ("burst-6", ".live-key > p"), ("burst-6", ".live-recording > pre")]
    {
        assert!(!page.visible(&part(id, css))?, "{id} {css} is closed");
        let details = css.split(' ').next().unwrap_or_default();
        page.session.click(&part(id, &format!("{details} > summary")))?;
        page.appears(&part(id, css))?;
    }
    assert_eq!(page.text(&part("guess-burst", ".live-key p"))?, "6개 · 2026-11-22 · 로컬(시험 기계)");
    assert_eq!(page.text(&part("guess-order", ".live-key p"))?, "첫 번째만 · 2026-11-22 · 로컬(시험 기계)");
    page.session.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": false })).map(drop)
}

fn paper_shows_everything(page: &Page<'_>) -> Result<()> {
    page.fresh(&lessons())?;
    page.media("print")?;
    for (id, css) in [
        ("guess-burst", ".live-caption"),
        ("guess-burst", ".live-key p"),
        ("guess-order", "label"),
        ("burst-6", ".live-text"),
        ("burst-6", ".live-checks"),
        ("burst-6", ".live-recording pre"),
    ] {
        page.appears(&part(id, css))?;
    }
    assert!(!page.visible(&part("guess-burst", "button"))?);
    page.media("")
}
