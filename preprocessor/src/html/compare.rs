//! Blocks beside each other: the numbers of their recordings, and a place for those of the reader's own runs.
//! Knows lessons, recordings and strings.

use serde_json::{Value, json};

use super::{
    Around, escape,
    escape::rich,
    parts::{Table, caption, exact},
};
use crate::{
    claim::evaluate_number,
    lesson::{Compare, CompareColumn, CompareRow},
};

/// The blocks in order, and for every cell its block, its expression and how its number is written.
pub(super) fn compare_data(compare: &Compare) -> Value {
    let rows: Vec<_> = compare.rows.iter().map(|row| &row.block.text).collect();
    let cells = rows.iter().flat_map(|block| {
        compare.columns.iter().map(move |column| {
            json!({ "block": block, "expr": column.value, "format": { "maximumFractionDigits": 2, "signDisplay": "negative" } })
        })
    });
    json!({ "rows": rows, "shown": cells.collect::<Vec<_>>() })
}

/// The inside of the element.
pub(super) fn compare_html(id: &str, compare: &Compare, around: Around<'_>) -> String {
    let mut table = Table::new(&around.say("block", &[]));
    for CompareColumn { text, unit, .. } in &compare.columns {
        let unit = if unit.is_empty() { String::new() } else { format!("({})", escape(unit)) };
        table.column(&format!("{}{unit}", rich(&text.text)));
    }
    for row in &compare.rows {
        let name = format!("<a href=\"#live-{}\">{}</a>", row.block.text, rich(&row.text.text));
        table.row(
            &name,
            compare.columns.iter().map(|column| format!("{} <b></b>", recorded(row, column, around))),
        );
    }
    let mut seen: Vec<String> = Vec::new();
    for recording in compare.rows.iter().filter_map(|row| around.recording(&row.block.text)) {
        let place = format!("{} · {}", recording.date, recording.shown_place());
        if !seen.contains(&place) {
            seen.push(place);
        }
    }
    let note = if seen.is_empty() {
        around.say("recordingMissing", &[])
    } else {
        around.say("compared", &[&seen.join(", ")])
    };
    format!(
        "<div role=\"group\" aria-labelledby=\"live-{id}-caption\">{}\
         <div hidden><p class=\"live-buttons\"><button type=\"button\">{}</button></p>\
         <p class=\"live-say\" role=\"status\"></p></div>\
         <div aria-live=\"polite\">{}</div><p class=\"live-note\">{note}</p></div>",
        caption(id, &compare.caption.text),
        around.say("runAll", &[]),
        table.html(&around.say("tableOf", &[&compare.caption.text])),
    )
}

fn recorded(row: &CompareRow, column: &CompareColumn, around: Around<'_>) -> String {
    let runs_of = |other: Option<&str>| around.runs(other.unwrap_or(&row.block.text));
    let number = evaluate_number(&column.value, &around.settings.claims, &runs_of);
    number.map_or_else(|_| "–".to_owned(), |number| exact((number * 100.0).round() / 100.0))
}
