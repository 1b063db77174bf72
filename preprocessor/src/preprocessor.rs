//! The mdBook preprocessor: puts a widget in the place of every `hurl demo` fence and every lesson.
//! Knows mdBook's book and everything below; used in process by a server or through the small program.

use std::{fmt, path::Path};

use mdbook_preprocessor::{
    Preprocessor, PreprocessorContext,
    book::{Book, Chapter},
    errors::{Error, Result},
};

use crate::{
    assets,
    book::read_blocks,
    check, data_file,
    expansion::{Common, expand},
    html::Around,
    lesson::{Answer, Content},
    place::{ChapterText, Problem, Problems},
    recordings::Recordings,
    settings::{Assets, NAME, read_settings},
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
        let sign_in = chapters.iter().any(|chapter| chapter.sign_in.is_some());
        if settings.assets == Assets::Files && chapters.iter().any(|chapter| !chapter.is_empty()) {
            problems.extend(assets::check_files(&context.config, root, sign_in));
        }
        if let Some(table) = settings.sign_in.as_ref().filter(|_| sign_in) {
            problems.extend(assets::check_page(&table.page, &root.join(source_folder)));
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
