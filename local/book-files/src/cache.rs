//! How long a browser and CloudFront may keep each file of a book.
//! Knows how mdBook names files: css, js, fonts and the search index carry a fingerprint of their content.

/// For a file whose name changes with its content: a year, and never asked for again.
pub const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// For everything else: kept, but asked about before every use.
pub const REVALIDATE: &str = "no-cache";

/// The `Cache-Control` of a file with that name.
pub fn cache_control(name: &str) -> &'static str {
    if is_fingerprinted(name) { IMMUTABLE } else { REVALIDATE }
}

/// Whether the name carries a fingerprint as mdBook 0.5 writes it: `book-1a2b3c4d.js`, `mark-1a2b3c4d.min.js`, eight
/// hexadecimal digits before the first dot. mdBook gives one to the files it knows itself; a picture of a chapter is copied
/// as it is, and the digits in `map-20260101.png` are a date.
pub fn is_fingerprinted(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    let Some((stem, suffix)) = file.split_once('.') else { return false };
    let extension = suffix.rsplit('.').next().unwrap_or(suffix);
    let is_known =
        matches!(extension, "css" | "js" | "otf" | "ttf" | "woff" | "woff2") || stem.starts_with("favicon-");
    let fingerprint = stem.rsplit_once('-').map(|(_, last)| last);
    let is_hex = |text: &str| text.len() == 8 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    is_known && fingerprint.is_some_and(is_hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_change_with_their_content_are_kept_for_ever() {
        for name in [
            "book-1a2b3c4d.js",
            "clipboard-1b745abc.min.js",
            "favicon-91bf173e.svg",
            "css/general-00000000.css",
            "fonts/noto-sans-kr-v1-deadbeef.woff2",
        ] {
            assert_eq!(cache_control(name), IMMUTABLE, "{name}");
        }
        for name in [
            "index.html",
            "a-1a2b3c4d.html",
            "a.b-1a2b3c4d.js",
            "toc.html",
            "config.json",
            "images/map-20260101.png",
            "images/map-20260101.png.bak",
            "recordings/run-20260101.json",
            "book-1a2b3c4.js",
            "book-1a2b3c4dd.js",
            "book-1A2B3C4D.js",
            "1a2b3c4d.js",
            "a-1a2b3c4d/x.js",
        ] {
            assert_eq!(cache_control(name), REVALIDATE, "{name}");
        }
    }
}
