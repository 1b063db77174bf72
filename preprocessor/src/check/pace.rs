//! How long a complete chapter takes to read: one too long is not finished, one too short leaves something unexplained.
//! Knows [`Reading`], the tags of raw HTML and [`Pace`].

use crate::{
    reading::{Block, CODE, Kind, Reading, tags},
    settings::Pace,
};

/// Elements whose insides nobody reads straight through: folded, drawn, listed, pressed.
const UNREAD: [&str; 7] = ["details", "svg", "pre", "button", "select", "script", "style"];

/// What is wrong with the time a chapter takes; `markdown` is what it includes, with the byte where each begins.
pub(crate) fn fault(reading: &Reading, markdown: &[(usize, Reading)], pace: &Pace) -> Option<String> {
    let sections = sections(reading, markdown, pace);
    let read: usize = sections.iter().map(|(_, characters)| characters).sum();
    let per_minute = u64::from(pace.characters_per_minute.get());
    let read = u64::from(u32::try_from(read).unwrap_or(u32::MAX));
    let (fewest, most) = (u64::from(pace.minutes.fewest), u64::from(pace.minutes.most));
    // Tenths are rounded away from the bounds: a chapter a little over ten minutes is not told to take ten.
    let (tenths, advice) = if read > most * per_minute {
        let over = read - most * per_minute;
        let longest = sections.iter().max_by_key(|(_, characters)| *characters);
        let longest =
            longest.map(|(title, characters)| format!(" 가장 긴 절은 «{title}»({characters}자)다."));
        let advice = format!("{over}자를 줄이거나, 곁가지를 <details>로 접거나, 장을 나눈다.");
        ((read * 10).div_ceil(per_minute), advice + &longest.unwrap_or_default())
    } else if read < fewest * per_minute {
        let under = fewest * per_minute - read;
        let advice = format!("빠진 설명이나 보기를 {under}자 이상 더하거나, 다른 장과 합친다.");
        (read * 10 / per_minute, advice)
    } else {
        return None;
    };
    let (whole, tenth) = (tenths / 10, tenths % 10);
    Some(format!(
        "이 장을 읽는 데 {whole}.{tenth}분이 걸린다({read}자, 1분에 {per_minute}자). {fewest}분에서 {most}분 사이로 한다. {advice}"
    ))
}

/// The characters of each section that is read straight through, by the heading of the first or second level.
fn sections(reading: &Reading, markdown: &[(usize, Reading)], pace: &Pace) -> Vec<(String, usize)> {
    let mut sections = vec![(String::new(), 0)];
    let mut hidden = 0;
    let mut skipped = None;
    for block in &reading.blocks {
        if let Kind::Heading(level) = block.kind {
            let title = block.text.text().trim();
            skipped = skipped.filter(|&above| level > above);
            if pace.skip.iter().any(|skip| skip == title) {
                skipped = Some(level);
            }
            if level <= 2 {
                sections.push((title.replace(CODE, "…"), 0));
            }
        }
        // What folds has to be followed even where nothing is counted.
        let html = match block.kind {
            Kind::Html(index) => in_html(reading.html[index].text(), &mut hidden),
            _ => 0,
        };
        if skipped.is_some() || hidden > 0 && html == 0 || block.footnote {
            continue;
        }
        let included = includes(block, markdown).map(|reading| {
            self::sections(reading, &[], pace).iter().map(|(_, characters)| characters).sum::<usize>()
        });
        let read = html + included.sum::<usize>() + in_block(block);
        if let Some((_, characters)) = sections.last_mut() {
            *characters += read;
        }
    }
    sections
}

fn in_block(block: &Block) -> usize {
    let codes = block.codes.iter().map(|code| characters(code));
    characters(block.text.text()) + codes.sum::<usize>()
}

/// The Markdown that mdBook puts into this block.
fn includes<'a>(block: &'a Block, markdown: &'a [(usize, Reading)]) -> impl Iterator<Item = &'a Reading> {
    let places = block.text.text().match_indices("{{#").map(|(at, _)| block.text.in_file(at));
    places.filter_map(|at| markdown.iter().find(|(begin, _)| *begin == at).map(|(_, reading)| reading))
}

/// The characters of a piece of HTML outside what nobody reads; `hidden` counts the elements still open behind it.
fn in_html(html: &str, hidden: &mut usize) -> usize {
    let mut read = 0;
    let mut at = 0;
    for tag in tags(html) {
        if *hidden == 0 {
            read += characters(&html[at..tag.start]);
        }
        if UNREAD.contains(&tag.name.as_str()) {
            *hidden = if tag.closing { hidden.saturating_sub(1) } else { *hidden + 1 };
        }
        at = tag.end;
    }
    if *hidden == 0 { read + characters(&html[at..]) } else { read }
}

/// Characters without spaces. A piece of code is counted where its words are, an included file where its text is.
fn characters(text: &str) -> usize {
    let letters = |text: &str| text.chars().filter(|&c| !c.is_whitespace() && !CODE.contains(c)).count();
    let mut read = 0;
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once("{{#") {
        let Some((_, after)) = inside.split_once("}}") else { break };
        read += letters(before);
        rest = after;
    }
    read + letters(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::tests::read;
    use std::num::NonZeroU32;

    fn pace(minutes: [u32; 2]) -> Pace {
        Pace {
            characters_per_minute: NonZeroU32::new(10).unwrap(),
            minutes: minutes.try_into().unwrap(),
            skip: vec!["출처".to_owned()],
        }
    }

    fn counted(chapter: &str) -> usize {
        let sections = sections(&read(chapter, &["노트:".to_owned()]), &[], &pace([0, 1]));
        sections.iter().map(|(_, characters)| characters).sum()
    }

    #[test]
    fn what_is_read_straight_through_is_counted() {
        assert_eq!(
            counted("# 제목 {#id}\n\n가 나.[^s] `a b` [다](x.md)\n\n[^s]: 출처 2026\n"),
            2 + 3 + 2 + 1
        );
        assert_eq!(counted("- 하나\n  - 둘\n\n1. 셋\n"), 4);
        assert_eq!(counted("| 가 | 나 |\n|---|---|\n| 1 | `x` |\n"), 4);
        assert_eq!(counted("> 노트: 가\n\n> 나\n"), 5);
        assert_eq!(
            counted(
                "<figure>\n{{#include images/a.svg}}\n<figcaption>가 <b>나</b></figcaption>\n</figure>\n"
            ),
            2
        );
    }

    #[test]
    fn what_is_pressed_listed_folded_or_looked_up_is_not() {
        assert_eq!(
            counted("가\n\n```toml quiz id=a\nquestion = \"나\"\n```\n\n```rust\nfn a() {}\n```\n"),
            1
        );
        assert_eq!(counted("<details>\n<summary>가</summary>\n\n나\n\n- 다\n\n</details>\n\n라\n"), 1);
        assert_eq!(counted("<p><svg><title>가</title></svg><button>나</button><!-- 다 -->라</p>\n"), 1);
        assert_eq!(counted("## 출처\n\n- 가\n\n### 나\n\n다\n\n## 라\n"), 1);
        assert_eq!(counted("![그림](a.svg)\n\n{{#include simulations/a.html}}\n"), 0);
    }

    #[test]
    fn included_markdown_is_read_where_it_stands() {
        let chapter = "가\n\n{{#include a.md}}\n\n<details>\n\n{{#include b.md}}\n\n</details>\n";
        let at = |name: &str| chapter.find(&format!("{{{{#include {name}")).unwrap();
        let markdown = [(at("a.md"), read("나 다\n", &[])), (at("b.md"), read("라\n", &[]))];
        let sections = sections(&read(chapter, &[]), &markdown, &pace([0, 1]));
        assert_eq!(sections, [(String::new(), 3)]);
    }

    #[test]
    fn too_long_and_too_short_say_by_how_much() {
        let chapter = "# 가\n\n나\n\n## 다\n\n라 마 바 사 아 자 차 카 타 파\n";
        let told = |minutes| fault(&read(chapter, &[]), &[], &pace(minutes)).unwrap_or_default();
        assert_eq!(told([1, 2]), "");
        let long = told([0, 1]);
        assert!(long.starts_with("이 장을 읽는 데 1.3분이 걸린다(13자, 1분에 10자)."), "{long}");
        assert!(long.contains("3자를 줄이거나") && long.ends_with("가장 긴 절은 «다»(11자)다."), "{long}");
        assert!(told([2, 3]).contains("7자 이상 더하거나"), "{}", told([2, 3]));
    }
}
