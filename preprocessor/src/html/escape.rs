//! Escapes text for HTML content and attributes in one line of Markdown.
//! Knows no other module.

/// Escapes `text` so that it can stand between tags and between double quotes.
///
/// Line feeds become `&#10;` because a blank line would end the HTML block in Markdown; the second of two opening
/// braces becomes `&#123;` because mdBook's `links` preprocessor looks for `{{#` in the text of a chapter.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    let mut last = ' ';
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            '{' if last == '{' => escaped.push_str("&#123;"),
            c => escaped.push(c),
        }
        last = c;
    }
    escaped
}

/// Escapes an author's text; what stands in backticks becomes code.
pub fn rich(text: &str) -> String {
    let part = |(n, part)| if n % 2 == 1 { format!("<code>{}</code>", escape(part)) } else { escape(part) };
    text.split('`').enumerate().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_are_code_and_nothing_else_is_markup() {
        assert_eq!(rich("`a<b>` *그리고* `c`"), "<code>a&lt;b&gt;</code> *그리고* <code>c</code>");
    }

    #[test]
    fn escapes_markup_line_feeds_and_double_braces() {
        assert_eq!(
            escape("<a href=\"x\">'&'\n{{#include x}} {{{"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&#10;{&#123;#include x}} {&#123;&#123;"
        );
    }
}
