//! What the scripts of the pages may never do: make markup or code out of text.
//!
//! Everything a reader or a function wrote is shown as text; a name like `<img onerror=…>` must stay a name.

use crate::book;

/// Ways to make markup or code from text.
const FORBIDDEN: [&str; 14] = [
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "createContextualFragment",
    "DOMParser",
    "setHTML",
    "srcdoc",
    "eval(",
    "Function(",
    "javascript:",
    "setTimeout('",
    "setAttribute('on",
    "importScripts",
];

/// Lines that may, because only numbers and the page's own words go into them. A changed line must be looked at again.
const NUMBERS_ONLY: [(&str, &str); 4] = [
    (
        "figure.js",
        "svg.lastChild.innerHTML = guess > 0 ? svg.matches('.time') ? path('guess', x(guess), 0, 'V999') : path('guess', 24, 14 * guess - 2, 'H300') : '';",
    ),
    ("figure.js", "svg.children[1].innerHTML = drawn.map((run) => {"),
    (
        "simulator.js",
        "graph.innerHTML = past.map(([n, state, from, to]) => `<path class=\"s${state}\" d=\"M${from} ${n}H${Math.min(to, now)}\"/>`).join('');",
    ),
    (
        "simulator.js",
        "rows.innerHTML = past.map(([n, state, from]) => `<tr><th>${n}<td>${slots[state].title}<td>${from}`).join('');",
    ),
];

/// Code of others, bundled: a highlighter that escapes what it marks up, and a copier.
const VENDORED: [&str; 2] = ["highlight.js", "clipboard.min.js"];

#[test]
fn no_script_makes_markup_of_text() {
    let theme = std::fs::read_dir(book().join("theme")).unwrap().map(|entry| entry.unwrap().path());
    let others = ["../local/src/site/live.js", "../local/src/console/console.js", "src/signed-in.js"];
    let others = others.map(|path| book().join(path));
    let scripts = theme.filter(|path| path.extension().is_some_and(|extension| extension == "js"));
    let (mut seen, mut allowed) = (0, 0);
    for path in scripts.chain(others) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if VENDORED.contains(&name) {
            continue;
        }
        seen += 1;
        for (number, line) in std::fs::read_to_string(&path).unwrap().lines().enumerate() {
            let Some(way) = FORBIDDEN.iter().find(|way| line.contains(**way)) else { continue };
            let is_known = NUMBERS_ONLY.contains(&(name, line.trim()));
            assert!(
                is_known,
                "{}:{}: `{way}` makes markup of text; use `textContent` or elements",
                path.display(),
                number + 1
            );
            allowed += 1;
        }
    }
    assert!(seen >= 11, "{seen} scripts");
    assert_eq!(allowed, NUMBERS_ONLY.len(), "a line that may make markup is gone: take it off the list");
}
