//! Writes a formula as text that reads back as the same tree.
//! Knows the tree.

use std::fmt;

use super::{Formula, Operator};

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { num } if (1e-4..1e15).contains(num) || *num == 0.0 => write!(f, "{num}"),
            Self::Number { num } => write!(f, "{num:e}"),
            Self::Name { name } => f.write_str(name),
            Self::Call { call, args } => {
                write!(f, "{}(", call.name())?;
                for (index, arg) in args.iter().enumerate() {
                    write!(f, "{}{arg}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str(")")
            }
            Self::Binary { op, left, right } => {
                // Reading goes from left to right, so an equal rank on the right needs parentheses.
                side(f, left, rank(left) < rank(self))?;
                write!(f, " {} ", op.sign())?;
                side(f, right, rank(right) <= rank(self))
            }
        }
    }
}

fn side(f: &mut fmt::Formatter<'_>, formula: &Formula, parentheses: bool) -> fmt::Result {
    if parentheses { write!(f, "({formula})") } else { write!(f, "{formula}") }
}

fn rank(formula: &Formula) -> u8 {
    match formula {
        Formula::Binary { op: Operator::Add | Operator::Subtract, .. } => 0,
        Formula::Binary { .. } => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Function, evaluate, parse_formula};
    use super::*;

    fn formulas() -> impl Strategy<Value = Formula> {
        let number = prop_oneof![
            (0..2_000_000u32).prop_map(f64::from),
            (0.0..1e6f64),
            (0u64..f64::MAX.to_bits()).prop_map(f64::from_bits),
        ]
        .prop_map(|num| Formula::Number { num });
        let name = "[a-z][a-z0-9_]{0,3}(\\.[a-z][a-z0-9_]{0,3})?"
            .prop_filter("the functions' names are taken", |name| super::super::is_name(name))
            .prop_map(|name| Formula::Name { name });
        prop_oneof![number, name].prop_recursive(4, 24, 3, |inner| {
            let op = prop_oneof![
                Just(Operator::Add),
                Just(Operator::Subtract),
                Just(Operator::Multiply),
                Just(Operator::Divide)
            ];
            let boxed = inner.clone().prop_map(Box::new);
            prop_oneof![
                (op, boxed.clone(), boxed).prop_map(|(op, left, right)| Formula::Binary { op, left, right }),
                (
                    prop_oneof![Just(Function::Max), Just(Function::Min)],
                    prop::collection::vec(inner.clone(), 2..4)
                )
                    .prop_map(|(call, args)| Formula::Call { call, args }),
                (prop_oneof![Just(Function::Ceil), Just(Function::Exp)], inner)
                    .prop_map(|(call, arg)| Formula::Call { call, args: vec![arg] }),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_with_a_place(text in "[-+*/()., 0-9a-zA-Z_가\n]{0,60}|.{0,40}") {
            match parse_formula(&text) {
                Ok((formula, names)) => {
                    let shown = formula.to_string();
                    prop_assert_eq!(parse_formula(&shown).map(|(read, _)| read), Ok(formula.clone()), "{}", shown);
                    for used in names {
                        prop_assert!(text[used.at..].starts_with(&used.name));
                    }
                    let _ = evaluate(&formula, &|_| Some(0.5));
                }
                Err(fault) => prop_assert!(text.is_char_boundary(fault.at), "{} in {:?}", fault.at, text),
            }
        }

        #[test]
        fn a_printed_formula_reads_back(formula in formulas()) {
            let text = formula.to_string();
            prop_assume!(text.len() <= super::super::MAX_FORMULA_BYTES);
            prop_assert_eq!(parse_formula(&text).map(|(read, _)| read), Ok(formula), "{}", text);
        }
    }
}
