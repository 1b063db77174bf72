//! What the preprocessor looks after besides its own blocks: terms, tone, sources, links, pictures, completeness, length.
//! Knows settings, Markdown and files; one file per check, and none of them knows which book it reads.

mod alternatives;
mod complete;
mod endings;
mod figure;
mod include;
mod links;
mod orphans;
mod pace;
mod quotations;
mod sources;
mod spelling;
mod terms;

use std::path::Path;

pub(crate) use orphans::orphans;

use crate::{
    book::ChapterBlocks,
    fence::scan_and_read,
    place::{ChapterText, Place, Problem},
    reading::{self, Mapped, Reader, Reading},
    settings::Checks,
    syntax::Fault,
};

/// The book as the checks find it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Files<'a> {
    /// The folder of book.toml.
    pub(crate) root: &'a Path,
    /// The folder of the chapters, relative to `root`.
    pub(crate) source: &'a Path,
}

/// All mistakes of a book that its settings ask for.
pub(crate) fn check(
    chapters: &[ChapterText<'_>],
    blocks: &[ChapterBlocks],
    checks: &Checks,
    files: Files<'_>,
) -> Vec<Problem> {
    if !checks.any() {
        return Vec::new();
    }
    let mut problems = Vec::new();
    let terms = checks.terms.as_deref().map(|name| spelling::load(files.root, name)).transpose();
    let terms = terms.unwrap_or_else(|problem| {
        problems.push(problem);
        None
    });
    let source = files.root.join(files.source);
    let prefix = format!("{}/", files.source.to_string_lossy().replace('\\', "/"));
    let page = |(chapter, blocks)| Page::of(chapter, blocks, &source, &prefix);
    let pages: Vec<Page<'_>> = chapters.iter().zip(blocks).filter_map(page).collect();
    let site = checks.links.then(|| {
        let mut site = links::Site::new(source.clone());
        for page in &pages {
            site.add(page.path, page.reading, &page.included);
        }
        site
    });
    let spellings = terms.as_ref().map(terms::Spellings::of);
    for page in &pages {
        let mut faults = page.faults(checks, terms.as_ref(), spellings.as_ref());
        if let Some(site) = &site {
            site.check(page.path, page.reading, &page.included, &mut faults);
        }
        let place = |at| Place::of_offset(page.chapter.path, page.chapter.content, at);
        problems.extend(faults.into_iter().map(|fault| Problem::new(place(fault.at), fault.message)));
    }
    let lost = |path: &&String| !pages.iter().any(|page| page.path == **path);
    problems.extend(checks.complete.iter().filter(lost).map(|path| no_chapter(files.root, path)));
    problems
}

fn no_chapter(root: &Path, path: &str) -> Problem {
    let text = std::fs::read_to_string(root.join("book.toml")).unwrap_or_default();
    let at = text.find("complete").and_then(|list| Some(list + text[list..].find(&format!("\"{path}\""))?));
    let place = Place::of_offset("book.toml", &text, at.unwrap_or(0));
    Problem::new(place, format!("complete에 적은 `{path}`이(가) 책에 없다. SUMMARY.md에 적힌 이름을 쓴다."))
}

struct Page<'a> {
    chapter: &'a ChapterText<'a>,
    /// Below the source folder.
    path: &'a str,
    reading: &'a Reading,
    included: Vec<links::Included<'a>>,
}

impl<'a> Page<'a> {
    fn of(
        chapter: &'a ChapterText<'a>,
        blocks: &'a ChapterBlocks,
        source: &Path,
        prefix: &str,
    ) -> Option<Self> {
        let path = chapter.path.strip_prefix(prefix).unwrap_or(chapter.path);
        let included = links::included(source, path, chapter.content);
        Some(Self { chapter, path, reading: blocks.reading.as_ref()?, included })
    }

    fn faults(
        &self,
        checks: &Checks,
        terms: Option<&spelling::Terms>,
        spellings: Option<&terms::Spellings<'_>>,
    ) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let (Some(terms), Some(spellings)) = (terms, spellings) {
            terms::check(self.reading.sentences(), spellings, &mut faults);
            endings::check(self.reading.sentences(), &terms.endings, &mut faults);
            for (include, words) in self.markup() {
                let mut inside = Vec::new();
                terms::check(words.iter(), spellings, &mut inside);
                endings::check(words.iter(), &terms.endings, &mut inside);
                let here = |fault: Fault| format!("끼워 넣은 `{}`: {}", include.path, fault.message);
                faults.extend(inside.into_iter().map(|fault| Fault::new(include.at, here(fault))));
            }
        }
        if checks.alternatives {
            alternatives::check(self.reading, &mut faults);
            for included in self.included.iter().filter(|included| !self.in_code(included.include.at)) {
                let silent = alternatives::silent(included.text.as_deref().unwrap_or_default());
                faults
                    .extend(silent.into_iter().map(|(_, message)| Fault::new(included.include.at, message)));
            }
        }
        if let Some(figures) = &checks.figures {
            let shown: Vec<String> =
                self.included.iter().filter_map(|included| self.shown(included)).collect();
            sources::check(self.reading, figures, shown.iter().map(String::as_str), &mut faults);
        }
        if checks.complete.iter().any(|path| path == self.path) {
            let time = checks.reading.as_ref();
            let time = time.and_then(|pace| pace::fault(self.reading, &self.markdown(), pace));
            let whole = complete::missing(self.reading).into_iter().chain(time);
            faults.extend(whole.map(|message| Fault::new(0, message)));
        }
        faults
    }

    /// What a reader sees of an included file: all of it as code, otherwise the words between its tags, not the
    /// coordinates of a drawing.
    fn shown(&self, included: &links::Included<'_>) -> Option<String> {
        let text = included.text.as_deref().ok()?;
        if self.in_code(included.include.at) {
            return Some(text.to_owned());
        }
        let words = reading::between_tags(&Mapped::of(text, 0));
        Some(words.iter().map(Mapped::text).collect::<Vec<_>>().join("\n"))
    }

    /// The included files that are markup, with the words between their tags.
    fn markup(&self) -> impl Iterator<Item = (&include::Include<'a>, Vec<Mapped>)> {
        let markup = self.included.iter().filter(|included| !self.in_code(included.include.at));
        markup.filter_map(|included| {
            let text = included.text.as_deref().ok()?;
            Some((&included.include, reading::between_tags(&Mapped::of(text, 0))))
        })
    }

    /// The included files that are Markdown, read like the chapter, with the byte where each is included.
    fn markdown(&self) -> Vec<(usize, Reading)> {
        let markdown = self.included.iter().filter(|included| included.include.path.ends_with(".md"));
        let read = |included: &links::Included<'_>| {
            let text = included.text.as_deref().ok()?;
            let mut reader = Reader::new(text, &[]);
            scan_and_read(text, false, Some(&mut reader));
            Some((included.include.at, reader.finish()))
        };
        markdown.filter_map(read).collect()
    }

    fn in_code(&self, at: usize) -> bool {
        self.reading.fences.iter().any(|fence| fence.range.contains(&at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{book::read_blocks, settings::Settings};
    use proptest::{prelude::*, test_runner::RngSeed};

    fn everything() -> Settings {
        let checks = Checks {
            links: true,
            alternatives: true,
            terms: Some("terms.toml".to_owned()),
            quotes: vec!["노트:".to_owned()],
            complete: vec!["a.md".to_owned()],
            figures: Some(figure::tests::settings()),
            reading: toml::from_str("characters-per-minute = 9\nminutes = [1, 2]").ok(),
        };
        Settings { checks, prose_lint: true, ..Settings::default() }
    }

    fn judged(root: &Path, content: &str) -> Vec<Problem> {
        let settings = everything();
        let chapters = [ChapterText { path: "src/a.md", content }];
        let (blocks, _) = read_blocks(&chapters, &settings);
        check(&chapters, &blocks, &settings.checks, Files { root, source: Path::new("src") })
    }

    fn terms_only() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let terms = "[spellings]\n\"메세지\" = \"메시지\"\n[endings]\nrefused = [\"ㅂ니다\", \"요\"]\n";
        std::fs::write(root.path().join("terms.toml"), terms).unwrap();
        root
    }

    #[test]
    fn an_included_drawing_is_read_without_its_coordinates() {
        let root = terms_only();
        std::fs::create_dir(root.path().join("src")).unwrap();
        let drawing = "<svg><title>그림 메세지</title><path d=\"M 84 85\"/><text>86분</text></svg>";
        std::fs::write(root.path().join("src/a.svg"), drawing).unwrap();
        let told = judged(root.path(), "84분, 86분\n\n{{#include a.svg}}\n");
        let term = told.iter().find(|problem| problem.message.contains("메세지")).unwrap();
        assert!(term.to_string().starts_with("src/a.md:3:1: 끼워 넣은 `a.svg`"), "{term}");
        let figures: Vec<_> = told.iter().filter(|problem| problem.message.contains("출처가 없다")).collect();
        assert_eq!(figures.len(), 1, "{told:?}");
        assert_eq!(figures[0].place.to_string(), "src/a.md:1:1");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, rng_seed: RngSeed::Fixed(20_261_122), failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_chapter_is_judged_without_panic_and_with_places(
            pieces in proptest::collection::vec(
                prop_oneof![
                    "\\PC{0,12}",
                    proptest::sample::select(vec![
                        "\n", "\n\n", "> 노트: ", "- ", "1. ", "| a | b |\n|---|---|\n| 1분 | 2% |\n", "```toml quiz id=a\n",
                        "why = \"", "\"", "```\n", "{{#include ", "a.rs:b}}", "<img ", "<svg>", "</svg>", "alt=", "<!--", "-->",
                        "<p class=badge>", "[^s]", "[^s]: ", "![", "](b.md#c)", "# 제목 {#id}\n", "메세지", "합니다.", "100만 건",
                        "$1,000", "2026-11-22", "“", "”", "`", "**", "\\", "\u{0}", "\r\n", "%ED%95", "3분의 1",
                    ]).prop_map(str::to_owned),
                ],
                0..40,
            )
        ) {
            thread_local!(static ROOT: tempfile::TempDir = terms_only());
            let content = pieces.concat();
            ROOT.with(|root| {
                for problem in judged(root.path(), &content) {
                    let line = content.split('\n').nth(problem.place.line - 1);
                    let end = line.map(|line| line.chars().count() + 1);
                    assert!(problem.place.path == "book.toml" || end.is_some_and(|end| problem.place.column <= end), "{problem}");
                }
            });
        }
    }
}
