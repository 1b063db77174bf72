//! The book away from home: its API on another port, below a path, without any API, and pages that do not exist.

use serde_json::json;
use webdriver::Session;

use crate::elsewhere::serve;
use crate::served::{BOOK, LIMIT, Program, built_with, fresh, in_browser};

/// The first block of the page that needs no other block before it and no prediction.
const FIRST_BLOCK: &str = "[...document.querySelectorAll('live-request')].find(one => {
    const block = JSON.parse(one.dataset.block);
    return one.querySelector('.live-buttons button') && block.needs.length === 0 && !block.predict && !one.querySelector('.live-recording:not([open])');
}).closest('.live').id";

/// Runs it and gives what the page says.
fn run(page: &Session<'_>) -> String {
    let id = page.wait_until(FIRST_BLOCK, LIMIT).unwrap().as_str().unwrap().to_owned();
    page.click(&format!("#{id} .live-buttons button")).unwrap();
    page.wait_until(
        &format!("!document.querySelector('#{id} live-request').hasAttribute('aria-busy') && document.querySelector('#{id} .live-say').textContent"),
        LIMIT,
    )
    .unwrap();
    let recording = format!("document.querySelector('#{id} .live-recording pre')?.offsetHeight > 0");
    page.wait_until(&recording, LIMIT).expect("the recording stays in sight");
    page.find(&format!("#{id} .live-say")).unwrap().text().unwrap()
}

fn chapter_with_blocks() -> String {
    "08-crud-api.html".to_owned()
}

/// Nothing of the page is missing: every script, style and picture came.
fn is_whole(page: &Session<'_>, url: &str) {
    fresh(page, url);
    let missing = "return performance.getEntriesByType('resource').filter(one => one.responseStatus >= 400).map(one => one.name)";
    assert_eq!(page.script(missing, &[]).unwrap(), json!([]), "{url}");
    let drawn = "return [getComputedStyle(document.getElementById('mdbook-menu-bar')).position, typeof hljs, typeof mdbookLive]";
    assert_eq!(page.script(drawn, &[]).unwrap(), json!(["sticky", "object", "object"]), "{url}");
}

#[test]
fn book_and_api_on_two_ports() {
    in_browser(|page| {
        let mut api = String::new();
        let mut program = None;
        let book = serve(BOOK.folder.to_owned(), "/", |origin| {
            let started = Program::start(&["--allow-origin", origin]).live("/api/users");
            api = format!("{}/api", started.url);
            program = Some(started);
            json!({ "api": api }).to_string()
        });
        is_whole(page, &format!("{}{}", book.url, chapter_with_blocks()));
        let said = run(page);
        assert!(said.starts_with("응답 20"), "{said}");
        // Another origin sees timings and our headers only because the API says so.
        let segments = "[...document.querySelectorAll('.live-answer')].find(one => one.textContent)?.querySelector('.live-bar') !== null";
        page.wait_until(segments, LIMIT).unwrap();

        // The same book where the API does not know it: the cause by its own name.
        let stranger = serve(BOOK.folder.to_owned(), "/", |_| json!({ "api": api }).to_string());
        fresh(page, &format!("{}{}", stranger.url, chapter_with_blocks()));
        let said = run(page);
        assert!(said.contains("CORS"), "{said}");

        drop(program);
        fresh(page, &format!("{}{}", book.url, chapter_with_blocks()));
        let said = run(page);
        assert!(said.starts_with("서버가 답하지 않는다."), "{said}");
    });
}

#[test]
fn below_a_path_everything_works_and_without_an_api_the_page_says_so() {
    in_browser(|page| {
        let (_folder, path) = built_with(&[("MDBOOK_OUTPUT__HTML__SITE_URL", "/sub/path/")]);
        let book = serve(path, "/sub/path/", |_| String::new());
        is_whole(page, &book.url);
        is_whole(page, &format!("{}{}", book.url, chapter_with_blocks()));
        // No API behind /api/ here: an answer, but not the API's.
        let said = run(page);
        assert!(said.starts_with("JSON이 올 자리에") || said.contains("검사"), "{said}");

        // The search and its links stay below the path.
        page.type_keys("body", "/").unwrap();
        page.type_keys("#mdbook-searchbar", "콜드 스타트").unwrap();
        page.wait_until("document.querySelector('#mdbook-searchresults a')", LIMIT).unwrap();
        page.click("#mdbook-searchresults a").unwrap();
        page.wait_until(
            "location.pathname.startsWith('/sub/path/') && location.search.includes('highlight')",
            LIMIT,
        )
        .unwrap();
        page.wait_until("CSS.highlights.get('search')?.size > 0", LIMIT).unwrap();

        // The way back from a page that does not exist, however deep.
        is_whole(page, &format!("{}no/such/page.html", book.url));
        page.click("main a[href$='index.html']").unwrap();
        page.wait_until("location.pathname === '/sub/path/index.html'", LIMIT).unwrap();
    });
}

#[test]
fn from_a_file_the_book_can_be_read() {
    in_browser(|page| {
        page.goto(&format!("file://{}/index.html", BOOK.folder.display())).unwrap();
        page.wait_until("document.querySelector('mdbook-sidebar-scrollbox a')", LIMIT).unwrap();
        page.type_keys("body", "/").unwrap();
        page.type_keys("#mdbook-searchbar", "서버리스").unwrap();
        page.wait_until("document.querySelector('#mdbook-searchresults a')", LIMIT).unwrap();
    });
}
