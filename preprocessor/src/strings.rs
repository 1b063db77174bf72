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

    /// What the script says where readers sign in.
    pub fn for_signing_in(&self) -> Self {
        self.part(is_for_signing_in)
    }

    /// What the scripts say everywhere.
    pub fn for_every_page(&self) -> Self {
        self.part(|key| !is_for_signing_in(key))
    }

    fn part(&self, wanted: impl Fn(&str) -> bool) -> Self {
        let kept = self.0.iter().filter(|(key, _)| wanted(key));
        Self(kept.map(|(key, text)| (key.clone(), text.clone())).collect())
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

/// Keys of a place that few chapters have.
fn is_for_signing_in(key: &str) -> bool {
    key.starts_with("sign")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_for_every_page_or_for_signing_in() {
        let ko = Strings::load(Language::Ko).unwrap();
        let (here, there) = (ko.for_signing_in(), ko.for_every_page());
        assert!(here.0.contains_key("signInState") && there.0.contains_key("run"));
        assert_eq!(here.0.len() + there.0.len(), ko.0.len());
    }

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
