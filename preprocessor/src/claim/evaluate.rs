//! Judges a claim over recorded or fresh runs. The page's script does the same; shared vectors keep both alike.
//! Knows the expression tree and the configured names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Alias, BinaryOperator, Expression, Function};

/// What one request and its answer left behind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The status code.
    pub status: u16,
    /// Header names in lower case; several values joined with `, `.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Server-Timing metrics in ms.
    #[serde(default)]
    pub timings: BTreeMap<String, f64>,
    /// Time from sending to the last byte in ms, as the client saw it.
    pub total: f64,
    /// When it was sent, in ms since the block's first request; older recordings do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// When its last byte came, counted like `from`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<f64>,
}

/// What came of a claim.
#[derive(Clone, Debug, PartialEq)]
pub enum Judgement {
    /// It could be computed.
    Judged {
        /// Whether the comparison holds.
        held: bool,
        /// The number on the left.
        left: f64,
        /// The number on the right, or both ends of a range.
        right: Vec<f64>,
    },
    /// A block it talks about has not been run.
    NotRun {
        /// That block; `None` for the claim's own.
        block: Option<String>,
    },
    /// No run carried the metric, so there is no median, minimum …
    NoValues {
        /// The metric.
        list: String,
    },
    /// A division by zero.
    NotFinite,
}

/// Judges `expression`; `runs_of` gives the runs of a block (`None`: the claim's own). A block without any run
/// counts as not run.
pub fn evaluate<'r>(
    expression: &Expression,
    aliases: &BTreeMap<String, Alias>,
    runs_of: &dyn Fn(Option<&str>) -> Option<&'r [Run]>,
) -> Judgement {
    let evaluator = Evaluator { aliases, runs_of };
    evaluator.judge(expression).unwrap_or_else(|reason| reason)
}

/// The value of an expression without comparison.
///
/// # Errors
/// Why there is none.
pub fn evaluate_number<'r>(
    expression: &Expression,
    aliases: &BTreeMap<String, Alias>,
    runs_of: &dyn Fn(Option<&str>) -> Option<&'r [Run]>,
) -> Result<f64, Judgement> {
    Evaluator { aliases, runs_of }.number(expression)
}

struct Evaluator<'a, 'r> {
    aliases: &'a BTreeMap<String, Alias>,
    runs_of: &'a dyn Fn(Option<&str>) -> Option<&'r [Run]>,
}

impl<'r> Evaluator<'_, 'r> {
    fn judge(&self, expression: &Expression) -> Result<Judgement, Judgement> {
        use BinaryOperator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        match expression {
            Expression::Within { left, low, high, .. } => {
                let (left, low, high) = (self.number(left)?, self.number(low)?, self.number(high)?);
                Ok(Judgement::Judged { held: (low..=high).contains(&left), left, right: vec![low, high] })
            }
            Expression::Binary { op, left, right } => {
                let (left, right) = (self.number(left)?, self.number(right)?);
                #[allow(clippy::float_cmp, reason = "`==` in a claim means equal")]
                let held = match op {
                    Equal => left == right,
                    NotEqual => left != right,
                    Less => left < right,
                    LessOrEqual => left <= right,
                    Greater => left > right,
                    GreaterOrEqual => left >= right,
                    _ => return Err(Judgement::NotFinite),
                };
                Ok(Judgement::Judged { held, left, right: vec![right] })
            }
            _ => Err(Judgement::NotFinite),
        }
    }

    fn number(&self, expression: &Expression) -> Result<f64, Judgement> {
        let value = match expression {
            Expression::Number { num } => *num,
            Expression::Name { name, block } => self.alias(name, self.runs(block.as_deref())?),
            Expression::Runs { block, .. } => count(self.runs(block.as_deref())?.len()),
            Expression::Status { status, block } => {
                count(self.runs(block.as_deref())?.iter().filter(|run| run.status == *status).count())
            }
            Expression::Call { call, list } => {
                let values = list_values(&list.list, self.runs(list.block.as_deref())?);
                fold(*call, values).ok_or_else(|| Judgement::NoValues { list: list.list.clone() })?
            }
            Expression::Binary { op, left, right } => {
                let (left, right) = (self.number(left)?, self.number(right)?);
                match op {
                    BinaryOperator::Add => left + right,
                    BinaryOperator::Subtract => left - right,
                    BinaryOperator::Multiply => left * right,
                    BinaryOperator::Divide => left / right,
                    _ => f64::NAN,
                }
            }
            Expression::Within { .. } => f64::NAN,
        };
        if value.is_finite() { Ok(value) } else { Err(Judgement::NotFinite) }
    }

    fn runs(&self, block: Option<&str>) -> Result<&'r [Run], Judgement> {
        (self.runs_of)(block)
            .filter(|runs| !runs.is_empty())
            .ok_or_else(|| Judgement::NotRun { block: block.map(str::to_owned) })
    }

    fn alias(&self, name: &str, runs: &[Run]) -> f64 {
        match self.aliases.get(name) {
            Some(Alias::Count { header, equals }) => {
                let header = header.to_ascii_lowercase();
                count(runs.iter().filter(|run| run.headers.get(&header) == Some(equals)).count())
            }
            Some(Alias::Distinct { header }) => {
                let header = header.to_ascii_lowercase();
                let values: std::collections::BTreeSet<_> =
                    runs.iter().filter_map(|run| run.headers.get(&header)).collect();
                count(values.len())
            }
            None => f64::NAN,
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "a block has 60 runs at most")]
fn count(n: usize) -> f64 {
    n as f64
}

fn list_values(list: &str, runs: &[Run]) -> Vec<f64> {
    if list == "total" {
        runs.iter().map(|run| run.total).collect()
    } else {
        runs.iter().filter_map(|run| run.timings.get(list).copied()).collect()
    }
}

/// A function's value over numbers in any order; `None` where an empty list has none.
pub fn fold(function: Function, mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let length = values.len();
    let sum: f64 = values.iter().sum();
    match function {
        Function::Count => Some(count(length)),
        Function::Sum => Some(sum),
        _ if length == 0 => None,
        Function::Min => values.first().copied(),
        Function::Max => values.last().copied(),
        Function::Mean => Some(sum / count(length)),
        Function::Median => Some(f64::midpoint(values[(length - 1) / 2], values[length / 2])),
        Function::P95 => Some(values[(length * 95).div_ceil(100) - 1]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::parse_claim;

    #[derive(Deserialize)]
    struct Vector {
        claim: String,
        expr: serde_json::Value,
        runs: BTreeMap<String, Vec<Run>>,
        aliases: BTreeMap<String, Alias>,
        result: Expected,
    }

    #[derive(Deserialize)]
    struct Expected {
        held: Option<bool>,
        left: Option<f64>,
        right: serde_json::Value,
        missing: Option<String>,
    }

    /// The page's script is held against the same file.
    #[test]
    fn judges_the_shared_vectors() {
        let vectors: Vec<Vector> =
            serde_json::from_str(include_str!("../../tests/vectors/claims.json")).unwrap();
        assert!(vectors.len() >= 36);
        for vector in vectors {
            let names: Vec<_> = vector.aliases.keys().map(String::as_str).collect();
            let parsed = parse_claim(&vector.claim, &names).unwrap();
            assert_eq!(serde_json::to_value(&parsed.expr).unwrap(), vector.expr, "{}", vector.claim);
            let read: Expression = serde_json::from_value(vector.expr).unwrap();
            assert_eq!(read, parsed.expr, "{}", vector.claim);
            let runs_of = |block: Option<&str>| vector.runs.get(block.unwrap_or("this")).map(Vec::as_slice);
            match evaluate(&parsed.expr, &vector.aliases, &runs_of) {
                Judgement::Judged { held, left, right } => {
                    assert_eq!(Some(held), vector.result.held, "{}", vector.claim);
                    assert!((left - vector.result.left.unwrap()).abs() < 1e-9, "{} {left}", vector.claim);
                    let expected: Vec<f64> = match vector.result.right {
                        serde_json::Value::Array(ends) => {
                            ends.iter().filter_map(|end| end.as_f64()).collect()
                        }
                        one => vec![one.as_f64().unwrap()],
                    };
                    assert_eq!(right, expected, "{}", vector.claim);
                }
                Judgement::NotRun { block } => assert_eq!(block, vector.result.missing, "{}", vector.claim),
                Judgement::NoValues { .. } | Judgement::NotFinite => {
                    assert_eq!((vector.result.held, vector.result.missing), (None, None), "{}", vector.claim);
                }
            }
        }
    }
}
