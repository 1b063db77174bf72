//! Numbers of a dated data file as bars, drawn once and for all when the book is built, with the table beside them.
//! Knows lessons and strings.

use super::{
    Around, escape,
    escape::rich,
    parts::{Table, caption, exact, origin},
};
use crate::{
    figure::{coordinate, with_unit},
    lesson::Bars,
};

/// Units across, where bars begin, and how long the longest is.
const WIDTH: f64 = 300.0;
const LEFT: f64 = 56.0;
const LONGEST: f64 = 190.0;
/// Units from one bar to the next, and from one row's name to its first bar.
const STEP: f64 = 15.0;
const NAME: f64 = 18.0;
/// How strong the bars of each column are; their names stand beside them.
const STRENGTH: [&str; 4] = ["1", ".55", ".35", ".2"];

/// The whole figure.
pub(super) fn bars_html(id: &str, bars: &Bars, around: Around<'_>) -> String {
    let mut table = Table::new("");
    for column in &bars.columns {
        table.column(&rich(&column.text.text));
    }
    for (name, numbers) in &bars.series.rows {
        let cells = bars.columns.iter().filter_map(|column| numbers.get(&column.name.text));
        table.row(&rich(&name.text), cells.map(|number| escape(&with_unit(&exact(*number), &bars.unit))));
    }
    let series = &bars.series;
    format!(
        "<div class=\"live\" id=\"live-{id}\"><div role=\"group\" aria-labelledby=\"live-{id}-caption\">{}{}{}\
         <details><summary>{}</summary>{}</details></div></div>",
        caption(id, &bars.caption.text),
        drawing(bars, around),
        origin(series.recorded, &series.place, Some(&series.origin), around),
        around.say("asTable", &[]),
        table.html(&around.say("tableOf", &[&bars.caption.text]))
    )
}

fn drawing(bars: &Bars, around: Around<'_>) -> String {
    let numbers = || {
        bars.series
            .rows
            .iter()
            .flat_map(|(_, numbers)| bars.columns.iter().filter_map(|column| numbers.get(&column.name.text)))
    };
    let most = numbers().copied().fold(f64::MIN_POSITIVE, f64::max);
    let mut shapes = String::new();
    let mut y = 0.0;
    for (name, numbers) in &bars.series.rows {
        shapes.push_str(&format!(
            "<text x=\"0\" y=\"{}\" font-weight=\"700\">{}</text>",
            coordinate(y + 13.0),
            escape(&name.text.replace('`', ""))
        ));
        y += NAME;
        for (column, strength) in bars.columns.iter().zip(STRENGTH) {
            let Some(number) = numbers.get(&column.name.text) else { continue };
            let length = number / most * LONGEST;
            shapes.push_str(&format!(
                "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\
                 <rect x=\"{LEFT}\" y=\"{}\" width=\"{}\" height=\"11\" opacity=\"{strength}\"></rect>\
                 <text x=\"{}\" y=\"{}\">{}</text>",
                coordinate(LEFT - 4.0),
                coordinate(y + 9.5),
                escape(&column.text.text),
                coordinate(y),
                coordinate(length),
                coordinate(LEFT + length + 4.0),
                coordinate(y + 9.5),
                escape(&with_unit(&exact(*number), &bars.unit)),
            ));
            y += STEP;
        }
        y += 4.0;
    }
    format!(
        "<svg class=\"live-chart\" role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {WIDTH} {}\" font-size=\"11\" \
         fill=\"currentColor\">{shapes}</svg>",
        around.say("barsOf", &[&bars.caption.text]),
        coordinate(y)
    )
}
