//! What a reader may call themselves.
//! Knows Unicode's letters; nothing of tokens.
//!
//! Cognito takes letters, marks, symbols, numbers and punctuation (`Username` of the user pools API). Here it is the part of
//! that which looks the same to everybody: no symbol, no mark without its letter, no invisible character.

use icu_normalizer::ComposingNormalizerBorrowed;

/// The longest name, in characters.
pub(super) const LONGEST: usize = 64;
/// What stands beside letters and digits: enough for an address.
const PUNCTUATION: &str = "._@+-";

/// The name in its composed form (NFC), so that a name is one reader however it was typed; `None` when it is none.
pub(super) fn read(text: &str) -> Option<String> {
    // Composing makes three characters of one at most; the bound comes first, so that the work is bounded too.
    if text.chars().count() > LONGEST * 3 {
        return None;
    }
    let name = ComposingNormalizerBorrowed::new_nfc().normalize(text.trim()).into_owned();
    let fits = |c: char| c.is_alphanumeric() || PUNCTUATION.contains(c);
    ((1..=LONGEST).contains(&name.chars().count()) && name.chars().all(fits)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_every_script_make_a_name() {
        for name in ["haneul", "김하늘", "sky@example.com", "José", "하늘_2.0+a-b"] {
            assert_eq!(read(name).as_deref(), Some(name));
        }
        let typed_apart = "\u{1112}\u{1161}\u{1102}\u{1173}\u{11af}";
        assert_eq!(read(typed_apart).as_deref(), Some("하늘"));
        assert_eq!(read(" haneul ").as_deref(), Some("haneul"));
        assert!(read(&"가".repeat(LONGEST)).is_some());
    }

    #[test]
    fn what_cannot_be_told_apart_makes_none() {
        for name in
            ["", " ", "a b", "a\u{200b}b", "\u{202e}a", "a\0", "a\nb", "<b>", "a/b", "a\"", "😀", "\u{301}"]
        {
            assert_eq!(read(name), None, "{name:?}");
        }
        assert_eq!(read(&"가".repeat(LONGEST + 1)), None);
        assert_eq!(read(&"a".repeat(100_000)), None);
    }
}
