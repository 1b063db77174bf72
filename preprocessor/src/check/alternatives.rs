//! Pictures speak to those who do not see them: images need an alternative text, inline drawings a name.
//! Knows [`Reading`] and the tags of raw HTML.

use crate::{
    reading::{HtmlTag, Reading, tags},
    syntax::Fault,
};

/// Images of Markdown and of raw HTML.
pub(crate) fn check(reading: &Reading, faults: &mut Vec<Fault>) {
    for link in &reading.links {
        if link.alternative.as_ref().is_some_and(|text| text.trim().is_empty()) {
            let message = "그림에 대체 텍스트가 없다. `![무엇이 어디로 가는지](…)`로 쓴다. 장식이면 <img alt=\"\">로 쓴다.";
            faults.push(Fault::new(link.at, message));
        }
    }
    for html in &reading.html {
        for (at, message) in silent(html.text()) {
            faults.push(Fault::new(html.in_file(at), message));
        }
    }
}

/// Pictures of a piece of HTML without a name: where, and what to do.
pub(crate) fn silent(html: &str) -> Vec<(usize, &'static str)> {
    if !html.contains("<img") && !html.contains("<svg") {
        return Vec::new();
    }
    let tags = tags(html);
    let silent = |(index, tag): (usize, &HtmlTag<'_>)| match tag.name.as_str() {
        _ if tag.closing => None,
        "img" if tag.attribute("alt").is_none() => {
            Some((tag.start, "<img>에 alt가 없다. 그림이 말하는 것을 적고, 장식이면 alt=\"\"로 둔다."))
        }
        "svg" if !named(tag, &tags[index + 1..]) => Some((
            tag.start,
            "<svg>에 이름이 없다. 안에 <title>을 넣거나 aria-label을 준다. 장식이면 aria-hidden=\"true\"로 둔다.",
        )),
        _ => None,
    };
    tags.iter().enumerate().filter_map(silent).collect()
}

fn named(svg: &HtmlTag<'_>, inside: &[HtmlTag<'_>]) -> bool {
    svg.says("aria-label")
        || svg.says("aria-labelledby")
        || svg.attribute("aria-hidden") == Some("true")
        || matches!(svg.attribute("role"), Some("presentation" | "none"))
        || inside.iter().take_while(|tag| tag.name != "svg").any(|tag| tag.name == "title")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::tests::read;

    #[test]
    fn pictures_without_a_name_are_told() {
        let chapter = "![](a.svg) ![그림](a.svg) <img src=\"a\"> <img src=\"a\" alt=\"\">\n\n<svg viewBox=\"0\"><path/></svg>\n<svg><title>그림</title></svg>\n<svg aria-label=\"그림\"></svg><svg aria-hidden=\"true\"></svg>\n";
        let mut faults = Vec::new();
        check(&read(chapter, &[]), &mut faults);
        let places: Vec<_> = faults.iter().map(|fault| &chapter[fault.at..fault.at + 5]).collect();
        assert_eq!(places, ["a.svg", "<img ", "<svg "], "{faults:?}");
    }
}
