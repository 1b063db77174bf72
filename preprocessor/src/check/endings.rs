//! One tone of voice: sentences must not end as the book's list refuses.
//! Knows [`Endings`], texts with places and how a Hangul syllable is made.

use super::{quotations, spelling::Endings};
use crate::{reading::Mapped, syntax::Fault};

/// Every sentence outside code and quotations whose last word has a refused ending.
pub(crate) fn check<'a>(texts: impl Iterator<Item = &'a Mapped>, endings: &Endings, faults: &mut Vec<Fault>) {
    if endings.refused.is_empty() {
        return;
    }
    for text in texts {
        let mut quoted = None;
        for (at, word) in last_words(text.text()) {
            let refused = endings.refused.iter().find(|ending| ends_with(word, ending));
            let Some(ending) = refused.filter(|_| !endings.allowed.iter().any(|fine| word.ends_with(fine)))
            else {
                continue;
            };
            let quoted = quoted.get_or_insert_with(|| quotations::quotations(text.text()));
            if !quotations::inside(quoted, at) {
                let message = format!("문장이 `{word}`(-{ending})(으)로 끝난다. {}", endings.advice);
                faults.push(Fault::new(text.in_file(at), message.trim_end()));
            }
        }
    }
}

/// The last word of every sentence with its place; sentences end with a mark, a line, or the text.
fn last_words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let ends = text.match_indices(['.', '?', '!', '…', '\n']).map(|(at, _)| at).chain([text.len()]);
    ends.filter_map(|end| {
        let before = text[..end].trim_end_matches([' ', ')', '”', '"', '»', '」', '’', '\'']);
        let start = before
            .rfind(|c: char| !is_syllable(c))
            .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
        let word = &before[start..];
        (!word.is_empty()).then_some((start, word))
    })
}

fn is_syllable(c: char) -> bool {
    ('가'..='힣').contains(&c)
}

fn ends_with(word: &str, ending: &str) -> bool {
    match ending.chars().next().and_then(final_consonant) {
        None => word.ends_with(ending),
        Some(expected) => {
            let rest = &ending['ㅂ'.len_utf8()..];
            let stem = word.strip_suffix(rest).and_then(|stem| stem.chars().next_back());
            stem.is_some_and(|last| is_syllable(last) && (last as u32 - '가' as u32) % 28 == expected)
        }
    }
}

/// The number of a final consonant in Unicode's arithmetic of syllables, for a consonant that stands alone.
fn final_consonant(c: char) -> Option<u32> {
    const FINALS: &str = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ";
    FINALS.chars().zip(1..).find(|&(known, _)| known == c).map(|(_, number)| number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::tests::read;

    fn told(chapter: &str) -> Vec<String> {
        let endings = Endings {
            refused: ["ㅂ니다", "ㅂ니까", "ㅂ시다", "요", "죠"].map(str::to_owned).to_vec(),
            allowed: ["필요", "중요"].map(str::to_owned).to_vec(),
            advice: "하다체로 쓴다.".to_owned(),
        };
        let mut faults = Vec::new();
        check(read(chapter, &["노트:".to_owned()]).sentences(), &endings, &mut faults);
        faults.sort_by_key(|fault| fault.at);
        faults.iter().map(|fault| chapter[fault.at..].chars().take(3).collect()).collect()
    }

    #[test]
    fn polite_endings_are_told_and_plain_ones_are_not() {
        assert_eq!(
            told(
                "눌러 봅니다. 아니다. 필요. 이건가요? 봅시다!\n\n- 그렇죠\n- 다니다\n\n| 합니다 | 중요 |\n|---|---|\n| 돼요 | 요소 |\n"
            ),
            ["봅니다", "이건가", "봅시다", "그렇죠", "합니다", "돼요 "]
        );
    }

    #[test]
    fn quotations_speak_as_they_like() {
        assert!(told("“괜찮습니다.”라고 했다. \"그래요\"\n\n> 노트: 합니다.\n\n`합니다`\n").is_empty());
        assert_eq!(told("“괜찮다”고 합니다(정말). “네”라고 말해요.").len(), 1);
        assert_eq!(told("<summary>무엇일까요?</summary>"), ["무엇일"]);
    }
}
