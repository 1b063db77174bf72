//! The client against the real Chromium: what its callers rely on, on pages of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use serde_json::json;
use webdriver::{Driver, Key};

const LIMIT: Duration = Duration::from_secs(20);

/// A page in its own address; `#` and `%` must not occur in it.
fn page(html: &str) -> String {
    format!("data:text/html;charset=utf-8,<!doctype html><title>page</title>{html}")
}

#[test]
fn drives_a_page_and_sees_what_happens_in_it() -> anyhow::Result<()> {
    if webdriver::skip_browser() {
        return Ok(());
    }
    let driver = Driver::start()?;
    let session = driver.session()?;
    session.goto(&page(
        "<p>처음</p><input><button onclick=\"setTimeout(() => document.querySelector('p').textContent = '눌림', 50)\">단추</button>",
    ))?;
    assert_eq!(session.find("p")?.text()?, "처음");

    session.click("button")?;
    let text = "document.querySelector('p').textContent";
    assert_eq!(session.wait_until(&format!("{text} === '눌림' && {text}"), LIMIT)?, "눌림");

    session.type_keys("input", "한글")?;
    session.type_keys("input", &format!("{}a", Key::Control))?;
    let selected = "const box = document.querySelector('input'); return [box.value, box.selectionStart, box.selectionEnd]";
    assert_eq!(session.script(selected, &[])?, json!(["한글", 0, 2]));

    let button = session.find("button")?.reference();
    assert_eq!(session.script("return arguments[0].textContent", &[button])?, "단추");
    assert_eq!(
        session.script_async(
            "await new Promise(done => setTimeout(done, 5)); return arguments[0] + 1",
            &[json!(1)]
        )?,
        2
    );

    session.viewport(360, 700)?;
    assert_eq!(session.script("return innerWidth", &[])?, 360);
    assert!(session.screenshot()?.starts_with(b"\x89PNG"));
    assert!(session.screenshot_page()?.starts_with(b"\x89PNG"));

    session.script("console.error('콘솔에 적힌 말')", &[])?;
    let console = session.console()?;
    assert!(
        console.iter().any(|entry| entry.level == "SEVERE" && entry.message.contains("콘솔에 적힌 말")),
        "{console:?}"
    );
    Ok(())
}

/// Serves a form, and late and in two halves the page it leads to; the address.
fn slow_server() -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}/", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A browser opens connections that it does not use; nobody waits behind one.
            thread::spawn(move || answer(&stream).ok());
        }
    });
    Ok(address)
}

fn answer(mut stream: &TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let Some(first) = lines.next().transpose()? else { return Ok(()) };
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let late = || thread::sleep(Duration::from_millis(150));
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\nconnection: close\r\n\r\n<!doctype html>";
    if !first.starts_with("GET /?asked=1 ") {
        let form =
            "<title>form</title><form><input type=hidden name=asked value=1><button>가기</button></form>";
        return write!(stream, "{head}{form}");
    }
    late();
    write!(stream, "{head}<title>answer</title><p>앞</p>")?;
    late();
    write!(stream, "<b>뒤</b>")
}

#[test]
fn waits_through_a_navigation_without_a_script_of_the_page() -> anyhow::Result<()> {
    if webdriver::skip_browser() {
        return Ok(());
    }
    let driver = Driver::start()?;
    let session = driver.session()?;
    session.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true }))?;
    session.goto(&slow_server()?)?;
    session.click("button")?;
    // On the page that is left this throws.
    let asked = "document.querySelector('p').textContent === '앞' && location.search";
    assert_eq!(session.wait_until(asked, LIMIT)?, "?asked=1");
    let rest = "return document.querySelector('b').textContent";
    assert_eq!(session.script(rest, &[])?, "뒤", "all of it is there");

    session.script("window.old = true", &[])?;
    session.reload()?;
    assert_eq!(session.script("return window.old === undefined", &[])?, true);
    assert_eq!(session.script(rest, &[])?, "뒤");
    Ok(())
}

#[test]
fn says_what_went_wrong() -> anyhow::Result<()> {
    if webdriver::skip_browser() {
        return Ok(());
    }
    let driver = Driver::start()?;
    let session = driver.session()?;
    session.goto(&page("<p>쪽</p>"))?;
    let missing = format!("{:#}", session.click("button").unwrap_err());
    assert!(missing.contains("no such element"), "{missing}");
    let thrown = format!("{:#}", session.script("throw new Error('안 된다')", &[]).unwrap_err());
    assert!(thrown.contains("안 된다"), "{thrown}");
    let late =
        session.wait_until("document.querySelector('p').textContent === '딴것'", Duration::from_millis(40));
    let late = format!("{:#}", late.unwrap_err());
    assert!(late.contains("last: false"), "{late}");
    let wrong = session.wait_until("nothing.there", Duration::from_millis(40));
    let wrong = format!("{:#}", wrong.unwrap_err());
    assert!(wrong.contains("nothing is not defined"), "{wrong}");
    Ok(())
}
