//! The `live-config` element, once per chapter before its first block: what the script cannot know by itself.
//! Knows settings and strings.

use std::collections::BTreeMap;

use serde::Serialize;

use super::escape;
use crate::{
    claim::Alias,
    settings::{HeaderValue, Language, Settings},
    strings::Strings,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Configuration<'a> {
    api: &'a str,
    /// The part of `api` that readers see and edit: `api` itself unless it has a scheme and a host.
    api_path: &'a str,
    language: Language,
    headers: Vec<Header<'a>>,
    claims: &'a BTreeMap<String, Alias>,
    strings: Strings,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<&'a str>,
    /// Name → path, and what readers are told where it does not answer.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    bases: BTreeMap<&'a str, [&'a str; 2]>,
}

#[derive(Serialize)]
struct Header<'a> {
    name: &'a str,
    value: &'a HeaderValue,
}

/// One line of HTML.
///
/// # Errors
/// Never in practice: all of it is text.
pub fn configuration_html(settings: &Settings, strings: &Strings) -> Result<String, serde_json::Error> {
    let headers = settings.headers.iter().map(|(name, value)| Header { name, value }).collect();
    let json = serde_json::to_string(&Configuration {
        api: &settings.api,
        api_path: settings.api_path(),
        language: settings.language,
        headers,
        claims: &settings.claims,
        strings: strings.for_every_page(),
        config: settings.config.as_deref(),
        bases: settings
            .bases
            .iter()
            .map(|(name, base)| (name.as_str(), [base.path.as_str(), base.absent.as_str()]))
            .collect(),
    })?;
    Ok(format!(r#"<div class="live-config" hidden data-config="{}"></div>"#, escape(&json)))
}
