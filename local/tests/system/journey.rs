//! The picture of chapter 7 in a real browser, on the real book and in front of the real functions: the request travels.

use std::time::Duration;

use serde_json::{Value, json};
use webdriver::{Driver, Key, Session};

use crate::harness::{Local, alone};

const LIMIT: Duration = Duration::from_secs(60);
const AXE: &str = include_str!("../../../preprocessor/tests/vendor/axe-core/axe.min.js");
const STEPS: [&str; 8] =
    ["브라우저", "CloudFront", "라우트", "스로틀", "권한 부여자", "Lambda", "DynamoDB", "응답"];

struct Reader<'d> {
    page: Session<'d>,
    url: String,
}

impl<'d> Reader<'d> {
    fn open(driver: &'d Driver, local: &Local) -> Self {
        let page = driver.session().unwrap();
        page.viewport(1280, 900).unwrap();
        let reader = Self { page, url: format!("{}/07-web-architecture.html", local.base) };
        reader.fresh();
        reader
    }

    /// The chapter anew, its predictions out of the way: they have tests of their own.
    fn fresh(&self) {
        self.page.goto(&self.url).unwrap();
        self.page.wait_until("window.mdbookLive && mdbookLive.blocks.impatient", LIMIT).unwrap();
        self.value("Object.keys(mdbookLive.gate).forEach((id) => delete mdbookLive.gate[id])");
        // Every step that lights up, in the picture and in the list, with the time.
        self.value(
            "(window.seen = [], new MutationObserver(() => {
                const current = (css) => [...document.querySelectorAll('.journey ' + css)].findIndex((part) => part.ariaCurrent === 'step');
                const step = current('li');
                if (step >= 0 && seen.at(-1)?.step !== step) seen.push({ step, part: current('g'), at: performance.now() });
            }).observe(document.querySelector('.journey'), { attributeFilter: ['aria-current'], subtree: true }))",
        );
    }

    fn value(&self, expression: &str) -> Value {
        self.page.script(&format!("return {expression}"), &[]).unwrap()
    }

    fn said(&self) -> String {
        self.value("document.querySelector('.journey output').value").as_str().unwrap().to_owned()
    }

    /// Runs a block to its end.
    fn run(&self, id: &str) {
        let run = "await mdbookLive.blocks[arguments[0]].run(); return true";
        assert_eq!(self.page.script_async(run, &[json!(id)]).unwrap(), true, "{id}");
    }

    /// Names of the steps the last request took, once the picture stands still at the last of them.
    fn travelled(&self, last: &str) -> Vec<String> {
        let at = STEPS.iter().position(|step| *step == last).unwrap();
        self.page.wait_until(&format!("seen.at(-1)?.step === {at}"), LIMIT).unwrap();
        let seen = self.value("seen.splice(0)");
        let seen = seen.as_array().unwrap().iter();
        seen.map(|seen| {
            assert_eq!(seen["step"], seen["part"], "picture and list show the same step");
            STEPS[usize::try_from(seen["step"].as_u64().unwrap()).unwrap()].to_owned()
        })
        .collect()
    }

    fn reduced_motion(&self, reduce: bool) {
        let value = if reduce { "reduce" } else { "no-preference" };
        let features = json!([{ "name": "prefers-reduced-motion", "value": value }]);
        self.page.cdp("Emulation.setEmulatedMedia", json!({ "features": features })).unwrap();
    }
}

#[test]
fn a_request_travels_through_the_picture() {
    if webdriver::skip_browser() {
        return;
    }
    let _alone = alone();
    let local = Local::start(&[]).live(&["/api/cold-start/plain-1769", "/api/users"]);
    let driver = Driver::start().unwrap();
    let reader = Reader::open(&driver, &local);
    the_steps_of_a_real_answer_slowed_and_labelled_so(&reader);
    what_is_refused_stops_at_the_part_that_refused_it(&reader);
    a_burst_shows_a_refused_request(&reader);
    reader.fresh();
    the_steps_are_reached_by_buttons_and_keys_stay_inside(&reader);
    without_motion_the_end_is_shown_at_once(&reader);
    the_text_of_the_picture_can_be_selected_and_is_named(&reader);
    axe_finds_nothing_in_any_theme(&reader);
    on_a_narrow_screen_nothing_is_cut(&reader);
    without_a_script_there_is_a_numbered_picture_and_a_list(&reader);
}

fn the_steps_of_a_real_answer_slowed_and_labelled_so(reader: &Reader<'_>) {
    let way = ["브라우저", "CloudFront", "라우트", "스로틀", "Lambda", "DynamoDB", "응답"];
    reader.run("follow-request");
    // The words come at once: 1 ms of this very answer is so many ms of the picture.
    let total = reader.value("mdbookLive.blocks['follow-request'].runs()[0].total").as_f64().unwrap();
    let said = format!(
        "200 · 함수까지 갔다가 응답이 돌아왔다. 그림은 1ms를 약 {}ms로 늘려 보인다.",
        (4000.0 / total).round()
    );
    assert_eq!(reader.said(), said);
    reader.page.wait_until("seen.length === 7", LIMIT).unwrap();
    let times: Vec<f64> = reader
        .value("seen.map(({ at }) => at)")
        .as_array()
        .unwrap()
        .iter()
        .map(|at| at.as_f64().unwrap())
        .collect();
    assert_eq!(reader.travelled("응답"), way);
    let (first, last) = (times[0], times[6]);
    // Four seconds for the request and 0.4 s for each of six steps; a busy machine takes longer, never less.
    assert!(last - first > 6300.0, "{times:?}");
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] > 390.0), "{times:?}");
    // The table's step lasts for the table's share of the answer.
    let db = reader.value("mdbookLive.blocks['follow-request'].runs()[0].timings.db").as_f64().unwrap();
    let lasted = times[6] - times[5];
    let expected = 400.0 + 4000.0 / total * db;
    assert!(lasted > expected - 20.0, "{lasted} ms instead of {expected}");

    reader.run("follow-without-table");
    assert_eq!(reader.travelled("응답"), ["브라우저", "CloudFront", "라우트", "스로틀", "Lambda", "응답"]);
}

fn what_is_refused_stops_at_the_part_that_refused_it(reader: &Reader<'_>) {
    // By hand, as a reader would: the button of the block.
    reader.page.click("#live-forged-token .live-buttons button").unwrap();
    assert_eq!(reader.travelled("권한 부여자"), STEPS[..5]);
    assert!(
        reader.said().starts_with("401 · 권한 부여자가 돌려보냈다. 함수는 불리지 않았다."),
        "{}",
        reader.said()
    );
    for (id, last, count, words) in [
        ("no-such-route", "라우트", 3, "404 · 라우트가 없어 API Gateway가 돌려보냈다."),
        ("no-token", "권한 부여자", 5, "401 · 권한 부여자가"),
        ("impatient", "Lambda", 5, "503 · API Gateway가 Lambda의 답을 받지 못했다."),
    ] {
        reader.run(id);
        assert!(reader.said().starts_with(words), "{id}: {}", reader.said());
        assert_eq!(reader.travelled(last).len(), count, "{id}");
    }
    // A 404 and a 400 of the function's own have been there; the way there was watched above.
    reader.reduced_motion(true);
    for (id, status) in [
        ("empty-seat", "204"),
        ("no-such-user", "404"),
        ("wrong-content", "400"),
        ("wrong-content-type", "415"),
    ] {
        reader.run(id);
        assert_eq!(reader.said(), format!("{status} · 함수까지 갔다가 응답이 돌아왔다."), "{id}");
    }
    reader.travelled("응답");
    reader.reduced_motion(false);
}

fn a_burst_shows_a_refused_request(reader: &Reader<'_>) {
    reader.run("throttled");
    assert_eq!(reader.travelled("스로틀"), STEPS[..4]);
    assert!(reader.said().starts_with("429 · 스로틀이 돌려보냈다."), "{}", reader.said());
    reader.run("one-seat");
    assert_eq!(reader.travelled("Lambda").len(), 5);
    assert!(reader.said().starts_with("503 · "), "{}", reader.said());
}

fn the_steps_are_reached_by_buttons_and_keys_stay_inside(reader: &Reader<'_>) {
    let page = &reader.page;
    page.script("document.querySelector('.journey button:last-of-type').focus()", &[]).unwrap();
    let at = || {
        reader.value(
            "[...document.querySelectorAll('.journey li')].findIndex((step) => step.ariaCurrent === 'step')",
        )
    };
    for (step, name) in STEPS.iter().enumerate() {
        page.type_keys(":focus", &Key::Enter.to_string()).unwrap();
        assert_eq!(at(), step);
        assert!(reader.said().starts_with(name), "{}", reader.said());
    }
    // Keys that mdBook would take for itself: the next page, the search, the help.
    let here = page.url().unwrap();
    for key in [&Key::Right.to_string(), &Key::Left.to_string(), "s", "/", "?"] {
        page.type_keys(":focus", key).unwrap();
    }
    assert_eq!(page.url().unwrap(), here);
    assert_eq!(reader.value("document.activeElement.textContent"), "다음");
    page.type_keys(":focus", &format!("{}{}", Key::Shift, Key::Tab)).unwrap();
    assert_eq!(reader.value("document.activeElement.textContent"), "이전");
    page.type_keys(":focus", " ").unwrap();
    assert_eq!(at(), 6);
    assert!(reader.said().starts_with("DynamoDB"), "{}", reader.said());
    // A button takes over from a request that is on its way.
    // Its next step is held back here, so that it is still on its way however slow this machine is.
    let hold = "window.held = new Set();
        const set = window.setTimeout, clear = window.clearTimeout;
        window.setTimeout = (next, wait, ...rest) => {
            if (wait < 400) return set(next, wait, ...rest);
            held.add(-held.size - 1);
            return -held.size;
        };
        window.clearTimeout = (id) => { held.delete(id); clear(id); }";
    page.script(hold, &[]).unwrap();
    reader.run("no-token");
    page.wait_until("held.size === 1", LIMIT).unwrap();
    page.type_keys(":focus", " ").unwrap();
    assert_eq!(reader.value("held.size"), 0, "nothing moves any more");
    reader.fresh();
}

fn without_motion_the_end_is_shown_at_once(reader: &Reader<'_>) {
    reader.reduced_motion(true);
    reader.run("no-token");
    assert_eq!(reader.travelled("권한 부여자"), ["권한 부여자"], "no step on the way");
    assert_eq!(reader.said(), "401 · 권한 부여자가 돌려보냈다. 함수는 불리지 않았다.", "nothing is slowed");
    reader.reduced_motion(false);
}

fn the_text_of_the_picture_can_be_selected_and_is_named(reader: &Reader<'_>) {
    let selected = reader.value(
        "(() => { getSelection().selectAllChildren(document.querySelector('.journey svg g:nth-of-type(3) text')); return getSelection().toString(); })()",
    );
    assert!(selected.as_str().unwrap().contains("라우트"), "{selected}");
    assert_eq!(
        reader.value("getComputedStyle(document.querySelector('.journey svg text')).userSelect"),
        "auto"
    );
    let named = reader.value(
        "document.querySelector('.journey svg').getAttribute('aria-labelledby').split(' ').map((id) => document.getElementById(id).textContent.length > 20)",
    );
    assert_eq!(named, json!([true, true]));
    assert_eq!(reader.value("document.querySelectorAll('.journey svg g').length"), STEPS.len());
    // An output element is a live region of the role `status` (HTML Accessibility API Mappings).
    assert_eq!(reader.value("document.querySelectorAll('.journey output').length"), 1);
    // The numbers of the picture are those of the list.
    let numbers = reader.value(
        "[...document.querySelectorAll('.journey svg g')].map((part, n) => part.textContent.startsWith('①②③④⑤⑥⑦⑧'[n]))",
    );
    assert_eq!(numbers, json!(vec![true; 8]));
}

fn axe_finds_nothing_in_any_theme(reader: &Reader<'_>) {
    let page = &reader.page;
    reader.reduced_motion(true);
    reader.run("no-token");
    page.script(AXE, &[]).unwrap();
    for theme in ["light", "rust", "coal", "navy", "ayu"] {
        page.script("document.getElementById('mdbook-theme-' + arguments[0]).click()", &[json!(theme)])
            .unwrap();
        // Colours change over a moment; what is measured is the end of it.
        let still = format!(
            "document.documentElement.classList.contains('{theme}') && document.getAnimations().every((one) => one.playState !== 'running')"
        );
        page.wait_until(&still, LIMIT).unwrap();
        let found = page.script_async(
            "const { violations } = await axe.run('.journey', { resultTypes: ['violations'] });
             return violations.flatMap(({ id, nodes }) => nodes.map(({ html, any }) => `${id}: ${html} ${any[0]?.message ?? ''}`))",
            &[],
        );
        assert_eq!(found.unwrap(), json!([]), "{theme}");
        // The step at hand differs by the strength of its line, not by a colour alone.
        let strokes = reader.value(
            "[4, 5].map((n) => getComputedStyle(document.querySelectorAll('.journey svg g')[n].querySelector('.box')).strokeWidth)",
        );
        assert_eq!(strokes, json!(["4px", "1px"]), "{theme}");
    }
    reader.reduced_motion(false);
    let small = reader.value(
        "[...document.querySelectorAll('.journey button')].map((button) => button.getBoundingClientRect()).filter(({ width, height }) => width < 44 || height < 44).length",
    );
    assert_eq!(small, 0);
}

fn on_a_narrow_screen_nothing_is_cut(reader: &Reader<'_>) {
    reader.page.viewport(360, 700).unwrap();
    reader.fresh();
    let wide = reader.value(
        "[...document.querySelectorAll('.journey, .journey *')].filter((part) => part.getBoundingClientRect().right > 360).map((part) => part.outerHTML.slice(0, 90))",
    );
    assert_eq!(wide, json!([]));
    reader.page.viewport(1280, 900).unwrap();
}

fn without_a_script_there_is_a_numbered_picture_and_a_list(reader: &Reader<'_>) {
    let page = &reader.page;
    page.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true })).unwrap();
    page.goto(&reader.url).unwrap();
    // The driver reads the page through DevTools, where the page's own scripts stay off.
    assert_eq!(reader.value("typeof window.mdbookLive"), "undefined");
    let shown = |css: &str| {
        reader.value(&format!(
            "[...document.querySelectorAll('.journey {css}')].filter((part) => part.checkVisibility()).length"
        ))
    };
    assert_eq!(shown("svg"), 1);
    assert_eq!(shown("ol > li"), STEPS.len());
    assert_eq!(shown("button, .journey output"), 0);
    page.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": false })).unwrap();
}
