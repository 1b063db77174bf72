//! The whole program and a real browser: what pages are told of signing in, and the page on which readers do it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use webdriver::{Driver, Key, Session};

pub const LIMIT: Duration = Duration::from_secs(30);
/// The page to sign in on is there, and its field takes what is typed: it gets the focus with a frame, not with the page.
pub const ASKED: &str = "document.querySelector('#username:focus')";
pub const AXE: &str = include_str!("../../../preprocessor/tests/vendor/axe-core/axe.min.js");

/// What a page does to send its reader to sign in (RFC 7636, section 4). The book's own does it in `widget`.
const LEAVE: &str = "
    const base64 = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    const { client, issuer, scope } = await (await fetch('/config.json')).json();
    const [verifier, state] = [32, 16].map((length) => base64(crypto.getRandomValues(new Uint8Array(length))));
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
    const request = new URLSearchParams({ client_id: client, redirect_uri: location.origin + '/signed-in.html', response_type: 'code',
        scope, state, code_challenge: base64(new Uint8Array(digest)), code_challenge_method: 'S256' });
    location.href = issuer + '/oauth2/authorize?' + request";

/// The whole program, ended when dropped.
pub struct Program {
    child: Child,
    pub port: u16,
}

impl Program {
    /// Without functions.
    pub fn start() -> Self {
        Self::with(&["--no-functions"])
    }

    pub fn with(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_local"))
            .args(["serve", "--port", "0", "--memory"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url =
            lines.find_map(|line| line.unwrap().strip_prefix("책").map(|url| url.trim().to_owned())).unwrap();
        // Goes on reading, so that the program never waits for a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let port = url.trim_end_matches('/').rsplit_once(':').unwrap().1.parse().unwrap();
        Self { child, port }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let pid = nix::unistd::Pid::from_raw(self.child.id().cast_signed());
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        let _ = self.child.wait();
    }
}

pub fn value(page: &Session<'_>, expression: &str) -> Value {
    page.script(&format!("return {expression}"), &[]).unwrap()
}

fn leave(page: &Session<'_>, book: &str) {
    page.goto(book).unwrap();
    page.script_async(LEAVE, &[]).unwrap();
    page.wait_until(ASKED, LIMIT).unwrap();
}

#[test]
fn pages_are_told_where_their_readers_sign_in() {
    let program = Program::start();
    for host in ["127.0.0.1", "localhost"] {
        let origin = format!("http://{host}:{}", program.port);
        let config: Value =
            ureq::get(format!("{origin}/config.json")).call().unwrap().body_mut().read_json().unwrap();
        let issuer = config["issuer"].as_str().unwrap();
        let path = issuer.strip_prefix(&format!("http://127.0.0.1:{}", program.port)).unwrap();
        assert!(path.starts_with("/_local/cognito/ap-northeast-2_"), "{path}");
        assert_eq!(config["client"].as_str().unwrap().len(), 26);
        assert_eq!(config["scope"], "openid book/users");
        assert_eq!((&config["api"], &config["spread"]), (&json!("/api"), &json!(true)));
    }
}

#[test]
fn the_page_is_for_everybody() {
    if webdriver::skip_browser() {
        return;
    }
    let program = Program::start();
    let driver = Driver::start().unwrap();
    let page = driver.session().unwrap();
    page.viewport(360, 740).unwrap();
    leave(&page, &format!("http://127.0.0.1:{}/", program.port));
    let refused = "document.querySelector('[role=alert]')";
    page.type_keys(":focus", &format!("a <b>{}", Key::Enter)).unwrap();
    page.wait_until(refused, LIMIT).unwrap();
    assert_eq!(value(&page, "document.querySelector('#username').value"), "a <b>");
    for scheme in ["light", "dark"] {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        page.cdp("Emulation.setEmulatedMedia", json!({ "features": features })).unwrap();
        page.wait_until(&format!("matchMedia('(prefers-color-scheme: {scheme})').matches"), LIMIT).unwrap();
        page.script(AXE, &[]).unwrap();
        let found = "return (await axe.run(document)).violations.map((one) => one.id + ': ' + one.nodes.map((node) => node.html))";
        assert_eq!(page.script_async(found, &[]).unwrap(), json!([]), "{scheme}");
    }
    let fits = "document.documentElement.scrollWidth <= 360";
    assert_eq!(value(&page, fits), true);
    // The style is the page's own, by its hash.
    assert_eq!(value(&page, "getComputedStyle(document.querySelector('button')).fontWeight"), "600");

    // Asked anew, the page has forgotten the name; the button is the next thing a keyboard reaches.
    page.goto(&page.url().unwrap()).unwrap();
    page.wait_until(&format!("!{refused} && {ASKED}"), LIMIT).unwrap();
    page.type_keys(":focus", &Key::Tab.to_string()).unwrap();
    assert_eq!(value(&page, "document.activeElement.type"), "submit");

    // No script is needed for any of it.
    page.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true })).unwrap();
    page.goto(&page.url().unwrap()).unwrap();
    page.type_keys("#username", "haneul").unwrap();
    page.click("button").unwrap();
    page.wait_until("location.href.includes('/signed-in.html?code=')", LIMIT).unwrap();
}
