//! Running a block: by mouse and keys, its checks, values that later blocks use, ending it early.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use webdriver::Key;

use crate::fixture::fixture;
use crate::page::{LIMIT, Page, part};

#[test]
fn running_a_block() -> Result<()> {
    in_one_browser!(
        a2_a7_a_block_runs_by_click_and_by_keys_and_lists_its_checks,
        a6_a_missing_value_names_its_maker_and_the_steps_before_run_in_order,
        a6_what_is_gone_can_be_made_again,
        a6_a_step_that_fails_stops_the_chain,
        a5_cancel_ends_the_request_at_once_and_the_time_limit_ends_it_otherwise,
        a_second_press_while_busy_sends_nothing_twice,
    )
}

fn users() -> String {
    format!("{}/users.html", fixture().split)
}

/// What this reader sent to the API, as `METHOD target`.
fn sent(page: &Page<'_>, path: &str) -> Result<Vec<String>> {
    let visitor = page.visitor()?;
    let seen = fixture().api.seen(path);
    let mine = seen.iter().filter(|request| request.header("x-visitor") == Some(&visitor));
    Ok(mine.map(|request| format!("{} {}", request.method, request.target)).collect())
}

fn a2_a7_a_block_runs_by_click_and_by_keys_and_lists_its_checks(page: &Page<'_>) -> Result<()> {
    page.fresh(&users())?;
    let said = page.run("user-create")?;
    assert!(said.starts_with("응답 201, "), "{said}");
    assert!(said.ends_with("ms, 콜드 스타트, 기대와 같다"), "{said}");
    assert!(page.text(&part("user-create", ".live-expect"))?.ends_with("HTTP 201 통과"));
    assert_eq!(
        page.texts(&part("user-create", ".live-checks li"))?,
        [
            "Cache-Control: no-store 통과",
            "jsonpath \"$.name\" == \"김하늘\" 통과",
            "header \"x-cold-start\" exists 통과"
        ]
    );
    let body = page.text(&part("user-create", ".live-body"))?;
    assert!(body.contains("\"name\": \"김하늘\""), "{body}");
    assert!(page.text(&part("user-create", ".live-answer"))?.starts_with("실측"));

    // The same by keys; the second call meets the environment of the first.
    let keys = format!("{}{}", Key::Control, Key::Enter);
    page.session.type_keys(&part("user-create", "textarea"), &keys)?;
    page.session.wait_until(
        "document.querySelector('#live-user-create .live-say').textContent.includes('웜 스타트')",
        LIMIT,
    )?;
    assert_eq!(sent(page, "/api/users")?, ["POST /api/users"; 2]);

    // An answer that is not as expected says so in words, with what came instead.
    page.edit("user-read", "GET /api/users/99")?;
    let said = page.run("user-read")?;
    assert!(said.ends_with("검사 2개가 기대와 다르다"), "{said}");
    assert!(page.text(&part("user-read", ".live-expect"))?.ends_with("HTTP 200 실패 · 받은 값 404"));
    assert_eq!(
        page.texts(&part("user-read", ".live-checks li"))?,
        ["jsonpath \"$.email\" == \"haneul@example.com\" 실패 · 받은 값 없음"]
    );
    page.console_is_clean(&["404"])
}

fn a6_a_missing_value_names_its_maker_and_the_steps_before_run_in_order(page: &Page<'_>) -> Result<()> {
    page.fresh(&users())?;
    let said = page.run("user-gone")?;
    assert!(said.starts_with("user_id 값이 아직 없다. «사용자 만들기» 블록이 만든다."), "{said}");
    assert_eq!(sent(page, "/api/users")?.len(), 0);

    page.press("user-gone", "앞 단계까지 실행")?;
    page.session.wait_until(
        "document.querySelector('#live-user-gone .live-say').textContent.includes('기대와 같다')",
        LIMIT,
    )?;
    assert_eq!(
        sent(page, "/api/users")?,
        ["POST /api/users", "GET /api/users/1", "DELETE /api/users/1", "GET /api/users/1"]
    );
    let focused = page.value("document.activeElement.textContent")?;
    assert_eq!(focused, "실행", "the focus is not lost with the button that vanished");

    // The captured value is there for every later block, after a reload too.
    page.session.reload()?;
    assert!(page.run("user-gone")?.starts_with("응답 404"));

    // An answer that is not as expected gives no value to later blocks.
    page.fresh(&users())?;
    page.edit("user-create", "POST /api/users\n\n{ \"name\": \"다른 이름\" }")?;
    assert!(page.run("user-create")?.ends_with("검사 1개가 기대와 다르다"));
    assert!(page.run("user-read")?.starts_with("user_id 값이 아직 없다."));

    // A name that nothing makes is said to be one.
    page.edit("user-read", "GET /api/users/{{other_id}}")?;
    assert_eq!(page.run("user-read")?, "other_id 값을 만드는 블록이 이 쪽에 없다. 요청에 실제 값을 쓴다.");
    Ok(())
}

fn a6_what_is_gone_can_be_made_again(page: &Page<'_>) -> Result<()> {
    page.fresh(&users())?;
    page.run("user-create")?;
    page.run("user-delete")?;
    assert_eq!(
        page.run("user-read")?,
        "user_id 값이 가리키는 것이 이제 없다(404). 지웠거나 기한이 지났다. «사용자 만들기» 블록이 다시 만든다. 앞 단계까지 실행"
    );
    page.press("user-read", "앞 단계까지 실행")?;
    page.session.wait_until(
        "document.querySelector('#live-user-read .live-say').textContent.includes('기대와 같다')",
        LIMIT,
    )?;
    // Where a 404 is expected, it is no accident.
    page.run("user-delete")?;
    assert!(page.run("user-gone")?.starts_with("응답 404"));
    // A request that names no value of another block keeps its own answer.
    page.edit("user-read", "GET /api/users/99")?;
    assert!(page.run("user-read")?.ends_with("검사 2개가 기대와 다르다"));
    Ok(())
}

fn a6_a_step_that_fails_stops_the_chain(page: &Page<'_>) -> Result<()> {
    page.fresh(&users())?;
    page.edit("user-create", "POST /api/users\n\nnot json")?;
    page.run("user-gone")?;
    page.press("user-gone", "앞 단계까지 실행")?;
    page.session.wait_until(
        "document.querySelector('#live-user-gone .live-say').textContent ===
         '«사용자 만들기»에서 멈췄다. 그 블록의 예측이나 결과를 먼저 확인한다.'",
        LIMIT,
    )?;
    assert_eq!(sent(page, "/api/users")?, ["POST /api/users"]);
    Ok(())
}

fn a5_cancel_ends_the_request_at_once_and_the_time_limit_ends_it_otherwise(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/faults.html", fixture().split))?;
    let mark = |nth: usize| format!("/api/fault/never?cancelled={nth}");
    let tries = cancelled_at_once(page, "never", |nth| {
        page.edit("never", &format!("GET {}", mark(nth)))?;
        page.press("never", "실행")?;
        wait(|| fixture().api.seen(&mark(nth)).len() == 1)?;
        assert_eq!(page.value("document.querySelector('#live-never live-request').ariaBusy")?, "true");
        Ok(())
    })?;
    wait(|| (0..tries).all(|nth| fixture().api.given_up(&mark(nth)) == 1))?;

    // The limit is ten seconds; the page's clock is made a hundred times faster for this test.
    page.session.script(
        "const real = AbortSignal.timeout.bind(AbortSignal); AbortSignal.timeout = ms => real(ms / 100)",
        &[],
    )?;
    let mark = "/api/fault/never?limit";
    page.edit("never", &format!("GET {mark}"))?;
    assert_eq!(page.run("never")?, "10초 안에 끝나지 않아 그만두었다. 잠시 뒤 다시 실행한다.");
    wait(|| fixture().api.given_up(mark) == 1)?;

    // A pause between two runs is no reason to wait.
    page.fresh(&format!("{}/runs.html", fixture().split))?;
    let tries = cancelled_at_once(page, "pauses-4", |_| {
        page.press("pauses-4", "실행")?;
        let said =
            "document.querySelector('#live-pauses-4 .live-say').textContent === '4번 가운데 1번 끝났다.'";
        page.session.wait_until(said, LIMIT).map(drop)
    })?;
    assert_eq!(sent(page, "/api/function/pauses")?.len(), tries);
    Ok(())
}

fn a_second_press_while_busy_sends_nothing_twice(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/runs.html", fixture().split))?;
    page.edit("slow-20", "GET /api/function/twice?wait=30")?;
    page.session.script(
        "const editor = document.querySelector('#live-slow-20 textarea');
         for (let n = 0; n < 3; n++) editor.dispatchEvent(new KeyboardEvent('keydown',
            { key: 'Enter', ctrlKey: true, bubbles: true, cancelable: true }))",
        &[json!(null)],
    )?;
    page.idle("slow-20")?;
    assert_eq!(sent(page, "/api/function/twice")?.len(), 20);
    Ok(())
}

/// Presses «취소» of what `begin` sets going; the page has to say so within 100 ms. Other programs may have the processor just
/// then, so the best of a few tries counts; how many there were is given back.
fn cancelled_at_once(page: &Page<'_>, id: &str, begin: impl Fn(usize) -> Result<()>) -> Result<usize> {
    let mut tries = Vec::new();
    while tries.len() < 5 {
        begin(tries.len())?;
        let ms = cancel(page, id)?;
        tries.push(ms);
        if ms < 100.0 {
            return Ok(tries.len());
        }
        page.idle(id)?;
    }
    bail!("cancelling took {tries:?} ms")
}

/// Presses «취소»; the ms until the page has said so.
fn cancel(page: &Page<'_>, id: &str) -> Result<f64> {
    let took = page.session.script_async(
        "const block = document.querySelector(`#live-${arguments[0]}`), say = block.querySelector('.live-say');
         const cancel = [...block.querySelectorAll('button')].find(button => button.textContent === '취소');
         const from = performance.now();
         const said = new Promise(done => new MutationObserver(() => say.textContent === '취소했다.' && done())
            .observe(say, { childList: true }));
         cancel.click();
         await said;
         return performance.now() - from",
        &[json!(id)],
    )?;
    took.as_f64().with_context(|| format!("{took} ms"))
}

/// Waits for something to happen at the service.
fn wait(happened: impl Fn() -> bool) -> Result<()> {
    let end = Instant::now() + LIMIT;
    while !happened() {
        ensure!(Instant::now() < end, "not within {LIMIT:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}
