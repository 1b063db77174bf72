//! Quotation marks inside a paragraph: what stands between them are somebody else's words.
//! Knows no other module.

use std::ops::Range;

/// Pairs of opening and closing marks. Straight marks take turns.
const PAIRS: [(char, char); 4] = [('“', '”'), ('"', '"'), ('«', '»'), ('「', '」')];

/// The bytes between the marks of each closed quotation, outermost only.
pub(crate) fn quotations(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open: Option<(usize, char)> = None;
    for (at, c) in text.char_indices() {
        match open {
            Some((start, closing)) if c == closing => {
                found.push(start..at);
                open = None;
            }
            // A quotation does not go beyond its cell or paragraph.
            Some(_) if c == '\n' => open = None,
            Some(_) => {}
            None => {
                let pair = PAIRS.iter().find(|(opening, _)| *opening == c);
                open = pair.map(|&(opening, closing)| (at + opening.len_utf8(), closing));
            }
        }
    }
    found
}

/// Whether `at` lies in one of them.
pub(crate) fn inside(quotations: &[Range<usize>], at: usize) -> bool {
    quotations.iter().any(|quotation| quotation.contains(&at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_closed_quotations_count() {
        let text = "가 “나 \"다\"” 라 \"마\" 바 \"사";
        let found: Vec<_> = quotations(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["나 \"다\"", "마"]);
        assert!(quotations("가 \"나\n다\"").is_empty());
        assert!(inside(&quotations(text), text.find('마').unwrap()));
    }
}
