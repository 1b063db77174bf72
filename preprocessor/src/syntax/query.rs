//! Queries and predicates: `jsonpath "$.id" == 1`.
//! Knows the model and [`Fault`].

use serde_json::{Number, Value};

use super::{
    Fault,
    model::{Assert, Operator, Query, Step},
    reader::is_header_name,
};

const QUERIES: &str =
    "`status`, `duration`, `body`, `header \"이름\"`, `jsonpath \"$.필드\"` 가운데 하나를 쓴다.";
const PREDICATES: &str = "`==` `!=` `<` `<=` `>` `>=` `contains` `startsWith` `endsWith` `exists` `isString` \
                          `isInteger` `isBoolean` `isCollection` `isEmpty` 가운데 하나를 쓴다.";
/// The largest whole number that a browser and Hurl read alike: 2^53 - 1.
const MAX_INTEGER: i64 = 9_007_199_254_740_991;

/// Cuts words and quoted strings off the front of a line; offsets count from the start of the block.
pub(super) struct Words<'a> {
    rest: &'a str,
    pub at: usize,
}

impl<'a> Words<'a> {
    pub fn new(text: &'a str, at: usize) -> Self {
        Self { rest: text, at }
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        self.at += length;
        taken
    }

    /// Skips spaces; `false` when there was none.
    fn spaces(&mut self) -> bool {
        let count = self.rest.len() - self.rest.trim_start_matches(' ').len();
        self.take(count);
        count > 0
    }

    fn word(&mut self) -> &'a str {
        let length = self.rest.find(' ').unwrap_or(self.rest.len());
        self.take(length)
    }

    /// A `"…"` without escapes and without variables.
    fn quoted(&mut self, what: &str) -> Result<&'a str, Fault> {
        let inside = self
            .rest
            .strip_prefix('"')
            .ok_or_else(|| Fault::new(self.at, format!("{what}은(는) 큰따옴표로 감싼다.")))?;
        let length = inside.find('"').ok_or_else(|| Fault::new(self.at, "닫는 큰따옴표가 없다."))?;
        let text = &inside[..length];
        if let Some(at) = text.find('\\') {
            return Err(Fault::new(
                self.at + 1 + at,
                "따옴표 안에서 `\\`는 쓸 수 없다. 이스케이프 없이 쓴다.",
            ));
        }
        if let Some(at) = text.find("{{") {
            return Err(Fault::new(
                self.at + 1 + at,
                "`{{변수}}`는 주소, 요청 헤더, JSON 문자열 안에만 쓸 수 있다.",
            ));
        }
        self.take(length + 2);
        Ok(text)
    }
}

/// One query at the front of `words`.
pub(super) fn query(words: &mut Words<'_>) -> Result<Query, Fault> {
    let at = words.at;
    match words.word() {
        "status" => Ok(Query::Status),
        "duration" => Ok(Query::Duration),
        "body" => Ok(Query::Body),
        "header" => {
            words.spaces();
            let name_at = words.at + 1;
            let name = words.quoted("헤더 이름")?;
            if !is_header_name(name) {
                return Err(Fault::new(
                    name_at,
                    format!("`{name}`은(는) 헤더 이름이 아니다. 영문자, 숫자, `-`로 쓴다."),
                ));
            }
            Ok(Query::Header { name: name.to_owned() })
        }
        "jsonpath" => {
            words.spaces();
            let path_at = words.at + 1;
            Ok(Query::Jsonpath { path: json_path(words.quoted("JSON 경로")?, path_at)? })
        }
        other => Err(Fault::new(at, format!("`{other}`은(는) 지원하지 않는 질의다. {QUERIES}"))),
    }
}

/// `$`, then `.field` and `[index]` in any order.
fn json_path(text: &str, at: usize) -> Result<Vec<Step>, Fault> {
    let fault = |offset: usize| {
        Fault::new(at + offset, "JSON 경로는 `$.items[0].name`처럼 `$`, `.필드`, `[번호]`로만 쓴다.")
    };
    let mut rest = text.strip_prefix('$').ok_or_else(|| fault(0))?;
    let mut path = Vec::new();
    while !rest.is_empty() {
        let offset = text.len() - rest.len();
        if let Some(field) = rest.strip_prefix('.') {
            let length = field.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(field.len());
            let name = &field[..length];
            if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
                return Err(fault(offset));
            }
            path.push(Step::Field(name.to_owned()));
            rest = &field[length..];
        } else {
            let inside = rest.strip_prefix('[').ok_or_else(|| fault(offset))?;
            let length = inside.find(']').ok_or_else(|| fault(offset))?;
            let digits = &inside[..length];
            let plain = digits == "0" || digits.starts_with(|c: char| ('1'..='9').contains(&c));
            let index = digits.parse().ok().filter(|&n: &usize| plain && n < 10_000);
            path.push(Step::Index(index.ok_or_else(|| fault(offset))?));
            rest = &inside[length + 1..];
        }
    }
    Ok(path)
}

/// A whole line of `[Asserts]`.
pub(super) fn assert_line(text: &str, at: usize) -> Result<Assert, Fault> {
    let mut words = Words::new(text, at);
    let query = query(&mut words)?;
    let missing = |at| Fault::new(at, format!("질의 뒤에 조건이 없다. {PREDICATES}"));
    if !words.spaces() {
        return Err(missing(words.at));
    }
    let mut op_at = words.at;
    let mut name = words.word();
    let not = name == "not";
    if not {
        words.spaces();
        op_at = words.at;
        name = words.word();
    }
    if name.is_empty() {
        return Err(missing(op_at));
    }
    let op = operator(name)
        .ok_or_else(|| Fault::new(op_at, format!("`{name}`은(는) 지원하지 않는 조건이다. {PREDICATES}")))?;
    let value = predicate_value(op, name, &mut words)?;
    if !words.is_empty() {
        return Err(Fault::new(words.at, "조건이 끝난 뒤에 글자가 남았다. 한 줄에 조건 하나만 쓴다."));
    }
    Ok(Assert { text: text.to_owned(), query, not, op, value, at })
}

fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        "==" => Operator::Equal,
        "!=" => Operator::NotEqual,
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterOrEqual,
        "contains" => Operator::Contains,
        "startsWith" => Operator::StartsWith,
        "endsWith" => Operator::EndsWith,
        "exists" => Operator::Exists,
        "isString" => Operator::IsString,
        "isInteger" => Operator::IsInteger,
        "isBoolean" => Operator::IsBoolean,
        "isCollection" => Operator::IsCollection,
        "isEmpty" => Operator::IsEmpty,
        _ => return None,
    })
}

fn predicate_value(op: Operator, name: &str, words: &mut Words<'_>) -> Result<Option<Value>, Fault> {
    use Operator::{
        Contains, EndsWith, Equal, Exists, Greater, GreaterOrEqual, IsBoolean, IsCollection, IsEmpty,
        IsInteger, IsString, Less, LessOrEqual, NotEqual, StartsWith,
    };
    if matches!(op, Exists | IsString | IsInteger | IsBoolean | IsCollection | IsEmpty) {
        return Ok(None);
    }
    let spaced = words.spaces();
    let at = words.at;
    if !spaced || words.is_empty() {
        return Err(Fault::new(at, format!("`{name}` 뒤에 빈칸 하나와 견줄 값을 쓴다.")));
    }
    let value = literal(words)?;
    let fits = match op {
        Equal | NotEqual => true,
        Less | LessOrEqual | Greater | GreaterOrEqual => value.is_number() || value.is_string(),
        Contains | StartsWith | EndsWith => value.is_string(),
        Exists | IsString | IsInteger | IsBoolean | IsCollection | IsEmpty => false,
    };
    if fits {
        return Ok(Some(value));
    }
    let wanted = if value.is_string() || matches!(op, Contains | StartsWith | EndsWith) {
        "큰따옴표로 감싼 글자"
    } else {
        "숫자나 큰따옴표로 감싼 글자"
    };
    Err(Fault::new(at, format!("`{name}` 뒤에는 {wanted}를 쓴다.")))
}

fn literal(words: &mut Words<'_>) -> Result<Value, Fault> {
    if words.rest.starts_with('"') {
        return Ok(Value::String(words.quoted("값")?.to_owned()));
    }
    let at = words.at;
    let word = words.word();
    match word {
        "null" => Ok(Value::Null),
        "true" => Ok(Value::Bool(true)),
        "false" => Ok(Value::Bool(false)),
        _ => number(word).map(Value::Number).ok_or_else(|| {
            Fault::new(at, format!("`{word}`은(는) 값이 아니다. 숫자, \"글자\", true, false, null만 쓴다."))
        }),
    }
}

/// `-?digits(.digits)?` without leading zeros and without exponent, as Hurl reads numbers.
fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
    let all_digits = |s: &str| !s.is_empty() && s.len() <= 17 && s.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    match fraction {
        None => text.parse::<i64>().ok().filter(|n| n.abs() <= MAX_INTEGER).map(Number::from),
        Some(fraction) if all_digits(fraction) => text.parse::<f64>().ok().and_then(Number::from_f64),
        Some(_) => None,
    }
}
