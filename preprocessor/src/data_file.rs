//! Reads the data files that calculators and bars name, and gives each what its file says.
//! Knows chapters, lessons and the book's source folder.

use std::{
    fs,
    path::{Component, Path},
};

use crate::{
    book::ChapterBlocks,
    lesson::{Constants, Content, Lesson, Series, Text},
    place::{ChapterText, Place, Problem},
    syntax::Fault,
};

/// A data file may hold this many bytes at most.
const MAX_BYTES: u64 = 64 * 1024;

/// Fills in the data of every calculator and every bar chart; `shown` is the source folder as the author knows it.
pub(crate) fn fill_in(
    chapters: &mut [ChapterBlocks],
    texts: &[ChapterText<'_>],
    folder: &Path,
    shown: &str,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (chapter, text) in chapters.iter_mut().zip(texts) {
        for lesson in &mut chapter.lessons {
            if let Err(told) = fill(lesson, *text, &Folder { path: folder, shown }) {
                problems.extend(told);
            }
        }
    }
    problems
}

struct Folder<'a> {
    path: &'a Path,
    shown: &'a str,
}

fn fill(lesson: &mut Lesson, chapter: ChapterText<'_>, folder: &Folder<'_>) -> Result<(), Vec<Problem>> {
    let named = match &lesson.content {
        Content::Calc(calc) => calc.data.clone(),
        Content::Bars(bars) => Some(bars.data.clone()),
        _ => return Ok(()),
    };
    let file = match &named {
        None => None,
        Some(name) => {
            Some(folder.read(name).map_err(|told| vec![Problem::new(lesson.place(chapter, name.at), told)])?)
        }
    };
    let shown = named.map_or_else(String::new, |name| format!("{}/{}", folder.shown, name.text));
    let in_file = |faults: Vec<Fault>| in_file(faults, &shown, file.as_deref().unwrap_or_default());
    match &mut lesson.content {
        Content::Calc(calc) => {
            let constants = file.as_deref().map(Constants::read).transpose().map_err(in_file)?;
            let bound = calc.bind(constants.unwrap_or_default());
            bound.map_err(|faults| {
                faults
                    .into_iter()
                    .map(|fault| Problem::new(lesson.place(chapter, fault.at), fault.message))
                    .collect()
            })
        }
        Content::Bars(bars) => {
            let columns: Vec<&str> = bars.columns.iter().map(|column| column.name.text.as_str()).collect();
            bars.series = Series::read(file.as_deref().unwrap_or_default(), &columns).map_err(in_file)?;
            Ok(())
        }
        _ => Ok(()),
    }
}

fn in_file(faults: Vec<Fault>, shown: &str, text: &str) -> Vec<Problem> {
    faults
        .into_iter()
        .map(|fault| Problem::new(Place::of_offset(shown, text, fault.at), fault.message))
        .collect()
}

impl Folder<'_> {
    fn read(&self, name: &Text) -> Result<String, String> {
        let path = Path::new(&name.text);
        let below = path.components().all(|part| matches!(part, Component::Normal(_)));
        if !below || path.extension().is_none_or(|extension| extension != "toml") {
            return Err(format!(
                "`{}`은(는) {} 아래에 있는 .toml 파일의 이름이어야 한다.",
                name.text, self.shown
            ));
        }
        let path = self.path.join(path);
        let told =
            |error: std::io::Error| format!("{}/{}을(를) 읽을 수 없다({error}).", self.shown, name.text);
        let size = fs::metadata(&path).map_err(told)?.len();
        if size > MAX_BYTES {
            return Err(format!("{}/{}이(가) {MAX_BYTES}바이트보다 크다.", self.shown, name.text));
        }
        fs::read_to_string(&path).map_err(told)
    }
}
