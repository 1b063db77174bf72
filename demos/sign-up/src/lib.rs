//! What Cognito asks before it makes an account (pre sign-up trigger): whether it may, and whether it has to be confirmed.
//! Knows the trigger's event and nothing of HTTP: its answer is the event itself, with the response filled in.
//!
//! The event: Amazon Cognito Developer Guide, "Pre sign-up Lambda trigger".

mod days;
mod refusal;
mod username;

use serde_json::{Value, json};
use std::time::SystemTime;

pub use days::Days;
pub use refusal::Refusal;

/// Answers one event at the time `now`.
///
/// A reader who signs up is confirmed at once: there is no address that a code could be sent to. An account made by a
/// maintainer is none of this function's business and passes as it came.
///
/// # Errors
/// The reader's message, when the account is not to be made.
pub async fn answer(mut event: Value, days: &Days, now: SystemTime) -> Result<Value, Refusal> {
    match event["triggerSource"].as_str() {
        Some("PreSignUp_AdminCreateUser") => return Ok(event),
        Some("PreSignUp_SignUp") => {}
        _ => return Err(Refusal::Unexpected),
    }
    username::check(event["userName"].as_str().ok_or(Refusal::Unexpected)?)?;
    // Whatever else a reader could tell (an address, a birthday) is not wanted: what is not kept cannot leak.
    // `sub` no reader can choose: a pool that has given it already may say so.
    let attributes = event["request"]["userAttributes"].as_object();
    if attributes.is_some_and(|attributes| attributes.keys().any(|name| name != "sub")) {
        return Err(Refusal::Attributes);
    }
    days.take_one(now).await?;
    event["response"] = json!({"autoConfirmUser": true, "autoVerifyEmail": false, "autoVerifyPhone": false});
    Ok(event)
}
