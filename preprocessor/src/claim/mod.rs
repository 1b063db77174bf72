//! Claims: one comparison about the runs of blocks, `median(init, cold-128) <= 3 * median(init)`.
//! Knows the configured names; nothing of HTTP, HTML or files.

mod alias;
mod evaluate;
mod parse;

use serde::{Deserialize, Serialize};

pub use alias::{Alias, is_free_name};
pub use evaluate::{Judgement, Run, evaluate, evaluate_number, fold};
pub use parse::{BlockReference, parse_claim, parse_number};

/// A claim as the page gets it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// As written.
    pub text: String,
    /// As read.
    pub expr: Expression,
}

/// The expression tree; its JSON form is read by the page's script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Expression {
    /// `left in low..high`, both ends included.
    Within {
        /// Always `in`.
        op: WithinOperator,
        /// What is compared.
        left: Box<Expression>,
        /// The lower end.
        low: Box<Expression>,
        /// The upper end.
        high: Box<Expression>,
    },
    /// A comparison (outermost only) or arithmetic.
    Binary {
        /// The operator.
        op: BinaryOperator,
        /// The left side.
        left: Box<Expression>,
        /// The right side.
        right: Box<Expression>,
    },
    /// A number as written.
    Number {
        /// Its value.
        #[serde(serialize_with = "crate::json_number::plain")]
        num: f64,
    },
    /// A name of `[preprocessor.live.claims]`.
    Name {
        /// The name.
        name: String,
        /// Another block than the claim's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        block: Option<String>,
    },
    /// A function over a list.
    Call {
        /// The function.
        call: Function,
        /// Its list.
        list: List,
    },
    /// Number of runs that answered with this status.
    Status {
        /// The status code.
        status: u16,
        /// Another block than the claim's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        block: Option<String>,
    },
    /// Number of runs.
    Runs {
        /// Always true.
        runs: bool,
        /// Another block than the claim's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        block: Option<String>,
    },
}

impl Expression {
    /// The left side of a claim's comparison.
    pub fn left_side(&self) -> &Self {
        match self {
            Self::Within { left, .. } | Self::Binary { left, .. } => left,
            other => other,
        }
    }

    /// The sign of the outermost comparison as written; empty for anything else.
    pub fn comparison(&self) -> &'static str {
        match self {
            Self::Within { .. } => "in",
            Self::Binary { op, .. } => match op {
                BinaryOperator::Equal => "==",
                BinaryOperator::NotEqual => "!=",
                BinaryOperator::Less => "<",
                BinaryOperator::LessOrEqual => "<=",
                BinaryOperator::Greater => ">",
                BinaryOperator::GreaterOrEqual => ">=",
                _ => "",
            },
            _ => "",
        }
    }
}

/// A list of numbers in ms: a Server-Timing metric, or `total`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// The metric's name, or `total` for the time the client measured.
    pub list: String,
    /// Another block than the claim's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<String>,
}

/// The operator of [`Expression::Within`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WithinOperator {
    /// `in`
    #[serde(rename = "in")]
    In,
}

/// Comparisons and arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum BinaryOperator {
    #[serde(rename = "==")]
    Equal,
    #[serde(rename = "!=")]
    NotEqual,
    #[serde(rename = "<")]
    Less,
    #[serde(rename = "<=")]
    LessOrEqual,
    #[serde(rename = ">")]
    Greater,
    #[serde(rename = ">=")]
    GreaterOrEqual,
    #[serde(rename = "+")]
    Add,
    #[serde(rename = "-")]
    Subtract,
    #[serde(rename = "*")]
    Multiply,
    #[serde(rename = "/")]
    Divide,
}

/// Functions from a list to a number. All but `sum` and `count` have no value for an empty list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Function {
    /// The middle value, or the mean of the two middle values.
    Median,
    /// The smallest value.
    Min,
    /// The largest value.
    Max,
    /// The 95th percentile by nearest rank.
    P95,
    /// The sum; 0 for an empty list.
    Sum,
    /// How many runs carried the value.
    Count,
    /// The arithmetic mean.
    Mean,
}

impl Function {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "median" => Self::Median,
            "min" => Self::Min,
            "max" => Self::Max,
            "p95" => Self::P95,
            "sum" => Self::Sum,
            "count" => Self::Count,
            "mean" => Self::Mean,
            _ => return None,
        })
    }
}
