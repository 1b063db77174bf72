//! A listing in several languages: tabs by mouse and keyboard, the same choice for all and for the next page, all of it on paper.

use serde_json::{Value, json};
use webdriver::{Key, Session};

use crate::served::{BOOK, LIMIT, fresh, in_browser, texts};

/// Pages with such listings.
fn pages() -> Vec<String> {
    let html = |name: &String| std::fs::read_to_string(BOOK.folder.join(name)).unwrap();
    BOOK.pages().into_iter().filter(|name| html(name).contains("class=\"languages\"")).collect()
}

/// For each listing: the tab that is chosen, the names of the panels that are shown, how many tabs the Tab key stops at.
fn shown(page: &Session<'_>) -> Vec<Value> {
    let look = "return [...document.querySelectorAll('.languages')].map(box => {
        const tabs = [...box.querySelectorAll('[role=tab]')];
        return [
            tabs.filter(tab => tab.ariaSelected === 'true').map(tab => tab.textContent).join(),
            [...box.querySelectorAll('[role=tabpanel]')].filter(panel => panel.offsetHeight)
                .map(panel => document.getElementById(panel.getAttribute('aria-labelledby')).textContent).join(),
            tabs.filter(tab => tab.tabIndex === 0).length,
        ];
    })";
    page.script(look, &[]).unwrap().as_array().unwrap().clone()
}

fn all_show(page: &Session<'_>, language: &str) {
    let shown = shown(page);
    assert!(!shown.is_empty());
    for one in shown {
        assert_eq!(one, json!([language, language, 1]));
    }
}

fn ready(page: &Session<'_>) {
    page.wait_until("document.querySelector('[role=tabpanel]')", LIMIT).unwrap();
}

#[test]
fn a_language_is_chosen_once_for_all_listings() {
    in_browser(|page| {
        page.viewport(360, 740).unwrap();
        let pages = pages();
        assert!(pages.len() >= 2, "{pages:?}");
        fresh(page, &format!("{}/{}", BOOK.url, pages[0]));
        ready(page);
        all_show(page, "Rust");
        // What is pressed stays where it is, whatever changes above it.
        let press = "const tab = [...document.querySelectorAll('[role=tab]')].findLast(tab => tab.textContent === 'Python');
            tab.scrollIntoView({ block: 'center', behavior: 'instant' });
            const before = tab.getBoundingClientRect().top;
            tab.click();
            return Math.abs(tab.getBoundingClientRect().top - before) < 2";
        assert_eq!(page.script(press, &[]).unwrap(), json!(true), "the tab jumped away");
        all_show(page, "Python");

        let last = format!("{}/{}", BOOK.url, pages[pages.len() - 1]);
        page.goto(&last).unwrap();
        ready(page);
        all_show(page, "Python");
        // Around at the end, and the page is not turned. Home and End as WebDriver writes them.
        let (right, left) = (Key::Right.to_string(), Key::Left.to_string());
        for (key, language) in [
            (right.as_str(), "Rust"),
            (&left, "Python"),
            ("\u{e011}", "Rust"),
            (&right, "Node"),
            ("\u{e010}", "Python"),
        ] {
            page.type_keys("[role=tab][tabindex='0']", key).unwrap();
            all_show(page, language);
            let focus = "return document.activeElement.textContent";
            assert_eq!(page.script(focus, &[]).unwrap(), json!(language));
        }
        assert_eq!(page.script("return location.href", &[]).unwrap(), json!(last));
        let wide = "return document.documentElement.scrollWidth <= innerWidth";
        assert_eq!(page.script(wide, &[]).unwrap(), json!(true), "wider than a phone");
    });
}

#[test]
fn on_paper_and_without_a_script_every_language_is_there() {
    in_browser(|page| {
        for name in pages() {
            let html = std::fs::read_to_string(BOOK.folder.join(&name)).unwrap();
            for listing in html.split("class=\"languages\"").skip(1) {
                let listing = listing.split("</div>").next().unwrap();
                for language in ["Rust", "Node", "Python"] {
                    assert!(
                        listing.contains(&format!("<p><strong>{language}</strong></p>")),
                        "{name}: {listing}"
                    );
                }
            }
            fresh(page, &format!("{}/{name}", BOOK.url));
            ready(page);
            page.cdp("Emulation.setEmulatedMedia", json!({ "media": "print" })).unwrap();
            page.wait_until(
                "[...document.querySelectorAll('[role=tabpanel]')].every(one => one.offsetHeight)",
                LIMIT,
            )
            .unwrap();
            let names = "return [...document.querySelectorAll('.languages')].map(box => box.innerText.trim().split('\\n')[0])";
            assert!(texts(&page.script(names, &[]).unwrap()).iter().all(|name| name == "Rust"), "{name}");
            page.cdp("Emulation.setEmulatedMedia", json!({ "media": "" })).unwrap();
            page.wait_until(
                "[...document.querySelectorAll('[role=tabpanel]')].some(one => one.hidden)",
                LIMIT,
            )
            .unwrap();
        }
    });
}
