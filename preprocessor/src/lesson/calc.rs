//! `toml calc`: inputs with limits, results by formula, where two of them meet, and presets.
//! Knows [`Fields`] and formulas; the numbers of its data file come in by [`Calc::bind`].

use std::collections::BTreeMap;

use super::{Fields, Text};
use crate::{
    formula::{Formula, NameUse, Unsolved, crossing, evaluate, is_name, parse_formula},
    syntax::Fault,
};

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

/// A number that is computed.
#[derive(Clone, Debug)]
pub(crate) struct Quantity {
    pub name: Text,
    pub text: Text,
    pub unit: String,
    /// Digits after the point.
    pub digits: usize,
    pub value: Formula,
    uses: Vec<NameUse>,
    /// Offset of the formula in the fence.
    at: usize,
}

/// The value of one input at which two formulas are equal.
#[derive(Clone, Debug)]
pub(crate) struct Crossing {
    pub text: Text,
    pub unit: String,
    pub digits: usize,
    pub input: Text,
    pub left: Formula,
    pub right: Formula,
    uses: Vec<NameUse>,
}

/// Inputs with a name.
#[derive(Clone, Debug)]
pub(crate) struct Preset {
    pub text: Text,
    set: Vec<(Text, f64)>,
}

impl Calc {
    pub fn read(fields: &mut Fields<'_>) -> Self {
        let caption = fields.text("caption", 120);
        let data = fields.optional_text("data", 120);
        let inputs = fields.tables("input", 1..=20, input);
        let results = fields.tables("result", 1..=16, quantity).into_iter().flatten().collect();
        let crossings = fields.tables("crossing", 0..=4, meeting).into_iter().flatten().collect();
        let presets = fields.tables("preset", 1..=8, |fields| Preset {
            text: fields.text("text", 40),
            set: fields.numbers("set"),
        });
        fields.different(presets.iter().map(|preset| &preset.text));
        Self { caption, data, inputs, results, crossings, presets }
    }

    /// Checks every name against the inputs, the results before it and `constants`; then that every preset can be computed.
    ///
    /// # Errors
    /// Every mistake, with its offset in the fence.
    pub fn bind(&self, constants: &BTreeMap<String, f64>) -> Result<(), Vec<Fault>> {
        let mut faults = Vec::new();
        let mut known: Vec<&str> = constants.keys().map(String::as_str).collect();
        let mut define = |name: &'_ Text, known: &mut Vec<&str>, faults: &mut Vec<Fault>| {
            if !is_name(&name.text) && !name.text.is_empty() {
                faults.push(Fault::new(name.at, format!("`{}`은(는) 이름이 될 수 없다. 소문자로 시작하고 소문자, 숫자, `_`로 쓴다. max, min, ceil, exp는 함수다.", name.text)));
            } else if known.contains(&name.text.as_str()) {
                faults.push(Fault::new(
                    name.at,
                    format!("이름 `{}`을(를) 이미 쓴다. 다른 이름을 준다.", name.text),
                ));
            }
        };
        for input in &self.inputs {
            define(&input.name, &mut known, &mut faults);
            known.push(&input.name.text);
        }
        for result in &self.results {
            unknown(&result.uses, &known, &mut faults);
            define(&result.name, &mut known, &mut faults);
            known.push(&result.name.text);
        }
        for crossing in &self.crossings {
            unknown(&crossing.uses, &known, &mut faults);
            if !crossing.input.text.is_empty() && self.input(&crossing.input.text).is_none() {
                faults.push(Fault::new(
                    crossing.input.at,
                    format!("`{}`은(는) [[input]]의 name이 아니다.", crossing.input.text),
                ));
            }
        }
        for (name, value) in self.presets.iter().flat_map(|preset| &preset.set) {
            match self.input(&name.text) {
                None => faults
                    .push(Fault::new(name.at, format!("`{}`은(는) [[input]]의 name이 아니다.", name.text))),
                Some(input) if !(input.min..=input.max).contains(value) => {
                    faults.push(Fault::new(
                        name.at,
                        format!("{value}은(는) `{}`의 범위 {}~{} 밖이다.", name.text, input.min, input.max),
                    ));
                }
                Some(_) => {}
            }
        }
        if faults.is_empty() {
            for preset in &self.presets {
                if let Err(index) = self.solve(constants, &self.chosen(preset)) {
                    let result = &self.results[index];
                    faults.push(Fault::new(
                        result.at,
                        format!(
                            "«{}»에서 `{}`을(를) 계산할 수 없다. 0으로 나누지 않는지 본다.",
                            preset.text.text, result.name.text
                        ),
                    ));
                }
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.iter().find(|input| input.name.text == name)
    }

    /// The values of the inputs as a preset sets them; what it does not name keeps its first value.
    pub fn chosen(&self, preset: &Preset) -> Vec<f64> {
        let named = |name: &str| preset.set.iter().find(|(set, _)| set.text == name).map(|(_, value)| *value);
        self.inputs.iter().map(|input| named(&input.name.text).unwrap_or(input.value)).collect()
    }

    /// Names of the data file that a formula of this calculator uses.
    pub fn used<'c>(&self, constants: &'c BTreeMap<String, f64>) -> BTreeMap<&'c str, f64> {
        let uses = self
            .results
            .iter()
            .map(|result| &result.uses)
            .chain(self.crossings.iter().map(|crossing| &crossing.uses));
        uses.flatten()
            .filter_map(|used| constants.get_key_value(&used.name))
            .map(|(name, value)| (name.as_str(), *value))
            .collect()
    }

    /// The results for these values of the inputs, in order.
    ///
    /// # Errors
    /// The index of the result that has no value.
    pub fn solve(&self, constants: &BTreeMap<String, f64>, inputs: &[f64]) -> Result<Vec<f64>, usize> {
        let mut values = self.values(inputs);
        for (index, result) in self.results.iter().enumerate() {
            let value =
                evaluate(&result.value, &|name| value_of(name, &values, constants)).map_err(|_| index)?;
            values.insert(&result.name.text, value);
        }
        Ok(self.results.iter().filter_map(|result| values.get(result.name.text.as_str()).copied()).collect())
    }

    /// Where a crossing's two sides meet while the other inputs keep these values; `None` when they do not.
    ///
    /// # Errors
    /// A side has no value somewhere in between.
    pub fn meet(
        &self,
        constants: &BTreeMap<String, f64>,
        inputs: &[f64],
        of: &Crossing,
    ) -> Result<Option<f64>, Unsolved> {
        let index = self.inputs.iter().position(|input| input.name.text == of.input.text).ok_or(Unsolved)?;
        let moved = &self.inputs[index];
        crossing(moved.min, moved.max, &|at| {
            let mut inputs = inputs.to_vec();
            inputs[index] = at;
            let results = self.solve(constants, &inputs).map_err(|_| Unsolved)?;
            let mut values = self.values(&inputs);
            values.extend(self.results.iter().map(|result| result.name.text.as_str()).zip(results));
            let side = |formula| evaluate(formula, &|name| value_of(name, &values, constants));
            Ok(side(&of.left)? - side(&of.right)?)
        })
    }

    fn values<'c>(&'c self, inputs: &[f64]) -> BTreeMap<&'c str, f64> {
        self.inputs.iter().map(|input| input.name.text.as_str()).zip(inputs.iter().copied()).collect()
    }
}

fn value_of(name: &str, values: &BTreeMap<&str, f64>, constants: &BTreeMap<String, f64>) -> Option<f64> {
    values.get(name).or_else(|| constants.get(name)).copied()
}

fn unknown(uses: &[NameUse], known: &[&str], faults: &mut Vec<Fault>) {
    for used in uses.iter().filter(|used| !known.contains(&used.name.as_str())) {
        let message =
            format!("`{}`이라는 이름이 없다. 입력, 앞선 결과, 데이터 파일의 숫자만 쓴다.", used.name);
        faults.push(Fault::new(used.at, message));
    }
}

fn input(fields: &mut Fields<'_>) -> Input {
    let at = fields.at();
    let input = Input {
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

fn quantity(fields: &mut Fields<'_>) -> Option<Quantity> {
    let (name, text) = (fields.text("name", 64), fields.text("text", 60));
    let (unit, digits) = unit_and_digits(fields);
    let (value, uses, at) = formula(fields, "value")?;
    Some(Quantity { name, text, unit, digits, value, uses, at })
}

fn meeting(fields: &mut Fields<'_>) -> Option<Crossing> {
    let (text, input) = (fields.text("text", 60), fields.text("input", 64));
    let (unit, digits) = unit_and_digits(fields);
    let (left, right) = (formula(fields, "left"), formula(fields, "right"));
    let ((left, mut uses, _), (right, more, _)) = (left?, right?);
    uses.extend(more);
    Some(Crossing { text, unit, digits, input, left, right, uses })
}

fn unit_and_digits(fields: &mut Fields<'_>) -> (String, usize) {
    let unit = fields.optional_text("unit", 12).unwrap_or_default().text;
    let digits = fields.optional_number("digits").unwrap_or(0.0);
    if digits.fract() != 0.0 || !(0.0..=MAX_DIGITS).contains(&digits) {
        let at = fields.at();
        fields.fault(at, format!("digits는 0에서 {MAX_DIGITS}까지의 정수다."));
        return (unit, 0);
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number up to 6")]
    (unit, digits as usize)
}

/// The formula, its names with offsets in the fence, and its own offset.
fn formula(fields: &mut Fields<'_>, key: &'static str) -> Option<(Formula, Vec<NameUse>, usize)> {
    let text = fields.text(key, crate::formula::MAX_FORMULA_BYTES);
    if text.text.is_empty() {
        return None;
    }
    match parse_formula(&text.text) {
        Ok((formula, uses)) => {
            let uses = uses.into_iter().map(|used| NameUse { at: text.at + used.at, ..used }).collect();
            Some((formula, uses, text.at))
        }
        Err(fault) => {
            fields.fault(text.at + fault.at, fault.message);
            None
        }
    }
}
