//! The scripts and the style: built in, and compared with the copies a book lists when it serves them as files.
//! Knows mdBook's configuration and [`crate::place`].

use std::{fs, path::Path};

use mdbook_preprocessor::config::Config;
use serde::Deserialize;

use crate::place::{Place, Problem};

/// A file the page needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its name without folder.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! asset {
    ($name:literal) => {
        Asset { name: $name, text: include_str!(concat!("../assets/", $name)) }
    };
}

/// The page's style.
pub const STYLES: &[Asset] = &[asset!("live.css")];
/// The page's scripts in the order in which a page loads them: blocks, questions, figures.
pub const SCRIPTS: &[Asset] = &[asset!("live.js"), asset!("lesson.js"), asset!("figure.js")];
/// The script of the pages on which readers sign in; it comes after the others.
pub const SIGN_IN: Asset = asset!("sign-in.js");
/// The page an issuer sends readers back to, and its script, which stands beside it.
pub const SIGNED_IN: &[Asset] = &[asset!("signed-in.html"), asset!("signed-in.js")];

/// Style and scripts for the end of a chapter that has widgets; `sign_in`: readers sign in there.
///
/// `<style>` and `<script>` begin HTML blocks that end only at their closing tag, so blank lines may stay. No text
/// holds `</` or `{{#` (tested below): nothing has to be escaped.
pub fn inline_html(sign_in: bool) -> String {
    let styles = STYLES.iter().map(|style| ("style", style));
    let scripts = SCRIPTS.iter().chain(sign_in.then_some(&SIGN_IN)).map(|script| ("script", script));
    let element = |(tag, asset): (&str, &Asset)| format!("<{tag}>\n{}\n</{tag}>", asset.text.trim());
    styles.chain(scripts).map(element).collect::<Vec<_>>().join("\n\n")
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Listed {
    additional_css: Vec<String>,
    additional_js: Vec<String>,
}

/// Checks that the book lists every script and style, and that each is byte for byte what this program has.
///
/// Symbolic links are followed, so a link to the one real file never goes stale.
pub fn check_files(config: &Config, root: &Path, sign_in: bool) -> Vec<Problem> {
    let listed: Listed = config.get("output.html").ok().flatten().unwrap_or_default();
    let scripts: Vec<&Asset> = SCRIPTS.iter().chain(sign_in.then_some(&SIGN_IN)).collect();
    let disorder = disorder(&scripts, &listed.additional_js);
    let scripts = scripts.into_iter().map(|script| (script, "additional-js", &listed.additional_js));
    let styles = STYLES.iter().map(|style| (style, "additional-css", &listed.additional_css));
    let wrong = scripts.chain(styles).filter_map(|(asset, key, paths)| wrong(asset, key, paths, root));
    wrong.chain(disorder).map(problem).collect()
}

/// Checks that `page`, a path below the book's source folder, is there, with our script beside it.
pub fn check_page(page: &str, source: &Path) -> Vec<Problem> {
    let page = source.join(page.trim_start_matches('/'));
    let folder = page.parent().unwrap_or(source);
    let [html, script] = SIGNED_IN else { return Vec::new() };
    let made_by = |asset: &Asset, path: &Path| {
        format!("`mdbook-live asset {} > {}`로 만든다.", asset.name, path.display())
    };
    let told = if page.is_file() {
        let path = folder.join(script.name);
        let ours = fs::read(&path).is_ok_and(|bytes| bytes == script.text.as_bytes());
        (!ours).then(|| {
            format!("{}가 없거나 mdbook-live에 든 것과 다르다. {}", path.display(), made_by(script, &path))
        })
    } else {
        Some(format!("로그인을 마친 독자가 돌아올 {}가 없다. {}", page.display(), made_by(html, &page)))
    };
    told.map(problem).into_iter().collect()
}

fn problem(told: String) -> Problem {
    Problem::new(Place { path: "book.toml".to_owned(), line: 1, column: 1 }, told)
}

fn named(path: &str, asset: &Asset) -> bool {
    Path::new(path).file_name().is_some_and(|file| file == asset.name)
}

fn wrong(asset: &Asset, key: &str, paths: &[String], root: &Path) -> Option<String> {
    let remedy = "파일 복사가 번거로우면 assets = \"inline\"으로 둔다.";
    let name = asset.name;
    let Some(path) = paths.iter().find(|path| named(path, asset)) else {
        return Some(format!(
            "assets = \"files\"인데 [output.html] {key}에 {name}이 없다. 목록에 넣는다. {remedy}"
        ));
    };
    match fs::read(root.join(path)) {
        Ok(bytes) if bytes == asset.text.as_bytes() => None,
        Ok(_) => Some(format!(
            "{path}가 mdbook-live에 든 {name}과 다르다. 파일을 방금 고쳤다면 mdbook-live를 다시 컴파일해 시작하고, \
             파일이 옛것이라면 `mdbook-live asset {name} > {path}`로 새로 쓴다. {remedy}"
        )),
        Err(error) => Some(format!(
            "{path}를 읽을 수 없다({error}). `mdbook-live asset {name} > {path}`로 만든다. {remedy}"
        )),
    }
}

/// Each script uses what the ones before it offer.
fn disorder(scripts: &[&Asset], paths: &[String]) -> Option<String> {
    let order: Vec<_> =
        scripts.iter().filter_map(|asset| paths.iter().position(|path| named(path, asset))).collect();
    let names: Vec<_> = scripts.iter().map(|asset| asset.name).collect();
    (!order.is_sorted())
        .then(|| format!("[output.html] additional-js의 차례가 틀렸다. {} 차례로 적는다.", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_and_styles_can_stand_inside_a_chapter() {
        for asset in SCRIPTS.iter().chain(STYLES).chain([&SIGN_IN]) {
            assert!(!asset.text.contains("</"), "{} would close its own element", asset.name);
            assert!(!asset.text.contains("{{#"), "{} would be expanded by mdBook", asset.name);
        }
    }
}
