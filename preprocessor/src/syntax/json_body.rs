//! Finds where a JSON body ends and refuses what Hurl and JSON read differently.
//! Knows [`super::template`] and [`Fault`].

use serde_json::value::RawValue;

use super::{
    Fault,
    template::{self, Piece},
};

/// The length in bytes of the JSON value at the start of `text`, and its variables (name, offset).
///
/// `text` must begin with `{` or `[`. `{{name}}` may stand inside strings only, so the text is JSON before and
/// after variables are filled in.
pub(super) fn json_body(text: &str) -> Result<(usize, Vec<(String, usize)>), Fault> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let length = match values.next() {
        Some(Ok(value)) => value.get().len(),
        Some(Err(error)) => return Err(json_fault(text, &error)),
        None => return Err(Fault::new(0, "JSON 본문이 비어 있다.")),
    };
    let body = &text[..length];
    // RawValue skips over numbers too large for a float and over lone surrogates; a full parse does not.
    if let Err(error) = serde_json::from_str::<serde_json::Value>(body) {
        return Err(json_fault(body, &error));
    }
    refuse_section_like_array(body)?;
    Ok((length, string_variables(body)?))
}

/// serde_json counts columns in bytes, and the last one may lie inside a character.
fn json_fault(text: &str, error: &serde_json::Error) -> Fault {
    let line_start: usize =
        text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let at = text.floor_char_boundary(line_start + error.column().saturating_sub(1));
    let templated = text[..at].ends_with("{{")
        || text[at..].starts_with("{{")
        || text[..at].ends_with('{') && text[at..].starts_with('{');
    let advice = if templated {
        "`{{변수}}`는 따옴표 안에만 쓸 수 있다."
    } else {
        "쉼표, 따옴표, 괄호를 확인한다."
    };
    Fault::new(at, format!("JSON 본문을 읽을 수 없다({error}). {advice}"))
}

/// `[1]`, `[true]`, `[null]`: Hurl takes the line for an unknown section.
fn refuse_section_like_array(body: &str) -> Result<(), Fault> {
    let Some(rest) = body.strip_prefix('[') else { return Ok(()) };
    let word = rest.trim_start_matches(|c: char| c.is_alphanumeric());
    if word.len() < rest.len() && word.starts_with(']') {
        return Err(Fault::new(
            0,
            "Hurl이 `[…]` 구역 이름으로 읽는 배열이다. `[ 1 ]`처럼 괄호 안에 빈칸을 둔다.",
        ));
    }
    Ok(())
}

fn string_variables(body: &str) -> Result<Vec<(String, usize)>, Fault> {
    let mut variables = Vec::new();
    let mut rest = 0;
    while let Some(open) = body[rest..].find('"') {
        let start = rest + open + 1;
        let length =
            string_length(&body[start..])?.ok_or_else(|| Fault::new(start, "문자열이 닫히지 않았다."))?;
        let inside = &body[start..start + length];
        if let Some(at) = surrogate_escape(inside) {
            return Err(Fault::new(start + at, "`\\ud83d` 같은 짝 이스케이프 대신 문자를 그대로 쓴다."));
        }
        for piece in template::pieces(inside).map_err(|f| Fault::new(start + f.at, f.message))? {
            if let Piece::Variable(name, at) = piece {
                variables.push((name.to_owned(), start + at));
            }
        }
        rest = start + length + 1;
    }
    Ok(variables)
}

/// Bytes up to the closing quote; `None` when there is none.
fn string_length(text: &str) -> Result<Option<usize>, Fault> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Ok(Some(at)),
            _ => {}
        }
    }
    Ok(None)
}

/// Hurl 8 computes the character of some pairs wrongly, so pairs are not part of the subset.
fn surrogate_escape(inside: &str) -> Option<usize> {
    let bytes = inside.as_bytes();
    let mut at = 0;
    while at + 1 < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        let is_d = |b: Option<&u8>| matches!(b, Some(b'd' | b'D'));
        let is_high = |b: Option<&u8>| matches!(b, Some(b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F'));
        if bytes[at + 1] == b'u' && is_d(bytes.get(at + 2)) && is_high(bytes.get(at + 3)) {
            return Some(at);
        }
        at += 2;
    }
    None
}
