//! Walks the lines of a block and refuses characters that are invisible or mean something else to Hurl.
//! Knows only [`Fault`].

use super::Fault;

/// One line without its line feed and without trailing spaces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub at: usize,
    pub text: &'a str,
}

/// A cursor over a block that always stands at the start of a line.
pub(super) struct Lines<'a> {
    pub text: &'a str,
    pub position: usize,
}

impl<'a> Lines<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, position: 0 }
    }

    pub fn peek(&self) -> Option<Line<'a>> {
        let rest = self.text.get(self.position..).filter(|rest| !rest.is_empty())?;
        let line = rest.split('\n').next().unwrap_or(rest);
        Some(Line { at: self.position, text: line.trim_end_matches(' ') })
    }

    /// Goes to the start of the line after `offset`.
    pub fn advance_past(&mut self, offset: usize) {
        self.position = self.text[offset..].find('\n').map_or(self.text.len(), |at| offset + at + 1);
    }

    pub fn next(&mut self) -> Option<Line<'a>> {
        let line = self.peek()?;
        self.advance_past(line.at);
        Some(line)
    }
}

/// Refuses every control character, every white space but space and line feed, and characters that turn the
/// direction of text: Hurl reads some of them as separators, readers see none of them.
pub(super) fn refuse_hidden_characters(text: &str) -> Result<(), Fault> {
    let hidden = text.char_indices().find(|&(_, c)| match c {
        ' ' | '\n' => false,
        '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        c => c.is_control() || c.is_whitespace(),
    });
    match hidden {
        None => Ok(()),
        Some((at, '\t')) => Err(Fault::new(at, "탭 문자는 쓸 수 없다. 빈칸으로 바꾼다.")),
        Some((at, c)) => Err(Fault::new(
            at,
            format!("눈에 보이지 않는 문자 U+{:04X}가 있다. 지우거나 보통 빈칸으로 바꾼다.", u32::from(c)),
        )),
    }
}
