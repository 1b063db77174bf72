//! The value of a formula, and where two formulas meet. The page's script does the same; shared vectors keep both alike.
//! Knows the tree.

use super::{Formula, Function, Operator};

/// Halvings of a range of at most 1e15: more would not change a number of 53 bits that is shown rounded.
const HALVINGS: usize = 80;

/// Why there is no value: a name nobody gave a value, a division by zero, a number too large for f64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsolved;

/// The value of `formula`; `value_of` gives the value of a name. Every step has to be finite.
///
/// # Errors
/// [`Unsolved`].
pub fn evaluate(formula: &Formula, value_of: &dyn Fn(&str) -> Option<f64>) -> Result<f64, Unsolved> {
    let value = match formula {
        Formula::Number { num } => *num,
        Formula::Name { name } => value_of(name).ok_or(Unsolved)?,
        Formula::Binary { op, left, right } => {
            let (left, right) = (evaluate(left, value_of)?, evaluate(right, value_of)?);
            match op {
                Operator::Add => left + right,
                Operator::Subtract => left - right,
                Operator::Multiply => left * right,
                Operator::Divide => left / right,
            }
        }
        Formula::Call { call, args } => {
            let args: Vec<f64> = args.iter().map(|arg| evaluate(arg, value_of)).collect::<Result<_, _>>()?;
            match (call, args.as_slice()) {
                (Function::Max, args) => args.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                (Function::Min, args) => args.iter().copied().fold(f64::INFINITY, f64::min),
                (Function::Ceil, [arg]) => arg.ceil(),
                (Function::Exp, [arg]) => arg.exp(),
                _ => f64::NAN,
            }
        }
    };
    if value.is_finite() { Ok(value) } else { Err(Unsolved) }
}

/// Where `difference` (left side minus right side) passes zero between `low` and `high`, by halving the range.
/// Where both ends have the same sign there may still be two crossings in between; they are not looked for.
///
/// # Errors
/// [`Unsolved`] when `difference` has no value somewhere on the way.
pub fn crossing(
    low: f64,
    high: f64,
    difference: &dyn Fn(f64) -> Result<f64, Unsolved>,
) -> Result<Option<f64>, Unsolved> {
    let (mut low, mut high) = (low, high);
    let below = difference(low)? < 0.0;
    if below == (difference(high)? < 0.0) {
        return Ok(None);
    }
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if (difference(middle)? < 0.0) == below {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(Some(high))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::parse_formula;
    use super::*;

    #[derive(serde::Deserialize)]
    struct Vectors {
        formulas: Vec<Vector>,
    }

    #[derive(serde::Deserialize)]
    struct Vector {
        text: String,
        expr: serde_json::Value,
        names: BTreeMap<String, f64>,
        value: Option<f64>,
    }

    /// The page's script is held against the same file; the trees were read by another parser.
    #[test]
    fn solves_the_shared_vectors() {
        let vectors: Vectors =
            serde_json::from_str(include_str!("../../tests/vectors/formulas.json")).unwrap();
        assert!(vectors.formulas.len() >= 27);
        for Vector { text, expr, names, value } in vectors.formulas {
            let formula = parse_formula(&text).unwrap().0;
            assert_eq!(serde_json::from_value::<Formula>(expr).unwrap(), formula, "{text}");
            let found = evaluate(&formula, &|name| names.get(name).copied());
            match value {
                None => assert_eq!(found, Err(Unsolved), "{text}"),
                Some(value) => {
                    let found = found.unwrap();
                    assert!(
                        (found - value).abs() <= value.abs() * 1e-14,
                        "{text}: {found} instead of {value}"
                    );
                }
            }
        }
    }

    #[test]
    fn finds_where_two_lines_meet_and_says_when_they_do_not() {
        let found = crossing(0.0, 10.0, &|x| Ok(x - 7.5));
        assert!(matches!(found, Ok(Some(at)) if (at - 7.5).abs() < 1e-12), "{found:?}");
        let found = crossing(0.0, 10.0, &|x| Ok(7.5 - x));
        assert!(matches!(found, Ok(Some(at)) if (at - 7.5).abs() < 1e-12), "{found:?}");
        assert_eq!(crossing(0.0, 10.0, &|x| Ok(x - 11.0)), Ok(None));
        assert_eq!(crossing(0.0, 10.0, &|x| Ok(x + 1.0)), Ok(None));
        let hole = |x: f64| if x > 6.0 && x < 9.0 { Err(Unsolved) } else { Ok(x - 7.5) };
        assert_eq!(crossing(0.0, 10.0, &hole), Err(Unsolved));
    }
}
