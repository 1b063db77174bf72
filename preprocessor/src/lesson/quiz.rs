//! `toml quiz`: a question, its choices, why each is right or wrong.
//! Knows [`Fields`].

use super::{Fields, Text};

/// One question with one right choice.
#[derive(Clone, Debug)]
pub(crate) struct Quiz {
    pub question: Text,
    pub choices: Vec<Choice>,
    /// Index of the right choice.
    pub right: usize,
}

/// One choice.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub text: Text,
    /// Why it is right or wrong, in a sentence.
    pub why: Text,
}

impl Quiz {
    pub fn read(fields: &mut Fields<'_>) -> Self {
        let question = fields.text("question", 300);
        let choices = fields.tables("choice", 2..=6, |fields| {
            let right = fields.flag("right");
            (fields.at(), right, Choice { text: fields.text("text", 200), why: fields.text("why", 400) })
        });
        fields.different(choices.iter().map(|(.., choice)| &choice.text));
        let mut right = choices.iter().enumerate().filter(|(_, (_, right, _))| *right);
        let first = right.next().map(|(index, _)| index);
        let second = right.next().map(|(_, (at, ..))| *at);
        if let Some(at) = second {
            fields.fault(at, "맞는 선택지(right = true)는 하나뿐이어야 한다.");
        } else if first.is_none() && !choices.is_empty() {
            fields.fault(fields.at(), "맞는 선택지가 없다. 하나에 right = true를 적는다.");
        }
        let choices = choices.into_iter().map(|(.., choice)| choice).collect();
        Self { question, choices, right: first.unwrap_or_default() }
    }
}
