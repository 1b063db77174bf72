//! The line for a shell and the link to a block.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::json;

use crate::fixture::fixture;
use crate::page::{LIMIT, Page, part};

#[test]
fn copying_out() -> Result<()> {
    in_one_browser!(
        a11_the_copied_line_sends_the_same_request,
        the_link_leads_to_the_block_and_a_refused_clipboard_shows_the_text
    )
}

fn allow_clipboard(page: &Page<'_>) -> Result<()> {
    let permissions = json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
    page.session.cdp("Browser.grantPermissions", permissions).map(drop)
}

fn clipboard(page: &Page<'_>) -> Result<String> {
    let text = page.session.script_async("return navigator.clipboard.readText()", &[])?;
    Ok(text.as_str().unwrap_or_default().to_owned())
}

/// The words a POSIX shell hands to `curl`.
fn words_in_a_shell(line: &str) -> Result<Vec<String>> {
    let folder = tempfile::tempdir()?;
    let fake = folder.path().join("curl");
    fs::write(&fake, "#!/bin/sh\nprintf '%s\\0' \"$@\"\n")?;
    fs::set_permissions(&fake, fs::Permissions::from_mode(0o755))?;
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new("sh").arg("-c").arg(line).env("PATH", path).output()?;
    let words = String::from_utf8(output.stdout)?;
    Ok(words.split_terminator('\0').map(str::to_owned).collect())
}

fn a11_the_copied_line_sends_the_same_request(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/texts.html", fixture().split))?;
    allow_clipboard(page)?;
    assert!(page.run("quotes")?.starts_with("응답 200"));
    let visitor = page.visitor()?;
    let seen = fixture().api.seen("/api/echo");
    let sent = seen
        .iter()
        .find(|request| request.header("x-visitor") == Some(&visitor))
        .context("the request that the button sent")?;

    page.press("quotes", "curl 복사")?;
    assert_eq!(page.says("quotes", "curl 명령")?, "curl 명령을 복사했다.");
    let line = clipboard(page)?;
    assert!(line.starts_with("curl "), "{line}");
    let words = words_in_a_shell(&line)?;
    let after = |option: &str| {
        let pairs = words.windows(2).filter(move |pair| pair[0] == option);
        pairs.map(|pair| pair[1].clone()).collect::<Vec<_>>()
    };
    assert_eq!(after("-X"), ["POST"]);
    assert!(words.contains(&format!("{}/api/echo", fixture().api_origin)), "{words:?}");
    assert_eq!(after("--data-raw").first(), Some(&sent.body));
    assert_eq!(
        sent.body,
        "{\n  \"name\": \"김'하늘\\\" $(id) `id` \\\\\",\n  \"줄\": \"첫 줄\\n둘째 줄\"\n}"
    );
    let headers = after("-H");
    for name in ["content-type", "x-note", "x-visitor", "x-book"] {
        let value = sent.header(name).context(name)?;
        assert!(headers.contains(&format!("{name}: {value}")), "{name} in {headers:?}");
    }
    assert_eq!(headers.len(), 4, "{headers:?}");
    assert_eq!(sent.header("x-note"), Some("it's \"quoted\" $HOME `id`"));
    Ok(())
}

fn the_link_leads_to_the_block_and_a_refused_clipboard_shows_the_text(page: &Page<'_>) -> Result<()> {
    let url = format!("{}/users.html", fixture().split);
    page.fresh(&url)?;
    allow_clipboard(page)?;
    page.press("user-gone", "링크 복사")?;
    assert_eq!(page.says("user-gone", "이 블록의 링크")?, "이 블록의 링크를 복사했다.");
    let link = clipboard(page)?;
    assert_eq!(link, format!("{url}#live-user-gone"));
    page.goto(&link)?;
    // Only the place on the page changes, so there is no load to wait for.
    page.session.wait_until(
        "location.hash === '#live-user-gone' && (top => top >= 0 && top < 900)(document.querySelector('#live-user-gone').getBoundingClientRect().top)",
        LIMIT,
    )?;
    assert_eq!(page.text(&part("user-gone", ".live-answer"))?, "", "a link runs nothing");

    page.session.script(
        "Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })",
        &[],
    )?;
    page.press("user-gone", "링크 복사")?;
    page.says("user-gone", "브라우저가 복사를 허용하지 않았다.")?;
    assert_eq!(page.text(&part("user-gone", ".live-say code"))?, link);
    Ok(())
}
