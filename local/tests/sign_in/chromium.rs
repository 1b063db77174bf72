//! The whole program and a real browser: a page of the book sends its reader to sign in, by keyboard and without a mouse.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use webdriver::{Driver, Key, Session};

const LIMIT: Duration = Duration::from_secs(30);
const AXE: &str = include_str!("../../../preprocessor/tests/vendor/axe-core/axe.min.js");

/// What a page does to send its reader to sign in (RFC 7636, section 4).
const LEAVE: &str = "
    const base64 = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    const { client, signIn } = await (await fetch('/config.json')).json();
    const [verifier, state] = [32, 16].map((length) => base64(crypto.getRandomValues(new Uint8Array(length))));
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
    sessionStorage.signIn = JSON.stringify({ verifier, state });
    const request = new URLSearchParams({ client_id: client, redirect_uri: location.origin + '/', response_type: 'code',
        scope: 'openid book/users', state, code_challenge: base64(new Uint8Array(digest)), code_challenge_method: 'S256' });
    location.href = signIn + '/oauth2/authorize?' + request";

/// And what it does when they are back.
const ARRIVE: &str = "
    const query = new URLSearchParams(location.search), { verifier, state } = JSON.parse(sessionStorage.signIn);
    if (query.get('state') !== state) return { state: query.get('state') };
    const { client, signIn } = await (await fetch('/config.json')).json();
    const body = new URLSearchParams({ grant_type: 'authorization_code', client_id: client, code: query.get('code'),
        redirect_uri: location.origin + '/', code_verifier: verifier });
    const tokens = await (await fetch(signIn + '/oauth2/token', { method: 'POST', body })).json();
    const bytes = Uint8Array.from(atob(tokens.access_token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt());
    const me = (token) => fetch('/api/me/users', { headers: { authorization: 'Bearer ' + token } });
    return { username: JSON.parse(new TextDecoder().decode(bytes)).username, without: (await me('')).status,
        id: (await me(tokens.id_token)).status, access: (await me(tokens.access_token)).headers.get('x-local-state') }";

/// The program without functions, ended when dropped.
struct Program {
    child: Child,
    port: u16,
}

impl Program {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_local"))
            .args(["serve", "--port", "0", "--memory", "--no-functions"])
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

fn value(page: &Session<'_>, expression: &str) -> Value {
    page.script(&format!("return {expression}"), &[]).unwrap()
}

fn leave(page: &Session<'_>, book: &str) {
    page.goto(book).unwrap();
    page.script_async(LEAVE, &[]).unwrap();
    page.wait_until("document.querySelector('#username')", LIMIT).unwrap();
}

/// Types into what has the focus, as a keyboard does.
fn arrive(page: &Session<'_>, keys: &str) -> Value {
    page.type_keys(":focus", keys).unwrap();
    page.wait_until("location.pathname === '/' && location.search.includes('code=')", LIMIT).unwrap();
    page.script_async(ARRIVE, &[]).unwrap()
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
        assert_eq!(config["signIn"], format!("{origin}{path}"));
        assert_eq!((&config["api"], &config["spread"]), (&json!("/api"), &json!(true)));
    }
}

#[test]
fn a_page_signs_its_reader_in() {
    if webdriver::skip_browser() {
        return;
    }
    let program = Program::start();
    let driver = Driver::start().unwrap();
    // Under either name of this machine: both the sign-in and the book are at the one the reader came by.
    for (host, name) in [("127.0.0.1", "김하늘"), ("localhost", "haneul")] {
        let page = driver.session().unwrap();
        let book = format!("http://{host}:{}/", program.port);
        leave(&page, &book);
        assert!(page.url().unwrap().starts_with(&format!("{book}_local/cognito/")));
        assert_eq!(value(&page, "document.activeElement.id"), "username", "ready to type");
        let arrived = arrive(&page, &format!("{name}{}", Key::Enter));
        let expected = json!({"username": name, "without": 401, "id": 403, "access": "building"});
        assert_eq!(arrived, expected);
        let blocked: Vec<_> = page.console().unwrap();
        let blocked: Vec<_> =
            blocked.iter().filter(|entry| entry.message.contains("Content Security Policy")).collect();
        assert!(blocked.is_empty(), "{blocked:?}");
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
    page.wait_until(&format!("!{refused}"), LIMIT).unwrap();
    page.type_keys(":focus", &Key::Tab.to_string()).unwrap();
    assert_eq!(value(&page, "document.activeElement.type"), "submit");

    // No script is needed for any of it.
    page.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true })).unwrap();
    page.goto(&page.url().unwrap()).unwrap();
    page.type_keys("#username", "haneul").unwrap();
    page.click("button").unwrap();
    let end = std::time::Instant::now() + LIMIT;
    while !page.url().unwrap().contains("/?code=") {
        assert!(std::time::Instant::now() < end, "{}", page.url().unwrap());
    }
}
