//! The map from the source notes to the book: every statement of the notes is an executable claim, a question or a
//! sentence with a dated source, and stays one. Reads `book/notes.toml` and the chapters it points to.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use mdbook_live::fence::{Scan, scan};
use serde::Deserialize;

use crate::book;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Map {
    pub statement: Vec<Statement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    pub id: String,
    pub note: String,
    shown: Vec<Shown>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Shown {
    Claim { claim: String, block: String },
    Quiz { quiz: String },
    Sentence { sentence: String, chapter: String, source: String },
}

/// N: statements on serverless, functions, advantages, drawbacks and cold starts. D: the steps with DynamoDB. W: the
/// lines on the web application. N22 and W3 are what the notes lack and the book adds.
fn all_ids() -> Vec<String> {
    let numbered = |letter: char, last: usize| (1..=last).map(move |n| format!("{letter}{n}"));
    numbered('N', 24).chain(numbered('D', 9)).chain(numbered('W', 7)).collect()
}

pub struct Chapter {
    pub text: String,
    found: Scan,
}

pub fn chapters() -> BTreeMap<String, Chapter> {
    let mut chapters = BTreeMap::new();
    for entry in fs::read_dir(book().join("src")).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if name.ends_with(".md") && name != "SUMMARY.md" {
            let text = fs::read_to_string(entry.path()).unwrap();
            chapters.insert(name, Chapter { found: scan(&text, false), text });
        }
    }
    chapters
}

impl Chapter {
    /// Running text without emphasis, code marks and footnote numbers, line feeds as spaces.
    fn plain(text: &str) -> String {
        let mut plain = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("[^") {
            plain.push_str(&rest[..at]);
            rest = rest[at..].split_once(']').map_or("", |(_, after)| after);
        }
        plain.push_str(rest);
        plain.replace("**", "").replace(['`', '\n'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The sources at the end: list items and footnotes, one per line.
    fn sources(&self) -> impl Iterator<Item = &str> {
        let list = self.text.split_once("\n## 출처\n").map_or("", |(_, list)| list);
        list.lines().filter(|line| line.starts_with("- ") || line.starts_with("[^"))
    }

    fn lacks(&self, shown: &Shown) -> Option<String> {
        let Shown::Sentence { sentence, source, .. } = shown else { return None };
        let sentence = Self::plain(sentence);
        let mut paragraphs = self.text.split("\n\n");
        let Some(paragraph) = paragraphs.find(|paragraph| Self::plain(paragraph).contains(&sentence)) else {
            return Some(format!("the sentence is not there: {sentence}"));
        };
        if source.starts_with("[^") && source.ends_with(']') && !paragraph.contains(source.as_str()) {
            return Some(format!("the sentence's paragraph does not refer to {source}: {sentence}"));
        }
        let dated = |line: &&str| {
            let mut runs = line.split(|c: char| !c.is_ascii_digit());
            runs.any(|run| run.len() == 4 && (run.starts_with("19") || run.starts_with("20")))
        };
        let named = self.sources().filter(dated).any(|line| line.contains(source.as_str()));
        (!named).then(|| format!("no dated source says: {source}"))
    }
}

/// What is wrong with one entry.
fn missing(shown: &Shown, chapters: &BTreeMap<String, Chapter>) -> Option<String> {
    let mut fences = chapters.values().flat_map(|chapter| &chapter.found.fences);
    let mut lessons = chapters.values().flat_map(|chapter| &chapter.found.lessons);
    match shown {
        Shown::Claim { claim, block } => match fences.find(|fence| fence.attributes.id == *block) {
            None => Some(format!("there is no block {block}")),
            Some(fence) => {
                let there = fence.demo.claims.iter().any(|known| known.text == *claim);
                (!there).then(|| format!("block {block} does not claim: {claim}"))
            }
        },
        Shown::Quiz { quiz } => {
            let there = lessons.any(|lesson| lesson.id == *quiz && matches!(lesson.kind, "quiz" | "sort"));
            (!there).then(|| format!("there is no question {quiz}"))
        }
        Shown::Sentence { chapter, .. } => match chapters.get(chapter) {
            None => Some(format!("there is no chapter {chapter}")),
            Some(found) => found.lacks(shown).map(|message| format!("{chapter}: {message}")),
        },
    }
}

/// The chapters in which a statement is shown.
pub fn places(statement: &Statement, chapters: &BTreeMap<String, Chapter>) -> BTreeSet<String> {
    let holds = |shown: &Shown, name: &str, chapter: &Chapter| match shown {
        Shown::Claim { block, .. } => chapter.found.fences.iter().any(|fence| fence.attributes.id == *block),
        Shown::Quiz { quiz } => chapter.found.lessons.iter().any(|lesson| lesson.id == *quiz),
        Shown::Sentence { chapter, .. } => chapter == name,
    };
    let shown = |(name, chapter): &(&String, &Chapter)| {
        statement.shown.iter().any(|shown| holds(shown, name, chapter))
    };
    chapters.iter().filter(shown).map(|(name, _)| name.clone()).collect()
}

pub fn read() -> Map {
    toml::from_str(&fs::read_to_string(book().join("notes.toml")).unwrap()).unwrap()
}

#[test]
fn every_statement_of_the_notes_is_in_the_map() {
    let statements = read().statement;
    let listed: Vec<_> = statements.iter().map(|statement| statement.id.clone()).collect();
    assert_eq!(listed, all_ids(), "each statement once, in the order of the notes");
    for statement in &statements {
        assert!(!statement.note.trim().is_empty(), "{}: the notes' words are missing", statement.id);
    }
}

#[test]
fn every_statement_is_shown_where_the_map_says() {
    let chapters = chapters();
    let mut wrong = Vec::new();
    for Statement { id, shown, .. } in read().statement {
        if shown.is_empty() {
            wrong.push(format!("{id}: nothing shows it"));
        }
        wrong.extend(
            shown.iter().filter_map(|entry| missing(entry, &chapters)).map(|told| format!("{id}: {told}")),
        );
    }
    assert!(wrong.is_empty(), "book/notes.toml:\n{}", wrong.join("\n"));
}

#[test]
fn what_is_gone_is_noticed() {
    let chapters = chapters();
    let gone: Map = toml::from_str(
        r#"
[[statement]]
id = "N1"
note = "x"
shown = [
  { claim = "runs == 1", block = "no-such-block" },
  { quiz = "no-such-quiz" },
  { sentence = "이런 문장은 없다", chapter = "README.md", source = "2026" },
  { sentence = "", chapter = "README.md", source = "이런 출처는 없다" },
  { sentence = "x", chapter = "no-such.md", source = "2026" },
]
"#,
    )
    .unwrap();
    let told: BTreeSet<_> = gone.statement[0].shown.iter().map(|entry| missing(entry, &chapters)).collect();
    assert_eq!(told.len(), 5);
    assert!(!told.contains(&None), "{told:?}");
    let block = chapters.values().flat_map(|chapter| &chapter.found.fences).next().unwrap();
    let other = Shown::Claim { claim: "runs == 12345".to_owned(), block: block.attributes.id.clone() };
    assert!(missing(&other, &chapters).unwrap().contains("does not claim"));
}
