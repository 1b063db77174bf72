//! Formulas of calculators: arithmetic over named numbers, `max(0, requests - 1e6) * lambda.request`.
//! Knows [`Fault`](crate::syntax::Fault); what a name stands for is the caller's business.

mod evaluate;
mod parse;
mod print;

use serde::{Deserialize, Serialize};

pub use evaluate::{Unsolved, crossing, evaluate};
pub use parse::{NameUse, is_name, parse_formula};

/// A formula's text may hold this many bytes at most.
pub const MAX_FORMULA_BYTES: usize = 800;
/// A formula's tree has this many levels at most; `a + b + c` has three.
pub const MAX_DEPTH: usize = 40;

/// The tree; its JSON form is read by the page's script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Formula {
    /// Arithmetic between two formulas. A sign is a subtraction from 0.
    Binary {
        /// The operator.
        op: Operator,
        /// The left side.
        left: Box<Formula>,
        /// The right side.
        right: Box<Formula>,
    },
    /// A number as written.
    Number {
        /// Its value, not negative.
        #[serde(serialize_with = "crate::json_number::plain")]
        num: f64,
    },
    /// An input, an earlier result or a number of the data file.
    Name {
        /// `requests` or `lambda.request`.
        name: String,
    },
    /// A function.
    Call {
        /// The function.
        call: Function,
        /// As many as it takes.
        args: Vec<Formula>,
    },
}

/// The four of arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Operator {
    #[serde(rename = "+")]
    Add,
    #[serde(rename = "-")]
    Subtract,
    #[serde(rename = "*")]
    Multiply,
    #[serde(rename = "/")]
    Divide,
}

impl Operator {
    const fn sign(self) -> char {
        match self {
            Self::Add => '+',
            Self::Subtract => '-',
            Self::Multiply => '*',
            Self::Divide => '/',
        }
    }
}

/// Functions of numbers; each is `Math`'s of the same name in the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Function {
    /// The largest of two or more.
    Max,
    /// The smallest of two or more.
    Min,
    /// The next whole number upwards.
    Ceil,
    /// e to the power of one number.
    Exp,
}

impl Function {
    const ALL: [Self; 4] = [Self::Max, Self::Min, Self::Ceil, Self::Exp];

    const fn name(self) -> &'static str {
        match self {
            Self::Max => "max",
            Self::Min => "min",
            Self::Ceil => "ceil",
            Self::Exp => "exp",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name() == name)
    }

    /// Whether it takes one number; the others take two or more.
    const fn takes_one(self) -> bool {
        matches!(self, Self::Ceil | Self::Exp)
    }
}
