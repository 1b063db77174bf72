//! The whole book under its own Content-Security-Policy: every kind of widget is used, and nothing is refused.

use std::collections::BTreeMap;

use serde_json::json;
use webdriver::Session;

use crate::served::{BOOK, LIMIT, Program, THEMES, fresh, in_browser, press, texts, theme};

/// Before the page's own scripts: remembers whatever the policy refuses. The dialog for printing would stop everything.
const WATCH: &str = "window.print = () => {}; window.refused = [];
    addEventListener('securitypolicyviolation', (one) =>
        refused.push(`${one.effectiveDirective} ${one.blockedURI} ${one.sourceFile}:${one.lineNumber} ${one.sample}`), true)";

/// Answers every question of the page, and tells which kinds of widgets it found.
const ANSWER: &str = "
    const kinds = {}, used = (kind) => kinds[kind] = (kinds[kind] ?? 0) + 1;
    const press = (one) => one.checkVisibility() && !one.disabled && one.click();
    for (const one of document.querySelectorAll('live-predict, live-quiz, live-sort')) {
        one.querySelectorAll('fieldset').forEach((group) => group.querySelector('input[type=radio], input[type=checkbox]')?.click());
        for (const input of one.querySelectorAll('input[type=number]')) { input.value = 3; input.dispatchEvent(new Event('input', { bubbles: true })); }
        [...one.querySelectorAll('button')].slice(0, one.localName === 'live-sort' ? 9 : 1).forEach(press);
        if (one.querySelector('.live-say').textContent) used(one.localName);
    }
    for (const one of document.querySelectorAll('live-calc')) {
        for (const input of one.querySelectorAll('input')) { input.value = 7; input.dispatchEvent(new Event('input', { bubbles: true })); }
        one.querySelectorAll('button').forEach(press);
        used(one.localName);
    }
    for (const one of document.querySelectorAll('.simulator form')) {
        one.step.value = one.step.max / 2;
        one.step.dispatchEvent(new Event('input', { bubbles: true }));
        one.querySelectorAll('button').forEach(press);
        if (one.closest('.simulator').querySelector('svg path')) used('simulator');
    }
    for (const one of document.querySelectorAll('.journey')) {
        one.querySelectorAll('button').forEach(press);
        if (one.querySelector('output').value) used('journey');
    }
    for (const one of document.querySelectorAll('.token')) {
        one.querySelectorAll('button').forEach(press);
        used('token');
    }
    document.querySelectorAll('details').forEach((one) => one.open = true);
    document.querySelectorAll('.clip-button').forEach((one) => one.click());
    return kinds";

/// Skips all predictions, whose blocks cannot be run before.
pub const SKIP: &str =
    "document.querySelectorAll('live-predict').forEach((one) => one.querySelectorAll('button')[1]?.click())";

/// The blocks to run: the page's first, the first with each kind of chart, and the first that needs another before it. Those of
/// signed-in readers are run in sign_in/widget.
const BLOCKS: &str = "
    const all = [...document.querySelectorAll('live-request')].filter((one) => one.querySelector('.live-buttons button') && !one.querySelector('.live-needs'));
    const model = (one) => JSON.parse(one.dataset.block);
    const first = { block: all[0], dots: all.find((one) => one.querySelector('.live-chart.dots')),
        lanes: all.find((one) => one.querySelector('.live-chart.lanes')), burst: all.find((one) => model(one).parallel > 6),
        chain: all.find((one) => model(one).needs.length) };
    return Object.entries(first).filter(([, one]) => one).map(([kind, one]) => [kind, one.closest('.live').id])";

fn nothing_was_refused(page: &Session<'_>, place: &str) {
    // Reports are tasks of their own, after the frame in which something was refused.
    let frames = "for (let n = 0; n < 2; n++) await new Promise(requestAnimationFrame);
        await new Promise((done) => setTimeout(done)); return refused";
    assert_eq!(texts(&page.script_async(frames, &[]).unwrap()), Vec::<String>::new(), "{place}");
}

fn run(page: &Session<'_>, id: &str) {
    press(page, &format!("#{id} .live-buttons button"));
    let answered = format!(
        "!document.querySelector('#{id} live-request').hasAttribute('aria-busy') && document.querySelector('#{id} .live-answer').textContent"
    );
    page.wait_until(&answered, LIMIT).unwrap_or_else(|error| {
        let said = format!("return document.querySelector('#{id} .live-say').textContent");
        panic!("{id}: {:?} {error:#}", page.script(&said, &[]))
    });
}

/// Uses everything on the open page; kinds of widgets used.
fn use_everything(page: &Session<'_>, used: &mut BTreeMap<String, usize>) {
    let kinds = page.script(ANSWER, &[]).unwrap();
    for (kind, count) in kinds.as_object().unwrap() {
        *used.entry(kind.clone()).or_default() += usize::try_from(count.as_u64().unwrap()).unwrap();
    }
    let mut done = Vec::new();
    for pair in page.script(BLOCKS, &[]).unwrap().as_array().unwrap() {
        let pair = texts(pair);
        if !done.contains(&pair[1]) {
            run(page, &pair[1]);
            done.push(pair[1].clone());
        }
        *used.entry(pair[0].clone()).or_default() += 1;
    }
    // The page of all chapters leaves its widgets as they are on paper.
    let compares = "return document.querySelector('live-compare button')?.checkVisibility() ?? false";
    if page.script(compares, &[]).unwrap() == true {
        let listen = "window.ran = []; addEventListener('live-run', ({ detail }) => ran.push(detail.id))";
        page.script(listen, &[]).unwrap();
        press(page, "live-compare button");
        let last =
            "ran.includes(JSON.parse(document.querySelector('live-compare').dataset.lesson).rows.at(-1))";
        page.wait_until(last, LIMIT).unwrap();
        *used.entry("live-compare".to_owned()).or_default() += 1;
    }
}

#[test]
fn nothing_a_reader_does_breaks_the_policy() {
    in_browser(|page| {
        let program = Program::start(&[]).live("/api/users").live("/api/cold-start/plain-512");
        page.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })).unwrap();
        let mut used = BTreeMap::new();
        let mut pages = BOOK.pages();
        pages.extend(["print.html".to_owned(), "no/such/page".to_owned()]);
        for name in &pages {
            fresh(page, &format!("{}/{name}", program.url));
            for name in THEMES {
                theme(page, name);
            }
            page.type_keys("body", "/").unwrap();
            page.type_keys("#mdbook-searchbar", "람다").unwrap();
            page.wait_until("document.querySelector('#mdbook-searchresults a')", LIMIT).unwrap();
            page.script("document.getElementById('mdbook-search-toggle').click()", &[]).unwrap();
            use_everything(page, &mut used);
            nothing_was_refused(page, name);
        }
        for kind in [
            "block",
            "dots",
            "lanes",
            "burst",
            "chain",
            "live-predict",
            "live-quiz",
            "live-sort",
            "live-calc",
            "live-compare",
            "simulator",
            "journey",
            "token",
        ] {
            assert!(used.contains_key(kind), "no {kind} was used: {used:?}");
        }

        // The listener hears: what slips into a page is refused and told.
        let slipped = "const script = document.createElement('script'); script.textContent = 'window.slipped = 1';
            document.body.append(script);
            document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.slipped = 2\">');
            const other = document.createElement('script'); other.src = 'https://book.example/x.js'; document.body.append(other);
            return window.slipped === undefined";
        assert_eq!(page.script(slipped, &[]).unwrap(), true);
        page.wait_until("refused.length >= 3", LIMIT).unwrap();
        let refused = texts(&page.script("return refused", &[]).unwrap());
        for part in
            ["script-src-elem inline", "script-src-attr inline", "script-src-elem https://book.example/x.js"]
        {
            assert!(refused.iter().any(|one| one.starts_with(part)), "{part}: {refused:?}");
        }
        assert_eq!(page.script("return window.slipped === undefined", &[]).unwrap(), true);
    });
}

/// What somebody may be called (at most forty characters), and what a page must never take for anything but a name.
const NAMES: [&str; 6] = [
    "<img src=x onerror=document.title=1>",
    "<script>document.title=1</script>",
    "</code></pre><b>x</b><!--",
    "javascript:document.title=1",
    "{{api}} ${1+1} %3Cimg%3E &lt;b&gt;",
    "محمد <b>דוד</b>",
];

#[test]
fn a_hostile_name_is_shown_as_it_was_written() {
    in_browser(|page| {
        let program = Program::start(&[]).live("/api/users");
        page.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })).unwrap();
        fresh(page, &format!("{}/08-crud-api.html", program.url));
        page.script(SKIP, &[]).unwrap();
        let title = page.script("return document.title", &[]).unwrap();
        let edit = "const editor = document.querySelector('#live-user-create textarea'); editor.value = arguments[0];
            editor.dispatchEvent(new Event('input', { bubbles: true }))";
        let create = |name: &str| {
            // What stands in double braces is a value of the page, so the name goes into the request letter by letter.
            let name: String = name.chars().map(|letter| format!("\\u{:04x}", u32::from(letter))).collect();
            let request =
                format!("POST /api/users\nContent-Type: application/json\n\n{{\"name\":\"{name}\"}}");
            page.script(edit, &[request.into()]).unwrap();
            run(page, "live-user-create");
            let shown = "return document.querySelector('#live-user-create .live-body').textContent";
            page.script(shown, &[]).unwrap().as_str().unwrap().to_owned()
        };
        for name in NAMES {
            let shown = create(name);
            assert!(shown.contains(name), "{name}: {shown}");
            let made = "return document.querySelectorAll('.live-answer :is(img, script, a, b:not(.live-badge))').length";
            assert_eq!(page.script(made, &[]).unwrap(), 0, "{name}");
        }
        // What turns the letters behind it around is nobody's name.
        for name in ["a\u{202E}b", "\u{2066}a", "a\u{200F}"] {
            let shown = create(name);
            assert!(shown.contains("name_characters") && !shown.contains(name), "{shown}");
        }
        assert_eq!(page.script("return document.title", &[]).unwrap(), title);
        nothing_was_refused(page, "names");
    });
}
