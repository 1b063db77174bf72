//! The book's own way in: a reader signs in on the chapter about it, calls the API with their token, comes back, signs out,
//! and meets everything that can go wrong on the way.

mod everybody;
mod refused;
mod signing_in;
mod token;

use std::time::{Duration, Instant};

use webdriver::{Driver, Key, Session};

use crate::chromium::{ASKED, LIMIT, Program, value};

pub const CHAPTER: &str = "09-cognito-jwt.html";

/// What the place to sign in says.
pub const SAYS: &str = "document.querySelector('.live-sign-in .live-say').textContent";
/// The tokens of this tab, if any.
pub const HELD: &str = "sessionStorage['live:/:sign-in']";

/// A browser and the program without functions.
pub struct Visit<'v> {
    pub driver: &'v Driver,
    pub page: Session<'v>,
    pub port: u16,
    /// Address of the chapter.
    pub url: String,
}

pub fn visit(test: impl FnOnce(Visit<'_>)) {
    if webdriver::skip_browser() {
        return;
    }
    let program = Program::start();
    let driver = Driver::start().unwrap();
    let url = chapter("127.0.0.1", program.port);
    test(Visit { driver: &driver, page: driver.session().unwrap(), port: program.port, url });
}

pub fn chapter(host: &str, port: u16) -> String {
    format!("http://{host}:{port}/{CHAPTER}")
}

/// Opens the chapter as somebody who has never been here, and waits for the scripts that few pages have.
pub fn open(page: &Session<'_>, url: &str) {
    page.goto(url).unwrap();
    page.script("localStorage.clear(); sessionStorage.clear()", &[]).unwrap();
    page.goto("about:blank").unwrap();
    come_back(page, url);
}

pub fn come_back(page: &Session<'_>, url: &str) {
    page.goto(url).unwrap();
    page.wait_until("window.mdbookLive?.signIn && document.querySelector('.live-sign-in button')", LIMIT)
        .unwrap();
    // Predictions are not what this is about.
    page.script("document.querySelectorAll('live-predict').forEach((one) => one.querySelectorAll('button')[1]?.click())", &[])
        .unwrap();
}

pub fn wait_for(page: &Session<'_>, expression: &str) {
    page.wait_until(expression, LIMIT)
        .unwrap_or_else(|error| panic!("{expression}: {error:#}; it says {}", value(page, SAYS)));
}

/// Presses a button as a mouse does, away from the bar at the top of the window.
pub fn press(page: &Session<'_>, css: &str) {
    page.script("document.querySelector(arguments[0]).scrollIntoView({ block: 'center' })", &[css.into()])
        .unwrap();
    page.click(css).unwrap();
}

/// From the press of a button to the page with the tokens.
pub fn sign_in_by(page: &Session<'_>, button: &str, name: &str) {
    press(page, button);
    page.wait_until(ASKED, LIMIT).unwrap();
    page.type_keys(":focus", &format!("{name}{}", Key::Enter)).unwrap();
    page.wait_until(&format!("location.pathname === '/{CHAPTER}' && {HELD}"), LIMIT).unwrap();
    page.script("document.querySelectorAll('live-predict').forEach((one) => one.querySelectorAll('button')[1]?.click())", &[])
        .unwrap();
}

pub fn sign_in(page: &Session<'_>, name: &str) {
    sign_in_by(page, ".live-sign-in button", name);
}

pub fn says(page: &Session<'_>, id: &str) -> String {
    value(page, &format!("document.querySelector('#live-{id} .live-say').textContent"))
        .as_str()
        .unwrap()
        .to_owned()
}

/// Presses a block's button and waits for the answer; its status.
pub fn run(page: &Session<'_>, id: &str) -> String {
    press(page, &format!("#live-{id} .live-buttons button"));
    let answered = format!("document.querySelector('#live-{id} .live-answer .live-head')");
    wait_for(page, &format!("{answered} && !document.querySelector('#live-{id} live-request').ariaBusy"));
    value(page, &format!("{answered}.lastChild.textContent")).as_str().unwrap().to_owned()
}

pub fn blocked(page: &Session<'_>) -> Vec<String> {
    let console = page.console().unwrap().into_iter().map(|entry| entry.message);
    console.filter(|message| message.contains("Content Security Policy")).collect()
}

/// Waits until the functions behind the API are compiled; the first time takes minutes.
pub fn with_functions() -> Program {
    let program = Program::with(&[]);
    let url = format!("http://127.0.0.1:{}/api/users", program.port);
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let end = Instant::now() + Duration::from_secs(600);
    while agent.get(&url).call().unwrap().headers().contains_key("x-local-state") {
        assert!(Instant::now() < end, "users never came to life");
        std::thread::sleep(Duration::from_millis(50));
    }
    program
}
