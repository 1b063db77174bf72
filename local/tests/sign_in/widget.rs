//! The book's own way in: a reader signs in on the chapter about it, calls the API with their token, comes back, signs out,
//! and meets everything that can go wrong on the way.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use webdriver::{Driver, Key, Session};

use crate::chromium::{AXE, LIMIT, Program, value};

const CHAPTER: &str = "09-cognito-jwt.html";
const THEMES: [&str; 5] = ["light", "rust", "coal", "navy", "ayu"];

/// What the place to sign in says.
const SAYS: &str = "document.querySelector('.live-sign-in .live-say').textContent";
/// The tokens of this tab, if any.
const HELD: &str = "sessionStorage['live:/:sign-in']";

fn chapter(host: &str, port: u16) -> String {
    format!("http://{host}:{port}/{CHAPTER}")
}

/// Opens the chapter as somebody who has never been here, and waits for the scripts that few pages have.
fn open(page: &Session<'_>, url: &str) {
    page.goto(url).unwrap();
    page.script("localStorage.clear(); sessionStorage.clear()", &[]).unwrap();
    page.goto("about:blank").unwrap();
    come_back(page, url);
}

fn come_back(page: &Session<'_>, url: &str) {
    page.goto(url).unwrap();
    page.wait_until("window.mdbookLive?.signIn && document.querySelector('.live-sign-in button')", LIMIT)
        .unwrap();
    // Predictions are not what this is about.
    page.script("document.querySelectorAll('live-predict').forEach((one) => one.querySelectorAll('button')[1]?.click())", &[])
        .unwrap();
}

fn wait_for(page: &Session<'_>, expression: &str) {
    page.wait_until(expression, LIMIT)
        .unwrap_or_else(|error| panic!("{expression}: {error:#}; it says {}", value(page, SAYS)));
}

/// Presses a button as a mouse does, away from the bar at the top of the window.
fn press(page: &Session<'_>, css: &str) {
    page.script("document.querySelector(arguments[0]).scrollIntoView({ block: 'center' })", &[css.into()])
        .unwrap();
    page.click(css).unwrap();
}

/// From the press of a button to the page with the tokens.
fn sign_in_by(page: &Session<'_>, button: &str, name: &str) {
    press(page, button);
    page.wait_until("document.querySelector('#username')", LIMIT).unwrap();
    page.type_keys(":focus", &format!("{name}{}", Key::Enter)).unwrap();
    page.wait_until(&format!("location.pathname === '/{CHAPTER}' && {HELD}"), LIMIT).unwrap();
    page.script("document.querySelectorAll('live-predict').forEach((one) => one.querySelectorAll('button')[1]?.click())", &[])
        .unwrap();
}

fn sign_in(page: &Session<'_>, name: &str) {
    sign_in_by(page, ".live-sign-in button", name);
}

fn says(page: &Session<'_>, id: &str) -> String {
    value(page, &format!("document.querySelector('#live-{id} .live-say').textContent"))
        .as_str()
        .unwrap()
        .to_owned()
}

/// Presses a block's button and waits for the answer; its status.
fn run(page: &Session<'_>, id: &str) -> String {
    press(page, &format!("#live-{id} .live-buttons button"));
    let answered = format!("document.querySelector('#live-{id} .live-answer .live-head')");
    wait_for(page, &format!("{answered} && !document.querySelector('#live-{id} live-request').ariaBusy"));
    value(page, &format!("{answered}.lastChild.textContent")).as_str().unwrap().to_owned()
}

fn blocked(page: &Session<'_>) -> Vec<String> {
    let console = page.console().unwrap().into_iter().map(|entry| entry.message);
    console.filter(|message| message.contains("Content Security Policy")).collect()
}

/// Waits until the functions behind the API are compiled; the first time takes minutes.
fn with_functions() -> Program {
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

#[test]
fn a_reader_signs_in_calls_the_api_comes_back_and_signs_out() {
    if webdriver::skip_browser() {
        return;
    }
    let program = with_functions();
    let driver = Driver::start().unwrap();
    // Under the other name of this machine the issuer is a foreign host, as it is on AWS.
    for (host, name) in [("127.0.0.1", "김하늘"), ("localhost", "haneul")] {
        let page = driver.session().unwrap();
        let url = chapter(host, program.port);
        open(&page, &url);
        assert_eq!(
            value(&page, "document.querySelectorAll('.live-needs button').length"),
            4,
            "every block that sends a token"
        );

        // Nobody is signed in: the block says so, sends nothing and offers the way.
        press(&page, "#live-me-list .live-buttons button");
        assert!(says(&page, "me-list").starts_with("먼저 로그인한다."), "{}", says(&page, "me-list"));
        let sent =
            "performance.getEntriesByType('resource').filter((one) => one.name.includes('/api/')).length";
        assert_eq!(value(&page, sent), 0);

        // From the block and back to it.
        sign_in_by(&page, "#live-me-list .live-needs button", name);
        assert_eq!(value(&page, "location.hash"), "#live-me-list");
        wait_for(&page, &format!("{SAYS}.includes('로그인한 독자: {name}.')"));
        assert!(says(&page, "me-list").starts_with("로그인한 독자"), "{}", says(&page, "me-list"));
        assert_eq!(value(&page, "location.search + document.referrer"), "", "no code stays behind");
        assert_eq!(value(&page, "document.querySelectorAll('.live-needs button').length"), 0);

        for (id, status) in [
            ("me-create", "201"),
            ("me-list", "200"),
            ("one-letter", "401"),
            ("expired-token", "401"),
            ("other-app", "401"),
            ("id-token", "403"),
        ] {
            assert_eq!(run(&page, id), status, "{id}: {}", says(&page, id));
            assert!(says(&page, id).contains("기대와 같다"), "{id}: {}", says(&page, id));
        }

        // In this tab the sign-in stays; the token of a request that found nothing is still there.
        come_back(&page, &url);
        wait_for(&page, &format!("{SAYS}.includes('로그인한 독자: {name}.')"));
        let edit = "const editor = document.querySelector('#live-me-list textarea'); editor.value = editor.value.replace('/users', '/users/20');
            editor.dispatchEvent(new Event('input'))";
        page.script(edit, &[]).unwrap();
        assert_eq!(run(&page, "me-list"), "404");
        press(&page, "#live-me-list .live-buttons button:nth-child(2)");
        assert_eq!(run(&page, "me-list"), "200");
        assert_eq!(
            value(&page, "document.querySelector('#live-me-list .live-answer').textContent.includes('eyJ')"),
            false
        );

        // Out again: the tokens are gone here, the refresh token there, and the issuer asks for a name anew.
        let refresh = value(&page, &format!("JSON.parse({HELD}).refresh_token"));
        press(&page, ".live-sign-in button");
        page.wait_until(&format!("location.hash === '#live-sign-in' && window.mdbookLive?.signIn && {SAYS}.startsWith('로그아웃했다.')"), LIMIT).unwrap();
        assert_eq!(
            value(&page, &format!("[{HELD} ?? null, sessionStorage['live-sign-in'] ?? null]")),
            json!([null, null])
        );
        let renew = "const { client, issuer } = await (await fetch('/config.json')).json();
            const body = new URLSearchParams({ grant_type: 'refresh_token', client_id: client, refresh_token: arguments[0] });
            return (await fetch(issuer + '/oauth2/token', { method: 'POST', body })).json()";
        assert_eq!(page.script_async(renew, &[refresh]).unwrap(), json!({ "error": "invalid_grant" }));
        press(&page, ".live-sign-in button");
        page.wait_until("document.querySelector('#username')", LIMIT).unwrap();
        assert_eq!(blocked(&page), Vec::<String>::new());
    }
}

#[test]
fn tokens_are_kept_in_this_tab_and_nowhere_else() {
    if webdriver::skip_browser() {
        return;
    }
    let program = Program::start();
    let driver = Driver::start().unwrap();
    let page = driver.session().unwrap();
    let url = chapter("127.0.0.1", program.port);
    open(&page, &url);
    sign_in(&page, "haneul");
    // A run stores the values of its page.
    assert_eq!(run(&page, "me-list"), "503", "no function is there");
    let stored = value(
        &page,
        "[JSON.stringify({ ...localStorage }), document.cookie, location.href, JSON.stringify(history.state), document.body.outerHTML]",
    );
    let held: Value = serde_json::from_str(value(&page, HELD).as_str().unwrap()).unwrap();
    for token in ["access_token", "id_token", "refresh_token"] {
        let secret = held[token].as_str().unwrap();
        assert!(!stored.to_string().contains(secret), "{token}");
        let others = "Object.keys(sessionStorage).filter((key) => key !== 'live:/:sign-in' && sessionStorage[key].includes(arguments[0]))";
        assert_eq!(page.script(&format!("return {others}"), &[secret.into()]).unwrap(), json!([]), "{token}");
    }
    // Another tab is another reader.
    let other = "const frame = document.createElement('iframe'); return window.open(arguments[0], '_blank', 'noopener') === null";
    assert_eq!(page.script(other, &[url.as_str().into()]).unwrap(), true);
    let fresh = driver.session().unwrap();
    come_back(&fresh, &url);
    assert_eq!(value(&fresh, &format!("{HELD} ?? null")), Value::Null);

    // What is copied for a shell has a variable in the token's place.
    page.cdp(
        "Browser.grantPermissions",
        json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] }),
    )
    .unwrap();
    press(&page, "#live-me-list .live-buttons button:nth-child(3)");
    wait_for(
        &page,
        "document.querySelector('#live-me-list .live-say').textContent.startsWith('curl 명령을 복사했다')",
    );
    let copied = page.script_async("return navigator.clipboard.readText()", &[]).unwrap();
    let copied = copied.as_str().unwrap();
    assert!(copied.contains(r#"-H 'authorization: Bearer '"$access_token"''"#), "{copied}");
    assert!(!copied.contains("eyJ"), "{copied}");

    // The button that erases what the book stored forgets the tokens too.
    page.goto(&format!("http://127.0.0.1:{}/", program.port)).unwrap();
    wait_for(&page, "document.querySelector('.live-progress button')?.checkVisibility()");
    press(&page, ".live-progress button");
    wait_for(&page, "document.querySelector('.live-progress .live-say').textContent.includes('지웠다')");
    assert_eq!(value(&page, &format!("{HELD} ?? null")), Value::Null);
}

/// Sends the page what an issuer might have said, as if its reader had come back with it.
fn told(page: &Session<'_>, url: &str, answer: &str) -> String {
    let asked = json!({ "state": "s", "nonce": "n", "verifier": "v".repeat(43), "back": format!("/{CHAPTER}"), "answer": answer });
    page.script("sessionStorage['live-sign-in'] = arguments[0]", &[asked.to_string().into()]).unwrap();
    come_back(page, url);
    wait_for(page, "document.querySelector('.live-sign-in .live-say.bad')");
    assert_eq!(
        value(page, &format!("[{HELD} ?? null, sessionStorage['live-sign-in'] ?? null]")),
        json!([null, null]),
        "{answer}"
    );
    value(page, SAYS).as_str().unwrap().to_owned()
}

#[test]
fn an_answer_of_another_sign_in_is_thrown_away() {
    if webdriver::skip_browser() {
        return;
    }
    let program = Program::start();
    let driver = Driver::start().unwrap();
    let page = driver.session().unwrap();
    let (url, origin) = (chapter("127.0.0.1", program.port), format!("http://127.0.0.1:{}", program.port));
    open(&page, &url);
    // Nobody began one here: the page stays where it is and says so.
    page.goto(&format!("{origin}/signed-in.html?code=c&state=s")).unwrap();
    assert!(page.find("main").unwrap().text().unwrap().contains("이 탭에서 시작한 로그인이 아니"));
    assert!(page.url().unwrap().ends_with("?code=c&state=s"));
    assert_eq!(blocked(&page), Vec::<String>::new());

    // One was begun, and somebody hands in the answer to another.
    come_back(&page, &url);
    press(&page, ".live-sign-in button");
    page.wait_until("document.querySelector('#username')", LIMIT).unwrap();
    page.goto(&format!("{origin}/signed-in.html?code=stolen&state=another")).unwrap();
    page.wait_until(&format!("location.pathname === '/{CHAPTER}' && window.mdbookLive?.signIn && document.querySelector('.live-sign-in .bad')"), LIMIT).unwrap();
    assert!(
        value(&page, SAYS).as_str().unwrap().starts_with("돌아온 답의 state가"),
        "{}",
        value(&page, SAYS)
    );
    let asked =
        "performance.getEntriesByType('resource').filter((one) => one.name.includes('/oauth2/')).length";
    assert_eq!(value(&page, asked), 0, "nothing is asked of the issuer");

    for answer in
        ["", "?code=c", "?code=c&state=", "?code=c&state=t", "?error=access_denied", "?code=c&state=S"]
    {
        assert!(told(&page, &url, answer).starts_with("돌아온 답의 state가"), "{answer}");
    }
    for (answer, said) in [
        (
            "?state=s&error=access_denied&error_description=<b>no</b>",
            "발급자가 로그인을 거절했다(access_denied). <b>no</b>",
        ),
        ("?state=s&code=c&iss=https://other.example", "돌아온 답의 state가"),
        ("?state=s&code=0123", "발급자가 코드를 받지 않았다(invalid_grant)."),
        ("?state=s", "발급자가 코드를 받지 않았다(invalid_grant)."),
    ] {
        let seen = told(&page, &url, answer);
        assert!(seen.starts_with(said), "{answer}: {seen}");
    }

    // The right code, and an ID token that was made for another request.
    come_back(&page, &url);
    press(&page, ".live-sign-in button");
    page.wait_until("document.querySelector('#username')", LIMIT).unwrap();
    let other = "const asked = JSON.parse(sessionStorage['live-sign-in']); asked.nonce = 'another'; sessionStorage['live-sign-in'] = JSON.stringify(asked)";
    page.script(other, &[]).unwrap();
    page.type_keys(":focus", &format!("haneul{}", Key::Enter)).unwrap();
    page.wait_until(
        &format!("location.pathname === '/{CHAPTER}' && document.querySelector('.live-sign-in .bad')"),
        LIMIT,
    )
    .unwrap();
    assert!(value(&page, SAYS).as_str().unwrap().starts_with("받은 ID 토큰이"), "{}", value(&page, SAYS));
    assert_eq!(value(&page, &format!("{HELD} ?? null")), Value::Null);

    // A page of another origin is no page to go back to.
    for back in ["https://evil.example/", "//evil.example/", "javascript:alert(1)"] {
        page.script(
            "sessionStorage['live-sign-in'] = JSON.stringify({ state: 's', back: arguments[0] })",
            &[back.into()],
        )
        .unwrap();
        page.goto(&format!("{origin}/signed-in.html?code=c&state=s")).unwrap();
        assert!(page.url().unwrap().ends_with("?code=c&state=s"), "{back}");
    }
}

#[test]
fn what_cannot_be_done_is_said_with_its_reason() {
    if webdriver::skip_browser() {
        return;
    }
    let program = Program::start();
    let driver = Driver::start().unwrap();
    let page = driver.session().unwrap();
    let url = chapter("127.0.0.1", program.port);
    let fails = |said: &str| {
        press(&page, ".live-sign-in button");
        wait_for(&page, "document.querySelector('.live-sign-in .live-say.bad')");
        let seen = value(&page, SAYS);
        assert!(seen.as_str().unwrap().starts_with(said), "{said}: {seen}");
        assert_eq!(page.url().unwrap(), url, "the reader is still where they were");
    };
    page.cdp("Network.enable", json!({})).unwrap();
    let block = |urls: &[&str]| page.cdp("Network.setBlockedURLs", json!({ "urls": urls })).unwrap();
    for what in ["*/config.json", "*/.well-known/*"] {
        open(&page, &url);
        block(&[what]);
        fails(&format!("127.0.0.1:{}에 닿지 못했다.", program.port));
        block(&[]);
    }
    let pretends = |body: &str| {
        open(&page, &url);
        page.script(&format!("const real = fetch; window.fetch = async (url, init) => {{ const answer = await real(url, init); {body} return answer }}"), &[]).unwrap();
    };
    pretends("if (`${url}`.endsWith('config.json')) return new Response('{\"api\":\"/api\"}');");
    fails("이 책을 올린 곳에는 로그인이 없다");
    pretends("if (`${url}`.endsWith('config.json')) return new Response('<html>', { status: 404 });");
    fails("이 책을 올린 곳에는 로그인이 없다");
    pretends(
        "if (`${url}`.includes('well-known')) return new Response(JSON.stringify({ ...await answer.json(), issuer: 'https://evil.example' }));",
    );
    fails("발급자의 안내 문서가");
    pretends(
        "if (`${url}`.includes('well-known')) return new Response(JSON.stringify({ ...await answer.json(), authorization_endpoint: 'javascript:alert(1)//' }));",
    );
    fails("발급자의 안내 문서가");
    open(&page, &url);
    page.script("Object.defineProperty(crypto, 'subtle', { value: undefined })", &[]).unwrap();
    fails("이 주소에서는 브라우저가 암호 기능을 내주지 않는다.");
    open(&page, &url);
    page.script(
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('refused') } })",
        &[],
    )
    .unwrap();
    fails("브라우저가 sessionStorage를 막아서");

    // Signing out without the issuer: gone here, and what is not done is said.
    open(&page, &url);
    sign_in(&page, "haneul");
    block(&["*/.well-known/*"]);
    press(&page, ".live-sign-in button");
    wait_for(&page, &format!("{SAYS}.startsWith('이 탭의 토큰은 지웠다.')"));
    assert_eq!(value(&page, &format!("{HELD} ?? null")), Value::Null);
    block(&[]);
}

#[test]
fn tokens_are_renewed_before_a_block_needs_them() {
    if webdriver::skip_browser() {
        return;
    }
    let program = Program::start();
    let driver = Driver::start().unwrap();
    let page = driver.session().unwrap();
    let url = chapter("127.0.0.1", program.port);
    open(&page, &url);
    sign_in(&page, "haneul");
    let first = value(&page, &format!("JSON.parse({HELD}).access_token"));
    // The machine slept past the expiry: no timer fired, and the block finds its token too old.
    let aged = |change: &str| {
        let script = format!(
            "const held = JSON.parse({HELD}); held.until = Date.now() + 1000; {change}; sessionStorage['live:/:sign-in'] = JSON.stringify(held)"
        );
        page.script(&script, &[]).unwrap();
        come_back(&page, &url);
    };
    aged("");
    assert_eq!(run(&page, "me-list"), "503", "it was sent, and no function is there");
    let second = value(&page, &format!("JSON.parse({HELD}).access_token"));
    assert_ne!(first, second);
    assert_eq!(value(&page, "mdbookLive.variables.access_token"), second);

    // A refresh token that is no good any more: signed out, with the reason, and nothing is sent.
    aged("held.refresh_token = 'x'");
    press(&page, "#live-me-list .live-buttons button");
    wait_for(&page, "document.querySelector('.live-sign-in .live-say.bad')");
    assert!(value(&page, SAYS).as_str().unwrap().starts_with("다시 로그인한다."), "{}", value(&page, SAYS));
    wait_for(
        &page,
        "document.querySelector('#live-me-list .live-say').textContent.startsWith('먼저 로그인한다.')",
    );
    assert_eq!(value(&page, &format!("{HELD} ?? null")), Value::Null);
    assert_eq!(value(&page, "'access_token' in mdbookLive.variables"), false);

    // A token the API does not know any more, as after a server was started anew: the block says what to do. To the issuer the
    // browser is still signed in, so it asks for no name.
    press(&page, ".live-sign-in button");
    page.wait_until(&format!("location.hash === '#live-sign-in' && {HELD}"), LIMIT).unwrap();
    let other = format!(
        "const held = JSON.parse({HELD}); held.access_token += 'A'; sessionStorage['live:/:sign-in'] = JSON.stringify(held)"
    );
    page.script(&other, &[]).unwrap();
    come_back(&page, &url);
    assert_eq!(run(&page, "me-list"), "401");
    assert!(
        says(&page, "me-list").contains("API가 이 토큰을 받지 않았다(401)."),
        "{}",
        says(&page, "me-list")
    );
}

#[test]
fn the_place_to_sign_in_is_for_everybody() {
    if webdriver::skip_browser() {
        return;
    }
    let program = Program::start();
    let driver = Driver::start().unwrap();
    let page = driver.session().unwrap();
    let url = chapter("127.0.0.1", program.port);
    page.viewport(360, 740).unwrap();
    open(&page, &url);
    // By keyboard alone, there and back.
    page.script("document.querySelector('.live-sign-in button').focus()", &[]).unwrap();
    page.type_keys(":focus", &Key::Enter.to_string()).unwrap();
    page.wait_until("document.querySelector('#username')", LIMIT).unwrap();
    page.type_keys(":focus", &format!("아주-긴-이름을-쓰는-독자가-있다{}", Key::Enter)).unwrap();
    page.wait_until(&format!("location.hash === '#live-sign-in' && {HELD}"), LIMIT).unwrap();
    wait_for(&page, &format!("{SAYS}.includes('독자가-있다')"));
    page.type_keys("body", &Key::Tab.to_string()).unwrap();
    let reached = "document.activeElement.closest('.live-sign-in')?.textContent.includes('로그아웃')";
    assert_eq!(
        value(&page, reached),
        true,
        "{}",
        value(&page, "document.activeElement.outerHTML.slice(0, 200)")
    );
    let narrow = "[...document.querySelectorAll('.live-sign-in, .live-sign-in *, .token *, .live-needs *')].filter((one) => one.getBoundingClientRect().right > 360 && !one.closest('pre')).map((one) => one.outerHTML.slice(0, 120))";
    assert_eq!(value(&page, narrow), json!([]));
    assert_eq!(value(&page, "document.documentElement.scrollWidth <= 360"), true);
    let small = "[...document.querySelectorAll('.live-sign-in button, .token button')].filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44).length";
    assert_eq!(value(&page, small), 0);
    page.script("document.querySelector('.token button').click()", &[]).unwrap();
    wait_for(&page, "document.querySelector('.token .live-verdict')");
    page.script(AXE, &[]).unwrap();
    let found = "const found = [];
        for (const part of ['.live-sign-in', '.token', '#live-me-list'])
            found.push(...(await axe.run(part)).violations.map((one) => one.id + ': ' + one.nodes.map((node) => node.html)));
        return found";
    for theme in THEMES {
        let script = "document.getElementById('mdbook-theme-' + arguments[0]).click()";
        page.script(script, &[theme.into()]).unwrap();
        page.wait_until(&format!("document.documentElement.classList.contains('{theme}') && document.getAnimations().every((one) => one.playState !== 'running')"), LIMIT).unwrap();
        assert_eq!(page.script_async(found, &[]).unwrap(), json!([]), "{theme}");
    }

    // Without a script: what is needed is said, and the recorded answers are there.
    page.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true })).unwrap();
    page.goto(&url).unwrap();
    let seen = page.find(".live-sign-in").unwrap().text().unwrap();
    assert!(seen.contains("자바스크립트가 필요하다"), "{seen}");
    assert!(page.find("#live-me-list .live-needs").unwrap().text().unwrap().contains("토큰으로 보내는 요청"));
    assert!(page.find("#live-me-list .live-recording").unwrap().text().unwrap().contains("200 OK"));
    page.goto(&format!("http://127.0.0.1:{}/signed-in.html?code=c&state=s", program.port)).unwrap();
    assert!(page.find("main").unwrap().text().unwrap().contains("자바스크립트가 꺼져 있다"));
}

/// Presses a button of the figure that takes tokens apart; its sentence, and the verdict of each rule.
fn taken_apart(page: &Session<'_>, button: &str) -> (String, Vec<bool>) {
    page.script("document.querySelector('.token .live-say').textContent = ''", &[]).unwrap();
    press(page, &format!(".token button[value={button}]"));
    wait_for(page, "document.querySelector('.token .live-say').textContent");
    let said =
        value(page, "document.querySelector('.token .live-say').textContent").as_str().unwrap().to_owned();
    let verdicts = value(
        page,
        "[...document.querySelectorAll('.token li')].map((one) => one.querySelector('.live-verdict')?.className.includes('true') ?? null)",
    );
    (said, verdicts.as_array().unwrap().iter().filter_map(Value::as_bool).collect())
}

#[test]
fn a_token_is_taken_apart_and_its_signature_verified_in_the_page() {
    if webdriver::skip_browser() {
        return;
    }
    let program = Program::start();
    let driver = Driver::start().unwrap();
    let page = driver.session().unwrap();
    let url = chapter("127.0.0.1", program.port);
    open(&page, &url);
    let parts = "[...document.querySelectorAll('.token code.part')].map((one) => one.textContent)";
    let built = value(&page, parts);
    let all = [true; 6];
    let only = |broken: usize| -> Vec<bool> { (0..6).map(|n| n != broken).collect() };
    let ends = |(said, verdicts): (String, Vec<bool>), end: &str, expected: &[bool]| {
        assert!(said.ends_with(end), "{said}");
        assert_eq!(verdicts, expected, "{said}");
    };
    ends(taken_apart(&page, "specimen"), "통과. 함수를 부른다.", &all);
    assert_eq!(
        value(&page, parts),
        built,
        "what stands there without a script is what the script makes of it"
    );
    ends(taken_apart(&page, "letter"), "401. 도장이 맞지 않는다.", &only(1));
    let name = "JSON.parse(document.querySelectorAll('.token code.part')[1].textContent).username";
    assert_eq!(value(&page, name), "haneux");
    ends(taken_apart(&page, "live-expired-token"), "401. 기한이 지났다.", &only(4));
    ends(taken_apart(&page, "live-other-app"), "401. 다른 앱의 토큰이다.", &only(3));
    assert_eq!(taken_apart(&page, "access_token").0, "내 토큰이 아직 없다. 위에서 먼저 로그인한다.");

    // Text of any kind is no token, and stays text.
    for text in [
        "",
        "a",
        "a.b",
        "a.b.c",
        "한.글.자",
        "e30.e30",
        "<img src=x>.e30.e30",
        "e30.e30.e30.e30",
        "bnVsbA.e30.e30",
    ] {
        let typed = "document.querySelector('.token textarea').value = arguments[0]; document.querySelector('.token .live-say').textContent = ''";
        page.script(typed, &[text.into()]).unwrap();
        press(&page, ".token button");
        wait_for(&page, "document.querySelector('.token .live-say').textContent");
        let said = value(&page, "document.querySelector('.token .live-say').textContent");
        assert!(said.as_str().unwrap().starts_with("토큰이 아니다."), "{text}: {said}");
        assert_eq!(value(&page, "document.querySelectorAll('.token .live-verdict, .token img').length"), 0);
    }

    // The reader's own, by the keys of the issuer.
    sign_in(&page, "haneul");
    let (said, verdicts) = taken_apart(&page, "access_token");
    assert!(said.ends_with("통과. 함수를 부른다.") && said.contains("/_local/cognito/"), "{said}");
    assert_eq!(verdicts, all);
    assert_eq!(value(&page, name), "haneul");
    ends(taken_apart(&page, "letter"), "401. 도장이 맞지 않는다.", &only(1));
    ends(taken_apart(&page, "id_token"), "403. 범위가 없다.", &only(5));
    page.cdp("Network.enable", json!({})).unwrap();
    page.cdp("Network.setBlockedURLs", json!({ "urls": ["*jwks*"] })).unwrap();
    let (said, verdicts) = taken_apart(&page, "access_token");
    assert!(said.starts_with("이 책의 발급자에게 공개 키를 묻지 못했다."), "{said}");
    assert!(verdicts.is_empty());
    assert_eq!(blocked(&page), Vec::<String>::new());
}
