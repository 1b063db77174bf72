//! Blocks that send many requests: their table, claims over them, calls at the same time, an early end.

use anyhow::Result;
use serde_json::json;

use crate::fixture::fixture;
use crate::page::{LIMIT, Page, part};

#[test]
fn many_runs() -> Result<()> {
    in_one_browser!(
        runs_are_listed_and_claims_are_judged_over_them,
        twelve_calls_at_once_reach_twelve_environments_on_one_machine,
        a5_cancelling_leaves_a_correct_summary_of_what_was_done,
    )
}

/// The table of runs without its head, row by row.
fn table(page: &Page<'_>, id: &str) -> Result<Vec<Vec<String>>> {
    let rows = page.session.script(
        "return [...document.querySelectorAll(`#live-${arguments[0]} .live-scroll tr:not(:first-child)`)]
            .map(row => [...row.cells].map(cell => cell.textContent))",
        &[json!(id)],
    )?;
    Ok(serde_json::from_value(rows)?)
}

fn runs_are_listed_and_claims_are_judged_over_them(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/runs.html", fixture().split))?;
    // A claim about a block that has not run names that block.
    page.run("burst-12")?;
    let claims = part("burst-12", "[data-claim]");
    assert!(page.texts(&claims)?[1].ends_with("판정하지 않았다 · «차례로 다섯 번» 블록을 먼저 실행한다"));

    let said = page.run("serial-5")?;
    assert_eq!(said, "5번 실행했다, 기대와 같다");
    assert!(page.text(&part("serial-5", ".live-expect"))?.ends_with("통과 5/5"));
    let rows = table(page, "serial-5")?;
    assert_eq!(rows.len(), 5);
    assert_eq!(rows[0][..2], ["1", "200"]);
    assert_eq!((rows[0][3].as_str(), rows[4][3].as_str()), ("콜드 스타트", "웜 스타트"));
    assert!(rows[0][4].ends_with("ms") && rows[4][4] == "–", "{rows:?}");
    let environments: Vec<_> = rows.iter().map(|row| &row[2]).collect();
    assert!(environments.iter().all(|name| *name == environments[0]), "{rows:?}");
    let claims_here = page.texts(&part("serial-5", "[data-claim]"))?;
    assert!(claims_here[0].ends_with("맞다 · 1 == 1"), "{claims_here:?}");
    // The middle one of the handlers' times, of which each waits for 20 ms and none says how much longer.
    let mut handlers: Vec<f64> =
        rows.iter().map(|row| row[5].trim_end_matches("ms").parse()).collect::<Result<_, _>>()?;
    handlers.sort_by(f64::total_cmp);
    let middle = claims_here[2].split("맞다 · ").nth(1).and_then(|rest| rest.split(' ').next());
    let middle: f64 = middle.unwrap_or_default().parse()?;
    assert!(middle >= 20.0 && (middle - handlers[2]).abs() <= 0.06, "{claims_here:?} {handlers:?}");
    let head = page.text(&part("serial-5", ".live-head"))?;
    assert_eq!(
        head,
        "실측200 × 5 · 콜드 스타트 × 1, 웜 스타트 × 4 · 실행 환경 1개 · 동시에 처리된 요청 최대 1개"
    );
    // Running it made the other block's claims judgeable.
    assert!(page.texts(&claims)?[1].ends_with("맞다 · 12 > 1"), "{:?}", page.texts(&claims)?);

    // The second time everything is warm: the claim about the cold start does not hold, and says with which number.
    page.run("serial-5")?;
    let claims_here = page.texts(&part("serial-5", "[data-claim]"))?;
    assert!(claims_here[0].ends_with("어긋난다 · 0 == 1"), "{claims_here:?}");
    assert!(page.texts(&claims)?[2].ends_with("판정하지 않았다 · 이 실행에는 계산할 값이 없다"));
    Ok(())
}

fn twelve_calls_at_once_reach_twelve_environments_on_one_machine(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/runs.html", fixture().same))?;
    page.run("burst-12")?;
    let rows = table(page, "burst-12")?;
    let letters: std::collections::BTreeSet<_> = rows.iter().map(|row| row[2].chars().next()).collect();
    assert_eq!(letters.len(), 12, "{rows:?}");
    assert!(
        page.text(&part("burst-12", ".live-head"))?
            .ends_with("실행 환경 12개 · 동시에 처리된 요청 최대 12개")
    );

    // Where the names of one machine are not known, the browser's six connections are what there is, and it is said.
    page.session.script(
        "const real = window.fetch; window.fetch = (url, init) =>
            String(url).includes('.localhost') ? Promise.reject(new TypeError('unknown name')) : real(url, init)",
        &[],
    )?;
    page.run("burst-12")?;
    let head = page.text(&part("burst-12", ".live-head"))?;
    assert!(head.ends_with("동시에 처리된 요청 최대 6개"), "{head}");
    Ok(())
}

fn a5_cancelling_leaves_a_correct_summary_of_what_was_done(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/runs.html", fixture().split))?;
    page.press("slow-20", "실행")?;
    page.session.wait_until(
        // Or a few more by then: a count stands there for a moment only.
        "/^20번 가운데 ([5-9]|1\\d)번 끝났다\\.$/.test(document.querySelector('#live-slow-20 .live-say').textContent)",
        LIMIT,
    )?;
    page.press("slow-20", "취소")?;
    assert_eq!(page.idle("slow-20")?, "취소했다.");
    let rows = table(page, "slow-20")?;
    assert!((5..20).contains(&rows.len()), "{rows:?}");
    let numbers: Vec<_> = rows.iter().map(|row| row[0].clone()).collect();
    let expected: Vec<_> = (1..=rows.len()).map(|n| n.to_string()).collect();
    assert_eq!(numbers, expected);
    let head = page.text(&part("slow-20", ".live-head"))?;
    assert!(head.starts_with(&format!("실측200 × {} · ", rows.len())), "{head}");
    let expect = page.text(&part("slow-20", ".live-expect"))?;
    assert!(expect.ends_with(&format!("통과 {0}/{0}", rows.len())), "{expect}");
    Ok(())
}
