//! The built book as objects: every file with its hash and its headers, and what no bucket may get.
//! Knows the files of a build and the names S3 takes; nothing of what is published already.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use book_files::{Files, cache_control, media_type};

use super::arguments::Prefix;
use super::manifest;
use super::store::Object;

/// Name → object, as it is to be published.
pub type Book = BTreeMap<String, Object>;

/// What mdBook writes for other hosts than S3.
const LEFT_OUT: [&str; 2] = [".nojekyll", "CNAME"];
/// S3, "Creating object key names": bytes of UTF-8.
const MAX_KEY: usize = 1024;
/// A message names this many files.
const MAX_NAMED: usize = 20;

/// Reads the build in `folder`.
///
/// # Errors
/// There is no build.
pub fn read(folder: &Path) -> Result<Files> {
    if !folder.join("index.html").is_file() {
        bail!(
            "지은 책이 없다: {}에 index.html이 없다. 먼저 `cargo run -- build`로 책을 짓는다.",
            folder.display()
        );
    }
    book_files::read(folder).context("지은 책을 읽는다")
}

/// The objects of a book, with `config` (the content of `config.json`) where the book has one.
///
/// # Errors
/// No index page, a file of unknown type, a name S3 does not take or one that is the publisher's own: all at once.
pub fn objects(files: Files, config: Option<Vec<u8>>, prefix: &Prefix) -> Result<Book> {
    let mut wrong = Vec::new();
    if !files.contains_key("index.html") {
        wrong.push("index.html이 없다: 책의 첫 장이 있어야 한다".to_owned());
    }
    let mut book = Book::new();
    let written = config.map(|content| ("config.json".to_owned(), content));
    if let Some((name, _)) = &written
        && files.contains_key(name)
    {
        wrong.push(format!(
            "{name}: 책에 이 이름의 파일이 있는데, 게시할 때 이 배포의 설정을 같은 이름으로 쓴다. 책의 파일 이름을 바꾼다"
        ));
    }
    for (name, content) in files.into_iter().chain(written) {
        if LEFT_OUT.contains(&name.as_str()) {
            continue;
        }
        if let Some(reason) = refused(&name, prefix) {
            wrong.push(format!("{name}: {reason}"));
        } else if let Some(content_type) = media_type(&name) {
            let object = Object::new(content, content_type, cache_control(&name));
            book.insert(name, object);
        } else {
            wrong.push(format!("{name}: 이 확장자의 미디어 타입을 모른다"));
        }
    }
    if wrong.is_empty() {
        return Ok(book);
    }
    let more = wrong.len().saturating_sub(MAX_NAMED);
    wrong.truncate(MAX_NAMED);
    if more > 0 {
        wrong.push(format!("그 밖에 {more}개"));
    }
    bail!(
        "이 책은 그대로 올릴 수 없다.\n  {}\n모르는 타입의 파일은 책에서 빼거나 local/book-files의 표에 타입을 더한다.",
        wrong.join("\n  ")
    )
}

fn refused(name: &str, prefix: &Prefix) -> Option<String> {
    if name.starts_with(manifest::FOLDER) {
        return Some(format!("{} 아래는 게시 기록의 자리다", manifest::FOLDER));
    }
    if prefix.key(name).len() > MAX_KEY {
        return Some(format!("S3의 이름은 UTF-8로 {MAX_KEY}바이트까지다"));
    }
    if name.chars().any(char::is_control) {
        return Some("이름에 제어 문자가 있다".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Files {
        names.iter().map(|name| ((*name).to_owned(), b"x".to_vec())).collect()
    }

    fn root() -> Prefix {
        "".parse().unwrap()
    }

    #[test]
    fn a_book_gets_types_cache_rules_and_its_configuration() {
        let names = ["index.html", "a-1a2b3c4d.js", "CNAME", ".nojekyll", "images/map.svg"];
        let book = objects(files(&names), Some(b"{}".to_vec()), &root()).unwrap();
        let headers =
            |name: &str| (book[name].file.content_type.as_str(), book[name].file.cache_control.as_str());
        assert_eq!(
            book.keys().collect::<Vec<_>>(),
            ["a-1a2b3c4d.js", "config.json", "images/map.svg", "index.html"]
        );
        assert_eq!(headers("index.html"), ("text/html; charset=utf-8", "no-cache"));
        assert_eq!(
            headers("a-1a2b3c4d.js"),
            ("text/javascript; charset=utf-8", "public, max-age=31536000, immutable")
        );
        assert_eq!(headers("config.json"), ("application/json; charset=utf-8", "no-cache"));
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let long = format!("{}.html", "한".repeat(400));
        let names = ["a.xyz", "LICENSE", ".publish/manifest.json", "config.json", "a\nb.html", &long];
        let message = objects(files(&names), Some(b"{}".to_vec()), &root()).unwrap_err().to_string();
        for part in [
            "index.html이 없다",
            "a.xyz:",
            "LICENSE:",
            ".publish/manifest.json:",
            "config.json:",
            "제어 문자",
            "1024",
        ] {
            assert!(message.contains(part), "{part}: {message}");
        }
    }

    #[test]
    fn a_message_has_an_end() {
        let names: Vec<String> = (0..500).map(|n| format!("{n:03}.xyz")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).chain(["index.html"]).collect();
        let message = objects(files(&names), None, &root()).unwrap_err().to_string();
        assert!(
            message.contains("019.xyz") && !message.contains("020.xyz") && message.contains("480개"),
            "{message}"
        );
    }

    #[test]
    fn a_folder_without_a_book_says_how_to_build_one() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).unwrap_err().to_string().contains("cargo run -- build"));
    }
}
