//! A name: 1 to 40 visible characters in the composed form of Unicode (NFC).
//! Knows Unicode's properties and the refusals; what a character is, a reader decides, so grapheme clusters are counted.

use crate::refusal::Refusal;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, Emoji, ExtendedPictographic, GeneralCategory, GeneralCategoryGroup},
};
use unicode_segmentation::UnicodeSegmentation;

const LONGEST: usize = 40;
/// Keeps an item below one kilobyte, whatever the characters are made of.
const MOST_BYTES: usize = 600;
/// The longest emoji families have eleven code points; what is longer only towers over its line.
const LONGEST_CHARACTER: usize = 12;

const ZERO_WIDTH_JOINER: char = '\u{200D}';
/// Choose between an emoji's two looks.
const VARIATION_SELECTORS: [char; 2] = ['\u{FE0E}', '\u{FE0F}'];
/// Drawn as an empty cell, though Unicode counts it among the symbols.
const BLANK_BRAILLE: char = '\u{2800}';

/// Checked and composed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(String);

impl Name {
    /// Composes and checks a name.
    ///
    /// # Errors
    /// [`Refusal::NameLength`] or [`Refusal::NameCharacters`].
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let composed = ComposingNormalizerBorrowed::new_nfc().normalize(text);
        let mut length = 0;
        for character in composed.graphemes(true) {
            length += 1;
            if length > LONGEST || composed.len() > MOST_BYTES {
                return Err(Refusal::NameLength);
            }
            if !is_visible(character) {
                return Err(Refusal::NameCharacters);
            }
        }
        if length == 0 {
            return Err(Refusal::NameLength);
        }
        if composed.starts_with(' ') || composed.ends_with(' ') {
            return Err(Refusal::NameCharacters);
        }
        Ok(Self(composed.into_owned()))
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether everything in one grapheme cluster can be seen, or is the glue of an emoji.
fn is_visible(cluster: &str) -> bool {
    let mut before = None;
    let mut rest = cluster.chars().peekable();
    while let Some(character) = rest.next() {
        let visible = match character {
            ZERO_WIDTH_JOINER => before.is_some() && rest.peek().is_some_and(|next| is_pictograph(*next)),
            character if VARIATION_SELECTORS.contains(&character) => before.is_some_and(is_emoji),
            // A mark needs a letter to stand on.
            character if before.is_none() && in_group(character, GeneralCategoryGroup::Mark) => false,
            character => stands_alone(character),
        };
        if !visible {
            return false;
        }
        before = Some(character);
    }
    cluster.chars().count() <= LONGEST_CHARACTER
}

/// Letters, marks, digits, punctuation and symbols, and the one ordinary space; no controls, no bidi or other format
/// characters, no private use, no unassigned, no fillers.
fn stands_alone(character: char) -> bool {
    let visible = GeneralCategoryGroup::Letter
        .union(GeneralCategoryGroup::Mark)
        .union(GeneralCategoryGroup::Number)
        .union(GeneralCategoryGroup::Punctuation)
        .union(GeneralCategoryGroup::Symbol);
    character == ' '
        || (in_group(character, visible)
            && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
            && character != BLANK_BRAILLE)
}

fn in_group(character: char, group: GeneralCategoryGroup) -> bool {
    group.contains(CodePointMapData::<GeneralCategory>::new().get(character))
}

fn is_pictograph(character: char) -> bool {
    CodePointSetData::new::<ExtendedPictographic>().contains(character)
}

fn is_emoji(character: char) -> bool {
    CodePointSetData::new::<Emoji>().contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(text: &str) -> Refusal {
        Name::parse(text).expect_err(&format!("{text:?}"))
    }

    #[test]
    fn names_people_have_are_taken_as_they_are() {
        for name in [
            "김하늘",
            "남궁 민수",
            "O'Brien",
            "José",
            "Łukasz-Żak",
            "山田太郎",
            "Владимир",
            "محمد",
            "דוד",
            "ㄱ",
            "a",
            "👩‍👩‍👧‍👦",
            "👩🏽‍🚀",
            "☁️",
            "1️⃣",
            "🇰🇷",
            "<script>alert(1)</script>",
            "n/a",
            "100%",
        ] {
            assert_eq!(Name::parse(name).as_ref().map(Name::as_str), Ok(name));
        }
    }

    #[test]
    fn jamo_are_composed() {
        let decomposed = "\u{1112}\u{1161}\u{1102}\u{1173}\u{11AF}";
        assert_eq!(Name::parse(decomposed).map(|name| name.0), Ok("하늘".to_owned()));
        assert_eq!(Name::parse("e\u{301}").map(|name| name.0), Ok("é".to_owned()));
    }

    #[test]
    fn forty_characters_however_long_their_bytes() {
        assert!(Name::parse(&"가".repeat(40)).is_ok());
        assert_eq!(refused(&"가".repeat(41)), Refusal::NameLength);
        assert_eq!(refused(""), Refusal::NameLength);
        assert!(Name::parse(&"👨‍👩‍👧".repeat(20)).is_ok());
        assert_eq!(refused(&"👨‍👩‍👧‍👦".repeat(40)), Refusal::NameLength);
        // Composed before it is counted.
        assert!(Name::parse(&"\u{1112}\u{1161}".repeat(40)).is_ok());
    }

    #[test]
    fn what_cannot_be_seen_is_refused() {
        for hidden in [
            "\0",
            "\u{7}",
            "\n",
            "\t",
            "\u{7F}",
            "\u{85}",
            "\u{A0}",
            "\u{3000}",
            "\u{200B}",
            "\u{200E}",
            "\u{202E}",
            "\u{2066}",
            "\u{2028}",
            "\u{2800}",
            "\u{3164}",
            "\u{115F}",
            "\u{FFA0}",
            "\u{AD}",
            "\u{FEFF}",
            "\u{E000}",
            "\u{F8FF}",
            "\u{10FFFD}",
            "\u{FFFE}",
            "\u{378}",
            "\u{E0041}",
            "\u{200D}",
            "\u{FE0F}",
            "\u{34F}",
            "\u{180E}",
        ] {
            for name in
                [hidden.to_owned(), format!("김{hidden}"), format!("{hidden}김"), format!("김{hidden}하늘")]
            {
                assert_eq!(refused(&name), Refusal::NameCharacters, "{name:?}");
            }
        }
        for name in [" 김", "김 ", " ", "\u{301}a", &format!("a{}", "\u{334}".repeat(30))] {
            assert_eq!(refused(name), Refusal::NameCharacters, "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn an_accepted_name_is_composed_short_and_accepted_again(text in "\\PC{0,45}|.{0,45}") {
            if let Ok(name) = Name::parse(&text) {
                prop_assert!(ComposingNormalizerBorrowed::new_nfc().is_normalized(name.as_str()));
                prop_assert!((1..=40).contains(&name.as_str().graphemes(true).count()));
                prop_assert!(!name.as_str().chars().any(char::is_control));
                prop_assert_eq!(Name::parse(name.as_str()), Ok(name.clone()));
            }
        }
    }
}
