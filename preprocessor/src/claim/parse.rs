//! Reads a claim and checks its types: a list where a number belongs is a mistake with a place.
//! Knows the expression tree and [`Fault`].

use super::{BinaryOperator, Expression, Function, List, WithinOperator};
use crate::syntax::Fault;

/// A claim that reads well by itself; whether its blocks exist is for the book to say.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedClaim {
    /// The tree.
    pub expr: Expression,
    /// Blocks it names, with the offset of each name.
    pub blocks: Vec<BlockReference>,
}

/// The name of another block in a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockReference {
    /// The block's id.
    pub id: String,
    /// Offset in the claim.
    pub at: usize,
}

const FUNCTIONS: &str = "median, min, max, p95, sum, count, mean";

/// Reads one claim; `names` are the names of `[preprocessor.live.claims]`.
///
/// # Errors
/// The first mistake, with its offset in `text`.
pub fn parse_claim(text: &str, names: &[&str]) -> Result<ParsedClaim, Fault> {
    let mut parser = Parser { text, at: 0, names, blocks: Vec::new() };
    let expr = parser.claim()?;
    Ok(ParsedClaim { expr, blocks: parser.blocks })
}

/// Reads an expression without comparison, such as a cell of a table asks for.
///
/// # Errors
/// The first mistake, with its offset in `text`.
pub fn parse_number(text: &str, names: &[&str]) -> Result<ParsedClaim, Fault> {
    let mut parser = Parser { text, at: 0, names, blocks: Vec::new() };
    let expr = parser.sum()?;
    parser.spaces();
    if parser.at < text.len() {
        return Err(
            parser.fault("값이 끝난 뒤에 글자가 남았다. 비교 없이 값 하나를 쓴다. 예: `median(init)`")
        );
    }
    Ok(ParsedClaim { expr, blocks: parser.blocks })
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    names: &'a [&'a str],
    blocks: Vec<BlockReference>,
}

impl<'a> Parser<'a> {
    fn claim(&mut self) -> Result<Expression, Fault> {
        let left = Box::new(self.sum()?);
        let expr = if self.word("in") {
            let low = Box::new(self.sum()?);
            self.expect("..", "범위는 `in 0.8..1.25`처럼 쓴다.")?;
            let high = Box::new(self.sum()?);
            Expression::Within { op: WithinOperator::In, left, low, high }
        } else {
            let op = self.comparison()?;
            let right = Box::new(self.sum()?);
            Expression::Binary { op, left, right }
        };
        self.spaces();
        if self.at < self.text.len() {
            return Err(self.fault("주장이 끝난 뒤에 글자가 남았다. 비교는 한 번만 쓴다."));
        }
        Ok(expr)
    }

    fn comparison(&mut self) -> Result<BinaryOperator, Fault> {
        use BinaryOperator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        let operators = [
            ("==", Equal),
            ("!=", NotEqual),
            ("<=", LessOrEqual),
            (">=", GreaterOrEqual),
            ("<", Less),
            (">", Greater),
        ];
        operators
            .into_iter()
            .find_map(|(sign, op)| self.sign(sign).then_some(op))
            .ok_or_else(|| self.fault("비교가 없다. `cold == 1`이나 `median(init) in 1..50`처럼 쓴다."))
    }

    fn sum(&mut self) -> Result<Expression, Fault> {
        let mut left = self.product()?;
        loop {
            let op = if self.sign("+") {
                BinaryOperator::Add
            } else if self.sign("-") {
                BinaryOperator::Subtract
            } else {
                return Ok(left);
            };
            left = Expression::Binary { op, left: Box::new(left), right: Box::new(self.product()?) };
        }
    }

    fn product(&mut self) -> Result<Expression, Fault> {
        let mut left = self.factor()?;
        loop {
            let op = if self.sign("*") {
                BinaryOperator::Multiply
            } else if self.sign("/") {
                BinaryOperator::Divide
            } else {
                return Ok(left);
            };
            left = Expression::Binary { op, left: Box::new(left), right: Box::new(self.factor()?) };
        }
    }

    fn factor(&mut self) -> Result<Expression, Fault> {
        if self.sign("(") {
            let inner = self.sum()?;
            self.expect(")", "닫는 괄호가 없다.")?;
            return Ok(inner);
        }
        if self.sign("-") {
            let zero = Box::new(Expression::Number { num: 0.0 });
            return Ok(Expression::Binary {
                op: BinaryOperator::Subtract,
                left: zero,
                right: Box::new(self.factor()?),
            });
        }
        self.spaces();
        if self.rest().starts_with(|c: char| c.is_ascii_digit()) {
            return Ok(Expression::Number { num: self.number()? });
        }
        let at = self.at;
        let name = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
        if name.is_empty() {
            return Err(
                self.fault("숫자나 이름이 와야 한다. 예: `cold`, `runs`, `median(init)`, `status(201)`")
            );
        }
        self.named(name, at)
    }

    fn named(&mut self, name: &str, at: usize) -> Result<Expression, Fault> {
        if let Some(call) = Function::named(name) {
            return self.call(call, name);
        }
        match name {
            "runs" => Ok(Expression::Runs { runs: true, block: self.block_in_parentheses()? }),
            "status" => self.status(),
            _ if self.names.contains(&name) => {
                Ok(Expression::Name { name: name.to_owned(), block: self.block_in_parentheses()? })
            }
            _ => Err(Fault::new(at, self.not_a_number(name))),
        }
    }

    fn not_a_number(&self, name: &str) -> String {
        if self.rest().trim_start().starts_with('(') {
            return format!(
                "`{name}`은(는) 모르는 함수다. {FUNCTIONS}, status, runs와 설정의 claims에 있는 이름만 쓴다."
            );
        }
        let known = if self.names.is_empty() { "없음".to_owned() } else { self.names.join(", ") };
        format!(
            "`{name}`은(는) 시간의 목록이라 그대로 견줄 수 없다. `median({name})`처럼 함수로 감싼다(설정의 claims에 있는 이름: {known})."
        )
    }

    /// `median(init)` or `median(init, other-block)`; the name has been read.
    fn call(&mut self, call: Function, name: &str) -> Result<Expression, Fault> {
        self.expect("(", &format!("`{name}` 뒤에는 괄호와 목록이 온다. 예: `{name}(init)`"))?;
        self.spaces();
        let at = self.at;
        let list = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_').to_owned();
        let is_name = list.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if !is_name {
            return Err(Fault::new(
                at,
                format!("`{name}` 안에는 Server-Timing의 이름이나 total이 온다. 예: `{name}(init)`"),
            ));
        }
        let number = Function::named(&list).is_some()
            || list == "runs"
            || list == "status"
            || self.names.contains(&list.as_str());
        if number {
            return Err(Fault::new(
                at,
                format!("`{list}`은(는) 숫자다. `{name}` 안에는 init, total 같은 목록이 온다."),
            ));
        }
        let block = if self.sign(",") { Some(self.block_name()?) } else { None };
        self.expect(")", "닫는 괄호가 없다.")?;
        Ok(Expression::Call { call, list: List { list, block } })
    }

    /// `status(201)` or `status(201, other-block)`; the word has been read.
    fn status(&mut self) -> Result<Expression, Fault> {
        self.expect("(", "`status` 뒤에는 괄호와 상태 코드가 온다. 예: `status(201)`")?;
        self.spaces();
        let at = self.at;
        let digits = self.take_while(|c| c.is_ascii_digit());
        let status = digits
            .parse()
            .ok()
            .filter(|code| digits.len() == 3 && (100..=599).contains(code))
            .ok_or_else(|| Fault::new(at, "상태 코드는 100에서 599 사이의 숫자다. 예: `status(201)`"))?;
        let block = if self.sign(",") { Some(self.block_name()?) } else { None };
        self.expect(")", "닫는 괄호가 없다.")?;
        Ok(Expression::Status { status, block })
    }

    fn block_in_parentheses(&mut self) -> Result<Option<String>, Fault> {
        if !self.sign("(") {
            return Ok(None);
        }
        let block = self.block_name()?;
        self.expect(")", "닫는 괄호가 없다.")?;
        Ok(Some(block))
    }

    fn block_name(&mut self) -> Result<String, Fault> {
        self.spaces();
        let at = self.at;
        let id = self.take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-').to_owned();
        if !id.starts_with(|c: char| c.is_ascii_lowercase()) {
            return Err(Fault::new(at, "여기에는 다른 블록의 id가 온다."));
        }
        self.blocks.push(BlockReference { id: id.clone(), at });
        Ok(id)
    }

    /// `12` or `0.25`; a second dot begins a range.
    fn number(&mut self) -> Result<f64, Fault> {
        let at = self.at;
        self.take_while(|c| c.is_ascii_digit());
        let rest = self.rest().as_bytes();
        if rest.first() == Some(&b'.') && rest.get(1).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
            self.take_while(|c| c.is_ascii_digit());
        }
        let digits = &self.text[at..self.at];
        digits
            .parse()
            .ok()
            .filter(|_| digits.len() <= 16)
            .ok_or_else(|| Fault::new(at, "숫자가 너무 길다. 16자리까지 쓴다."))
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn spaces(&mut self) {
        self.take_while(|c| c == ' ');
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|c| !keep(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    fn sign(&mut self, sign: &str) -> bool {
        self.spaces();
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    /// A whole word, not the beginning of a longer one.
    fn word(&mut self, word: &str) -> bool {
        self.spaces();
        let found = self
            .rest()
            .strip_prefix(word)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'));
        if found {
            self.at += word.len();
        }
        found
    }

    fn expect(&mut self, sign: &str, advice: &str) -> Result<(), Fault> {
        if self.sign(sign) { Ok(()) } else { Err(self.fault(advice)) }
    }

    fn fault(&self, message: &str) -> Fault {
        Fault::new(self.at, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        serde_json::to_string(&parse_claim(text, &["cold", "environments"]).unwrap().expr).unwrap()
    }

    fn fault(text: &str) -> (usize, String) {
        let fault = parse_claim(text, &["cold", "environments"]).unwrap_err();
        (fault.at, fault.message)
    }

    #[test]
    fn reads_names_numbers_and_other_blocks() {
        assert_eq!(json("cold == 1"), r#"{"op":"==","left":{"name":"cold"},"right":{"num":1}}"#);
        assert_eq!(
            json("environments(burst-24) >= runs - status(429, burst-24)"),
            r#"{"op":">=","left":{"name":"environments","block":"burst-24"},"right":{"op":"-","left":{"runs":true},"right":{"status":429,"block":"burst-24"}}}"#
        );
    }

    #[test]
    fn reads_ranges_and_keeps_the_usual_precedence() {
        assert_eq!(
            json("median(init, cold-128) / median(init, cold-1769) in 0.8..1.25"),
            r#"{"op":"in","left":{"op":"/","left":{"call":"median","list":{"list":"init","block":"cold-128"}},"right":{"call":"median","list":{"list":"init","block":"cold-1769"}}},"low":{"num":0.8},"high":{"num":1.25}}"#
        );
        assert_eq!(
            json("1 + 2 * -runs < (1 + 2) * 3"),
            r#"{"op":"<","left":{"op":"+","left":{"num":1},"right":{"op":"*","left":{"num":2},"right":{"op":"-","left":{"num":0},"right":{"runs":true}}}},"right":{"op":"*","left":{"op":"+","left":{"num":1},"right":{"num":2}},"right":{"num":3}}}"#
        );
    }

    #[test]
    fn a_list_where_a_number_belongs_is_a_mistake_with_a_place() {
        let (at, message) = fault("cold + init == 1");
        assert_eq!(at, 7);
        assert!(message.contains("median(init)"), "{message}");
        assert_eq!(fault("median(cold) == 1").0, 7);
        assert_eq!(fault("median == 1").0, 7);
        assert!(fault("avg(init) == 1").1.contains("모르는 함수"));
    }

    #[test]
    fn tells_what_is_missing() {
        assert_eq!(fault("cold").0, 4);
        assert_eq!(fault("cold == 1 == 1").0, 10);
        assert_eq!(fault("runs in 1").0, 9);
        assert_eq!(fault("status(20) == 1").0, 7);
        assert_eq!(fault("").0, 0);
        assert_eq!(fault("(cold == 1)").0, 6);
        assert_eq!(fault("median(init, 9) < 3").0, 13);
    }
}
