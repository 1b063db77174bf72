//! Small books whose pages say what they name, and the reader who looks whether it is there.
//! Knows the shape of these books only.

use std::collections::BTreeMap;

use book_files::{Files, is_fingerprinted};
use proptest::prelude::*;

use super::memory::Stored;
use crate::publish::book::{Book, objects};
use crate::publish::manifest::FOLDER;

/// What can differ between two editions of a book.
#[derive(Debug, Clone)]
pub struct Edition {
    /// Page number → text, numbers of the styles it names, numbers of the pictures it names.
    pub pages: BTreeMap<u8, (u8, Vec<u8>, Vec<u8>)>,
    /// Content of the pictures, which keep their names.
    pub picture: u8,
    /// Content of the first page.
    pub index: u8,
}

impl Edition {
    pub fn files(&self) -> Files {
        let mut files = Files::new();
        let mut links = String::new();
        for (number, (text, styles, pictures)) in &self.pages {
            let styles = styles.iter().map(|style| format!("css/s-{style:08x}.css"));
            let pictures = pictures.iter().map(|picture| format!("images/{picture}.png"));
            let named: Vec<String> = styles.chain(pictures).collect();
            for asset in &named {
                let content =
                    if is_fingerprinted(asset) { asset.clone() } else { format!("{asset} {}", self.picture) };
                files.insert(asset.clone(), content.into_bytes());
            }
            files.insert(format!("p{number}.html"), format!("{text}\n{}", named.join("\n")).into_bytes());
            links.push_str(&format!("see p{number}\n"));
        }
        files.insert("index.html".to_owned(), format!("{}\n{links}", self.index).into_bytes());
        files.insert("404.html".to_owned(), b"404".to_vec());
        files
    }

    pub fn book(&self, prefix: &str) -> Book {
        objects(self.files(), None, &prefix.parse().unwrap()).unwrap()
    }
}

pub fn edition() -> impl Strategy<Value = Edition> {
    let named = || proptest::collection::vec(0..4_u8, 0..3);
    let page = (0..3_u8, named(), named());
    (proptest::collection::btree_map(0..5_u8, page, 0..5), 0..3_u8, 0..3_u8)
        .prop_map(|(pages, picture, index)| Edition { pages, picture, index })
}

/// Every page in the bucket names only what is in the bucket. What is not published by this program is not looked at.
pub fn reads(objects: &BTreeMap<String, Stored>) {
    for (key, stored) in objects.iter().filter(|(key, _)| key.ends_with(".html") && !key.contains("foreign"))
    {
        let prefix = key.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let text = String::from_utf8(stored.content.clone()).unwrap();
        for asset in text.lines().skip(1).filter(|line| !line.starts_with("see ")) {
            let found = objects.get(&format!("{prefix}{asset}"));
            let content = found.map(|found| String::from_utf8_lossy(&found.content).into_owned());
            assert!(
                content.is_some_and(|content| content.starts_with(asset)),
                "{key} names {asset}, which is not there"
            );
        }
    }
}

/// The bucket holds exactly this edition under the prefix, apart from assets that are kept for a while.
pub fn holds(objects: &BTreeMap<String, Stored>, edition: &Edition, prefix: &str) {
    let book = edition.book(prefix);
    for (name, object) in &book {
        let stored = objects.get(&format!("{prefix}{name}"));
        assert_eq!(
            stored.map(|stored| (&stored.content[..], &stored.file)),
            Some((&object.content[..], &object.file)),
            "{name}"
        );
    }
    for key in
        objects.keys().filter_map(|key| key.strip_prefix(prefix)).filter(|key| !key.starts_with(FOLDER))
    {
        let is_theirs = key.contains("foreign") || (prefix.is_empty() && key.starts_with("pr-1/"));
        assert!(is_theirs || book.contains_key(key) || !key.ends_with(".html"), "{key} should be gone");
    }
}
