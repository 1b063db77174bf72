//! The site in a real Chromium: nothing of a page is blocked, reloading keeps the place, the corner says what happens.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::time::Duration;

use local::lambda::package::{State, Status};
use local::site::Site;
use local::watch::{Sources, Watcher};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use webdriver::{Driver, Session};

const LIMIT: Duration = Duration::from_secs(30);

struct Served {
    url: String,
    chapter: PathBuf,
    functions: watch::Sender<Vec<Status>>,
    runtime: Option<Runtime>,
    _watcher: Watcher,
    _folder: tempfile::TempDir,
}

fn long_chapter(title: &str) -> String {
    format!("# {title}\n\n<script>window.mine = 1;</script>\n\n{}", "아주 긴 글이다.\n\n".repeat(200))
}

fn serve() -> Served {
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("book");
    let write = |name: &str, text: &str| {
        let path = book.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    // As the project's own book: Rust blocks are not sent to the public playground.
    write("book.toml", "[book]\ntitle = \"작은 책\"\n[output.html.playground]\nrunnable = false\n");
    write("src/SUMMARY.md", "- [처음](first.md)\n- [안쪽](inner/deep/README.md)\n");
    write("src/first.md", &long_chapter("처음"));
    write("src/inner/deep/README.md", "# 안쪽\n\n```rust\nfn main() {}\n```\n\n> [!NOTE]\n> 눈여겨볼 말\n");

    let runtime = Runtime::new().unwrap();
    let root = folder.path().to_owned();
    let sources = Sources { root: root.clone(), book: book.clone(), functions: root.join("demos") };
    let (watcher, changes) = Watcher::start(&sources).unwrap();
    let functions = watch::Sender::new(Vec::new());
    let site = Site::new(book.clone(), root.join("scratch"), functions.subscribe());
    let url = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = site.router(port);
        tokio::spawn(async move { axum::serve(listener, router).await });
        tokio::spawn(async move { site.run(changes.book).await });
        format!("http://127.0.0.1:{port}")
    });
    let chapter = book.join("src/first.md");
    Served { url, chapter, functions, runtime: Some(runtime), _watcher: watcher, _folder: folder }
}

fn status(name: &str, state: State, serving: bool) -> Status {
    Status { name: name.to_owned(), state, serving, message: None, progress: None }
}

/// What the corner shows, as a script expression.
const CARD: &str = "document.querySelector('#local-status').shadowRoot.querySelector('.card')";

fn until_said(page: &Session<'_>, text: &str) {
    let said = format!("!{CARD}.hidden && {CARD}.innerText.includes({})", json!(text));
    page.wait_until(&said, LIMIT).unwrap();
}

fn until_silent(page: &Session<'_>) {
    page.wait_until(&format!("{CARD}.hidden"), LIMIT).unwrap();
}

#[test]
fn the_policy_blocks_nothing_of_the_book_and_everything_else() {
    if webdriver::skip_browser() {
        return;
    }
    let served = serve();
    let driver = Driver::start().unwrap();
    let page = driver.session().unwrap();
    for path in ["/", "/inner/deep/", "/print.html", "/no/such/page"] {
        page.goto(&format!("{}{path}", served.url)).unwrap();
        // mdBook's scripts ran: the first inline one sets this class, a later one the theme.
        page.wait_until("document.documentElement.classList.contains('js')", LIMIT).unwrap();
        page.wait_until("document.querySelector('#local-status') !== null", LIMIT).unwrap();
        let blocked: Vec<_> = page
            .console()
            .unwrap()
            .into_iter()
            .filter(|entry| entry.message.contains("Content Security Policy"))
            .collect();
        assert!(blocked.is_empty(), "{path}: {blocked:?}");
    }
    page.goto(&format!("{}/", served.url)).unwrap();
    assert_eq!(page.script("return window.mine", &[]).unwrap(), 1);
    // A script that was not in the built page does not run, whatever puts it there.
    let slipped = "const it = document.createElement('script'); it.textContent = 'window.slipped = 1'; \
                   document.body.append(it); return window.slipped === undefined";
    assert_eq!(page.script(slipped, &[]).unwrap(), true);
    let elsewhere = "try { await fetch('http://127.0.0.2:1/'); return 'let out' } catch { return 'kept in' }";
    assert_eq!(page.script_async(elsewhere, &[]).unwrap(), "kept in");
    let refused = page.console().unwrap();
    assert!(refused.iter().any(|entry| entry.message.contains("connect-src")), "{refused:?}");
}

#[test]
fn saving_reloads_the_page_at_the_place_where_the_reader_is() {
    if webdriver::skip_browser() {
        return;
    }
    let served = serve();
    let driver = Driver::start().unwrap();
    let page = driver.session().unwrap();
    page.goto(&format!("{}/first.html", served.url)).unwrap();
    page.wait_until("document.querySelector('#local-status') !== null", LIMIT).unwrap();
    page.script("window.scrollTo(0, 1500)", &[]).unwrap();
    page.wait_until("window.scrollY === 1500", LIMIT).unwrap();

    std::fs::write(&served.chapter, long_chapter("바뀐 제목")).unwrap();
    page.wait_until("document.querySelector('main h1').textContent === '바뀐 제목'", LIMIT).unwrap();
    page.wait_until("window.scrollY === 1500", LIMIT).unwrap();
}

#[test]
fn the_corner_says_what_the_server_is_doing() {
    if webdriver::skip_browser() {
        return;
    }
    let mut served = serve();
    let driver = Driver::start().unwrap();
    let page = driver.session().unwrap();
    page.goto(&format!("{}/", served.url)).unwrap();
    page.wait_until("document.querySelector('#local-status') !== null", LIMIT).unwrap();
    until_silent(&page);

    let mut building = status("users", State::Building, false);
    building.progress = Some((42, 130));
    served.functions.send_replace(vec![
        status("cold-start", State::Live, true),
        building,
        status("events", State::Waiting, false),
    ]);
    until_said(&page, "함수 준비 중: users 컴파일 중… 3개 중 1개 준비됨");
    until_said(&page, "users: 크레이트 42/130");
    let counted = format!("{CARD}.querySelector('.progress').getAttribute('aria-hidden')");
    assert_eq!(page.script(&format!("return {counted}"), &[]).unwrap(), "true");
    let live = format!("{CARD}.closest('[role=status][aria-live=polite]') !== null");
    assert_eq!(page.script(&format!("return {live}"), &[]).unwrap(), true);

    // A compiler's words are text, and closed once they stay closed until there is something new.
    let mut failed = status("users", State::Failed, true);
    failed.message = Some("error[E0308]: mismatched types <b>x</b>".to_owned());
    served.functions.send_replace(vec![failed.clone()]);
    until_said(&page, "함수 users: 컴파일하지 못했다. 이전 판이 계속 답한다.");
    until_said(&page, "mismatched types <b>x</b>");
    check_accessibility(&page);
    page.script(&format!("{CARD}.querySelector('button').click()"), &[]).unwrap();
    until_silent(&page);

    served.functions.send_replace(vec![status("users", State::Building, true)]);
    until_said(&page, "함수를 새로 컴파일하는 중: users. 그동안 이전 판이 답한다.");
    served.functions.send_replace(vec![status("users", State::Live, true)]);
    until_said(&page, "함수가 모두 준비되었다.");
    until_silent(&page);

    // A chapter that cannot be built leaves the page as it was and says why.
    let book = served.chapter.parent().unwrap().parent().unwrap().join("book.toml");
    std::fs::write(&book, "[book]\ntitle = \n").unwrap();
    until_said(&page, "책을 짓지 못해 마지막으로 지은 책을 보여 준다.");
    until_said(&page, "title = ");
    assert!(
        page.script("return document.querySelector('main').innerText", &[])
            .unwrap()
            .to_string()
            .contains("긴 글")
    );

    served.runtime.take().unwrap().shutdown_background();
    until_said(&page, "로컬 서버와 연결이 끊겼다.");
}

/// axe-core's rules for the corner alone.
fn check_accessibility(page: &Session<'_>) {
    let axe = concat!(env!("CARGO_MANIFEST_DIR"), "/../preprocessor/tests/vendor/axe-core/axe.min.js");
    page.script(&std::fs::read_to_string(axe).unwrap(), &[]).unwrap();
    let run = "return (await axe.run('#local-status')).violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).join())";
    assert_eq!(page.script_async(run, &[]).unwrap(), json!([]));
}
