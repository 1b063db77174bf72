//! A chapter's text with a widget in the place of every fence.
//! Knows where the fences stand and who writes each widget's HTML; the text between them stays as it is.

use std::ops::Range;

use mdbook_preprocessor::errors::Result;

use crate::{
    assets,
    book::ChapterBlocks,
    html::{Around, Shown, block_html, configuration_html, lesson_html, progress_html, sign_in_html},
    recording::Recorded,
    settings::{Assets, Settings},
    strings::Strings,
};

/// What every chapter with widgets shares: made once for a book.
pub struct Common<'a> {
    settings: &'a Settings,
    strings: &'a Strings,
    configuration: String,
    /// Where readers sign in, when the book says how.
    sign_in: Option<String>,
}

impl<'a> Common<'a> {
    /// # Errors
    /// The configuration cannot be written as JSON.
    pub fn of(settings: &'a Settings, strings: &'a Strings) -> Result<Self> {
        let configuration = configuration_html(settings, strings)?;
        let sign_in = settings.sign_in.as_ref();
        let sign_in = sign_in.map(|sign_in| sign_in_html(sign_in, settings, strings)).transpose()?;
        Ok(Self { settings, strings, configuration, sign_in })
    }
}

/// The chapter with its fences replaced; `None` when there is nothing to do.
///
/// # Errors
/// A widget's data cannot be written as JSON.
pub fn expand(
    content: &str,
    chapter: &ChapterBlocks,
    recorded: &[Recorded],
    common: &Common<'_>,
) -> Result<Option<String>> {
    let Common { settings, strings, configuration, sign_in } = common;
    if chapter.is_empty() {
        return Ok(None);
    }
    let around = Around { settings, strings, chapter, recorded };
    let mut widgets = Vec::with_capacity(chapter.blocks.len() + chapter.lessons.len());
    for ((range, block), recorded) in chapter.blocks.iter().zip(recorded) {
        let html = block_html(block, Shown { settings, strings, recorded })?;
        widgets.push((range, html + &end_of_html(content, range)));
    }
    for lesson in &chapter.lessons {
        widgets.push((&lesson.range, lesson_html(lesson, around)? + &end_of_html(content, &lesson.range)));
    }
    // These stand in the author's own HTML, which has an end.
    widgets.extend(chapter.progress.iter().map(|range| (range, progress_html(strings))));
    widgets.extend(chapter.sign_in.iter().zip(sign_in.clone()));
    widgets.sort_by_key(|(range, _)| range.start);
    let inline = settings.assets == Assets::Inline;
    let assets = inline.then(|| assets::inline_html(chapter.sign_in.is_some()));
    let fixed = configuration.len() + assets.as_ref().map_or(0, String::len);
    let widgets_length: usize = widgets.iter().map(|(_, html)| html.len()).sum();
    let mut expanded = String::with_capacity(content.len() + widgets_length + fixed + 8);
    let mut copied = 0;
    for (index, (range, html)) in widgets.iter().enumerate() {
        expanded.push_str(&content[copied..range.start]);
        if index == 0 {
            expanded.push_str(configuration);
        }
        expanded.push_str(html);
        copied = range.end;
    }
    expanded.push_str(&content[copied..]);
    if let Some(assets) = assets {
        expanded.push_str("\n\n");
        expanded.push_str(&assets);
        expanded.push('\n');
    }
    Ok(Some(expanded))
}

/// What ends the HTML block in Markdown: nothing when a blank line follows anyway; otherwise a blank line inside the
/// same quotes, or the next line of the author's text would become part of the HTML.
fn end_of_html(content: &str, range: &Range<usize>) -> String {
    let start = content[..range.start].rfind('\n').map_or(0, |feed| feed + 1);
    let quotes = content[start..range.start].matches('>').count();
    let mut lines = content[range.end..].split('\n').skip(1);
    let blank = lines.next().is_none_or(|line| {
        line.matches('>').count() <= quotes && line.chars().all(|c| c == '>' || c.is_whitespace())
    });
    if blank { String::new() } else { format!("\n{}", "> ".repeat(quotes).trim_end()) }
}
