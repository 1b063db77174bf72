//! Checks the names of a calculator and computes it; the page's script does the same, shared vectors keep both alike.
//! Knows calculators and formulas.

use std::collections::BTreeMap;

use super::{
    Constants, Text,
    calc::{Calc, Crossing, Input, Preset, Written},
};
use crate::{
    formula::{Unsolved, crossing, evaluate, is_name},
    syntax::Fault,
};

impl Calc {
    /// Takes the numbers of the data file, checks every name against them, the inputs and the results before it, and
    /// that every preset can be computed.
    ///
    /// # Errors
    /// Every mistake, with its offset in the fence.
    pub fn bind(&mut self, constants: Constants) -> Result<(), Vec<Fault>> {
        self.constants = constants;
        let mut faults = self.misnamed();
        if faults.is_empty() {
            faults = self.presets.iter().filter_map(|preset| self.unsolved(preset)).collect();
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn misnamed(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut known: Vec<&str> = self.constants.numbers.keys().map(String::as_str).collect();
        for input in &self.inputs {
            faults.extend(unusable(&input.name, &known));
            known.push(&input.name.text);
        }
        for result in &self.results {
            faults.extend(unknown(&result.formula, &known));
            faults.extend(unusable(&result.name, &known));
            known.push(&result.name.text);
        }
        for crossing in &self.crossings {
            faults.extend(unknown(&crossing.difference, &known));
            faults.extend(self.input(&crossing.input).err());
        }
        for (name, value) in self.presets.iter().flat_map(|preset| &preset.set) {
            match self.input(name) {
                Err(fault) => faults.push(fault),
                Ok((_, Input { min, max, .. })) if !(*min..=*max).contains(value) => {
                    let told = format!("{value}은(는) `{}`의 범위 {min}~{max} 밖이다.", name.text);
                    faults.push(Fault::new(name.at, told));
                }
                Ok(_) => {}
            }
        }
        faults
    }

    fn unsolved(&self, preset: &Preset) -> Option<Fault> {
        let index = self.solve(&self.chosen(preset)).err()?;
        let result = &self.results[index];
        let told = format!(
            "«{}»에서 `{}`을(를) 계산할 수 없다. 0으로 나누지 않는지 본다.",
            preset.text.text, result.name.text
        );
        Some(Fault::new(result.formula.at, told))
    }

    fn input(&self, name: &Text) -> Result<(usize, &Input), Fault> {
        let found = self.inputs.iter().enumerate().find(|(_, input)| input.name.text == name.text);
        found.ok_or_else(|| Fault::new(name.at, format!("`{}`은(는) [[input]]의 name이 아니다.", name.text)))
    }

    /// The values of the inputs as a preset sets them.
    pub fn chosen(&self, preset: &Preset) -> Vec<f64> {
        let set = |name: &str| preset.set.iter().find(|(set, _)| set.text == name).map(|(_, value)| *value);
        self.inputs.iter().map(|input| set(&input.name.text).unwrap_or(input.value)).collect()
    }

    /// The first values of the inputs.
    pub fn first(&self) -> Vec<f64> {
        self.inputs.iter().map(|input| input.value).collect()
    }

    /// The numbers of the data file that a formula of this calculator uses.
    pub fn used(&self) -> BTreeMap<&str, f64> {
        let results = self.results.iter().map(|result| &result.formula);
        let uses = results.chain(self.crossings.iter().map(|crossing| &crossing.difference));
        uses.flat_map(|formula| &formula.uses)
            .filter_map(|used| self.constants.numbers.get_key_value(&used.name))
            .map(|(name, value)| (name.as_str(), *value))
            .collect()
    }

    /// The results for these values of the inputs, in order.
    ///
    /// # Errors
    /// The index of the result that has no value.
    pub fn solve(&self, inputs: &[f64]) -> Result<Vec<f64>, usize> {
        let values = self.values(inputs)?;
        Ok(self.results.iter().filter_map(|result| values.get(result.name.text.as_str()).copied()).collect())
    }

    /// Which input a crossing moves.
    pub fn moved(&self, crossing: &Crossing) -> Option<(usize, &Input)> {
        self.input(&crossing.input).ok()
    }

    /// Where a crossing's two sides meet while the other inputs keep these values; `None` when they do not.
    ///
    /// # Errors
    /// A side has no value somewhere in between.
    pub fn meet(&self, inputs: &[f64], of: &Crossing) -> Result<Option<f64>, Unsolved> {
        let (index, moved) = self.moved(of).ok_or(Unsolved)?;
        crossing(moved.min, moved.max, &|at| {
            let mut inputs = inputs.to_vec();
            inputs[index] = at;
            let values = self.values(&inputs).map_err(|_| Unsolved)?;
            evaluate(&of.difference.formula, &|name| self.value_of(name, &values))
        })
    }

    /// Inputs and results by name.
    fn values(&self, inputs: &[f64]) -> Result<BTreeMap<&str, f64>, usize> {
        let names = self.inputs.iter().map(|input| input.name.text.as_str());
        let mut values: BTreeMap<&str, f64> = names.zip(inputs.iter().copied()).collect();
        for (index, result) in self.results.iter().enumerate() {
            let value = evaluate(&result.formula.formula, &|name| self.value_of(name, &values));
            values.insert(&result.name.text, value.map_err(|_| index)?);
        }
        Ok(values)
    }

    fn value_of(&self, name: &str, values: &BTreeMap<&str, f64>) -> Option<f64> {
        values.get(name).or_else(|| self.constants.numbers.get(name)).copied()
    }
}

fn unusable(name: &Text, known: &[&str]) -> Option<Fault> {
    let told = if !is_name(&name.text) {
        format!(
            "`{}`은(는) 이름이 될 수 없다. 소문자로 시작하고 소문자, 숫자, `_`로 쓴다. max, min, ceil, exp는 함수의 이름이다.",
            name.text
        )
    } else if known.contains(&name.text.as_str()) {
        format!("이름 `{}`을(를) 이미 쓴다. 다른 이름을 준다.", name.text)
    } else {
        return None;
    };
    Some(Fault::new(name.at, told))
}

fn unknown(formula: &Written, known: &[&str]) -> Vec<Fault> {
    let unknown = formula.uses.iter().filter(|used| !known.contains(&used.name.as_str()));
    unknown
        .map(|used| {
            let told =
                format!("`{}`이라는 이름이 없다. 입력, 앞선 결과, 데이터 파일의 숫자만 쓴다.", used.name);
            Fault::new(used.at, told)
        })
        .collect()
}
