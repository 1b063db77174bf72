//! Questions and card sorting: by keyboard alone, with a reason for every choice, asking again only for what is wrong,
//! and the same after a reload.

use anyhow::Result;
use serde_json::json;
use webdriver::Key;

use crate::fixture::fixture;
use crate::page::{LIMIT, Page, part};
use crate::typing::STATE;

#[test]
fn questions() -> Result<()> {
    in_one_browser!(
        a_question_is_answered_by_keyboard_alone,
        a_wrong_choice_is_explained_and_can_be_chosen_again,
        answers_survive_a_reload,
        cards_are_sorted_and_only_the_wrong_ones_are_asked_again,
        without_javascript_and_on_paper_a_question_shows_its_answer,
        nothing_is_sent_by_any_of_this,
    )
}

pub fn lessons() -> String {
    format!("{}/lessons.html", fixture().split)
}

/// Clicks the choice with this number in the group with this number, as a reader's finger would.
pub fn choose(page: &Page<'_>, id: &str, group: usize, choice: usize) -> Result<()> {
    let css = format!("fieldset:nth-of-type({}) label:nth-of-type({})", group + 1, choice + 1);
    let css = part(id, &css);
    // Away from mdBook's menu, which stays at the top.
    let centre = "document.querySelector(arguments[0]).scrollIntoView({ block: 'center' })";
    page.session.script(centre, &[json!(css)])?;
    page.session.click(&css)
}

fn say(page: &Page<'_>, id: &str) -> Result<String> {
    page.text(&part(id, ".live-say"))
}

/// For every group: the choice, whether it is locked, whether its reasons are open, the verdict.
fn state(page: &Page<'_>, id: &str) -> Result<serde_json::Value> {
    page.session.script(
        "return [...document.querySelectorAll(`#live-${arguments[0]} fieldset`)].map(group =>
            [[...group.elements].findIndex(input => input.checked), group.disabled, group.querySelector('details').open,
             getComputedStyle(group, '::before').content])",
        &[json!(id)],
    )
}

fn a_question_is_answered_by_keyboard_alone(page: &Page<'_>) -> Result<()> {
    page.fresh(&lessons())?;
    let press = |key: Key| page.session.type_keys(":focus", &key.to_string());
    page.session
        .script("document.querySelector('#live-quiz-why input').focus(); window.stayed = true", &[])?;
    press(Key::Space)?;
    press(Key::Down)?;
    press(Key::Right)?;
    press(Key::Left)?;
    assert_eq!(state(page, "quiz-why")?[0][0], 1, "the arrows go through the choices and turn no page");
    // mdBook spares inputs itself, but not a fold or a button.
    let stays = || -> Result<()> {
        for key in [Key::Right.to_string(), Key::Left.to_string(), "s".into(), "/".into(), "?".into()] {
            page.session.type_keys(":focus", &key)?;
            assert_eq!(page.value(STATE)?, json!(["lessons.html", false, false]), "{key:?}");
        }
        assert_eq!(page.value("window.stayed")?, true, "no key left the page");
        Ok(())
    };
    press(Key::Tab)?;
    assert_eq!(
        page.value("document.activeElement.localName")?,
        "summary",
        "the answer can be opened instead"
    );
    stays()?;
    press(Key::Tab)?;
    assert_eq!(page.value("document.activeElement.textContent")?, "확인");
    stays()?;
    press(Key::Enter)?;
    assert_eq!(say(page, "quiz-why")?, "맞다.");
    assert_eq!(state(page, "quiz-why")?, json!([[1, true, true, "\"정답\""]]));
    assert_eq!(
        page.value("document.activeElement.textContent")?,
        "다시 풀기",
        "the focus stays where it was"
    );
    press(Key::Enter)?;
    assert_eq!(state(page, "quiz-why")?, json!([[-1, false, false, "\"\""]]));
    assert_eq!(say(page, "quiz-why")?, "");
    page.console_is_clean(&[])
}

fn a_wrong_choice_is_explained_and_can_be_chosen_again(page: &Page<'_>) -> Result<()> {
    page.fresh(&lessons())?;
    page.press("quiz-why", "확인")?;
    assert_eq!(say(page, "quiz-why")?, "먼저 고른다.");
    assert_eq!(state(page, "quiz-why")?, json!([[-1, false, false, "\"\""]]));
    assert!(!page.visible(&part("quiz-why", "li"))?, "no reason before an answer");
    choose(page, "quiz-why", 0, 0)?;
    page.press("quiz-why", "확인")?;
    assert_eq!(say(page, "quiz-why")?, "다르다. 까닭을 읽고 다시 고를 수 있다.");
    assert_eq!(state(page, "quiz-why")?, json!([[0, false, true, "\"오답\""]]));
    let reasons = "[...document.querySelectorAll('#live-quiz-why li')].map(li => li.checkVisibility())";
    assert_eq!(page.value(reasons)?, json!([true, false, false]), "the right choice stays to be found");
    assert_eq!(
        page.texts(&part("quiz-why", "li"))?,
        [
            "오답 인터넷이 빨라져서: 같은 연결이다.",
            "정답 실행 환경을 다시 써서: 초기화(Init)를 다시 하지 않는다.",
            "오답 메모리가 늘어서: 메모리는 설정이 정한다."
        ]
    );
    choose(page, "quiz-why", 0, 1)?;
    assert_eq!(state(page, "quiz-why")?[0][3], "\"\"", "a new choice has no verdict yet");
    page.press("quiz-why", "확인")?;
    assert_eq!(state(page, "quiz-why")?, json!([[1, true, true, "\"정답\""]]));
    assert_eq!(page.value(reasons)?, json!([true, true, true]), "every choice has its reason");
    // The other question of the chapter is another one.
    assert_eq!(state(page, "quiz-who")?, json!([[-1, false, false, "\"\""]]));
    let status = page.session.cdp("Accessibility.getFullAXTree", json!({}))?;
    let nodes = || status["nodes"].as_array().into_iter().flatten();
    let named = |role: &str, name: &str| {
        nodes().filter(|node| node["role"]["value"] == role && node["name"]["value"] == name).count()
    };
    assert_eq!(named("group", "서버는 누가 관리할까?"), 1, "a fieldset by the name of its question");
    assert_eq!(named("radio", "실행 환경을 다시 써서"), 1);
    assert_eq!(named("group", "누구 몫일까?"), 1);
    assert_eq!(named("group", "handler 코드"), 1);
    Ok(())
}

fn answers_survive_a_reload(page: &Page<'_>) -> Result<()> {
    page.fresh(&lessons())?;
    choose(page, "quiz-why", 0, 2)?;
    page.press("quiz-why", "확인")?;
    choose(page, "quiz-who", 0, 0)?;
    page.press("quiz-who", "확인")?;
    choose(page, "sort-who", 0, 0)?;
    choose(page, "sort-who", 1, 0)?;
    page.press("sort-who", "확인")?;
    let before: Vec<_> =
        ["quiz-why", "quiz-who", "sort-who"].iter().map(|id| state(page, id)).collect::<Result<_>>()?;
    let said = say(page, "sort-who")?;
    for again in ["a reload", "another visit"] {
        if again == "a reload" {
            page.session.reload()?;
        } else {
            page.goto(&format!("{}/texts.html", fixture().split))?;
            page.goto(&lessons())?;
        }
        let after: Vec<_> =
            ["quiz-why", "quiz-who", "sort-who"].iter().map(|id| state(page, id)).collect::<Result<_>>()?;
        assert_eq!(before, after, "{again}");
        assert_eq!(say(page, "sort-who")?, said, "{again}");
    }
    let stored = page.value("Object.keys(sessionStorage).filter(key => key.includes('lesson')).length")?;
    assert_eq!(stored, 0, "kept for longer than this tab");
    Ok(())
}

fn cards_are_sorted_and_only_the_wrong_ones_are_asked_again(page: &Page<'_>) -> Result<()> {
    page.fresh(&lessons())?;
    for (card, pile) in [(0, 0), (1, 2), (2, 1)] {
        choose(page, "sort-who", card, pile)?;
    }
    page.press("sort-who", "확인")?;
    assert_eq!(say(page, "sort-who")?, "3개 가운데 1개가 맞다. 나머지만 다시 고른다.");
    assert_eq!(
        state(page, "sort-who")?,
        json!([[0, true, true, "\"정답\""], [2, false, true, "\"오답\""], [1, false, true, "\"오답\""]])
    );
    assert_eq!(page.text(&part("sort-who", "fieldset:nth-of-type(2) details p"))?, "나 코드는 내가 쓴다.");
    // By keys: the first stop is the summary of the locked card, then the cards that are still open.
    page.session
        .script("document.querySelectorAll('#live-sort-who fieldset')[1].elements[2].focus()", &[])?;
    page.session.type_keys(":focus", &Key::Left.to_string())?;
    choose(page, "sort-who", 2, 2)?;
    page.press("sort-who", "확인")?;
    assert_eq!(say(page, "sort-who")?, "맞다.");
    assert_eq!(page.value("location.pathname")?, "/lessons.html");
    page.press("sort-who", "다시 풀기")?;
    assert_eq!(
        state(page, "sort-who")?,
        json!([[-1, false, false, "\"\""], [-1, false, false, "\"\""], [-1, false, false, "\"\""]])
    );
    Ok(())
}

fn without_javascript_and_on_paper_a_question_shows_its_answer(page: &Page<'_>) -> Result<()> {
    page.fresh(&lessons())?;
    page.media("print")?;
    for css in [".live-caption", "label", "li"] {
        page.appears(&part("quiz-why", css))?;
    }
    page.appears(&part("sort-who", "details p"))?;
    assert!(!page.visible(&part("quiz-why", "button"))?);
    page.media("")?;

    page.session.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true }))?;
    page.goto(&lessons())?;
    assert_eq!(page.value("typeof window.mdbookLive")?, "undefined");
    for id in ["quiz-why", "sort-who"] {
        page.appears(&part(id, ".live-caption"))?;
        page.appears(&part(id, "label"))?;
        assert!(!page.visible(&part(id, "button"))?, "a button that can do nothing");
        assert!(!page.visible(&part(id, "details > :not(summary)"))?);
        page.session.click(&part(id, "summary"))?;
        page.appears(&part(id, "details > :not(summary)"))?;
    }
    page.session.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": false }))?;
    // mdBook's page of all chapters is left alone too.
    page.goto(&format!("{}/print.html", fixture().split))?;
    page.session.wait_until("window.mdbookLive", LIMIT)?;
    page.appears(&part("quiz-why", "label"))?;
    assert!(!page.visible(&part("quiz-why", "button"))?);
    Ok(())
}

fn nothing_is_sent_by_any_of_this(page: &Page<'_>) -> Result<()> {
    page.fresh(&lessons())?;
    // What scripts ask for; a font or an icon may still be on its way.
    let count = || {
        page.value(
            "performance.getEntriesByType('resource')
                .filter(({ initiatorType, name }) => ['fetch', 'xmlhttprequest', 'beacon'].includes(initiatorType)
                    && !name.endsWith('/config.json')).length",
        )
    };
    let before = count()?;
    choose(page, "quiz-why", 0, 1)?;
    page.press("quiz-why", "확인")?;
    choose(page, "guess-order", 0, 1)?;
    page.press("guess-order", "예측 적기")?;
    page.press("guess-burst", "건너뛰기")?;
    assert_eq!(count()?, before);
    Ok(())
}
