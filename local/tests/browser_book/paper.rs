//! Printing: one page and the whole book. The recorded answers are on paper, nothing is cut off, no button is left.

use base64::Engine;
use serde_json::{Value, json};
use webdriver::Session;

use crate::pdf;
use crate::served::{BOOK, LIMIT, THEMES, in_browser, texts, theme};

/// Shows the page as it will be printed on A4 (210 mm less 2 x 10 mm is 718 CSS px).
fn on_paper(page: &Session<'_>, url: &str) {
    // The print page opens the dialog by itself, which would stop everything.
    let quiet = json!({ "source": "window.print = () => {}" });
    page.cdp("Page.addScriptToEvaluateOnNewDocument", quiet).unwrap();
    page.viewport(718, 1000).unwrap();
    page.goto(url).unwrap();
    page.wait_until("document.readyState === 'complete'", LIMIT).unwrap();
    page.cdp("Emulation.setEmulatedMedia", json!({ "media": "print" })).unwrap();
    // What another medium lays out appears with the next frame.
    let drawn = "for (let n = 0; n < 2; n++) await new Promise(requestAnimationFrame)";
    page.script_async(drawn, &[]).unwrap();
}

fn printed(page: &Session<'_>) -> Vec<u8> {
    let answer = page.cdp("Page.printToPDF", json!({ "printBackground": false })).unwrap();
    base64::engine::general_purpose::STANDARD.decode(answer["data"].as_str().unwrap()).unwrap()
}

/// Recordings whose text takes no room, and what sticks out of the paper.
const LOST: &str = "
    const hidden = [...document.querySelectorAll('.live-recording pre')].filter(one => one.offsetHeight < 10)
        .map(one => 'not printed: ' + one.closest('.live').id);
    const width = document.documentElement.clientWidth;
    const cut = [...document.querySelectorAll('main p, main pre, main code, main td, main svg, main img')]
        .filter(one => one.offsetHeight !== 0 && one.getBoundingClientRect().right > width + 1)
        .map(one => 'cut off: ' + one.outerHTML.slice(0, 100));
    const scrolled = [...document.querySelectorAll('main pre, main .live-body, main .table-wrapper')]
        .filter(one => one.offsetHeight && one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== 'visible')
        .map(one => 'hidden behind a scrollbar: ' + one.outerHTML.slice(0, 100));
    const pressed = [...document.querySelectorAll('main button, main textarea, #mdbook-menu-bar, #mdbook-sidebar')]
        .filter(one => one.offsetHeight).map(one => 'useless on paper: ' + one.outerHTML.slice(0, 100));
    return [...hidden, ...cut, ...scrolled, ...pressed]";

/// The first line of every recorded answer and the last line of every request can be read in the file itself.
fn every_recording_is_in(page: &Session<'_>, file: &[u8], name: &str) {
    let lines = "const lines = (css, which) => [...document.querySelectorAll(css)]
            .map(one => one.textContent.split('\\n').filter(line => line.trim()).at(which));
        return [...lines('.live-recording pre', 0), ...lines('.live-text', -1), ...lines('main h1, main h2', 0)]";
    let squeeze = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let paper = squeeze(&pdf::text(file));
    let lines = texts(&page.script(lines, &[]).unwrap());
    let lost: Vec<_> = lines.iter().filter(|line| !paper.contains(&squeeze(line))).collect();
    assert!(lost.is_empty(), "{name}: {} of {} lines are not on paper: {lost:#?}", lost.len(), lines.len());
}

#[test]
fn every_page_prints_whole() {
    in_browser(|page| {
        for name in BOOK.pages() {
            on_paper(page, &format!("{}/{name}", BOOK.url));
            assert_eq!(texts(&page.script(LOST, &[]).unwrap()), Vec::<String>::new(), "{name}");
            let pdf = printed(page);
            every_recording_is_in(page, &pdf, &name);
        }
    });
}

#[test]
fn a_dark_theme_prints_as_black_on_white() {
    // Relative luminance as WCAG 2.2 defines it; 0.18 on white is a contrast of 4.5.
    let pale = "const light = text => text.match(/[\\d.]+/g).slice(0, 3).map(one => one / 255)
            .map(one => one <= .04045 ? one / 12.92 : ((one + .055) / 1.055) ** 2.4)
            .reduce((sum, one, i) => sum + one * [.2126, .7152, .0722][i], 0);
        return [...document.querySelectorAll('main :is(h1, h2, p, li, td, th, summary, code, code span, figcaption)')]
            .filter(one => one.innerText?.trim() && light(getComputedStyle(one).color) > .19)
            .map(one => `${getComputedStyle(one).color} ${one.outerHTML.slice(0, 100)}`).slice(0, 5)";
    in_browser(|page| {
        let (_, heaviest) = BOOK.by_blocks().remove(0);
        on_paper(page, &format!("{}/{heaviest}", BOOK.url));
        for name in THEMES {
            theme(page, name);
            assert_eq!(texts(&page.script(pale, &[]).unwrap()), Vec::<String>::new(), "{name}");
        }
    });
}

#[test]
fn the_whole_book_prints_with_every_recording() {
    in_browser(|page| {
        on_paper(page, &format!("{}/print.html", BOOK.url));
        assert_eq!(texts(&page.script(LOST, &[]).unwrap()), Vec::<String>::new());
        // Every chapter's first heading is there, once, and every block has its request as text.
        let chapters = page.script("return document.querySelectorAll('main h1').length", &[]).unwrap();
        assert_eq!(chapters, Value::from(BOOK.pages().len() - 1));
        let mute = "return [...document.querySelectorAll('live-request .live-text')].filter(one => !one.offsetHeight).length";
        assert_eq!(page.script(mute, &[]).unwrap(), 0);
        let pdf = printed(page);
        let pages =
            pdf.windows(11).filter(|window| window.starts_with(b"/Type /Page") && window[10] != b's').count();
        eprintln!("the book on paper: {pages} pages, {} bytes", pdf.len());
        assert!(pages > 20, "{pages} pages");
    });
}
