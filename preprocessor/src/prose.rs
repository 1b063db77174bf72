//! Finds emphasis marks that stayed literal: a closing `**` between punctuation and Hangul does not close.
//! Knows Markdown events, [`Mapped`] and [`Fault`].

use std::ops::Range;

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::{reading::Mapped, syntax::Fault};

/// Looks at the text events of one chapter.
///
/// Text inside code, HTML and metadata is not prose. Neighbouring text events are joined first, because Markdown
/// hands out `**` in pieces.
#[derive(Debug, Default)]
pub(crate) struct Prose {
    not_prose: usize,
    joined: Mapped,
}

impl Prose {
    pub(crate) fn event(
        &mut self,
        chapter: &str,
        event: &Event<'_>,
        range: Range<usize>,
        faults: &mut Vec<Fault>,
    ) {
        match event {
            Event::Start(Tag::Strikethrough) if !chapter[range.start..].starts_with("~~") => {
                faults.push(Fault::new(
                    range.start,
                    "물결표 두 개 사이가 취소선이 되었다. 하나를 `\\~`로 쓰거나 문장을 나눈다.",
                ));
            }
            Event::Text(text) if self.not_prose == 0 => {
                self.joined.push(text, range.start);
                return;
            }
            Event::Start(Tag::HtmlBlock | Tag::MetadataBlock(_)) => self.not_prose += 1,
            Event::End(TagEnd::HtmlBlock | TagEnd::MetadataBlock(_)) => {
                self.not_prose = self.not_prose.saturating_sub(1);
            }
            _ => {}
        }
        self.finish(faults);
    }

    /// Judges the text collected so far.
    pub(crate) fn finish(&mut self, faults: &mut Vec<Fault>) {
        let marks: &[&str] =
            if self.joined.text().contains(['*', '_', '~']) { &["**", "__", "~~"] } else { &[] };
        for mark in marks {
            if let Some(at) = self.joined.text().find(*mark) {
                faults.push(Fault::new(self.joined.in_file(at), advice(mark)));
            }
        }
        self.joined.clear();
    }
}

fn advice(mark: &str) -> String {
    let remedy = match mark {
        "**" => {
            "닫는 `**` 바로 앞의 문장 부호를 밖으로 빼거나(`**서버리스**(Serverless)는`) <strong>을 쓴다."
        }
        "__" => "`__` 대신 `**`를 쓰고, 밑줄 자체를 보이려면 백틱으로 감싼다.",
        _ => "닫는 `~~` 바로 앞의 문장 부호를 밖으로 뺀다.",
    };
    format!("`{mark}`가 글자 그대로 보인다. {remedy}")
}
