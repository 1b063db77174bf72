//! The words of states, outcomes and parts of a call, for the page as it is served and for its script alike.
//! Knows nothing else.

use serde_json::{Value, json};

use super::invocation::{Outcome, Part};
use super::lane::State;
use super::refusal::By;
use crate::lambda::telemetry::Reason;

/// What an environment is doing.
pub fn state(state: State) -> &'static str {
    match state {
        State::Init => "초기화",
        State::Running => "실행",
        State::Frozen => "얼림",
        State::Ending => "끝내는 중",
        State::Gone => "회수됨",
    }
}

/// Why an environment ended.
pub fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Idle => "오래 쉬었다",
        Reason::Timeout => "제한 시간을 넘겼다",
        Reason::Crashed => "스스로 끝났다",
        Reason::Replaced => "새 코드가 왔다",
        Reason::Recycled => "오래 살았다",
        Reason::Host => "서버가 끝났다",
    }
}

/// How a call has gone.
pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Running => "실행 중",
        Outcome::Success => "성공",
        Outcome::Error => "오류",
        Outcome::Timeout => "제한 시간 초과",
        Outcome::Throttled => "스로틀링",
        Outcome::Refused => "게이트웨이가 답함",
    }
}

/// Where a call's time goes.
pub fn part(part: Part) -> &'static str {
    match part {
        Part::Authorizer => "권한 부여자",
        Part::Gateway => "게이트웨이",
        Part::Waiting => "환경 기다림",
        Part::Init => "초기화",
        Part::Handler => "핸들러",
        Part::Return => "되돌아감",
    }
}

/// Who turned something away.
pub fn by(by: By) -> &'static str {
    match by {
        By::Iam => "실행 역할",
        By::Lambda => "동시성",
        By::Gateway => "API Gateway",
    }
}

/// Where a message of a queue is.
pub fn place(place: &str) -> &'static str {
    match place {
        "visible" => "받을 수 있음",
        "inFlight" => "처리 중",
        _ => "늦춰 둠",
    }
}

/// A cold start, and its contrary.
pub const STARTS: [&str; 2] = ["웜", "콜드"];
/// An action of a role: granted, taken away.
pub const GRANTS: [&str; 2] = ["허용", "빼 둠"];
/// What its button does then.
pub const SWITCHES: [&str; 2] = ["빼기", "돌려주기"];

/// All of them as the script gets them: kind → key in the feed → word.
pub fn all() -> Value {
    fn of<T: Copy + serde::Serialize, const N: usize>(all: [T; N], word: fn(T) -> &'static str) -> Value {
        let key = |one| json!(one).as_str().unwrap_or_default().to_owned();
        all.into_iter()
            .map(|one| (key(one), Value::from(word(one))))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
    json!({
        "state": of([State::Init, State::Running, State::Frozen, State::Ending, State::Gone], state),
        "reason": of(
            [Reason::Idle, Reason::Timeout, Reason::Crashed, Reason::Replaced, Reason::Recycled, Reason::Host],
            reason
        ),
        "outcome": of(
            [Outcome::Running, Outcome::Success, Outcome::Error, Outcome::Timeout, Outcome::Throttled, Outcome::Refused],
            outcome
        ),
        "part": of(
            [Part::Authorizer, Part::Gateway, Part::Waiting, Part::Init, Part::Handler, Part::Return],
            part
        ),
        "by": of([By::Iam, By::Lambda, By::Gateway], by),
        "place": {"visible": place("visible"), "inFlight": place("inFlight"), "delayed": place("delayed")},
        "start": STARTS,
        "grant": GRANTS,
        "switch": SWITCHES,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_finds_each_word_by_what_the_feed_says() {
        let words = all();
        assert_eq!(words["state"]["frozen"], "얼림");
        assert_eq!(words["reason"]["idle"], "오래 쉬었다");
        assert_eq!(words["outcome"]["timeout"], "제한 시간 초과");
        assert_eq!(words["part"]["waiting"], "환경 기다림");
        assert_eq!(words["by"]["iam"], "실행 역할");
        assert_eq!(words["state"].as_object().unwrap().len(), 5);
    }
}
