//! Plain, stable values in the place of random ones, so that two recordings of the same behaviour read the same.
//! Knows no other module.

use std::collections::HashMap;

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// 2026-01-01T00:00:00Z in seconds: the first time of a chapter is written as this one.
const EPOCH: i64 = 1_767_225_600;
/// A whole number this near to now, in seconds (31 days), is taken for a time.
const NEAR: i64 = 31 * 86_400;

/// Equal values get equal stand-ins; a later time keeps its distance to the first one, in whole minutes.
pub(super) struct StandIns {
    now: i64,
    first_time: Option<i64>,
    names: HashMap<String, usize>,
    replaced: usize,
}

impl StandIns {
    /// `now` in seconds since 1970.
    pub fn new(now: i64) -> Self {
        Self { now, first_time: None, names: HashMap::new(), replaced: 0 }
    }

    /// How many values have been replaced so far.
    pub fn count(&self) -> usize {
        self.replaced
    }

    /// A JSON value with its texts and times replaced.
    pub fn json(&mut self, json: &Value) -> Value {
        match json {
            Value::String(text) => Value::from(self.text(text)),
            Value::Number(number) => match number.as_i64().filter(|n| (n - self.now).abs() < NEAR) {
                Some(seconds) => Value::from(self.time(seconds)),
                None => json.clone(),
            },
            Value::Array(items) => items.iter().map(|item| self.json(item)).collect(),
            Value::Object(fields) => {
                Value::Object(fields.iter().map(|(name, value)| (name.clone(), self.json(value))).collect())
            }
            Value::Null | Value::Bool(_) => json.clone(),
        }
    }

    /// A text with its times, UUIDs and long numbers replaced.
    pub fn text(&mut self, text: &str) -> String {
        let mut replaced = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
            let (taken, stand_in) = self.word(rest, length);
            match stand_in {
                Some(stand_in) => replaced.push_str(&stand_in),
                None => replaced.push_str(&rest[..taken]),
            }
            rest = &rest[taken..];
        }
        replaced
    }

    /// What stands at the front of `rest`, whose first word has `length` bytes: its size and its stand-in.
    fn word(&mut self, rest: &str, length: usize) -> (usize, Option<String>) {
        if let Some((taken, seconds)) = timestamp(rest) {
            let shifted = self.time(seconds);
            let time =
                OffsetDateTime::from_unix_timestamp(shifted).ok().and_then(|time| time.format(&Rfc3339).ok());
            return (taken, time);
        }
        if let Some(uuid) = rest.get(..36).filter(|uuid| is_uuid(uuid)) {
            let number = self.name(uuid);
            return (36, Some(format!("00000000-0000-4000-8000-{number:012x}")));
        }
        if length == 0 {
            return (rest.chars().next().map_or(1, char::len_utf8), None);
        }
        let word = &rest[..length];
        if word.bytes().all(|b| b.is_ascii_digit()) && !word.starts_with('0') {
            return (length, self.digits(word));
        }
        let random = length >= 16
            && word.bytes().all(|b| b.is_ascii_hexdigit())
            && word.bytes().any(|b| b.is_ascii_digit());
        if random {
            let number = self.name(word);
            return (length, Some(format!("{number:0length$x}")));
        }
        (length, None)
    }

    /// Seconds near now, or a number too long to be anything but random; that one keeps its last six digits.
    fn digits(&mut self, word: &str) -> Option<String> {
        if word.len() >= 20 {
            let (random, kept) = word.split_at(word.len() - 6);
            let number = self.name(random);
            return Some(format!("{number:0width$}{kept}", width = random.len()));
        }
        let seconds = word.parse::<i64>().ok().filter(|n| word.len() == 10 && (n - self.now).abs() < NEAR)?;
        Some(self.time(seconds).to_string())
    }

    fn name(&mut self, value: &str) -> usize {
        self.replaced += 1;
        let next = self.names.len() + 1;
        *self.names.entry(value.to_ascii_lowercase()).or_insert(next)
    }

    fn time(&mut self, seconds: i64) -> i64 {
        self.replaced += 1;
        let first = *self.first_time.get_or_insert(seconds);
        let minutes = (seconds - first + 30).div_euclid(60);
        EPOCH + minutes * 60
    }
}

/// An RFC 3339 time at the front of the text: its length in bytes and its seconds since 1970.
fn timestamp(text: &str) -> Option<(usize, i64)> {
    let head = text.as_bytes().get(..19)?;
    if head[4] != b'-' || head[10] != b'T' || head[13] != b':' || !head[0].is_ascii_digit() {
        return None;
    }
    let fraction = match text[19..].strip_prefix('.') {
        Some(rest) => 1 + rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()),
        None => 0,
    };
    let zone = match text.as_bytes().get(19 + fraction)? {
        b'Z' => 1,
        b'+' | b'-' => 6,
        _ => return None,
    };
    let length = 19 + fraction + zone;
    let time = OffsetDateTime::parse(text.get(..length)?, &Rfc3339).ok()?;
    Some((length, time.unix_timestamp()))
}

fn is_uuid(text: &str) -> bool {
    text.bytes().enumerate().all(|(index, b)| match index {
        8 | 13 | 18 | 23 => b == b'-',
        _ => b.is_ascii_hexdigit(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_340_000;

    #[test]
    fn equal_values_get_equal_stand_ins() {
        let mut stand_ins = StandIns::new(NOW);
        let (a, b) = ("f3a9c1d2e4b5968778695a4b3c2d1e0f", "0123456789abcdef0123456789abcdef");
        assert_eq!(stand_ins.text(&format!("{a}, {b}; {a}")), format!("{:032x}, {:032x}; {:032x}", 1, 2, 1));
        assert_eq!(
            stand_ins.text("550e8400-e29b-41d4-a716-446655440000"),
            "00000000-0000-4000-8000-000000000003"
        );
        assert_eq!(stand_ins.count(), 4);
    }

    #[test]
    fn times_keep_their_distance_in_minutes() {
        let mut stand_ins = StandIns::new(NOW);
        let answer = serde_json::json!({
            "createdAt": "2026-11-22T09:33:20.123Z", "expiresAt": "2026-11-22T10:33:21Z",
            "stored": {"expiresAt": {"N": "1795340001"}, "seconds": 1_795_340_002}, "version": 3, "code": "a-b_c",
        });
        let first = OffsetDateTime::parse("2026-11-22T09:33:20Z", &Rfc3339).unwrap().unix_timestamp();
        let shift = |seconds: i64| EPOCH + (seconds - first + 30).div_euclid(60) * 60;
        assert_eq!(
            stand_ins.json(&answer),
            serde_json::json!({
                "createdAt": "2026-01-01T00:00:00Z", "expiresAt": "2026-01-01T01:00:00Z",
                "stored": {"expiresAt": {"N": shift(1_795_340_001).to_string()}, "seconds": shift(1_795_340_002)},
                "version": 3, "code": "a-b_c",
            })
        );
    }

    #[test]
    fn long_numbers_keep_their_last_six_digits() {
        let mut stand_ins = StandIns::new(NOW);
        assert_eq!(
            stand_ins.text("39614081257132168796771975168000001"),
            "00000000000000000000000000001000001"
        );
    }

    #[test]
    fn ordinary_words_stay() {
        let mut stand_ins = StandIns::new(NOW);
        let text = "application/json; 김하늘 deadbeef 1,234 /api/users/12 \"3\" acceleratededfaced";
        assert_eq!(stand_ins.text(text), text);
        assert_eq!(stand_ins.count(), 0);
    }
}
