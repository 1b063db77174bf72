//! What a publish has to do, and why: the book against the record of what is published.
//! Knows the manifest and the book's names; asks nobody and changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use book_files::is_fingerprinted;

use super::book::Book;
use super::manifest::Manifest;

/// For how many further publishes an asset that has left the book stays in the bucket: a reader with an old page open
/// still loads its scripts and fonts.
pub const KEPT: u32 = 3;

/// The order of the upload: whatever a page names is there before the page, and the way in comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Named by their content; no page that is published now names them yet.
    Fingerprinted,
    /// Images, recordings, `config.json`: what pages name without a fingerprint.
    Asset,
    /// Pages nobody links to yet.
    NewPage,
    /// Pages that may link to new ones.
    Page,
    /// The page of what is not found, and the table of contents.
    Guide,
    /// The way in.
    Index,
}

/// Why a file is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    New,
    Content,
    /// The same bytes under other headers.
    Headers,
    /// An unfinished publish may or may not have stored it.
    Uncertain,
}

/// Why a file is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// It has left the book, and no page names it any more.
    Left,
    /// It left the book more than [`KEPT`] publishes ago.
    Expired,
}

/// One file to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    pub phase: Phase,
    pub name: String,
    pub why: Why,
}

/// One file to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    pub name: String,
    pub why: Gone,
}

/// All that turns what is published into the book.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// By phase, then by name.
    pub uploads: Vec<Upload>,
    /// Assets that leave the book now and the bucket later.
    pub retired: Vec<String>,
    /// Pages first: they name the assets behind them.
    pub deletions: Vec<Deletion>,
    /// What the manifest says when all of it is done.
    pub next: Manifest,
}

impl Plan {
    /// Compares content and headers of every file with what the manifest says about it.
    pub fn new(book: &Book, published: &Manifest) -> Plan {
        let files = book.iter().map(|(name, object)| (name.clone(), object.file.clone())).collect();
        let mut plan = Plan { next: Manifest::new(files, BTreeMap::new()), ..Plan::default() };
        for (name, object) in book {
            let known = published.files.get(name);
            let why = match known {
                _ if published.uncertain.contains(name) => Why::Uncertain,
                None => Why::New,
                Some(known) if *known == object.file => continue,
                Some(known) if known.sha256 == object.file.sha256 => Why::Headers,
                Some(_) => Why::Content,
            };
            let phase = phase(name, known.is_some());
            plan.uploads.push(Upload { phase, name: name.clone(), why });
        }
        plan.uploads.sort_by(|one, other| (one.phase, &one.name).cmp(&(other.phase, &other.name)));
        // Age is counted in publishes that change something: a run that finds nothing to do must write nothing.
        let gone: BTreeSet<&str> =
            published.names().into_iter().filter(|name| !book.contains_key(*name)).collect();
        let leaves = gone.iter().any(|name| !published.retired.contains_key(*name));
        if plan.uploads.is_empty() && !leaves && published.uncertain.is_empty() {
            plan.next.retired.clone_from(&published.retired);
            return plan;
        }
        for name in gone {
            plan.let_go(name, published);
        }
        plan.deletions.sort_by_key(|deletion| (!is_page(&deletion.name), deletion.name.clone()));
        plan
    }

    /// What becomes of a file the book no longer has.
    fn let_go(&mut self, name: &str, published: &Manifest) {
        let age = published.retired.get(name).map(|age| age + 1);
        // Whoever left names uncertain may be at work still, and store a page that names this asset.
        let is_alone = published.uncertain.is_empty();
        let is_kept = is_fingerprinted(name) || (!is_alone && !is_page(name));
        match age {
            Some(age) if age > KEPT && is_alone => {
                self.deletions.push(Deletion { name: name.to_owned(), why: Gone::Expired });
            }
            Some(age) => {
                self.next.retired.insert(name.to_owned(), age);
            }
            None if is_kept => {
                self.retired.push(name.to_owned());
                self.next.retired.insert(name.to_owned(), 0);
            }
            None => self.deletions.push(Deletion { name: name.to_owned(), why: Gone::Left }),
        }
    }

    /// Whether what is published is the book already.
    pub fn is_empty(&self, published: &Manifest) -> bool {
        self.next.files == published.files
            && self.next.retired == published.retired
            && published.uncertain.is_empty()
    }

    /// Every name whose object this plan stores or deletes.
    pub fn touched(&self) -> BTreeSet<String> {
        let uploads = self.uploads.iter().map(|upload| upload.name.clone());
        uploads.chain(self.deletions.iter().map(|deletion| deletion.name.clone())).collect()
    }
}

/// A build that lost most of its files is a failed build, not a shorter book.
///
/// # Errors
/// The book has fewer than half of the files that are published.
pub fn refuse_collapse(book: &Book, published: &Manifest) -> Result<()> {
    let (now, before) = (book.len(), published.files.len());
    if now * 2 < before {
        bail!(
            "책의 파일이 {before}개에서 {now}개로 절반 아래로 줄었다. 책을 다 짓지 못한 것이 아닌지 본다: \
             `cargo run -- build`. 줄어든 것이 맞으면 --force를 붙인다. 아무것도 바꾸지 않았다."
        );
    }
    Ok(())
}

pub fn is_page(name: &str) -> bool {
    name.ends_with(".html")
}

fn phase(name: &str, is_known: bool) -> Phase {
    match name {
        "index.html" => Phase::Index,
        "404.html" | "toc.html" => Phase::Guide,
        _ if is_page(name) && is_known => Phase::Page,
        _ if is_page(name) => Phase::NewPage,
        _ if is_fingerprinted(name) => Phase::Fingerprinted,
        _ => Phase::Asset,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::store::Object;

    fn book(files: &[(&str, &str)]) -> Book {
        files
            .iter()
            .map(|(name, content)| ((*name).to_owned(), Object::new((*content).to_owned(), "t", "c")))
            .collect()
    }

    fn uploads(plan: &Plan) -> Vec<(&str, Why)> {
        plan.uploads.iter().map(|upload| (upload.name.as_str(), upload.why)).collect()
    }

    fn deletions(plan: &Plan) -> Vec<(&str, Gone)> {
        plan.deletions.iter().map(|deletion| (deletion.name.as_str(), deletion.why)).collect()
    }

    #[test]
    fn what_a_page_names_comes_before_it_and_the_way_in_comes_last() {
        let names = [
            "404.html",
            "a.html",
            "b/index.html",
            "config.json",
            "css/x-1a2b3c4d.css",
            "index.html",
            "map.svg",
            "toc.html",
        ];
        let all: Vec<(&str, &str)> = names.iter().map(|name| (*name, "1")).collect();
        let published = Plan::new(&book(&[("a.html", "0")]), &Manifest::default()).next;
        let plan = Plan::new(&book(&all), &published);
        let order: Vec<&str> = plan.uploads.iter().map(|upload| upload.name.as_str()).collect();
        assert_eq!(
            order,
            [
                "css/x-1a2b3c4d.css",
                "config.json",
                "map.svg",
                "b/index.html",
                "a.html",
                "404.html",
                "toc.html",
                "index.html"
            ]
        );
    }

    #[test]
    fn content_and_headers_are_compared_and_the_same_is_left_alone() {
        let published =
            Plan::new(&book(&[("a.html", "1"), ("b.html", "1"), ("index.html", "1")]), &Manifest::default())
                .next;
        let mut now = book(&[("a.html", "2"), ("b.html", "1"), ("c.html", "1"), ("index.html", "1")]);
        assert_eq!(uploads(&Plan::new(&now, &published)), [("c.html", Why::New), ("a.html", Why::Content)]);
        now.get_mut("index.html").unwrap().file.cache_control = "no-store".to_owned();
        assert!(uploads(&Plan::new(&now, &published)).contains(&("index.html", Why::Headers)));
    }

    #[test]
    fn what_nobody_knows_is_stored_again_even_when_the_record_says_it_is_the_same() {
        let now = book(&[("a.html", "1"), ("index.html", "1")]);
        let mut published = Plan::new(&now, &Manifest::default()).next;
        assert!(Plan::new(&now, &published).is_empty(&published));
        published.uncertain.insert("a.html".to_owned());
        let plan = Plan::new(&now, &published);
        assert_eq!(uploads(&plan), [("a.html", Why::Uncertain)]);
        assert!(!plan.is_empty(&published));
    }

    #[test]
    fn a_fingerprinted_asset_outlives_its_page_by_three_publishes() {
        let with = book(&[("a-1a2b3c4d.css", "1"), ("x.png", "1"), ("p.html", "1"), ("index.html", "0")]);
        let mut published = Plan::new(&with, &Manifest::default()).next;
        let mut seen = Vec::new();
        for content in ["1", "2", "3", "4", "5", "6"] {
            let plan = Plan::new(&book(&[("index.html", content)]), &published);
            seen.push((
                plan.retired.len(),
                deletions(&plan).iter().map(|(name, why)| format!("{name} {why:?}")).collect::<Vec<_>>(),
            ));
            published = plan.next;
        }
        let none = Vec::<String>::new();
        assert_eq!(
            seen,
            [
                (1, vec!["p.html Left".to_owned(), "x.png Left".to_owned()]),
                (0, none.clone()),
                (0, none.clone()),
                (0, none.clone()),
                (0, vec!["a-1a2b3c4d.css Expired".to_owned()]),
                (0, none),
            ]
        );
    }

    #[test]
    fn a_run_without_changes_ages_nothing() {
        let old =
            Plan::new(&book(&[("a-1a2b3c4d.css", "1"), ("index.html", "0")]), &Manifest::default()).next;
        let now = book(&[("index.html", "1")]);
        let published = Plan::new(&now, &old).next;
        assert_eq!(published.retired["a-1a2b3c4d.css"], 0);
        assert!(Plan::new(&now, &published).is_empty(&published));
    }

    #[test]
    fn what_an_unfinished_publish_stored_is_kept_or_deleted_like_the_rest() {
        let now = book(&[("index.html", "1")]);
        let mut published = Plan::new(&now, &Manifest::default()).next;
        for name in ["old.html", "b-1a2b3c4d.js", "map.png"] {
            published.uncertain.insert(name.to_owned());
        }
        let plan = Plan::new(&now, &published);
        assert_eq!(deletions(&plan), [("old.html", Gone::Left)]);
        // Its own writer may still be about to store a page that names the picture.
        assert_eq!(plan.retired, ["b-1a2b3c4d.js", "map.png"]);
    }

    #[test]
    fn a_returning_asset_is_stored_again() {
        let with = book(&[("a-1a2b3c4d.css", "1"), ("index.html", "0")]);
        let first = Plan::new(&with, &Manifest::default()).next;
        let second = Plan::new(&book(&[("index.html", "1")]), &first).next;
        let plan = Plan::new(&with, &second);
        assert_eq!(uploads(&plan), [("a-1a2b3c4d.css", Why::New), ("index.html", Why::Content)]);
        assert!(plan.next.retired.is_empty());
    }

    #[test]
    fn half_a_book_is_refused() {
        let names: Vec<String> = (0..10).map(|n| format!("{n}.html")).collect();
        let all: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
        let published = Plan::new(&book(&all), &Manifest::default()).next;
        assert!(refuse_collapse(&book(&all[..5]), &published).is_ok());
        let message = refuse_collapse(&book(&all[..4]), &published).unwrap_err().to_string();
        assert!(message.contains("10개에서 4개") && message.contains("--force"), "{message}");
    }
}
