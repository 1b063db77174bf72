//! One lesson as one line of HTML, whatever its kind.
//! Knows lessons; each kind has a file of its own.

use serde_json::json;

use super::{
    Around,
    bars::bars_html,
    calc::{calc_data, calc_html},
    compare::{compare_data, compare_html},
    escape,
    predict::{predict_data, predict_html},
    question::{quiz_html, sort_html},
};
use crate::lesson::{Content, Lesson};

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
