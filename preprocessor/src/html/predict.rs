//! A prediction: its question, a place for the guess, and the recorded result in a closed `details`.
//! Knows lessons, recordings and strings.

use serde_json::{Value, json};

use super::{
    Around, escape,
    escape::rich,
    question::{answer_key, buttons, fieldset, radio_buttons},
    recorded::plain,
};
use crate::lesson::{Answer, Ask, Predict};

/// What the script needs: the block, the expressions that answer, the recorded answer (a number or an index) and where it
/// was seen.
pub(super) fn predict_data(
    id: &str,
    predict: &Predict,
    around: Around<'_>,
) -> Result<Value, serde_json::Error> {
    let block = predict.block.as_deref().and_then(|id| around.block(id));
    let claim = block.and_then(|block| block.claims.first());
    let mut data = json!({ "id": id, "block": predict.block });
    match &predict.ask {
        Ask::Number(unit) => {
            data["unit"] = json!(unit.text);
            data["expr"] = serde_json::to_value(claim.map(|claim| claim.expr.left_side()))?;
        }
        Ask::Choice(outcomes) => {
            let whens: Vec<_> = outcomes.iter().map(|outcome| &outcome.when).collect();
            data["choices"] = serde_json::to_value(whens)?;
        }
    }
    if let Answer::Known(recorded) = around.answer(predict) {
        data["recorded"] = json!(recorded);
    }
    Ok(data)
}

/// The inside of the element.
pub(super) fn predict_html(id: &str, predict: &Predict, around: Around<'_>) -> String {
    let inputs = match &predict.ask {
        Ask::Choice(outcomes) => radio_buttons(id, outcomes.iter().map(|outcome| outcome.text.text.as_str())),
        Ask::Number(unit) => format!(
            "<label>{} <input type=\"number\" min=\"0\" step=\"any\" inputmode=\"decimal\"><span>{}</span></label>",
            around.say("guess", &[]),
            rich(&unit.text)
        ),
    };
    let question = fieldset(&predict.question.text, "live-caption", &inputs, "");
    let buttons = buttons(&[around.say("keepGuess", &[]), around.say("skip", &[])]);
    format!("{question}{buttons}{}", recorded_result(predict, around).unwrap_or_default())
}

/// Nothing when there is no recording that answers.
fn recorded_result(predict: &Predict, around: Around<'_>) -> Option<String> {
    let Answer::Known(answer) = around.answer(predict) else { return None };
    let recording = around.recording(predict.block.as_deref()?)?;
    let answer = match &predict.ask {
        Ask::Number(unit) => format!("{}{}", plain(answer), rich(&unit.text)),
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index made from one")]
        Ask::Choice(outcomes) => rich(&outcomes.get(answer as usize)?.text.text),
    };
    let seen = escape(&format!("{} · {}", recording.date, recording.shown_place()));
    let inside = format!("<p><b>{answer}</b> · {seen}</p>");
    Some(answer_key(&around.say("recordedResult", &[]), &inside))
}
