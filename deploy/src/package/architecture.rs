//! The two processors Lambda offers, and what AWS, Rust and ELF call them.
//! Knows names alone.

use object::elf;

/// The processor a function runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Architecture {
    /// Graviton: a fifth cheaper per second (AWS Lambda pricing, 2026).
    Arm64,
    /// Intel and AMD.
    #[value(name = "x86_64")]
    X86_64,
}

impl Architecture {
    /// Both.
    pub const ALL: [Architecture; 2] = [Architecture::Arm64, Architecture::X86_64];

    /// As `Architectures` of the template says it.
    pub fn name(self) -> &'static str {
        match self {
            Architecture::Arm64 => "arm64",
            Architecture::X86_64 => "x86_64",
        }
    }

    /// As `Architectures` of the template says it, read back.
    pub fn from_name(name: &str) -> Option<Architecture> {
        Architecture::ALL.into_iter().find(|architecture| architecture.name() == name)
    }

    /// The Rust target whose binaries Amazon Linux 2023 runs.
    pub fn target(self) -> &'static str {
        match self {
            Architecture::Arm64 => "aarch64-unknown-linux-gnu",
            Architecture::X86_64 => "x86_64-unknown-linux-gnu",
        }
    }

    /// What this program itself runs on; `None` where a plain build would not make Linux binaries with glibc.
    pub fn of_this_machine() -> Option<Architecture> {
        let is_linux = cfg!(all(target_os = "linux", target_env = "gnu"));
        match std::env::consts::ARCH {
            "aarch64" if is_linux => Some(Architecture::Arm64),
            "x86_64" if is_linux => Some(Architecture::X86_64),
            _ => None,
        }
    }

    /// `e_machine` of its binaries.
    pub(super) fn machine(self) -> u16 {
        match self {
            Architecture::Arm64 => elf::EM_AARCH64,
            Architecture::X86_64 => elf::EM_X86_64,
        }
    }

    /// The loader of glibc.
    pub(super) fn loader(self) -> &'static str {
        match self {
            Architecture::Arm64 => "ld-linux-aarch64.so.1",
            Architecture::X86_64 => "ld-linux-x86-64.so.2",
        }
    }
}
