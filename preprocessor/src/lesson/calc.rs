//! `toml calc`: inputs with limits, results by formula, where two of them meet, and presets.
//! Knows [`Fields`] and formulas; what the names mean is checked and computed in `solve.rs`.

use super::{Constants, Fields, Text};
use crate::formula::{Formula, MAX_FORMULA_BYTES, NameUse, Operator, parse_formula};

/// More digits after the point than this say nothing.
const MAX_DIGITS: f64 = 6.0;

/// A calculator.
#[derive(Clone, Debug)]
pub(crate) struct Calc {
    pub caption: Text,
    /// The file below the book's source folder that gives names to unit prices.
    pub data: Option<Text>,
    pub inputs: Vec<Input>,
    pub results: Vec<Quantity>,
    pub crossings: Vec<Crossing>,
    pub presets: Vec<Preset>,
    /// What the file says; set when it has been read.
    pub constants: Constants,
}

/// A number the reader chooses.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub name: Text,
    pub text: Text,
    pub unit: String,
    /// At first.
    pub value: f64,
    pub min: f64,
    pub max: f64,
}

/// How a computed number is shown.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub text: Text,
    pub unit: String,
    /// Digits after the point.
    pub digits: usize,
}

/// A number that is computed.
#[derive(Clone, Debug)]
pub(crate) struct Quantity {
    pub name: Text,
    pub shown: Shown,
    pub formula: Written,
}

/// The value of one input at which two formulas are equal.
#[derive(Clone, Debug)]
pub(crate) struct Crossing {
    pub shown: Shown,
    /// The input's name.
    pub input: Text,
    /// The left side minus the right one.
    pub difference: Written,
}

/// A formula as it stands in the fence.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub formula: Formula,
    /// The names it uses, with offsets in the fence.
    pub uses: Vec<NameUse>,
    /// Its own offset in the fence.
    pub at: usize,
}

/// Inputs with a name.
#[derive(Clone, Debug)]
pub(crate) struct Preset {
    pub text: Text,
    /// Names of inputs and their values; the others keep their first value.
    pub set: Vec<(Text, f64)>,
}

impl Calc {
    pub fn read(fields: &mut Fields<'_>) -> Self {
        let calc = Self {
            caption: fields.text("caption", 120),
            data: fields.optional_text("data", 120),
            inputs: fields.tables("input", 1..=20, Input::read),
            results: fields.tables("result", 1..=16, Quantity::read).into_iter().flatten().collect(),
            crossings: fields.tables("crossing", 0..=4, Crossing::read).into_iter().flatten().collect(),
            presets: fields.tables("preset", 1..=8, |fields| Preset {
                text: fields.text("text", 40),
                set: fields.numbers("set"),
            }),
            constants: Constants::default(),
        };
        fields.different(calc.presets.iter().map(|preset| &preset.text));
        calc
    }
}

impl Input {
    fn read(fields: &mut Fields<'_>) -> Self {
        let at = fields.at();
        let input = Self {
            name: fields.text("name", 64),
            text: fields.text("text", 60),
            unit: fields.optional_text("unit", 12).unwrap_or_default().text,
            value: fields.number("value"),
            min: fields.number("min"),
            max: fields.number("max"),
        };
        if input.min >= input.max {
            fields.fault(at, "min은 max보다 작아야 한다.");
        } else if !(input.min..=input.max).contains(&input.value) {
            fields.fault(at, "value는 min과 max 사이에 있어야 한다.");
        }
        input
    }
}

impl Shown {
    fn read(fields: &mut Fields<'_>) -> Self {
        let text = fields.text("text", 60);
        let unit = fields.optional_text("unit", 12).unwrap_or_default().text;
        let digits = fields.optional_number("digits").unwrap_or(0.0);
        let known = digits.fract() == 0.0 && (0.0..=MAX_DIGITS).contains(&digits);
        if !known {
            fields.fault(fields.at(), format!("digits는 0에서 {MAX_DIGITS}까지의 정수다."));
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number up to 6")]
        let digits = if known { digits as usize } else { 0 };
        Self { text, unit, digits }
    }
}

impl Quantity {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let (name, shown) = (fields.text("name", 64), Shown::read(fields));
        Some(Self { name, shown, formula: Written::read(fields, "value")? })
    }
}

impl Crossing {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let (input, shown) = (fields.text("input", 64), Shown::read(fields));
        let (left, right) = (Written::read(fields, "left"), Written::read(fields, "right"));
        let (left, right) = (left?, right?);
        let formula = Formula::Binary {
            op: Operator::Subtract,
            left: Box::new(left.formula),
            right: Box::new(right.formula),
        };
        let difference = Written { formula, uses: [left.uses, right.uses].concat(), at: left.at };
        Some(Self { shown, input, difference })
    }
}

impl Written {
    fn read(fields: &mut Fields<'_>, key: &'static str) -> Option<Self> {
        let text = fields.text(key, MAX_FORMULA_BYTES);
        if text.text.trim().is_empty() {
            return None;
        }
        match parse_formula(&text.text) {
            Ok((formula, uses)) => {
                let uses = uses.into_iter().map(|used| NameUse { at: text.at + used.at, ..used }).collect();
                Some(Self { formula, uses, at: text.at })
            }
            Err(fault) => {
                fields.fault(text.at + fault.at, fault.message);
                None
            }
        }
    }
}
