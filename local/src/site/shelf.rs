//! One finished build of the book, held in memory: what is served is exactly one build, never half of the next.
//! Knows files, media types and the policy of the pages; nothing of HTTP requests.
//!
//! A path of a request is only ever looked up among the names of the build, so no request can reach another file.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::compression;
use super::policy::InlineScripts;

/// More than any book of ours; a wrong folder given by mistake ends in a message, not in a full memory.
const MAX_BYTES: u64 = 256 * 1024 * 1024;
const MAX_FILES: usize = 20_000;

/// A built book.
#[derive(Debug)]
pub struct Shelf {
    files: BTreeMap<String, File>,
    /// Names the content of the whole build: equal content, equal version. 16 hexadecimal digits.
    pub version: String,
    /// The inline scripts of all pages.
    pub scripts: InlineScripts,
}

/// One file as it is served.
#[derive(Debug, Clone)]
pub struct File {
    /// The content; a page's content has the reload script in it.
    pub body: Bytes,
    /// The media type, with `charset=utf-8` for text.
    pub media_type: String,
    gzip: Arc<OnceLock<Bytes>>,
}

impl File {
    /// A file that is not part of a build.
    pub fn new(body: Bytes, media_type: &str) -> File {
        File { body, media_type: media_type.to_owned(), gzip: Arc::default() }
    }

    /// The content as gzip, made when it is first asked for; `None` when CloudFront would send it as it is.
    pub fn gzip(&self) -> Option<&Bytes> {
        compression::applies(&self.media_type, self.body.len())
            .then(|| self.gzip.get_or_init(|| compression::gzip(&self.body)))
    }
}

impl Shelf {
    /// Reads the build in `folder`.
    ///
    /// # Errors
    /// A file cannot be read, a name is not UTF-8, or the folder is larger than a book can be.
    pub fn read(folder: &Path) -> Result<Shelf> {
        let mut files = BTreeMap::new();
        let mut total = 0;
        for entry in WalkDir::new(folder) {
            let entry = entry.context("지은 책을 읽지 못했다")?;
            // Neither folders nor links: mdBook writes plain files, and a link could point anywhere.
            if !entry.file_type().is_file() {
                continue;
            }
            let path = entry.path();
            total += entry.metadata().map_or(0, |metadata| metadata.len());
            if total > MAX_BYTES || files.len() >= MAX_FILES {
                bail!(
                    "책이 너무 크다: {} (파일 {MAX_FILES}개, {} MB까지)",
                    folder.display(),
                    MAX_BYTES >> 20
                );
            }
            let content = std::fs::read(path).with_context(|| format!("읽지 못했다: {}", path.display()))?;
            files.insert(url_path(folder, path)?, content);
        }
        Ok(Shelf::new(files))
    }

    fn new(contents: BTreeMap<String, Vec<u8>>) -> Shelf {
        let mut whole = Sha256::new();
        for (name, content) in &contents {
            whole.update((name.len() as u64).to_be_bytes());
            whole.update(name);
            whole.update((content.len() as u64).to_be_bytes());
            whole.update(content);
        }
        let version: String = whole.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect();

        let mut scripts = InlineScripts::default();
        let files = contents
            .into_iter()
            .map(|(name, content)| {
                let media_type = media_type(&name);
                let body = if media_type.starts_with("text/html") {
                    let html = String::from_utf8_lossy(&content);
                    scripts.add_page(&html);
                    Bytes::from(with_reload_script(&html, &version))
                } else {
                    Bytes::from(content)
                };
                (name, File::new(body, &media_type))
            })
            .collect();
        Shelf { files, version, scripts }
    }

    /// The file of that name, e.g. `guide/index.html`.
    pub fn file(&self, name: &str) -> Option<&File> {
        self.files.get(name)
    }
}

/// The page with the script that reloads it, before its end. Only what is served has it; the build on disk has not.
pub fn with_reload_script(html: &str, version: &str) -> String {
    let tag = format!("<script src=\"/_local/live.js\" data-version=\"{version}\" defer></script>\n");
    match html.rfind("</body>") {
        Some(at) => format!("{}{tag}{}", &html[..at], &html[at..]),
        None => html.to_owned(),
    }
}

fn url_path(folder: &Path, path: &Path) -> Result<String> {
    let relative = path.strip_prefix(folder)?;
    let parts: Option<Vec<&str>> = relative.components().map(|part| part.as_os_str().to_str()).collect();
    Ok(parts.with_context(|| format!("파일 이름이 UTF-8이 아니다: {}", path.display()))?.join("/"))
}

fn media_type(name: &str) -> String {
    let guess = mime_guess::from_path(name).first_or_octet_stream();
    let is_text = guess.type_() == "text"
        || matches!(guess.subtype().as_str(), "javascript" | "json" | "xml")
        || guess.suffix().is_some_and(|suffix| suffix == "xml" || suffix == "json");
    if is_text { format!("{}; charset=utf-8", guess.essence_str()) } else { guess.essence_str().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf(files: &[(&str, &str)]) -> Shelf {
        Shelf::new(files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect())
    }

    #[test]
    fn media_types_name_their_character_set() {
        for (name, expected) in [
            ("index.html", "text/html; charset=utf-8"),
            ("book-1a2b.js", "text/javascript; charset=utf-8"),
            ("css/general.css", "text/css; charset=utf-8"),
            ("favicon.svg", "image/svg+xml; charset=utf-8"),
            ("data.json", "application/json; charset=utf-8"),
            ("f.woff2", "font/woff2"),
            ("a.png", "image/png"),
            ("LICENSE", "application/octet-stream"),
        ] {
            assert_eq!(media_type(name), expected);
        }
    }

    #[test]
    fn only_pages_get_the_script() {
        let shelf =
            shelf(&[("a.html", "<body>가</body></html>"), ("a.js", "'</body>'"), ("part.html", "<p>나</p>")]);
        let text = |name| String::from_utf8(shelf.file(name).unwrap().body.to_vec()).unwrap();
        let script =
            format!("<script src=\"/_local/live.js\" data-version=\"{}\" defer></script>\n", shelf.version);
        assert_eq!(text("a.html"), format!("<body>가{script}</body></html>"));
        assert_eq!(text("a.js"), "'</body>'");
        assert_eq!(text("part.html"), "<p>나</p>");
    }

    #[test]
    fn the_version_follows_the_content_alone() {
        let one = shelf(&[("a", "x"), ("b", "y")]).version;
        assert_eq!(one, shelf(&[("b", "y"), ("a", "x")]).version);
        assert_eq!(one.len(), 16);
        for other in
            [shelf(&[("a", "x")]), shelf(&[("a", "xb"), ("b", "")]), shelf(&[("a", "y"), ("b", "x")])]
        {
            assert_ne!(one, other.version);
        }
    }

    #[test]
    fn links_in_the_build_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        std::fs::write(folder.path().join("a/b.html"), "x").unwrap();
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("leak.txt")).unwrap();
        let shelf = Shelf::read(folder.path()).unwrap();
        assert!(shelf.file("a/b.html").is_some());
        assert!(shelf.file("leak.txt").is_none());
    }
}
