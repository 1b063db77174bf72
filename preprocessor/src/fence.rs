//! Finds the `hurl demo` and lesson fences of a chapter and remembers where each character of them stands in the file.
//! Knows Markdown, [`crate::syntax`] and the words that make a lesson; nothing of what lessons say, nothing of books.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::{
    reading::Reader,
    syntax::{Attributes, Demo, Fault, is_identifier, parse_attributes, parse_demo, words},
};

/// The words after `toml` that make a fence a lesson.
pub(crate) const KINDS: [&str; 6] = ["quiz", "sort", "predict", "compare", "calc", "bars"];

/// One `hurl demo` fence of a chapter.
#[derive(Clone, Debug)]
pub struct Fence {
    /// The bytes of the chapter that the widget replaces.
    pub range: Range<usize>,
    /// What the info string says.
    pub attributes: Attributes,
    /// Offset in the chapter from which the attributes count theirs.
    pub attributes_at: usize,
    /// What the text says.
    pub demo: Demo,
    /// Where the text stands.
    pub source: SourceMap,
}

/// One `toml` fence with a word of a lesson: `toml quiz id=who-manages`. Its text has not been read yet.
#[derive(Clone, Debug)]
pub struct LessonFence {
    /// The bytes of the chapter that the widget replaces.
    pub range: Range<usize>,
    /// The word after `toml`.
    pub kind: &'static str,
    /// Unique in the book.
    pub id: String,
    /// Where the text stands.
    pub source: SourceMap,
}

/// A block's text beside its place in the chapter: inside a list or a quote every line loses its prefix.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    /// The block's text with line feeds only.
    pub text: String,
    /// (offset in `text`, offset in the chapter), ascending.
    stretches: Vec<(usize, usize)>,
    /// Offset in the chapter where the text ends.
    end: usize,
}

impl SourceMap {
    /// The offset in the chapter of an offset in the block.
    pub fn in_chapter(&self, at: usize) -> usize {
        if at >= self.text.len() {
            return self.end;
        }
        let index = self.stretches.partition_point(|&(start, _)| start <= at);
        index.checked_sub(1).map_or(self.end, |i| {
            let (start, chapter) = self.stretches[i];
            chapter + (at - start)
        })
    }

    /// Adds a piece of the block that stands at `at` in the chapter, without carriage returns before line feeds.
    fn push(&mut self, piece: &str, at: usize) {
        let mut at = at;
        for part in piece.split_inclusive('\n') {
            self.stretches.push((self.text.len(), at));
            match part.strip_suffix("\r\n") {
                Some(line) => {
                    self.text.push_str(line);
                    self.text.push('\n');
                }
                None => self.text.push_str(part),
            }
            at += part.len();
        }
        self.end = at;
    }
}

/// What one pass over a chapter found.
#[derive(Debug, Default)]
pub struct Scan {
    /// The readable `hurl demo` fences in the order of the chapter.
    pub fences: Vec<Fence>,
    /// The lesson fences with a readable info string, in the order of the chapter.
    pub lessons: Vec<LessonFence>,
    /// Where the author wants the reader's progress: the bytes of each `<div class="live-progress"></div>`.
    pub progress: Vec<Range<usize>>,
    /// Where readers sign in: the bytes of each `<div class="live-sign-in"></div>`.
    pub sign_in: Vec<Range<usize>>,
    /// Mistakes; offsets count from the start of the chapter.
    pub faults: Vec<Fault>,
}

/// Finds every fence whose info string begins with the words `hurl demo`, or with `toml` and a word of a lesson.
///
/// With `lint_prose`, emphasis marks that Markdown left as plain text are mistakes too.
pub fn scan(chapter: &str, lint_prose: bool) -> Scan {
    scan_and_read(chapter, lint_prose, None)
}

/// The same pass, which shows everything it meets to `reader`: parsing twice would double the cost of a build.
pub(crate) fn scan_and_read(chapter: &str, lint_prose: bool, mut reader: Option<&mut Reader<'_>>) -> Scan {
    let mut scan = Scan::default();
    let mut events = Parser::new_ext(chapter, markdown_options()).into_offset_iter();
    let mut prose = crate::prose::Prose::default();
    while let Some((event, range)) = events.next() {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let mut source = SourceMap { end: range.end, ..SourceMap::default() };
                if let Some(reader) = &mut reader {
                    reader.code_block(&range, &kind);
                }
                for (event, piece) in events.by_ref() {
                    match event {
                        Event::Text(text) => {
                            source.push(&text, piece.start);
                            if let Some(reader) = &mut reader {
                                reader.code(&text, piece.start);
                            }
                        }
                        Event::End(TagEnd::CodeBlock) => break,
                        _ => {}
                    }
                }
                let CodeBlockKind::Fenced(info) = kind else { continue };
                if is_demo(&info) {
                    demo_fence(chapter, range, source, &mut scan);
                } else if let Some(kind) = lesson_kind(&info) {
                    lesson_fence(chapter, range, kind, source, &mut scan);
                }
            }
            other => {
                if let Event::Html(html) | Event::InlineHtml(html) = &other {
                    places(html, range.start, &mut scan);
                }
                if lint_prose {
                    prose.event(chapter, &other, range.clone(), &mut scan.faults);
                }
                if let Some(reader) = &mut reader {
                    reader.event(other, range);
                }
            }
        }
    }
    if lint_prose {
        prose.finish(&mut scan.faults);
    }
    scan
}

/// The extensions mdBook 0.5 switches on. Smart punctuation is left out: it changes text, not structure.
fn markdown_options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_GFM
}

/// What an author writes in raw HTML where the script shall put the reader's progress.
const PROGRESS: &str = "<div class=\"live-progress\"></div>";
/// And where readers shall sign in.
const SIGN_IN: &str = "<div class=\"live-sign-in\"></div>";

/// Finds the places for widgets in the author's own HTML.
fn places(html: &str, start: usize, scan: &mut Scan) {
    let mut place = |class: &str, element: &str, what: &str| {
        // A link to the place is none.
        let named = html.match_indices(class).any(|(at, _)| !html[..at].ends_with('#'));
        let at = named.then(|| html.find(element))?;
        if at.is_none() {
            scan.faults.push(Fault::new(start, format!("{what} 곳은 `{element}`로만 쓴다.")));
        }
        at.map(|at| start + at..start + at + element.len())
    };
    let progress = place("live-progress", PROGRESS, "읽던 자리와 지우는 단추가 놓일");
    let sign_in = place("live-sign-in", SIGN_IN, "로그인 단추가 놓일");
    scan.progress.extend(progress);
    scan.sign_in.extend(sign_in);
}

fn is_demo(info: &str) -> bool {
    let mut words = info.split_whitespace();
    words.next() == Some("hurl") && words.next() == Some("demo")
}

fn lesson_kind(info: &str) -> Option<&'static str> {
    let mut words = info.split_whitespace();
    let word = (words.next() == Some("toml")).then(|| words.next())??;
    KINDS.into_iter().find(|kind| *kind == word)
}

fn lesson_fence(chapter: &str, range: Range<usize>, kind: &'static str, source: SourceMap, scan: &mut Scan) {
    let opening = chapter[range.clone()].lines().next().unwrap_or_default();
    let start = opening.find("toml").unwrap_or(0);
    let mut ids = Vec::new();
    for (at, word) in words(&opening[start..]).into_iter().skip(2) {
        match word.strip_prefix("id=") {
            Some(id) if is_identifier(id) && ids.is_empty() => ids.push(id.to_owned()),
            _ => scan.faults.push(Fault::new(
                range.start + start + at,
                format!(
                    "`{word}`을(를) 읽을 수 없다. `toml {kind}` 뒤에는 id 하나만 온다. 소문자로 시작하고 소문자, 숫자, `-`로 쓴다."
                ),
            )),
        }
    }
    match ids.pop() {
        Some(id) => scan.lessons.push(LessonFence { range, kind, id, source }),
        None => scan.faults.push(Fault::new(
            range.start + start,
            format!("`toml {kind}`에 id가 없다. `toml {kind} id=이름`처럼 책 전체에서 하나뿐인 이름을 준다."),
        )),
    }
}

fn demo_fence(chapter: &str, range: Range<usize>, source: SourceMap, scan: &mut Scan) {
    let opening = chapter[range.clone()].lines().next().unwrap_or_default();
    let attributes_at = range.start + opening.find("demo").map_or(0, |at| at + "demo".len());
    let attributes = parse_attributes(&chapter[attributes_at..range.start + opening.len()]);
    let demo = parse_demo(&source.text);
    match (attributes, demo) {
        (Ok(attributes), Ok(demo)) => {
            scan.faults.extend(contradictions(&attributes, attributes_at, &demo, &source));
            scan.fences.push(Fence { range, attributes, attributes_at, demo, source });
        }
        (attributes, demo) => {
            let shift = |f: Fault| Fault::new(attributes_at + f.at, f.message);
            scan.faults.extend(attributes.err().unwrap_or_default().into_iter().map(shift));
            let shift = |f: Fault| Fault::new(source.in_chapter(f.at), f.message);
            scan.faults.extend(demo.err().unwrap_or_default().into_iter().map(shift));
        }
    }
}

/// What attributes and text say against each other.
fn contradictions(
    attributes: &Attributes,
    attributes_at: usize,
    demo: &Demo,
    source: &SourceMap,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let Some(at) = attributes.parallel_at
        && attributes.parallel > demo.repeat
    {
        faults.push(Fault::new(
            attributes_at + at,
            format!(
                "한꺼번에 {}번 보내려면 `[Options]`의 repeat도 {0} 이상이어야 한다(지금 {}).",
                attributes.parallel, demo.repeat
            ),
        ));
    }
    if let Some(at) = demo.delay_at
        && attributes.parallel > 1
    {
        faults.push(Fault::new(
            source.in_chapter(at),
            "parallel과 delay는 함께 쓸 수 없다. 한꺼번에 보내려면 delay를 지운다.",
        ));
    }
    faults
}
