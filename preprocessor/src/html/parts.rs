//! What figures have in common: a caption, a table that scrolls by itself, the origin of their numbers.
//! Knows strings.

use super::{Around, escape, escape::rich};
use crate::{figure::grouped, lesson::Origin};

/// The name of a figure, which its group refers to.
pub(super) fn caption(id: &str, text: &str) -> String {
    format!("<p class=\"live-caption\" id=\"live-{id}-caption\">{}</p>", rich(text))
}

/// A number as it was written, with commas.
pub(super) fn exact(value: f64) -> String {
    let digits = value.to_string().split_once('.').map_or(0, |(_, fraction)| fraction.len());
    grouped(value, digits)
}

/// Where the numbers of a figure come from, behind a badge that says whether anybody measured them.
pub(super) fn origin(recorded: bool, place: &str, origin: Option<&Origin>, around: Around<'_>) -> String {
    let badge = around.say(if recorded { "badgeRecorded" } else { "badgeModel" }, &[]);
    let words: Vec<&str> = match origin {
        Some(Origin { date, source }) => {
            [date.as_str(), place, source].into_iter().filter(|word| !word.is_empty()).collect()
        }
        None => Vec::new(),
    };
    format!(
        "<p class=\"live-note\"><span class=\"live-badge\">{badge}</span>{}</p>",
        escape(&words.join(" · "))
    )
}

/// A table whose first column names the rows. All texts are HTML.
pub(super) struct Table {
    head: String,
    rows: String,
}

impl Table {
    /// `corner` stands above the names of the rows; where it would say nothing, no heading may claim to.
    pub fn new(corner: &str) -> Self {
        let mut table = Self { head: String::new(), rows: String::new() };
        if corner.is_empty() {
            table.head.push_str("<td></td>");
        } else {
            table.column(corner);
        }
        table
    }

    pub fn column(&mut self, name: &str) {
        self.head.push_str(&format!("<th scope=\"col\">{name}</th>"));
    }

    pub fn row(&mut self, name: &str, cells: impl IntoIterator<Item = String>) {
        let cells: String = cells.into_iter().map(|cell| format!("<td>{cell}</td>")).collect();
        self.rows.push_str(&format!("<tr><th scope=\"row\">{name}</th>{cells}</tr>"));
    }

    /// The table in a region of its own name, which a keyboard can scroll.
    pub fn html(&self, name: &str) -> String {
        format!(
            "<div class=\"live-scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{name}\">\
             <table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>",
            self.head, self.rows
        )
    }
}
