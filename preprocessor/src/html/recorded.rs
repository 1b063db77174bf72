//! The recorded answer of a block: what teaches when there is no script, no network and no service.
//! Knows recordings, claims and strings.

use super::{Shown, chart::chart_html, escape};
use crate::{
    block::Block,
    claim::{Judgement, Run, evaluate},
    recording::{Recorded, Recording},
};

/// The `details` element, or a placeholder when there is nothing to show.
pub(super) fn recorded_html(block: &Block, shown: Shown<'_>) -> String {
    match shown.recorded {
        Recorded::Current(recording) => details(block, recording, shown),
        Recorded::Stale => placeholder(block, "recordingStale", shown),
        Recorded::Missing => placeholder(block, "recordingMissing", shown),
    }
}

fn placeholder(block: &Block, key: &str, shown: Shown<'_>) -> String {
    let told = escape(&shown.strings.fill(key, &[]));
    format!("<p class=\"live-missing\">{told}</p>{}", chart_html(block, shown))
}

fn details(block: &Block, recording: &Recording, shown: Shown<'_>) -> String {
    let say = |key: &str, values: &[&str]| escape(&shown.strings.fill(key, values));
    let mut html = format!(
        "<details class=\"live-recording\"{}><summary>{}</summary>",
        // Nobody learns from a guess after having read the answer.
        if block.attributes.predict.is_some() { "" } else { " open" },
        say("recorded", &[&recording.date, &recording.shown_place()])
    );
    let count = recording.runs.len().to_string();
    if recording.runs.len() > 1 {
        html.push_str(&format!("<p class=\"live-note\">{}</p>", say("recordedFirst", &[&count])));
    }
    html.push_str(&format!("<p class=\"live-status\">{}</p>", escape(&status_line(recording.status))));
    if !recording.headers.is_empty() {
        let headers: Vec<_> =
            recording.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        html.push_str(&code("http", &headers.join("\n")));
    }
    match (&recording.json, &recording.text) {
        (Some(json), _) => {
            let pretty = serde_json::to_string_pretty(json).unwrap_or_else(|_| json.to_string());
            html.push_str(&code("json", &pretty));
        }
        (None, Some(text)) => html.push_str(&code("text", text)),
        (None, None) => html.push_str(&format!("<p class=\"live-note\">{}</p>", say("noBody", &[]))),
    }
    if recording.cut {
        html.push_str(&format!("<p class=\"live-note\">{}</p>", say("recordedCut", &[])));
    }
    html.push_str(&chart_html(block, shown));
    if recording.runs.len() > 1 {
        html.push_str(&runs_table(&recording.runs, shown));
    }
    html.push_str(&recorded_claims(block, recording, shown));
    if recording.stand_ins {
        html.push_str(&format!("<p class=\"live-note\">{}</p>", say("recordedStandIns", &[])));
    }
    html.push_str("</details>");
    html
}

fn status_line(status: u16) -> String {
    let reason = http::StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason());
    reason.map_or_else(|| status.to_string(), |reason| format!("{status} {reason}"))
}

fn code(language: &str, text: &str) -> String {
    format!("<pre><code class=\"language-{language}\">{}</code></pre>", escape(text))
}

/// One row per run: status, the headers that claims look at, Server-Timing metrics, total.
fn runs_table(runs: &[Run], shown: Shown<'_>) -> String {
    let mut headers: Vec<&str> = Vec::new();
    let mut metrics: Vec<&str> = Vec::new();
    for run in runs {
        for name in run.headers.keys().filter(|name| !headers.contains(&name.as_str())).collect::<Vec<_>>() {
            headers.push(name);
        }
        for name in run.timings.keys().filter(|name| !metrics.contains(&name.as_str())).collect::<Vec<_>>() {
            metrics.push(name);
        }
    }
    let say = |key: &str| escape(&shown.strings.fill(key, &[]));
    let head: String = std::iter::once(say("runNumber"))
        .chain([say("runStatus")])
        .chain(headers.iter().map(|name| escape(name)))
        .chain(metrics.iter().map(|name| format!("{}(ms)", escape(name))))
        .chain([say("runTotal")])
        .map(|cell| format!("<th scope=\"col\">{cell}</th>"))
        .collect();
    let rows: String = runs
        .iter()
        .enumerate()
        .map(|(index, run)| {
            let mut cells = vec![(index + 1).to_string(), run.status.to_string()];
            cells.extend(
                headers.iter().map(|&name| run.headers.get(name).map_or(String::new(), |v| escape(v))),
            );
            cells.extend(
                metrics.iter().map(|&name| run.timings.get(name).map_or(String::new(), |ms| plain(*ms))),
            );
            cells.push(plain(run.total));
            let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
            format!("<tr>{cells}</tr>")
        })
        .collect();
    let summary = escape(&shown.strings.fill("recordedRuns", &[&runs.len().to_string()]));
    format!(
        "<details class=\"live-runs\"><summary>{summary}</summary>\
         <table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details>"
    )
}

/// The block's claims judged over its own recording; claims about other blocks are left to a live run.
fn recorded_claims(block: &Block, recording: &Recording, shown: Shown<'_>) -> String {
    let runs = |of: Option<&str>| of.is_none_or(|id| id == block.id()).then_some(recording.runs.as_slice());
    let mut items = String::new();
    for claim in &block.claims {
        if let Judgement::Judged { held, left, right } = evaluate(&claim.expr, &shown.settings.claims, &runs)
        {
            let verdict = shown.strings.fill(if held { "claimHeld" } else { "claimBroken" }, &[]);
            let right: Vec<_> = right.into_iter().map(plain).collect();
            items.push_str(&format!(
                "<li><code>{}</code>: {} · {} {} {}</li>",
                escape(&claim.text),
                escape(&verdict),
                plain(left),
                escape(claim.expr.comparison()),
                right.join("..")
            ));
        }
    }
    if items.is_empty() {
        return items;
    }
    let title = escape(&shown.strings.fill("recordedClaims", &[]));
    format!("<p class=\"live-note\">{title}</p><ul class=\"live-recorded-claims\">{items}</ul>")
}

/// At most two digits after the point, and none that say nothing.
pub(super) fn plain(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
