//! One spelling for one thing: words that the book's list of terms calls wrong.
//! Knows [`Terms`] and [`Reading`].

use super::{mapped::Mapped, quotations, reading::Reading, spelling::Terms};
use crate::syntax::Fault;

/// Every wrong spelling outside code and outside quotations.
pub(crate) fn check(reading: &Reading, terms: &Terms, faults: &mut Vec<Fault>) {
    for text in reading.sentences() {
        let mut quoted = None;
        for (wrong, right) in &terms.spellings {
            for (at, _) in text.text().match_indices(wrong.as_str()) {
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
    use crate::check::reading::read;

    #[test]
    fn code_and_quotes_may_spell_as_they_like() {
        let chapter = "# 메세지\n\n메세지와 `메세지`, “메세지”\n\n> 노트: 메세지\n\n![메세지](a.svg)\n\n```toml quiz id=a\ntext = \"메세지\"\n```\n\n```text\n메세지\n```\n\n<p>메세지 <code>메세지</code></p>\n";
        let mut terms = Terms::default();
        terms.spellings.insert("메세지".to_owned(), "메시지".to_owned());
        let mut faults = Vec::new();
        check(&read(chapter, &["노트:".to_owned()]), &terms, &mut faults);
        let mut lines: Vec<_> =
            faults.iter().map(|fault| chapter[..fault.at].matches('\n').count() + 1).collect();
        lines.sort_unstable();
        assert_eq!(lines, [1, 3, 7, 10, 17], "{faults:?}");
        assert!(faults.iter().all(|fault| chapter[fault.at..].starts_with("메세지")));
    }
}
