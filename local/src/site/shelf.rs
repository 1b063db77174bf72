//! One finished build of the book, held in memory: what is served is exactly one build, never half of the next.
//! Knows files, media types and the policy of the pages; nothing of HTTP requests.
//!
//! A path of a request is only ever looked up among the names of the build, so no request can reach another file.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use anyhow::Result;
use book_files::{Files, InlineScripts, REVALIDATE, cache_control, media_type};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::compression;

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
    pub media_type: &'static str,
    /// How long a browser may keep it.
    pub cache_control: &'static str,
    gzip: Arc<OnceLock<Bytes>>,
}

impl File {
    /// A file that is not part of a build, asked about before every use.
    pub fn new(body: Bytes, media_type: &'static str) -> File {
        File { body, media_type, cache_control: REVALIDATE, gzip: Arc::default() }
    }

    /// Whether CloudFront would compress it for a client that reads that.
    pub fn is_compressible(&self) -> bool {
        compression::applies(self.media_type, self.body.len())
    }

    /// The content as gzip, made when it is first asked for; `None` when CloudFront would send it as it is.
    pub async fn gzip(&self) -> Option<Bytes> {
        if !self.is_compressible() {
            return None;
        }
        if let Some(made) = self.gzip.get() {
            return Some(made.clone());
        }
        // The search index took 0.6 s in a debug build, which no other request should wait for.
        let File { body, gzip, .. } = self.clone();
        let make = move || gzip.get_or_init(|| compression::gzip(&body)).clone();
        tokio::task::spawn_blocking(make).await.ok()
    }
}

impl Shelf {
    /// Reads the build in `folder`.
    ///
    /// # Errors
    /// See [`book_files::read`].
    pub fn read(folder: &Path) -> Result<Shelf> {
        Ok(Shelf::new(book_files::read(folder)?))
    }

    fn new(contents: Files) -> Shelf {
        let mut whole = Sha256::new();
        for (name, content) in &contents {
            whole.update((name.len() as u64).to_be_bytes());
            whole.update(name);
            whole.update((content.len() as u64).to_be_bytes());
            whole.update(content);
        }
        let version: String = whole.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect();

        let scripts = InlineScripts::of(&contents);
        let files = contents
            .into_iter()
            .map(|(name, content)| {
                let media_type = media_type(&name).unwrap_or("application/octet-stream");
                let body = if media_type.starts_with("text/html") {
                    Bytes::from(with_reload_script(&String::from_utf8_lossy(&content), &version))
                } else {
                    Bytes::from(content)
                };
                let cache_control = cache_control(&name);
                (name, File { cache_control, ..File::new(body, media_type) })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf(files: &[(&str, &str)]) -> Shelf {
        Shelf::new(files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect())
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
}
