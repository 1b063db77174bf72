//! The Python programs the job needs, in an environment of their own below `target/`: nothing of the machine is changed.
//! Knows venv and pip.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The versions the gaps were looked at with.
const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// An environment with exactly the pinned packages.
pub struct Python {
    folder: PathBuf,
}

impl Python {
    /// Installs what is not there yet; the second run takes no time and needs no network.
    ///
    /// # Errors
    /// There is no such Python, or a package cannot be fetched.
    pub fn install(python: &str, folder: &Path) -> Result<Python> {
        let installed = Python { folder: folder.to_owned() };
        let stamp = folder.join("installed.txt");
        if fs::read_to_string(&stamp).is_ok_and(|text| text == REQUIREMENTS) {
            return Ok(installed);
        }
        fs::create_dir_all(folder)?;
        let requirements = folder.join("requirements.txt");
        fs::write(&requirements, REQUIREMENTS)?;
        finish(Command::new(python).args(["-m", "venv", "--clear"]).arg(folder.join("venv")))?;
        let mut pip = Command::new(installed.program("pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r"]).arg(requirements);
        finish(&mut pip)?;
        fs::write(stamp, REQUIREMENTS)?;
        Ok(installed)
    }

    /// A program of the environment.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join("venv/bin").join(name)
    }
}

/// The pinned version of a package.
pub fn version(package: &str) -> Option<&'static str> {
    REQUIREMENTS.lines().find_map(|line| line.strip_prefix(package)?.strip_prefix("=="))
}

/// Runs a program to its end.
///
/// # Errors
/// It is not there or says it failed: with the end of what it wrote.
pub fn finish(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("{name}: 시작하지 못했다"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let all = format!("{said}{}", String::from_utf8_lossy(&output.stderr));
        let lines: Vec<_> = all.trim().lines().rev().take(15).collect();
        let end: Vec<_> = lines.into_iter().rev().collect();
        bail!("{name} {:?}: {}\n{}", command.get_args().collect::<Vec<_>>(), output.status, end.join("\n"));
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_has_one_version() {
        for line in REQUIREMENTS.lines().filter(|line| !line.starts_with('#')) {
            assert!(
                line.split_once("==").is_some_and(|(name, version)| {
                    !name.is_empty() && version.starts_with(|first: char| first.is_ascii_digit())
                }),
                "{line}"
            );
        }
        assert!(version("ministack").is_some() && version("awscli").is_some() && version("mini").is_none());
    }

    #[test]
    fn what_a_failed_program_wrote_is_told() {
        let error = finish(Command::new("sh").args(["-c", "echo here; echo there >&2; exit 3"])).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("here") && text.contains("there") && text.contains('3'), "{text}");
        assert!(finish(&mut Command::new("there-is-no-such-program")).is_err());
    }
}
