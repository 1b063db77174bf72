//! One chapter as the checks see it: paragraphs, tables, lists, code, links, headings and raw HTML with their places.
//! Knows Markdown's events; judges nothing.

mod aside;
mod mapped;
mod tags;

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Tag, TagEnd};

pub(crate) use aside::between_tags;
pub(crate) use mapped::Mapped;
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
    /// Words between backticks.
    codes: Vec<String>,
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
        self.codes.iter().map(String::as_str).chain(fences)
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
    /// Raw HTML or a rule.
    Other,
}

/// A block of a chapter.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) kind: Kind,
    pub(crate) text: Mapped,
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

/// Gathers a chapter's [`Reading`] from the events of its Markdown.
#[derive(Debug, Default)]
pub(crate) struct Reader<'a> {
    chapter: &'a str,
    /// First words of block quotes that quote somebody.
    quotes: &'a [String],
    reading: Reading,
    /// Blocks that have begun and not ended.
    open: Vec<usize>,
    /// The block before each open list.
    intros: Vec<Option<usize>>,
    /// For each open block quote whether it quotes somebody; `None` before its first word.
    quoting: Vec<Option<bool>>,
    footnote: bool,
    image: Option<Mapped>,
    html: Option<Mapped>,
    /// The block whose tags are gathered in the last stretch of HTML.
    inline_of: Option<usize>,
}

impl<'a> Reader<'a> {
    /// Nothing read yet; a block quote that begins with one of `quotes` quotes somebody.
    pub(crate) fn new(chapter: &'a str, quotes: &'a [String]) -> Self {
        Self { chapter, quotes, ..Self::default() }
    }

    /// What was gathered.
    pub(crate) fn finish(mut self) -> Reading {
        let readable = self.reading.fences.iter().flat_map(aside::texts);
        self.reading.asides.extend(readable);
        self.reading
    }
}

impl Reader<'_> {
    /// Takes an event outside code.
    pub(crate) fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text(&text, range.start),
            Event::SoftBreak | Event::HardBreak => self.text(" ", range.start),
            Event::Code(code) => {
                if let Some(heading) = self.heading() {
                    heading.text.push_str(&code);
                }
                self.text(CODE, range.start);
                self.reading.codes.push(code.to_string());
            }
            Event::Html(html) => {
                if let Some(open) = &mut self.html {
                    open.push(&html, range.start);
                }
            }
            Event::InlineHtml(html) => self.inline_html(&html, range.start),
            Event::FootnoteReference(name) => {
                if let Some(block) = self.block() {
                    block.references.push(name.to_string());
                }
                self.reading.footnotes.references.push((name.to_string(), range.start));
            }
            Event::Rule => {
                self.begin(Kind::Other);
                self.open.pop();
            }
            Event::TaskListMarker(_) | Event::InlineMath(_) | Event::DisplayMath(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Paragraph if self.inside_item() => self.text("\n", range.start),
            Tag::Paragraph | Tag::DefinitionListTitle | Tag::DefinitionListDefinition => {
                self.begin(Kind::Paragraph);
            }
            Tag::Heading { level, id, .. } => {
                self.begin(Kind::Heading(level as usize));
                self.reading.headings.push(Heading { text: String::new(), id: id.map(|id| id.to_string()) });
            }
            Tag::List(_) => {
                let before = self.reading.blocks.len().checked_sub(1);
                self.intros.push(before.filter(|&at| self.reading.blocks[at].kind == Kind::Paragraph));
            }
            Tag::Item => self.begin(Kind::Item(self.intros.last().copied().flatten())),
            Tag::Table(_) => self.begin(Kind::Table),
            Tag::BlockQuote(_) => self.quoting.push(None),
            Tag::FootnoteDefinition(name) => {
                self.footnote = true;
                let name = name.to_string();
                let text = self.chapter[range.clone()].to_owned();
                self.reading.footnotes.definitions.push(Definition { name, at: range.start, text });
            }
            Tag::HtmlBlock => self.html = Some(Mapped::default()),
            Tag::Link { link_type: LinkType::Autolink | LinkType::Email, .. } => {}
            Tag::Link { dest_url, .. } => self.link(dest_url.to_string(), &range, None),
            Tag::Image { dest_url, .. } => {
                self.link(dest_url.to_string(), &range, Some(String::new()));
                self.image = Some(Mapped::default());
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph if self.inside_item() => {}
            TagEnd::Paragraph
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Heading(_)
            | TagEnd::Item
            | TagEnd::Table => {
                self.open.pop();
            }
            TagEnd::List(_) => {
                self.intros.pop();
            }
            TagEnd::TableCell => {
                if let Some(block) = self.block() {
                    let end = block.text.in_file(block.text.text().len());
                    block.text.push("\n", end);
                }
            }
            TagEnd::BlockQuote(_) => {
                self.quoting.pop();
            }
            TagEnd::FootnoteDefinition => self.footnote = false,
            TagEnd::HtmlBlock => {
                let html = self.html.take().unwrap_or_default();
                self.begin(Kind::Other);
                self.open.pop();
                if let Some(block) = self.reading.blocks.last_mut() {
                    block.classes = classes(html.text());
                }
                self.reading.asides.extend(aside::between_tags(&html));
                self.inline_of = None;
                self.reading.html.push(html);
            }
            TagEnd::Image => {
                let text = self.image.take().unwrap_or_default();
                if let Some(link) = self.reading.links.last_mut() {
                    link.alternative = Some(text.text().to_owned());
                }
                self.reading.asides.push(text);
            }
            _ => {}
        }
    }

    fn begin(&mut self, kind: Kind) {
        self.open.push(self.reading.blocks.len());
        self.reading.blocks.push(Block {
            kind,
            text: Mapped::default(),
            quoted: self.quoting.contains(&Some(true)),
            footnote: self.footnote,
            references: Vec::new(),
            classes: Vec::new(),
        });
    }

    /// Takes the beginning of a fence or of an indented block.
    pub(crate) fn code_block(&mut self, range: &Range<usize>, kind: &CodeBlockKind<'_>) {
        self.begin(Kind::Code(self.reading.fences.len()));
        self.open.pop();
        let info = if let CodeBlockKind::Fenced(info) = kind { info.to_string() } else { String::new() };
        self.reading.fences.push(Fence { range: range.clone(), info, text: Mapped::default() });
    }

    /// Takes a piece of the code block that began last.
    pub(crate) fn code(&mut self, text: &str, at: usize) {
        if let Some(fence) = self.reading.fences.last_mut() {
            fence.text.push(text, at);
        }
    }

    fn text(&mut self, text: &str, at: usize) {
        if let Some(image) = &mut self.image {
            image.push(text, at);
            return;
        }
        if text != CODE
            && let Some(heading) = self.heading()
        {
            heading.text.push_str(text);
        }
        self.decide_quotes(text);
        let quoted = self.quoting.contains(&Some(true));
        if let Some(block) = self.block() {
            block.quoted |= quoted;
            block.text.push(text, at);
        }
    }

    /// The first words of a block quote say whether it quotes somebody.
    fn decide_quotes(&mut self, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        let quoting = self.quotes.iter().any(|prefix| text.trim_start().starts_with(prefix.as_str()));
        for undecided in self.quoting.iter_mut().filter(|quote| quote.is_none()) {
            *undecided = Some(quoting);
        }
    }

    fn inline_html(&mut self, html: &str, at: usize) {
        if html.starts_with("<su") {
            self.text(" ", at);
        }
        if let Some(block) = self.block() {
            block.classes.extend(classes(html));
        }
        // The tags of one paragraph belong together: a drawing's title stands in another piece than its <svg>.
        let open = self.open.last().copied();
        match self.reading.html.last_mut() {
            Some(html_before) if open.is_some() && self.inline_of == open => html_before.push(html, at),
            _ => self.reading.html.push(Mapped::of(html, at)),
        }
        self.inline_of = open;
    }

    fn link(&mut self, to: String, range: &Range<usize>, alternative: Option<String>) {
        let at = self.chapter[range.clone()].rfind(&to).map_or(range.start, |found| range.start + found);
        self.reading.links.push(Link { at, to, alternative });
    }

    fn block(&mut self) -> Option<&mut Block> {
        let open = *self.open.last()?;
        self.reading.blocks.get_mut(open)
    }

    fn heading(&mut self) -> Option<&mut Heading> {
        let open = *self.open.last()?;
        let inside = matches!(self.reading.blocks.get(open)?.kind, Kind::Heading(_));
        if inside { self.reading.headings.last_mut() } else { None }
    }

    fn inside_item(&self) -> bool {
        self.open.last().is_some_and(|&open| matches!(self.reading.blocks[open].kind, Kind::Item(_)))
    }
}

fn classes(html: &str) -> Vec<String> {
    tags(html)
        .iter()
        .filter_map(|tag| tag.attribute("class"))
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect()
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
            "# 제목 `코드`\n\n앞\n뒤\n\n- 하나\n\n  둘\n  - 안쪽\n- 셋\n\n| 가 | 나 |\n|---|---|\n| 1 | 2 |\n\n```toml quiz\n```\n<p>\n",
        );
        let expected = [
            (Kind::Heading(1), format!("제목 {CODE}")),
            (Kind::Paragraph, "앞 뒤".to_owned()),
            (Kind::Item(Some(1)), "\n하나\n둘".to_owned()),
            (Kind::Item(None), "안쪽".to_owned()),
            (Kind::Item(Some(1)), "\n셋".to_owned()),
            (Kind::Table, "가\n나\n1\n2\n".to_owned()),
            (Kind::Code(0), String::new()),
            (Kind::Other, String::new()),
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
