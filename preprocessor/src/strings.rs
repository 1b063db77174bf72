//! The words a reader sees, in one flat table per language; the page's script gets the same table.
//! Knows no other module.

use std::collections::BTreeMap;

use crate::settings::Language;

const KO: &str = include_str!("../assets/strings.ko.json");
const EN: &str = include_str!("../assets/strings.en.json");

/// Key → text with `{0}`, `{1}` placeholders.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Strings(BTreeMap<String, String>);

impl Strings {
    /// The table of one language.
    ///
    /// # Errors
    /// The table built into this program is not a flat JSON object of texts.
    pub fn load(language: Language) -> Result<Self, serde_json::Error> {
        serde_json::from_str(match language {
            Language::Ko => KO,
            Language::En => EN,
        })
        .map(Self)
    }

    /// The text of `key` with its placeholders filled; the key itself when the table does not know it.
    pub fn fill(&self, key: &str, values: &[&str]) -> String {
        let mut text = self.0.get(key).map_or_else(|| key.to_owned(), Clone::clone);
        for (index, value) in values.iter().enumerate() {
            text = text.replace(&format!("{{{index}}}"), value);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_keys_and_placeholders() {
        let (ko, en) = (Strings::load(Language::Ko).unwrap(), Strings::load(Language::En).unwrap());
        assert_eq!(ko.0.keys().collect::<Vec<_>>(), en.0.keys().collect::<Vec<_>>());
        for (key, text) in &ko.0 {
            for index in 0..9 {
                let placeholder = format!("{{{index}}}");
                assert_eq!(
                    text.contains(&placeholder),
                    en.0[key].contains(&placeholder),
                    "{key} {placeholder}"
                );
            }
        }
    }

    #[test]
    fn fills_placeholders() {
        let ko = Strings::load(Language::Ko).unwrap();
        assert_eq!(ko.fill("recorded", &["2026-11-22", "로컬"]), "기록된 응답 · 2026-11-22 · 로컬");
        assert_eq!(ko.fill("no-such-key", &[]), "no-such-key");
    }
}
