//! What a person reads after packaging.
//! Knows the facts of each function and formats them.

use std::fmt::Write as _;

use super::architecture::Architecture;
use super::archive::Stored;
use super::binary::{Binary, Glibc};
use super::build::Linker;

/// A packaged function.
#[derive(Debug)]
pub struct Function {
    /// Where its zip is, below the project's folder.
    pub zip: String,
    /// Whether that file changed.
    pub stored: Stored,
    /// Its binary.
    pub binary: Binary,
    /// The zip's size in bytes.
    pub zip_size: u64,
    /// SHA-256 of the zip in hexadecimal digits.
    pub sha256: String,
}

/// The report on `functions`. `expected` is the architecture that the parameter set `set` deploys.
pub fn report(
    functions: &[Function],
    architecture: Architecture,
    linker: Linker,
    set: &str,
    expected: Architecture,
) -> String {
    let by = match linker {
        Linker::Zig => "cargo zigbuild",
        Linker::Own => "이 컴퓨터의 링커",
    };
    let mut text = format!("함수 {}개를 {}로 묶었다 ({by}).\n", functions.len(), architecture.name());
    for function in functions {
        let state = match function.stored {
            Stored::Written => "새로 썼다",
            Stored::Unchanged => "그대로다",
        };
        let glibc = match function.binary.glibc {
            Some(glibc) => format!("glibc {glibc} (한도 {})", Glibc::AMAZON_LINUX_2023),
            None => "glibc 없음 (정적 링크)".to_owned(),
        };
        let (binary, zip) = (megabytes(function.binary.size), megabytes(function.zip_size));
        let Function { zip: path, sha256, .. } = function;
        // Writing into a String does not fail.
        let _ = write!(
            text,
            "\n{path}: {state}\n  실행 파일 {binary} MB, zip {zip} MB, {}, {glibc}\n  sha256 {sha256}\n",
            architecture.name()
        );
    }
    if architecture != expected {
        let (packaged, expected) = (architecture.name(), expected.name());
        let _ = write!(
            text,
            "\n주의: samconfig.toml의 `{set}` 묶음은 {expected}를 배포한다. 이 zip은 {packaged}라서 그대로 배포하면 \
             Lambda에서 시작하지 못한다. 그 묶음의 parameter_overrides에 \"Architecture={packaged}\"를 넣고 배포한다.\n"
        );
    }
    let _ = write!(text, "\n다음: sam deploy --config-env {set} (처음이면 --guided도)");
    text
}

/// Decimal megabytes, as Lambda's own limits count them roughly and file managers do.
fn megabytes(bytes: u64) -> String {
    let hundredths = (bytes + 5_000) / 10_000;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn functions() -> Vec<Function> {
        let function = |name: &str, stored, glibc| Function {
            zip: format!("target/lambda/{name}.zip"),
            stored,
            binary: Binary { size: 2_035_000, glibc },
            zip_size: 994_999,
            sha256: "0123abcd".to_owned(),
        };
        vec![
            function("users", Stored::Written, Some(Glibc { major: 2, minor: 30 })),
            function("cold-start", Stored::Unchanged, None),
        ]
    }

    #[test]
    fn every_function_with_its_facts() {
        use Architecture::Arm64;
        let text = report(&functions(), Arm64, Linker::Zig, "public", Arm64);
        assert_eq!(
            text,
            "함수 2개를 arm64로 묶었다 (cargo zigbuild).\n\
             \n\
             target/lambda/users.zip: 새로 썼다\n\
             \x20 실행 파일 2.04 MB, zip 0.99 MB, arm64, glibc 2.30 (한도 2.34)\n\
             \x20 sha256 0123abcd\n\
             \n\
             target/lambda/cold-start.zip: 그대로다\n\
             \x20 실행 파일 2.04 MB, zip 0.99 MB, arm64, glibc 없음 (정적 링크)\n\
             \x20 sha256 0123abcd\n\
             \n\
             다음: sam deploy --config-env public (처음이면 --guided도)"
        );
    }

    #[test]
    fn another_architecture_than_the_set_s_is_pointed_out() {
        use Architecture::{Arm64, X86_64};
        let text = report(&functions(), X86_64, Linker::Own, "lab", Arm64);
        assert!(text.contains("`lab` 묶음은 arm64를 배포한다"), "{text}");
        assert!(text.contains("\"Architecture=x86_64\""), "{text}");
    }
}
