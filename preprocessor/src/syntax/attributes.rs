//! The words after `hurl demo` in a fence's info string: `id=user-create parallel=4 readonly`.
//! Knows only [`Fault`].

use super::{Fault, MAX_RUNS, is_variable_name};

/// The attributes of one fence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// Unique in the book; part of the page's ids and of the recording's file name.
    pub id: String,
    /// Requests in the air at once, from 1 to [`MAX_RUNS`].
    pub parallel: u32,
    /// Offset of the `parallel` attribute, if written.
    pub parallel_at: Option<usize>,
    /// The question a reader answers before running.
    pub predict: Option<String>,
    /// How the runs are drawn.
    pub chart: Option<Chart>,
    /// The reader cannot edit the request.
    pub readonly: bool,
    /// The base without which the block makes no sense, and the attribute's offset.
    pub only: Option<(String, usize)>,
}

/// How the runs of a block are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Chart {
    /// One dot per run.
    Dots,
    /// One lane per execution environment.
    Lanes,
}

/// Parses the attributes; offsets of faults count from the start of `text`.
///
/// # Errors
/// Every mistake: unknown or doubled attributes, bad values, a missing `id`.
pub fn parse_attributes(text: &str) -> Result<Attributes, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut attributes = Attributes {
        id: String::new(),
        parallel: 1,
        parallel_at: None,
        predict: None,
        chart: None,
        readonly: false,
        only: None,
    };
    let mut seen = Vec::new();
    for (at, word) in words(text) {
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        if seen.contains(&name) {
            faults.push(Fault::new(at, format!("속성 `{name}`이(가) 두 번 나온다. 하나만 남긴다.")));
            continue;
        }
        seen.push(name);
        if let Err(message) = set(&mut attributes, name, value, at) {
            faults.push(Fault::new(at, message));
        }
    }
    if !seen.contains(&"id") {
        faults.push(Fault::new(
            0,
            "블록에 id가 없다. `hurl demo id=user-create`처럼 책 전체에서 하나뿐인 이름을 준다.",
        ));
    }
    if faults.is_empty() { Ok(attributes) } else { Err(faults) }
}

/// The words of an info string with their offsets.
pub(crate) fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        words.push((text.len() - rest.len(), &rest[..length]));
        rest = rest[length..].trim_start();
    }
    words
}

fn set(attributes: &mut Attributes, name: &str, value: Option<&str>, at: usize) -> Result<(), String> {
    match (name, value) {
        ("id", Some(id)) if is_identifier(id) => attributes.id = id.to_owned(),
        ("id", _) => {
            return Err("id는 소문자로 시작하고 소문자, 숫자, `-`로만 쓴다. 예: `id=user-create`".into());
        }
        ("parallel", Some(count)) => {
            attributes.parallel = count
                .parse()
                .ok()
                .filter(|n| (1..=MAX_RUNS).contains(n) && !count.starts_with(['+', '0']))
                .ok_or_else(|| format!("parallel은 1에서 {MAX_RUNS} 사이의 정수다. 예: `parallel=24`"))?;
            attributes.parallel_at = Some(at);
        }
        ("predict", Some(name)) if is_identifier(name) => attributes.predict = Some(name.to_owned()),
        ("predict", _) => return Err("predict는 예측의 id다. 예: `predict=guess-burst`".into()),
        ("chart", Some("dots")) => attributes.chart = Some(Chart::Dots),
        ("chart", Some("lanes")) => attributes.chart = Some(Chart::Lanes),
        ("chart", _) => return Err("chart는 `chart=dots`나 `chart=lanes`다.".into()),
        ("readonly", None) => attributes.readonly = true,
        ("readonly", Some(_)) => return Err("readonly에는 값을 쓰지 않는다.".into()),
        ("only", Some(name)) if is_variable_name(name) => attributes.only = Some((name.to_owned(), at)),
        ("only", _) => {
            return Err("only는 이 블록이 통하는 곳에 있는 바탕 주소의 이름이다. 예: `only=local`".into());
        }
        ("parallel", None) => return Err("parallel에는 값이 있어야 한다. 예: `parallel=24`".into()),
        _ => {
            return Err(format!(
                "`{name}`은(는) 모르는 속성이다. id, parallel, predict, chart, readonly, only만 쓸 수 있다."
            ));
        }
    }
    Ok(())
}

/// What ids look like: a lower-case letter, then lower-case letters, digits and `-`; at most 64 characters.
pub(crate) fn is_identifier(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_all_attributes() {
        let read =
            parse_attributes(" id=burst-24 parallel=24 predict=guess-count chart=lanes readonly only=local")
                .unwrap();
        assert_eq!(read.id, "burst-24");
        assert_eq!((read.parallel, read.chart, read.readonly), (24, Some(Chart::Lanes), true));
        assert_eq!(read.predict.as_deref(), Some("guess-count"));
        assert_eq!(read.only, Some(("local".to_owned(), 66)));
    }

    #[test]
    fn tells_every_mistake_with_its_offset() {
        let faults = parse_attributes("parallel=0 color=red id=A readonly=yes id=b").unwrap_err();
        let offsets: Vec<_> = faults.iter().map(|f| f.at).collect();
        assert_eq!(offsets, [0, 11, 21, 26, 39]);
        assert_eq!(parse_attributes("").unwrap_err().len(), 1);
    }
}
