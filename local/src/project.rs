//! Where the project's parts lie on disk.
//! Knows folder names only; every other room is given the paths it needs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The checked-out project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// The project at `given`; without it the one around the current folder; and if there is none, the one this
    /// program was compiled in.
    ///
    /// # Errors
    /// No project is found; the message says where it was looked for.
    pub fn find(given: Option<&Path>) -> Result<Project> {
        let here = std::env::current_dir().context("지금 폴더를 알 수 없다")?;
        let compiled_in = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
        Project::find_from(given, &here, compiled_in)
    }

    fn find_from(given: Option<&Path>, here: &Path, compiled_in: Option<&Path>) -> Result<Project> {
        if let Some(given) = given {
            let root =
                given.canonicalize().with_context(|| format!("--root: {} 폴더가 없다", given.display()))?;
            if !is_project(&root) {
                bail!("--root: {}에 Cargo.toml과 template.yaml이 없다", root.display());
            }
            return Ok(Project { root });
        }
        let around = here.ancestors().find(|folder| is_project(folder));
        let root = around.or(compiled_in.filter(|folder| is_project(folder)));
        let Some(root) = root else {
            bail!(
                "프로젝트를 찾지 못했다: {}와 그 위 폴더에 Cargo.toml과 template.yaml이 없다. \
                 프로젝트 폴더 안에서 실행하거나 --root로 알려 준다.",
                here.display()
            );
        };
        Ok(Project { root: root.to_owned() })
    }

    /// The top folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of `book.toml`.
    pub fn book(&self) -> PathBuf {
        self.root.join("book")
    }

    /// The description of the system.
    pub fn template(&self) -> PathBuf {
        self.root.join("template.yaml")
    }

    /// The parameter sets of the template.
    pub fn samconfig(&self) -> PathBuf {
        self.root.join("samconfig.toml")
    }

    /// The folder of the functions' crates.
    pub fn functions(&self) -> PathBuf {
        self.root.join("demos")
    }

    /// Where the server keeps what it makes: builds, binaries, data.
    pub fn state(&self) -> PathBuf {
        self.root.join("target/local")
    }
}

fn is_project(folder: &Path) -> bool {
    folder.join("Cargo.toml").is_file() && folder.join("template.yaml").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_from_inside_by_name_or_where_it_was_compiled() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("project");
        let inside = root.join("demos/users/src");
        std::fs::create_dir_all(&inside).unwrap();
        let outside = folder.path();
        let missing = Project::find_from(None, &inside, None).unwrap_err().to_string();
        assert!(missing.contains("--root") && missing.contains("demos/users/src"), "{missing}");
        for name in ["Cargo.toml", "template.yaml"] {
            std::fs::write(root.join(name), "").unwrap();
        }
        let expected = Project { root: root.clone() };
        assert_eq!(Project::find_from(None, &inside, None).unwrap(), expected);
        assert_eq!(Project::find_from(None, outside, Some(&root)).unwrap(), expected);
        assert_eq!(Project::find_from(Some(&root), outside, None).unwrap(), expected);
        assert!(Project::find_from(Some(&inside), &root, None).is_err());
        assert!(Project::find_from(Some(&root.join("nowhere")), &root, None).is_err());
    }
}
