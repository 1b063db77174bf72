//! The book's own list of spellings and sentence endings, a TOML file that the author keeps.
//! Knows files and [`crate::place`].

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;

use crate::place::{Place, Problem};

/// What the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Terms {
    /// Wrong spelling to right spelling.
    pub(crate) spellings: BTreeMap<String, String>,
    /// How sentences must not end.
    pub(crate) endings: Endings,
}

/// Endings of the last word of a sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Endings {
    /// Refused endings. A lone Korean consonant in front stands for the final consonant of any syllable: `ㅂ니다`
    /// means 합니다, 입니다, 됩니다 but not 아니다.
    pub(crate) refused: Vec<String>,
    /// Words that end like a refused ending and are none.
    pub(crate) allowed: Vec<String>,
    /// What to do instead.
    pub(crate) advice: String,
}

/// Reads the file `name` below the book's root.
///
/// # Errors
/// A file that is not there or is no such list, with the place.
pub(crate) fn load(root: &Path, name: &str) -> Result<Terms, Problem> {
    let at_start = |message| Problem::new(Place { path: name.to_owned(), line: 1, column: 1 }, message);
    let text = fs::read_to_string(root.join(name)).map_err(|error| {
        at_start(format!("표기 목록을 읽을 수 없다({error}). [preprocessor.live.checks]의 terms를 확인한다."))
    })?;
    let terms: Terms = toml::from_str(&text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let message = format!(
            "표기 목록의 형식이 틀렸다: {}. [spellings]에 \"틀린 표기\" = \"바른 표기\", [endings]에 refused, allowed, advice를 쓴다.",
            error.message()
        );
        Problem::new(Place::of_offset(name, &text, at), message)
    })?;
    match terms.spellings.iter().find(|(wrong, right)| wrong.is_empty() || right.contains(wrong.as_str())) {
        Some((wrong, _)) => {
            let at = text.find(&format!("\"{wrong}\"")).unwrap_or(0);
            let message = format!("`{wrong}`이(가) 비었거나 바른 표기 안에도 들어 있어 고칠 수 없다.");
            Err(Problem::new(Place::of_offset(name, &text, at), message))
        }
        None => Ok(terms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Terms, String> {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("terms.toml"), text).unwrap();
        load(root.path(), "terms.toml").map_err(|problem| problem.to_string())
    }

    #[test]
    fn reads_both_tables() {
        let terms =
            read("[spellings]\n\"메세지\" = \"메시지\"\n[endings]\nrefused = [\"ㅂ니다\"]\n").unwrap();
        assert_eq!(terms.spellings["메세지"], "메시지");
        assert_eq!(terms.endings.refused, ["ㅂ니다"]);
    }

    #[test]
    fn mistakes_have_a_place() {
        assert!(read("\n[spelling]\n").unwrap_err().starts_with("terms.toml:2:"));
        assert!(read("[spellings]\n\"가\" = \"가나\"\n").unwrap_err().starts_with("terms.toml:2:1:"));
        let root = tempfile::tempdir().unwrap();
        assert!(load(root.path(), "lost.toml").unwrap_err().to_string().starts_with("lost.toml:1:1:"));
    }
}
