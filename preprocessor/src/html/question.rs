//! Quizzes and card sorting, and what every question is made of: choices, buttons, and the answer in a closed `details`.
//! Knows lessons and strings.

use super::{Around, escape::rich};
use crate::lesson::{Quiz, Sort};

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

/// The inside of the element.
pub(super) fn quiz_html(id: &str, quiz: &Quiz, around: Around<'_>) -> String {
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

/// The inside of the element.
pub(super) fn sort_html(id: &str, sort: &Sort, around: Around<'_>) -> String {
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
