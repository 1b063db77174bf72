//! The search: typed as a reader types it, every query of book/search-queries.toml, and every word of the book.

use serde::Deserialize;
use serde_json::{Value, json};
use webdriver::{Key, Session};

use crate::served::{BOOK, LIMIT, ROOT, alone_in_browser, fresh, in_browser, texts};

#[derive(Deserialize)]
struct List {
    query: Vec<Query>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    text: String,
    kind: String,
    expect: Vec<String>,
}

fn list() -> Vec<Query> {
    let text = std::fs::read_to_string(format!("{ROOT}/book/search-queries.toml")).unwrap();
    toml::from_str::<List>(&text).unwrap().query
}

/// Opens the search as a reader does and waits until it can answer.
fn open(page: &Session<'_>) {
    fresh(page, &format!("{}/index.html", BOOK.url));
    page.type_keys("body", "/").unwrap();
    page.wait_until("document.activeElement.id === 'mdbook-searchbar' && window.search?.doc_urls", LIMIT)
        .unwrap();
}

/// Types as a Korean input method does: every syllable grows from its first letter, then is committed.
fn compose(page: &Session<'_>, syllables: &[&[&str]]) {
    for steps in syllables {
        for step in *steps {
            let params = json!({ "text": step, "selectionStart": 1, "selectionEnd": 1 });
            page.cdp("Input.imeSetComposition", params).unwrap();
        }
        page.cdp("Input.insertText", json!({ "text": steps.last() })).unwrap();
    }
}

fn results(page: &Session<'_>) -> Vec<String> {
    let links =
        "return [...document.querySelectorAll('#mdbook-searchresults a')].map(one => one.textContent)";
    texts(&page.script(links, &[]).unwrap())
}

#[test]
fn hangul_typed_into_the_box_finds_and_leads_to_the_place() {
    in_browser(|page| {
        open(page);
        compose(page, &[&["ㅋ", "코", "콜"], &["ㄷ", "드"], &["ㅅ", "스"], &["ㅌ", "타"], &["ㅌ", "트"]]);
        page.wait_until("document.getElementById('mdbook-searchresults-header').textContent.startsWith('「콜드스타트」 찾은 곳 ')", LIMIT)
            .unwrap();
        assert!(results(page).len() > 3, "{:?}", results(page));
        page.wait_until("document.querySelector('#mdbook-searchresults em').textContent.length >= 5", LIMIT)
            .unwrap();

        // Enter that ends a syllable opens nothing; the arrows go through the results and back to the box.
        page.script(
            "document.activeElement.dispatchEvent(new KeyboardEvent('keydown',
            { key: 'Enter', isComposing: true, bubbles: true }))",
            &[],
        )
        .unwrap();
        page.type_keys("#mdbook-searchbar", &Key::Down.to_string()).unwrap();
        page.wait_until(
            "document.activeElement === document.querySelector('#mdbook-searchresults a')",
            LIMIT,
        )
        .unwrap();
        page.script("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowUp', bubbles: true }))", &[])
            .unwrap();
        page.wait_until("document.activeElement.id === 'mdbook-searchbar'", LIMIT).unwrap();

        page.type_keys("#mdbook-searchbar", &Key::Enter.to_string()).unwrap();
        page.wait_until("location.hash !== '' && location.search.startsWith('?highlight=')", LIMIT).unwrap();
        page.wait_until("CSS.highlights.get('search')?.size > 0", LIMIT).unwrap();
        let there = "document.getElementById(decodeURIComponent(location.hash.slice(1))) !== null";
        page.wait_until(there, LIMIT).unwrap();
        page.type_keys("body", &Key::Escape.to_string()).unwrap();
        page.wait_until("CSS.highlights.size === 0", LIMIT).unwrap();

        // Back to the results as they were.
        page.script("history.back()", &[]).unwrap();
        page.wait_until("document.getElementById('mdbook-searchbar')?.value === '콜드스타트' && document.querySelector('#mdbook-searchresults a')", LIMIT)
            .unwrap();
    });
}

#[test]
fn the_box_opens_in_hangul_mode_and_takes_what_is_pasted() {
    in_browser(|page| {
        fresh(page, &format!("{}/index.html", BOOK.url));
        page.script("document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ㄴ', code: 'KeyS', bubbles: true }))", &[])
            .unwrap();
        page.wait_until("document.activeElement.id === 'mdbook-searchbar'", LIMIT).unwrap();
        page.cdp("Input.insertText", json!({ "text": "서버리스는" })).unwrap();
        page.wait_until("document.querySelector('#mdbook-searchresults a')", LIMIT).unwrap();
        page.cdp("Input.insertText", json!({ "text": " <b>쾗쾗쾗</b>" })).unwrap();
        page.wait_until(
            "document.getElementById('mdbook-searchresults-header').textContent.includes('<b>쾗쾗쾗</b>')",
            LIMIT,
        )
        .unwrap();
        page.type_keys("#mdbook-searchbar", &Key::Escape.to_string()).unwrap();
        page.wait_until("document.getElementById('mdbook-search-wrapper').offsetHeight === 0 && document.activeElement.id === 'mdbook-search-toggle'", LIMIT)
            .unwrap();
        // A link with a search in it shows the same results, on the first visit and from the cache.
        for _ in 0..2 {
            page.goto(&format!("{}/index.html?search=%EB%9E%8C%EB%8B%A4", BOOK.url)).unwrap();
            page.wait_until("document.querySelector('#mdbook-searchresults a')", LIMIT).unwrap();
        }
    });
}

#[test]
fn natural_queries_find_their_place_among_the_first_three() {
    alone_in_browser(|page| {
        open(page);
        let queries = list();
        assert!(queries.len() >= 60);
        let kinds = ["word", "particle", "compound", "english", "mixed", "spacing", "typo", "question"];
        let mut missed = Vec::new();
        let mut times = Vec::new();
        let find = |query: &Query| {
            let find = "const from = performance.now(); const { sections } = window.search.find(arguments[0]);
                return [performance.now() - from, sections.slice(0, 3).map(one => decodeURIComponent(one.url))]";
            page.script(find, &[query.text.as_str().into()]).unwrap()
        };
        for query in &queries {
            assert!(kinds.contains(&query.kind.as_str()), "{}", query.kind);
            let found = find(query);
            times.push(found[0].as_f64().unwrap());
            let first = texts(&found[1]);
            let fits = |place: &String| {
                query.expect.iter().any(|wanted| place == wanted || place.split('#').next() == Some(wanted))
            };
            if !first.iter().any(fits) {
                missed.push(format!("{} ({}): {first:?}", query.text, query.kind));
            }
        }
        // Other programs may have had the processor: each query's best of a few rounds counts.
        let judged = |times: &[f64]| {
            let mut times = times.to_vec();
            times.sort_by(f64::total_cmp);
            (times[times.len() / 2], times[times.len() - 1])
        };
        let is_quick = |(median, longest): (f64, f64)| median < 30.0 && longest < 1_000.0;
        for _ in 0..5 {
            if is_quick(judged(&times)) {
                break;
            }
            for (query, time) in queries.iter().zip(&mut times) {
                *time = time.min(find(query)[0].as_f64().unwrap());
            }
        }
        let (median, longest) = judged(&times);
        eprintln!(
            "{} queries, {} missed; median {median:.2} ms, longest {longest:.2} ms",
            queries.len(),
            missed.len()
        );
        eprintln!("{}", missed.join("\n"));
        assert!(missed.len() * 20 <= queries.len());
        assert!(is_quick((median, longest)), "median {median} ms, longest {longest} ms");
    });
}

#[test]
fn every_word_of_the_book_finds_its_section() {
    in_browser(|page| {
        open(page);
        // Every word with its particle, in all places it stands, written with the most punctuation it has there: the search
        // takes the punctuation off. No section may be lost.
        let look = "const { docs } = window.search.index.documentStore;
            const known = new Map();
            for (const [ref, { title, body, breadcrumbs }] of Object.entries(docs)) {
                for (const word of `${title} ${body} ${breadcrumbs}`.split(/\\s+/).filter(word => /[\\p{L}\\p{N}]/u.test(word))) {
                    const core = word.toLowerCase().replace(/^[^\\p{L}\\p{N}]+|[^\\p{L}\\p{N}]+$/gu, '');
                    const one = known.get(core) ?? { written: '', places: new Set() };
                    known.set(core, one);
                    one.written = word.length > one.written.length ? word : one.written;
                    one.places.add(window.search.doc_urls[ref]);
                }
            }
            const words = [...known.values()].slice(arguments[0], arguments[0] + arguments[1]);
            return [known.size, words.filter(({ written, places }) => {
                const found = new Set(window.search.find(written).sections.map(one => one.url));
                return [...places].some(place => !found.has(place));
            }).map(({ written }) => written)]";
        let mut lost = Vec::new();
        let (mut from, mut all, step) = (0, 1, 400);
        while from < all {
            let seen: Value = page.script(look, &[from.into(), step.into()]).unwrap();
            all = seen[0].as_u64().unwrap();
            lost.extend(texts(&seen[1]));
            from += step;
        }
        eprintln!("{all} different words");
        assert!(all > 1_000, "{all}");
        assert!(lost.is_empty(), "{} of {all} words: {:?}", lost.len(), &lost[..lost.len().min(50)]);
    });
}
