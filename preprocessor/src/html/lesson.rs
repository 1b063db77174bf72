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
        Content::Quiz(quiz) => (
            "quiz",
            json!({ "id": id, "right": [quiz.right], "wrong": "quizWrong" }),
            quiz_html(id, quiz, around),
        ),
        Content::Sort(sort) => {
            let right: Vec<_> = sort.cards.iter().map(|card| card.pile).collect();
            ("sort", json!({ "id": id, "right": right, "wrong": "sortWrong" }), sort_html(id, sort, around))
        }
        Content::Predict(predict) => {
            ("predict", predict_data(id, predict, around)?, predict_html(id, predict, around))
        }
        Content::Compare(compare) => ("compare", compare_data(compare), compare_html(id, compare, around)),
        Content::Calc(calc) => ("calc", calc_data(calc), calc_html(id, calc, around)),
        // Nothing for a script to do.
        Content::Bars(bars) => return Ok(bars_html(id, bars, around)),
    };
    Ok(format!(
        "<div class=\"live\" id=\"live-{id}\"><live-{element} data-lesson=\"{}\">{inside}</live-{element}></div>",
        escape(&data.to_string())
    ))
}

/// A question: its legend, what it is answered with, and the answer.
pub(super) fn fieldset(legend: &str, class: &str, inputs: &str, key: &str) -> String {
    format!("<fieldset><legend class=\"{class}\">{}</legend>{inputs}{key}</fieldset>", rich(legend))
}

/// Radio buttons of one group; without the script they are there to be ticked.
pub(super) fn radio_buttons<'t>(name: &str, choices: impl IntoIterator<Item = &'t str>) -> String {
    let radio = |(index, text)| {
        let text = rich(text);
        format!(
            "<label><input type=\"radio\" name=\"live-{name}\" value=\"{index}\"><span>{text}</span></label>"
        )
    };
    choices.into_iter().enumerate().map(radio).collect()
}

/// The answer, closed.
pub(super) fn answer_key(summary: &str, inside: &str) -> String {
    format!("<details class=\"live-key\"><summary>{summary}</summary>{inside}</details>")
}

/// Buttons that only the script can serve, and the place where it speaks.
pub(super) fn buttons(labels: &[String]) -> String {
    let buttons: String = labels.iter().map(|label| format!("<button>{label}</button>")).collect();
    format!("<p class=\"live-buttons\" hidden>{buttons}</p><div class=\"live-say\" role=\"status\"></div>")
}

fn quiz_html(id: &str, quiz: &Quiz, around: Around<'_>) -> String {
    let choices = quiz.choices.iter().map(|choice| choice.text.text.as_str());
    let whys: String = quiz
        .choices
        .iter()
        .enumerate()
        .map(|(index, choice)| {
            let mark = around.say(if index == quiz.right { "rightChoice" } else { "wrongChoice" }, &[]);
            format!("<li><b>{mark}</b> {}: {}</li>", rich(&choice.text.text), rich(&choice.why.text))
        })
        .collect();
    let key = answer_key(&around.say("answerKey", &[]), &format!("<ul>{whys}</ul>"));
    let question = fieldset(&quiz.question.text, "live-caption", &radio_buttons(id, choices), &key);
    format!("{question}{}", buttons(&[around.say("check", &[])]))
}

fn sort_html(id: &str, sort: &Sort, around: Around<'_>) -> String {
    let summary = around.say("answerKey", &[]);
    let cards: String = sort
        .cards
        .iter()
        .enumerate()
        .map(|(index, card)| {
            let piles = sort.piles.iter().map(|pile| pile.text.as_str());
            let inputs = radio_buttons(&format!("{id}-{index}"), piles);
            let pile = rich(&sort.piles[card.pile].text);
            let key = answer_key(&summary, &format!("<p><b>{pile}</b> {}</p>", rich(&card.why.text)));
            fieldset(&card.text.text, "live-card", &inputs, &key)
        })
        .collect();
    format!(
        "<div role=\"group\" aria-labelledby=\"live-{id}-caption\">\
         <p class=\"live-caption\" id=\"live-{id}-caption\">{}</p>{cards}</div>{}",
        rich(&sort.question.text),
        buttons(&[around.say("check", &[])])
    )
}

/// What stands in the place of `<div class="live-progress"></div>`; shown by the script.
pub(crate) fn progress_html(strings: &Strings) -> String {
    let say = |key| escape(&strings.fill(key, &[]));
    format!(
        "<div class=\"live live-progress\" hidden><p><a>{} </a></p>\
         <p><button>{}</button></p><div class=\"live-say\" role=\"status\"></div></div>",
        say("continue"),
        say("erase")
    )
}
