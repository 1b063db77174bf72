//! How soon the page shows something after a key or a click, on a processor four times slower.
//! The figures are printed; only a bound far above them is asserted, because other programs share the machine.

use serde_json::json;
use webdriver::Session;

use crate::served::{BOOK, LIMIT, Program, alone_in_browser, fresh};

/// "Good" is 200 ms (web.dev, Interaction to Next Paint, 2024). Asserted is what no reader would bear.
const UNBEARABLE: f64 = 2_000.0;

fn observe(page: &Session<'_>) {
    let observe = "window.slow = [];
        new PerformanceObserver(list => window.slow.push(...list.getEntries().map(one =>
            ({ name: one.name, duration: one.duration, wait: one.processingStart - one.startTime,
               work: one.processingEnd - one.processingStart }))))
            .observe({ type: 'event', durationThreshold: 16, buffered: false })";
    page.script(observe, &[]).unwrap();
}

/// The longest interaction since the last call, ms.
fn worst(page: &Session<'_>, what: &str) -> f64 {
    // Entries arrive with the frame after the next.
    let two_frames = "await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))";
    page.script_async(two_frames, &[]).unwrap();
    let entries = page.script("return window.slow.splice(0)", &[]).unwrap();
    let durations = entries.as_array().unwrap().iter().map(|one| one["duration"].as_f64().unwrap());
    let worst = durations.fold(0.0, f64::max);
    eprintln!("{what}: {worst} ms");
    assert!(worst < UNBEARABLE, "{what}: {entries}");
    worst
}

fn slow_down(page: &Session<'_>) {
    page.cdp("Emulation.setCPUThrottlingRate", json!({ "rate": 4 })).unwrap();
}

#[test]
fn searching_answers_at_once_on_a_slow_processor() {
    alone_in_browser(|page| {
        let (_, heaviest) = BOOK.by_blocks().remove(0);
        fresh(page, &format!("{}/{heaviest}", BOOK.url));
        slow_down(page);
        observe(page);
        page.type_keys("body", "/").unwrap();
        page.wait_until("document.activeElement.id === 'mdbook-searchbar' && window.search?.doc_urls", LIMIT)
            .unwrap();
        worst(page, "opening the search");
        for text in ["콜드 스타트", " 줄이기", "서버리쓰"] {
            for letter in text.chars() {
                page.type_keys("#mdbook-searchbar", &letter.to_string()).unwrap();
            }
            worst(page, &format!("typing «{text}»"));
        }
        page.script("document.getElementById('mdbook-theme-toggle').click()", &[]).unwrap();
        page.click("#mdbook-theme-ayu").unwrap();
        worst(page, "another theme");
    });
}

#[test]
fn running_a_block_answers_at_once_on_a_slow_processor() {
    alone_in_browser(|page| {
        let program = Program::start(&[]).live("/api/users").live("/api/cold-start/plain-512");
        let (_, heaviest) = BOOK.by_blocks().remove(0);
        fresh(page, &format!("{}/{heaviest}", program.url));
        slow_down(page);
        observe(page);
        let blocks = "return [...document.querySelectorAll('live-request')].filter(one => one.querySelector('.live-buttons'))
            .slice(0, 6).map(one => one.closest('.live').id)";
        let blocks = page.script(blocks, &[]).unwrap();
        for block in crate::served::texts(&blocks) {
            page.click(&format!("#{block} .live-buttons button")).unwrap();
            page.wait_until(
                &format!("!document.querySelector('#{block} live-request').hasAttribute('aria-busy')"),
                LIMIT,
            )
            .unwrap();
            worst(page, &format!("running {block}"));
        }
        let quiz = "return [...document.querySelectorAll('live-quiz button, live-quiz input, live-sort button')].slice(0, 3).length";
        for nth in 0..page.script(quiz, &[]).unwrap().as_u64().unwrap() {
            let mark = "const one = [...document.querySelectorAll('live-quiz button, live-quiz input, live-sort button')]
                .filter(one => one.offsetHeight)[arguments[0]]; one.scrollIntoView({ block: 'center' }); one.id ||= 'pressed-' + arguments[0]; return one.id";
            let id = page.script(mark, &[nth.into()]).unwrap();
            page.click(&format!("#{}", id.as_str().unwrap())).unwrap();
            worst(page, &format!("answer {nth} of a question"));
        }
    });
}
