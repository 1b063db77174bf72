//! Reads a TOML table key by key and tells every mistake with its offset: missing, misspelt, too long, of another type.
//! Knows TOML with spans and [`Fault`].

use std::{borrow::Cow, ops::RangeInclusive};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::syntax::Fault;

/// A text and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text {
    /// Plain text in one line; `code` in backticks is the only markup.
    pub text: String,
    /// Offset of its first character in the fence.
    pub at: usize,
}

/// One table while it is read.
///
/// Each method asks for one key. What is missing or wrong becomes a fault and a harmless default, so that reading goes
/// on and all mistakes are told at once; the caller throws the result away when there were any.
pub(crate) struct Fields<'t> {
    table: &'t DeTable<'t>,
    at: usize,
    asked: Vec<&'static str>,
    /// Keys that were not asked for are read by [`Fields::other_numbers`].
    open: bool,
    faults: &'t mut Vec<Fault>,
}

type Value<'t> = &'t Spanned<DeValue<'t>>;

/// Reads a TOML document; `None`, with a fault for everything that is no TOML.
pub(super) fn document<'a>(text: &'a str, faults: &mut Vec<Fault>) -> Option<Spanned<DeTable<'a>>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    faults.extend(errors.iter().map(|error| {
        let at = error.span().map_or(0, |span| span.start);
        Fault::new(at, format!("TOML을 읽을 수 없다({}).", error.message()))
    }));
    errors.is_empty().then_some(document)
}

/// A finite decimal number.
pub(super) fn number(value: &DeValue<'_>) -> Option<f64> {
    let number: Option<f64> = match value {
        DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().parse().ok(),
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite())
}

impl Fields<'_> {
    /// Reads the document `text`; `None` when it is no TOML at all.
    pub fn read<T>(
        text: &str,
        faults: &mut Vec<Fault>,
        body: impl FnOnce(&mut Fields<'_>) -> T,
    ) -> Option<T> {
        let document = document(text, faults)?;
        Some(Fields::table(document.get_ref(), 0, faults, body))
    }

    fn table<'a, T>(
        table: &'a DeTable<'a>,
        at: usize,
        faults: &'a mut Vec<Fault>,
        body: impl FnOnce(&mut Fields<'_>) -> T,
    ) -> T {
        let mut fields = Fields { table, at, asked: Vec::new(), open: false, faults };
        let read = body(&mut fields);
        if !fields.open {
            fields.unknown();
        }
        read
    }

    fn unknown(&mut self) {
        for key in self.table.keys().filter(|key| !self.asked.contains(&key.get_ref().as_ref())) {
            let message =
                format!("`{}`은(는) 모르는 항목이다. {}만 쓴다.", key.get_ref(), self.asked.join(", "));
            self.faults.push(Fault::new(key.span().start, message));
        }
    }
}

impl<'t> Fields<'t> {
    /// Where the table begins.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Adds a mistake.
    pub fn fault(&mut self, at: usize, message: impl Into<String>) {
        self.faults.push(Fault::new(at, message));
    }

    /// Whether the key is there; counts as asked for.
    pub fn has(&mut self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    /// A text of at most `most` characters that must be there.
    pub fn text(&mut self, key: &'static str, most: usize) -> Text {
        self.optional_text(key, most).unwrap_or_else(|| self.missing(key, "\"…\""))
    }

    /// A text of at most `most` characters.
    pub fn optional_text(&mut self, key: &'static str, most: usize) -> Option<Text> {
        let value = self.get(key)?;
        Some(self.as_text(key, value, most))
    }

    /// A list of different texts.
    pub fn texts(&mut self, key: &'static str, count: RangeInclusive<usize>, most: usize) -> Vec<Text> {
        let Some(value) = self.get(key) else { return self.missing(key, "[\"…\", \"…\"]") };
        let Some(list) = value.get_ref().as_array() else {
            self.fault(value.span().start, format!("`{key}`은(는) 글의 목록이다. {key} = [\"…\", \"…\"]"));
            return Vec::new();
        };
        self.counted(key, list.len(), &count, value.span().start);
        let texts: Vec<Text> = list.iter().map(|value| self.as_text(key, value, most)).collect();
        self.different(&texts);
        texts
    }

    /// `true` or `false`; false when it is not there.
    pub fn flag(&mut self, key: &'static str) -> bool {
        let Some(value) = self.get(key) else { return false };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.fault(value.span().start, format!("`{key}`은(는) true나 false다."));
            false
        })
    }

    /// A finite number that must be there.
    pub fn number(&mut self, key: &'static str) -> f64 {
        self.optional_number(key).unwrap_or_else(|| self.missing(key, "0"))
    }

    /// A finite number.
    pub fn optional_number(&mut self, key: &'static str) -> Option<f64> {
        let value = self.get(key)?;
        Some(self.as_number(key, value))
    }

    /// An inline table of numbers, `set = { requests = 10000 }`, in the order of its keys.
    pub fn numbers(&mut self, key: &'static str) -> Vec<(Text, f64)> {
        let Some(value) = self.get(key) else { return self.missing(key, "{ … = 0 }") };
        let Some(table) = value.get_ref().as_table() else {
            self.fault(
                value.span().start,
                format!("`{key}`은(는) 이름과 숫자의 표다. {key} = {{ 이름 = 0 }}"),
            );
            return Vec::new();
        };
        let pair = |(name, value): (&Spanned<Cow<'_, str>>, Value<'t>)| {
            let text = Text { text: name.get_ref().clone().into_owned(), at: name.span().start };
            (text, self.as_number(key, value))
        };
        table.iter().map(pair).collect()
    }

    /// Every key that has not been asked for, each with a number.
    pub fn other_numbers(&mut self) -> Vec<(String, f64)> {
        self.open = true;
        let others = self.table.iter().filter(|(key, _)| !self.asked.contains(&key.get_ref().as_ref()));
        let others: Vec<_> = others.map(|(key, value)| (key.get_ref().to_string(), value)).collect();
        others
            .into_iter()
            .map(|(key, value)| {
                let number = self.as_number(&key, value);
                (key, number)
            })
            .collect()
    }

    /// The tables `[[key]]`; how many there may be.
    pub fn tables<T>(
        &mut self,
        key: &'static str,
        count: RangeInclusive<usize>,
        mut body: impl FnMut(&mut Fields<'_>) -> T,
    ) -> Vec<T> {
        let Some(value) = self.get(key) else {
            self.counted(key, 0, &count, self.at);
            return Vec::new();
        };
        let list = value.get_ref().as_array().filter(|list| list.iter().all(|one| one.get_ref().is_table()));
        let Some(list) = list else {
            self.fault(value.span().start, format!("`{key}`은(는) [[{key}]]처럼 겹대괄호 아래에 적는다."));
            return Vec::new();
        };
        self.counted(key, list.len(), &count, value.span().start);
        let mut read = Vec::with_capacity(list.len());
        for one in list.iter() {
            if let Some(table) = one.get_ref().as_table() {
                read.push(Fields::table(table, one.span().start, self.faults, &mut body));
            }
        }
        read
    }

    /// The same text twice is a slip.
    pub fn different<'x>(&mut self, texts: impl IntoIterator<Item = &'x Text>) {
        let mut seen: Vec<&str> = Vec::new();
        for Text { text, at } in texts {
            if !text.is_empty() && seen.contains(&text.as_str()) {
                self.fault(*at, format!("«{text}»이(가) 두 번 나온다."));
            }
            seen.push(text);
        }
    }

    fn get(&mut self, key: &'static str) -> Option<Value<'t>> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.table.get(key)
    }

    fn missing<T: Default>(&mut self, key: &str, example: &str) -> T {
        self.fault(self.at, format!("`{key}`이(가) 없다. {key} = {example}"));
        T::default()
    }

    fn counted(&mut self, key: &str, found: usize, count: &RangeInclusive<usize>, at: usize) {
        if !count.contains(&found) {
            let (least, most) = (count.start(), count.end());
            self.fault(at, format!("`{key}`은(는) {least}개에서 {most}개까지다(지금 {found}개)."));
        }
    }

    fn as_text(&mut self, key: &str, value: Value<'_>, most: usize) -> Text {
        let span = value.span();
        let DeValue::String(text) = value.get_ref() else {
            self.fault(span.start, format!("`{key}`은(는) 따옴표 안의 글이다."));
            return Text::default();
        };
        // One quotation mark, or three; more difference than that comes from escapes.
        let at = span.start + (span.len().saturating_sub(text.len()) / 2).min(3);
        let length = text.chars().count();
        if text.trim().is_empty() {
            self.fault(at, format!("`{key}`이(가) 비어 있다."));
        } else if length > most {
            self.fault(at, format!("`{key}`은(는) {most}자까지 쓴다(지금 {length}자)."));
        } else if text.contains(|c: char| c.is_control()) {
            self.fault(at, format!("`{key}`은(는) 한 줄로 쓴다. 줄바꿈과 탭은 쓸 수 없다."));
        } else if text.matches('`').count() % 2 == 1 {
            self.fault(at, format!("`{key}`에서 코드를 여닫는 백틱의 짝이 맞지 않는다."));
        }
        Text { text: text.clone().into_owned(), at }
    }

    fn as_number(&mut self, key: &str, value: Value<'_>) -> f64 {
        number(value.get_ref()).unwrap_or_else(|| {
            self.fault(value.span().start, format!("`{key}`에는 숫자가 온다."));
            0.0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(text: &str, body: impl FnOnce(&mut Fields<'_>) -> T) -> (Option<T>, Vec<(usize, String)>) {
        let mut faults = Vec::new();
        let read = Fields::read(text, &mut faults, body);
        faults.sort_by_key(|fault| fault.at);
        (read, faults.into_iter().map(|fault| (fault.at, fault.message)).collect())
    }

    #[test]
    fn reads_every_type_of_value() {
        let text = "a = '가'\nb = [\"x\", \"y\"]\nc = true\nd = 1_000\ne = 1.5\nf = { z = 1, y = -2e3 }\n[[g]]\nh = \"하나\"\n[[g]]\nh = \"둘\"\n";
        let (all, faults) = read(text, |fields| {
            assert!(fields.has("a") && !fields.has("none"));
            let numbers: Vec<_> = fields.numbers("f").into_iter().map(|(name, n)| (name.text, n)).collect();
            (
                fields.text("a", 9),
                fields.texts("b", 1..=2, 9).len(),
                fields.flag("c"),
                fields.number("d"),
                fields.optional_number("e"),
                numbers,
                fields.tables("g", 1..=2, |fields| (fields.at(), fields.text("h", 9).text)),
            )
        });
        let (a, b, c, d, e, f, g) = all.unwrap();
        assert_eq!((a.at, a.text.as_str(), b, c, d, e), (5, "가", 2, true, 1000.0, Some(1.5)));
        assert_eq!(f, [("y".to_owned(), -2000.0), ("z".to_owned(), 1.0)]);
        let header = |n| text.match_indices("[[g]]").nth(n).unwrap().0;
        assert_eq!(g, [(header(0), "하나".to_owned()), (header(1), "둘".to_owned())]);
        assert_eq!(faults, []);
    }

    #[test]
    fn tells_every_mistake_with_its_offset() {
        let text = "b = \"열 글자가 넘는 글이다\"\nc = 1\nd = \"`x\"\ne = [\"x\", \"x\"]\nf = 0x1\n[g]\nh = 1\n[i]\n";
        let (_, faults) = read(text, |fields| {
            fields.text("a", 9);
            fields.text("b", 9);
            fields.text("c", 9);
            fields.text("d", 9);
            fields.texts("e", 3..=4, 9);
            fields.number("f");
            fields.tables("g", 1..=2, |_| ());
        });
        let at = |text_of: &str| text.find(text_of).unwrap();
        let places: Vec<_> = faults.iter().map(|(at, _)| *at).collect();
        assert_eq!(
            places,
            [0, at("열 글"), at("1\nd"), at("`x"), at("[\"x\""), at("x\"]"), at("0x1"), at("[g]"), at("i]")],
            "{faults:?}"
        );
        assert!(faults[8].1.ends_with("a, b, c, d, e, f, g만 쓴다."), "{}", faults[8].1);
    }

    #[test]
    fn what_is_no_toml_is_told_and_read_no_further() {
        let (read, faults) = read("a = 1\nb = \nc = = 2\n", |_| ());
        assert!(read.is_none());
        assert!(faults.len() >= 2 && faults[0].0 >= 9, "{faults:?}");
    }
}
