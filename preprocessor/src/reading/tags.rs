//! The tags of raw HTML in a chapter: enough to see images, pictures, links and ids.
//! Knows no other module; takes what it cannot read for text.

/// One opening or closing tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag<'a> {
    /// In lower case.
    pub(crate) name: String,
    /// Byte of the `<`.
    pub(crate) start: usize,
    /// Byte after the `>`.
    pub(crate) end: usize,
    /// `</name>`
    pub(crate) closing: bool,
    /// Names in lower case, values as written.
    pub(crate) attributes: Vec<(String, &'a str)>,
}

impl<'a> Tag<'a> {
    /// The value of an attribute; empty when it has none.
    pub(crate) fn attribute(&self, name: &str) -> Option<&'a str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|&(_, value)| value)
    }

    /// Whether the attribute is there and says something.
    pub(crate) fn says(&self, name: &str) -> bool {
        self.attribute(name).is_some_and(|value| !value.trim().is_empty())
    }
}

/// The name under which a comment is found.
const COMMENT: &str = "!--";

/// All tags and comments in the order of the text; the insides of comments, `script` and `style` are skipped.
pub(crate) fn tags(html: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(found) = html[at..].find('<') {
        let start = at + found;
        let rest = &html[start..];
        if rest.starts_with("<!--") {
            at = rest.find("-->").map_or(html.len(), |end| start + end + "-->".len());
            let name = COMMENT.to_owned();
            tags.push(Tag { name, start, end: at, closing: false, attributes: Vec::new() });
            continue;
        }
        let Some(tag) = tag(html, start) else {
            at = start + 1;
            continue;
        };
        at = tag.end;
        if !tag.closing && matches!(tag.name.as_str(), "script" | "style") {
            let close = format!("</{}", tag.name);
            at = html[at..].find(&close).map_or(html.len(), |end| at + end);
        }
        tags.push(tag);
    }
    tags
}

fn tag(html: &str, start: usize) -> Option<Tag<'_>> {
    let mut reader = Reader { html, at: start + 1 };
    let closing = reader.take("/");
    let name = reader.word(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | ':'));
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let mut attributes = Vec::new();
    loop {
        reader.word(|c| c.is_whitespace() || c == '/');
        if reader.take(">") {
            let name = name.to_ascii_lowercase();
            return Some(Tag { name, start, end: reader.at, closing, attributes });
        }
        let key = reader.word(|c| !c.is_whitespace() && !matches!(c, '=' | '>' | '/' | '"' | '\'' | '<'));
        if key.is_empty() {
            return None;
        }
        reader.word(char::is_whitespace);
        let value = if reader.take("=") {
            reader.word(char::is_whitespace);
            reader.value()?
        } else {
            ""
        };
        attributes.push((key.to_ascii_lowercase(), value));
    }
}

struct Reader<'a> {
    html: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, mark: &str) -> bool {
        let found = self.html[self.at..].starts_with(mark);
        self.at += if found { mark.len() } else { 0 };
        found
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.html[self.at..];
        let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn value(&mut self) -> Option<&'a str> {
        for quote in ["\"", "'"] {
            if self.take(quote) {
                let rest = &self.html[self.at..];
                let end = rest.find(quote)?;
                self.at += end + quote.len();
                return Some(&rest[..end]);
            }
        }
        Some(self.word(|c| !c.is_whitespace() && c != '>'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_attributes_and_places() {
        let found = tags("가 <IMG src=a.png alt='가 \"나\"' hidden/><br></Details >");
        assert_eq!(found.len(), 3);
        assert_eq!((found[0].name.as_str(), found[0].start), ("img", 4));
        assert_eq!(found[0].attribute("alt"), Some("가 \"나\""));
        assert_eq!(found[0].attribute("hidden"), Some(""));
        assert!(!found[0].says("hidden") && found[0].says("src"));
        assert!(found[2].closing && found[2].name == "details");
    }

    #[test]
    fn what_is_no_tag_is_text() {
        let found = tags("a < b, <3, <!-- <img> --> <a href=\"");
        assert!(found.len() == 1 && found[0].name == COMMENT);
        assert_eq!(tags("<style>a<b</style><p>").iter().filter(|tag| tag.name == "b").count(), 0);
    }
}
