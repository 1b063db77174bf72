//! The book while the live demos are taken away: throttled, switched off, or silent. Every widget still teaches.
//!
//! One reader with a program can empty the bucket that all readers share; what is left is what was recorded.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use webdriver::Session;

use crate::elsewhere::file;
use crate::policy::SKIP;
use crate::served::{BOOK, LIMIT, fresh, in_browser, press};

/// How the API refuses.
#[derive(Clone, Copy, Debug)]
enum Refusing {
    Status(StatusCode),
    Never,
}

/// The published book in front of an API that refuses everything.
struct Refused {
    url: String,
    how: Arc<Mutex<Refusing>>,
    _runtime: Runtime,
}

fn serve() -> Refused {
    let runtime = Runtime::new().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let how = Arc::new(Mutex::new(Refusing::Never));
    let (folder, refusing) = (BOOK.folder.to_owned(), Arc::clone(&how));
    let answer = move |request: Request| {
        let (folder, how) = (folder.clone(), *refusing.lock().unwrap());
        async move {
            match how {
                _ if !request.uri().path().starts_with("/api/") => {
                    file(&folder, "/", r#"{"api":"/api"}"#, request.uri())
                }
                Refusing::Never => std::future::pending::<Response>().await,
                Refusing::Status(status) => refusal(status),
            }
        }
    };
    runtime.spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    Refused { url, how, _runtime: runtime }
}

/// As API Gateway refuses; only a function of ours says when to come back.
fn refusal(status: StatusCode) -> Response {
    let body = format!(r#"{{"message":"{}"}}"#, status.canonical_reason().unwrap());
    (status, [("content-type", "application/json")], [(RETRY_AFTER, "7")], body).into_response()
}

/// Opens the folds that blocks stand in.
const UNFOLD: &str =
    "document.querySelectorAll('details:has(live-request)').forEach((one) => one.open = true)";

/// Runs all blocks of the page; `[id, what it said, whether its recording can be seen, the status it expects, values it needs]`.
const RUN_ALL: &str = "
    const blocks = [...document.querySelectorAll('live-request')].filter((one) => one.querySelector('.live-buttons button'));
    for (const one of blocks) {
        one.querySelector('.live-buttons button').click();
        while (one.ariaBusy) await new Promise((done) => setTimeout(done, 5));
    }
    // What a fold opens is laid out with the next frame.
    for (let n = 0; n < 2; n++) await new Promise(requestAnimationFrame);
    const told = blocks.map((one) => [one.closest('.live').id, one.querySelector('.live-say').textContent,
        [...one.querySelectorAll('.live-recording > :not(summary)')].some((part) => part.checkVisibility({ contentVisibilityAuto: true })),
        JSON.parse(one.dataset.block).status, JSON.parse(one.dataset.block).needs.length]);
    return told";

fn every_block_says(page: &Session<'_>, refused: &Refused, how: Refusing, sentence: &str) -> usize {
    *refused.how.lock().unwrap() = how;
    let mut blocks = 0;
    for name in BOOK.pages() {
        fresh(page, &format!("{}/{name}", refused.url));
        if matches!(how, Refusing::Never) {
            // The page waits for ten or thirty seconds; its clock is made a hundred times faster for this test.
            let hurry = "const real = AbortSignal.timeout.bind(AbortSignal); AbortSignal.timeout = (ms) => real(ms / 100)";
            page.script(hurry, &[]).unwrap();
        }
        page.script(SKIP, &[]).unwrap();
        page.script(UNFOLD, &[]).unwrap();
        let told = page.script_async(RUN_ALL, &[]).unwrap();
        for block in told.as_array().unwrap() {
            let (id, said) = (&block[0], block[1].as_str().unwrap());
            // A block that teaches this very refusal, or takes any status, has its answer.
            let expected =
                matches!(how, Refusing::Status(status) if block[3] == status.as_u16() || block[3].is_null());
            // A value that an earlier block would have made is missing, nobody is signed in, or only a reader's own machine has
            // what the block asks, and the block says so.
            let waits = block[4] != 0 && said.contains("값이 아직 없다")
                || said.starts_with("먼저 로그인한다.")
                || said.starts_with("이 요청은 책을 자기 컴퓨터에서 열었을 때");
            assert!(expected || waits || said.contains(sentence), "{how:?} {name} {id}: {said}");
            assert!(expected || block[2] == true, "{how:?} {name} {id}: the recording is out of sight");
            blocks += 1;
        }
        // A comparison keeps its recorded numbers and says that it stopped.
        // One whose blocks take any status has its answers, and is done.
        let takes_any =
            "return JSON.parse(document.querySelector('live-compare').dataset.lesson).rows.some((id) =>
            JSON.parse(document.querySelector(`#live-${id} live-request`).dataset.block).status === null)";
        let refusable = page.find("live-compare button").is_ok()
            && (matches!(how, Refusing::Never) || page.script(takes_any, &[]).unwrap() == false);
        if refusable {
            // Each cell has the recorded number and, behind it, the reader's own.
            let cells = "return [...document.querySelectorAll('live-compare td')].map((one) => one.innerText.split(' ')[0])";
            let before = page.script(cells, &[]).unwrap();
            press(page, "live-compare button");
            page.wait_until("document.querySelector('live-compare .live-say').textContent && !document.querySelector('live-request[aria-busy]')", LIMIT)
                .unwrap();
            assert_eq!(page.script(cells, &[]).unwrap(), before, "{how:?} {name}");
        }
    }
    blocks
}

#[test]
fn with_the_demos_taken_away_every_widget_shows_its_recording() {
    in_browser(|page| {
        let refused = serve();
        for (how, sentence) in [
            (Refusing::Status(StatusCode::TOO_MANY_REQUESTS), "(429). 7초 뒤에 다시 실행한다."),
            (Refusing::Status(StatusCode::SERVICE_UNAVAILABLE), "(503). 7초 뒤에 다시 실행한다."),
            (Refusing::Never, "초 안에 끝나지 않아 그만두었다. 잠시 뒤 다시 실행한다."),
        ] {
            let blocks = every_block_says(page, &refused, how, sentence);
            assert!(blocks > 30, "{blocks}");
        }
    });
}
