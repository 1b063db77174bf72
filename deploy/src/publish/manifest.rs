//! The record of what is published: one object beside the book, `.publish/manifest.json`.
//! Knows its own format; what it says about a name is the only reason to overwrite or delete that name's object.
//!
//! Entity tags and listings cannot take its place: they show no headers, and they show the objects of others.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use book_files::REVALIDATE;
use serde::{Deserialize, Serialize};

use super::store::{File, Object};

/// Its name below the prefix. No file of a book may begin with [`FOLDER`].
pub const NAME: &str = ".publish/manifest.json";
/// The folder of what a publish keeps for itself.
pub const FOLDER: &str = ".publish/";

/// Rises when an older program could misread what a newer one wrote.
const FORMAT: u32 = 1;
/// Four times what the manifest of the largest allowed book needs.
pub const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// What is published under one prefix.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: u32,
    /// Counts the writes of this object, so that no two of its states have the same entity tag.
    pub write: u64,
    /// Who wrote it: random, one for each run.
    pub run: String,
    /// The files of the book as they were stored.
    pub files: BTreeMap<String, File>,
    /// Assets that have left the book but not the bucket, with the number of publishes since.
    pub retired: BTreeMap<String, u32>,
    /// Names that an unfinished publish was about to store or delete: what is there now nobody knows.
    pub uncertain: BTreeSet<String>,
}

impl Manifest {
    pub fn new(files: BTreeMap<String, File>, retired: BTreeMap<String, u32>) -> Manifest {
        Manifest { format: FORMAT, files, retired, ..Manifest::default() }
    }

    /// Reads what `object` wrote.
    ///
    /// # Errors
    /// It is of a newer program, or no manifest at all.
    pub fn read(content: &[u8]) -> Result<Manifest> {
        #[derive(Deserialize)]
        struct Versioned {
            format: u32,
        }
        let damaged = || {
            format!(
                "게시 기록 {NAME}을 읽을 수 없다. 이 프로그램이 쓴 것이 아니면 그 객체를 지우고 다시 게시한다: \
                 모든 파일을 새로 올리고, 전에 올린 다른 파일은 건드리지 않는다"
            )
        };
        let Versioned { format } = serde_json::from_slice(content).with_context(damaged)?;
        if format > FORMAT {
            bail!(
                "게시 기록 {NAME}의 형식 {format}을 이 프로그램은 모른다 ({FORMAT}까지). 새 프로그램으로 게시한다."
            );
        }
        serde_json::from_slice(content).with_context(damaged)
    }

    /// As it is stored. `run` and `write` have to be set.
    pub fn object(&self) -> Result<Object> {
        let content = serde_json::to_vec(&Manifest { format: FORMAT, ..self.clone() })?;
        Ok(Object::new(content, "application/json; charset=utf-8", REVALIDATE))
    }

    /// Every name this publisher may have stored an object under.
    pub fn names(&self) -> BTreeSet<&str> {
        let retired = self.retired.keys();
        self.files.keys().chain(retired).chain(&self.uncertain).map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let files =
            BTreeMap::from([("index.html".to_owned(), Object::new("가", "text/html", "no-cache").file)]);
        let mut manifest = Manifest::new(files, BTreeMap::from([("a-00000000.css".to_owned(), 2)]));
        manifest.uncertain.insert("b.png".to_owned());
        Manifest { write: 7, run: "0123".to_owned(), ..manifest }
    }

    #[test]
    fn the_format() {
        let object = manifest().object().unwrap();
        assert_eq!(
            std::str::from_utf8(&object.content).unwrap(),
            r#"{"format":1,"write":7,"run":"0123","files":{"index.html":{"sha256":"ZO5Sk9MbxYty12rpqGqQLpBEJCjinyT07LJXuoQc3TY=","size":3,"contentType":"text/html","cacheControl":"no-cache"}},"retired":{"a-00000000.css":2},"uncertain":["b.png"]}"#
        );
        assert_eq!(Manifest::read(&object.content).unwrap(), manifest());
        assert_eq!(object.file.cache_control, "no-cache");
    }

    #[test]
    fn what_is_no_manifest_or_a_newer_one_is_refused() {
        for (content, part) in [
            ("", "게시 기록"),
            ("[]", "게시 기록"),
            (r#"{"format":1}"#, "게시 기록"),
            (r#"{"format":2,"other":1}"#, "형식 2"),
        ] {
            let message = format!("{:#}", Manifest::read(content.as_bytes()).unwrap_err());
            assert!(message.contains(part), "{content}: {message}");
        }
    }

    #[test]
    fn all_names_it_answers_for() {
        assert_eq!(manifest().names(), BTreeSet::from(["a-00000000.css", "b.png", "index.html"]));
    }
}
