//! Reads a formula; every mistake has a place.
//! Knows the tree and [`Fault`].

use super::{Formula, Function, MAX_DEPTH, MAX_FORMULA_BYTES, Operator};
use crate::syntax::Fault;

/// A name in a formula and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameUse {
    /// `requests` or `lambda.request`.
    pub name: String,
    /// Byte offset in the formula.
    pub at: usize,
}

/// Reads one formula; the names it uses come in the order of the text.
///
/// # Errors
/// The first mistake, with its offset in `text`.
pub fn parse_formula(text: &str) -> Result<(Formula, Vec<NameUse>), Fault> {
    if text.len() > MAX_FORMULA_BYTES {
        let message = format!(
            "식이 너무 길다({}바이트, 최대 {MAX_FORMULA_BYTES}바이트). 앞선 result로 나누어 쓴다.",
            text.len()
        );
        return Err(Fault::new(MAX_FORMULA_BYTES, message));
    }
    let mut parser = Parser { text, at: 0, open: 0, names: Vec::new() };
    let read = parser.sum()?;
    parser.spaces();
    match parser.rest().chars().next() {
        None => Ok((read.formula, parser.names)),
        Some(')') => Err(parser.fault("여는 괄호가 없는 닫는 괄호다.")),
        Some(_) => Err(parser.fault("식이 끝난 자리에 글자가 남았다. + - * / 가운데 하나로 잇는다.")),
    }
}

/// Whether `text` can be a name: parts of lower-case letters, digits and `_`, each begun by a letter, joined by dots.
/// The functions' names are taken.
pub fn is_name(text: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    text.len() <= 64 && text.split('.').all(part) && Function::named(text).is_none()
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// Parentheses and signs that are open here.
    open: usize,
    names: Vec<NameUse>,
}

/// A formula with the number of its levels.
struct Read {
    formula: Formula,
    levels: usize,
}

impl Read {
    const fn leaf(formula: Formula) -> Self {
        Self { formula, levels: 1 }
    }
}

impl<'a> Parser<'a> {
    fn sum(&mut self) -> Result<Read, Fault> {
        let mut left = self.product()?;
        loop {
            let at = self.at;
            let op = if self.sign('+') {
                Operator::Add
            } else if self.sign('-') {
                Operator::Subtract
            } else {
                return Ok(left);
            };
            let right = self.product()?;
            left = self.binary(op, left, right, at)?;
        }
    }

    fn product(&mut self) -> Result<Read, Fault> {
        let mut left = self.factor()?;
        loop {
            let at = self.at;
            let op = if self.sign('*') {
                Operator::Multiply
            } else if self.sign('/') {
                Operator::Divide
            } else {
                return Ok(left);
            };
            let right = self.factor()?;
            left = self.binary(op, left, right, at)?;
        }
    }

    fn binary(&self, op: Operator, left: Read, right: Read, at: usize) -> Result<Read, Fault> {
        let levels = 1 + left.levels.max(right.levels);
        bounded(levels, at)?;
        let formula = Formula::Binary { op, left: Box::new(left.formula), right: Box::new(right.formula) };
        Ok(Read { formula, levels })
    }

    fn factor(&mut self) -> Result<Read, Fault> {
        self.spaces();
        let at = self.at;
        if self.sign('-') {
            self.enter(at)?;
            let right = self.factor()?;
            self.open -= 1;
            return self.binary(Operator::Subtract, Read::leaf(Formula::Number { num: 0.0 }), right, at);
        }
        if self.sign('(') {
            self.enter(at)?;
            let inner = self.sum()?;
            self.close()?;
            return Ok(inner);
        }
        if self.rest().starts_with(|c: char| c.is_ascii_digit()) {
            return self.number();
        }
        let name = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
        if name.is_empty() {
            return Err(self.fault("숫자나 이름, 괄호가 와야 한다. 예: `requests * lambda.request`"));
        }
        if let Some(function) = Function::named(name) {
            return self.call(function, at);
        }
        if self.sign('(') {
            let message = format!("`{name}`은(는) 모르는 함수다. max, min, ceil, exp만 쓴다.");
            return Err(Fault::new(at, message));
        }
        if !is_name(name) {
            let message =
                format!("`{name}`은(는) 이름이 될 수 없다. 소문자로 시작하고 소문자, 숫자, `_`, `.`로 쓴다.");
            return Err(Fault::new(at, message));
        }
        self.names.push(NameUse { name: name.to_owned(), at });
        Ok(Read::leaf(Formula::Name { name: name.to_owned() }))
    }

    /// The function's name has been read; it stands at `at`.
    fn call(&mut self, function: Function, at: usize) -> Result<Read, Fault> {
        let name = function.name();
        if !self.sign('(') {
            return Err(self.fault(format!("`{name}` 뒤에는 괄호가 온다. 예: `{name}(…)`")));
        }
        self.enter(at)?;
        let mut args = Vec::new();
        let mut levels = 0;
        loop {
            let read = self.sum()?;
            levels = levels.max(read.levels);
            args.push(read.formula);
            if !self.sign(',') {
                break;
            }
        }
        self.close()?;
        if (args.len() == 1) != function.takes_one() {
            let wanted = if function.takes_one() { "하나만" } else { "둘 이상" };
            return Err(Fault::new(at, format!("`{name}`에는 값을 {wanted} 쓴다(지금 {}개).", args.len())));
        }
        bounded(levels + 1, at)?;
        Ok(Read { formula: Formula::Call { call: function, args }, levels: levels + 1 })
    }

    fn enter(&mut self, at: usize) -> Result<(), Fault> {
        self.open += 1;
        bounded(self.open, at)
    }

    fn close(&mut self) -> Result<(), Fault> {
        self.open -= 1;
        if self.sign(')') { Ok(()) } else { Err(self.fault("닫는 괄호가 없다.")) }
    }

    /// `12`, `0.25`, `1e6` or `1.3e-05`.
    fn number(&mut self) -> Result<Read, Fault> {
        let at = self.at;
        self.digits();
        if let Some(rest) = self.rest().strip_prefix('.') {
            if !rest.starts_with(|c: char| c.is_ascii_digit()) {
                return Err(self.fault("소수점 뒤에는 숫자가 온다. 예: `0.5`"));
            }
            self.at += 1;
            self.digits();
        }
        if let Some(rest) = self.rest().strip_prefix('e') {
            let sign = usize::from(rest.starts_with(['-', '+']));
            if !rest[sign..].starts_with(|c: char| c.is_ascii_digit()) {
                return Err(self.fault("지수에는 숫자가 온다. 예: `1e6`"));
            }
            self.at += 1 + sign;
            self.digits();
        }
        let written = &self.text[at..self.at];
        let num: f64 = written.parse().unwrap_or(f64::INFINITY);
        if !num.is_finite() || written.len() > 24 {
            return Err(Fault::new(at, "숫자가 너무 크거나 길다. 24자 안에서 쓴다."));
        }
        Ok(Read::leaf(Formula::Number { num }))
    }

    fn digits(&mut self) {
        self.take_while(|c| c.is_ascii_digit());
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// A long formula may stand on several lines.
    fn spaces(&mut self) {
        self.take_while(|c| c == ' ' || c == '\n');
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|c| !keep(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    fn sign(&mut self, sign: char) -> bool {
        self.spaces();
        let found = self.rest().starts_with(sign);
        if found {
            self.at += 1;
        }
        found
    }

    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(self.at, message)
    }
}

fn bounded(levels: usize, at: usize) -> Result<(), Fault> {
    if levels <= MAX_DEPTH {
        return Ok(());
    }
    Err(Fault::new(at, format!("식이 너무 깊다({MAX_DEPTH}단계까지). 앞선 result로 나누어 쓴다.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        serde_json::to_string(&parse_formula(text).unwrap().0).unwrap()
    }

    fn fault(text: &str) -> (usize, String) {
        let fault = parse_formula(text).unwrap_err();
        (fault.at, fault.message)
    }

    #[test]
    fn reads_numbers_names_and_functions_with_the_usual_precedence() {
        assert_eq!(
            json("1e6 + lambda.request * -x"),
            r#"{"op":"+","left":{"num":1000000},"right":{"op":"*","left":{"name":"lambda.request"},"right":{"op":"-","left":{"num":0},"right":{"name":"x"}}}}"#
        );
        assert_eq!(
            json("max(0, (a - 0.5) / 2)\n - ceil(1.25e-1)"),
            r#"{"op":"-","left":{"call":"max","args":[{"num":0},{"op":"/","left":{"op":"-","left":{"name":"a"},"right":{"num":0.5}},"right":{"num":2}}]},"right":{"call":"ceil","args":[{"num":0.125}]}}"#
        );
        assert_eq!(json("a - b - c"), json("(a - b) - c"));
        assert_ne!(json("a - b - c"), json("a - (b - c)"));
    }

    #[test]
    fn names_come_with_their_places() {
        let (_, names) = parse_formula("a + max(b.c, a)").unwrap();
        let found: Vec<_> = names.iter().map(|used| (used.name.as_str(), used.at)).collect();
        assert_eq!(found, [("a", 0), ("b.c", 8), ("a", 13)]);
    }

    #[test]
    fn tells_what_is_wrong_and_where() {
        for (text, at, word) in [
            ("", 0, "숫자나 이름"),
            ("1 +", 3, "숫자나 이름"),
            ("(1 + 2", 6, "닫는 괄호가 없다"),
            ("1)", 1, "여는 괄호가 없는"),
            ("1 2", 2, "글자가 남았다"),
            ("2 ** 3", 3, "숫자나 이름"),
            ("1.", 1, "소수점"),
            ("1e", 1, "지수"),
            ("1e+", 1, "지수"),
            ("1e999", 0, "너무 크거나"),
            ("0.0000000000000000000000001", 0, "길다"),
            ("log(2)", 0, "모르는 함수"),
            ("max(1)", 0, "둘 이상"),
            ("ceil(1, 2)", 0, "하나만"),
            ("max + 1", 4, "괄호가 온다"),
            ("Price", 0, "이름이 될 수 없다"),
            ("a..b", 0, "이름이 될 수 없다"),
            ("요청", 0, "숫자나 이름"),
        ] {
            let (found, message) = fault(text);
            assert_eq!(found, at, "{text}: {message}");
            assert!(message.contains(word), "{text}: {message}");
        }
    }

    #[test]
    fn length_and_depth_are_bounded() {
        assert!(parse_formula(&"(".repeat(MAX_FORMULA_BYTES + 1)).unwrap_err().message.contains("길다"));
        for deep in [
            "(".repeat(MAX_DEPTH + 1),
            "-".repeat(MAX_DEPTH + 1),
            "max(0,".repeat(MAX_DEPTH + 1),
            "1+".repeat(MAX_DEPTH) + "1",
        ] {
            assert!(fault(&deep).1.contains("깊다"), "{deep}");
        }
        assert!(parse_formula(&("1+".repeat(MAX_DEPTH - 1) + "1")).is_ok());
        assert!(parse_formula(&format!("{}1{}", "(".repeat(MAX_DEPTH), ")".repeat(MAX_DEPTH))).is_ok());
    }

    #[test]
    fn names_of_functions_are_taken() {
        assert!(is_name("lambda.request_2") && is_name("a"));
        for bad in ["", "A", "2a", "a.", ".a", "a..b", "max", "a-b", "가"] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
