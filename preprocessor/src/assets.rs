//! The script and the style: built in, and compared with the copies a book lists when it serves them as files.
//! Knows mdBook's configuration and [`crate::place`].

use std::{fs, path::Path};

use mdbook_preprocessor::config::Config;
use serde::Deserialize;

use crate::place::{Place, Problem};

/// The page's script.
pub const SCRIPT: &str = include_str!("../assets/live.js");
/// The page's style.
pub const STYLE: &str = include_str!("../assets/live.css");

/// Style and script for the end of a chapter that has blocks.
///
/// `<style>` and `<script>` begin HTML blocks that end only at their closing tag, so blank lines may stay. Neither
/// text holds `</` or `{{#` (tested below): nothing has to be escaped.
pub fn inline_html() -> String {
    format!("<style>\n{}\n</style>\n\n<script>\n{}\n</script>", STYLE.trim(), SCRIPT.trim())
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Listed {
    additional_css: Vec<String>,
    additional_js: Vec<String>,
}

/// Checks that the book lists `live.js` and `live.css` and that both are byte for byte what this program has.
///
/// Symbolic links are followed, so a link to the one real file never goes stale.
pub fn check_files(config: &Config, root: &Path) -> Vec<Problem> {
    let listed: Listed = config.get("output.html").ok().flatten().unwrap_or_default();
    [
        ("live.js", "additional-js", &listed.additional_js, SCRIPT),
        ("live.css", "additional-css", &listed.additional_css, STYLE),
    ]
    .into_iter()
    .filter_map(|(name, key, paths, built_in)| {
        let message = wrong(name, key, paths, built_in, root)?;
        Some(Problem::new(Place { path: "book.toml".to_owned(), line: 1, column: 1 }, message))
    })
    .collect()
}

fn wrong(name: &str, key: &str, paths: &[String], built_in: &str, root: &Path) -> Option<String> {
    let remedy = "파일 복사가 번거로우면 assets = \"inline\"으로 둔다.";
    let Some(path) = paths.iter().find(|path| Path::new(path).file_name().is_some_and(|file| file == name))
    else {
        return Some(format!(
            "assets = \"files\"인데 [output.html] {key}에 {name}이 없다. 목록에 넣는다. {remedy}"
        ));
    };
    match fs::read(root.join(path)) {
        Ok(bytes) if bytes == built_in.as_bytes() => None,
        Ok(_) => Some(format!(
            "{path}가 mdbook-live에 든 {name}과 다르다. 파일을 방금 고쳤다면 mdbook-live를 다시 컴파일해 시작하고, \
             파일이 옛것이라면 `mdbook-live asset {name} > {path}`로 새로 쓴다. {remedy}"
        )),
        Err(error) => Some(format!(
            "{path}를 읽을 수 없다({error}). `mdbook-live asset {name} > {path}`로 만든다. {remedy}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_and_style_can_stand_inside_a_chapter() {
        for text in [SCRIPT, STYLE] {
            assert!(!text.contains("</"), "would close its own element");
            assert!(!text.contains("{{#"), "would be expanded by mdBook");
        }
    }
}
