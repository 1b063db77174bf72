//! Recordings nobody shows any more: their block was renamed or removed.
//! Knows the folder of the recordings.

use std::{collections::HashSet, fs, path::Path};

use crate::place::{Place, Problem};

/// The files of `folder` that belong to none of the blocks `ids`; `shown` is the folder as the author knows it.
pub(crate) fn orphans(folder: &Path, shown: &str, ids: &HashSet<&str>) -> Vec<Problem> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let orphan = |name: String| {
        let id = name.strip_suffix(".json")?;
        (!ids.contains(id)).then(|| {
            let place = Place { path: format!("{shown}/{name}"), line: 1, column: 1 };
            Problem::new(
                place,
                format!("블록 `{id}`이(가) 책에 없다. 기록을 지우거나 블록의 이름을 되돌린다."),
            )
        })
    };
    names.filter_map(orphan).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_without_a_block_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["here.json", "gone.json", "notes.txt"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let found = orphans(folder.path(), "src/recordings", &HashSet::from(["here"]));
        assert_eq!(found.len(), 1);
        assert!(found[0].to_string().starts_with("src/recordings/gone.json:1:1: 블록 `gone`"));
        assert!(orphans(&folder.path().join("none"), "x", &HashSet::new()).is_empty());
    }
}
