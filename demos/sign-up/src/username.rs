//! Which names readers may take: short, and of characters that look the same everywhere.
//! Knows text only.

use crate::Refusal;

/// Characters of a name.
const LENGTH: std::ops::RangeInclusive<usize> = 3..=20;

/// Lower-case letters, digits and single hyphens between them, a letter first. A name shows up in addresses, logs and tokens,
/// so nothing is in it that any of these reads differently.
pub fn check(name: &str) -> Result<(), Refusal> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let fits = LENGTH.contains(&name.len())
        && name.bytes().all(plain)
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--");
    if fits { Ok(()) } else { Err(Refusal::Name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_plain_names_pass() {
        for name in ["abc", "reader-1", "a-b-c", "abcdefghij0123456789"] {
            assert!(check(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for name in [
            "",
            "ab",
            "abcdefghij01234567890",
            "Abc",
            "1abc",
            "-abc",
            "abc-",
            "a--b",
            "a b",
            "a.b",
            "a_b",
            "a@b.example",
            "홍길동",
            "ａｂｃ",
            "abc\u{202e}",
            "abc\n",
            "abc\0",
            "<b>abc</b>",
        ] {
            assert!(matches!(check(name), Err(Refusal::Name)), "{name:?}");
        }
    }
}
