//! axe over every page, theme and width: nothing in the text, nothing in the frame.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use webdriver::Session;

use crate::served::{BOOK, LIMIT, ROOT, THEMES, fresh, in_browser, texts, theme};

/// What axe finds, as `rule: element`. Everything is unfolded first.
const LOOK: &str = "
    document.querySelectorAll('main details').forEach(details => details.open = true);
    const { violations } = await axe.run(document, { resultTypes: ['violations'], ...arguments[0] });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html, any, all, none }) =>
        `${id}: ${html.slice(0, 160)} ${[...any, ...all, ...none][0]?.message ?? ''}`))";

fn axe(page: &Session<'_>, options: Value) -> Vec<String> {
    texts(&page.script_async(LOOK, &[options]).unwrap())
}

/// All that the contrast of a piece of text depends on, for every kind of text on the page: its own colours and size, and what is
/// painted beneath it. Remembers an element of each kind.
const KINDS: &str = "
    window.kinds = new Map();
    const look = (element, beneath) => {
        const style = getComputedStyle(element);
        if (style.display === 'none') return;
        const { backgroundColor, backgroundImage, opacity, filter, mixBlendMode, position, clip, clipPath } = style;
        const own = [backgroundColor, backgroundImage, opacity, filter, mixBlendMode, position, clip, clipPath].join();
        const isPlain = own === 'rgba(0, 0, 0, 0),none,1,none,normal,static,auto,none';
        const paint = isPlain ? beneath.paint : `${beneath.paint} ${own}`;
        const { color, fontSize, fontWeight, textDecorationLine, textShadow } = style;
        // axe passes over these, and must not pass over others that look the same.
        const isExempt = element.closest(':disabled, [aria-disabled=true], [inert], [aria-hidden=true]')
            || element.closest('label')?.control?.disabled || element.offsetWidth < 2;
        const kind = [element.localName, color, beneath.color, fontSize, fontWeight, textDecorationLine, textShadow,
            Boolean(isExempt), paint].join();
        const speaks = [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
        if (speaks && !kinds.has(kind) && element.checkVisibility({ visibilityProperty: true })) kinds.set(kind, element);
        for (const child of element.children) look(child, { paint, color });
    };
    document.querySelectorAll('main details').forEach(details => details.open = true);
    look(document.documentElement, { paint: '', color: '' });
    return [...kinds.keys()]";

/// From now on the rules about colours judge the elements remembered for these kinds, and no others.
const JUDGE: &str = "
    for (const one of document.querySelectorAll('[data-judged]')) delete one.dataset.judged;
    for (const kind of arguments[0]) kinds.get(kind).dataset.judged = '';
    const only = (id, selector) => ({ id, selector: `${selector}[data-judged]` });
    axe.configure({ rules: [only('color-contrast', '*'), only('link-in-text-block', 'a[href]')] })";

/// What axe finds in the theme that the page shows. A theme changes colours and nothing else, so all rules judge the first, on every
/// page, and those about colours judge whatever the others have that was not judged before.
fn in_theme(page: &Session<'_>, theme: &str, judged: &mut BTreeSet<String>) -> Vec<String> {
    if theme == THEMES[0] {
        return axe(page, json!({}));
    }
    let kinds = texts(&page.script(KINDS, &[]).unwrap());
    let new: Vec<_> = kinds.into_iter().filter(|kind| judged.insert(kind.clone())).collect();
    if new.is_empty() {
        return Vec::new();
    }
    page.script(JUDGE, &[json!(new)]).unwrap();
    axe(page, json!({ "runOnly": ["color-contrast", "link-in-text-block"] }))
}

fn with_axe(page: &Session<'_>, url: &str) {
    fresh(page, url);
    let axe = format!("{ROOT}/preprocessor/tests/vendor/axe-core/axe.min.js");
    page.script(&std::fs::read_to_string(axe).unwrap(), &[]).unwrap();
}

/// Every page in every theme, in a window of this size.
fn axe_finds_nothing_on_any_page(width: u32, height: u32) {
    in_browser(|page| {
        let (mut found, mut judged) = (Vec::new(), BTreeSet::new());
        page.viewport(width, height).unwrap();
        for name in BOOK.pages() {
            with_axe(page, &format!("{}/{name}", BOOK.url));
            page.wait_until(&format!("innerWidth === {width}"), LIMIT).unwrap();
            for name_of_theme in THEMES {
                theme(page, name_of_theme);
                let findings = in_theme(page, name_of_theme, &mut judged).into_iter();
                found.extend(findings.map(|one| format!("{name} {name_of_theme} {one}")));
            }
        }
        assert!(found.is_empty(), "{} findings\n{}", found.len(), found[..found.len().min(40)].join("\n"));
    });
}

#[test]
fn axe_finds_nothing_on_any_page_in_any_theme_on_a_wide_screen() {
    axe_finds_nothing_on_any_page(1280, 900);
}

#[test]
fn axe_finds_nothing_on_any_page_in_any_theme_on_a_phone() {
    axe_finds_nothing_on_any_page(360, 740);
}

#[test]
fn a_colour_too_faint_is_found_in_every_theme_though_the_page_was_judged_before() {
    in_browser(|page| {
        let url = format!("{}/index.html", BOOK.url);
        with_axe(page, &url);
        let mut judged = BTreeSet::new();
        for name in &THEMES[1..] {
            theme(page, name);
            assert_eq!(in_theme(page, name, &mut judged), Vec::<String>::new(), "{name}");
            assert_eq!(in_theme(page, name, &mut judged), Vec::<String>::new(), "{name}: nothing is new");
            // The same before it, where axe does not look, does not hide it.
            let faint = "const text = document.querySelector('main p');
                text.style.color = `color-mix(in srgb, ${getComputedStyle(document.body).backgroundColor} 70%, gray)`;
                const hidden = text.cloneNode(true);
                hidden.ariaHidden = 'true';
                text.before(hidden)";
            page.script(faint, &[]).unwrap();
            let found = in_theme(page, name, &mut judged);
            assert!(!found.is_empty() && found[0].starts_with("color-contrast: <p"), "{name}: {found:?}");
            let mend = "document.querySelector('main p[aria-hidden]').remove();
                document.querySelector('main p').removeAttribute('style')";
            page.script(mend, &[]).unwrap();
        }
    });
}

#[test]
fn axe_finds_nothing_in_what_opens() {
    in_browser(|page| {
        with_axe(page, &format!("{}/index.html", BOOK.url));
        for name in THEMES {
            theme(page, name);
            page.script("document.getElementById('mdbook-search-toggle').click()", &[]).unwrap();
            page.script(
                "const box = document.getElementById('mdbook-searchbar'); box.value = '함수';
                 box.dispatchEvent(new Event('input'))",
                &[],
            )
            .unwrap();
            page.wait_until("document.querySelectorAll('#mdbook-searchresults a').length > 3", LIMIT)
                .unwrap();
            assert_eq!(axe(page, json!({})), Vec::<String>::new(), "{name}: the search");
            page.script("document.getElementById('mdbook-search-toggle').click()", &[]).unwrap();
            page.script(
                "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '?', bubbles: true }))",
                &[],
            )
            .unwrap();
            page.wait_until("document.getElementById('mdbook-help-popup').offsetHeight > 0", LIMIT).unwrap();
            assert_eq!(axe(page, json!({})), Vec::<String>::new(), "{name}: the help");
            page.script(
                "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))",
                &[],
            )
            .unwrap();
            page.script("document.getElementById('mdbook-theme-toggle').click()", &[]).unwrap();
            assert_eq!(axe(page, json!({})), Vec::<String>::new(), "{name}: the list of themes");
            page.script("document.getElementById('mdbook-theme-toggle').click()", &[]).unwrap();
        }
    });
}

#[test]
fn no_page_scrolls_sideways_on_a_phone() {
    in_browser(|page| {
        page.viewport(360, 740).unwrap();
        for name in BOOK.pages() {
            fresh(page, &format!("{}/{name}", BOOK.url));
            page.script(
                "document.querySelectorAll('main details').forEach(details => details.open = true)",
                &[],
            )
            .unwrap();
            let wide = "const width = document.documentElement.clientWidth;
                return [document.documentElement.scrollWidth - width, [...document.querySelectorAll('main *')]
                    .filter(one => one.getBoundingClientRect().right > width + 1 && !one.closest('.table-wrapper, pre, .live-scroll, svg'))
                    .slice(0, 3).map(one => one.outerHTML.slice(0, 120))]";
            let seen = page.script(wide, &[]).unwrap();
            assert_eq!(seen, json!([0, Value::Array(Vec::new())]), "{name}");
        }
    });
}
