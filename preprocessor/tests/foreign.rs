//! Somebody else's book with two blocks against a plain HTTP server of its own: check, record, export, build.
//! The server is forty lines of standard library, so nothing of this project helps it along.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

mod book_on_disk;
mod plain_server;

use std::{fs, net::TcpListener, path::Path, process::Command};

use book_on_disk::{built, copied};
use mdbook_live::runner::{self, RunError};
use plain_server::PlainServer;

fn program(book: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_mdbook-live")).args(arguments).current_dir(book).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_library_checks_a_book() {
    let (server, book) = (PlainServer::start(), copied("foreign"));
    let report = runner::check(&server.base(), book.path()).unwrap();
    assert!(report.passed(), "{report}");
    assert_eq!(report.blocks.len(), 2);
    assert_eq!(report.blocks[1].statuses, [200, 200, 200, 200]);
    let readers = server.readers();
    assert_eq!(readers.len(), 1, "one value per chapter run: {readers:?}");
    assert!(readers.iter().all(|r| r.len() == 16 && r.bytes().all(|b| b.is_ascii_hexdigit())), "{readers:?}");
    runner::check(&server.base(), book.path()).unwrap();
    assert_eq!(server.readers().len(), 2, "a fresh value per run");
}

#[test]
fn a_broken_service_fails_with_place_expectation_and_what_came() {
    let (server, book) = (PlainServer::start(), copied("foreign"));
    server.break_reading();
    let (code, out, _) = program(book.path(), &["check", "--base", &server.base()]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("ok   src/notes.md:3 note-create 201 "), "{out}");
    assert!(out.contains("FAIL src/notes.md:19 note-read 404×4 "), "{out}");
    assert!(out.contains("src/notes.md:29:1: 상태 200을(를) 기대했다. 실제: 404"), "{out}");
    assert!(
        out.contains(
            "src/notes.md:31:1: `jsonpath \"$.id\" isString`을(를) 기대했다. 실제: 없음(4번 가운데 4번)"
        ),
        "{out}"
    );
    assert!(out.contains("주장 `count(store) == runs`이(가) 어긋난다. 왼쪽 0, 오른쪽 4."), "{out}");
    assert!(out.ends_with("블록 2개: 통과 1개, 실패 1개\n"), "{out}");
}

/// A block below another base, and one that makes no sense without it.
const AT_THE_DESK: &str = "
```hurl demo id=lamp-on
# Switch the lamp on
PUT {{desk}}/lamp

HTTP 200
[Captures]
lamp: jsonpath \"$.lamp\"
```

```hurl demo id=by-lamplight only=desk
# Write by its light
POST {{api}}/notes

{ \"text\": \"{{lamp}}, {{desk}}\" }

HTTP 201
[Asserts]
jsonpath \"$.text\" == \"on\"
```
";

fn with_a_desk(settings: &str) -> tempfile::TempDir {
    let book = copied("foreign");
    let add = |name: &str, text: &str| {
        let path = book.path().join(name);
        fs::write(&path, format!("{}{text}", fs::read_to_string(&path).unwrap())).unwrap();
    };
    let desk = "\n[preprocessor.live.bases.desk]\npath = \"/desk\"\nabsent = \"At your own desk only.\"\n";
    add("book.toml", desk);
    add("src/notes.md", AT_THE_DESK);
    let toml = fs::read_to_string(book.path().join("book.toml")).unwrap();
    fs::write(
        book.path().join("book.toml"),
        toml.replacen("[preprocessor.live]\n", &format!("[preprocessor.live]\n{settings}"), 1),
    )
    .unwrap();
    book
}

#[test]
fn another_base_is_sent_to_where_the_server_says_it_has_it() {
    let server = PlainServer::start();
    let check = |book: &Path| program(book, &["check", "--base", &server.base()]);
    // Without a file that could say so, every base answers.
    let (code, out, _) = check(with_a_desk("").path());
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("lamp-on 200 ") && out.contains("by-lamplight 201 "), "{out}");
    assert!(out.ends_with("블록 4개: 통과 4개, 실패 0개\n"), "{out}");

    let book = with_a_desk("config = \"/config.json\"\n");
    for config in ["", "no JSON", "{}", r#"{"bases": {"desk": 1}}"#, r#"{"api": "/api", "bases": ["sofa"]}"#]
    {
        server.configure(config);
        let (code, out, _) = check(book.path());
        assert_eq!(code, Some(0), "{config}: {out}");
        assert!(out.contains("skip src/notes.md:34 lamp-on · At your own desk only."), "{config}: {out}");
        assert!(out.contains("by-lamplight · At your own desk only."), "{config}: {out}");
        assert!(out.ends_with("블록 4개: 통과 2개, 실패 0개, 건너뜀 2개\n"), "{config}: {out}");
    }
    server.configure(r#"{"bases": ["sofa", "desk"]}"#);
    let (_, out, _) = check(book.path());
    assert!(out.ends_with("블록 4개: 통과 4개, 실패 0개\n"), "{out}");
}

#[test]
fn what_was_not_sent_keeps_its_recording() {
    let (server, book) = (PlainServer::start(), with_a_desk("config = \"/config.json\"\n"));
    server.configure(r#"{"bases": ["desk"]}"#);
    let record = ["record", "--base", &server.base()];
    assert_eq!(program(book.path(), &record).1.matches("새로 기록").count(), 4);
    let path = book.path().join("src/recordings/lamp-on.json");
    let recorded = fs::read_to_string(&path).unwrap();
    assert!(recorded.contains("PUT {{desk}}/lamp"), "{recorded}");
    server.configure("{}");
    let (code, out, _) = program(book.path(), &record);
    assert_eq!((code, out.matches("skip").count()), (Some(0), 2), "{out}");
    assert_eq!(fs::read_to_string(&path).unwrap(), recorded);
    let out = built(book.path()).unwrap();
    let page = fs::read_to_string(out.path().join("notes.html")).unwrap();
    assert!(page.contains("PUT /desk/lamp") && page.matches("At your own desk only.</p>").count() == 2);
    let exported = program(book.path(), &["export", "notes.md"]).1;
    assert!(exported.contains("--variable api=<주소> --variable desk=<주소>/desk --header"), "{exported}");
}

#[test]
fn recordings_change_only_when_the_answer_does() {
    let (server, book) = (PlainServer::start(), copied("foreign"));
    let record = ["record", "--base", &server.base(), "--place", "the library"];
    let (code, out, err) = program(book.path(), &record);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    assert_eq!(out.matches("새로 기록").count(), 2, "{out}");
    let path = book.path().join("src/recordings/note-create.json");
    let first = fs::read_to_string(&path).unwrap();
    assert!(first.contains(&format!("\"id\": \"{:032x}\"", 2)), "random ids get stand-ins: {first}");
    assert!(first.contains("\"createdAt\": \"2026-01-01T00:00:00Z\""), "{first}");
    assert!(first.contains("\"place\": \"the library\""), "{first}");
    let runs = fs::read_to_string(book.path().join("src/recordings/note-read.json")).unwrap();
    assert_eq!(runs.matches("    {\"status\":200,").count(), 4, "one run per line: {runs}");

    let second = PlainServer::start();
    let (code, out, _) =
        program(book.path(), &["record", "--base", &second.base(), "--place", "the library"]);
    assert_eq!((code, out.matches("그대로").count()), (Some(0), 2), "{out}");
    assert_eq!(fs::read_to_string(&path).unwrap(), first);

    let chapter = book.path().join("src/notes.md");
    let text = fs::read_to_string(&chapter).unwrap();
    fs::write(&chapter, text.replace("hello, ", "bye, ").replace("== \"hello\"", "startsWith \"bye\""))
        .unwrap();
    let third = PlainServer::start();
    let (_, out, _) = program(book.path(), &["record", "--base", &third.base()]);
    assert!(out.contains("note-create 201") && out.contains("다시 기록"), "{out}");
}

#[test]
fn a_recorded_book_builds_strictly_with_everything_inside_the_page() {
    let (server, book) = (PlainServer::start(), copied("foreign"));
    let toml = book.path().join("book.toml");
    let text = fs::read_to_string(&toml).unwrap();
    fs::write(
        &toml,
        text.replace(
            "language = \"en\"\n\n[preprocessor.live.headers]",
            "language = \"en\"\nstrict = true\n\n[preprocessor.live.headers]",
        ),
    )
    .unwrap();
    let error = built(book.path()).unwrap_err();
    assert!(format!("{error:#}").contains("src/notes.md:3:1"), "{error:#}");
    assert_eq!(program(book.path(), &["record", "--base", &server.base()]).0, Some(0));
    let out = built(book.path()).unwrap();
    let page = fs::read_to_string(out.path().join("notes.html")).unwrap();
    assert!(page.contains("Recorded answer · "), "English, as configured");
    assert!(page.contains("POST /notes\n"), "the api is the server's root by default");
    for asset in mdbook_live::SCRIPTS.iter().chain(mdbook_live::STYLES) {
        assert!(page.contains(asset.text.trim()), "{}", asset.name);
    }
    assert_eq!(page.matches("<tr>").count(), 5, "four runs and a head");
}

#[test]
fn nobody_there_is_said_with_what_to_do() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let base = format!("http://127.0.0.1:{port}");
    let book = copied("foreign");
    assert!(matches!(runner::check(&base, book.path()), Err(RunError::Unreachable { .. })));
    let (code, _, err) = program(book.path(), &["check", "--base", &base]);
    assert_eq!(code, Some(1));
    assert!(err.contains(&base) && err.contains("서비스를 먼저 띄우고"), "{err}");
    assert!(program(book.path(), &["check"]).2.contains("--base http://"), "no address at all");
    assert!(matches!(runner::check("ftp://x", book.path()), Err(RunError::Base(_))));
    assert!(matches!(runner::check(&base, Path::new("/nowhere")), Err(RunError::Load { .. })));
}

#[test]
fn export_prints_a_file_for_hurl() {
    let book = copied("foreign");
    let (code, out, err) = program(book.path(), &["export", "notes.md"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(
        out.starts_with(
            "# src/notes.md\n# 실행: hurl --test --variable api=<주소> --header \"x-reader: <16진수 16자리>\""
        ),
        "{out}"
    );
    let chapter = fs::read_to_string(book.path().join("src/notes.md")).unwrap();
    for block in chapter.split("```").filter_map(|part| part.strip_prefix("hurl demo")) {
        let (_, text) = block.split_once('\n').unwrap();
        assert!(out.contains(text.trim_end()), "{out}");
    }
    let (code, _, err) = program(book.path(), &["export", "none.md"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("none.md"), "{err}");
}
