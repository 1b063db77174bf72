//! `toml predict`: what a reader expects before running the block that says `predict=`; its claims are the answer key.
//! Knows [`Fields`] and claims.

use std::collections::BTreeMap;

use super::{Fields, Text};
use crate::claim::{
    Alias, BlockReference, Expression, Judgement, Run, evaluate, evaluate_number, parse_claim,
};

/// A question about the runs of one block.
#[derive(Clone, Debug)]
pub(crate) struct Predict {
    pub question: Text,
    pub ask: Ask,
    /// The block that uses it; set when the book has found it.
    pub block: Option<String>,
}

/// How a reader answers.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    /// With a number in this unit; the answer is the left side of the block's first claim.
    Number(Text),
    /// With a choice; the answer is the one whose `when` holds.
    Choice(Vec<Outcome>),
}

/// One choice.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub text: Text,
    /// What must hold in the runs of the block.
    pub when: Expression,
    /// Blocks it names, with offsets in the fence.
    pub blocks: Vec<BlockReference>,
}

impl Predict {
    pub fn read(fields: &mut Fields<'_>, names: &[&str]) -> Self {
        let question = fields.text("question", 300);
        let unit = fields.optional_text("unit", 12);
        let chosen = fields.has("choice");
        let ask = match unit {
            Some(unit) => {
                if chosen {
                    fields.fault(
                        unit.at,
                        "unit(숫자로 답하기)과 [[choice]](골라서 답하기) 가운데 하나만 쓴다.",
                    );
                }
                Ask::Number(unit)
            }
            None if chosen => Ask::Choice(outcomes(fields, names)),
            None => {
                let at = fields.at();
                fields.fault(
                    at,
                    "답하는 방법이 없다. 숫자로 답하면 unit = \"개\"를, 골라서 답하면 [[choice]]를 적는다.",
                );
                Ask::Choice(Vec::new())
            }
        };
        Self { question, ask, block: None }
    }
}

fn outcomes(fields: &mut Fields<'_>, names: &[&str]) -> Vec<Outcome> {
    let outcomes = fields.tables("choice", 2..=4, |fields| {
        let (text, when) = (fields.text("text", 200), fields.text("when", 200));
        let parsed = match parse_claim(&when.text, names) {
            Ok(parsed) => Some(parsed),
            Err(fault) if !when.text.is_empty() => {
                fields.fault(when.at + fault.at, fault.message);
                None
            }
            Err(_) => None,
        }?;
        let blocks =
            parsed.blocks.into_iter().map(|block| BlockReference { at: when.at + block.at, ..block });
        Some(Outcome { text, when: parsed.expr, blocks: blocks.collect() })
    });
    let outcomes: Vec<_> = outcomes.into_iter().flatten().collect();
    fields.different(outcomes.iter().map(|outcome| &outcome.text));
    outcomes
}

/// The answer of a prediction in some runs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// The number, or the index of the choice.
    Known(f64),
    /// A block it depends on has no runs.
    NotRun,
    /// The runs do not say: no choice holds, several do, or there is no number. What to do about it.
    Unclear(String),
}

impl Predict {
    /// Answers the question; `claim` is the first claim of the block, `runs_of` gives the runs of a block (`None`: its own).
    pub fn answer<'r>(
        &self,
        claim: &Expression,
        aliases: &BTreeMap<String, Alias>,
        runs_of: &dyn Fn(Option<&str>) -> Option<&'r [Run]>,
    ) -> Answer {
        let outcomes = match &self.ask {
            Ask::Choice(outcomes) => outcomes,
            Ask::Number(_) => {
                return match evaluate_number(claim.left_side(), aliases, runs_of) {
                    Ok(number) if number >= 0.0 => Answer::Known(number),
                    Ok(number) => Answer::Unclear(format!(
                        "답이 음수다({number}). 첫 주장의 왼쪽이 0보다 작지 않은 값이 되게 고친다."
                    )),
                    Err(Judgement::NotRun { .. }) => Answer::NotRun,
                    Err(_) => Answer::Unclear(
                        "첫 주장의 왼쪽 값을 계산할 수 없다. 주장을 고치거나 다시 기록한다.".to_owned(),
                    ),
                };
            }
        };
        let mut right = Vec::new();
        for (index, outcome) in outcomes.iter().enumerate() {
            match evaluate(&outcome.when, aliases, runs_of) {
                Judgement::Judged { held: true, .. } => right.push(index),
                Judgement::NotRun { .. } => return Answer::NotRun,
                _ => {}
            }
        }
        match right[..] {
            #[allow(clippy::cast_precision_loss, reason = "there are four choices at most")]
            [only] => Answer::Known(only as f64),
            _ => Answer::Unclear(format!(
                "`when`이 맞는 선택지가 {}개다. 꼭 하나만 맞게 고치거나 다시 기록한다.",
                right.len()
            )),
        }
    }
}
