//! A book with mistakes: all of them at once, each with file, line and column, and no book.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

mod book_on_disk;

use book_on_disk::{built, fixture, preprocessed, written};

fn told(files: &[(&str, &str)]) -> Vec<String> {
    let root = written(files);
    let error = preprocessed(root.path()).0.unwrap_err().to_string();
    error.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn mistakes_of_every_kind_are_told_at_once() {
    let error = built(&fixture("mistakes")).unwrap_err();
    let error = format!("{error:#}");
    let places: Vec<_> = error
        .lines()
        .filter_map(|line| line.split(": ").next())
        .filter(|l| l.ends_with(char::is_numeric))
        .collect();
    assert_eq!(
        places,
        [
            "book.toml:14:26",
            "src/README.md:5:5",
            "src/a.md:12:17",
            "src/checks.md:1:1",
            "src/checks.md:1:1",
            "src/checks.md:5:1",
            "src/checks.md:5:18",
            "src/checks.md:7:1",
            "src/checks.md:11:5",
            "src/checks.md:11:5",
            "src/checks.md:11:24",
            "src/checks.md:13:8",
            "src/checks.md:13:25",
            "src/checks.md:13:58",
            "src/checks.md:15:1",
            "src/checks.md:17:1",
            "src/checks.md:17:38",
            "src/checks.md:24:1",
            "src/checks.md:25:1",
            "src/nested/b.md:4:5",
            "src/nested/b.md:9:22",
            "src/nested/b.md:13:8",
            "src/nested/b.md:20:19"
        ],
        "{error}"
    );
}

const TOML: &str = "[book]\ntitle = \"x\"\n[preprocessor.live]\nprose-lint = true\n[preprocessor.live.claims]\ncold = { count = { header = \"x\", equals = \"true\" } }\n";
const SUMMARY: &str = "- [A](a.md)\n- [B](b.md)\n";

fn chapter(a: &str, b: &str) -> Vec<String> {
    told(&[("book.toml", TOML), ("src/SUMMARY.md", SUMMARY), ("src/a.md", a), ("src/b.md", b)])
}

#[test]
fn an_id_is_unique_in_the_whole_book() {
    let block = "```hurl demo id=same\nGET {{api}}/x\nHTTP 200\n```\n";
    let told = chapter(block, &format!("\n\n{block}"));
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("src/b.md:3:1: id `same`은(는) src/a.md:1:1에서"), "{}", told[0]);
}

#[test]
fn a_value_nobody_captured_before_is_named() {
    let told = chapter(
        "```hurl demo id=one\nGET {{api}}/{{later}}\nHTTP 200\n```\n\n```hurl demo id=two\nGET {{api}}/x\nHTTP 200\n[Captures]\nlater: status\n```\n",
        "```hurl demo id=three\nGET {{api}}/{{later}}\nHTTP 200\n```\n",
    );
    assert_eq!(told.len(), 2, "captures stay in their chapter: {told:?}");
    assert!(told[0].starts_with("src/a.md:2:15: 변수 `later`"), "{}", told[0]);
    assert!(told[1].starts_with("src/b.md:2:15: 변수 `later`"), "{}", told[1]);
}

#[test]
fn claims_are_typed_and_look_back_only() {
    let told = chapter(
        "```hurl demo id=one\n# claim: cold == init\n# claim: cold(two) == 1\n#  claim:   median(cold) == 1\nGET {{api}}/x\nHTTP 200\n```\n\n```hurl demo id=two\n# claim: cold(one) == cold(two)\nGET {{api}}/x\nHTTP 200\n```\n",
        "",
    );
    let places: Vec<_> = told.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["src/a.md:2:18", "src/a.md:3:15", "src/a.md:4:20"], "{told:?}");
}

#[test]
fn attributes_and_options_that_contradict_each_other() {
    let told = chapter(
        "```hurl demo id=one parallel=4\nGET {{api}}/x\n[Options]\nrepeat: 3\nHTTP 200\n```\n\n```hurl demo id=two parallel=2\nGET {{api}}/x\n[Options]\nrepeat: 3\ndelay: 10ms\nHTTP 200\n```\n",
        "",
    );
    let places: Vec<_> = told.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["src/a.md:1:21", "src/a.md:12:1"], "{told:?}");
}

#[test]
fn a_base_is_one_that_book_toml_names() {
    let base = "[preprocessor.live.bases.local]\npath = \"/_local\"\nabsent = \"x\"\n";
    let block = |attributes: &str, target: &str, rest: &str| {
        format!("```hurl demo id={attributes}\nGET {target}/x\n{rest}HTTP 200\n```\n\n")
    };
    let chapter = [
        block("a", "{{local}}", ""),
        block("b only=local", "{{api}}", ""),
        block("c", "{{locale}}", ""),
        block("d only=locale", "{{api}}", ""),
        block("e only=local", "{{local}}", ""),
        block("f parallel=2", "{{local}}", "[Options]\nrepeat: 2\n"),
        block("g", "{{api}}", "").replace("HTTP 200\n", "HTTP 200\n[Captures]\nlocal: status\n"),
        block("h only", "{{api}}", ""),
        block("i", "{{local}}local", ""),
    ]
    .concat();
    let told = told(&[
        ("book.toml", &format!("{TOML}{base}")),
        ("src/SUMMARY.md", "- [A](a.md)\n"),
        ("src/a.md", &chapter),
    ]);
    let expected = [
        (
            "src/a.md:12:5",
            "`locale`이(가) book.toml의 [preprocessor.live.bases]에 없다. 지금 있는 이름: `local`.",
        ),
        ("src/a.md:16:19", "`locale`이(가) book.toml"),
        ("src/a.md:21:19", "only는 `{{api}}`로 시작하는 블록에만"),
        ("src/a.md:26:19", "parallel"),
        ("src/a.md:37:1", "바탕 주소의 이름이라"),
        ("src/a.md:40:19", "`only=local`"),
        ("src/a.md:46:14", "바로 뒤에는"),
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, (place, words)) in told.iter().zip(expected) {
        assert!(told.starts_with(&format!("{place}: ")) && told.contains(words), "{told}");
    }
    let told = self::chapter(&block("a", "{{local}}", ""), "");
    assert!(told[0].contains("지금은 하나도 없다"), "{told:?}");
}

#[test]
fn emphasis_that_stays_literal_is_a_mistake_only_when_asked_for() {
    let prose = "# 제목\n\n- `**코드**`와 **굵은** 글, <b>**</b>\n- **서버리스(Serverless)**는\n\n10~20초, ~약~\n\n```text\n**\n```\n\n__ColdStart__에\n";
    let told = chapter(prose, "");
    let places: Vec<_> = told.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["src/a.md:3:26", "src/a.md:4:3", "src/a.md:6:9", "src/a.md:12:1"], "{told:?}");
    let root =
        written(&[("book.toml", "[book]\n"), ("src/SUMMARY.md", "- [A](a.md)\n"), ("src/a.md", prose)]);
    assert!(preprocessed(root.path()).0.is_ok());
}

#[test]
fn a_strict_book_without_recordings_names_every_block_and_the_command() {
    let toml = "[preprocessor.live]\nstrict = true\n";
    let block = |id: &str| format!("```hurl demo id={id}\nGET {{{{api}}}}/x\nHTTP 200\n```\n");
    let told = told(&[
        ("book.toml", toml),
        ("src/SUMMARY.md", "- [A](a.md)\n"),
        ("src/a.md", &format!("{}\n{}", block("one"), block("two"))),
        ("src/recordings/two.json", "{\"request\": 1}"),
    ]);
    assert!(
        told[0].starts_with("src/a.md:1:1: 블록 `one`: 기록된 응답이 없다")
            && told[0].contains("mdbook-live record"),
        "{told:?}"
    );
    assert!(told.iter().any(|line| line.starts_with("src/recordings/two.json:1:")), "{told:?}");
}

#[test]
fn scripts_and_styles_served_as_files_must_be_the_built_in_ones() {
    let toml = |more: &str| format!("[preprocessor.live]\nassets = \"files\"\n[output.html]\n{more}");
    let listing = |scripts: &str| {
        toml(&format!("additional-js = [{scripts}]\nadditional-css = [\"theme/live.css\"]\n"))
    };
    let listed = listing("\"theme/live.js\", \"theme/lesson.js\", \"theme/figure.js\"");
    let chapter = ("src/a.md", "```hurl demo id=one\nGET {{api}}/x\nHTTP 200\n```\n");
    let summary = ("src/SUMMARY.md", "- [A](a.md)\n");
    let copies: Vec<_> = mdbook_live::SCRIPTS
        .iter()
        .chain(mdbook_live::STYLES)
        .map(|asset| (format!("theme/{}", asset.name), asset.text))
        .collect();
    let copies: Vec<_> = copies.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let book = |toml: &str, more: &[(&str, &str)]| {
        let mut files = vec![("book.toml", toml), summary, chapter];
        files.extend_from_slice(&copies);
        files.extend_from_slice(more);
        written(&files)
    };
    let told = |root: tempfile::TempDir| -> Vec<String> {
        let error = preprocessed(root.path()).0.unwrap_err().to_string();
        error.lines().skip(1).map(str::to_owned).collect()
    };
    let unlisted = told(book(&toml(""), &[]));
    assert_eq!(unlisted.len(), 4);
    assert!(
        unlisted.iter().all(|line| line.starts_with("book.toml:1:1: assets = \"files\"")),
        "{unlisted:?}"
    );
    let stale = told(book(&listed, &[("theme/live.css", "/* old */"), ("theme/lesson.js", "// old")]));
    assert_eq!(stale.len(), 2);
    assert!(stale[0].contains("mdbook-live asset lesson.js > theme/lesson.js"), "{stale:?}");
    assert!(stale[1].contains("mdbook-live asset live.css > theme/live.css"), "{stale:?}");
    let disorder = listing("\"theme/lesson.js\", \"theme/live.js\", \"theme/figure.js\"");
    let disorder = told(book(&disorder, &[]));
    assert_eq!(disorder.len(), 1);
    assert!(disorder[0].ends_with("live.js, lesson.js, figure.js 차례로 적는다."), "{disorder:?}");
    let root = book(&listed, &[]);
    let (book, _) = preprocessed(root.path());
    let content = &book.unwrap().chapters().next().unwrap().content.clone();
    assert!(content.contains("live-request") && !content.contains("<script>"));
}

const CALC: &str = "```toml calc id=cost\ncaption = \"요금\"\ndata = \"data/prices.toml\"\n[[input]]\nname = \"requests\"\ntext = \"요청\"\nvalue = 10\nmin = 0\nmax = 100\n[[result]]\nname = \"total\"\ntext = \"합\"\nvalue = \"requests * lambda.request\"\n[[crossing]]\ntext = \"만남\"\ninput = \"requests\"\nleft = \"total\"\nright = \"3\"\n[[preset]]\ntext = \"하나\"\nset = { requests = 1 }\n```\n";
const PRICES: &str = "date = \"2026-10-06\"\nsource = \"표\"\n[lambda]\nrequest = 2e-7\n";
const BARS: &str = "```toml bars id=bars\ncaption = \"막대\"\ndata = \"data/rows.toml\"\n[[column]]\nname = \"a\"\ntext = \"가\"\n```\n";
const ROWS: &str = "date = \"2026-10-06\"\nplace = \"여기\"\nsource = \"표\"\nkind = \"recorded\"\n[[row]]\ntext = \"하나\"\na = 1\n";

/// What is told of a book whose calculator, bars and data files had `from` replaced by `to` in one of them.
fn figures(from: &str, to: &str) -> Vec<String> {
    let texts = [
        ("src/a.md", CALC),
        ("src/b.md", BARS),
        ("src/data/prices.toml", PRICES),
        ("src/data/rows.toml", ROWS),
    ];
    let changed = texts.map(|(path, text)| (path, text.replacen(from, to, 1)));
    assert!(changed.iter().zip(texts).any(|((_, new), (_, old))| new != old), "{from}");
    let mut files = vec![("book.toml", TOML), ("src/SUMMARY.md", SUMMARY)];
    files.extend(changed.iter().map(|(path, text)| (*path, text.as_str())));
    told(&files)
}

#[test]
fn calculators_bars_and_their_data_tell_every_mistake_with_its_place() {
    for (from, to, expected) in [
        // Formulas and names.
        (
            "requests * lambda.request",
            "requests * lambda.price",
            "src/a.md:13:21: `lambda.price`이라는 이름이 없다",
        ),
        ("requests * lambda.request", "requests *", "src/a.md:13:20: 숫자나 이름"),
        ("requests * lambda.request", "total + 1", "src/a.md:13:10: `total`이라는 이름이 없다"),
        (
            "requests * lambda.request",
            "1 / (requests - 1)",
            "src/a.md:13:10: «하나»에서 `total`을(를) 계산할 수 없다",
        ),
        ("name = \"total\"", "name = \"max\"", "src/a.md:11:9: `max`은(는) 이름이 될 수 없다"),
        ("name = \"total\"", "name = \"requests\"", "src/a.md:11:9: 이름 `requests`을(를) 이미 쓴다"),
        (
            "name = \"requests\"",
            "name = \"lambda.request\"",
            "src/a.md:5:9: 이름 `lambda.request`을(를) 이미 쓴다",
        ),
        ("left = \"total\"", "left = \"totals\"", "src/a.md:17:9: `totals`이라는 이름이 없다"),
        (
            "input = \"requests\"",
            "input = \"total\"",
            "src/a.md:16:10: `total`은(는) [[input]]의 name이 아니다",
        ),
        // Numbers and keys.
        ("value = 10", "value = 101", "src/a.md:4:1: value는 min과 max 사이"),
        ("min = 0", "min = 100", "src/a.md:4:1: min은 max보다"),
        (
            "set = { requests = 1 }",
            "set = { requests = 101 }",
            "src/a.md:21:9: 101은(는) `requests`의 범위 0~100 밖이다",
        ),
        (
            "set = { requests = 1 }",
            "set = { total = 1 }",
            "src/a.md:21:9: `total`은(는) [[input]]의 name이 아니다",
        ),
        ("text = \"합\"", "text = \"합\"\ndigits = 7", "src/a.md:10:1: digits는 0에서 6까지"),
        ("text = \"합\"", "texts = \"합\"", "src/a.md:12:1: `texts`은(는) 모르는 항목"),
        ("[[preset]]\ntext = \"하나\"\nset = { requests = 1 }\n", "", "`preset`은(는) 1개에서 8개까지"),
        // Data files.
        ("data/prices.toml", "data/none.toml", "src/a.md:3:9: src/data/none.toml을(를) 읽을 수 없다"),
        ("data/prices.toml", "../book.toml", "src/a.md:3:9: `../book.toml`은(는) src 아래에 있는 .toml 파일"),
        ("data/prices.toml", "/etc/x.toml", "은(는) src 아래에 있는 .toml 파일"),
        (
            "date = \"2026-10-06\"\nsource = \"표\"\n[lambda]",
            "source = \"표\"\n[lambda]",
            "src/data/prices.toml:1:1: `date = \"…\"`이(가) 없다",
        ),
        (
            "request = 2e-7",
            "request = \"비싸다\"",
            "src/data/prices.toml:4:1: `lambda.request`은(는) 숫자가 아니다",
        ),
        (
            "request = 2e-7",
            "Request = 2e-7",
            "src/data/prices.toml:4:1: `lambda.Request`은(는) 식에서 쓸 수 없는 이름",
        ),
        ("request = 2e-7", "request = nan", "src/data/prices.toml:4:1: `lambda.request`에는 숫자가 온다"),
        ("request = 2e-7", "request = ", "src/data/prices.toml:4:"),
        ("name = \"a\"", "name = \"b\"", "src/data/rows.toml:5:1: 이 줄에 `b`이(가) 없다"),
        ("kind = \"recorded\"", "kind = \"guessed\"", "src/data/rows.toml:4:9: kind는"),
        ("place = \"여기\"\n", "", "src/data/rows.toml:1:1: `place`이(가) 없다"),
        ("a = 1", "a = -1", "src/data/rows.toml:5:1: `a`이(가) 0보다 작다"),
        ("a = 1", "a = \"하나\"", "src/data/rows.toml:7:5: `a`에는 숫자가 온다"),
    ] {
        let told = figures(from, to);
        assert!(told.iter().any(|line| line.contains(expected)), "{to:?}: {told:#?}\nwithout {expected}");
        let place = told[0].split(": ").next().unwrap();
        assert_eq!(place.matches(':').count(), 2, "{told:?}");
    }
    assert!(
        preprocessed(
            written(&[
                ("book.toml", TOML),
                ("src/SUMMARY.md", SUMMARY),
                ("src/a.md", CALC),
                ("src/b.md", BARS),
                ("src/data/prices.toml", PRICES),
                ("src/data/rows.toml", ROWS)
            ])
            .path()
        )
        .0
        .is_ok()
    );
}

#[test]
fn a_comparison_names_blocks_of_its_own_chapter() {
    let block = "```hurl demo id=one\nGET {{api}}/x\nHTTP 200\n```\n";
    let compare = |second: &str, value: &str| {
        format!(
            "```toml compare id=side\ncaption = \"둘\"\n[[row]]\ntext = \"하나\"\nblock = \"one\"\n[[row]]\ntext = \"둘\"\nblock = \"{second}\"\n[[column]]\ntext = \"값\"\nvalue = \"{value}\"\n```\n"
        )
    };
    let other = "```hurl demo id=two\nGET {{api}}/x\nHTTP 200\n```\n";
    // A block may stand behind the comparison.
    let root = written(&[
        ("book.toml", TOML),
        ("src/SUMMARY.md", SUMMARY),
        ("src/a.md", &format!("{}\n{block}\n{other}", compare("two", "median(total, two)"))),
        ("src/b.md", ""),
    ]);
    assert!(preprocessed(root.path()).0.is_ok());
    for (second, value, expected) in [
        ("two", "runs", "src/a.md:13:10: 블록 `two`이(가) 이 장에 없다"),
        ("one", "runs", "src/a.md:13:10: «one»이(가) 두 번 나온다"),
        ("nine", "median(init, eight)", "src/a.md:16:23: 블록 `eight`이(가) 이 장에 없다"),
        ("nine", "init", "src/a.md:16:10: `init`은(는) 시간의 목록"),
        ("nine", "cold == 1", "src/a.md:16:15: 값이 끝난 뒤에"),
    ] {
        let told = chapter(&format!("{block}\n{}", compare(second, value)), other);
        assert!(told.iter().any(|line| line.starts_with(expected)), "{told:#?}\nwithout {expected}");
    }
}
