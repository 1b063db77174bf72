//! The mdBook preprocessor: puts a widget in the place of every `hurl demo` fence and every lesson.
//! Knows mdBook's book and everything below; used in process by a server or through the small program.

use std::{
    collections::HashSet,
    fmt,
    ops::Range,
    path::{Path, PathBuf},
};

use mdbook_preprocessor::{
    Preprocessor, PreprocessorContext,
    book::{Book, Chapter},
    errors::{Error, Result},
};

use crate::{
    assets,
    block::Block,
    book::{ChapterBlocks, read_blocks},
    check, data_file,
    html::{Around, Shown, block_html, configuration_html, lesson_html, progress_html},
    lesson::{Answer, Content},
    place::{ChapterText, Problem, Problems},
    recording::{Recorded, load_recording},
    settings::{Assets, NAME, Settings, read_settings},
    strings::Strings,
};

/// The preprocessor. It writes nothing to disk and prints nothing; remarks go to the function given at the start.
pub struct Live {
    warn: Box<dyn Fn(&Problem)>,
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}

impl Live {
    /// A preprocessor that hands its remarks (a missing recording while drafting) to `warn`.
    pub fn new(warn: impl Fn(&Problem) + 'static) -> Self {
        Self { warn: Box::new(warn) }
    }
}

impl Preprocessor for Live {
    fn name(&self) -> &str {
        NAME
    }

    fn supports_renderer(&self, renderer: &str) -> Result<bool> {
        Ok(renderer == "html")
    }

    fn run(&self, context: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let root = &context.root;
        let settings = read_settings(&context.config, root).map_err(told)?;
        let source_folder = &context.config.book.src;
        let paths: Vec<Option<String>> =
            book.chapters().map(|chapter| shown_path(source_folder, chapter)).collect();
        let texts: Vec<ChapterText<'_>> = book
            .chapters()
            .zip(&paths)
            .map(|(chapter, path)| ChapterText {
                path: path.as_deref().unwrap_or(&chapter.name),
                content: &chapter.content,
            })
            .collect();
        let (mut chapters, mut problems) = read_blocks(&texts, &settings);
        let shown_folder = source_folder.to_string_lossy().replace('\\', "/");
        problems.extend(data_file::fill_in(&mut chapters, &texts, &root.join(source_folder), &shown_folder));
        let files = check::Files { root, source: source_folder };
        problems.extend(check::check(&texts, &chapters, &settings.checks, files));
        if settings.assets == Assets::Files && chapters.iter().any(|chapter| !chapter.is_empty()) {
            problems.extend(assets::check_files(&context.config, root));
        }
        let recordings = Recordings { root, source_folder, settings: &settings, warn: &*self.warn };
        let recorded = recordings.of(&chapters, &mut problems);
        let strings = Strings::load(settings.language)?;
        for ((&text, chapter), recorded) in texts.iter().zip(&chapters).zip(&recorded) {
            let around = Around { settings: &settings, strings: &strings, chapter, recorded };
            problems.extend(unanswered(text, around));
        }
        if !problems.is_empty() {
            return Err(told(problems));
        }
        let common = Common::of(&settings, &strings)?;
        let mut contents = Vec::with_capacity(texts.len());
        for ((text, chapter), recorded) in texts.iter().zip(&chapters).zip(&recorded) {
            contents.push(expand(text.content, chapter, recorded, &common)?);
        }
        replace(&mut book, contents);
        Ok(book)
    }
}

fn told(problems: Vec<Problem>) -> Error {
    Error::new(Problems::new(problems))
}

/// `src/users.md`; `None` for a chapter made by another preprocessor.
fn shown_path(source_folder: &Path, chapter: &Chapter) -> Option<String> {
    let path = source_folder.join(chapter.source_path.as_ref()?);
    Some(path.to_string_lossy().replace('\\', "/"))
}

/// Predictions that the recording of their block does not answer.
fn unanswered(text: ChapterText<'_>, around: Around<'_>) -> Vec<Problem> {
    let lessons = around.chapter.lessons.iter();
    let told = lessons.filter_map(|lesson| {
        let Content::Predict(predict) = &lesson.content else { return None };
        let Answer::Unclear(what) = around.answer(predict) else { return None };
        let message = format!("예측 `{}`의 답을 기록이 말해 주지 않는다: {what}", lesson.id);
        Some(Problem::new(lesson.fence_place(text), message))
    });
    told.collect()
}

struct Recordings<'a> {
    root: &'a Path,
    source_folder: &'a PathBuf,
    settings: &'a Settings,
    warn: &'a dyn Fn(&Problem),
}

impl Recordings<'_> {
    /// One entry per chapter and block. What is missing is a mistake each when the book is strict, otherwise one
    /// remark in all: a draft is built again and again.
    fn of(&self, chapters: &[ChapterBlocks], problems: &mut Vec<Problem>) -> Vec<Vec<Recorded>> {
        let shown = self.source_folder.join(&self.settings.recordings);
        let folder = self.root.join(&shown);
        let shown = shown.to_string_lossy().replace('\\', "/");
        // A block that could not be read has a recording all the same.
        let ids: Option<HashSet<&str>> = problems.is_empty().then(|| {
            chapters.iter().flat_map(|chapter| chapter.blocks.iter().map(|(_, block)| block.id())).collect()
        });
        let (mut missing, mut stale) = (Vec::new(), Vec::new());
        let mut recorded = Vec::with_capacity(chapters.len());
        for chapter in chapters {
            let mut of_chapter = Vec::with_capacity(chapter.blocks.len());
            for (_, block) in &chapter.blocks {
                let found = load_recording(&folder, &shown, block).unwrap_or_else(|problem| {
                    problems.push(problem);
                    Recorded::Missing
                });
                match found {
                    Recorded::Current(_) => {}
                    Recorded::Stale => stale.push(block),
                    Recorded::Missing => missing.push(block),
                }
                of_chapter.push(found);
            }
            recorded.push(of_chapter);
        }
        self.tell(&missing, "기록된 응답이 없다", problems);
        self.tell(&stale, "요청이 기록한 뒤에 바뀌었다", problems);
        if let Some(ids) = ids {
            let orphans = check::orphans(&folder, &shown, &ids);
            if self.settings.strict {
                problems.extend(orphans);
            } else {
                orphans.iter().take(1).for_each(self.warn);
            }
        }
        recorded
    }

    fn tell(&self, blocks: &[&Block], what: &str, problems: &mut Vec<Problem>) {
        let remedy = "서비스를 띄우고 `mdbook-live record --base <주소>`로 기록한다.";
        if self.settings.strict {
            problems.extend(blocks.iter().map(|block| {
                Problem::new(block.places.fence.clone(), format!("블록 `{}`: {what}. {remedy}", block.id()))
            }));
        } else if let Some(first) = blocks.first() {
            let more = match blocks.len() - 1 {
                0 => String::new(),
                more => format!(" 외 {more}개"),
            };
            let message = format!("블록 `{}`{more}: {what}. {remedy}", first.id());
            (self.warn)(&Problem::new(first.places.fence.clone(), message));
        }
    }
}

/// What every chapter with widgets shares: made once for a book.
struct Common<'a> {
    settings: &'a Settings,
    strings: &'a Strings,
    configuration: String,
    /// Script and style, when they stand inside the chapters.
    assets: Option<String>,
}

impl<'a> Common<'a> {
    fn of(settings: &'a Settings, strings: &'a Strings) -> Result<Self> {
        let assets = (settings.assets == Assets::Inline).then(assets::inline_html);
        Ok(Self { settings, strings, configuration: configuration_html(settings, strings)?, assets })
    }
}

/// The chapter with its fences replaced; `None` when there is nothing to do.
fn expand(
    content: &str,
    chapter: &ChapterBlocks,
    recorded: &[Recorded],
    common: &Common<'_>,
) -> Result<Option<String>> {
    let Common { settings, strings, configuration, assets } = common;
    if chapter.is_empty() {
        return Ok(None);
    }
    let around = Around { settings, strings, chapter, recorded };
    let mut widgets = Vec::with_capacity(chapter.blocks.len() + chapter.lessons.len());
    for ((range, block), recorded) in chapter.blocks.iter().zip(recorded) {
        let html = block_html(block, Shown { settings, strings, recorded })?;
        widgets.push((range, html + &end_of_html(content, range)));
    }
    for lesson in &chapter.lessons {
        widgets.push((&lesson.range, lesson_html(lesson, around)? + &end_of_html(content, &lesson.range)));
    }
    // This one stands in the author's own HTML, which has an end.
    widgets.extend(chapter.progress.iter().map(|range| (range, progress_html(strings))));
    widgets.sort_by_key(|(range, _)| range.start);
    let fixed = configuration.len() + assets.as_ref().map_or(0, String::len);
    let widgets_length: usize = widgets.iter().map(|(_, html)| html.len()).sum();
    let mut expanded = String::with_capacity(content.len() + widgets_length + fixed + 8);
    let mut copied = 0;
    for (index, (range, html)) in widgets.iter().enumerate() {
        expanded.push_str(&content[copied..range.start]);
        if index == 0 {
            expanded.push_str(configuration);
        }
        expanded.push_str(html);
        copied = range.end;
    }
    expanded.push_str(&content[copied..]);
    if let Some(assets) = assets {
        expanded.push_str("\n\n");
        expanded.push_str(assets);
        expanded.push('\n');
    }
    Ok(Some(expanded))
}

/// What ends the HTML block in Markdown: nothing when a blank line follows anyway; otherwise a blank line inside the
/// same quotes, or the next line of the author's text would become part of the HTML.
fn end_of_html(content: &str, range: &Range<usize>) -> String {
    let start = content[..range.start].rfind('\n').map_or(0, |feed| feed + 1);
    let quotes = content[start..range.start].matches('>').count();
    let mut lines = content[range.end..].split('\n').skip(1);
    let blank = lines.next().is_none_or(|line| {
        line.matches('>').count() <= quotes && line.chars().all(|c| c == '>' || c.is_whitespace())
    });
    if blank { String::new() } else { format!("\n{}", "> ".repeat(quotes).trim_end()) }
}

/// Puts the new contents into the chapters, in the order in which `Book::chapters` gives them.
fn replace(book: &mut Book, contents: Vec<Option<String>>) {
    let mut contents = contents.into_iter();
    in_reading_order(&mut book.items, &mut |chapter| {
        if let Some(Some(content)) = contents.next() {
            chapter.content = content;
        }
    });
}

/// `Book::for_each_chapter_mut` visits sub-chapters before their parent; this one follows `Book::chapters`.
fn in_reading_order(items: &mut [mdbook_preprocessor::book::BookItem], visit: &mut dyn FnMut(&mut Chapter)) {
    for item in items {
        if let mdbook_preprocessor::book::BookItem::Chapter(chapter) = item {
            if !chapter.is_draft_chapter() {
                visit(chapter);
            }
            in_reading_order(&mut chapter.sub_items, visit);
        }
    }
}
