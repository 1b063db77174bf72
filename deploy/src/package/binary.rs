//! Reads a binary the way Lambda's loader will: would `provided.al2023` start it?
//! Knows ELF and what Amazon Linux 2023 has; nothing of how the binary was made.

use std::fmt;

use anyhow::{Context, Result, anyhow, bail};
use object::Endianness;
use object::elf::{self, FileHeader64};
use object::read::elf::{FileHeader, ProgramHeader, SectionTable};

use super::architecture::Architecture;

type Header = FileHeader64<Endianness>;

/// Libraries that stand beside glibc's loader in the image of `provided.al2023` and that Rust links to.
const LIBRARIES: &[&str] =
    &["libc.so.6", "libdl.so.2", "libgcc_s.so.1", "libm.so.6", "libpthread.so.0", "librt.so.1"];

/// A version of glibc.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Glibc {
    /// 2.
    pub major: u32,
    /// What changes twice a year.
    pub minor: u32,
}

impl Glibc {
    /// What Amazon Linux 2023 has (AL2023 User Guide, "Core toolchain packages glibc, gcc, binutils").
    pub const AMAZON_LINUX_2023: Glibc = Glibc { major: 2, minor: 34 };

    /// From the name of a symbol version, e.g. `GLIBC_2.34`; `None` for one no number is known of.
    fn from_symbol_version(name: &str) -> Option<Glibc> {
        // Relative relocations packed: understood since 2.36 (glibc's NEWS).
        if name == "GLIBC_ABI_DT_RELR" {
            return Some(Glibc { major: 2, minor: 36 });
        }
        let mut numbers = name.strip_prefix("GLIBC_")?.split('.').map(str::parse);
        Some(Glibc { major: numbers.next()?.ok()?, minor: numbers.next()?.ok()? })
    }
}

impl fmt::Display for Glibc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What a binary may ask of the machine it runs on.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The newest glibc.
    pub glibc: Glibc,
    /// The largest binary in bytes.
    pub size: u64,
}

impl Limits {
    /// Lambda's own bound is 250 MB unpacked; ours keeps a cold start from growing unnoticed, for every MB is loaded then.
    pub const LAMBDA: Limits = Limits { glibc: Glibc::AMAZON_LINUX_2023, size: 10_000_000 };
}

/// What was found in a binary that can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binary {
    /// Its size in bytes.
    pub size: u64,
    /// The newest glibc it asks for; `None` when it is linked statically.
    pub glibc: Option<Glibc>,
}

/// Checks that `data` is a binary that Lambda can start on `architecture`.
///
/// # Errors
/// It is not; everything that stands in the way, one line each.
pub fn inspect(data: &[u8], architecture: Architecture, limits: Limits) -> Result<Binary> {
    let header = Header::parse(data).map_err(|_| anyhow!("64비트 ELF 실행 파일이 아니다"))?;
    let endian = header.endian().map_err(|_| anyhow!("ELF 머리의 바이트 순서를 읽을 수 없다"))?;
    let machine = header.e_machine(endian);
    if machine != architecture.machine() || endian != Endianness::Little {
        bail!("{}의 실행 파일이 아니라 {}의 것이다", architecture.name(), machine_name(machine));
    }
    let parts = Parts::read(header, endian, data).context("ELF 파일이 깨졌다")?;
    let mut problems = Vec::new();
    if !parts.is_executable {
        problems.push("실행 파일이 아니라 라이브러리나 목적 파일이다".to_owned());
    }
    let is_there = |library: &str| LIBRARIES.contains(&library) || library == architecture.loader();
    for library in parts.libraries.iter().filter(|library| !is_there(library)) {
        problems.push(format!("Lambda에 없는 라이브러리 {library}를 찾는다: 정적으로 링크한다"));
    }
    // One line for a version, not for each of its symbols.
    let newest = parts
        .needs
        .iter()
        .max_by_key(|need| need.glibc.map_or((true, Glibc::AMAZON_LINUX_2023), |v| (false, v)));
    if let Some(need) = newest.filter(|need| need.glibc.is_none_or(|glibc| glibc > limits.glibc)) {
        problems.push(format!(
            "{need}를 찾지만 Amazon Linux 2023의 glibc는 {}이다: `pip install cargo-zigbuild` 뒤에 다시 묶는다",
            limits.glibc
        ));
    }
    if parts.has_loader && parts.needs.is_empty() {
        problems.push("동적 링크된 파일인데 glibc 버전 표가 없어 무엇이 필요한지 알 수 없다".to_owned());
    }
    let size = data.len() as u64;
    if size > limits.size {
        problems.push(format!(
            "{size}바이트로 한도 {}바이트보다 크다: 의존성과 기능(features)을 줄인다",
            limits.size
        ));
    }
    if !problems.is_empty() {
        bail!("{}", problems.join("\n"));
    }
    Ok(Binary { size, glibc: parts.needs.iter().filter_map(|need| need.glibc).max() })
}

/// What decides whether a binary starts.
struct Parts {
    is_executable: bool,
    has_loader: bool,
    libraries: Vec<String>,
    needs: Vec<Need>,
}

/// A version of glibc's symbols that a binary asks for, and the first symbol that wants it.
struct Need {
    version: String,
    glibc: Option<Glibc>,
    symbol: Option<String>,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.symbol {
            Some(symbol) => write!(f, "{symbol}@{}", self.version),
            None => write!(f, "{}", self.version),
        }
    }
}

impl Parts {
    fn read(header: &Header, endian: Endianness, data: &[u8]) -> Result<Parts, object::Error> {
        let segments = header.program_headers(endian, data)?;
        let has_loader = segments.iter().any(|segment| segment.p_type(endian) == elf::PT_INTERP);
        let sections = header.sections(endian, data)?;
        let dynamic = sections.dynamic_table(endian, data)?;
        let mut libraries = Vec::new();
        let mut is_position_independent = false;
        for entry in dynamic.iter() {
            match entry.tag {
                elf::DT_NEEDED => libraries.push(text(dynamic.string(entry)?)),
                elf::DT_FLAGS_1 => is_position_independent = entry.val & u64::from(elf::DF_1_PIE) != 0,
                _ => {}
            }
        }
        let is_executable = match header.e_type(endian) {
            elf::ET_EXEC => true,
            // A library has this type too, but neither a loader nor this flag.
            elf::ET_DYN => has_loader || is_position_independent,
            _ => false,
        };
        let needs = needs(&sections, endian, data)?;
        Ok(Parts { is_executable, has_loader, libraries, needs })
    }
}

fn needs(
    sections: &SectionTable<'_, Header>,
    endian: Endianness,
    data: &[u8],
) -> Result<Vec<Need>, object::Error> {
    let mut needs = Vec::new();
    let Some((mut files, strings)) = sections.gnu_verneed(endian, data)? else { return Ok(needs) };
    let strings = sections.strings(endian, data, strings)?;
    while let Some((_, mut versions)) = files.next()? {
        while let Some(version) = versions.next()? {
            let version = text(version.name(endian, strings)?);
            // Libraries of GCC have versions of their own (GCC_3.0), and AL2023's is newer than any Rust asks for.
            if version.starts_with("GLIBC_") {
                let glibc = Glibc::from_symbol_version(&version);
                needs.push(Need { symbol: symbol(sections, endian, data, &version)?, glibc, version });
            }
        }
    }
    Ok(needs)
}

/// The first symbol that wants `version`.
fn symbol(
    sections: &SectionTable<'_, Header>,
    endian: Endianness,
    data: &[u8],
    version: &str,
) -> Result<Option<String>, object::Error> {
    let symbols = sections.symbols(endian, data, elf::SHT_DYNSYM)?;
    let Some(versions) = sections.versions(endian, data)? else { return Ok(None) };
    for (index, symbol) in symbols.enumerate() {
        let wanted = versions.version(versions.version_index(endian, index))?;
        if wanted.is_some_and(|wanted| wanted.name() == version.as_bytes()) {
            return Ok(Some(text(symbols.symbol_name(endian, symbol)?)));
        }
    }
    Ok(None)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn machine_name(machine: u16) -> String {
    let known = Architecture::ALL.into_iter().find(|architecture| architecture.machine() == machine);
    known.map_or_else(|| format!("다른 프로세서({machine})"), |architecture| architecture.name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// More than any binary of a test asks for.
    const WIDE: Limits = Limits { glibc: Glibc { major: 2, minor: 999 }, size: u64::MAX };

    /// An ELF header and nothing else: a binary that is linked statically.
    fn header(machine: u16, kind: u16) -> Vec<u8> {
        let mut bytes = vec![0; 64];
        // Magic, 64 bits, little endian, version 1.
        bytes[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        bytes[16..18].copy_from_slice(&kind.to_le_bytes());
        bytes[18..20].copy_from_slice(&machine.to_le_bytes());
        bytes[20] = 1;
        // Sizes of this header, of a program header and of a section header.
        for (place, size) in [(52, 64u16), (54, 56), (58, 64)] {
            bytes[place..place + 2].copy_from_slice(&size.to_le_bytes());
        }
        bytes
    }

    /// The same with a loader's name and no sections.
    fn with_loader(machine: u16) -> Vec<u8> {
        let mut bytes = header(machine, elf::ET_DYN);
        bytes[32] = 64;
        bytes[56] = 1;
        bytes.extend(elf::PT_INTERP.to_le_bytes());
        bytes.resize(64 + 56, 0);
        bytes
    }

    fn refusal(data: &[u8], architecture: Architecture, limits: Limits) -> String {
        format!("{:#}", inspect(data, architecture, limits).unwrap_err())
    }

    #[test]
    fn a_static_binary_of_the_right_machine_runs() {
        for architecture in Architecture::ALL {
            let binary = inspect(&header(architecture.machine(), elf::ET_EXEC), architecture, Limits::LAMBDA);
            assert_eq!(binary.unwrap(), Binary { size: 64, glibc: None });
        }
    }

    #[test]
    fn what_cannot_run_is_refused_with_its_reason() {
        use Architecture::{Arm64, X86_64};
        let limits = Limits::LAMBDA;
        for (data, architecture, reason) in [
            (header(elf::EM_X86_64, elf::ET_EXEC), Arm64, "arm64의 실행 파일이 아니라 x86_64의 것"),
            (header(elf::EM_AARCH64, elf::ET_EXEC), X86_64, "x86_64의 실행 파일이 아니라 arm64의 것"),
            (header(elf::EM_RISCV, elf::ET_EXEC), X86_64, "다른 프로세서(243)"),
            (header(elf::EM_AARCH64, elf::ET_REL), Arm64, "목적 파일"),
            (header(elf::EM_AARCH64, elf::ET_DYN), Arm64, "라이브러리"),
            (with_loader(elf::EM_AARCH64), Arm64, "glibc 버전 표가 없어"),
            (b"#!/bin/sh\nexec ./users\n".to_vec(), X86_64, "ELF 실행 파일이 아니다"),
            (Vec::new(), X86_64, "ELF 실행 파일이 아니다"),
        ] {
            let refusal = refusal(&data, architecture, limits);
            assert!(refusal.contains(reason), "{refusal}");
        }
        let refusal = refusal(&header(elf::EM_AARCH64, elf::ET_EXEC), Arm64, Limits { size: 63, ..limits });
        assert!(refusal.contains("64바이트로 한도 63바이트보다 크다"), "{refusal}");
    }

    #[test]
    fn cut_and_changed_files_are_refused_without_a_panic() {
        let whole = with_loader(elf::EM_X86_64);
        for length in 0..whole.len() {
            assert!(inspect(&whole[..length], Architecture::X86_64, WIDE).is_err(), "{length}");
        }
        for place in 20..whole.len() {
            let mut changed = whole.clone();
            changed[place] = !changed[place];
            assert!(inspect(&changed, Architecture::X86_64, WIDE).is_err(), "{place}");
        }
    }

    #[test]
    fn versions() {
        let version = |name| Glibc::from_symbol_version(name).map(|glibc| glibc.to_string());
        assert_eq!(version("GLIBC_2.2.5").as_deref(), Some("2.2"));
        assert_eq!(version("GLIBC_2.34").as_deref(), Some("2.34"));
        assert_eq!(version("GLIBC_ABI_DT_RELR").as_deref(), Some("2.36"));
        assert_eq!(version("GLIBC_PRIVATE"), None);
        assert!(Glibc { major: 2, minor: 9 } < Glibc::AMAZON_LINUX_2023);
    }

    /// The program that runs this test is a real one.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    mod real {
        use super::*;

        fn own() -> (Vec<u8>, Architecture) {
            let data = std::fs::read(std::env::current_exe().unwrap()).unwrap();
            (data, Architecture::of_this_machine().unwrap())
        }

        #[test]
        fn its_glibc_is_found() {
            let (data, architecture) = own();
            let binary = inspect(&data, architecture, WIDE).unwrap();
            assert_eq!(binary.size, data.len() as u64);
            assert!(binary.glibc.unwrap() >= Glibc { major: 2, minor: 17 }, "{binary:?}");
        }

        #[test]
        fn a_glibc_that_is_too_new_is_named_with_a_symbol_of_it() {
            let (data, architecture) = own();
            let newest = inspect(&data, architecture, WIDE).unwrap().glibc.unwrap();
            let old = Glibc { major: 2, minor: 2 };
            let refusal = refusal(&data, architecture, Limits { glibc: old, ..WIDE });
            assert!(refusal.contains(&format!("@GLIBC_{newest}를 찾지만")), "{refusal}");
            assert!(refusal.contains("glibc는 2.2이다") && refusal.contains("cargo-zigbuild"), "{refusal}");
            assert!(!refusal.starts_with('@') && refusal.lines().count() == 1, "{refusal}");
        }

        #[test]
        fn a_library_that_lambda_lacks_is_named() {
            let (mut data, architecture) = own();
            let place = data.windows(10).position(|bytes| bytes == b"libc.so.6\0").unwrap();
            data[place..place + 9].copy_from_slice(b"libq.so.6");
            let refusal = refusal(&data, architecture, WIDE);
            assert!(refusal.contains("Lambda에 없는 라이브러리 libq.so.6"), "{refusal}");
        }
    }
}
