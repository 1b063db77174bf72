//! One block as one line of HTML: caption, request, expected answer, checks, recorded answer.
//! Knows blocks, recordings and strings.

use super::{data::block_data, escape, recorded::recorded_html};
use crate::{block::Block, recording::Recorded, settings::Settings, strings::Strings};

/// What a block's HTML needs beside the block.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The book's settings.
    pub settings: &'a Settings,
    /// The words around the block.
    pub strings: &'a Strings,
    /// The book's recording of the block.
    pub recorded: &'a Recorded,
}

/// One line of HTML that begins with a block-level element and holds no line feed.
///
/// # Errors
/// A number that JSON cannot hold; the parser lets none through.
pub fn block_html(block: &Block, shown: Shown<'_>) -> Result<String, serde_json::Error> {
    let id = block.id();
    let data = escape(&block_data(block)?);
    let caption = escape(&block.caption);
    let request = escape(&block.shown_request(shown.settings));
    let expect = escape(&shown.strings.fill("expect", &[]));
    let status = block.demo.status.map_or_else(
        || escape(&shown.strings.fill("expectAny", &[])),
        |code| format!("<code>HTTP {code}</code>"),
    );
    let repeat = repeat(block, shown.strings);
    let absent = block.base.as_ref().and_then(|name| shown.settings.bases.get(name));
    let absent = absent
        .map_or_else(String::new, |base| format!("<p class=\"live-note\">{}</p>", escape(&base.absent)));
    let signed_in = match block.tokens.is_empty() {
        true => String::new(),
        false => format!(
            "<p class=\"live-note live-needs\">{}</p>",
            escape(&shown.strings.fill("needsSignIn", &[]))
        ),
    };
    let mut key = format!("<p class=\"live-expect\">{expect} {status}</p>{}", checks(block));
    if block.attributes.predict.is_some() {
        let summary = escape(&shown.strings.fill("expectAndClaims", &[]));
        key = format!("<details class=\"live-key\"><summary>{summary}</summary>{key}</details>");
    }
    let recorded = recorded_html(block, shown);
    Ok(format!(
        "<div class=\"live\" id=\"live-{id}\">\
         <live-request data-block=\"{data}\" role=\"group\" aria-labelledby=\"live-{id}-caption\">\
         <p class=\"live-caption\" id=\"live-{id}-caption\">{caption}</p>\
         <pre class=\"live-text\"><code class=\"language-http\">{request}</code></pre>\
         {absent}{signed_in}{repeat}{key}{recorded}\
         </live-request></div>"
    ))
}

/// How often the request is sent, when that is more than once.
fn repeat(block: &Block, strings: &Strings) -> String {
    let (repeat, parallel) = (block.demo.repeat.to_string(), block.attributes.parallel.to_string());
    let text = match (block.demo.repeat, block.attributes.parallel) {
        (..=1, _) => return String::new(),
        (_, ..=1) => strings.fill("repeatInTurn", &[&repeat]),
        _ => strings.fill("repeatAtOnce", &[&repeat, &parallel]),
    };
    format!("<p class=\"live-repeat\">{}</p>", escape(&text))
}

/// Expected headers, asserts and claims, in this order.
fn checks(block: &Block) -> String {
    let mut items = String::new();
    for (index, (name, value)) in block.demo.headers.iter().enumerate() {
        items.push_str(&format!(
            "<li data-header=\"{index}\"><code>{}: {}</code></li>",
            escape(name),
            escape(value)
        ));
    }
    for (index, assert) in block.demo.asserts.iter().enumerate() {
        items.push_str(&format!("<li data-check=\"{index}\"><code>{}</code></li>", escape(&assert.text)));
    }
    for (index, claim) in block.claims.iter().enumerate() {
        items.push_str(&format!("<li data-claim=\"{index}\"><code>{}</code></li>", escape(&claim.text)));
    }
    if items.is_empty() { items } else { format!("<ul class=\"live-checks\">{items}</ul>") }
}
