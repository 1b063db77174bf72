//! The six causes of a failure, each with its own sentence and next step, the recording always in sight.

use anyhow::Result;
use serde_json::json;

use crate::fixture::fixture;
use crate::page::{Page, part};

#[test]
fn six_causes_of_failure() -> Result<()> {
    in_one_browser!(
        a8_every_cause_has_its_own_sentence,
        a8_offline_and_unreachable_are_told_apart,
        a8_text_that_cannot_be_sent_says_what_to_change,
    )
}

const UNREADABLE: &str = "서버는 답했지만 이 페이지가 응답을 읽도록 허용하지 않았다(CORS). API의 CORS 설정에 이 책의 \
                          주소를 더한다. 다른 주소로 옮기라는 응답도 이렇게 보인다.";

fn recording_is_visible(page: &Page<'_>, id: &str) -> Result<()> {
    page.appears(&part(id, ".live-recording pre"))?;
    Ok(())
}

fn a8_every_cause_has_its_own_sentence(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/faults.html", fixture().split))?;
    for (id, sentence) in [
        ("no-cors", UNREADABLE),
        ("throttled", "요청이 한도를 넘어 서버가 거절했다(429). 7초 뒤에 다시 실행한다."),
        ("building", "함수를 아직 컴파일하고 있다(503). 2초 뒤에 다시 실행한다."),
        (
            "not-json",
            "JSON이 올 자리에 다른 형식의 응답이 왔다. 주소가 맞는지, 중간에서 다른 서버가 안내 페이지를 보내지 않는지 확인한다.",
        ),
        ("huge", "응답이 1MiB보다 커서 끝까지 읽지 않았다. 더 적은 데이터를 요청한다."),
        ("redirect", UNREADABLE),
    ] {
        assert_eq!(page.run(id)?, sentence);
        recording_is_visible(page, id)?;
    }
    // Where any status is expected, a throttled call is an answer; a function that is still being compiled is none.
    assert!(page.run("any-status")?.starts_with("응답 429, "));
    assert!(page.text(&part("any-status", "[data-claim]"))?.ends_with("맞다 · 1 == 1"));
    page.edit("any-status", "GET /api/fault/building")?;
    assert!(page.run("any-status")?.starts_with("함수를 아직 컴파일하고 있다(503)."));
    // What did come is shown all the same: the status of a throttled call, the beginning of a huge body.
    assert!(page.text(&part("throttled", ".live-answer"))?.contains("429"));
    assert!(page.text(&part("not-json", ".live-body"))?.contains("<h1>호텔 와이파이에 로그인</h1>"));
    let shown = page.value("document.querySelector('#live-huge .live-body').textContent.length")?;
    assert_eq!(shown, 65_536);
    assert_eq!(fixture().api.seen("/api/function/elsewhere").len(), 0, "a redirect is not followed");
    // Chromium itself reports failed loads; nothing else may be in the console.
    page.console_is_clean(&["CORS", "429", "503", "ERR_FAILED", "404", "redirect"])
}

fn a8_offline_and_unreachable_are_told_apart(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/faults.html", fixture().split))?;
    assert!(page.run("fine")?.starts_with("응답 200"));
    let offline = |on: bool| {
        let params = json!({ "offline": on, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        page.session.cdp("Network.emulateNetworkConditions", params)
    };
    offline(true)?;
    assert_eq!(page.run("fine")?, "이 기기가 인터넷에 연결되어 있지 않다. 연결을 확인하고 다시 실행한다.");
    recording_is_visible(page, "fine")?;
    offline(false)?;
    assert!(page.run("fine")?.starts_with("응답 200"));

    page.goto(&format!("{}/faults.html", fixture().closed))?;
    assert_eq!(
        page.run("fine")?,
        "서버가 답하지 않는다. 꺼져 있거나 차단 프로그램·방화벽이 막았을 수 있다. 서버가 켜져 있는지, 차단 확장 \
         기능이 이 책을 막지 않는지 확인하고 다시 실행한다."
    );
    recording_is_visible(page, "fine")
}

fn a8_text_that_cannot_be_sent_says_what_to_change(page: &Page<'_>) -> Result<()> {
    page.fresh(&format!("{}/faults.html", fixture().split))?;
    let outside = "다른 주소로는 보내지 않는다. /api(으)로 시작하는 주소를 쓴다.";
    for (text, sentence) in [
        ("GET https://example.com/api/users", outside),
        ("GET //example.com/api/users", outside),
        ("GET /api/../config.json", outside),
        ("GET /api\\..\\..\\config.json", outside),
        ("GET /apiary/users", outside),
        ("GET /", outside),
        ("이게 뭐지", "첫 줄을 읽을 수 없다: «이게 뭐지». 메서드와 주소를 GET /api/users처럼 쓴다."),
        (
            "GET /api/users\nX-Note 값",
            "헤더를 읽을 수 없다: «X-Note 값». «이름: 값»으로 쓰고 본문 앞에는 빈 줄을 둔다.",
        ),
        (
            "GET /api/users\nX-Note: 값",
            "헤더를 읽을 수 없다: «X-Note: 값». «이름: 값»으로 쓰고 본문 앞에는 빈 줄을 둔다.",
        ),
        ("GET /api/users\n\n{}", "GET 요청에는 본문을 실을 수 없다. 본문을 지우거나 메서드를 바꾼다."),
    ] {
        page.edit("fine", text)?;
        assert_eq!(page.run("fine")?, sentence, "{text}");
        recording_is_visible(page, "fine")?;
    }
    page.console_is_clean(&[])
}
