//! A block's text from top to bottom: comments, request, options, body; the answer is in [`super::response`].
//! Accepts nothing that Hurl refuses; where Hurl is generous (spaces, escapes, blank lines) this is strict.

use super::{
    Fault, MAX_BLOCK_BYTES, MAX_DELAY_MS, MAX_RUNS,
    json_body::json_body,
    lines::{Line, refuse_hidden_characters},
    model::{Demo, VariableUse},
    reader::{Reader, header},
    response,
    template::{API_VARIABLE, Piece, is_variable_name, pieces},
};

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/// Parses the text of one `hurl demo` fence.
///
/// # Errors
/// Every mistake found, in the order of the text. Never empty.
pub fn parse_demo(text: &str) -> Result<Demo, Vec<Fault>> {
    let mut reader = Reader::new(text);
    if let Err(fault) = reader.whole() {
        reader.faults.push(fault);
    }
    if reader.faults.is_empty() { Ok(reader.demo) } else { Err(reader.faults) }
}

impl Reader<'_> {
    fn whole(&mut self) -> Result<(), Fault> {
        let text = self.lines.text;
        if text.len() > MAX_BLOCK_BYTES {
            return Err(Fault::new(
                0,
                format!("블록이 {MAX_BLOCK_BYTES}바이트보다 길다. 요청을 줄이거나 블록을 나눈다."),
            ));
        }
        refuse_hidden_characters(text)?;
        self.request_line()?;
        self.request_headers()?;
        self.request_options()?;
        self.request_body()?;
        response::response(self)
    }

    fn request_line(&mut self) -> Result<(), Fault> {
        let advice = "`GET {{api}}/users`처럼 메서드와 주소를 쓴다.";
        let end = self.lines.text.len();
        let line = self.peek_content().ok_or_else(|| Fault::new(end, format!("요청이 없다. {advice}")))?;
        self.lines.next();
        let (method, target) = line
            .text
            .split_once(' ')
            .ok_or_else(|| Fault::new(line.at, format!("요청 줄이 아니다. {advice}")))?;
        if !METHODS.contains(&method) {
            return Err(Fault::new(
                line.at,
                format!(
                    "`{method}`은(는) 지원하는 메서드가 아니다. GET, POST, PUT, PATCH, DELETE 가운데 하나를 쓴다."
                ),
            ));
        }
        let at = line.at + method.len() + 1;
        self.target(target, at)?;
        self.demo.request.method = method.to_owned();
        self.demo.request.target = target.to_owned();
        Ok(())
    }

    fn target(&mut self, target: &str, at: usize) -> Result<(), Fault> {
        let base = target.strip_prefix("{{").and_then(|rest| rest.split_once("}}"));
        let Some((base, rest)) = base.filter(|(name, _)| is_variable_name(name)) else {
            return Err(Fault::new(
                at,
                "주소는 `{{api}}`로 시작한다. `{{api}}`가 무엇인지는 book.toml의 api가, 다른 바탕 주소의 이름은 bases가 정한다.",
            ));
        };
        if !(rest.is_empty() || rest.starts_with('/') || rest.starts_with('?')) {
            let message = format!("`{{{{{base}}}}}` 바로 뒤에는 `/`나 `?`만 올 수 있다.");
            return Err(Fault::new(at + target.len() - rest.len(), message));
        }
        self.demo.base = VariableUse { name: base.to_owned(), at };
        if let Some((bad, c)) =
            target.char_indices().find(|&(_, c)| !c.is_ascii_graphic() || "#\\\"<>^`|".contains(c))
        {
            return Err(Fault::new(
                at + bad,
                format!("주소에 `{c}`은(는) 쓸 수 없다. 퍼센트 인코딩한 ASCII 글자만 쓴다."),
            ));
        }
        let at = at + target.len() - rest.len();
        for piece in pieces(rest).map_err(|f| Fault::new(at + f.at, f.message))? {
            match piece {
                Piece::Variable(name, offset) => self.variable(name, at + offset),
                Piece::Text(text) => {
                    if text.contains(['{', '}']) {
                        return Err(Fault::new(at, "주소의 `{`와 `}`는 `{{변수}}`에만 쓴다."));
                    }
                }
            }
        }
        Ok(())
    }

    fn variable(&mut self, name: &str, at: usize) {
        if name != API_VARIABLE {
            self.demo.uses.push(VariableUse { name: name.to_owned(), at });
        }
    }

    fn request_headers(&mut self) -> Result<(), Fault> {
        while let Some(line) = self.lines.peek() {
            if line.text.starts_with('#') {
                self.peek_content();
                continue;
            }
            if line.text.is_empty() || line.text.starts_with(['[', '{']) || line.text.starts_with("HTTP ") {
                break;
            }
            self.lines.next();
            let (name, value, value_at) = header(line)?;
            if self.demo.request.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name)) {
                self.faults
                    .push(Fault::new(line.at, format!("헤더 `{name}`이(가) 두 번 나온다. 하나만 남긴다.")));
            }
            for piece in pieces(value).map_err(|f| Fault::new(value_at + f.at, f.message))? {
                if let Piece::Variable(name, offset) = piece {
                    self.variable(name, value_at + offset);
                }
            }
            self.demo.request.headers.push((name.to_owned(), value.to_owned()));
        }
        Ok(())
    }

    fn request_options(&mut self) -> Result<(), Fault> {
        if self.peek_content().is_none_or(|line| line.text != "[Options]") {
            return Ok(());
        }
        self.lines.next();
        while let Some(line) = self.peek_content() {
            if line.text.starts_with(['[', '{']) || line.text.starts_with("HTTP ") {
                break;
            }
            self.lines.next();
            if let Err(fault) = self.option(line) {
                self.faults.push(fault);
            }
        }
        Ok(())
    }

    fn option(&mut self, line: Line<'_>) -> Result<(), Fault> {
        let advice = "`repeat: 20`이나 `delay: 200ms`만 쓸 수 있다.";
        let (name, value) = line
            .text
            .split_once(": ")
            .ok_or_else(|| Fault::new(line.at, format!("옵션 줄이 아니다. {advice}")))?;
        let value_at = line.at + name.len() + 2;
        let (seen, at) = match name {
            "repeat" => {
                self.demo.repeat = natural(value)
                    .and_then(|n| u32::try_from(n).ok())
                    .filter(|n| (1..=MAX_RUNS).contains(n))
                    .ok_or_else(|| {
                        Fault::new(value_at, format!("repeat은 1에서 {MAX_RUNS} 사이의 정수다."))
                    })?;
                (&mut self.demo.repeat_at, line.at)
            }
            "delay" => {
                self.demo.delay = milliseconds(value).filter(|&ms| ms <= MAX_DELAY_MS).ok_or_else(|| {
                    Fault::new(value_at, "delay는 `200ms`나 `2s`처럼 쓰고 10초를 넘을 수 없다.")
                })?;
                (&mut self.demo.delay_at, line.at)
            }
            _ => return Err(Fault::new(line.at, format!("`{name}`은(는) 지원하지 않는 옵션이다. {advice}"))),
        };
        if seen.replace(at).is_some() {
            return Err(Fault::new(line.at, format!("`{name}`이(가) 두 번 나온다. 하나만 남긴다.")));
        }
        Ok(())
    }

    fn request_body(&mut self) -> Result<(), Fault> {
        let Some(line) = self.peek_content() else { return Ok(()) };
        let known_section = ["[Options]", "[Captures]", "[Asserts]"].contains(&line.text);
        if known_section || !line.text.starts_with(['{', '[']) {
            return Ok(());
        }
        if self.demo.request.method == "GET" {
            return Err(Fault::new(line.at, "GET 요청에는 본문을 쓸 수 없다. 브라우저가 보내지 못한다."));
        }
        let text = self.lines.text;
        let shift = |f: Fault| Fault::new(line.at + f.at, f.message);
        let (length, variables) = json_body(&text[line.at..]).map_err(shift)?;
        let end = line.at + length;
        let rest = text[end..].split('\n').next().unwrap_or_default();
        if !rest.trim_end_matches(' ').is_empty() {
            return Err(Fault::new(end, "JSON 본문이 끝난 줄에 글자가 남았다. 지우거나 다음 줄로 옮긴다."));
        }
        for (name, at) in variables {
            self.variable(&name, line.at + at);
        }
        self.demo.request.body = Some(text[line.at..end].to_owned());
        self.lines.advance_past(end);
        Ok(())
    }
}

/// A whole number without sign and leading zeros, at most six digits.
fn natural(text: &str) -> Option<u64> {
    let plain = text.len() <= 6
        && text.bytes().all(|b| b.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

/// `200ms` or `2s`.
fn milliseconds(text: &str) -> Option<u64> {
    if let Some(ms) = text.strip_suffix("ms") {
        return natural(ms);
    }
    natural(text.strip_suffix('s')?).map(|s| s * 1_000)
}
