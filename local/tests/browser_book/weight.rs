//! What a first visit costs on the wire, and that no page speaks to anybody else.

use serde_json::{Value, json};
use webdriver::Session;

use crate::served::{BOOK, LIMIT, in_browser, texts};

/// A first visit may cost this, headers included.
const MOST: f64 = 100_000.0;

/// Loads a page with an empty cache and gives the DevTools events of this name.
fn first_visit(page: &Session<'_>, url: &str, event: &str) -> Vec<Value> {
    page.goto("about:blank").unwrap();
    page.cdp("Network.enable", json!({})).unwrap();
    // The server's own reload script is no part of the published book.
    page.cdp("Network.setBlockedURLs", json!({ "urls": ["*/_local/*"] })).unwrap();
    page.cdp("Network.clearBrowserCache", json!({})).unwrap();
    page.events(event).unwrap();
    page.goto(url).unwrap();
    page.wait_until(
        "document.readyState === 'complete' && document.querySelector('mdbook-sidebar-scrollbox a')",
        LIMIT,
    )
    .unwrap();
    page.events(event).unwrap()
}

#[test]
fn a_first_visit_is_light_and_speaks_to_nobody_else() {
    in_browser(|page| {
        for name in BOOK.pages() {
            let url = format!("{}/{name}", BOOK.url);
            let asked = first_visit(page, &url, "Network.requestWillBeSent");
            let asked: Vec<_> = asked.iter().map(|event| event["request"]["url"].as_str().unwrap()).collect();
            let elsewhere: Vec<_> =
                asked.iter().filter(|url| !url.starts_with(&BOOK.url) && !url.starts_with("data:")).collect();
            assert!(elsewhere.is_empty(), "{name} asks {elsewhere:?}");
            let calls: Vec<_> = asked.iter().filter(|url| url.contains("/api/")).collect();
            assert!(calls.is_empty(), "{name} runs a demo nobody pressed: {calls:?}");
            assert!(asked.len() > 10, "{asked:?}");

            let received = first_visit(page, &url, "Network.loadingFinished");
            let bytes: f64 = received.iter().map(|event| event["encodedDataLength"].as_f64().unwrap()).sum();
            eprintln!("{name}: {bytes} bytes in {} answers", received.len());
            let parts = "performance.getEntries().filter(one => one.encodedBodySize)
                .map(one => `${one.encodedBodySize} ${one.name.split('/').pop()}`)";
            let parts = texts(&page.script(&format!("return {parts}"), &[]).unwrap()).join("\n");
            assert!(bytes <= MOST, "{name}: {bytes} bytes, {MOST} at most\n{parts}");
        }
    });
}
