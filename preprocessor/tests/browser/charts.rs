//! Charts: the reader's runs drawn as the recorded ones are, the same numbers in picture, words and table.

use anyhow::Result;
use serde_json::{Value, json};

use crate::fixture::fixture;
use crate::page::{LIMIT, Page, part};

#[test]
fn charts() -> Result<()> {
    in_one_browser!(
        the_page_draws_recorded_runs_as_the_build_did,
        dots_words_and_table_say_the_same_numbers,
        the_95th_percentile_is_the_nearest_rank,
        lanes_are_distinct_environments_and_the_reached_concurrency_is_printed,
        cancelling_leaves_a_correct_partial_picture,
        a_guess_is_a_dashed_line_in_ms_or_rows,
        a_dead_service_leaves_the_guess_in_the_recorded_chart,
        cold_and_warm_differ_by_shape_and_word,
        nothing_moves,
        paper_shows_the_recorded_chart_alone,
        without_javascript_charts_are_there,
    )
}

fn figures() -> String {
    format!("{}/figures.html", fixture().split)
}

/// Skips the predictions, which are not what most checks here are about.
fn skip(page: &Page<'_>) -> Result<()> {
    for id in ["guess-ms", "guess-lanes"] {
        page.press(id, "건너뛰기")?;
    }
    Ok(())
}

/// Waits for the picture of the last run.
fn drawn(page: &Page<'_>, id: &str) -> Result<()> {
    let own = format!("document.querySelector('{}')", part(id, ".live-answer .live-chart + p"));
    page.session.wait_until(&format!("!!{own}"), LIMIT).map(drop)
}

/// Every shape in the second group of the chart, as `[class, numbers of its path]`.
fn marks(page: &Page<'_>, chart: &str) -> Result<Vec<(String, Vec<f64>)>> {
    let found = page.session.script(
        "return [...document.querySelector(arguments[0]).children[1].children].map(path =>
            [path.getAttribute('class'), path.getAttribute('d').match(/-?[\\d.]+/g).map(Number)])",
        &[json!(chart)],
    )?;
    Ok(serde_json::from_value(found)?)
}

fn of_class<'m>(marks: &'m [(String, Vec<f64>)], class: &str) -> Vec<&'m [f64]> {
    marks.iter().filter(|(name, _)| name == class).map(|(_, numbers)| numbers.as_slice()).collect()
}

/// The signs of the runs, from top to bottom.
fn signs(marks: &[(String, Vec<f64>)]) -> Vec<&[f64]> {
    let signs = marks.iter().filter(|(name, _)| name == "live-cold" || name == "live-warm");
    signs.map(|(_, numbers)| numbers.as_slice()).collect()
}

/// The runs as the script keeps them.
fn runs(page: &Page<'_>, id: &str) -> Result<Vec<Value>> {
    let runs = page.value(&format!(
        "mdbookLive.blocks['{id}'].runs().map(({{ total, timings, headers, from, until }}) => ({{ total, timings, headers, from, until }}))"
    ))?;
    Ok(serde_json::from_value(runs)?)
}

fn middle_and_tail(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let length = values.len();
    (f64::midpoint(values[(length - 1) / 2], values[length / 2]), values[(length * 95).div_ceil(100) - 1])
}

fn ms(value: f64) -> String {
    if value < 1.0 { format!("{value:.2}ms") } else { format!("{value:.1}ms") }
}

fn the_page_draws_recorded_runs_as_the_build_did(page: &Page<'_>) -> Result<()> {
    page.fresh(&figures())?;
    skip(page)?;
    for (id, recording) in [
        ("dots-8", include_str!("book/src/recordings/dots-8.json")),
        ("lanes-8", include_str!("book/src/recordings/lanes-8.json")),
    ] {
        // A run makes the place; then the recorded runs are told as if they had just been made.
        page.run(id)?;
        drawn(page, id)?;
        let recording: Value = serde_json::from_str(recording)?;
        let at_once = page.session.script(
            "const own = document.querySelectorAll(`#live-${arguments[0]} :is(.live-answer .live-chart, .live-answer .live-chart + p)`);
             for (const part of own) part.remove();
             const element = document.querySelector(`#live-${arguments[0]} live-request`);
             element.dispatchEvent(new CustomEvent('live-run', { bubbles: true, detail: { id: arguments[0], runs: arguments[1], stopped: false } }));
             return document.querySelectorAll(`#live-${arguments[0]} .live-answer .live-chart`).length",
            &[json!(id), recording["runs"].clone()],
        )?;
        assert_eq!(at_once, 0, "drawing waits for a frame, so that it costs no request any time");
        drawn(page, id)?;
        let built = marks(page, &part(id, ".live-recording .live-chart"))?;
        let page_drew = marks(page, &part(id, ".live-answer .live-chart"))?;
        assert_eq!(built.len(), page_drew.len(), "{id}");
        assert!(built.len() >= 14, "{id}: {built:?}");
        for ((name, numbers), (other, others)) in built.iter().zip(&page_drew) {
            assert_eq!(name, other, "{id}");
            let near = numbers.len() == others.len()
                && numbers.iter().zip(others).all(|(a, b)| (a - b).abs() < 0.06);
            assert!(near, "{id}: {numbers:?} built, {others:?} in the page");
        }
        let words = page.text(&part(id, ".live-recording .live-chart + p"))?;
        let own = page.text(&part(id, ".live-answer .live-chart + p"))?;
        assert_eq!(words.strip_prefix("동시에 처리된 요청 최대 5개. ").unwrap_or(&words), own, "{id}");
    }
    // The picture has a name, and the same one.
    let label = page.value("[...document.querySelectorAll('#live-dots-8 .live-chart')].map(svg => svg.role + ': ' + svg.ariaLabel)")?;
    assert_eq!(
        label,
        json!(["img: 차례로 여덟 번: 실행마다 걸린 시간", "img: 차례로 여덟 번: 실행마다 걸린 시간"])
    );
    // Whether loopback has more names is asked of a server that has none.
    page.console_is_clean(&["a.localhost"])
}

fn dots_words_and_table_say_the_same_numbers(page: &Page<'_>) -> Result<()> {
    page.fresh(&figures())?;
    skip(page)?;
    page.run("dots-8")?;
    drawn(page, "dots-8")?;
    let marks = marks(page, &part("dots-8", ".live-answer .live-chart"))?;
    let signs = signs(&marks);
    let rows = page.texts(&part("dots-8", ".live-scroll tr:not(:first-child) td:last-child"))?;
    assert_eq!((signs.len(), rows.len()), (8, 8));
    for (index, (sign, row)) in signs.iter().zip(&rows).enumerate() {
        assert!((sign[1] - 14.0 * index as f64).abs() < 0.01, "row {index}: {sign:?}");
        let total = 10f64.powf((sign[0] - 76.0) / 56.0);
        let written: f64 = row.trim_end_matches("ms").parse()?;
        assert!((total - written).abs() <= 0.06, "run {index}: {total} drawn, {written} in the table");
    }
    // The one cold start has a line as long as the init the server reported.
    let runs = runs(page, "dots-8")?;
    let init = runs.iter().find_map(|run| run["timings"]["init"].as_f64()).expect("a cold start");
    let lines = of_class(&marks, "live-stay");
    assert!((lines[0][2] - (76.0 + 56.0 * init.log10())).abs() < 0.01, "{:?} for {init}", lines[0]);
    assert!(lines[1..].iter().all(|line| (line[2] - 20.0).abs() < 0.01), "{lines:?}");

    let total = |cold: bool| -> Vec<f64> {
        let of = |run: &&Value| (run["headers"]["x-cold-start"] == "true") == cold;
        runs.iter().filter(of).filter_map(|run| run["total"].as_f64()).collect()
    };
    let (warm, cold) = (middle_and_tail(total(false)), middle_and_tail(total(true)));
    let words = page.text(&part("dots-8", ".live-answer .live-chart + p"))?;
    for expected in [
        format!("▲는 콜드 스타트 1번: 중앙값 {}, p95 {}.", ms(cold.0), ms(cold.1)),
        format!("●는 웜 스타트 7번: 중앙값 {}, p95 {}.", ms(warm.0), ms(warm.1)),
        format!("선의 끝은 서버가 알린 초기화 1번: 중앙값 {0}, p95 {0}.", ms(init)),
    ] {
        assert!(words.contains(&expected), "{words}\ndoes not say {expected}");
    }
    Ok(())
}

fn the_95th_percentile_is_the_nearest_rank(page: &Page<'_>) -> Result<()> {
    page.fresh(&figures())?;
    skip(page)?;
    page.run("dots-8")?;
    drawn(page, "dots-8")?;
    // Twenty warm runs of 1, 2, … 20 ms, told in no order, and an error of a gateway, which is neither cold nor warm.
    let runs: Vec<Value> = (0..20u32)
        .map(|n| json!({ "status": 200, "headers": { "x-cold-start": "false" }, "timings": {}, "total": n * 7 % 20 + 1, "from": n, "until": n + 1 }))
        .collect();
    let gateway =
        json!({ "status": 429, "headers": {}, "timings": {}, "total": 500, "from": 30, "until": 530 });
    let runs: Vec<Value> = runs.into_iter().chain([gateway]).collect();
    page.session.script(
        "for (const part of document.querySelectorAll('#live-dots-8 .live-answer :is(.live-chart, .live-chart + p)')) part.remove();
         document.querySelector('#live-dots-8 live-request').dispatchEvent(new CustomEvent('live-run', { bubbles: true, detail: { id: 'dots-8', runs: arguments[0], stopped: false } }))",
        &[json!(runs)],
    )?;
    drawn(page, "dots-8")?;
    let words = page.text(&part("dots-8", ".live-answer .live-chart + p"))?;
    assert!(words.contains("▲는 콜드 스타트 0번: 중앙값 –, p95 –."), "{words}");
    assert!(words.contains("●는 웜 스타트 20번: 중앙값 10.5ms, p95 19.0ms."), "{words}");
    Ok(())
}

fn lanes_are_distinct_environments_and_the_reached_concurrency_is_printed(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/figures.html", fixture().same))?;
    page.run("lanes-20")?;
    drawn(page, "lanes-20")?;
    let marks = marks(page, &part("lanes-20", ".live-answer .live-chart"))?;
    let mut tops: Vec<f64> = of_class(&marks, "live-stay").iter().map(|line| line[1]).collect();
    assert_eq!(tops.len(), 20, "one line per run");
    tops.sort_by(f64::total_cmp);
    tops.dedup();
    let mut environments =
        page.texts(&part("lanes-20", ".live-scroll tr:not(:first-child) td:nth-child(3)"))?;
    environments.sort();
    environments.dedup();
    assert_eq!(tops.len(), environments.len(), "lanes = distinct ids");
    let words = page.text(&part("lanes-20", ".live-answer .live-chart + p"))?;
    assert!(words.contains(&format!("실행 환경 {}개", environments.len())), "{words}");
    let head = page.text(&part("lanes-20", ".live-head"))?;
    let reached: usize =
        head.split("최대 ").nth(1).and_then(|rest| rest.split('개').next()).unwrap_or("0").parse()?;
    assert!(reached > 6 && reached <= 20, "more than six connections at once: {head}");

    // Every bar begins and ends where its run did.
    let runs = runs(page, "lanes-20")?;
    let end = runs.iter().filter_map(|run| run["until"].as_f64()).fold(0.0, f64::max);
    let mut expected: Vec<(f64, f64)> = runs
        .iter()
        .filter_map(|run| {
            Some((24.0 + run["from"].as_f64()? / end * 276.0, 24.0 + run["until"].as_f64()? / end * 276.0))
        })
        .collect();
    expected.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (line, (from, until)) in of_class(&marks, "live-stay").iter().zip(&expected) {
        assert!(
            (line[0] - from).abs() < 0.01 && (line[2] - until).abs() < 0.01,
            "{line:?} for {from}..{until}"
        );
    }
    Ok(())
}

fn cancelling_leaves_a_correct_partial_picture(page: &Page<'_>) -> Result<()> {
    page.fresh(&figures())?;
    page.press("dots-slow", "실행")?;
    page.session.wait_until(
        "document.querySelector('#live-dots-slow .live-say').textContent.startsWith('30번 가운데')",
        LIMIT,
    )?;
    page.press("dots-slow", "취소")?;
    assert_eq!(page.idle("dots-slow")?, "취소했다.");
    drawn(page, "dots-slow")?;
    let marks = marks(page, &part("dots-slow", ".live-answer .live-chart"))?;
    let signs = signs(&marks).len();
    let rows = page.texts(&part("dots-slow", ".live-scroll tr:not(:first-child)"))?.len();
    assert!((7..30).contains(&signs), "{signs}");
    assert_eq!(signs, rows);
    let runs = runs(page, "dots-slow")?;
    let warm: Vec<f64> = runs
        .iter()
        .filter(|run| run["headers"]["x-cold-start"] == "false")
        .filter_map(|run| run["total"].as_f64())
        .collect();
    let (count, (middle, tail)) = (warm.len(), middle_and_tail(warm));
    assert_eq!(count, signs - 1);
    let words = page.text(&part("dots-slow", ".live-answer .live-chart + p"))?;
    assert!(
        words.contains(&format!("●는 웜 스타트 {count}번: 중앙값 {}, p95 {}.", ms(middle), ms(tail))),
        "{words}"
    );
    // The rows that were never sent stay empty.
    assert_eq!(
        page.value(
            "document.querySelector('#live-dots-slow .live-answer .live-chart').viewBox.baseVal.height"
        )?,
        434
    );
    Ok(())
}

/// The guess, as the numbers of its path.
fn line(page: &Page<'_>, chart: &str) -> Result<Value> {
    page.session.script(
        "return [...document.querySelector(arguments[0]).lastChild.children].map(path => path.getAttribute('d').match(/[A-Z][\\d. ]+/g))",
        &[json!(chart)],
    )
}

fn guess(page: &Page<'_>, id: &str, number: &str) -> Result<()> {
    page.session.type_keys(&part(id, "input"), number)?;
    page.press(id, "예측 적기")
}

fn a_guess_is_a_dashed_line_in_ms_or_rows(page: &Page<'_>) -> Result<()> {
    page.fresh(&figures())?;
    guess(page, "guess-ms", "100")?;
    page.run("dots-8")?;
    drawn(page, "dots-8")?;
    assert_eq!(line(page, &part("dots-8", ".live-answer .live-chart"))?, json!([["M188 0", "V999"]]));
    guess(page, "guess-lanes", "5")?;
    page.run("lanes-8")?;
    drawn(page, "lanes-8")?;
    let chart = part("lanes-8", ".live-answer .live-chart");
    assert_eq!(line(page, &chart)?, json!([["M24 68", "H300"]]));
    assert_eq!(line(page, &part("lanes-8", ".live-recording .live-chart"))?, json!([]));
    let dashes =
        page.value("getComputedStyle(document.querySelector('.live-answer .live-guess')).strokeDasharray")?;
    assert_ne!(dashes, "none");

    page.fresh(&figures())?;
    skip(page)?;
    page.run("lanes-8")?;
    drawn(page, "lanes-8")?;
    assert_eq!(line(page, &chart)?, json!([]), "nobody guessed");
    Ok(())
}

fn a_dead_service_leaves_the_guess_in_the_recorded_chart(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/figures.html", fixture().closed))?;
    guess(page, "guess-ms", "100")?;
    guess(page, "guess-lanes", "5")?;
    for (id, expected) in [("dots-8", json!([["M188 0", "V999"]])), ("lanes-8", json!([["M24 68", "H300"]]))]
    {
        let chart = part(id, ".live-recording .live-chart");
        let before = marks(page, &chart)?;
        for _ in 0..2 {
            page.run(id)?;
            page.session.wait_until(&format!("document.querySelector('{chart} .live-guess')"), LIMIT)?;
            assert_eq!(line(page, &chart)?, expected, "{id}");
        }
        assert_eq!(marks(page, &chart)?, before, "the recording stays as it is");
        page.appears(&chart)?;
        assert_eq!(page.value(&format!("document.querySelectorAll('#live-{id} .live-chart').length"))?, 1);
    }
    Ok(())
}

fn cold_and_warm_differ_by_shape_and_word(page: &Page<'_>) -> Result<()> {
    page.fresh(&figures())?;
    for (class, shape) in [("live-cold", "triangle"), ("live-warm", "dot")] {
        let ways = page.value(&format!(
            "[...new Set([...document.querySelectorAll('.live-chart .{class}')].map(path => path.getAttribute('d').replace(/M[\\d.-]+ [\\d.-]+/, '')))]"
        ))?;
        let expected = if shape == "dot" { "a5 5 0 1 1-.1 0" } else { "l6 11h-12z" };
        assert_eq!(ways, json!([expected]), "{shape}");
    }
    for id in ["dots-8", "lanes-8"] {
        let words = page.text(&part(id, ".live-recording .live-chart + p"))?;
        assert!(
            words.contains("▲")
                && words.contains("콜드 스타트")
                && words.contains("●")
                && words.contains("웜 스타트"),
            "{words}"
        );
    }
    // Recorded lanes stand in the HTML: four environments, the seventh request met none.
    let marks = marks(page, &part("lanes-8", ".live-recording .live-chart"))?;
    assert_eq!((of_class(&marks, "live-cold").len(), of_class(&marks, "live-warm").len()), (4, 3));
    Ok(())
}

fn nothing_moves(page: &Page<'_>) -> Result<()> {
    page.fresh(&figures())?;
    skip(page)?;
    for preference in ["reduce", "no-preference"] {
        let features = json!([{ "name": "prefers-reduced-motion", "value": preference }]);
        page.session.cdp("Emulation.setEmulatedMedia", json!({ "features": features }))?;
        page.run("dots-8")?;
        drawn(page, "dots-8")?;
        let moving = page.value(
            "document.getAnimations().filter(({ effect }) => effect.target.closest('.live-chart')).length",
        )?;
        assert_eq!(moving, 0, "{preference}");
        let first = marks(page, &part("dots-8", ".live-answer .live-chart"))?;
        page.session.script_async(
            "await new Promise(requestAnimationFrame); await new Promise(requestAnimationFrame)",
            &[],
        )?;
        assert_eq!(marks(page, &part("dots-8", ".live-answer .live-chart"))?, first, "{preference}");
    }
    page.session.cdp("Emulation.setEmulatedMedia", json!({ "features": [] }))?;
    Ok(())
}

fn paper_shows_the_recorded_chart_alone(page: &Page<'_>) -> Result<()> {
    page.fresh(&figures())?;
    skip(page)?;
    page.run("dots-8")?;
    drawn(page, "dots-8")?;
    page.media("print")?;
    for id in ["dots-8", "lanes-8"] {
        page.appears(&part(id, ".live-recording .live-chart"))?;
        page.appears(&part(id, ".live-recording .live-chart + p"))?;
    }
    assert!(!page.visible(&part("dots-8", ".live-answer .live-chart"))?);
    assert!(page.visible(&part("starts", ".live-chart"))? && page.visible(&part("starts", "table"))?);
    page.media("")?;
    Ok(())
}

fn without_javascript_charts_are_there(page: &Page<'_>) -> Result<()> {
    page.session.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true }))?;
    page.goto(&figures())?;
    page.session
        .script("document.querySelectorAll('.live details').forEach(details => details.open = true)", &[])?;
    for id in ["dots-8", "lanes-8", "starts"] {
        page.appears(&part(id, ".live-chart"))?;
        page.appears(&part(id, "table"))?;
    }
    assert!(!page.visible(&part("dots-slow", ".live-chart"))?, "nothing is recorded, so nothing is drawn");
    page.session.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": false }))?;
    Ok(())
}
