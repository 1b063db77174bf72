//! `{{name}}` inside targets, header values and JSON strings.
//! Knows only [`Fault`].

use super::Fault;

/// The variable that always comes from the configuration instead of a capture.
pub const API_VARIABLE: &str = "api";

/// Names Hurl keeps for its functions.
const RESERVED: [&str; 3] = ["getEnv", "newDate", "newUuid"];

/// A stretch of a text with variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Stands for itself.
    Text(&'a str),
    /// The name between `{{` and `}}`, and its offset in the text.
    Variable(&'a str, usize),
}

/// Cuts a text at its `{{name}}`s.
///
/// # Errors
/// A `{{` that does not begin a plain `{{name}}`: Hurl would read a function or fail.
pub fn pieces(text: &str) -> Result<Vec<Piece<'_>>, Fault> {
    let mut pieces = Vec::new();
    let mut done = 0;
    while let Some(found) = text[done..].find("{{") {
        let open = done + found;
        let name_at = open + 2;
        let length = text[name_at..]
            .find("}}")
            .ok_or_else(|| Fault::new(open, "`{{`를 닫는 `}}`가 없다. 변수는 `{{이름}}`처럼 쓴다."))?;
        let name = &text[name_at..name_at + length];
        if !is_variable_name(name) {
            return Err(Fault::new(open, "변수는 `{{user_id}}`처럼 빈칸 없이 영문자, 숫자, `_`로만 쓴다."));
        }
        if open > done {
            pieces.push(Piece::Text(&text[done..open]));
        }
        pieces.push(Piece::Variable(name, name_at));
        done = name_at + length + 2;
    }
    if done < text.len() {
        pieces.push(Piece::Text(&text[done..]));
    }
    Ok(pieces)
}

/// A letter or `_`, then letters, digits and `_`, in ASCII; not one of Hurl's function names.
pub(crate) fn is_variable_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !RESERVED.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_text_and_variables() {
        assert_eq!(
            pieces("{{api}}/users/{{user_id}}").unwrap(),
            [Piece::Variable("api", 2), Piece::Text("/users/"), Piece::Variable("user_id", 16)]
        );
        assert_eq!(pieces("{a} }}").unwrap(), [Piece::Text("{a} }}")]);
    }

    #[test]
    fn refuses_what_hurl_reads_differently() {
        for text in ["{{ a }}", "{{newUuid}}", "{{a-b}}", "{{}}", "{{a", "{{{a}}", "{{#include x}}"] {
            assert!(pieces(text).is_err(), "{text}");
        }
    }
}
