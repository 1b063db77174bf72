//! Turns the events of a chapter's Markdown into a [`Reading`].
//! Knows Markdown's events and the parts of a reading; judges nothing.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Tag, TagEnd};

use super::{Block, CODE, Definition, Fence, Heading, Kind, Link, Mapped, Reading, aside, tags};

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
                if let Some(block) = self.block() {
                    block.codes.push(code.to_string());
                }
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
                self.begin(Kind::Rule);
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
                self.begin(Kind::Html(self.reading.html.len()));
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
            codes: Vec::new(),
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
