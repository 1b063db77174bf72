//! One spelling for one thing: words that the book's list of terms calls wrong.
//! Knows [`Terms`] and texts with places.

use super::{quotations, spelling::Terms};
use crate::{reading::Mapped, syntax::Fault};

/// The wrong spellings by their first characters: one pass over a text looks for all of them.
#[derive(Debug)]
pub(crate) struct Spellings<'a> {
    sorted: Vec<(char, &'a str, &'a str)>,
    /// One bit per remainder of the first characters; most characters of a text meet an empty one.
    first: [u64; 64],
}

impl<'a> Spellings<'a> {
    pub(crate) fn of(terms: &'a Terms) -> Self {
        let mut first = [0; 64];
        let entry = |(wrong, right): (&'a String, &'a String)| {
            Some((wrong.chars().next()?, wrong.as_str(), right.as_str()))
        };
        let mut sorted: Vec<_> = terms.spellings.iter().filter_map(entry).collect();
        sorted.sort_unstable();
        for (c, ..) in &sorted {
            first[*c as usize / 64 % 64] |= 1 << (*c as usize % 64);
        }
        Self { sorted, first }
    }

    /// The spellings that begin with this character.
    fn beginning(&self, c: char) -> &[(char, &'a str, &'a str)] {
        if self.first[c as usize / 64 % 64] & 1 << (c as usize % 64) == 0 {
            return &[];
        }
        let start = self.sorted.partition_point(|(first, ..)| *first < c);
        let length = self.sorted[start..].partition_point(|(first, ..)| *first == c);
        &self.sorted[start..start + length]
    }
}

/// Every wrong spelling outside code and outside quotations.
pub(crate) fn check<'a>(
    texts: impl Iterator<Item = &'a Mapped>,
    spellings: &Spellings<'_>,
    faults: &mut Vec<Fault>,
) {
    for text in texts {
        let mut quoted = None;
        for (at, c) in text.text().char_indices() {
            for (_, wrong, right) in spellings.beginning(c) {
                if !text.text()[at..].starts_with(wrong) {
                    continue;
                }
                let quoted = quoted.get_or_insert_with(|| quotations::quotations(text.text()));
                if !quotations::inside(quoted, at) {
                    faults.push(fault(text, at, wrong, right));
                }
            }
        }
    }
}

fn fault(text: &Mapped, at: usize, wrong: &str, right: &str) -> Fault {
    Fault::new(text.in_file(at), format!("`{wrong}`은(는) 이 책의 표기가 아니다. `{right}`(으)로 쓴다."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::tests::read;

    #[test]
    fn code_and_quotes_may_spell_as_they_like() {
        let chapter = "# 메세지\n\n메세지와 `메세지`, “메세지”\n\n> 노트: 메세지\n\n![메세지](a.svg)\n\n```toml quiz id=a\ntext = \"메세지\"\n```\n\n```text\n메세지\n```\n\n<p>메세지 <code>메세지</code></p>\n";
        let mut terms = Terms::default();
        terms.spellings.insert("메세지".to_owned(), "메시지".to_owned());
        let mut faults = Vec::new();
        let reading = read(chapter, &["노트:".to_owned()]);
        check(reading.sentences(), &Spellings::of(&terms), &mut faults);
        let mut lines: Vec<_> =
            faults.iter().map(|fault| chapter[..fault.at].matches('\n').count() + 1).collect();
        lines.sort_unstable();
        assert_eq!(lines, [1, 3, 7, 10, 17], "{faults:?}");
        assert!(faults.iter().all(|fault| chapter[fault.at..].starts_with("메세지")));
    }
}
