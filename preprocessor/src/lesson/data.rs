//! Dated data files below the book's source folder: numbers never stand without the day and the source they come from.
//! Knows TOML with spans, the names of formulas and [`Fault`]; which file is read is the preprocessor's business.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::{
    Fields, Text,
    fields::{document, number},
};
use crate::{formula::is_name, syntax::Fault};

/// Where numbers come from; always shown beside them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The day or days on which they were looked up or measured.
    pub date: String,
    /// Who published or measured them.
    pub source: String,
}

/// Unit prices and the like: every nested number under its dotted name, `lambda.request`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Constants {
    /// Where they come from.
    pub origin: Origin,
    /// Their values.
    pub numbers: BTreeMap<String, f64>,
}

impl Constants {
    /// Reads a data file.
    ///
    /// # Errors
    /// Every mistake, with its offset in the file.
    pub fn read(text: &str) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let Some(document) = document(text, &mut faults) else { return Err(faults) };
        let mut constants = Self::default();
        let mut words = BTreeMap::new();
        collect(document.get_ref(), "", &mut words, &mut constants.numbers, &mut faults);
        let mut word = |key: &str| {
            words.remove(key).unwrap_or_else(|| {
                let told =
                    format!("`{key} = \"…\"`이(가) 없다. 숫자에는 날짜(date)와 출처(source)가 있어야 한다.");
                faults.push(Fault::new(0, told));
                Text::default()
            })
        };
        constants.origin = Origin { date: word("date").text, source: word("source").text };
        for (key, text) in words {
            faults.push(Fault::new(
                text.at,
                format!("`{key}`은(는) 숫자가 아니다. date와 source 밖에는 숫자만 쓴다."),
            ));
        }
        if faults.is_empty() { Ok(constants) } else { Err(faults) }
    }
}

/// Walks through nested tables; texts and numbers get their dotted names.
fn collect(
    table: &DeTable<'_>,
    prefix: &str,
    words: &mut BTreeMap<String, Text>,
    numbers: &mut BTreeMap<String, f64>,
    faults: &mut Vec<Fault>,
) {
    for (key, value) in table {
        let name = format!("{prefix}{}", key.get_ref());
        let at = key.span().start;
        if !is_name(&name) {
            faults.push(Fault::new(
                at,
                format!(
                    "`{name}`은(는) 식에서 쓸 수 없는 이름이다. 소문자로 시작하고 소문자, 숫자, `_`로 쓴다."
                ),
            ));
            continue;
        }
        match value.get_ref() {
            DeValue::Table(inner) => {
                collect(inner, &format!("{name}."), words, numbers, faults);
                continue;
            }
            DeValue::String(text) if !text.trim().is_empty() => {
                words.insert(name, Text { text: text.clone().into_owned(), at });
                continue;
            }
            _ => {}
        }
        match number(value.get_ref()) {
            Some(number) => {
                numbers.insert(name, number);
            }
            None => faults.push(Fault::new(at, format!("`{name}`에는 숫자가 온다."))),
        }
    }
}

/// Rows of numbers for a chart drawn when the book is built.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Series {
    /// Where they come from.
    pub origin: Origin,
    /// Where they were measured; empty for a model.
    pub place: String,
    /// Measured, not thought out.
    pub recorded: bool,
    /// Each row's name and its numbers by column.
    pub rows: Vec<(Text, BTreeMap<String, f64>)>,
}

/// More rows than this make no chart that one can read.
const MAX_ROWS: usize = 12;

impl Series {
    /// Reads a data file of which the named columns are shown.
    ///
    /// # Errors
    /// Every mistake, with its offset in the file.
    pub fn read(text: &str, columns: &[&str]) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let series = Fields::read(text, &mut faults, |fields| {
            let kind = fields.text("kind", 12);
            if !["recorded", "model"].contains(&kind.text.as_str()) && !kind.text.is_empty() {
                fields.fault(kind.at, "kind는 \"recorded\"(잰 값)나 \"model\"(계산한 값)이다.");
            }
            let recorded = kind.text == "recorded";
            let place =
                if recorded { Some(fields.text("place", 100)) } else { fields.optional_text("place", 100) };
            let origin =
                Origin { date: fields.text("date", 60).text, source: fields.text("source", 200).text };
            let rows = fields.tables("row", 1..=MAX_ROWS, |fields| {
                let name = fields.text("text", 60);
                let at = fields.at();
                let numbers: BTreeMap<String, f64> = fields.other_numbers().into_iter().collect();
                for column in columns.iter().filter(|column| !numbers.contains_key(**column)) {
                    fields.fault(
                        at,
                        format!("이 줄에 `{column}`이(가) 없다. 그림의 [[column]]이 쓰는 이름이다."),
                    );
                }
                for (column, number) in &numbers {
                    if *number < 0.0 {
                        fields.fault(at, format!("`{column}`이(가) 0보다 작다. 막대는 0부터 그린다."));
                    }
                }
                (name, numbers)
            });
            fields.different(rows.iter().map(|(name, _)| name));
            Self { origin, place: place.unwrap_or_default().text, recorded, rows }
        });
        match series {
            Some(series) if faults.is_empty() => Ok(series),
            _ => Err(faults),
        }
    }
}
