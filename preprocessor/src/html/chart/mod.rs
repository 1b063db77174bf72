//! A drawing of a block's runs: SVG with attributes alone, because a strict content security policy allows no style.
//! Knows blocks, what charts see in runs, and strings.
//!
//! The first group holds the axis, which depends on the block alone, the second one the marks, the third one a line for
//! the reader's guess. The page's script copies the drawing and puts marks of the reader's own runs into the copy.

mod dots;
mod lanes;

use super::{Shown, escape};
use crate::{
    block::Block,
    claim::{Expression, Function},
    figure::{Observed, coordinate, init, middle_and_tail, ms},
    recording::Recorded,
    syntax::Chart,
};

/// Units across; a drawing is as wide as there is room, up to a limit of the stylesheet.
const WIDTH: f64 = 300.0;
/// Units from one row to the next.
const ROW: f64 = 14.0;

/// The chart of a block that asks for one: with its recorded runs and what they come to in words, or hidden and empty
/// when there are none.
pub(super) fn chart_html(block: &Block, shown: Shown<'_>) -> String {
    let Some(chart) = block.attributes.chart else { return String::new() };
    let Recorded::Current(recording) = shown.recorded else {
        let nothing = Observed { runs: &[], names: &shown.settings.claims };
        return format!("<div hidden>{}</div>", drawing(block, chart, nothing, shown));
    };
    let observed = Observed { runs: &recording.runs, names: &shown.settings.claims };
    let words = match chart {
        Chart::Dots => dots_words(observed, shown),
        Chart::Lanes => lanes_words(observed, shown),
    };
    format!("{}<p class=\"live-note\">{}</p>", drawing(block, chart, observed, shown), escape(&words))
}

fn drawing(block: &Block, chart: Chart, observed: Observed<'_>, shown: Shown<'_>) -> String {
    let rows = block.demo.repeat;
    let (name, label, foot, axis, marks) = match chart {
        Chart::Dots => ("dots", "dotsOf", 14.0, dots::axis(rows), dots::marks(observed)),
        Chart::Lanes => ("lanes", "lanesOf", 0.0, lanes::axis(rows), lanes::marks(observed)),
    };
    // A guess about ms is a line across the axis of ms, any other a line below as many rows.
    let about_time = block.claims.first().is_some_and(
        |claim| matches!(claim.expr.left_side(), Expression::Call { call, .. } if *call != Function::Count),
    );
    let guess = match &block.attributes.predict {
        Some(predict) if chart == Chart::Dots || !about_time => format!(" data-guess=\"{predict}\""),
        _ => String::new(),
    };
    let time = if about_time && chart == Chart::Dots { " time" } else { "" };
    let numbers: String =
        (0..rows).map(|row| text(10.0, row_top(row) + 10.0, &(row + 1).to_string())).collect();
    format!(
        "<svg class=\"live-chart {name}{time}\"{guess} role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {WIDTH} {}\" \
         font-size=\"11\" fill=\"currentColor\" text-anchor=\"middle\"><g>{axis}{numbers}</g><g>{marks}</g><g></g></svg>",
        escape(&shown.strings.fill(label, &[&block.caption])),
        coordinate(row_top(rows) + foot)
    )
}

fn dots_words(observed: Observed<'_>, shown: Shown<'_>) -> String {
    let totals = |cold: bool| {
        observed.runs.iter().filter(|run| observed.cold(run) == Some(cold)).map(|run| run.total).collect()
    };
    let lists: [Vec<f64>; 3] = [totals(false), totals(true), observed.runs.iter().filter_map(init).collect()];
    let values: Vec<String> = lists
        .into_iter()
        .flat_map(|list| {
            let length = list.len().to_string();
            let (middle, tail) = middle_and_tail(list).map_or_else(Default::default, |(a, b)| (ms(a), ms(b)));
            let or_dash = |text: String| if text.is_empty() { "–".to_owned() } else { text };
            [length, or_dash(middle), or_dash(tail)]
        })
        .collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    shown.strings.fill("dots", &values)
}

fn lanes_words(observed: Observed<'_>, shown: Shown<'_>) -> String {
    let stays = observed.stays();
    let lanes = stays.iter().map(|stay| stay.lane + 1).max().unwrap_or(0).to_string();
    let end = stays.iter().map(|stay| stay.until).fold(0.0, f64::max);
    match observed.reached() {
        Some(reached) => {
            let reached = shown.strings.fill("reached", &[&reached.to_string()]);
            format!("{reached}. {}", shown.strings.fill("lanes", &[&lanes, &ms(end)]))
        }
        None => shown.strings.fill("lanesInOrder", &[&lanes]),
    }
}

fn row_top(row: u32) -> f64 {
    ROW * f64::from(row)
}

/// A shape that begins at a point; `way` is the rest of its path.
fn path(name: &str, x: f64, y: f64, way: &str) -> String {
    format!("<path class=\"live-{name}\" d=\"M{} {}{way}\"></path>", coordinate(x), coordinate(y))
}

/// A line along a row, and what it begins or ends with: a triangle for a cold start, a dot for a warm one.
fn mark(row: f64, line: (f64, f64), at: f64, cold: bool) -> String {
    let line = path("stay", line.0, row + 5.0, &format!("H{}", coordinate(line.1)));
    let sign =
        if cold { path("cold", at, row, "l6 11h-12z") } else { path("warm", at, row, "a5 5 0 1 1-.1 0") };
    line + &sign
}

fn text(x: f64, y: f64, words: &str) -> String {
    format!("<text x=\"{}\" y=\"{}\">{words}</text>", coordinate(x), coordinate(y))
}
