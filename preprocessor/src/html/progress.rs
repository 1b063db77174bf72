//! The way back to where a reader stopped, and the button that erases what the book has stored.
//! Knows strings.

use super::escape;
use crate::strings::Strings;

/// What stands in the place of `<div class="live-progress"></div>`; shown by the script.
pub(crate) fn progress_html(strings: &Strings) -> String {
    let say = |key| escape(&strings.fill(key, &[]));
    format!(
        "<div class=\"live live-progress\" hidden><p><a>{} </a></p>\
         <p><button>{}</button></p><div class=\"live-say\" role=\"status\"></div></div>",
        say("continue"),
        say("erase")
    )
}
