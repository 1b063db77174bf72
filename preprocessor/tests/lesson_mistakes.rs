//! Lessons with mistakes: each told with its line and column, all at once.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

mod book_on_disk;

use book_on_disk::{preprocessed, written};

const TOML: &str = "[book]\ntitle = \"x\"\n[preprocessor.live.claims]\ncold = { count = { header = \"x\", equals = \"true\" } }\n";

fn told(chapter: &str) -> Vec<String> {
    let root = written(&[("book.toml", TOML), ("src/SUMMARY.md", "- [A](a.md)\n"), ("src/a.md", chapter)]);
    let error = preprocessed(root.path()).0.unwrap_err().to_string();
    error.lines().skip(1).map(str::to_owned).collect()
}

/// A chapter of lesson fences only: the place and the beginning of what is said about each mistake.
fn lesson_mistakes(a: &str, expected: &[(&str, &str)]) {
    let told = told(a);
    let found: Vec<_> = told.iter().map(|line| line.split_once(": ").unwrap()).collect();
    assert_eq!(found.len(), expected.len(), "{told:#?}");
    for ((place, message), (expected_place, beginning)) in found.iter().zip(expected) {
        assert_eq!(place.strip_prefix("src/a.md:").unwrap(), *expected_place, "{told:#?}");
        assert!(message.starts_with(beginning), "{message} / {beginning}");
    }
}

#[test]
fn a_lesson_has_an_id_and_nothing_else() {
    lesson_mistakes(
        "```toml quiz\n```\n\n```toml sort id=A\n```\n\n```toml predict id=a id=b\n```\n\n```toml quizz\n```\n\n> ```toml quiz id=x color=red\n> ```\n",
        &[
            ("1:4", "`toml quiz`에 id가 없다."),
            ("4:4", "`toml sort`에 id가 없다."),
            ("4:14", "`id=A`을(를) 읽을 수 없다."),
            ("7:1", "`question`이(가) 없다."),
            ("7:1", "답하는 방법이 없다."),
            ("7:22", "`id=b`을(를) 읽을 수 없다."),
            ("13:3", "`choice`은(는) 2개에서 6개까지다"),
            ("13:3", "`question`이(가) 없다."),
            ("13:21", "`color=red`을(를) 읽을 수 없다."),
        ],
    );
}

#[test]
fn every_mistake_of_a_quiz_is_told_at_once() {
    lesson_mistakes(
        "# 물음\n\n- 목록\n\n  ```toml quiz id=one\n  question = \"`코드가 열린 채\"\n  answer = 1\n  [[choice]]\n  text = \"가\"\n  right = true\n  why = \"왜\"\n  [[choice]]\n  text = \"가\"\n  right = true\n  [[choice]]\n  text = \"\"\n  why = 3\n  right = \"no\"\n  ```\n",
        &[
            ("6:15", "`question`에서 코드를"),
            ("7:3", "`answer`은(는) 모르는 항목이다. question, choice만 쓴다."),
            ("12:3", "`why`이(가) 없다."),
            ("12:3", "맞는 선택지(right = true)는 하나뿐"),
            ("13:11", "«가»이(가) 두 번 나온다."),
            ("16:11", "`text`이(가) 비어 있다."),
            ("17:9", "`why`은(는) 따옴표 안의 글이다."),
            ("18:11", "`right`은(는) true나 false다."),
        ],
    );
    let choices = "[[choice]]\ntext = \"가\"\nwhy = \"왜\"\n[[choice]]\ntext = \"나\"\nwhy = \"왜\"\n";
    lesson_mistakes(
        &format!(
            "```toml quiz id=one\nquestion = \"무엇?\"\n{choices}```\n\n```toml quiz id=two\nquestion = \"{}\"\n{}```\n\n```toml quiz id=two\nquestion = \n```\n",
            "가".repeat(301),
            choices.replacen("why", "right = true\nwhy", 1)
        ),
        &[
            ("2:1", "맞는 선택지가 없다."),
            ("12:13", "`question`은(는) 300자까지 쓴다(지금 301자)."),
            ("22:1", "id `two`은(는) src/a.md:11:1에서 이미 쓴다."),
            ("23:12", "TOML을 읽을 수 없다("),
        ],
    );
}

#[test]
fn every_mistake_of_a_sort_is_told_at_once() {
    let card =
        |text: &str, pile: &str| format!("[[card]]\ntext = \"{text}\"\npile = \"{pile}\"\nwhy = \"왜\"\n");
    lesson_mistakes(
        &format!(
            "```toml sort id=one\nquestion = \"누구?\"\npiles = [\"나\", \"나\"]\n{}{}```\n\n```toml sort id=two\nquestion = \"누구?\"\npiles = [\"나\", \"너\"]\n{}```\n",
            card("가", "나"),
            card("가", "우리"),
            (0..21).map(|n| card(&n.to_string(), "나")).collect::<String>(),
        ),
        &[
            ("3:16", "«나»이(가) 두 번 나온다."),
            ("9:9", "«가»이(가) 두 번 나온다."),
            ("10:9", "«우리»은(는) piles에 없다. 나, 나 가운데"),
            ("17:1", "`card`은(는) 2개에서 20개까지다(지금 21개)."),
        ],
    );
}

#[test]
fn a_prediction_and_its_block_find_each_other() {
    let block = |id: &str, predict: &str, claim: &str| {
        format!("```hurl demo id={id} predict={predict}\n{claim}GET {{{{api}}}}/x\nHTTP 200\n```\n\n")
    };
    let claim = "# claim: cold == 1\n";
    let number = |id: &str| format!("```toml predict id={id}\nquestion = \"몇?\"\nunit = \"개\"\n```\n\n");
    let quiz = "```toml quiz id=quiz\nquestion = \"?\"\n[[choice]]\ntext = \"가\"\nwhy = \"왜\"\nright = true\n[[choice]]\ntext = \"나\"\nwhy = \"왜\"\n```\n\n";
    let choice = "```toml predict id=choice\nquestion = \"?\"\n[[choice]]\ntext = \"가\"\nwhen = \"cold(one) == 1\"\n[[choice]]\ntext = \"나\"\nwhen = \"cold(later) == cold(five)\"\n```\n\n";
    lesson_mistakes(
        &[
            block("one", "first", claim),
            number("first"),
            block("two", "first", claim),
            block("three", "first", claim),
            number("second"),
            block("four", "second", ""),
            quiz.to_owned(),
            choice.to_owned(),
            block("five", "choice", claim),
            block("later", "quiz", claim),
            number("lonely"),
        ]
        .concat(),
        &[
            ("1:21", "예측 `first`이(가) 이 장의 앞쪽에 없다."),
            ("18:23", "예측 `first`은(는) 블록 `two`이(가) 이미 쓴다."),
            ("29:22", "predict를 쓰는 블록에는 답이 될 주장"),
            ("52:14", "`when`이 가리키는 블록 `later`은(는) `five`도 그 앞선 블록도 아니다."),
            ("61:23", "`quiz`은(는) 예측이 아니다."),
            ("67:1", "예측 `lonely`을(를) 쓰는 블록이 이 장의 뒤쪽에 없다."),
        ],
    );
    lesson_mistakes(
        "```toml predict id=both\nquestion = \"?\"\nunit = \"개\"\n[[choice]]\ntext = \"가\"\nwhen = \"cold == 1\"\n```\n\n```toml predict id=bad\nquestion = \"?\"\n[[choice]]\ntext = \"가\"\nwhen = \"median(cold) == 1\"\n[[choice]]\ntext = \"나\"\nwhen = 1\n```\n",
        &[
            ("3:9", "unit(숫자로 답하기)과 [[choice]](골라서 답하기)"),
            ("13:16", "`cold`은(는) 숫자다."),
            ("16:8", "`when`은(는) 따옴표 안의 글이다."),
        ],
    );
}

#[test]
fn the_readers_progress_takes_the_place_of_one_empty_element() {
    let told =
        told("# 글\n\n글 <span class=\"live-progress\"></span>\n\n<div class=\"live-progress\">글</div>\n");
    let places: Vec<_> = told.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["src/a.md:3:3", "src/a.md:5:1"], "{told:?}");
    let plain =
        "`<div class=\"live-progress\"></div>`\n\n```html\n<div class=\"live-progress\"></div>\n```\n";
    let root = written(&[
        ("book.toml", "[book]\n"),
        ("src/SUMMARY.md", "- [A](a.md)\n- [B](b.md)\n"),
        ("src/a.md", &format!("<div class=\"live-progress\"></div>\n\n{plain}")),
        ("src/b.md", plain),
    ]);
    let book = preprocessed(root.path()).0.unwrap();
    let contents: Vec<_> = book.chapters().map(|chapter| chapter.content.as_str()).collect();
    assert!(contents[0].starts_with("<div class=\"live-config\" hidden"), "its words come along");
    assert!(contents[0].contains("<div class=\"live live-progress\" hidden><p><a>이어서 읽기: </a></p>"));
    assert!(contents[0].contains(plain) && contents[1] == plain, "code stays code");
}

/// The printed answer of a prediction comes from the recording, so it must be there and be the only one.
#[test]
fn a_recording_that_does_not_answer_its_prediction_is_a_mistake() {
    let recording = "{ \"request\": [\"GET {{api}}/x\"], \"date\": \"2026-11-22\", \"place\": \"로컬\", \"machine\": \"\", \"standIns\": false, \"status\": 200, \"headers\": {}, \"runs\": [{ \"status\": 200, \"headers\": { \"x\": \"true\" }, \"total\": 1.5 }] }";
    let outcome = |when: &str| {
        let chapter = format!(
            "```toml predict id=guess\nquestion = \"?\"\n[[choice]]\ntext = \"가\"\nwhen = \"cold == 1\"\n[[choice]]\ntext = \"나\"\nwhen = \"{when}\"\n```\n\n```hurl demo id=one predict=guess\n# claim: cold == 1\nGET {{{{api}}}}/x\nHTTP 200\n```\n"
        );
        let root = written(&[
            ("book.toml", TOML),
            ("src/SUMMARY.md", "- [A](a.md)\n"),
            ("src/a.md", &chapter),
            ("src/recordings/one.json", recording),
        ]);
        preprocessed(root.path()).0.map(|_| ()).map_err(|error| error.to_string())
    };
    outcome("cold > 1").unwrap();
    let error = outcome("runs == 1").unwrap_err();
    assert!(
        error.contains(
            "src/a.md:1:1: 예측 `guess`의 답을 기록이 말해 주지 않는다: `when`이 맞는 선택지가 2개다."
        ),
        "{error}"
    );
}
