//! Pictures of the widget to be looked at by people, in two themes and two widths; writes, asserts nothing.
//! `cargo test -p mdbook-live --test browser gallery -- --ignored` puts them below `target/tmp/gallery`.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::figures::all_drawn;
use crate::fixture::fixture;
use crate::lessons::{choose, lessons};
use crate::page::{Page, driver};

#[test]
#[ignore = "makes pictures for people"]
fn gallery() -> Result<()> {
    let Some(driver) = driver()? else {
        return Ok(());
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gallery");
    fs::create_dir_all(&folder)?;
    let page = Page::open(&driver, &format!("{}/users.html", fixture().split))?;
    for theme in ["light", "navy", "coal", "ayu", "rust"] {
        for width in [1280, 360] {
            page.session.viewport(width, 900)?;
            let picture = |id: &str, name: &str| -> Result<()> {
                let file = folder.join(format!("{name}-{theme}-{width}.png"));
                Ok(fs::write(file, page.session.find(&format!("#live-{id}"))?.screenshot()?)?)
            };
            page.goto(&format!("{}/users.html", fixture().split))?;
            page.session.script("sessionStorage.clear(); localStorage.clear()", &[])?;
            page.theme(theme)?;
            picture("user-create", "still")?;
            page.run("user-read")?;
            picture("user-read", "missing")?;
            page.run("user-create")?;
            page.edit("user-read", "GET /api/users/99")?;
            page.run("user-read")?;
            picture("user-create", "right")?;
            picture("user-read", "wrong")?;
            page.goto(&format!("{}/runs.html", fixture().same))?;
            page.theme(theme)?;
            page.run("serial-5")?;
            page.run("burst-12")?;
            picture("serial-5", "serial")?;
            picture("burst-12", "burst")?;
            page.goto(&format!("{}/faults.html", fixture().split))?;
            page.theme(theme)?;
            page.run("no-cors")?;
            page.run("throttled")?;
            page.run("no-timing")?;
            picture("no-cors", "unreadable")?;
            picture("throttled", "throttled")?;
            page.goto(&lessons())?;
            page.theme(theme)?;
            picture("guess-burst", "guess")?;
            picture("burst-6", "gated")?;
            choose(&page, "quiz-why", 0, 0)?;
            page.press("quiz-why", "확인")?;
            picture("quiz-why", "quiz")?;
            for card in 0..3 {
                choose(&page, "sort-who", card, 0)?;
            }
            page.press("sort-who", "확인")?;
            picture("sort-who", "sort")?;
            choose(&page, "guess-order", 0, 1)?;
            page.press("guess-order", "예측 적기")?;
            page.run("order-3")?;
            picture("guess-order", "guessed")?;
            picture("order-3", "met")?;
            page.goto(&format!("{}/figures.html", fixture().split))?;
            page.theme(theme)?;
            all_drawn(&page)?;
            for id in ["dots-8", "lanes-8", "side", "cost", "starts"] {
                picture(id, id)?;
            }
            page.goto(&format!("{}/start.html", fixture().split))?;
            page.theme(theme)?;
            fs::write(folder.join(format!("start-{theme}-{width}.png")), page.session.screenshot()?)?;
        }
    }
    Ok(())
}
