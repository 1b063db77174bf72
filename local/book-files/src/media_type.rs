//! Which media type each file of a book has. Its own table, because a machine's differs from the next machine's.
//! Knows file name extensions only.

/// Extension → media type; text names its character set, or a browser guesses one.
/// IANA's registry of media types; JavaScript after RFC 9239, fonts after RFC 8081.
const TYPES: &[(&str, &str)] = &[
    ("avif", "image/avif"),
    ("css", "text/css; charset=utf-8"),
    ("gif", "image/gif"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/vnd.microsoft.icon"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json; charset=utf-8"),
    ("md", "text/markdown; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("otf", "font/otf"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml; charset=utf-8"),
    ("toml", "text/plain; charset=utf-8"),
    ("ttf", "font/ttf"),
    ("txt", "text/plain; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("webp", "image/webp"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
    ("xml", "application/xml; charset=utf-8"),
    ("yaml", "text/plain; charset=utf-8"),
];

/// The media type of a file with that name; `None` for an extension the table does not have.
pub fn media_type(name: &str) -> Option<&'static str> {
    let extension = name.rsplit('/').next()?.rsplit_once('.')?.1.to_ascii_lowercase();
    TYPES.iter().find(|(known, _)| *known == extension).map(|(_, media_type)| *media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_names_its_character_set_and_the_unknown_has_no_type() {
        for (name, expected) in [
            ("index.html", Some("text/html; charset=utf-8")),
            ("book-1a2b3c4d.js", Some("text/javascript; charset=utf-8")),
            ("css/general.css", Some("text/css; charset=utf-8")),
            ("favicon.SVG", Some("image/svg+xml; charset=utf-8")),
            ("data.json", Some("application/json; charset=utf-8")),
            ("f.woff2", Some("font/woff2")),
            ("a.png", Some("image/png")),
            ("LICENSE", None),
            ("a.b/LICENSE", None),
            ("page.htm1", None),
        ] {
            assert_eq!(media_type(name), expected, "{name}");
        }
    }

    #[test]
    fn the_table_is_sorted_and_all_text_has_a_character_set() {
        assert!(TYPES.is_sorted());
        for (_, media_type) in TYPES.iter().filter(|(_, media_type)| media_type.starts_with("text/")) {
            assert!(media_type.ends_with("; charset=utf-8"), "{media_type}");
        }
    }
}
