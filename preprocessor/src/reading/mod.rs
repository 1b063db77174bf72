//! One chapter as the checks see it: paragraphs, tables, lists, code, links, headings and raw HTML with their places.
//! Knows no other module; judges nothing.

mod aside;
mod mapped;
mod reader;
mod tags;

use std::ops::Range;

pub(crate) use aside::between_tags;
pub(crate) use mapped::Mapped;
pub(crate) use reader::Reader;
pub(crate) use tags::{Tag as HtmlTag, tags};

/// Stands in a block's text for a piece of code.
pub(crate) const CODE: &str = "\u{fffc}";

/// What one pass over a chapter gathers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    /// Everything that stands below one another, in order.
    pub(crate) blocks: Vec<Block>,
    /// Texts a reader sees that stand outside the order: alternative texts, questions and captions in fences.
    pub(crate) asides: Vec<Mapped>,
    /// Fences with their info strings.
    pub(crate) fences: Vec<Fence>,
    /// Links and images.
    pub(crate) links: Vec<Link>,
    /// Headings.
    pub(crate) headings: Vec<Heading>,
    /// Stretches of raw HTML.
    pub(crate) html: Vec<Mapped>,
    /// Footnotes: what is referred to and what is defined.
    pub(crate) footnotes: Footnotes,
}

impl Reading {
    /// Every piece of code, fences and words between backticks alike; questions are no code.
    pub(crate) fn codes(&self) -> impl Iterator<Item = &str> {
        let fences = self.fences.iter().filter(|fence| !fence.asks()).map(|fence| fence.text.text());
        let inline = self.blocks.iter().flat_map(|block| &block.codes).map(String::as_str);
        inline.chain(fences)
    }

    /// What the answers to questions say is so.
    pub(crate) fn reasons(&self) -> impl Iterator<Item = Mapped> {
        self.fences.iter().flat_map(aside::reasons)
    }

    /// Every text a reader sees outside code, without quotes of somebody and without footnotes' sources.
    pub(crate) fn sentences(&self) -> impl Iterator<Item = &Mapped> {
        let own = self.blocks.iter().filter(|block| !block.quoted && !block.footnote);
        own.map(|block| &block.text).chain(&self.asides)
    }
}

/// What a block is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A heading of this level.
    Heading(usize),
    /// A paragraph outside lists.
    Paragraph,
    /// A list item without its nested lists; the paragraph before the list.
    Item(Option<usize>),
    /// A table with all its cells, a line each.
    Table,
    /// A fence or an indented block: its index in `fences`.
    Code(usize),
    /// Raw HTML: its index in `html`.
    Html(usize),
    /// A rule.
    Rule,
}

/// A block of a chapter.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) kind: Kind,
    pub(crate) text: Mapped,
    /// Words between backticks.
    pub(crate) codes: Vec<String>,
    /// Stands in a block quote that quotes somebody.
    pub(crate) quoted: bool,
    /// Belongs to a footnote's definition.
    pub(crate) footnote: bool,
    /// Footnotes it refers to.
    pub(crate) references: Vec<String>,
    /// Classes of the HTML elements inside.
    pub(crate) classes: Vec<String>,
}

/// A fence.
#[derive(Clone, Debug)]
pub(crate) struct Fence {
    /// Bytes of the chapter.
    pub(crate) range: Range<usize>,
    /// The words behind the backticks.
    pub(crate) info: String,
    /// The code.
    pub(crate) text: Mapped,
}

impl Fence {
    /// Whether the info string begins with these two words.
    pub(crate) fn is(&self, first: &str, second: &str) -> bool {
        let mut words = self.info.split_whitespace();
        words.next() == Some(first) && words.next() == Some(second)
    }

    /// Whether it asks the reader something.
    fn asks(&self) -> bool {
        ["quiz", "sort", "predict"].iter().any(|kind| self.is("toml", kind))
    }
}

/// A link or an image of Markdown.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) at: usize,
    pub(crate) to: String,
    /// The alternative text, for an image.
    pub(crate) alternative: Option<String>,
}

/// A heading.
#[derive(Clone, Debug)]
pub(crate) struct Heading {
    pub(crate) text: String,
    /// `{#id}`
    pub(crate) id: Option<String>,
}

/// The footnotes of a chapter; offsets count from the start of the chapter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Footnotes {
    pub(crate) references: Vec<(String, usize)>,
    pub(crate) definitions: Vec<Definition>,
}

/// What a footnote says.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) at: usize,
    pub(crate) text: String,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::fence::scan_and_read;

    /// The reading of a chapter.
    pub(crate) fn read(chapter: &str, quotes: &[String]) -> Reading {
        let mut reader = Reader::new(chapter, quotes);
        scan_and_read(chapter, false, Some(&mut reader));
        reader.finish()
    }

    fn shape(chapter: &str) -> Vec<(Kind, String)> {
        let reading = read(chapter, &["노트:".to_owned()]);
        reading.blocks.into_iter().map(|block| (block.kind, block.text.text().to_owned())).collect()
    }

    #[test]
    fn blocks_stand_in_order_with_their_texts() {
        let found = shape(
            "# 제목 `코드`\n\n앞\n뒤\n\n- 하나\n\n  둘\n  - 안쪽\n- 셋\n\n| 가 | 나 |\n|---|---|\n| 1 | 2 |\n\n```toml quiz\n```\n<p>\n\n---\n",
        );
        let expected = [
            (Kind::Heading(1), format!("제목 {CODE}")),
            (Kind::Paragraph, "앞 뒤".to_owned()),
            (Kind::Item(Some(1)), "\n하나\n둘".to_owned()),
            (Kind::Item(None), "안쪽".to_owned()),
            (Kind::Item(Some(1)), "\n셋".to_owned()),
            (Kind::Table, "가\n나\n1\n2\n".to_owned()),
            (Kind::Code(0), String::new()),
            (Kind::Html(0), String::new()),
            (Kind::Rule, String::new()),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_quote_of_somebody_is_told_from_another_quote() {
        let reading = read("> 노트: **가**\n>\n> 나\n\n> 다\n\n라\n", &["노트:".to_owned()]);
        let quoted: Vec<_> = reading.blocks.iter().map(|block| block.quoted).collect();
        assert_eq!(quoted, [true, true, false, false]);
    }

    #[test]
    fn links_images_headings_and_footnotes() {
        let reading = read(
            "# 가 `나` {#id}\n\n[x](a.md#b) ![그림](c.svg) <span class=\"badge model\">x</span>[^s]\n\n[^s]: 출처 2026\n",
            &[],
        );
        assert_eq!(reading.headings[0].text, "가 나");
        assert_eq!(reading.headings[0].id.as_deref(), Some("id"));
        assert_eq!(reading.links[0].to, "a.md#b");
        assert_eq!(reading.links[0].at, "# 가 `나` {#id}\n\n[x](".len());
        assert_eq!(reading.links[1].alternative.as_deref(), Some("그림"));
        assert_eq!(reading.blocks[1].references, ["s"]);
        assert_eq!(reading.blocks[1].classes, ["badge", "model"]);
        assert_eq!(reading.footnotes.definitions[0].text.trim(), "[^s]: 출처 2026");
        assert!(reading.blocks[2].footnote);
    }
}
