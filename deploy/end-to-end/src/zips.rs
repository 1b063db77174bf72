//! The functions for this machine's processor, beside the ones that wait for a deployment.
//! Knows `deploy package` and where it puts its zips.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::python::finish;
use crate::stack::architecture;

/// Packages the functions and gives the folder of their zips. What `target/lambda` held before, for AWS's processors, is put
/// back: the next `sam deploy` takes what its maintainer packaged.
///
/// # Errors
/// A function does not compile, or a file cannot be moved.
pub fn package(programs: &Path, root: &Path, folder: &Path) -> Result<(PathBuf, String)> {
    let (place, before, here) =
        (root.join(template::PACKAGES), folder.join("lambda-before"), folder.join("lambda"));
    fs::create_dir_all(&place)?;
    move_zips(&place, &before)?;
    let mut deploy = Command::new(programs.join("deploy"));
    let packaged = finish(deploy.current_dir(root).args(["package", "--architecture", architecture()]));
    if packaged.is_ok() {
        move_zips(&place, &here)?;
    }
    move_zips(&before, &place)?;
    Ok((here, packaged?))
}

fn move_zips(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "zip") {
            fs::rename(&path, to.join(path.file_name().context("file name")?))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_zips_move() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir(&from).unwrap();
        fs::write(from.join("a.zip"), "new").unwrap();
        fs::write(from.join("a"), "binary").unwrap();
        fs::create_dir(&to).unwrap();
        fs::write(to.join("a.zip"), "old").unwrap();
        move_zips(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(to.join("a.zip")).unwrap(), "new");
        assert!(!from.join("a.zip").exists() && from.join("a").exists());
    }
}
