//! One lesson as one line of HTML: the question with its choices, and the answer in a closed `details`.
//! Knows lessons, recordings and strings.

use serde_json::json;

use super::{
    bars::bars_html,
    calc::{calc_data, calc_html},
    compare::{compare_data, compare_html},
    escape,
    escape::rich,
    predict::{predict_data, predict_html},
};
use crate::{
    block::Block,
    book::ChapterBlocks,
    claim::Run,
    lesson::{Answer, Content, Lesson, Predict, Quiz, Sort},
    recording::{Recorded, Recording},
    settings::Settings,
    strings::Strings,
};

/// What a lesson's HTML needs beside the lesson.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around<'a> {
    /// The book's settings.
    pub settings: &'a Settings,
    /// The words around it.
    pub strings: &'a Strings,
    /// Everything in its chapter.
    pub chapter: &'a ChapterBlocks,
    /// The recordings of the chapter's blocks, in the same order.
    pub recorded: &'a [Recorded],
}

impl<'a> Around<'a> {
    /// The words of `key`, escaped.
    pub fn say(&self, key: &str, values: &[&str]) -> String {
        escape(&self.strings.fill(key, values))
    }

    /// A block of the chapter.
    pub fn block(&self, id: &str) -> Option<&'a Block> {
        self.chapter.blocks.iter().map(|(_, block)| block).find(|block| block.id() == id)
    }

    /// The present recording of a block of the chapter.
    pub fn recording(&self, id: &str) -> Option<&'a Recording> {
        let index = self.chapter.blocks.iter().position(|(_, block)| block.id() == id)?;
        match self.recorded.get(index)? {
            Recorded::Current(recording) => Some(recording),
            Recorded::Stale | Recorded::Missing => None,
        }
    }

    /// The recorded runs of a block of the chapter.
    pub fn runs(&self, id: &str) -> Option<&'a [Run]> {
        self.recording(id).map(|recording| recording.runs.as_slice())
    }

    /// What the recordings answer to a prediction.
    pub fn answer(&self, predict: &Predict) -> Answer {
        let block = predict.block.as_deref().and_then(|id| self.block(id));
        let Some((block, claim)) = block.and_then(|block| Some((block, block.claims.first()?))) else {
            return Answer::NotRun;
        };
        predict.answer(&claim.expr, &self.settings.claims, &|id| self.runs(id.unwrap_or(block.id())))
    }
}

/// One line of HTML that begins with a block-level element and holds no line feed.
///
/// # Errors
/// A number that JSON cannot hold; the parser lets none through.
pub(crate) fn lesson_html(lesson: &Lesson, around: Around<'_>) -> Result<String, serde_json::Error> {
    let id = &lesson.id;
    let (element, data, inside) = match &lesson.content {
        Content::Quiz(quiz) => {
            ("quiz", json!({ "id": id, "right": [quiz.right] }), quiz_html(id, quiz, around))
        }
        Content::Sort(sort) => {
            let right: Vec<_> = sort.cards.iter().map(|card| card.pile).collect();
            ("sort", json!({ "id": id, "right": right }), sort_html(id, sort, around))
        }
        Content::Predict(predict) => {
            ("predict", predict_data(id, predict, around)?, predict_html(id, predict, around))
        }
    };
    Ok(format!(
        Content::Compare(compare) => ("compare", compare_data(compare), compare_html(id, compare, around)),
        Content::Calc(calc) => ("calc", calc_data(calc), calc_html(id, calc, around)),
        // Nothing for a script to do.
        Content::Bars(bars) => return Ok(bars_html(id, bars, around)),
        "<div class=\"live\" id=\"live-{id}\"><live-{element} data-lesson=\"{}\">{inside}</live-{element}></div>",
        escape(&data.to_string())
    ))
}

/// A group of radio buttons with its question; the script adds what judges the choice.
pub(super) fn radio_group<'t>(
    name: &str,
    legend: &str,
    class: &str,
    choices: impl IntoIterator<Item = &'t str>,
) -> String {
    let choices: String = choices
        .into_iter()
        .enumerate()
        .map(|(index, text)| {
            let text = rich(text);
            format!(
                "<label><input type=\"radio\" name=\"live-{name}\" value=\"{index}\"><span>{text}</span></label>"
            )
        })
        .collect();
    format!("<fieldset><legend class=\"{class}\">{}</legend>{choices}</fieldset>", rich(legend))
}

/// The answer, closed.
pub(super) fn answer_key(summary: &str, inside: &str) -> String {
    format!("<details class=\"live-key\"><summary>{summary}</summary>{inside}</details>")
}

fn quiz_html(id: &str, quiz: &Quiz, around: Around<'_>) -> String {
    let choices = quiz.choices.iter().map(|choice| choice.text.text.as_str());
    let whys: String = quiz
        .choices
        .iter()
        .enumerate()
        .map(|(index, choice)| {
            let mark = around.say(if index == quiz.right { "rightChoice" } else { "wrongChoice" }, &[]);
            why(&mark, &choice.text.text, &choice.why.text)
        })
        .collect();
    let key = answer_key(&around.say("answerKey", &[]), &format!("<ul>{whys}</ul>"));
    format!("{}{key}", radio_group(id, &quiz.question.text, "live-caption", choices))
}

fn sort_html(id: &str, sort: &Sort, around: Around<'_>) -> String {
    let piles = || sort.piles.iter().map(|pile| pile.text.as_str());
    let cards: String = sort
        .cards
        .iter()
        .enumerate()
        .map(|(index, card)| radio_group(&format!("{id}-{index}"), &card.text.text, "live-card", piles()))
        .collect();
    let whys: String = sort
        .cards
        .iter()
        .map(|card| why(&rich(&sort.piles[card.pile].text), &card.text.text, &card.why.text))
        .collect();
    let key = answer_key(&around.say("answerKey", &[]), &format!("<ul>{whys}</ul>"));
    format!(
        "<div role=\"group\" aria-labelledby=\"live-{id}-caption\">\
         <p class=\"live-caption\" id=\"live-{id}-caption\">{}</p><div class=\"live-cards\">{cards}</div></div>{key}",
        rich(&sort.question.text)
    )
}

/// `mark` is HTML already.
fn why(mark: &str, text: &str, why: &str) -> String {
    format!("<li><b>{mark}</b> {}: {}</li>", rich(text), rich(why))
}
