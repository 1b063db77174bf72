//! The command line of `deploy publish`, and the prefix a preview lives under.
//! Knows clap only; a prefix that exists is a valid one.

use std::path::PathBuf;
use std::str::FromStr;

/// Arguments of `deploy publish`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// CloudFormation 스택: 버킷, 배포, 로그인 설정, 스크립트 해시를 출력에서 읽는다 (reads everything from the stack's outputs)
    #[arg(long, value_name = "이름", required_unless_present = "bucket", conflicts_with = "bucket")]
    pub stack: Option<String>,
    /// 스택 없이 버킷에 바로 올린다 (a bucket instead of a stack)
    #[arg(long, value_name = "이름")]
    pub bucket: Option<String>,
    /// --bucket과 함께: 바뀐 주소를 무효화할 CloudFront 배포 (the distribution to invalidate)
    #[arg(long, value_name = "ID", requires = "bucket")]
    pub distribution: Option<String>,
    /// 지은 책이 있는 폴더 (the built book, below the project's folder)
    #[arg(long, default_value = "book/book", value_name = "폴더")]
    pub book: PathBuf,
    /// 미리 보기: 책을 이 경로 아래에만 올린다, 예: pr-12/ (a preview below this path)
    #[arg(long, default_value = "", hide_default_value = true, value_name = "경로/")]
    pub prefix: Prefix,
    /// --prefix의 미리 보기를 지운다 (removes the preview)
    #[arg(long)]
    pub remove: bool,
    /// 무엇을 왜 할지만 보이고 아무것도 쓰지 않는다 (prints the plan, writes nothing)
    #[arg(long)]
    pub dry_run: bool,
    /// 파일이 절반 아래로 줄었어도 올린다 (publishes even when more than half of the files are gone)
    #[arg(long)]
    pub force: bool,
}

/// What every key of a publish begins with: nothing, or `pr-12/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix(String);

/// Long enough for any preview, far below S3's 1,024 bytes for a whole key.
const MAX_PREFIX: usize = 100;

impl Prefix {
    /// The key of a file of the book.
    pub fn key(&self, name: &str) -> String {
        format!("{}{name}", self.0)
    }

    /// Whether this is the book itself and no preview.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// As it stands in front of a key, `pr-12/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The prefixes this one lies under: of `a/b/` these are the root and `a/`.
    pub fn parents(&self) -> Vec<Prefix> {
        let ends = self.0.match_indices('/').map(|(at, _)| at + 1);
        let inner = ends.filter(|end| *end < self.0.len()).map(|end| Prefix(self.0[..end].to_owned()));
        let root = (!self.is_root()).then(|| Prefix(String::new()));
        root.into_iter().chain(inner).collect()
    }

    /// A folder of a book published under this prefix, as a prefix of its own.
    pub fn below(&self, folder: &str) -> Prefix {
        Prefix(format!("{}{folder}/", self.0))
    }
}

impl FromStr for Prefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Prefix, String> {
        if text.is_empty() {
            return Ok(Prefix(String::new()));
        }
        let path = text.strip_suffix('/').unwrap_or(text);
        let is_plain = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        };
        if path.len() > MAX_PREFIX || !path.split('/').all(is_plain) {
            return Err(format!(
                "영문자, 숫자, -, _, .로 된 폴더 이름이어야 한다 ({MAX_PREFIX}자까지). 예: pr-12/"
            ));
        }
        if path.split('/').next() == Some("api") {
            return Err("/api/ 아래는 책이 아니라 API의 주소다. 예: pr-12/".to_owned());
        }
        Ok(Prefix(format!("{path}/")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_plain_path() {
        for (text, expected) in
            [("", ""), ("pr-12/", "pr-12/"), ("pr-12", "pr-12/"), ("a/b.c_d/", "a/b.c_d/")]
        {
            assert_eq!(text.parse::<Prefix>().unwrap().as_str(), expected, "{text}");
        }
        for text in
            ["/", "/a/", "a//b/", "../", "a/../b/", ".publish/", "a b/", "한글/", "api/", "api/x", "a*"]
        {
            assert!(text.parse::<Prefix>().is_err(), "{text}");
        }
        assert!("x".repeat(101).parse::<Prefix>().is_err());
    }

    #[test]
    fn parents_go_from_the_root_inwards() {
        let parents = |text: &str| {
            let prefix: Prefix = text.parse().unwrap();
            prefix.parents().iter().map(|parent| parent.as_str().to_owned()).collect::<Vec<_>>()
        };
        assert!(parents("").is_empty());
        assert_eq!(parents("a/"), [""]);
        assert_eq!(parents("a/b/c/"), ["", "a/", "a/b/"]);
    }
}
