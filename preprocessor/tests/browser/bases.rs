//! Another base than the API's: sent to where the deployment has it, and elsewhere the recording with a sentence.

use anyhow::Result;

use crate::fixture::fixture;
use crate::page::{Page, part};

#[test]
fn another_base() -> Result<()> {
    in_one_browser!(
        where_it_answers_its_blocks_run,
        where_it_does_not_nothing_is_sent_and_the_recording_is_shown,
    )
}

const ABSENT: &str = "이 요청은 자기 컴퓨터에서 연 책에서만 실행된다. 여기서는 기록을 본다.";

fn where_it_answers_its_blocks_run(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/bases.html", fixture().same))?;
    assert_eq!(page.edited("at-home")?, "PUT /_local/switch\n\n{ \"where\": \"/_local\" }");
    // The block that needs it says so, and brings it along.
    assert!(page.run("after-it")?.starts_with("switched 값이 아직 없다."));
    page.press("after-it", "앞 단계까지 실행")?;
    page.says("after-it", "응답 200, ")?;
    let body = page.text(&part("after-it", ".live-body"))?;
    assert!(body.contains("where") && body.contains("/_local"), "{body}");
    let sent = fixture().api.seen("/_local/switch");
    assert!(sent.iter().any(|request| request.method == "PUT" && request.body.contains("/_local")));
    page.edit("at-home", "GET {{local}}/named")?;
    assert!(page.run("at-home")?.starts_with("응답 200, "), "the name stands for the path here too");
    for text in
        ["GET /_local/../config.json", "GET /_local/%2e%2e/config.json", "GET /_locale/x", "GET /_local"]
    {
        page.edit("at-home", text)?;
        assert!(page.run("at-home")?.starts_with("다른 주소로는 보내지 않는다."), "{text}");
    }
    page.edit("anywhere", "GET /_local/typed")?;
    assert!(page.run("anywhere")?.starts_with("응답 200, "));
    page.console_is_clean(&[])
}

fn where_it_does_not_nothing_is_sent_and_the_recording_is_shown(page: &Page<'_>) -> Result<()> {
    for server in [&fixture().split, &fixture().closed] {
        page.fresh(&format!("{server}/bases.html"))?;
        let visitor = page.visitor()?;
        for id in ["at-home", "after-it"] {
            assert_eq!(page.text(&part(id, ".live-note"))?, ABSENT, "said before anybody tries");
            // What a reader of the other page captured does not matter here.
            page.edit(id, &page.edited(id)?.replace("{{switched}}", "x"))?;
            assert_eq!(page.run(id)?, ABSENT);
            page.appears(&part(id, ".live-recording pre"))?;
            assert_eq!(page.value(&format!("!!document.querySelector('#live-{id} .live-say.bad')"))?, false);
        }
        page.edit("anywhere", "GET /_local/typed")?;
        assert_eq!(page.run("anywhere")?, ABSENT);
        // Other tests ask the same API meanwhile.
        let seen = fixture().api.seen("/");
        let mine: Vec<_> =
            seen.iter().filter(|request| request.header("x-visitor") == Some(&visitor)).collect();
        assert!(mine.is_empty(), "{mine:?}");
        page.console_is_clean(&[])?;
    }
    page.goto(&format!("{}/bases.html", fixture().split))?;
    assert!(page.run("anywhere")?.starts_with("응답 200, ") || page.edited("anywhere")?.contains("typed"));
    Ok(())
}
