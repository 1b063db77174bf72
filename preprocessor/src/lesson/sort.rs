//! `toml sort`: cards to be laid on the pile they belong to.
//! Knows [`Fields`].

use super::{Fields, Text};

/// Cards that belong to piles.
#[derive(Clone, Debug)]
pub(crate) struct Sort {
    pub question: Text,
    pub piles: Vec<Text>,
    pub cards: Vec<Card>,
}

/// One card.
#[derive(Clone, Debug)]
pub(crate) struct Card {
    pub text: Text,
    /// Index of the pile it belongs to.
    pub pile: usize,
    /// Why it belongs there, in a sentence.
    pub why: Text,
}

impl Sort {
    pub fn read(fields: &mut Fields<'_>) -> Self {
        let question = fields.text("question", 300);
        let piles = fields.texts("piles", 2..=6, 40);
        let cards = fields.tables("card", 2..=20, |fields| {
            let text = fields.text("text", 120);
            let name = fields.text("pile", 40);
            let pile = piles.iter().position(|pile| pile.text == name.text);
            if pile.is_none() && !name.text.is_empty() && !piles.is_empty() {
                let known: Vec<_> = piles.iter().map(|pile| pile.text.as_str()).collect();
                fields.fault(
                    name.at,
                    format!("«{}»은(는) piles에 없다. {} 가운데 하나를 쓴다.", name.text, known.join(", ")),
                );
            }
            Card { text, pile: pile.unwrap_or_default(), why: fields.text("why", 400) }
        });
        fields.different(cards.iter().map(|card| &card.text));
        Self { question, piles, cards }
    }
}
