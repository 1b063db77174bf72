//! The expected answer: `HTTP 201`, exact headers, `[Captures]`, `[Asserts]`.
//! Knows the reader, queries and [`Fault`].

use super::{
    Fault,
    lines::Line,
    model::Capture,
    query::{Words, assert_line, query},
    reader::{Reader, header},
    template::{API_VARIABLE, is_variable_name},
};

/// From the `HTTP` line to the end of the block.
pub(super) fn response(reader: &mut Reader<'_>) -> Result<(), Fault> {
    status_line(reader)?;
    expected_headers(reader)?;
    let mut seen: Vec<&str> = Vec::new();
    while let Some(line) = reader.peek_content() {
        if seen.contains(&line.text) {
            return Err(Fault::new(line.at, format!("`{}` 구역이 두 번 나온다. 하나로 합친다.", line.text)));
        }
        match line.text {
            "[Captures]" => section(reader, capture),
            "[Asserts]" => section(reader, |reader, line| {
                let assert = assert_line(line.text, line.at)?;
                reader.demo.asserts.push(assert);
                Ok(())
            }),
            _ => return Err(unexpected(line)),
        }
        seen.push(line.text);
    }
    Ok(())
}

fn unexpected(line: Line<'_>) -> Fault {
    Fault::new(
        line.at,
        "여기에 올 수 없는 줄이다. 응답 뒤에는 `[Captures]`와 `[Asserts]` 구역만 올 수 있다(한 블록에 요청은 하나다).",
    )
}

fn status_line(reader: &mut Reader<'_>) -> Result<(), Fault> {
    let advice = "요청 뒤에 기대하는 응답을 `HTTP 200`이나 `HTTP *`로 쓴다.";
    let end = reader.lines.text.len();
    let line = reader.peek_content().ok_or_else(|| Fault::new(end, advice))?;
    let Some(status) = line.text.strip_prefix("HTTP ") else {
        return Err(Fault::new(line.at, format!("여기에 올 수 없는 줄이다. {advice}")));
    };
    reader.lines.next();
    reader.demo.status_at = line.at;
    if status == "*" {
        return Ok(());
    }
    let code = status.parse().ok().filter(|code| status.len() == 3 && (100..=599).contains(code));
    let fault = || Fault::new(line.at + 5, "상태 코드는 100에서 599 사이의 숫자나 `*`다.");
    reader.demo.status = Some(code.filter(|_| status.bytes().all(|b| b.is_ascii_digit())).ok_or_else(fault)?);
    Ok(())
}

fn expected_headers(reader: &mut Reader<'_>) -> Result<(), Fault> {
    while let Some(line) = reader.lines.peek() {
        if line.text.starts_with('#') {
            reader.peek_content();
            continue;
        }
        if line.text.is_empty() || line.text.starts_with('[') {
            break;
        }
        reader.lines.next();
        let (name, value, at) = header(line)?;
        if let Some(offset) = value.find("{{") {
            return Err(Fault::new(at + offset, "기대하는 헤더에는 `{{변수}}`를 쓸 수 없다."));
        }
        reader.demo.headers.push((name.to_owned(), value.to_owned()));
    }
    Ok(())
}

fn section(reader: &mut Reader<'_>, mut one: impl FnMut(&mut Reader<'_>, Line<'_>) -> Result<(), Fault>) {
    reader.lines.next();
    while let Some(line) = reader.peek_content() {
        if line.text.starts_with('[') {
            break;
        }
        reader.lines.next();
        if let Err(fault) = one(reader, line) {
            reader.faults.push(fault);
        }
    }
}

fn capture(reader: &mut Reader<'_>, line: Line<'_>) -> Result<(), Fault> {
    let (name, rest) = line
        .text
        .split_once(": ")
        .ok_or_else(|| Fault::new(line.at, "값을 기억하는 줄은 `user_id: jsonpath \"$.id\"`처럼 쓴다."))?;
    if !is_variable_name(name) || name == API_VARIABLE {
        return Err(Fault::new(
            line.at,
            format!("`{name}`은(는) 변수 이름으로 쓸 수 없다. 영문자, 숫자, `_`로 쓰고 `api`는 피한다."),
        ));
    }
    if reader.demo.captures.iter().any(|capture| capture.name == name) {
        return Err(Fault::new(line.at, format!("변수 `{name}`을(를) 두 번 기억한다. 하나만 남긴다.")));
    }
    let trimmed = rest.trim_start_matches(' ');
    let mut words = Words::new(trimmed, line.at + line.text.len() - trimmed.len());
    let query = query(&mut words)?;
    if !words.is_empty() {
        return Err(Fault::new(words.at, "질의가 끝난 뒤에 글자가 남았다. 필터는 지원하지 않는다."));
    }
    reader.demo.captures.push(Capture { name: name.to_owned(), query, at: line.at });
    Ok(())
}
