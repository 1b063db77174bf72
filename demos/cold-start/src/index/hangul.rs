//! Takes syllables apart: the initial consonants (초성) of a word as one small number.
//! Knows only the arrangement of the Hangul Syllables block (Unicode 16, section 3.12).

/// The nineteen initial consonants in the order of the syllable block.
const CONSONANTS: [char; 19] = [
    'ㄱ', 'ㄲ', 'ㄴ', 'ㄷ', 'ㄸ', 'ㄹ', 'ㅁ', 'ㅂ', 'ㅃ', 'ㅅ', 'ㅆ', 'ㅇ', 'ㅈ', 'ㅉ', 'ㅊ', 'ㅋ', 'ㅌ',
    'ㅍ', 'ㅎ',
];

const FIRST_SYLLABLE: u32 = 0xAC00;
const SYLLABLES: u32 = 11_172;
/// 21 vowels by 28 endings.
const SYLLABLES_PER_CONSONANT: u32 = 588;

/// Up to twelve initial consonants, five bits each; the length is in it because no consonant is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Initials(u64);

impl Initials {
    const LONGEST: u32 = 12;

    /// A key from consonants as one types them; `None` if there are none, too many, or other characters.
    pub(super) fn of_consonants(text: &str) -> Option<Self> {
        let mut key = Self::default();
        for character in text.chars() {
            let place = CONSONANTS.iter().position(|consonant| *consonant == character)?;
            key = key.then(u64::try_from(place).ok()?)?;
        }
        (key != Self::default()).then_some(key)
    }

    fn then(self, place: u64) -> Option<Self> {
        let full = self.0 >> (5 * (Self::LONGEST - 1)) != 0;
        (!full).then_some(Self((self.0 << 5) | (place + 1)))
    }
}

/// Every beginning of a word's initial consonants, shortest first; ends at a character that is no Hangul syllable.
pub(super) fn initials(word: &str) -> impl Iterator<Item = Initials> {
    word.chars().scan(Initials::default(), |key, character| {
        let offset = u32::from(character).checked_sub(FIRST_SYLLABLE).filter(|offset| *offset < SYLLABLES)?;
        *key = key.then(u64::from(offset / SYLLABLES_PER_CONSONANT))?;
        Some(*key)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_word_is_found_under_every_beginning_of_its_consonants() {
        let typed = |text| Initials::of_consonants(text).unwrap();
        assert_eq!(
            initials("콜드스타트").collect::<Vec<_>>(),
            ["ㅋ", "ㅋㄷ", "ㅋㄷㅅ", "ㅋㄷㅅㅌ", "ㅋㄷㅅㅌㅌ"].map(typed)
        );
        assert_eq!(initials("꽃a병").collect::<Vec<_>>(), [typed("ㄲ")]);
        assert_eq!(initials("힣").collect::<Vec<_>>(), [typed("ㅎ")]);
        assert_eq!(initials("ㄱ").count(), 0);
    }

    #[test]
    fn no_two_consonant_strings_share_a_key() {
        assert_ne!(Initials::of_consonants("ㄱ"), Initials::of_consonants("ㄱㄱ"));
        assert_eq!(Initials::of_consonants(""), None);
        assert_eq!(Initials::of_consonants("가"), None);
        assert!(Initials::of_consonants("ㅎㅎㅎㅎㅎㅎㅎㅎㅎㅎㅎㅎ").is_some());
        assert_eq!(Initials::of_consonants("ㄱㄱㄱㄱㄱㄱㄱㄱㄱㄱㄱㄱㄱ"), None);
    }

    proptest! {
        #[test]
        fn keys_differ_when_the_consonants_do(a in "[ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ]{1,12}", b in "[ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ]{1,12}") {
            prop_assert_eq!(Initials::of_consonants(&a) == Initials::of_consonants(&b), a == b);
        }

        #[test]
        fn no_word_panics(word in "\\PC{0,30}") {
            prop_assert!(initials(&word).count() <= 12);
        }
    }
}
