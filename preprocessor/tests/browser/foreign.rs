//! Somebody else's book: nothing but the preprocessor in book.toml, script and style inside its chapter.

use anyhow::Result;

use crate::fixture::fixture;
use crate::page::{LIMIT, Page, driver, part};

#[test]
fn a_foreign_book_runs_its_blocks() -> Result<()> {
    let Some(driver) = driver()? else {
        return Ok(());
    };
    let page = Page::open(&driver, &format!("{}/users.html", fixture().foreign))?;
    page.appears(&part("make", "textarea"))?;
    page.press("read", "Run")?;
    let said = page.idle("read")?;
    assert!(said.starts_with("There is no id yet. The block “Make a user” makes it."), "{said}");
    page.press("read", "Run the steps before")?;
    page.session.wait_until(
        "document.querySelector('#live-read .live-say').textContent.endsWith('as expected')",
        LIMIT,
    )?;
    let checks = page.text(&part("read", ".live-checks"))?;
    assert!(checks.trim_end().ends_with("passed"), "{checks}");
    assert!(page.text(&part("make", ".live-say"))?.starts_with("Answer 201, "));
    assert_eq!(
        page.value("getComputedStyle(document.querySelector('#live-make .live-buttons')).display")?,
        "flex"
    );
    page.console_is_clean(&[])?;

    // With the whole server as API base there is no path to hold on to; other hosts are refused all the same.
    for target in ["https://127.0.0.1:1/api/users", "//127.0.0.1:1/api/users"] {
        page.edit("read", &format!("GET {target}"))?;
        page.press("read", "Run")?;
        let said = page.idle("read")?;
        assert_eq!(
            said, "Nothing is sent to other addresses. Write a target that begins with /.",
            "{target}"
        );
    }
    page.console_is_clean(&[])
}
