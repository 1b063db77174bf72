//! Calculators, comparisons and bars: the same numbers as the build, by keyboard, said at a calm pace.

use anyhow::Result;
use serde_json::{Value, json};
use webdriver::Key;

use crate::access::axe_in_every_theme;
use crate::fixture::fixture;
use crate::page::{LIMIT, Page, part};

#[test]
fn figures() -> Result<()> {
    in_one_browser!(
        presets_give_the_numbers_of_the_built_table,
        inputs_are_computed_as_typed_and_bad_ones_have_no_result,
        results_are_said_at_most_once_a_second,
        calculators_work_by_keyboard_alone,
        the_page_solves_the_shared_vectors,
        a_comparison_runs_its_blocks_in_order_and_fills_in_the_numbers,
        a_comparison_stops_where_a_block_stops,
        without_javascript_tables_say_everything,
        paper_shows_tables_and_no_controls,
        origins_stand_beside_the_numbers,
        a_narrow_page_holds_every_figure,
        axe_finds_nothing_in_any_theme,
    )
}

fn address() -> String {
    format!("{}/figures.html", fixture().split)
}

const RESULTS: &str = "[...document.querySelectorAll('#live-cost .live-answer b')].map(b => b.textContent)";

fn results(page: &Page<'_>) -> Result<Vec<String>> {
    Ok(serde_json::from_value(page.value(RESULTS)?)?)
}

/// Waits until the results differ from what they were.
fn changed(page: &Page<'_>, before: &[String]) -> Result<Vec<String>> {
    let other = format!("({RESULTS}).join('|') !== {}", json!(before.join("|")));
    page.session.wait_until(&other, LIMIT)?;
    results(page)
}

/// Waits until the results are these: after several inputs, those of some of them may be shown before.
fn until_shown(page: &Page<'_>, expected: &[String]) -> Result<()> {
    let equal = format!("({RESULTS}).join('|') === {}", json!(expected.join("|")));
    page.session.wait_until(&equal, LIMIT).map(drop)
}

/// Replaces what an input of the calculator holds.
fn set(page: &Page<'_>, index: usize, value: &str) -> Result<()> {
    page.session
        .script(
            "const input = document.querySelectorAll('#live-cost input')[arguments[0]];
             input.value = arguments[1];
             input.dispatchEvent(new Event('input', { bubbles: true }))",
            &[json!(index), json!(value)],
        )
        .map(drop)
}

fn presets_give_the_numbers_of_the_built_table(page: &Page<'_>) -> Result<()> {
    page.fresh(&address())?;
    let names = page.texts(&part("cost", ".live-scroll tbody th"))?;
    assert_eq!(names, ["취미 프로젝트", "출시", "아주 느린 것"]);
    let first = results(page)?;
    let mut before = first.clone();
    for (index, name) in names.iter().enumerate() {
        page.press("cost", name)?;
        let row = page.texts(&part("cost", &format!(".live-scroll tbody tr:nth-child({}) td", index + 1)))?;
        let shown = changed(page, &before)?;
        assert_eq!(shown, row[2..], "{name}");
        let inputs = page
            .value("[...document.querySelectorAll('#live-cost input')].map(input => input.valueAsNumber)")?;
        let inputs: Vec<f64> = serde_json::from_value(inputs)?;
        let number = |text: &str| text.trim_end_matches(|c: char| !c.is_ascii_digit()).replace(',', "");
        assert_eq!(
            (number(&row[0]).parse::<f64>()?, number(&row[1]).parse::<f64>()?),
            (inputs[0], inputs[1])
        );
        before = shown;
    }
    // What the build computed for the first values is what the page computes for them.
    assert_ne!(before, first);
    set(page, 0, "1000000")?;
    set(page, 1, "100")?;
    until_shown(page, &first)?;
    // The presets come before the inputs.
    let order = "document.querySelector('#live-cost button').compareDocumentPosition(document.querySelector('#live-cost input')) & 4";
    assert_eq!(page.value(order)?, 4);
    page.console_is_clean(&[])
}

fn inputs_are_computed_as_typed_and_bad_ones_have_no_result(page: &Page<'_>) -> Result<()> {
    page.fresh(&address())?;
    let first = results(page)?;
    set(page, 0, "2000000")?;
    let twice = changed(page, &first)?;
    // 2e6 * (2e-7 + 0.1 * 0.25 * 0.0000133334) = 1.06667
    assert_eq!(twice[..3], ["$1.07", "$15.18", "10.101"]);
    // 15.184 / 5.33335e-7
    assert_eq!(twice[3], "28,469,911");
    set(page, 1, "1")?;
    assert_eq!(changed(page, &twice)?, ["–", "–", "–", "–"], "a division by zero");
    for bad in ["", "0", "900001", "-5"] {
        set(page, 1, "100")?;
        changed(page, &["–", "–", "–", "–"].map(str::to_owned))?;
        set(page, 1, bad)?;
        assert_eq!(changed(page, &twice)?, ["–", "–", "–", "–"], "{bad:?}");
    }
    set(page, 1, "900000")?;
    let slow = changed(page, &["–", "–", "–", "–"].map(str::to_owned))?;
    assert_eq!(slow[3], "5,061");
    let words = "이 범위에서는 만나지 않는다";
    assert_eq!(page.texts(&part("apart", ".live-answer b"))?, ["4", words]);
    assert_eq!(page.texts(&part("apart", "tbody td"))?, ["3", "9", words]);
    page.press("apart", "셋")?;
    page.session.wait_until("document.querySelector('#live-apart b').textContent === '9'", LIMIT)?;
    assert_eq!(page.texts(&part("apart", ".live-answer b"))?, ["9", words]);
    page.console_is_clean(&[])
}

fn results_are_said_at_most_once_a_second(page: &Page<'_>) -> Result<()> {
    page.fresh(&address())?;
    let region = page.value(
        "(list => [list.ariaLive, [...list.children].map(item => item.ariaAtomic)])(document.querySelector('#live-cost .live-answer'))",
    )?;
    assert_eq!(region, json!(["polite", ["true", "true", "true", "true"]]));
    let times = page.session.script_async(
        "const times = [], list = document.querySelector('#live-cost .live-answer'), input = document.querySelector('#live-cost input');
         new MutationObserver(() => times.push(performance.now())).observe(list, { childList: true, characterData: true, subtree: true });
         const start = performance.now();
         // A busy machine may take more than two seconds for three of them.
         for (let n = 1; times.length < 3 && performance.now() - start < 20000; n++) {
            input.value = 1000000 + n * 10000;
            input.dispatchEvent(new Event('input'));
            await new Promise(go => setTimeout(go, 40));
         }
         return [times[0] - start, ...times.slice(1).map((time, n) => time - times[n])]",
        &[],
    )?;
    let times: Vec<f64> = serde_json::from_value(times)?;
    assert!(times.len() >= 3 && times[0] < 900.0, "the first one comes at once: {times:?}");
    assert!(times[1..].iter().all(|pause| *pause > 950.0), "{times:?}");
    Ok(())
}

fn calculators_work_by_keyboard_alone(page: &Page<'_>) -> Result<()> {
    page.fresh(&address())?;
    let before = results(page)?;
    page.session.script("document.querySelector('#live-cost button').focus()", &[])?;
    // A plain key would turn mdBook's page or open its search.
    page.session.type_keys(":focus", &Key::Right.to_string())?;
    page.session.type_keys(":focus", "s")?;
    page.session.type_keys(":focus", &Key::Enter.to_string())?;
    let hobby = changed(page, &before)?;
    assert!(page.session.url()?.contains("figures.html"));
    assert_eq!(page.value("document.activeElement.textContent")?, "취미 프로젝트");
    for _ in 0..3 {
        page.session.type_keys(":focus", &Key::Tab.to_string())?;
    }
    assert_eq!(
        page.value("document.activeElement.labels[0].textContent")?,
        "월 요청 수(건) (0~1,000,000,000)"
    );
    page.session.type_keys(":focus", "1000000")?;
    assert_eq!(page.value("document.activeElement.value")?, "1000000");
    assert_ne!(hobby, before);
    until_shown(page, &before)
}

fn the_page_solves_the_shared_vectors(page: &Page<'_>) -> Result<()> {
    page.fresh(&address())?;
    let vectors: Value = serde_json::from_str(include_str!("../vectors/formulas.json"))?;
    let solved = page.session.script(
        "const tried = (compute) => { try { return compute() } catch { return 'none' } };
         const { formulas, shown, models } = arguments[0];
         const options = (digits) => ({ minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: 'negative' });
         const plain = { names: {}, inputs: [], results: [] };
         return {
            formulas: formulas.map(({ expr, names }) => tried(() => mdbookLive.solve({ ...plain, names }, [], { expr }))),
            shown: shown.map(({ value, digits }) => value.toLocaleString('en', options(digits))),
            models: models.map(({ names, inputs, results, crossings, cases, meets }) => {
                const model = { names, inputs: inputs.map(({ name }) => name), results: results.map(({ name, value }) => ({ name, expr: value })) };
                const values = (set) => inputs.map(({ name, value }) => set[name] ?? value);
                const index = model.inputs.indexOf(crossings[0]?.input);
                return {
                    cases: cases.map(({ set, shown }) => Object.keys(shown).sort().map((name) => mdbookLive.solve(model, values(set), { expr: { name } })
                        .toLocaleString('en', options(results.find((result) => result.name === name).digits)).replaceAll(',', ''))),
                    meets: meets.map(({ set }) => mdbookLive.solve(model, values(set), { input: index, low: inputs[index].min, high: inputs[index].max,
                        expr: { op: '-', left: crossings[0].left, right: crossings[0].right } })),
                };
            }),
         }",
        std::slice::from_ref(&vectors),
    )?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let near = |found: &Value, expected: &Value| match (found.as_f64(), expected.as_f64()) {
        (Some(found), Some(expected)) => (found - expected).abs() <= expected.abs() * 1e-12,
        (None, None) => found == expected || (found == "none" && expected.is_null()),
        _ => false,
    };
    let formulas = list(&vectors["formulas"]);
    assert!(formulas.len() >= 27 && list(&solved["formulas"]).len() == formulas.len());
    for (vector, found) in formulas.iter().zip(list(&solved["formulas"])) {
        assert!(near(&found, &vector["value"]), "{vector}\npage: {found}");
    }
    for (vector, found) in list(&vectors["shown"]).iter().zip(list(&solved["shown"])) {
        assert_eq!(found, vector["text"], "{vector}");
    }
    for (model, found) in list(&vectors["models"]).iter().zip(list(&solved["models"])) {
        for (case, found) in list(&model["cases"]).iter().zip(list(&found["cases"])) {
            let mut expected: Vec<_> = case["shown"].as_object().into_iter().flatten().collect();
            expected.sort_by_key(|(name, _)| *name);
            let expected: Vec<_> = expected.into_iter().map(|(_, text)| text).collect();
            assert_eq!(found, json!(expected), "{case}");
        }
        assert_eq!(list(&found["meets"]).len(), list(&model["meets"]).len());
        for (case, found) in list(&model["meets"]).iter().zip(list(&found["meets"])) {
            assert!(near(&found, &case["at"]), "{case}\npage: {found}");
        }
    }
    Ok(())
}

/// The cells of the comparison: the recorded number and the reader's own.
fn cells(page: &Page<'_>) -> Result<Vec<[String; 2]>> {
    let cells = page.value(
        "[...document.querySelectorAll('#live-side td')].map(cell => [cell.firstChild.data.trim(), cell.querySelector('b').textContent])",
    )?;
    Ok(serde_json::from_value(cells)?)
}

fn a_comparison_runs_its_blocks_in_order_and_fills_in_the_numbers(page: &Page<'_>) -> Result<()> {
    page.fresh(&address())?;
    assert_eq!(
        cells(page)?,
        vec![["–".to_owned(), String::new()]; 6],
        "nothing is recorded, nothing has run"
    );
    page.session.script(
        "window.order = []; addEventListener('live-run', ({ detail }) => order.push(detail.id))",
        &[],
    )?;
    page.press("side", "차례로 모두 실행")?;
    page.session.wait_until("order.length === 2", LIMIT)?;
    assert_eq!(page.value("order")?, json!(["dots-slow", "one-call"]));
    page.session.wait_until("document.querySelectorAll('#live-side b')[5].textContent === '1'", LIMIT)?;
    let own: Vec<String> = cells(page)?.into_iter().map(|[_, own]| own).collect();
    assert_eq!((own[0].as_str(), own[2].as_str(), own[3].as_str()), ("1", "30", "1"));
    for (index, id) in [(1, "dots-slow"), (4, "one-call")] {
        let init = page
            .value(&format!("mdbookLive.blocks['{id}'].runs().find(run => run.timings.init).timings.init"))?;
        let init = init.as_f64().expect("the first run was cold");
        assert!((own[index].parse::<f64>()? - init).abs() <= 0.006, "{} for {init}", own[index]);
    }
    page.console_is_clean(&[])
}

fn a_comparison_stops_where_a_block_stops(page: &Page<'_>) -> Result<()> {
    page.fresh(&address())?;
    page.session.script(
        "window.order = []; addEventListener('live-run', ({ detail }) => order.push(detail.id));
         document.querySelector('#live-side button').focus()",
        &[],
    )?;
    page.session.type_keys(":focus", &Key::Left.to_string())?;
    page.session.type_keys(":focus", &Key::Enter.to_string())?;
    assert!(page.session.url()?.contains("figures.html"));
    page.session.wait_until("document.querySelector('#live-dots-slow live-request').ariaBusy", LIMIT)?;
    page.press("dots-slow", "취소")?;
    assert_eq!(page.idle("dots-slow")?, "취소했다.");
    page.session.wait_until(
        "document.querySelector('#live-side .live-say').textContent.startsWith('«느린 점»에서 멈췄다.')",
        LIMIT,
    )?;
    // The second block has not run by itself; run alone it counts.
    page.run("one-call")?;
    page.session.wait_until("document.querySelectorAll('#live-side b')[5].textContent === '1'", LIMIT)?;
    assert_eq!(page.value("order")?, json!(["dots-slow", "one-call"]));
    Ok(())
}

fn without_javascript_tables_say_everything(page: &Page<'_>) -> Result<()> {
    page.session.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true }))?;
    page.goto(&address())?;
    for id in ["cost", "side"] {
        page.appears(&part(id, "table"))?;
        for css in ["button", "input", ".live-answer"] {
            assert!(!page.visible(&part(id, css))?, "{id} {css} would do nothing");
        }
    }
    let row = page.texts(&part("cost", ".live-scroll tbody tr:nth-child(2) :is(th, td)"))?;
    assert_eq!(row, ["출시", "30,000,000건", "300ms", "$36.00", "$15.18", "3.344", "12,653,281"]);
    page.session.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": false }))?;
    Ok(())
}

fn paper_shows_tables_and_no_controls(page: &Page<'_>) -> Result<()> {
    page.fresh(&address())?;
    page.appears(&part("cost", "input"))?;
    page.media("print")?;
    for id in ["cost", "side"] {
        page.appears(&part(id, "table"))?;
        for css in ["button", "input", ".live-answer"] {
            assert!(!page.visible(&part(id, css))?, "{id} {css}");
        }
    }
    page.media("")?;
    Ok(())
}

fn origins_stand_beside_the_numbers(page: &Page<'_>) -> Result<()> {
    page.fresh(&address())?;
    assert_eq!(page.text(&part("cost", ".live-note:last-child"))?, "모델2026-10-06 · 시험 <가격표> & 조회");
    assert_eq!(
        page.text(&part("starts", ".live-note"))?,
        "기록2026-08-09 ~ 2026-08-22 · 시험 리전 · 시험 <원자료>"
    );
    assert!(
        page.visible(&part("cost", ".live-note:last-child"))?
            && page.visible(&part("starts", ".live-note"))?
    );
    // Bars are as long as their numbers, which stand beside them and in the table.
    let widths = page.value(
        "[...document.querySelectorAll('#live-starts rect')].map(bar => +bar.getAttribute('width'))",
    )?;
    let widths: Vec<f64> = serde_json::from_value(widths)?;
    let written = page.texts(&part("starts", "td:not(:empty)"))?;
    assert_eq!(written, ["18ms", "17.5ms", "281ms", "288ms"]);
    for (width, text) in widths.iter().zip(&written) {
        let number: f64 = text.trim_end_matches("ms").parse()?;
        assert!((width - number / 288.0 * 190.0).abs() <= 0.051, "{width} for {text}");
        assert!(page.texts(&part("starts", "svg text"))?.contains(text));
    }
    Ok(())
}

/// Runs both charts and the comparison, so that everything there can be is on the page. On a narrow page mdBook's own
/// buttons hover over the margins, so nothing is pressed at a point.
pub fn all_drawn(page: &Page<'_>) -> Result<()> {
    page.session.script_async(
        "const block = (id) => document.getElementById('live-' + id), press = (id, n) => block(id).querySelectorAll('button')[n].click();
         for (const id of ['guess-ms', 'guess-lanes']) {
            block(id).querySelector('input').value = 4;
            press(id, 0);
         }
         for (const id of ['dots-8', 'lanes-8']) await mdbookLive.blocks[id].run();
         press('side', 0);
         for (const details of document.querySelectorAll('.live details')) details.open = true",
        &[],
    )?;
    page.session
        .wait_until("document.querySelectorAll('#live-side b')[5].textContent === '1'", LIMIT)
        .map(drop)
}

fn a_narrow_page_holds_every_figure(page: &Page<'_>) -> Result<()> {
    page.fresh(&address())?;
    page.session.viewport(360, 700)?;
    page.session.reload()?;
    all_drawn(page)?;
    assert_eq!(page.value("document.documentElement.scrollWidth <= innerWidth")?, true);
    let cut = page.value(
        "[...document.querySelectorAll('.live-chart, .live :is(input, button)')].filter(element => element.checkVisibility())
            .filter(element => element.getBoundingClientRect().right > element.closest('.live').getBoundingClientRect().right)
            .map(element => element.outerHTML.slice(0, 80))",
    )?;
    assert_eq!(cut, json!([]));
    let small = page.value(
        "[...document.querySelectorAll('#live-cost :is(button, input), #live-side button, #live-starts summary')]
            .map(element => element.getBoundingClientRect()).filter(({ width, height }) => width < 44 || height < 44).length",
    )?;
    assert_eq!(small, 0, "too small for a finger");
    Ok(())
}

fn axe_finds_nothing_in_any_theme(page: &Page<'_>) -> Result<()> {
    page.fresh(&address())?;
    all_drawn(page)?;
    page.press("cost", "출시")?;
    axe_in_every_theme(page, "charts with a guess, a filled comparison, a calculator, bars")
}
