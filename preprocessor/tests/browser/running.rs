//! Running a block: by mouse and keys, its checks, values that later blocks use, ending it early.

use anyhow::Result;
use serde_json::json;
use webdriver::Key;

use crate::fixture::fixture;
use crate::page::{LIMIT, Page, driver, part};

#[test]
fn a_block_runs_by_click_and_by_keys_and_says_what_came() -> Result<()> {
    let Some(driver) = driver()? else {
        return Ok(());
    };
    let page = Page::open(&driver, &format!("{}/users.html", fixture().split))?;
    let said = page.run("user-create")?;
    assert!(said.starts_with("응답 201, "), "{said}");
    assert!(said.ends_with("ms, 콜드 스타트, 기대와 같다"), "{said}");
    page.session.type_keys(
        &part("user-create", "textarea"),
        &format!("{}{}", Key::Control, Key::Enter),
    )?;
    page.session.wait_until(
        "document.querySelector('#live-user-create .live-say').textContent.includes('웜')",
        LIMIT,
    )?;
    Ok(())
}
