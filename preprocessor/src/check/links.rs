//! Links that lead nowhere: pages, anchors, images and included files of the book.
//! Knows [`Reading`], includes, raw HTML and how mdBook names pages and headings. The world outside is not asked.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use super::include::{Include, includes};
use crate::{
    reading::{Reading, tags},
    syntax::Fault,
};

/// Pages mdBook makes without a chapter.
const MADE: [&str; 3] = ["print.html", "toc.html", "404.html"];

/// The pages of a book and what can be pointed at in each.
#[derive(Debug)]
pub(crate) struct Site {
    source: PathBuf,
    /// `folder/page.md` below the source folder to the ids on that page.
    pages: HashMap<String, HashSet<String>>,
}

/// What a chapter includes, and what was wrong with it.
pub(crate) struct Included<'a> {
    pub(crate) include: Include<'a>,
    pub(crate) text: Result<String, String>,
}

/// Reads everything that a chapter at `path` (below `source`) includes.
pub(crate) fn included<'a>(source: &Path, path: &str, chapter: &'a str) -> Vec<Included<'a>> {
    let folder = source.join(parent(path));
    let read = |include: Include<'a>| Included { text: include.read(&folder), include };
    includes(chapter).into_iter().map(read).collect()
}

impl Site {
    /// A book without pages whose files lie in `source`.
    pub(crate) fn new(source: PathBuf) -> Self {
        Self { source, pages: HashMap::new() }
    }

    /// Adds a page with all its ids.
    pub(crate) fn add(&mut self, path: &str, reading: &Reading, included: &[Included<'_>]) {
        let mut ids = heading_ids(reading);
        let fragments = included.iter().filter_map(|included| included.text.as_deref().ok());
        for html in reading.html.iter().map(|html| html.text()).chain(fragments) {
            for tag in tags(html) {
                ids.extend(tag.attribute("id").or(tag.attribute("name")).map(str::to_owned));
            }
        }
        for fence in &reading.fences {
            let id = fence.info.split_whitespace().find_map(|word| word.strip_prefix("id="));
            ids.extend(id.map(|id| format!("live-{id}")));
        }
        for definition in &reading.footnotes.definitions {
            ids.insert(format!("footnote-{}", definition.name));
        }
        self.pages.insert(path.to_owned(), ids);
    }

    /// Judges the links of a page.
    pub(crate) fn check(
        &self,
        path: &str,
        reading: &Reading,
        included: &[Included<'_>],
        faults: &mut Vec<Fault>,
    ) {
        for link in &reading.links {
            faults.extend(self.dead(path, &link.to).map(|message| Fault::new(link.at, message)));
        }
        for html in &reading.html {
            for (at, to) in targets(html.text()) {
                faults.extend(self.dead(path, to).map(|message| Fault::new(html.in_file(at), message)));
            }
        }
        for included in included {
            let at = included.include.at;
            match &included.text {
                Err(message) => faults.push(Fault::new(at, message.as_str())),
                Ok(text) if is_markup(included.include.path) => {
                    let dead = |(_, to): (usize, &str)| self.dead(path, to);
                    faults.extend(targets(text).into_iter().filter_map(dead).map(|m| Fault::new(at, m)));
                }
                Ok(_) => {}
            }
        }
    }

    /// Why `to` leads nowhere from the page `from`.
    fn dead(&self, from: &str, to: &str) -> Option<String> {
        // Another host, another scheme, or a path of the server: nothing the book knows of.
        if to.starts_with('/') || has_scheme(to) {
            return None;
        }
        let (address, anchor) = to.split_once('#').map_or((to, None), |(path, anchor)| (path, Some(anchor)));
        let address = decoded(address.split('?').next().unwrap_or_default());
        let page = if address.is_empty() {
            from.to_owned()
        } else {
            let Some(target) = joined(parent(from), &address) else {
                return Some(format!("`{to}`는 책 밖을 가리킨다. 독자에게는 책 안의 파일만 있다."));
            };
            match self.page(&target) {
                Some(page) => page,
                None if MADE.contains(&target.as_str()) => return None,
                None if target.ends_with(".md") || target.ends_with(".html") => {
                    return Some(format!("`{to}`로 가는 장이 없다. 파일 이름과 SUMMARY.md를 확인한다."));
                }
                None if self.source.join(&target).exists() => return None,
                None => return Some(format!("`{to}`라는 파일이 없다. 이름과 폴더를 확인한다.")),
            }
        };
        let anchor = decoded(anchor.filter(|anchor| !anchor.is_empty())?);
        let known = self.pages.get(&page)?.contains(&anchor);
        (!known).then(|| {
            format!("`{page}`에 `#{anchor}`가 없다. 제목에 `{{#{anchor}}}`를 붙이거나 링크를 고친다.")
        })
    }

    /// The chapter behind a path: named as Markdown, as HTML or as a folder.
    fn page(&self, target: &str) -> Option<String> {
        let stem = target.strip_suffix(".html").or(target.strip_suffix(".md")).unwrap_or(target);
        let folder =
            if matches!(stem, "" | "index") { "" } else { stem.strip_suffix("/index").unwrap_or(stem) };
        let separator = if folder.is_empty() { "" } else { "/" };
        [
            format!("{stem}.md"),
            format!("{folder}{separator}README.md"),
            format!("{folder}{separator}index.md"),
        ]
        .into_iter()
        .find(|page| self.pages.contains_key(page))
    }
}

/// The ids mdBook gives to headings: explicit ones, otherwise the text in lower case with hyphens, numbered when
/// used before.
fn heading_ids(reading: &Reading) -> HashSet<String> {
    let mut ids = HashSet::new();
    for heading in &reading.headings {
        let wanted = heading.id.clone().unwrap_or_else(|| id_of(&heading.text));
        let numbered = (1..).map(|number| format!("{wanted}-{number}"));
        let free = std::iter::once(wanted.clone()).chain(numbered).find(|id| !ids.contains(id));
        ids.extend(free);
    }
    ids
}

fn id_of(heading: &str) -> String {
    let kept = |c: char| match c {
        _ if c.is_alphanumeric() || matches!(c, '_' | '-') => Some(c),
        _ if c.is_whitespace() => Some('-'),
        _ => None,
    };
    heading.trim().to_lowercase().chars().filter_map(kept).collect()
}

/// Where raw HTML points to.
fn targets(html: &str) -> Vec<(usize, &str)> {
    let mut targets = Vec::new();
    for tag in tags(html) {
        let attribute = match tag.name.as_str() {
            "a" | "area" | "link" => "href",
            _ => "src",
        };
        targets.extend(tag.attribute(attribute).map(|to| (tag.start, to)));
    }
    targets
}

fn is_markup(path: &str) -> bool {
    path.ends_with(".html") || path.ends_with(".svg")
}

fn has_scheme(to: &str) -> bool {
    to.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    })
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// `folder` and `path` in one, without `.` and `..`; `None` when it climbs out.
fn joined(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// `%ED%95%9C` as it is meant; what is no such code stays.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, more)) = rest.split_first() {
        let code = more.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &more[2..];
            }
            _ => {
                bytes.push(first);
                rest = more;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::tests::read;

    fn dead(pages: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("image.svg"), "<svg id=\"inside\"></svg>").unwrap();
        let mut site = Site::new(folder.path().to_owned());
        let readings: Vec<_> = pages.iter().map(|(_, text)| read(text, &[])).collect();
        for ((path, text), reading) in pages.iter().zip(&readings) {
            site.add(path, reading, &included(folder.path(), path, text));
        }
        let mut dead = Vec::new();
        for ((path, text), reading) in pages.iter().zip(&readings) {
            let mut faults = Vec::new();
            site.check(path, reading, &included(folder.path(), path, text), &mut faults);
            faults.sort_by_key(|fault| fault.at);
            dead.extend(faults.iter().map(|fault| {
                text[fault.at..].chars().take_while(|c| !matches!(c, ')' | '>' | '}')).collect::<String>()
            }));
        }
        dead
    }

    #[test]
    fn every_way_to_a_page_is_known() {
        let all = "[](#) [](#제목-하나) [](#%EC%A0%9C%EB%AA%A9-%ED%95%98%EB%82%98) [](#own) [](#live-x) [](#tag) [](#inside) [](#same-1) [](#footnote-s)\n[](deep/b.md#b) [](deep/b.html?q=1) [](README.md) [](index.html) [](./image.svg) [](https://x.example/#y) [](mailto:a@b) [](/api) [](print.html)[^s]\n\n# 제목 하나!\n## x {#own}\n## Same\n## same\n<p id=tag>\n\n{{#include image.svg}}\n\n```toml quiz id=x\n```\n\n[^s]: 1\n";
        let found =
            dead(&[("README.md", all), ("deep/b.md", "# b\n[](../README.md#own) ![](../image.svg)\n")]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn dead_ends_are_told() {
        let found = dead(&[(
            "a.md",
            "[x](b.md) [x](#no) [x](a.md#no2) ![x](lost.png) <a href=\"c.html\">x</a> <img src=lost.svg> [x](../out.md) {{#include lost.rs}}\n",
        )]);
        let expected =
            ["b.md", "#no", "a.md#no2", "lost.png", "<a href=\"c.html\"", "<img src=lost.svg", "../out.md"];
        assert_eq!(found[..7], expected);
        assert!(found[7].starts_with("{{#include lost.rs"));
    }
}
