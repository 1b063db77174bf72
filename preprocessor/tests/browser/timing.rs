//! The segments of a request: their sum, what is said when the browser or the server tells less.

use anyhow::{Context, Result};

use crate::fixture::fixture;
use crate::page::{Page, part};

#[test]
fn segments_of_time() -> Result<()> {
    in_one_browser!(
        a9_segments_add_up_and_a_cold_start_is_told_from_a_warm_one,
        a9_what_is_not_known_is_said_and_not_drawn_as_zero,
        a9_a_preflight_and_a_metric_inside_the_handler_have_their_rows,
    )
}

/// The rows of a block's timing table: name and ms.
fn rows(page: &Page<'_>, id: &str) -> Result<Vec<(String, f64)>> {
    let cells = page.texts(&part(id, ".live-answer table tr:not(:first-child) > *"))?;
    cells
        .chunks(2)
        .map(|pair| {
            let ms = pair[1].trim_end_matches("ms").parse();
            Ok((pair[0].clone(), ms.with_context(|| format!("{pair:?}"))?))
        })
        .collect()
}

fn names(rows: &[(String, f64)]) -> Vec<&str> {
    rows.iter().map(|(name, _)| name.as_str()).collect()
}

const BEFORE: &str = "보내기 전(대기, 다른 출처면 사전 요청)";
const REST: &str = "그 밖(네트워크·게이트웨이·환경 준비)";

fn a9_segments_add_up_and_a_cold_start_is_told_from_a_warm_one(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/faults.html", fixture().split))?;
    let said = page.run("fine")?;
    assert!(said.contains("콜드 스타트"), "{said}");
    let cold = rows(page, "fine")?;
    for name in [BEFORE, REST, "초기화(Init)", "핸들러", "합계"] {
        assert!(names(&cold).contains(&name), "{name} in {cold:?}");
    }
    let init = cold.iter().find(|(name, _)| name == "초기화(Init)");
    assert!(init.is_some_and(|(_, ms)| *ms >= 25.0), "{cold:?}");
    adds_up(&cold);
    // The bar shows the same segments in the same order.
    assert_eq!(page.value("document.querySelectorAll('#live-fine .live-bar i').length")?, cold.len() - 1);

    let said = page.run("fine")?;
    assert!(said.contains("웜 스타트"), "{said}");
    let warm = rows(page, "fine")?;
    assert!(!names(&warm).contains(&"초기화(Init)"), "{warm:?}");
    adds_up(&warm);
    let named = warm.iter().map(|(_, ms)| *ms).all(|ms| ms > 0.0);
    assert!(named, "nothing is drawn as zero: {warm:?}");
    Ok(())
}

fn adds_up(rows: &[(String, f64)]) {
    let (total, parts) = rows.split_last().expect("rows");
    let sum: f64 = parts.iter().map(|(_, ms)| ms).sum();
    assert!((sum - total.1).abs() < 1.0, "{rows:?}");
}

fn a9_what_is_not_known_is_said_and_not_drawn_as_zero(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/faults.html", fixture().split))?;
    page.run("no-timing")?;
    assert_eq!(names(&rows(page, "no-timing")?), ["합계"]);
    assert!(page.text(&part("no-timing", ".live-answer"))?.ends_with(
        "응답에 Timing-Allow-Origin 헤더가 없어 브라우저가 구간을 알려 주지 않는다. 전체 시간만 보인다."
    ));

    page.run("no-server-timing")?;
    let shown = rows(page, "no-server-timing")?;
    assert!(names(&shown).contains(&"응답 시작까지(네트워크와 서버)"), "{shown:?}");
    assert!(!names(&shown).contains(&"핸들러"), "{shown:?}");
    adds_up(&shown);
    assert!(page.text(&part("no-server-timing", ".live-answer"))?.ends_with(
        "응답의 Server-Timing이 없거나 기다린 시간과 맞지 않아 함수 안에서 쓴 시간은 나누지 못한다."
    ));
    Ok(())
}

fn a9_a_preflight_and_a_metric_inside_the_handler_have_their_rows(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/users.html", fixture().split))?;
    page.run("user-create")?;
    let shown = rows(page, "user-create")?;
    assert!(names(&shown).contains(&BEFORE), "{shown:?}");
    adds_up(&shown);
    // The arithmetic on its own, with the numbers of a cold start that touched a table.
    let parts = page.value(
        "JSON.stringify(mdbookLive.segments({ total: 200, timings: { init: 50, handler: 30, db: 20 }, entry: {
            startTime: 100, domainLookupStart: 105, connectEnd: 145, requestStart: 160, responseStart: 290, responseEnd: 300 } }))",
    )?;
    assert_eq!(
        parts,
        r#"{"parts":[["connect",40],["before",20],["rest",50],["init",50],["handler",30],["download",10]],"why":""}"#
    );
    Ok(())
}
