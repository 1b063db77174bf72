//! The page's script in a real Chromium, with the theme of the real book: the same rules, and a figure for everybody.
//! Knows the vectors, the model and the site.

use std::path::Path;
use std::time::Duration;

use local::site::Site;
use local::site::build::build_once;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use webdriver::{Driver, Key, Session};

use crate::model::run;
use crate::project;
use crate::vectors::{any_scenario, vectors};

const LIMIT: Duration = Duration::from_secs(30);

/// The script's spans as a course: who is who is told by the order in which requests arrived.
const COURSE: &str = "
    const course = (scenario) => {
        const spans = place(scenario), kept = scenario.provisioned ?? 0, used = new Set();
        const states = ['', 'init', 'run', 'freeze'], lanes = Math.max(kept, ...spans.map(([n]) => n));
        const requests = spans.filter(([, state]) => state === 2 || state > 4).map(([environment, state, start, end]) => {
            if (state > 4) return { status: state === 5 ? 429 : 503 };
            const cold = environment > kept && !used.has(environment);
            used.add(environment);
            return { environment, cold, start, end };
        });
        const environments = Array.from({ length: lanes }, (_, n) => spans.filter(([lane, state]) => lane === n + 1 && state < 4)
            .sort((a, b) => a[2] - b[2]).map(([, state, from, to]) => [states[state], from, to]));
        const gone = spans.filter(([, state]) => state === 4).every(([n, , at]) => environments[n - 1].at(-1)[2] === at);
        return { requests, environments, gone };
    };";

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        // Links are followed: the theme's scripts live elsewhere.
        if from.is_dir() { copy(&from, &to) } else { std::fs::copy(&from, &to).map(drop).unwrap() }
    }
}

/// The real book's settings without its demands on chapters, which this one does not meet.
fn settings() -> String {
    let text = std::fs::read_to_string(project("book/book.toml")).unwrap();
    let mut demands = false;
    let lines = text.lines().filter(|line| {
        if line.starts_with('[') {
            demands = line.starts_with("[preprocessor.live.checks");
        }
        !demands
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The real book's settings and theme around one chapter that holds every figure and a block nothing answers.
fn serve(runtime: &Runtime, root: &Path) -> String {
    let book = root.join("book");
    copy(&project("book/theme"), &book.join("theme"));
    copy(&project("book/src/simulations"), &book.join("src/simulations"));
    std::fs::write(book.join("book.toml"), settings()).unwrap();
    let block = "```hurl demo id=grow-at-once\n# 한꺼번에 부르기\nGET {{api}}/cold-start/plain-128\n\nHTTP 200\n```\n";
    let figures = ["sequential", "burst", "idle", "limit", "downstream", "settings", "scale"]
        .map(|name| format!("## {name}\n\n{{{{#include simulations/{name}.html}}}}\n"));
    let chapter = format!("# 모델\n\n{block}\n{}", figures.join("\n"));
    for (name, text) in [
        ("SUMMARY.md", "- [앞](before.md)\n- [모델](models.md)\n- [뒤](after.md)\n"),
        ("before.md", "# 앞\n"),
        ("models.md", &chapter),
        ("after.md", "# 뒤\n"),
        ("404.md", "# 없다\n"),
    ] {
        std::fs::write(book.join("src").join(name), text).unwrap();
    }
    // A book that cannot be built says why here; the site would serve a page that says so.
    build_once(&book, Some(&root.join("first"))).unwrap();
    let site = Site::new(book, root.join("scratch"), watch::channel(Vec::new()).1);
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = site.router(port);
        tokio::spawn(async move { axum::serve(listener, router).await });
        tokio::spawn(async move { site.run(watch::channel(0).1).await });
        format!("http://127.0.0.1:{port}/models.html")
    })
}

/// A value of the page.
fn value(page: &Session<'_>, expression: &str) -> Value {
    page.script(&format!("return {expression}"), &[]).unwrap()
}

/// How often a state has been entered, as the sentence says it; 0 is the time.
fn slot(page: &Session<'_>, name: &str, n: usize) -> u64 {
    let text = value(page, &format!("document.querySelectorAll('#simulator-{name} b')[{n}].textContent"));
    text.as_str().unwrap().parse().unwrap()
}

#[test]
fn the_script_steps_the_same_rules_and_its_figures_are_for_everybody() {
    if webdriver::skip_browser() {
        return;
    }
    let (runtime, folder) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let url = serve(&runtime, folder.path());
    let driver = Driver::start().unwrap();
    let page = driver.session().unwrap();
    page.goto(&url).unwrap();
    page.wait_until("document.querySelectorAll('.simulator form:not([hidden])').length === 7", LIMIT)
        .unwrap();
    let refused = page.console().unwrap();
    assert!(!refused.iter().any(|entry| entry.message.contains("Content Security")), "{refused:?}");

    the_vectors_hold(&page);
    random_scenarios_agree(&page);
    the_first_drawing_is_the_one_in_the_html(&page, &url);
    a_keyboard_is_enough(&page, &url);
    choices_change_the_course(&page, &url);
    nothing_moves_and_nothing_overflows(&page, &url);
    axe_finds_nothing(&page, &url);
    the_model_is_offered_where_nothing_answers(&page, &url);
}

fn the_vectors_hold(page: &Session<'_>) {
    for vector in vectors() {
        let script = format!("{COURSE} return course(arguments[0])");
        let found = page.script(&script, &[serde_json::to_value(&vector.scenario).unwrap()]).unwrap();
        assert_eq!(found["requests"], vector.requests, "{}", vector.name);
        assert_eq!(found["environments"], vector.environments, "{}", vector.name);
        assert_eq!(found["gone"], true, "{}", vector.name);
    }
}

fn random_scenarios_agree(page: &Session<'_>) {
    let mut runner = TestRunner::deterministic();
    let scenarios: Vec<_> =
        (0..500).map(|_| any_scenario().new_tree(&mut runner).unwrap().current()).collect();
    let script = format!("{COURSE} return arguments[0].map(course)");
    let found = page.script(&script, &[serde_json::to_value(&scenarios).unwrap()]).unwrap();
    for (scenario, found) in scenarios.iter().zip(found.as_array().unwrap()) {
        let expected = serde_json::to_value(run(scenario)).unwrap();
        assert_eq!(found["requests"], expected["requests"], "{scenario:?}");
        assert_eq!(found["environments"], expected["environments"], "{scenario:?}");
    }
}

/// Also what a reader without JavaScript sees.
fn the_first_drawing_is_the_one_in_the_html(page: &Session<'_>, url: &str) {
    let drawn =
        "[...document.querySelectorAll('.simulator')].map((figure) => ['svg', 'tbody', '[role=status]']
        .map((css) => figure.querySelector(css).outerHTML.replaceAll('\\n', '')))";
    let scripted = value(page, drawn);
    page.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true })).unwrap();
    page.goto(url).unwrap();
    assert_eq!(value(page, "typeof place"), "undefined");
    let built = value(page, drawn);
    for (built, scripted) in built.as_array().unwrap().iter().zip(scripted.as_array().unwrap()) {
        assert_eq!(built, scripted);
    }
    let hidden = "[...document.querySelectorAll('.simulator :is(form, div)')].every((part) => !part.checkVisibility())";
    assert_eq!(value(page, hidden), true);
    let shown = "[...document.querySelectorAll('.simulator')].every((figure) =>
        ['svg', '[role=status]', 'summary', 'figcaption', '.badge'].every((css) => figure.querySelector(css).checkVisibility()))";
    assert_eq!(value(page, shown), true);
    let alone = "[...document.querySelectorAll('.simulator > svg')].every((svg) => svg.getAttribute('aria-label').length > 40)";
    assert_eq!(value(page, alone), true);
    page.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": false })).unwrap();
}

fn a_keyboard_is_enough(page: &Session<'_>, url: &str) {
    page.goto(url).unwrap();
    let focus = "document.querySelector('#simulator-burst input').focus()";
    page.script(focus, &[]).unwrap();
    let press = |key: Key| page.type_keys(":focus", &key.to_string()).unwrap();
    // The slider: ten in the first crowd, ten in the second.
    assert_eq!((slot(page, "burst", 1), slot(page, "burst", 2)), (10, 20));
    press(Key::Left);
    assert_eq!(slot(page, "burst", 0), 48 * 75 - 75);
    press(Key::Tab);
    press(Key::Enter);
    assert_eq!(slot(page, "burst", 0), 0, "처음으로");
    assert_eq!((slot(page, "burst", 1), slot(page, "burst", 2)), (10, 0), "all initialise, none works");
    press(Key::Tab);
    press(Key::Tab);
    for _ in 0..4 {
        press(Key::Space);
    }
    assert_eq!(slot(page, "burst", 0), 300, "앞으로");
    assert_eq!(slot(page, "burst", 2), 10);
    let drawn = "document.querySelectorAll('#simulator-burst > svg .s1').length";
    assert_eq!(value(page, drawn), 10);
    press(Key::Right);
    press(Key::Left);
    assert_eq!(page.url().unwrap(), url, "arrow keys turn no page");
    page.type_keys(":focus", &format!("{}{}", Key::Shift, Key::Tab)).unwrap();
    press(Key::Enter);
    assert_eq!(slot(page, "burst", 0), 225, "뒤로");
    let outline = "parseFloat(getComputedStyle(document.activeElement).outlineWidth)";
    assert!(value(page, outline).as_f64().is_some_and(|width| width >= 2.0));
    // A choice, by the keys a closed list knows.
    page.script("document.querySelector('#simulator-limit select').focus()", &[]).unwrap();
    assert_eq!(slot(page, "limit", 6), 20);
    press(Key::Down);
    assert_eq!(slot(page, "limit", 6), 0, "100 ms of work stay under the limit");
}

fn choose(page: &Session<'_>, figure: &str, field: &str, option: usize) {
    page.script(
        "const [figure, field, option] = arguments, select = document.querySelector(`#simulator-${figure} [name=${field}]`);
         select.selectedIndex = option; select.dispatchEvent(new Event('input', { bubbles: true }))",
        &[json!(figure), json!(field), json!(option)],
    )
    .unwrap();
}

fn choices_change_the_course(page: &Session<'_>, url: &str) {
    page.goto(url).unwrap();
    choose(page, "limit", "burst", 1);
    assert!(slot(page, "limit", 5) > 0, "429");
    choose(page, "limit", "reserved", 2);
    assert_eq!(slot(page, "limit", 2), 0, "a limit of 0");
    choose(page, "limit", "reserved", 3);
    choose(page, "limit", "burst", 0);
    assert_eq!((slot(page, "limit", 2), slot(page, "limit", 6)), (30, 0), "no limit at all");
    choose(page, "burst", "provisioned", 2);
    assert_eq!(slot(page, "burst", 1), 0, "ten provisioned environments: no cold start");
    // Every choice of every figure draws something that fits its axis.
    let all = "return [...document.querySelectorAll('.simulator')].flatMap((figure) => [...figure.querySelectorAll('select')].flatMap((select) =>
        [...select.options].map((option) => {
            const before = select.value;
            select.value = option.value;
            select.dispatchEvent(new Event('input', { bubbles: true }));
            const runs = [...figure.querySelectorAll(':scope > svg .s2')].map((path) => +path.getAttribute('d').split('H')[1]);
            const row = [figure.id, select.name, option.text, Math.max(0, ...runs), +figure.querySelector('[type=range]').max, figure.querySelectorAll('tbody tr').length];
            select.value = before;
            return row;
        })))";
    page.goto(url).unwrap();
    for row in page.script(all, &[]).unwrap().as_array().unwrap() {
        assert!(row[3].as_f64() <= row[4].as_f64() && row[5].as_u64() > Some(0), "{row}");
    }
}

fn nothing_moves_and_nothing_overflows(page: &Session<'_>, url: &str) {
    let media = json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] });
    page.cdp("Emulation.setEmulatedMedia", media).unwrap();
    page.viewport(360, 700).unwrap();
    page.goto(url).unwrap();
    page.script(
        "document.querySelectorAll('.simulator details').forEach((details) => details.open = true)",
        &[],
    )
    .unwrap();
    choose(page, "limit", "burst", 1);
    let moving = "document.getAnimations().filter((animation) => animation.effect.target?.closest('.simulator')).length";
    assert_eq!(value(page, moving), 0);
    assert_eq!(value(page, "document.documentElement.scrollWidth <= innerWidth"), true);
    let wide = "[...document.querySelectorAll('.simulator, .simulator :not(path)')].filter((part) => part.getBoundingClientRect().right > 360)
        .map((part) => part.outerHTML.slice(0, 200))";
    assert_eq!(value(page, wide), json!([]));
    let small = "[...document.querySelectorAll('.simulator :is(button, select, input, summary)')].filter((part) => part.checkVisibility())
        .filter((part) => part.getBoundingClientRect().height < 44).map((part) => part.outerHTML.slice(0, 200))";
    assert_eq!(value(page, small), json!([]));
    let sliders = "[...document.querySelectorAll('.simulator [type=range]')].every((slider) => slider.clientWidth > 200)";
    assert_eq!(value(page, sliders), true);
    page.cdp("Emulation.setEmulatedMedia", json!({ "features": [] })).unwrap();
    page.viewport(1280, 900).unwrap();
}

fn axe_finds_nothing(page: &Session<'_>, url: &str) {
    page.goto(url).unwrap();
    let axe = project("preprocessor/tests/vendor/axe-core/axe.min.js");
    page.script(&std::fs::read_to_string(axe).unwrap(), &[]).unwrap();
    page.script(
        "document.querySelectorAll('.simulator details').forEach((details) => details.open = true)",
        &[],
    )
    .unwrap();
    let run = "const { violations } = await axe.run('main', { resultTypes: ['violations'] });
        return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 200)))";
    for theme in ["light", "ayu", "coal", "navy", "rust"] {
        let script = "document.documentElement.classList.remove('light', 'ayu', 'coal', 'navy', 'rust');
            document.documentElement.classList.add(arguments[0])";
        page.script(script, &[json!(theme)]).unwrap();
        // Colours change over a moment; what is measured is the end of it.
        let still = "!document.getAnimations().some((one) => one.playState === 'running' && one.effect.target?.closest('main'))";
        page.wait_until(still, LIMIT).unwrap();
        assert_eq!(page.script_async(run, &[]).unwrap(), json!([]), "{theme}");
    }
}

fn the_model_is_offered_where_nothing_answers(page: &Session<'_>, url: &str) {
    page.goto(url).unwrap();
    let offered = "document.querySelector('#live-grow-at-once [role=alert]')?.checkVisibility()";
    assert_eq!(value(page, offered), Value::Null);
    let offline = json!({ "offline": true, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
    page.cdp("Network.enable", json!({})).unwrap();
    page.cdp("Network.emulateNetworkConditions", offline).unwrap();
    page.click("#live-grow-at-once .live-buttons button").unwrap();
    page.wait_until(offered, LIMIT).unwrap();
    let link = "document.querySelector('#live-grow-at-once [role=alert] a')";
    assert_eq!(value(page, &format!("{link}.hash")), "#simulator-scale");
    let others = "document.querySelectorAll('.live [role=alert]').length";
    assert_eq!(value(page, others), 1, "the other figures are about other blocks");
    page.script(&format!("{link}.click()"), &[]).unwrap();
    page.wait_until(&format!("location.href === '{url}#simulator-scale'"), LIMIT).unwrap();
}
