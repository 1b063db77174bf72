//! Judges what a bucket holds: whether a reader who comes now finds a whole book.
//! Knows files by name and content; nothing of how they came there.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use book_files::{Files, is_fingerprinted};

/// Name → content of what is stored.
pub type Stored<'a> = BTreeMap<&'a str, &'a [u8]>;

/// Looks at a bucket between two editions of a book. Every page of both is there, every object is exactly that of one edition
/// or the other, and every page names only assets that are there.
///
/// # Errors
/// What a reader would stumble over, all of it.
pub fn judge(stored: &Stored<'_>, before: &Files, after: &Files) -> Result<()> {
    let mut wrong = Vec::new();
    for name in before.keys().filter(|name| after.contains_key(*name) && !stored.contains_key(name.as_str()))
    {
        wrong.push(format!("{name}: 두 판에 다 있는데 없다"));
    }
    for (name, content) in stored {
        let is = |edition: &Files| edition.get(*name).is_some_and(|file| file.as_slice() == *content);
        if !is(before) && !is(after) {
            wrong.push(format!("{name}: 옛 판도 새 판도 아니다 ({} 바이트)", content.len()));
        }
        if name.ends_with(".html") {
            let missing =
                assets(name, content).into_iter().filter(|asset| !stored.contains_key(asset.as_str()));
            wrong.extend(missing.map(|asset| format!("{name}: {asset}을 가리키는데 없다")));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// The files of the book a page cannot be read well without: what its `src` and `href` name, but for other pages, and every
/// fingerprinted name in its text, for the search index is named by a script.
fn assets(page: &str, content: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(content);
    let mut found = Vec::new();
    for quoted in text.split('"').skip(1) {
        if is_fingerprinted(quoted) && is_a_name(quoted) {
            found.extend(resolved(page, quoted));
        }
    }
    for attribute in [" src=\"", " href=\""] {
        for rest in text.split(attribute).skip(1) {
            let value = rest.split('"').next().unwrap_or_default();
            let path = value.split(['#', '?']).next().unwrap_or_default();
            let foreign = path.contains(':') || path.starts_with("//");
            if !path.is_empty() && !foreign && !path.ends_with(".html") && !path.ends_with('/') {
                found.extend(resolved(page, path));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn is_a_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte))
}

/// A path of a page as a key of the bucket; `None` for one that leaves the book.
fn resolved(page: &str, path: &str) -> Option<String> {
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    // The root of the site: a page that may stand anywhere (404.html) names its files so.
    let (folder, path) = match path.strip_prefix('/') {
        Some(path) => ("", path.to_owned()),
        None => (page.rsplit_once('/').map_or("", |(folder, _)| folder), path.into_owned()),
    };
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, &str)]) -> Files {
        files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
    }

    fn stored(files: &Files) -> Stored<'_> {
        files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect()
    }

    const OLD: [(&str, &str); 3] = [
        (
            "a/b.html",
            r#"<link href="../c-00000000.css"> <a href="x.html#y"> <img src="https://example.com/z.png">"#,
        ),
        ("c-00000000.css", "old"),
        ("index.html", "old"),
    ];
    const NEW: [(&str, &str); 3] = [
        ("a/b.html", r#"<link href="../c-11111111.css"> <script>"index-22222222.js"</script>"#),
        ("c-11111111.css", "new"),
        ("index.html", "new"),
    ];

    #[test]
    fn what_a_page_needs() {
        let names = |text: &str| assets("a/b.html", text.as_bytes());
        assert_eq!(names(OLD[0].1), ["c-00000000.css"]);
        assert_eq!(names(NEW[0].1), ["a/index-22222222.js", "c-11111111.css"]);
        assert_eq!(
            names(r#"<img src="%ED%95%9C.svg?x=1"> <a href="/d/e.png"> <a href="">"#),
            ["a/한.svg", "d/e.png"]
        );
        assert!(names(r#"<a href="../../x.png"> <a href="mailto:a@b"> <a href="//x/y.png">"#).is_empty());
    }

    #[test]
    fn both_editions_are_whole_together_and_the_old_alone() {
        let (old, mut new) = (files(&OLD), files(&NEW));
        new.insert("a/index-22222222.js".into(), b"{}".to_vec());
        judge(&stored(&old), &old, &new).unwrap();
        judge(&stored(&new), &old, &new).unwrap();
        let mut both = old.clone();
        both.extend(new.clone());
        judge(&stored(&both), &old, &new).unwrap();
    }

    #[test]
    fn a_page_before_its_assets_a_torn_object_and_a_missing_page_are_seen() {
        let (old, new) = (files(&OLD), files(&NEW));
        let mut early = old.clone();
        early.insert("a/b.html".into(), new["a/b.html"].clone());
        let message = judge(&stored(&early), &old, &new).unwrap_err().to_string();
        assert!(message.contains("c-11111111.css") && message.contains("index-22222222.js"), "{message}");
        let mut torn = old.clone();
        torn.insert("index.html".into(), b"ol".to_vec());
        assert!(judge(&stored(&torn), &old, &new).unwrap_err().to_string().contains("index.html"));
        let mut gone = old.clone();
        gone.remove("index.html");
        assert!(judge(&stored(&gone), &old, &new).unwrap_err().to_string().contains("index.html"));
    }
}
