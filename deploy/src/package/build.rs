//! Compiles the functions for Lambda's processors, with zig as linker where it is installed.
//! Knows cargo, cargo-zigbuild and rustc; nothing of what a binary must look like.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;

use super::architecture::Architecture;
use super::binary::Glibc;

/// The profile of the workspace for what is deployed.
const PROFILE: &str = "lambda";

/// Who links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linker {
    /// `cargo zigbuild`: any processor, and no glibc newer than the one asked for.
    Zig,
    /// The linker of this machine, against this machine's glibc.
    Own,
}

/// What of a machine decides how it can compile.
#[derive(Debug, Clone, Copy)]
pub struct Machine {
    /// Its own processor; `None` where it is no Linux with glibc.
    pub architecture: Option<Architecture>,
    /// Whether `cargo zigbuild` is installed.
    pub has_zigbuild: bool,
}

impl Machine {
    /// This machine.
    pub fn this() -> Machine {
        Machine {
            architecture: Architecture::of_this_machine(),
            has_zigbuild: says("cargo-zigbuild", &["--version"]),
        }
    }

    /// The linker for functions that are to run on `architecture`.
    ///
    /// # Errors
    /// This machine has none; the message says what to install.
    pub fn linker(self, architecture: Architecture) -> Result<Linker> {
        if self.has_zigbuild {
            return Ok(Linker::Zig);
        }
        if self.architecture == Some(architecture) {
            return Ok(Linker::Own);
        }
        let (name, target) = (architecture.name(), architecture.target());
        let other = match self.architecture {
            Some(own) => format!("(아니면 `--architecture {}`로 묶는다)", own.name()),
            None => String::new(),
        };
        bail!(
            "이 컴퓨터의 링커로는 {name} 함수를 만들 수 없다. 다음을 설치하고 다시 실행한다{other}.\n    \
             pip install cargo-zigbuild\n    rustup target add {target}"
        )
    }
}

/// The functions of a workspace, for one processor.
#[derive(Debug)]
pub struct Builder<'a> {
    /// The workspace.
    pub root: &'a Path,
    /// What the functions are to run on.
    pub architecture: Architecture,
    /// Who links.
    pub linker: Linker,
    /// The newest glibc the binaries may ask for.
    pub glibc: Glibc,
}

impl Builder<'_> {
    /// Compiles the binary of `package` and returns where it is. Cargo's own progress goes to stderr.
    ///
    /// Each function is compiled by a call of its own: together, each would carry the features of the others.
    ///
    /// # Errors
    /// The target is not installed, cargo does not start, or the function does not compile.
    pub fn build(&self, package: &str) -> Result<PathBuf> {
        let mut cargo = self.command(package)?;
        let mut running = cargo.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().with_context(|| {
            let program = cargo.get_program().to_string_lossy().into_owned();
            format!("{program}를 실행하지 못했다: Rust가 설치되어 있고 PATH에 있는지 확인한다")
        })?;
        let mut executable = None;
        if let Some(messages) = running.stdout.take() {
            for line in BufReader::new(messages).lines() {
                executable = made(&line.context("cargo의 출력을 읽지 못했다")?, package).or(executable);
            }
        }
        if !running.wait().context("cargo를 기다리지 못했다")?.success() {
            bail!("함수 {package}를 컴파일하지 못했다: 위에 cargo가 쓴 까닭을 본다");
        }
        executable.ok_or_else(|| {
            anyhow!("cargo 패키지 {package}에 이름이 같은 실행 파일이 없다: template.yaml의 CodeUri와 맞춘다")
        })
    }

    fn command(&self, package: &str) -> Result<Command> {
        let target = self.architecture.target();
        let (subcommand, target) = match self.linker {
            Linker::Zig => ("zigbuild", format!("{target}.{}", self.glibc)),
            Linker::Own => ("build", target.to_owned()),
        };
        // `cargo run` names itself, so that the same toolchain compiles the functions.
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(self.root).arg(subcommand);
        cargo.args([
            "--locked",
            "--profile",
            PROFILE,
            "--target",
            &target,
            "--package",
            package,
            "--bin",
            package,
        ]);
        cargo.args(["--message-format", "json-render-diagnostics"]);
        cargo.env("CARGO_ENCODED_RUSTFLAGS", self.flags()?);
        // Build scripts that watch what `cargo run` says about itself would compile anew for it.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|start| text.starts_with(start)) {
                cargo.env_remove(&name);
            }
        }
        Ok(cargo)
    }

    /// The compiler's flags, which replace those of this machine: a `target-cpu=native` of the maintainer's must not
    /// reach Lambda, and neither must the maintainer's folders, which would also make every machine's binary another.
    fn flags(&self) -> Result<OsString> {
        let root =
            self.root.canonicalize().with_context(|| format!("{} 폴더가 없다", self.root.display()))?;
        let home = std::env::home_dir().map(|home| home.join(".cargo"));
        let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from).or(home);
        let mut flags = OsString::new();
        for (from, to) in [(Some(root), "/book"), (cargo, "/cargo")] {
            let Some(from) = from else { continue };
            // Cargo separates these flags by the unit separator.
            flags.push(if flags.is_empty() { "--remap-path-prefix=" } else { "\u{1f}--remap-path-prefix=" });
            flags.push(from);
            flags.push("=");
            flags.push(to);
        }
        Ok(flags)
    }
}

/// Makes sure that the standard library for `architecture` is installed, which cargo would say only after a while.
///
/// # Errors
/// It is not, or there is no rustc; the message says what to do.
pub fn require_target(architecture: Architecture) -> Result<()> {
    let target = architecture.target();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--print", "target-libdir", "--target", target]).output();
    let output = output.context("rustc를 실행하지 못했다: Rust가 설치되어 있고 PATH에 있는지 확인한다")?;
    if !Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir() {
        bail!(
            "Rust의 {target} 표준 라이브러리가 없다. 설치하고 다시 실행한다.\n    rustup target add {target}"
        );
    }
    Ok(())
}

/// The executable that a line of cargo's JSON reports (the Cargo book, "External tools").
fn made(line: &str, package: &str) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Message {
        target: Option<Target>,
        executable: Option<PathBuf>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
    }
    let message: Message = serde_json::from_str(line).ok()?;
    message.executable.filter(|_| message.target.is_some_and(|target| target.name == package))
}

fn says(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Architecture::{Arm64, X86_64};

    fn linker(
        architecture: Option<Architecture>,
        has_zigbuild: bool,
        wanted: Architecture,
    ) -> Result<Linker, String> {
        Machine { architecture, has_zigbuild }.linker(wanted).map_err(|error| error.to_string())
    }

    #[test]
    fn zig_links_for_both_and_the_own_linker_for_the_own_processor() {
        assert_eq!(linker(Some(X86_64), true, X86_64), Ok(Linker::Zig));
        assert_eq!(linker(None, true, Arm64), Ok(Linker::Zig));
        assert_eq!(linker(Some(Arm64), false, Arm64), Ok(Linker::Own));
    }

    #[test]
    fn where_neither_can_the_install_lines_are_named() {
        let error = linker(Some(X86_64), false, Arm64).unwrap_err();
        for part in [
            "pip install cargo-zigbuild",
            "rustup target add aarch64-unknown-linux-gnu",
            "--architecture x86_64",
        ] {
            assert!(error.contains(part), "{error}");
        }
        assert!(!linker(None, false, X86_64).unwrap_err().contains("--architecture"));
    }

    #[test]
    fn the_glibc_is_pinned_and_no_folder_of_this_machine_gets_in() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let builder =
            Builder { root, architecture: Arm64, linker: Linker::Zig, glibc: Glibc { major: 2, minor: 34 } };
        let command = builder.command("users").unwrap();
        let arguments: Vec<_> =
            command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect();
        assert_eq!(arguments[0], "zigbuild");
        for wanted in
            [["--target", "aarch64-unknown-linux-gnu.2.34"], ["--profile", "lambda"], ["--bin", "users"]]
        {
            assert!(arguments.windows(2).any(|pair| pair == wanted), "{arguments:?}");
        }
        assert!(arguments.contains(&"--locked".to_owned()));
        let flags = builder.flags().unwrap().into_string().unwrap();
        let root = root.canonicalize().unwrap();
        assert!(flags.contains(&format!("--remap-path-prefix={}=/book", root.display())), "{flags}");
        let own = Builder { linker: Linker::Own, ..builder }.command("users").unwrap();
        let arguments: Vec<_> = own.get_args().collect();
        assert!(arguments[0] == "build" && arguments.contains(&"aarch64-unknown-linux-gnu".as_ref()));
    }

    #[test]
    fn cargo_s_messages() {
        let line = |name: &str, file: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","target":{{"name":"{name}","kind":["bin"]}},"executable":{file}}}"#
            )
        };
        assert_eq!(made(&line("users", r#""/t/users""#), "users"), Some(PathBuf::from("/t/users")));
        assert_eq!(made(&line("users", "null"), "users"), None);
        assert_eq!(made(&line("build-script", r#""/t/b""#), "users"), None);
        assert_eq!(made(r#"{"reason":"build-finished","success":true}"#, "users"), None);
        assert_eq!(made("warning: not JSON", "users"), None);
    }
}
