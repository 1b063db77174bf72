//! Where a mistake stands, and how all mistakes of a book are told at once.
//! Knows no other module.

use std::fmt;

/// A position in a file an author writes.
///
/// The path is relative to the book's root (`src/chapter.md`, `book.toml`); line and column count from 1,
/// the column in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file, with forward slashes.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Place {
    /// The place of byte `offset` of `text`, which is the content of the file `path`.
    pub fn of_offset(path: &str, text: &str, offset: usize) -> Self {
        let before = &text[..text.floor_char_boundary(offset)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// The text of one chapter.
#[derive(Clone, Copy, Debug)]
pub struct ChapterText<'a> {
    /// The file, relative to the book's root: `src/users.md`.
    pub path: &'a str,
    /// Its Markdown.
    pub content: &'a str,
}

impl ChapterText<'_> {
    /// The place of byte `at` of the chapter.
    pub fn place(&self, at: usize) -> Place {
        Place::of_offset(self.path, self.content, at)
    }
}

/// One mistake or one remark: where, what, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where the author has to look.
    pub place: Place,
    /// What happened and what to do next.
    pub message: String,
}

impl Problem {
    /// A problem at `place`.
    pub fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Every mistake of a book, sorted by path, line and column; printed one per line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// The mistakes in the order in which they are told.
    pub fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort();
        problems.dedup();
        Self(problems)
    }

    /// The sorted list.
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "고칠 곳이 {}군데 있다.", self.0.len())?;
        for problem in &self.0 {
            write!(f, "\n{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let place = Place::of_offset("src/a.md", "가나\n다라마", "가나\n다라".len());
        assert_eq!(place.to_string(), "src/a.md:2:3");
    }

    #[test]
    fn an_offset_inside_a_character_or_past_the_end_is_still_a_place() {
        assert_eq!(Place::of_offset("a", "가", 1).column, 1);
        assert_eq!(Place::of_offset("a", "가", 99).column, 2);
    }

    #[test]
    fn problems_are_sorted_by_place() {
        let at = |path: &str, line| Problem::new(Place { path: path.into(), line, column: 1 }, "x");
        let sorted = Problems::new(vec![at("src/b.md", 1), at("src/a.md", 10), at("src/a.md", 9)]);
        let lines: Vec<_> = sorted.as_slice().iter().map(|p| p.place.to_string()).collect();
        assert_eq!(lines, ["src/a.md:9:1", "src/a.md:10:1", "src/b.md:1:1"]);
    }
}
