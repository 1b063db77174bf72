//! Where readers sign in: a place for the script's buttons, and what the script must know.
//! Knows settings and strings.

use serde::Serialize;

use super::escape;
use crate::{
    settings::{Settings, SignIn},
    strings::Strings,
};

#[derive(Serialize)]
struct SignInData<'a> {
    /// The file that names issuer, client and scope.
    config: Option<&'a str>,
    /// Where the issuer sends readers back to.
    page: &'a str,
    /// Words for this place alone: other chapters need not carry them.
    strings: Strings,
}

/// What stands in the place of `<div class="live-sign-in"></div>`: one line. Without a script it says that it needs one.
///
/// # Errors
/// Never in practice: all of it is text.
pub(crate) fn sign_in_html(
    sign_in: &SignIn,
    settings: &Settings,
    strings: &Strings,
) -> Result<String, serde_json::Error> {
    let data = SignInData {
        config: settings.config.as_deref(),
        page: &sign_in.page,
        strings: strings.for_signing_in(),
    };
    let data = escape(&serde_json::to_string(&data)?);
    let say = |key| escape(&strings.fill(key, &[]));
    Ok(format!(
        "<div class=\"live live-sign-in\" id=\"live-sign-in\" role=\"group\" aria-labelledby=\"live-sign-in-caption\" \
         data-sign-in=\"{data}\"><p class=\"live-caption\" id=\"live-sign-in-caption\">{}</p>\
         <div class=\"live-say\" role=\"status\">{}</div><p class=\"live-buttons\"></p></div>",
        say("signInCaption"),
        say("signInNoScript"),
    ))
}
