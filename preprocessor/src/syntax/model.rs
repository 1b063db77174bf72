//! What a parsed block says: the request, the expected answer, captures, asserts, claims.
//! Plain data; serialised into the page exactly as written here.

use serde::Serialize;

/// One parsed block, without the fence's attributes.
#[derive(Clone, Debug, PartialEq)]
pub struct Demo {
    /// The first comment that is not a claim.
    pub caption: Option<String>,
    /// What is sent.
    pub request: Request,
    /// The name at the front of the target: `api`, or one of the configured bases.
    pub base: VariableUse,
    /// How often it is sent (1 to [`super::MAX_RUNS`]).
    pub repeat: u32,
    /// Pause between two runs in ms (at most [`super::MAX_DELAY_MS`]).
    pub delay: u64,
    /// Offset of the `repeat` option, if written.
    pub repeat_at: Option<usize>,
    /// Offset of the `delay` option, if written.
    pub delay_at: Option<usize>,
    /// Expected status; `None` for `HTTP *`.
    pub status: Option<u16>,
    /// Offset of the `HTTP` line.
    pub status_at: usize,
    /// Expected answer headers with their exact values.
    pub headers: Vec<(String, String)>,
    /// Values later blocks may use.
    pub captures: Vec<Capture>,
    /// Conditions on the answer.
    pub asserts: Vec<Assert>,
    /// `# claim:` comments, not parsed yet.
    pub claims: Vec<ClaimText>,
    /// Every other `{{name}}` except `{{api}}`, in order.
    pub uses: Vec<VariableUse>,
}

/// The request as the author wrote it; `{{name}}` still inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Request {
    /// GET, POST, PUT, PATCH or DELETE.
    pub method: String,
    /// Begins with `{{api}}` or the name of another base.
    pub target: String,
    /// Names and values in the order written.
    pub headers: Vec<(String, String)>,
    /// JSON text exactly as written.
    pub body: Option<String>,
}

/// `name: query` of `[Captures]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Capture {
    /// The variable.
    pub name: String,
    /// Where its value comes from.
    pub query: Query,
    /// Offset of the name in the block.
    #[serde(skip)]
    pub at: usize,
}

/// One line of `[Asserts]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Assert {
    /// The line as written.
    pub text: String,
    /// What is looked at.
    pub query: Query,
    /// `not` stands before the predicate.
    pub not: bool,
    /// The predicate.
    pub op: Operator,
    /// What is compared with; absent for predicates without a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<serde_json::Value>,
    /// Offset of the line in the block.
    #[serde(skip)]
    pub at: usize,
}

/// What of an answer is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Query {
    /// The status code, a number.
    Status,
    /// Time from sending to the last byte in ms, a number.
    Duration,
    /// The body as text.
    Body,
    /// A header's value; a list when the header came several times.
    Header {
        /// Case does not matter.
        name: String,
    },
    /// A value of the JSON body.
    Jsonpath {
        /// Field names and indices from the root.
        path: Vec<Step>,
    },
}

/// One step of a JSON path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum Step {
    /// `.name`
    Field(String),
    /// `[0]`
    Index(usize),
}

/// The predicates of the subset, named as Hurl names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub enum Operator {
    #[serde(rename = "==")]
    #[allow(missing_docs)]
    Equal,
    #[serde(rename = "!=")]
    #[allow(missing_docs)]
    NotEqual,
    #[serde(rename = "<")]
    #[allow(missing_docs)]
    Less,
    #[serde(rename = "<=")]
    #[allow(missing_docs)]
    LessOrEqual,
    #[serde(rename = ">")]
    #[allow(missing_docs)]
    Greater,
    #[serde(rename = ">=")]
    #[allow(missing_docs)]
    GreaterOrEqual,
    /// A text inside a text, or an element inside a list.
    #[serde(rename = "contains")]
    Contains,
    #[serde(rename = "startsWith")]
    #[allow(missing_docs)]
    StartsWith,
    #[serde(rename = "endsWith")]
    #[allow(missing_docs)]
    EndsWith,
    /// There is a value, `null` included.
    #[serde(rename = "exists")]
    Exists,
    #[serde(rename = "isString")]
    #[allow(missing_docs)]
    IsString,
    #[serde(rename = "isInteger")]
    #[allow(missing_docs)]
    IsInteger,
    #[serde(rename = "isBoolean")]
    #[allow(missing_docs)]
    IsBoolean,
    /// A list or an object.
    #[serde(rename = "isCollection")]
    IsCollection,
    /// An empty list, object or text.
    #[serde(rename = "isEmpty")]
    IsEmpty,
}

/// The text after `# claim:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimText {
    /// The expression.
    pub text: String,
    /// Offset of the expression in the block.
    pub at: usize,
}

/// One `{{name}}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableUse {
    /// The variable.
    pub name: String,
    /// Offset of the name in the block.
    pub at: usize,
}
