//! What is known while a block is read: the lines left, the mistakes so far, the block as far as it is understood.
//! Knows lines and comments; request and answer are read by [`super::parse`] and [`super::response`].

use super::{
    Fault,
    lines::{Line, Lines},
    model::{ClaimText, Demo, Request, VariableUse},
};

/// A caption or claim longer than this is prose, not a label.
const MAX_COMMENT_CHARACTERS: usize = 200;

/// The state while one block is read.
pub(super) struct Reader<'a> {
    pub lines: Lines<'a>,
    /// Mistakes after which reading could go on.
    pub faults: Vec<Fault>,
    pub demo: Demo,
}

impl<'a> Reader<'a> {
    /// At the beginning of `text`.
    pub fn new(text: &'a str) -> Self {
        Self { lines: Lines::new(text), faults: Vec::new(), demo: empty_demo() }
    }

    /// The next line that is neither blank nor a comment; comments are remembered on the way.
    pub fn peek_content(&mut self) -> Option<Line<'a>> {
        while let Some(line) = self.lines.peek() {
            if let Some(comment) = line.text.strip_prefix('#') {
                self.comment(comment, line.at + 1);
            } else if !line.text.is_empty() {
                return Some(line);
            }
            self.lines.next();
        }
        None
    }

    fn comment(&mut self, comment: &str, at: usize) {
        let text = comment.trim_start_matches(' ');
        let at = at + comment.len() - text.len();
        if text.chars().count() > MAX_COMMENT_CHARACTERS {
            self.faults.push(Fault::new(at, format!("주석은 한 줄에 {MAX_COMMENT_CHARACTERS}자까지 쓴다.")));
        } else if let Some(claim) = text.strip_prefix("claim:") {
            let expression = claim.trim_start_matches(' ');
            let at = at + text.len() - expression.len();
            self.demo.claims.push(ClaimText { text: expression.to_owned(), at });
        } else if self.demo.caption.is_none() && !text.is_empty() {
            self.demo.caption = Some(text.to_owned());
        }
    }
}

fn empty_demo() -> Demo {
    Demo {
        caption: None,
        request: Request { method: String::new(), target: String::new(), headers: Vec::new(), body: None },
        base: VariableUse { name: String::new(), at: 0 },
        repeat: 1,
        delay: 0,
        repeat_at: None,
        delay_at: None,
        status: None,
        status_at: 0,
        headers: Vec::new(),
        captures: Vec::new(),
        asserts: Vec::new(),
        claims: Vec::new(),
        uses: Vec::new(),
    }
}

/// `Name: value` with a value of visible ASCII; also used for the expected headers.
pub(super) fn header(line: Line<'_>) -> Result<(&str, &str, usize), Fault> {
    let (name, value) = line.text.split_once(':').ok_or_else(|| {
        Fault::new(line.at, "읽을 수 없는 줄이다. 헤더는 `이름: 값`으로 쓰고, 본문 앞에는 빈 줄을, 응답 앞에는 `HTTP 200`을 쓴다.")
    })?;
    if !is_header_name(name) {
        return Err(Fault::new(
            line.at,
            format!("`{name}`은(는) 헤더 이름이 아니다. 영문자, 숫자, `-`로 쓴다."),
        ));
    }
    let trimmed = value.trim_start_matches(' ');
    let at = line.at + line.text.len() - trimmed.len();
    if trimmed.is_empty() {
        return Err(Fault::new(at, format!("헤더 `{name}`의 값이 비어 있다. 값을 쓰거나 줄을 지운다.")));
    }
    if let Some((bad, c)) =
        trimmed.char_indices().find(|&(_, c)| !(c.is_ascii_graphic() || c == ' ') || c == '#' || c == '\\')
    {
        return Err(Fault::new(
            at + bad,
            format!("헤더 값에 `{c}`은(는) 쓸 수 없다. `#`과 `\\`를 뺀 ASCII 글자만 쓴다."),
        ));
    }
    Ok((name, trimmed, at))
}

/// What both HTTP and Hurl take for a header's name.
pub(super) fn is_header_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
