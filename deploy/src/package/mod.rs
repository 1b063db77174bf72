//! `deploy package`: the functions as zips, where `CodeUri` points.
//! Knows the template's packages and the rooms below (cargo, ELF, zip); nothing of AWS's APIs.

pub mod architecture;
mod archive;
mod binary;
mod build;
mod report;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use template::Packaging;

use architecture::Architecture;
use binary::{Glibc, Limits};
use build::{Builder, Machine};
use report::Function;

/// Arguments of `deploy package`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// 프로세서. 적지 않으면 매개변수 묶음이 배포하는 것 (the processor; by default the parameter set's)
    #[arg(long, value_name = "이름")]
    pub architecture: Option<Architecture>,
    /// samconfig.toml의 매개변수 묶음 (a parameter set of samconfig.toml)
    #[arg(long, default_value = "public", value_name = "이름")]
    pub config_env: String,
}

/// Packages every function of the template below `root` and gives the report to print. Progress goes to stderr.
///
/// Zips are written only when all functions have been compiled and can run: what lies there fits together.
///
/// # Errors
/// A function does not compile, or its binary cannot run on Amazon Linux 2023.
pub fn run(root: &Path, arguments: &Arguments) -> Result<String> {
    let packaging = template::packaging(root, &arguments.config_env)?;
    let Some(expected) = Architecture::from_name(&packaging.architecture) else {
        bail!("template.yaml의 Architectures는 arm64나 x86_64인데 `{}`이다", packaging.architecture);
    };
    let architecture = arguments.architecture.unwrap_or(expected);
    let linker = Machine::this().linker(architecture)?;
    build::require_target(architecture)?;
    let builder = Builder { root, architecture, linker, glibc: Glibc::AMAZON_LINUX_2023 };
    let compiled = compile(&builder, &packaging.packages)?;
    let mut functions = Vec::new();
    for (package, bootstrap, binary) in compiled {
        let bytes = archive::pack(&bootstrap)?;
        let zip = Packaging::zip(&package);
        let stored = archive::store(&root.join(&zip), &bytes)?;
        functions.push(Function {
            zip,
            stored,
            binary,
            zip_size: bytes.len() as u64,
            sha256: sha256(&bytes),
        });
    }
    Ok(report::report(&functions, architecture, linker, &arguments.config_env, expected))
}

type Compiled = (String, Vec<u8>, binary::Binary);

/// Compiles and checks all functions; says about all of them at once what keeps them from running.
fn compile(builder: &Builder<'_>, packages: &[String]) -> Result<Vec<Compiled>> {
    let mut compiled = Vec::new();
    let mut problems = String::new();
    for (index, package) in packages.iter().enumerate() {
        // A terminal that is gone keeps nobody from compiling.
        let _ = writeln!(
            std::io::stderr(),
            "[{}/{}] {package} ({})",
            index + 1,
            packages.len(),
            builder.architecture.name()
        );
        let executable = builder.build(package)?;
        let bootstrap =
            std::fs::read(&executable).with_context(|| format!("{}를 읽지 못했다", executable.display()))?;
        match binary::inspect(&bootstrap, builder.architecture, Limits::LAMBDA) {
            Ok(binary) => compiled.push((package.clone(), bootstrap, binary)),
            Err(error) => {
                for problem in format!("{error:#}").lines() {
                    let _ = write!(problems, "\n  {package}: {problem}");
                }
            }
        }
    }
    if !problems.is_empty() {
        bail!("Lambda에서 시작하지 못할 실행 파일이라 zip을 쓰지 않았다.{problems}");
    }
    Ok(compiled)
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zip_of_the_template_has_a_package_of_this_workspace_behind_it() {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        for set in ["local", "lab", "public"] {
            let packaging = template::packaging(root, set).unwrap();
            assert!(Architecture::from_name(&packaging.architecture).is_some(), "{}", packaging.architecture);
            for package in &packaging.packages {
                let manifest = root.join("demos").join(package).join("Cargo.toml");
                let manifest: toml::Table =
                    toml::from_str(&std::fs::read_to_string(manifest).unwrap()).unwrap();
                assert_eq!(manifest["package"]["name"].as_str(), Some(package.as_str()));
            }
        }
    }

    #[test]
    fn digits_of_the_sum() {
        // FIPS 180-4's example, "abc".
        let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(b"abc"), sum);
    }
}
