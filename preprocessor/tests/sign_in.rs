//! A book whose readers sign in: what the preprocessor makes of it, and that no token gets out of the runner.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod book_on_disk;
mod plain_server;

use std::{fs, path::Path, process::Command};

use book_on_disk::{preprocessed, written};
use plain_server::{ACCESS, ID, PlainServer};

const TOML: &str = "[preprocessor.live]\nconfig = \"/config.json\"\n[preprocessor.live.sign-in]\npage = \"/signed-in.html\"\nrequest = { path = \"/sign-in\", form = { username = { random-hex = 8 } } }\n";
const CHAPTER: &str = "# A\n\n<div class=\"live-sign-in\"></div>\n\n[There](#live-sign-in)\n\n```hurl demo id=mine\n# claim: status(200) == runs\nGET {{api}}/mine\nAuthorization: Bearer {{access_token}}\n\nHTTP 200\n[Captures]\nsent: jsonpath \"$.sent\"\n[Asserts]\njsonpath \"$.sent\" == \"Bearer ***\"\n```\n\n```hurl demo id=again\nGET {{api}}/mine\nAuthorization: {{sent}}\nX-Id: {{id_token}}\n\nHTTP 200\n```\n";

fn book(chapter: &str, toml: &str) -> tempfile::TempDir {
    let [html, script] = mdbook_live::SIGNED_IN else { panic!("a page and its script") };
    written(&[
        ("book.toml", toml),
        ("src/SUMMARY.md", "- [A](a.md)\n- [B](b.md)\n"),
        ("src/a.md", chapter),
        ("src/b.md", "# B\n\n```hurl demo id=plain\nGET {{api}}/notes/1\nHTTP 404\n```\n"),
        ("src/signed-in.html", html.text),
        ("src/signed-in.js", script.text),
    ])
}

fn told(chapter: &str, toml: &str) -> Vec<String> {
    let error =
        preprocessed(book(chapter, toml).path()).0.err().map(|error| error.to_string()).unwrap_or_default();
    error.lines().skip(1).map(str::to_owned).collect()
}

fn program(book: &Path, arguments: &[&str], tokens: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mdbook-live"));
    command
        .args(arguments)
        .current_dir(book)
        .env_remove("HURL_SECRET_access_token")
        .env_remove("HURL_SECRET_id_token");
    let output = command.envs(tokens.iter().copied()).output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code(), text)
}

#[test]
fn the_place_to_sign_in_and_the_blocks_that_need_it_say_so() {
    let root = book(CHAPTER, TOML);
    let (book, _) = preprocessed(root.path());
    let book = book.unwrap();
    let contents: Vec<_> = book.chapters().map(|chapter| chapter.content.clone()).collect();
    assert!(
        contents[0].contains("<div class=\"live live-sign-in\" id=\"live-sign-in\" role=\"group\""),
        "{}",
        contents[0]
    );
    assert!(contents[0].contains(
        "&quot;config&quot;:&quot;/config.json&quot;,&quot;page&quot;:&quot;/signed-in.html&quot;"
    ));
    assert!(contents[0].contains("로그인에는 자바스크립트가 필요하다."));
    assert_eq!(
        contents[0].matches("live-needs").count(),
        2 + mdbook_live::SIGN_IN.text.matches("live-needs").count()
            + mdbook_live::STYLES[0].text.matches("live-needs").count()
    );
    assert!(contents[0].contains("Bearer {&#123;access_token}}"), "the token's name, not a token");
    // What few chapters need, the others do not carry.
    assert!(contents[0].contains(mdbook_live::SIGN_IN.text.trim()) && !contents[1].contains("signInState"));
    assert!(!contents[1].contains(mdbook_live::SIGN_IN.text.trim()) && !contents[1].contains("live-needs\""));
}

#[test]
fn mistakes_are_told_with_their_place() {
    let fence =
        "```hurl demo id=mine\nGET {{api}}/mine\nAuthorization: Bearer {{access_token}}\n\nHTTP 200\n```\n";
    let place = "<div class=\"live-sign-in\"></div>\n\n";
    for (chapter, toml, expected) in [
        (fence, TOML, "src/a.md:1:1: 로그인한 독자의 토큰을 쓰는 블록이 있는데"),
        (place, "[book]\n", "src/a.md:1:1: 로그인할 곳이 설정에 없다."),
        (&format!("{place}{place}"), TOML, "src/a.md:3:1: 로그인 단추는 한 장에 하나다."),
        ("<div class=\"live-sign-in\">x</div>\n", TOML, "src/a.md:1:1: 로그인 단추가 놓일 곳은"),
        (fence, "[book]\n", "src/a.md:3:25: 변수 `access_token`을(를)"),
        (
            &format!("{place}```hurl demo id=mine\nGET {{{{api}}}}/mine/{{{{id_token}}}}\n\nHTTP 200\n```\n"),
            TOML,
            "src/a.md:4:20: 토큰 `id_token`은(는) 헤더에만 쓴다.",
        ),
        (
            &format!(
                "{place}```hurl demo id=mine\nPOST {{{{api}}}}/mine\n\n{{\"a\":\"{{{{access_token}}}}\"}}\n\nHTTP 200\n```\n"
            ),
            TOML,
            "src/a.md:6:9: 토큰 `access_token`은(는) 헤더에만 쓴다.",
        ),
        (
            &format!(
                "{place}```hurl demo id=mine\nGET {{{{api}}}}/mine\n\nHTTP 200\n[Captures]\naccess_token: status\n```\n"
            ),
            TOML,
            "src/a.md:8:1: `access_token`의 값은 로그인이 준다.",
        ),
        (place, &TOML.replace("config = \"/config.json\"\n", ""), "book.toml:1:1: sign-in을 쓰려면 config도"),
        (place, &TOML.replace("/signed-in.html", "/lost.html"), "book.toml:1:1: 로그인을 마친 독자가 돌아올"),
    ] {
        let told = told(chapter, toml);
        assert!(told.iter().any(|line| line.starts_with(expected)), "{expected}: {told:?}");
        assert_eq!(told.len(), 1, "{told:?}");
    }
    let root = book(CHAPTER, TOML);
    fs::write(root.path().join("src/signed-in.js"), "// old").unwrap();
    let error = preprocessed(root.path()).0.unwrap_err().to_string();
    assert!(error.contains("mdbook-live asset signed-in.js > "), "{error}");
}

#[test]
fn the_runner_asks_for_tokens_and_tells_them_to_nobody() {
    let (server, book) = (PlainServer::start(), book(CHAPTER, TOML));
    let (code, out) = program(book.path(), &["record", "--base", &server.base()], &[]);
    assert_eq!(code, Some(0), "{out}");
    for file in ["mine", "again"] {
        let recorded = fs::read_to_string(book.path().join(format!("src/recordings/{file}.json"))).unwrap();
        assert!(!recorded.contains(ACCESS) && !recorded.contains(ID), "{recorded}");
        // The second block was sent what the first one captured: not the token.
        assert!(recorded.contains("\"sent\": \"Bearer ***\""), "{recorded}");
    }
    // A failed check shows what came: without the token too.
    let chapter = book.path().join("src/a.md");
    let text = fs::read_to_string(&chapter).unwrap();
    fs::write(&chapter, text.replacen("HTTP 200", "HTTP 201", 1)).unwrap();
    let (code, out) = program(book.path(), &["check", "--base", &server.base()], &[]);
    assert_eq!(code, Some(1));
    assert!(out.contains("실제: 200 {\"sent\":\"Bearer ***\"}") && !out.contains(ACCESS), "{out}");
}

#[test]
fn tokens_from_outside_are_used_and_missing_ones_are_said() {
    let server = PlainServer::start();
    let given =
        [("HURL_SECRET_access_token", "mine.mine.mine"), ("HURL_SECRET_id_token", "other.other.other")];
    let without = TOML.split("request").next().unwrap();
    let book = book(CHAPTER, without);
    let (code, out) = program(book.path(), &["check", "--base", &server.base()], &given);
    assert_eq!(code, Some(0), "{out}");
    let (code, out) = program(book.path(), &["check", "--base", &server.base()], &[]);
    assert_eq!(code, Some(1));
    assert!(
        out.contains(
            "src/a.md:7:1: 로그인한 독자의 `access_token`이(가) 없다. 환경 변수 HURL_SECRET_access_token에"
        ),
        "{out}"
    );
    let (_, out) = program(book.path(), &["check", "--base", &server.base()], &given[..1]);
    assert!(out.contains("ok   src/a.md:7 mine 200") && out.contains("`id_token`이(가) 없다"), "{out}");
    // A service that has no such form says so, and the way around it is told.
    fs::write(book.path().join("book.toml"), TOML.replace("/sign-in\"", "/nowhere\"")).unwrap();
    let (_, out) = program(book.path(), &["check", "--base", &server.base()], &[]);
    assert!(out.contains("토큰을 받지 못했다. POST http://127.0.0.1:") && out.contains("상태 404"), "{out}");
    let (_, out) = program(book.path(), &["export", "a.md"], &[]);
    assert!(out.contains(" --secret access_token=<토큰> --secret id_token=<토큰> <이 파일>"), "{out}");
    assert!(!program(book.path(), &["export", "b.md"], &[]).1.contains("--secret"));
}
