//! Sentences a reader sees that are no Markdown: strings of lessons in TOML, captions of requests, text between tags.
//! Knows the outer form of fences and HTML only; whether they are right is their parsers' business.

use super::{CODE, Fence, Mapped, tags};

/// The readable texts of a fence; code between backticks is replaced.
pub(crate) fn texts(fence: &Fence) -> Vec<Mapped> {
    let mut words = fence.info.split_whitespace();
    match (words.next(), words.next()) {
        (Some("toml"), Some(_)) => strings(&fence.text).into_iter().map(|(_, text)| text).collect(),
        (Some("hurl"), Some("demo")) => captions(&fence.text),
        _ => Vec::new(),
    }
}

fn captions(code: &Mapped) -> Vec<Mapped> {
    let mut at = 0;
    let mut texts = Vec::new();
    for line in code.text().split_inclusive('\n') {
        if let Some(comment) = line.strip_prefix("# ").filter(|text| !text.trim_start().starts_with("claim:"))
        {
            texts.push(Mapped::of(comment.trim_end(), code.in_file(at + "# ".len())));
        }
        at += line.len();
    }
    texts
}

/// The texts of a question that say what is so: the reasons, not the choices, of which most are wrong.
pub(crate) fn reasons(fence: &Fence) -> Vec<Mapped> {
    if !fence.asks() {
        return Vec::new();
    }
    strings(&fence.text).into_iter().filter(|(key, _)| *key == "why").map(|(_, text)| text).collect()
}

/// Everything between double quotes, with the key of its line; a backslash takes the next character along.
fn strings(code: &Mapped) -> Vec<(&str, Mapped)> {
    let mut texts = Vec::new();
    let mut begin = None;
    let mut escaped = false;
    for (at, c) in code.text().char_indices() {
        match (c, begin) {
            _ if escaped => escaped = false,
            ('\\', Some(_)) => escaped = true,
            ('"', Some(start)) => {
                let line = code.text()[..start].rfind('\n').map_or(0, |feed| feed + 1);
                let key = code.text()[line..start].split('=').next().unwrap_or_default().trim();
                texts.push((key, without_code(code, start, at)));
                begin = None;
            }
            ('"', None) => begin = Some(at + 1),
            _ => {}
        }
    }
    texts
}

fn without_code(code: &Mapped, start: usize, end: usize) -> Mapped {
    let mut text = Mapped::default();
    let mut at = start;
    for (index, part) in code.text()[start..end].split('`').enumerate() {
        text.push(if index % 2 == 0 { part } else { CODE }, code.in_file(at));
        at += part.len() + 1;
    }
    text
}

/// The text between the tags of raw HTML; what stands in code is replaced, marks inside a line do not divide.
pub(crate) fn between_tags(html: &Mapped) -> Vec<Mapped> {
    let mut texts = vec![Mapped::default()];
    let mut code = 0_usize;
    let mut at = 0;
    for tag in tags(html.text()) {
        push(&mut texts, if code == 0 { &html.text()[at..tag.start] } else { CODE }, html.in_file(at));
        let is_code = matches!(tag.name.as_str(), "code" | "pre" | "script" | "style");
        match (is_code, tag.closing) {
            (true, false) => code += 1,
            (true, true) => code = code.saturating_sub(1),
            (false, _) if !matches!(tag.name.as_str(), "b" | "strong" | "em" | "i" | "span" | "a") => {
                texts.push(Mapped::default());
            }
            (false, _) => {}
        }
        at = tag.end;
    }
    push(&mut texts, &html.text()[at..], html.in_file(at));
    texts.retain(|text| !text.text().trim().is_empty());
    texts
}

fn push(texts: &mut [Mapped], piece: &str, at: usize) {
    if let Some(text) = texts.last_mut() {
        text.push(piece, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::tests::read;

    fn of(info: &str, code: &str) -> Vec<String> {
        let chapter = format!("```{info}\n{code}```\n");
        read(&chapter, &[]).asides.iter().map(|text| text.text().to_owned()).collect()
    }

    #[test]
    fn questions_and_captions_are_readable_code_is_not() {
        let quiz =
            "question = \"가 `코드` \\\"나\\\"?\"\n[[choice]]\nright = true\npiles = [\"다\", \"라\"]\n";
        assert_eq!(of("toml quiz id=a", quiz), ["가 \u{fffc} \\\"나\\\"?", "다", "라"]);
        assert_eq!(of("hurl demo id=a", "# 제목\n# claim: runs == 1\nGET /\n"), ["제목"]);
        assert!(of("toml", quiz).is_empty() && of("rust", quiz).is_empty());
    }

    #[test]
    fn text_between_tags_without_code() {
        let html = Mapped::of("<p>가 <b>나</b> <code>다</code></p><!-- 라 --><li>마", 5);
        let found: Vec<_> = between_tags(&html).iter().map(|text| text.text().to_owned()).collect();
        assert_eq!(found, ["가 나 \u{fffc}", "마"]);
        assert_eq!(between_tags(&html)[1].in_file(0), 5 + html.text().find('마').unwrap());
    }

    #[test]
    fn a_text_knows_its_place() {
        let chapter = "> ```toml quiz id=a\n> a = \"가 `b` 나\"\n> ```\n";
        let text = &read(chapter, &[]).asides[0];
        let at = text.text().find('나').unwrap();
        assert_eq!(text.in_file(at), chapter.find('나').unwrap());
    }
}
