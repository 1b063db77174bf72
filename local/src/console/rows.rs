//! The rows of the console's tables: an environment, a call, a log line, a refusal, an action of a role. The page holds each once
//! more, empty, in a `<template>`, which its script fills: `data-slot` names what belongs where.
//! Knows what the rows show; all of it is text.

use super::invocation::{Invocation, Outcome, Segment};
use super::lane::{Lane, State};
use super::model::Line;
use super::refusal::Refusal;
use super::view::{Figures, Schedule};
use super::words;
use crate::events::MessageSnapshot;
use crate::iam::{Grant, RoleGrants};
use crate::lambda::telemetry::InitializationType;
use crate::markup::escape;

/// How many characters of an id are shown.
const SHOWN: usize = 6;

/// An environment's row. `now`: Unix ms.
pub fn environment(lane: &Lane, figures: Option<&Figures>, now: f64) -> String {
    let state = lane.state();
    let kept = lane.initialization_type == InitializationType::ProvisionedConcurrency;
    let end = lane.end.as_ref();
    let last = lane.spans().last().map_or(now, |span| span.from);
    let age = if state == State::Gone { last } else { now } - lane.started;
    environment_row(&[
        &key(state),
        &escape(short(&lane.id)),
        if kept { "프로비저닝" } else { "" },
        words::state(state),
        end.map_or("", |end| words::reason(end.reason)),
        &duration(age),
        &lane.invocations.to_string(),
        &figures.and_then(|figures| figures.memory_bytes).map_or("–".to_owned(), megabytes),
        &figures.and_then(|figures| figures.cpu_ms).map_or("–".to_owned(), duration),
    ])
}

/// The row a script fills.
pub fn environment_template() -> String {
    environment_row(&[""; 9])
}

fn environment_row([state, id, kept, word, reason, age, invocations, memory, cpu]: &[&str; 9]) -> String {
    format!(
        "<tr role=\"row\" class=\"environment {state}\">\
         <th role=\"rowheader\" scope=\"row\"><code data-slot=\"id\">{id}</code> <small data-slot=\"kept\">{kept}</small></th>\
         <td role=\"cell\" class=\"state\"><b data-slot=\"state\">{word}</b> <small data-slot=\"reason\">{reason}</small></td>\
         <td role=\"cell\" class=\"n\" data-name=\"나이\" data-slot=\"age\">{age}</td>\
         <td role=\"cell\" class=\"n\" data-name=\"호출\" data-slot=\"invocations\">{invocations}</td>\
         <td role=\"cell\" class=\"n\" data-name=\"메모리\" data-slot=\"memory\">{memory}</td>\
         <td role=\"cell\" class=\"n\" data-name=\"CPU\" data-slot=\"cpu\">{cpu}</td>\
         <td role=\"cell\" class=\"lane\"><svg aria-hidden=\"true\" preserveAspectRatio=\"none\"></svg></td></tr>"
    )
}

/// A call's row.
pub fn invocation(call: &Invocation, now: f64) -> String {
    let request = call.request.as_ref();
    let total: f64 = call.segments.iter().map(|Segment(_, ms)| ms).sum();
    let status = request.and_then(|request| request.status).map(|status| status.to_string());
    let what = request.map_or(String::new(), |request| format!("{} {}", request.method, request.path));
    let start = if call.environment_id.is_empty() { "" } else { words::STARTS[usize::from(call.cold)] };
    invocation_row(
        &[
            &classes(call),
            &ago(call.at, now),
            &escape(&call.function),
            &escape(&what),
            &status.unwrap_or_default(),
            result(call),
            &call.error.as_deref().map(escape).unwrap_or_default(),
            start,
            &escape(short(&call.environment_id)),
            &if call.outcome == Outcome::Running || total == 0.0 { String::new() } else { duration(total) },
            &parts(&call.segments),
            &escape(&call.request_id),
        ],
        &bar(&call.segments, total),
    )
}

/// The row a script fills.
pub fn invocation_template() -> String {
    invocation_row(&[""; 12], "")
}

fn invocation_row(
    [outcome, at, function, what, status, word, error, start, environment, total, parts, request_id]: &[&str;
         12],
    bar: &str,
) -> String {
    format!(
        "<tr role=\"row\" class=\"call {outcome}\">\
         <td role=\"cell\" class=\"at\" data-slot=\"at\">{at}</td>\
         <th role=\"rowheader\" scope=\"row\"><span data-slot=\"function\">{function}</span> <small data-slot=\"what\">{what}</small></th>\
         <td role=\"cell\"><b data-slot=\"status\">{status}</b> <span data-slot=\"outcome\">{word}</span> <small data-slot=\"error\">{error}</small></td>\
         <td role=\"cell\"><span data-slot=\"start\">{start}</span> <code data-slot=\"environment\">{environment}</code></td>\
         <td role=\"cell\" class=\"n\" data-slot=\"total\">{total}</td>\
         <td role=\"cell\" class=\"time\"><svg aria-hidden=\"true\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\">{bar}</svg>\
         <small data-slot=\"parts\">{parts}</small></td>\
         <td role=\"cell\"><a data-slot=\"log\" href=\"/_local/?request={request_id}#logs\">로그</a></td></tr>"
    )
}

/// How a call has gone, where its status does not say it.
fn result(call: &Invocation) -> &'static str {
    let is_told = call.request.as_ref().is_some_and(|request| request.status.is_some());
    if call.outcome == Outcome::Success && is_told { "" } else { words::outcome(call.outcome) }
}

/// Its classes.
fn classes(call: &Invocation) -> String {
    let status = call.request.as_ref().and_then(|request| request.status).unwrap_or_default();
    format!("{}{}", key(call.outcome), if status >= 500 { " broken" } else { "" })
}

/// The segments as rectangles of a bar that is 100 wide.
fn bar(segments: &[Segment], total: f64) -> String {
    let mut from = 0.0;
    let rectangle = |&Segment(part, ms): &Segment| {
        let (x, width) = (100.0 * from / total, 100.0 * ms / total);
        from += ms;
        format!("<rect class=\"{}\" x=\"{x:.2}\" width=\"{width:.2}\" height=\"8\"/>", key(part))
    };
    segments.iter().map(rectangle).collect()
}

/// The segments in words.
fn parts(segments: &[Segment]) -> String {
    let words = segments.iter().map(|Segment(part, ms)| format!("{} {}", words::part(*part), duration(*ms)));
    words.collect::<Vec<_>>().join(" · ")
}

/// A log line.
pub fn line(line: &Line, now: f64) -> String {
    line_row(&[
        if line.platform { "platform" } else { "" },
        &ago(line.time, now),
        &escape(&line.function),
        &escape(short(&line.environment_id)),
        &escape(&line.text),
    ])
}

/// The line a script fills.
pub fn line_template() -> String {
    line_row(&[""; 5])
}

fn line_row([class, at, function, environment, text]: &[&str; 5]) -> String {
    format!(
        "<p class=\"{class}\"><span class=\"at\" data-slot=\"at\">{at}</span> <span class=\"who\"><span data-slot=\"function\">{function}</span> \
         <code data-slot=\"environment\">{environment}</code></span> <code class=\"text\" data-slot=\"text\">{text}</code></p>"
    )
}

/// A refusal's row.
pub fn refusal(refusal: &Refusal, now: f64) -> String {
    refusal_row(&[
        &ago(refusal.time, now),
        words::by(refusal.by),
        &escape(&refusal.function),
        &escape(&refusal.asked),
        &escape(&refusal.resource),
        &escape(&refusal.reason),
    ])
}

/// The row a script fills.
pub fn refusal_template() -> String {
    refusal_row(&[""; 6])
}

fn refusal_row([at, by, function, asked, resource, reason]: &[&str; 6]) -> String {
    format!(
        "<tr role=\"row\"><td role=\"cell\" class=\"at\" data-slot=\"at\">{at}</td><th role=\"rowheader\" scope=\"row\" data-slot=\"by\">{by}</th>\
         <td role=\"cell\" data-slot=\"function\">{function}</td>\
         <td role=\"cell\"><code data-slot=\"asked\">{asked}</code> <small><code data-slot=\"resource\">{resource}</code></small></td>\
         <td role=\"cell\" data-slot=\"reason\">{reason}</td></tr>"
    )
}

/// An action of a role, with the form that switches it.
pub fn grant(role: &RoleGrants, grant: &Grant) -> String {
    let (name, action, taken) = (escape(&role.role), escape(&grant.action), usize::from(grant.taken));
    let on: Vec<_> = grant.resources.iter().map(|arn| format!("<code>{}</code>", escape(arn))).collect();
    format!(
        "<tr role=\"row\" data-role=\"{name}\" data-action=\"{action}\"{class}>\
         <th role=\"rowheader\" scope=\"row\"><code>{action}</code></th><td role=\"cell\">{on}</td>\
         <td role=\"cell\"><b data-slot=\"grant\">{word}</b></td>\
         <td role=\"cell\"><form method=\"post\" action=\"/_local/roles/{path}/actions/{path_action}\">\
         <button name=\"do\" value=\"{value}\" aria-label=\"{action} {switch}\">{switch}</button></form></td></tr>",
        class = if grant.taken { " class=\"taken\"" } else { "" },
        on = on.join("<br>"),
        word = words::GRANTS[taken],
        path = segment(&role.role),
        path_action = segment(&grant.action),
        value = if grant.taken { "give" } else { "take" },
        switch = words::SWITCHES[taken],
    )
}

/// A message of a queue.
pub fn message(message: &MessageSnapshot) -> String {
    let more = if message.is_cut { "…" } else { "" };
    let from = if message.dead_letter_of.is_some() { "DLQ로 옮겨 옴" } else { "" };
    message_row(&[
        &escape(short(&message.id)),
        &(escape(&message.body) + more),
        words::place(message.place),
        from,
        &message.receive_count.to_string(),
        &duration(message.age_ms as f64),
    ])
}

/// The row a script fills.
pub fn message_template() -> String {
    message_row(&[""; 6])
}

fn message_row([id, body, place, from, receives, age]: &[&str; 6]) -> String {
    format!(
        "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\"><code data-slot=\"id\">{id}</code></th>\
         <td role=\"cell\"><code data-slot=\"body\">{body}</code></td>\
         <td role=\"cell\"><span data-slot=\"place\">{place}</span> <small data-slot=\"from\">{from}</small></td>\
         <td role=\"cell\" class=\"n\" data-name=\"받은 횟수\" data-slot=\"receives\">{receives}</td>\
         <td role=\"cell\" class=\"n\" data-name=\"나이\" data-slot=\"age\">{age}</td></tr>"
    )
}

/// A schedule's row.
pub fn schedule(schedule: &Schedule) -> String {
    format!(
        "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">{}</th><td role=\"cell\">{}</td><td role=\"cell\">{}마다</td></tr>",
        escape(&schedule.name),
        escape(&schedule.function),
        duration(schedule.every_ms as f64)
    )
}

/// What a drawing's colour and form mean.
pub fn legend(class: &str, word: &str) -> String {
    format!(
        "<li><svg class=\"sample\" aria-hidden=\"true\" viewBox=\"0 0 24 10\"><rect class=\"{class}\" width=\"24\" height=\"10\"/></svg> {word}</li>"
    )
}

/// A name as a segment of a path.
fn segment(name: &str) -> String {
    percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// What the feed calls it, which is also its class.
pub fn key(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The beginning of an id, which tells it from its neighbours.
pub fn short(id: &str) -> &str {
    &id[..id.floor_char_boundary(SHOWN)]
}

/// `0.42ms`, `12.3ms`, `4.2초`, `3분 20초`, `2시간 5분`.
pub fn duration(ms: f64) -> String {
    let seconds = (ms / 1000.0).max(0.0);
    match ms {
        ..1.0 => format!("{:.2}ms", ms.max(0.0)),
        ..1_000.0 => format!("{ms:.1}ms"),
        ..10_000.0 => format!("{seconds:.1}초"),
        ..60_000.0 => format!("{seconds:.0}초"),
        ..3_600_000.0 => two(seconds / 60.0, "분", "초"),
        _ => two(seconds / 3_600.0, "시간", "분"),
    }
}

/// A number of units with what is over in sixtieths, unless that is nothing.
fn two(units: f64, unit: &str, sixtieth: &str) -> String {
    match (units.fract() * 60.0 + 1e-6).floor() {
        0.0 => format!("{:.0}{unit}", units.floor()),
        over => format!("{:.0}{unit} {over:.0}{sixtieth}", units.floor()),
    }
}

/// How long before `now`, both Unix ms.
pub fn ago(at: f64, now: f64) -> String {
    format!("{} 전", duration((now - at).max(0.0)))
}

/// Bytes in MB.
fn megabytes(bytes: u64) -> String {
    // Far below 2^53.
    format!("{:.1}MB", bytes as f64 / (1024.0 * 1024.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_long_as_they_must_be() {
        for (ms, text) in [
            (-1.0, "0.00ms"),
            (0.421, "0.42ms"),
            (12.34, "12.3ms"),
            (4_240.0, "4.2초"),
            (42_400.0, "42초"),
            (200_000.0, "3분 20초"),
            (300_000.0, "5분"),
            (7_500_000.0, "2시간 5분"),
        ] {
            assert_eq!(duration(ms), text);
        }
        assert_eq!(ago(1_000.0, 900.0), "0.00ms 전");
    }

    #[test]
    fn nothing_a_function_prints_becomes_markup() {
        const MARKUP: &str = "\"'><script>alert(1)</script>&amp;<b a=";
        let printed = Line {
            number: 1,
            time: 0.0,
            function: MARKUP.into(),
            environment_id: MARKUP.into(),
            request_id: MARKUP.into(),
            platform: false,
            text: MARKUP.into(),
        };
        let grants = RoleGrants { role: MARKUP.into(), functions: Vec::new(), actions: Vec::new() };
        let one = Grant { action: MARKUP.into(), resources: vec![MARKUP.into()], taken: true };
        for html in [line(&printed, 1.0), grant(&grants, &one)] {
            assert!(!html.contains("<script") && !html.contains("<b a="), "{html}");
        }
    }
}
