//! What is sent, when and to whom; what an answer's text can never do.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::json;

use crate::fixture::fixture;
use crate::page::{Page, part};

#[test]
fn what_is_sent_and_shown() -> Result<()> {
    in_one_browser!(
        a14_nothing_is_sent_before_the_reader_acts_and_only_to_the_api,
        a14_the_text_of_an_answer_never_becomes_markup,
        the_readers_key_is_random_kept_and_of_the_right_form,
    )
}

/// `scheme://host:port` of every request since the last call.
fn origins(page: &Page<'_>) -> Result<BTreeSet<String>> {
    let mut origins = BTreeSet::new();
    for event in page.session.events("Network.requestWillBeSent")? {
        let url = event["request"]["url"].as_str().unwrap_or_default();
        if url.starts_with("http") {
            origins.insert(url.split('/').take(3).collect::<Vec<_>>().join("/"));
        }
    }
    Ok(origins)
}

fn a14_nothing_is_sent_before_the_reader_acts_and_only_to_the_api(page: &Page<'_>) -> Result<()> {
    let fixture = fixture();
    page.fresh(&format!("{}/users.html", fixture.split))?;
    page.session.script("document.cookie = 'secret=1'", &[])?;
    page.session.reload()?;
    page.edit("user-create", "POST /api/users?edited")?;
    page.session.type_keys(&part("user-read", "textarea"), "x")?;
    page.session.script("scrollTo(0, document.body.scrollHeight)", &[])?;
    let asked = page.session.events("Network.requestWillBeSent")?;
    let urls: Vec<_> = asked.iter().filter_map(|event| event["request"]["url"].as_str()).collect();
    assert!(urls.iter().any(|url| url.contains("/live-")), "the log works: {urls:?}");
    for url in urls {
        let own = url.starts_with(&fixture.split) && !url.ends_with("/config.json");
        assert!(own || !url.starts_with("http"), "{url} before anything was pressed");
    }

    page.press("user-create", "되돌리기")?;
    page.run("user-create")?;
    page.run("user-read")?;
    page.press("user-read", "curl 복사")?;
    let expected: BTreeSet<_> = [fixture.split.clone(), fixture.api_origin.clone()].into();
    assert_eq!(origins(page)?, expected);
    let visitor = page.visitor()?;
    let seen = fixture.api.seen("/api/users");
    let mine: Vec<_> = seen.iter().filter(|request| request.header("x-visitor") == Some(&visitor)).collect();
    assert_eq!(mine.len(), 2);
    for request in mine {
        assert_eq!(request.header("cookie"), None, "no credentials");
        assert_eq!(request.header("x-book"), Some("fixture"));
    }
    Ok(())
}

fn a14_the_text_of_an_answer_never_becomes_markup(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/texts.html", fixture().same))?;
    let title = page.value("document.title")?;
    page.run("markup")?;
    let body = page.text(&part("markup", ".live-body"))?;
    assert!(body.contains("<img src=x onerror="), "{body}");
    assert!(page.text(&part("markup", ".live-answer"))?.contains("x-html: <b>bold</b>"));
    assert_eq!(
        page.value("document.querySelectorAll('.live-answer :is(img, script, b:not(.live-badge))').length")?,
        0
    );
    assert_eq!(page.value("document.title")?, title);
    // A number longer than a browser's number is shown as it was sent.
    assert!(body.contains("12345678901234567890123"), "{body}");

    // What a reader types comes back as text too: in a message, in a verdict, after a reload.
    page.edit("typed", "<img src=x onerror=document.title=1>")?;
    let said = page.run("typed")?;
    assert!(said.contains("<img src=x"), "{said}");
    page.session.reload()?;
    assert_eq!(page.value("document.querySelectorAll('.live img').length")?, 0);
    assert_eq!(page.value("document.title")?, title);
    Ok(())
}

fn the_readers_key_is_random_kept_and_of_the_right_form(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/users.html", fixture().split))?;
    page.run("user-list")?;
    let visitor = page.visitor()?;
    assert!(
        visitor.len() == 32 && visitor.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()),
        "{visitor}"
    );
    page.goto(&format!("{}/runs.html", fixture().split))?;
    assert_eq!(page.visitor()?, visitor, "every chapter of the book has the same");
    page.fresh(&format!("{}/users.html", fixture().split))?;
    page.run("user-list")?;
    assert_ne!(page.visitor()?, visitor, "another reader has another");

    // A browser that refuses to store anything still has one key for as long as the page is open.
    let script = page.session.cdp(
        "Page.addScriptToEvaluateOnNewDocument",
        json!({ "source": "for (const box of ['localStorage', 'sessionStorage'])
            Object.defineProperty(window, box, { get() { throw new DOMException('refused', 'SecurityError') } })" }),
    )?;
    page.goto(&format!("{}/texts.html", fixture().split))?;
    page.edit("typed", "POST /api/echo?private\nX-Book: mine\n\n{}")?;
    assert!(page.run("typed")?.starts_with("응답 200"));
    assert!(page.run("typed")?.starts_with("응답 200"));
    page.session.cdp("Page.removeScriptToEvaluateOnNewDocument", script)?;
    let seen = fixture().api.seen("/api/echo?private");
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].header("x-visitor"), seen[1].header("x-visitor"));
    assert_eq!(seen[0].header("x-visitor").map(str::len), Some(32));
    assert_eq!(
        seen[0].header("x-book"),
        Some("mine"),
        "what the reader writes goes before the book's default"
    );
    Ok(())
}
