//! The frame of the pages: Korean words only, everything reachable by keyboard, one description for each page.

use std::collections::BTreeSet;

use serde_json::json;
use webdriver::Key;

use crate::served::{BOOK, LIMIT, fresh, in_browser, texts, theme};

#[test]
fn no_english_word_of_mdbook_is_left() {
    in_browser(|page| {
        for name in BOOK.pages() {
            fresh(page, &format!("{}/{name}", BOOK.url));
            // All texts of the frame, hidden ones included, and all names that only screen readers tell.
            let words = "return [...document.querySelectorAll('[title], [aria-label], [placeholder]')]
                .flatMap(one => [one.title, one.ariaLabel, one.placeholder])
                .concat([...document.querySelectorAll('#mdbook-help-popup, .theme, .blockquote-tag-title')].map(one => one.textContent))
                .filter(Boolean).map(one => one.trim())";
            let english: BTreeSet<_> = texts(&page.script(words, &[]).unwrap())
                .into_iter()
                .filter(|text| !text.contains(|c| ('가'..='힣').contains(&c)))
                .filter(|text| !BOOK_WORDS.contains(&text.as_str()))
                .collect();
            assert!(english.is_empty(), "{name}: {english:?}");
            let head = "return [document.documentElement.lang, document.title, document.querySelector('meta[name=description]').content]";
            let head = page.script(head, &[]).unwrap();
            assert_eq!(head[0], "ko");
            for text in [&head[1], &head[2]] {
                assert!(text.as_str().unwrap().contains(|c| ('가'..='힣').contains(&c)), "{name}: {text}");
            }
        }
    });
}

/// Chapter titles that are no Korean words.
const BOOK_WORDS: [&str; 1] = ["User CRUD API"];

#[test]
fn every_page_describes_itself() {
    let mut seen = BTreeSet::new();
    for name in BOOK.pages() {
        let html = std::fs::read_to_string(BOOK.folder.join(&name)).unwrap();
        let description =
            html.split("<meta name=\"description\" content=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(description.chars().count() > 30, "{name}: {description}");
        assert!(seen.insert(description.to_owned()), "{name} has the description of another page");
        let title = html.split("<title>").nth(1).unwrap().split('<').next().unwrap();
        assert!(seen.insert(title.to_owned()), "{name} has the title of another page");
    }
}

#[test]
fn the_frame_works_by_keyboard() {
    in_browser(|page| {
        fresh(page, &format!("{}/index.html", BOOK.url));
        // The table of contents.
        let toggle = "document.getElementById('mdbook-sidebar-toggle')";
        for open in ["false", "true"] {
            page.script(&format!("{toggle}.focus()"), &[]).unwrap();
            page.type_keys("#mdbook-sidebar-toggle", &Key::Enter.to_string()).unwrap();
            page.wait_until(&format!("{toggle}.ariaExpanded === '{open}'"), LIMIT).unwrap();
            page.wait_until(
                &format!("document.documentElement.classList.contains('sidebar-visible') === {open}"),
                LIMIT,
            )
            .unwrap();
        }
        // The help, and a theme that stays for the next page.
        page.type_keys("body", "?").unwrap();
        page.wait_until(
            "document.getElementById('mdbook-help-popup').innerText.includes('책에서 찾는다')",
            LIMIT,
        )
        .unwrap();
        page.type_keys("body", &Key::Escape.to_string()).unwrap();
        theme(page, "navy");
        page.type_keys("body", &Key::Right.to_string()).unwrap();
        page.wait_until(
            "!location.pathname.endsWith('index.html') && document.readyState === 'complete'",
            LIMIT,
        )
        .unwrap();
        page.wait_until("document.documentElement.classList.contains('navy')", LIMIT).unwrap();
        page.type_keys("body", &Key::Left.to_string()).unwrap();
        page.wait_until("location.pathname.endsWith('index.html')", LIMIT).unwrap();
    });
}

#[test]
fn copying_code_is_said_in_korean() {
    in_browser(|page| {
        let name = BOOK.pages().into_iter().find(|name| {
            std::fs::read_to_string(BOOK.folder.join(name))
                .unwrap()
                .contains("<pre><code class=\"language-sh")
        });
        fresh(page, &format!("{}/{}", BOOK.url, name.unwrap()));
        page.cdp(
            "Browser.grantPermissions",
            json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] }),
        )
        .unwrap();
        // The button shows itself to a mouse above the code.
        let place = "const button = document.querySelector('pre:has(> code.language-sh) .clip-button');
            button.scrollIntoView({ block: 'center' });
            const { x, y, width, height } = button.getBoundingClientRect();
            return [x + width / 2, y + height / 2]";
        let place = page.script(place, &[]).unwrap();
        let mouse = |kind: &str| {
            let event =
                json!({ "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1 });
            page.cdp("Input.dispatchMouseEvent", event).unwrap();
        };
        mouse("mouseMoved");
        let shown = format!("document.elementFromPoint({}, {})?.closest('.clip-button')", place[0], place[1]);
        page.wait_until(&shown, LIMIT).unwrap();
        mouse("mousePressed");
        mouse("mouseReleased");
        page.wait_until(
            "document.querySelector('.tooltipped .tooltiptext')?.textContent === '복사했다'",
            LIMIT,
        )
        .unwrap();
    });
}

#[test]
fn without_scripts_the_table_of_contents_opens() {
    in_browser(|page| {
        page.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true })).unwrap();
        page.viewport(360, 740).unwrap();
        page.goto(&format!("{}/index.html", BOOK.url)).unwrap();
        page.click("label[for=mdbook-sidebar-toggle-anchor]").unwrap();
        let frame = page.find("#mdbook-sidebar iframe").unwrap();
        assert!(!frame.screenshot().unwrap().is_empty());
        assert!(page.find("main h1").unwrap().text().is_ok());
    });
}
