//! Figures in a text: a number with one of the units that the book's settings name, an amount of dollars, a day.
//! Knows the settings' units.

use crate::settings::Figures;

/// A figure in a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure<'a> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The number itself, scales multiplied out; days count as 0.
    pub(crate) value: f64,
    /// The unit; for a day the day itself.
    pub(crate) unit: &'a str,
}

impl Figure<'_> {
    /// What makes two figures the same one.
    pub(crate) fn key(&self) -> (u64, String) {
        (self.value.to_bits(), self.unit.to_owned())
    }
}

/// All figures of a text.
pub(crate) fn figures<'a>(text: &'a str, settings: &'a Figures) -> Vec<Figure<'a>> {
    let mut figures = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find(|c: char| c.is_ascii_digit()) {
        let start = at + found;
        let (end, figure) = read(text, start, settings);
        figures.extend(figure);
        at = end;
    }
    figures
}

/// The end of the number at `start`, and the figure it is part of, if any.
fn read<'a>(text: &'a str, start: usize, settings: &'a Figures) -> (usize, Option<Figure<'a>>) {
    let before = text[..start].chars().next_back();
    if before.is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '#')) {
        return (number(text, start), None);
    }
    if let Some(end) = day(text, start) {
        let unit = &text[start..end];
        return (end, (unit.len() == DAY.len()).then_some(Figure { start, end, value: 0.0, unit }));
    }
    let end = number(text, start);
    let Some(mut value) = value(&text[start..end]) else { return (end, None) };
    if before == Some('$') {
        return (end, Some(Figure { start: start - 1, end, value, unit: "$" }));
    }
    let mut at = end;
    let mut scale = "";
    let spaced = |at: usize| at + usize::from(text[at..].starts_with(' '));
    if let Some((name, factor)) = longest(&text[spaced(at)..], settings.scales.iter(), |(name, _)| name) {
        value *= *factor as f64;
        at = spaced(at) + name.len();
        scale = name;
    }
    let rest = &text[spaced(at)..];
    if let Some(unit) = longest(rest, settings.units.iter(), |unit| unit) {
        let end = spaced(at) + unit.len();
        return (end, (!is_fraction(&text[end..])).then_some(Figure { start, end, value, unit }));
    }
    if let Some(unit) = longest(rest, settings.counts.iter(), |unit| unit) {
        let end = spaced(at) + unit.len();
        let large = value >= f64::from(settings.counts_from);
        return (end, large.then_some(Figure { start, end, value, unit }));
    }
    (at, (!scale.is_empty()).then_some(Figure { start, end: at, value, unit: scale }))
}

const DAY: &str = "2026-11-22";

/// The end of a day or a month written with hyphens.
fn day(text: &str, start: usize) -> Option<usize> {
    let bytes = &text.as_bytes()[start..];
    let fits = |length: usize| {
        bytes.len() >= length
            && bytes[..length].iter().zip(DAY.bytes()).all(|(b, pattern)| match pattern {
                b'-' => *b == b'-',
                _ => b.is_ascii_digit(),
            })
            && !bytes.get(length).is_some_and(u8::is_ascii_digit)
    };
    [DAY.len(), "2026-11".len()].into_iter().find(|&length| fits(length)).map(|length| start + length)
}

/// The end of a number: digits, commas between digits, one decimal point.
fn number(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = start;
    while digit(end) || matches!(bytes.get(end), Some(b',' | b'.')) && digit(end + 1) {
        end += 1;
    }
    end
}

fn value(number: &str) -> Option<f64> {
    number.replace(',', "").parse().ok()
}

/// The longest name the text begins with; a Latin unit ends where the Latin word ends.
fn longest<'a, T>(text: &str, names: impl Iterator<Item = T>, name: impl Fn(&T) -> &'a String) -> Option<T> {
    names
        .filter(|item| {
            let name = name(item);
            let latin = name.ends_with(|c: char| c.is_ascii_alphabetic());
            text.strip_prefix(name.as_str())
                .is_some_and(|rest| !(latin && rest.starts_with(|c: char| c.is_ascii_alphanumeric())))
        })
        .max_by_key(|item| name(item).len())
}

/// `3분의 1`: a third, not minutes.
fn is_fraction(rest: &str) -> bool {
    rest.strip_prefix("의 ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Every number in a piece of code, so that a text may repeat it: `1_000_000`, `1e6`, `work=30`, `plain-128`.
pub(crate) fn numbers(code: &str) -> impl Iterator<Item = u64> {
    let words = code.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ',')));
    words.filter(|word| word.contains(|c: char| c.is_ascii_digit())).flat_map(|word| {
        let plain = word.replace(['_', ','], "");
        let whole = plain.parse::<f64>().ok();
        let parts =
            word.split(|c: char| !(c.is_ascii_digit() || c == '.')).map(|part| part.trim_matches('.'));
        let parts: Vec<_> = parts.filter_map(|part| part.parse::<f64>().ok()).collect();
        whole.into_iter().chain(parts).map(f64::to_bits)
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn settings() -> Figures {
        let words = |words: &str| words.split(' ').map(str::to_owned).collect();
        Figures {
            units: words("% ms 초 분 시간 일 MB GB GB-초 배 원 퍼센트"),
            counts: words("개 건 번"),
            counts_from: 100,
            scales: [("만".to_owned(), 10_000), ("억".to_owned(), 100_000_000)].into(),
            sources: "출처".to_owned(),
            badge: "badge".to_owned(),
            assumptions: words("가정 치자"),
        }
    }

    fn found(text: &str) -> Vec<(String, f64, String)> {
        let settings = settings();
        let figures = figures(text, &settings);
        figures.iter().map(|f| (text[f.start..f.end].to_owned(), f.value, f.unit.to_owned())).collect()
    }

    #[test]
    fn numbers_with_units_are_figures() {
        let text = "1,769MB에서 10~20초, 0.5 %와 $0.20. 100만 건, 400,000GB-초, 3억, 99.9%까지, (40ms)";
        let shown: Vec<_> = found(text).into_iter().map(|(shown, _, _)| shown).collect();
        assert_eq!(
            shown,
            ["1,769MB", "20초", "0.5 %", "$0.20", "100만 건", "400,000GB-초", "3억", "99.9%", "40ms"]
        );
        assert_eq!(found("100만 건")[0].1, 1_000_000.0);
    }

    #[test]
    fn days_are_figures_months_and_years_are_not() {
        let found = found("2025-08-01부터, 2026-11 기준, 2026년, 2025-08-012일");
        assert_eq!(found[0], ("2025-08-01".to_owned(), 0.0, "2025-08-01".to_owned()));
        assert!(!found.iter().any(|(shown, ..)| shown == "2026-11"));
    }

    #[test]
    fn small_counts_names_and_fractions_are_none() {
        assert!(found("10번, 3개, 99건, p99, x86, 3분의 1, 128MBps, S3, #691, 1.2.3, 200").is_empty());
        assert_eq!(found("1,000개").len(), 1);
    }

    #[test]
    fn numbers_in_code() {
        let all: Vec<_> = numbers("wait=400 plain-128 1_000_000 2.5e3 1,769 u64 \"0.20\"").collect();
        for number in [400.0, 128.0, 1_000_000.0, 2_500.0, 1_769.0, 64.0, 0.2_f64] {
            assert!(all.contains(&number.to_bits()), "{number}");
        }
    }
}
