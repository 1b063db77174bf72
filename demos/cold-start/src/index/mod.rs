//! A search index over Korean words: by their initial consonants, as a phone book searches, and by pairs of syllables.
//! Knows only text; building it is the honest work that `heavy` does in init and `lazy` in its first call.

mod hangul;

use hangul::{Initials, initials};
use std::collections::HashMap;

/// Everyday nouns, separated by white space.
const NOUNS: &str = include_str!("nouns.txt");

/// Every noun, every pair of nouns as a compound, and where to find them.
pub struct WordIndex {
    /// All words in dictionary order, one after another.
    text: String,
    /// Where in `text` each word ends.
    ends: Vec<u32>,
    by_initials: HashMap<Initials, Vec<u32>>,
    by_pair: HashMap<[char; 2], Vec<u32>>,
}

impl WordIndex {
    /// Composes the words, sorts them and lists each under every beginning of its initial consonants
    /// and under every two neighbouring syllables.
    #[must_use]
    pub fn build() -> Self {
        Self::of(NOUNS)
    }

    fn of(nouns: &str) -> Self {
        let (text, ends) = composed(nouns);
        let mut index = Self { text, ends, by_initials: HashMap::new(), by_pair: HashMap::new() };
        for number in 0..index.ends.len() {
            let Ok(entry) = u32::try_from(number) else { break };
            let (start, end) = index.span(number);
            let word = &index.text[start..end];
            for beginning in initials(word) {
                index.by_initials.entry(beginning).or_default().push(entry);
            }
            for pair in word.chars().zip(word.chars().skip(1)) {
                let entries = index.by_pair.entry([pair.0, pair.1]).or_default();
                if entries.last() != Some(&entry) {
                    entries.push(entry);
                }
            }
        }
        index
    }

    /// Words in the index.
    #[must_use]
    pub fn words(&self) -> usize {
        self.ends.len()
    }

    /// Listings in the index: how often a word stands under something.
    #[must_use]
    pub fn entries(&self) -> usize {
        let listed = |entries: &Vec<u32>| entries.len();
        self.by_initials.values().map(listed).sum::<usize>()
            + self.by_pair.values().map(listed).sum::<usize>()
    }

    /// The words whose initial consonants begin with these (`ㄱㄹ` finds 그림), in dictionary order.
    pub fn by_initials(&self, consonants: &str) -> impl Iterator<Item = &str> {
        let entries = Initials::of_consonants(consonants).and_then(|key| self.by_initials.get(&key));
        self.resolve(entries)
    }

    /// The words that contain these two syllables side by side, in dictionary order.
    pub fn containing(&self, pair: [char; 2]) -> impl Iterator<Item = &str> {
        self.resolve(self.by_pair.get(&pair))
    }

    fn resolve(&self, entries: Option<&Vec<u32>>) -> impl Iterator<Item = &str> {
        let entries = entries.map(Vec::as_slice).unwrap_or_default();
        entries.iter().map(|entry| {
            let (start, end) = self.span(*entry as usize);
            &self.text[start..end]
        })
    }

    /// Where a word stands in the text.
    fn span(&self, number: usize) -> (usize, usize) {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        (start as usize, self.ends[number] as usize)
    }
}

/// All nouns and compounds of two, sorted, without repetition, as one text and the end of each word in it.
fn composed(nouns: &str) -> (String, Vec<u32>) {
    let nouns: Vec<&str> = nouns.split_whitespace().collect();
    let compounds = nouns.iter().flat_map(|first| nouns.iter().map(move |second| [*first, *second]));
    let mut words: Vec<[&str; 2]> = nouns.iter().map(|noun| [*noun, ""]).chain(compounds).collect();
    words.sort_unstable_by(|a, b| letters(a).cmp(letters(b)));
    words.dedup_by(|a, b| letters(a).eq(letters(b)));

    let mut text = String::new();
    let mut ends = Vec::with_capacity(words.len());
    for [first, second] in words {
        text.push_str(first);
        text.push_str(second);
        ends.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
    }
    (text, ends)
}

/// The bytes of a compound. In UTF-8 their order is the order of the characters, which for Hangul is dictionary order.
fn letters<'a>(word: &[&'a str; 2]) -> impl Iterator<Item = u8> + use<'a> {
    let [first, second] = *word;
    first.bytes().chain(second.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(index: &WordIndex) -> Vec<&str> {
        (0..index.words())
            .map(|number| index.span(number))
            .map(|(start, end)| &index.text[start..end])
            .collect()
    }

    #[test]
    fn composes_sorts_and_drops_repetitions() {
        let index = WordIndex::of("나무 가지 나 무");
        let words = all(&index);
        assert!(words.is_sorted());
        // 나+무 is 나무 again.
        assert_eq!(words.iter().filter(|word| **word == "나무").count(), 1);
        assert_eq!(words.len(), 4 + 16 - 1);
        assert!(words.contains(&"나무가지"));
    }

    #[test]
    fn finds_what_a_search_through_all_words_finds() {
        let index = WordIndex::of("그림 고래 거리 나무 무지개 개나리 그네");
        let expected: Vec<_> = all(&index)
            .into_iter()
            .filter(|word| {
                let mut characters = word.chars();
                characters.next().is_some_and(|c| ('가'..='깋').contains(&c))
                    && characters.next().is_some_and(|c| ('라'..='맇').contains(&c))
            })
            .collect();
        assert!(expected.contains(&"그림") && expected.contains(&"거리나무"));
        assert_eq!(index.by_initials("ㄱㄹ").collect::<Vec<_>>(), expected);

        let expected: Vec<_> = all(&index).into_iter().filter(|word| word.contains("개나")).collect();
        assert!(expected.contains(&"무지개나무"));
        assert_eq!(index.containing(['개', '나']).collect::<Vec<_>>(), expected);
        assert_eq!(index.by_initials("x").count() + index.by_initials("").count(), 0);
    }

    #[test]
    fn a_word_with_a_repeated_pair_is_listed_once() {
        let index = WordIndex::of("나나나");
        assert_eq!(index.containing(['나', '나']).collect::<Vec<_>>(), ["나나나", "나나나나나나"]);
    }

    #[test]
    fn the_shipped_nouns_are_hangul_and_the_index_is_always_the_same() {
        assert!(NOUNS.split_whitespace().all(|noun| noun.chars().all(|c| ('가'..='힣').contains(&c))));
        let (one, two) = (WordIndex::build(), WordIndex::build());
        assert_eq!((one.words(), one.entries()), (two.words(), two.entries()));
        assert!(one.by_initials("ㅅㅂㄹㅅ").next().is_some());
    }
}
