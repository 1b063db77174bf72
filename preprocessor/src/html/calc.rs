//! A calculator: what its presets come to as a table, and inputs that stay hidden until the script takes them over.
//! Knows lessons and strings.

use serde_json::{Value, json};

use super::{
    Around, escape,
    escape::rich,
    parts::{Table, caption, exact, origin},
};
use crate::{
    figure::{grouped, with_unit},
    lesson::{Calc, Input, Shown},
};

/// What the script needs: names, formulas as trees, and how each number is written.
pub(super) fn calc_data(calc: &Calc) -> Value {
    let names: Vec<_> = calc.inputs.iter().map(|input| &input.name.text).collect();
    let results: Vec<_> = calc
        .results
        .iter()
        .map(|result| json!({ "name": result.name.text, "expr": result.formula.formula }))
        .collect();
    let found = calc
        .results
        .iter()
        .map(|result| json!({ "expr": { "name": result.name.text }, "format": format(&result.shown) }));
    let met = calc.crossings.iter().filter_map(|crossing| {
        let (index, input) = calc.moved(crossing)?;
        let expr = &crossing.difference.formula;
        Some(json!({ "input": index, "low": input.min, "high": input.max, "expr": expr, "format": format(&crossing.shown) }))
    });
    let presets: Vec<_> = calc.presets.iter().map(|preset| calc.chosen(preset)).collect();
    json!({
        "names": calc.used(),
        "inputs": names,
        "results": results,
        "shown": found.chain(met).collect::<Vec<_>>(),
        "presets": presets,
    })
}

/// Options of `Intl.NumberFormat`.
fn format(shown: &Shown) -> Value {
    let mut format = json!({
        "minimumFractionDigits": shown.digits,
        "maximumFractionDigits": shown.digits,
        "signDisplay": "negative",
    });
    if shown.unit == "$" {
        format["style"] = json!("currency");
        format["currency"] = json!("USD");
    }
    format
}

/// The inside of the element.
pub(super) fn calc_html(id: &str, calc: &Calc, around: Around<'_>) -> String {
    format!(
        "<div role=\"group\" aria-labelledby=\"live-{id}-caption\">{}{}{}{}</div>",
        caption(id, &calc.caption.text),
        controls(calc, around),
        presets(calc, around),
        origin(false, "", (!calc.constants.origin.date.is_empty()).then_some(&calc.constants.origin), around)
    )
}

/// Buttons of the presets, inputs and their results; useless without a script.
fn controls(calc: &Calc, around: Around<'_>) -> String {
    let buttons: String = calc
        .presets
        .iter()
        .map(|preset| format!("<button type=\"button\">{}</button>", rich(&preset.text.text)))
        .collect();
    let inputs: String = calc
        .inputs
        .iter()
        .map(|Input { text, unit, value, min, max, .. }| {
            let range = around.say("range", &[&exact(*min), &exact(*max)]);
            format!(
                "<label>{} {range}<input type=\"number\" inputmode=\"decimal\" step=\"any\" required min=\"{min}\" max=\"{max}\" value=\"{value}\"></label>",
                labelled(&text.text, unit),
            )
        })
        .collect();
    let results: String = names(calc)
        .zip(numbers(calc, &calc.first(), around))
        .map(|(shown, number)| {
            format!(
                "<li aria-atomic=\"true\">{}: <b>{number}</b></li>",
                labelled(&shown.text.text, unit_beside(shown))
            )
        })
        .collect();
    format!(
        "<div hidden><p class=\"live-presets\">{buttons}</p><div class=\"live-inputs\">{inputs}</div>\
         <ul class=\"live-answer\" aria-live=\"polite\">{results}</ul></div>"
    )
}

/// One row per preset: the inputs that presets set, then every result.
fn presets(calc: &Calc, around: Around<'_>) -> String {
    let set = |index: usize| {
        calc.presets
            .iter()
            .any(|preset| preset.set.iter().any(|(name, _)| *name.text == calc.inputs[index].name.text))
    };
    let (moved, kept): (Vec<usize>, Vec<usize>) = (0..calc.inputs.len()).partition(|index| set(*index));
    let mut table = Table::new(&around.say("presets", &[]));
    for index in &moved {
        table.column(&rich(&calc.inputs[*index].text.text));
    }
    for shown in names(calc) {
        table.column(&labelled(&shown.text.text, unit_beside(shown)));
    }
    for preset in &calc.presets {
        let values = calc.chosen(preset);
        let inputs =
            moved.iter().map(|index| escape(&with_unit(&exact(values[*index]), &calc.inputs[*index].unit)));
        table.row(&rich(&preset.text.text), inputs.chain(numbers(calc, &values, around)));
    }
    let kept: Vec<String> = kept
        .into_iter()
        .map(|index| &calc.inputs[index])
        .map(|input| {
            format!("{} {}", rich(&input.text.text), escape(&with_unit(&exact(input.value), &input.unit)))
        })
        .collect();
    let kept = if kept.is_empty() {
        String::new()
    } else {
        format!("<p class=\"live-note\">{}: {}</p>", around.say("kept", &[]), kept.join(", "))
    };
    format!("{}{kept}", table.html(&around.say("presetsOf", &[&calc.caption.text])))
}

/// How every computed number is shown: results, then crossings.
fn names(calc: &Calc) -> impl Iterator<Item = &Shown> {
    calc.results
        .iter()
        .map(|result| &result.shown)
        .chain(calc.crossings.iter().map(|crossing| &crossing.shown))
}

/// Every computed number for these inputs, in the same order, as the page's script writes it.
fn numbers(calc: &Calc, inputs: &[f64], around: Around<'_>) -> Vec<String> {
    let results = calc.solve(inputs).unwrap_or_default();
    let written = |value: f64, shown: &Shown| {
        let number = grouped(value, shown.digits);
        match number.strip_prefix('-') {
            Some(number) if shown.unit == "$" => format!("-${number}"),
            None if shown.unit == "$" => format!("${number}"),
            _ => number,
        }
    };
    let found = calc.results.iter().zip(results).map(|(result, value)| written(value, &result.shown));
    let met = calc.crossings.iter().map(|crossing| match calc.meet(inputs, crossing) {
        Ok(Some(at)) => written(at, &crossing.shown),
        Ok(None) => around.say("noMeeting", &[]),
        Err(_) => "–".to_owned(),
    });
    found.chain(met).collect()
}

/// Money is written with its sign; any other unit stands beside the name, where it is read once.
fn unit_beside(shown: &Shown) -> &str {
    if shown.unit == "$" { "" } else { &shown.unit }
}

fn labelled(text: &str, unit: &str) -> String {
    if unit.is_empty() { rich(text) } else { format!("{}({})", rich(text), escape(unit)) }
}
