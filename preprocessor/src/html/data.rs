//! The `data-block` attribute: everything the page's script needs to know of one block, as JSON.
//! Knows blocks.

use serde::Serialize;

use crate::{
    block::{Block, Need},
    claim::Claim,
    syntax::{Assert, Capture, Chart, Request},
};

#[derive(Serialize)]
struct BlockData<'a> {
    id: &'a str,
    caption: &'a str,
    request: &'a Request,
    repeat: u32,
    delay: u64,
    parallel: u32,
    readonly: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    only: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    predict: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chart: Option<Chart>,
    status: Option<u16>,
    headers: &'a [(String, String)],
    captures: &'a [Capture],
    asserts: &'a [Assert],
    claims: &'a [Claim],
    needs: &'a [Need],
}

/// One line of JSON.
///
/// # Errors
/// A number that JSON cannot hold; the parser lets none through.
pub(super) fn block_data(block: &Block) -> Result<String, serde_json::Error> {
    let (attributes, demo) = (&block.attributes, &block.demo);
    serde_json::to_string(&BlockData {
        id: &attributes.id,
        caption: &block.caption,
        request: &demo.request,
        repeat: demo.repeat,
        delay: demo.delay,
        parallel: attributes.parallel,
        readonly: attributes.readonly,
        only: block.base.as_deref(),
        predict: attributes.predict.as_deref(),
        chart: attributes.chart,
        status: demo.status,
        headers: &demo.headers,
        captures: &demo.captures,
        asserts: &demo.asserts,
        claims: &block.claims,
        needs: &block.needs,
    })
}
