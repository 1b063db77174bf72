//! What is paid without any route being called: schedules, ready environments, sign-ups, storage, alarms, the name.
//! Knows the resources these come from.

use anyhow::Result;
use template::evaluated::{Evaluated, Resource};
use template::yaml::Node;

use super::bounds::Bounds;
use super::month::SECONDS;
use super::prices::Prices;
use super::request::GB;
use super::routes::{Bucket, Received, call};
use crate::event_sources::polled;

/// A name and US dollars per month.
pub type Standing = (&'static str, f64);

const FUNCTION: &str = "AWS::Serverless::Function";
const DAYS: f64 = 31.0;

/// Everything of this kind in both templates. `log_bytes` is what the routes log in the month.
///
/// # Errors
/// A function the model does not know.
pub fn standing(
    template: &Evaluated,
    guard: &Evaluated,
    buckets: &[Bucket],
    log_bytes: f64,
    prices: &Prices,
    bounds: &Bounds,
) -> Result<Vec<Standing>> {
    Ok(vec![
        ("일정", schedules(template, prices, bounds)?),
        ("빈 큐를 살피는 값", polling(template, prices)),
        ("준비해 둔 환경", provisioned(template, prices)),
        ("가입", sign_ups(template, prices, bounds)),
        ("보관(테이블·로그·책)", storage(buckets, log_bytes, prices, bounds)),
        ("경보", alarms(&[template, guard], prices)),
        (
            "도메인",
            if template.of("AWS::Route53::RecordSetGroup").next().is_some() {
                prices.route53.zone
            } else {
                0.0
            },
        ),
    ])
}

fn schedules(template: &Evaluated, prices: &Prices, bounds: &Bounds) -> Result<f64> {
    let mut total = 0.0;
    for function in template.of(FUNCTION) {
        let attempts = 1.0 + retries(function);
        for (_, event) in function.at(&["Events"]).map_or(&[][..], Node::entries) {
            let expression = event.get("Properties").and_then(|node| node.get("ScheduleExpression"));
            let minutes = expression.map(|node| node.text().ok().and_then(minutes).unwrap_or(1.0));
            let Some(minutes) = minutes else { continue };
            let call = call(function, Received::Schedule)?;
            let request = call.dearest(bounds).price(prices, bounds, call.arm);
            let each = prices.schedule.call + attempts * (request.lambda + request.table + request.logs);
            total += SECONDS / 60.0 / minutes * each;
        }
    }
    Ok(total)
}

/// How often Lambda tries an event again that nobody waits for: twice where nothing is said.
fn retries(function: &Resource) -> f64 {
    let written = function.at(&["EventInvokeConfig", "MaximumRetryAttempts"]);
    written.and_then(|node| node.parse("").ok()).unwrap_or(2.0)
}

/// Lambda polls with five connections, and an empty queue answers each after as long as it may ("Using Lambda with Amazon SQS").
fn polling(template: &Evaluated, prices: &Prices) -> f64 {
    const POLLERS: f64 = 5.0;
    // The connections are Lambda's own and wait for up to 20 seconds, whatever the queue says.
    const WAIT: f64 = 20.0;
    let queues = u32::try_from(polled(template).len()).map_or(f64::MAX, f64::from);
    queues * POLLERS * SECONDS / WAIT * prices.sqs.request
}

/// `rate(5 minutes)`; what cannot be read counts as every minute.
fn minutes(expression: &str) -> Option<f64> {
    let (count, unit) = expression.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
    let unit = match unit.trim_end_matches('s') {
        "minute" => 1.0,
        "hour" => 60.0,
        "day" => 24.0 * 60.0,
        _ => return None,
    };
    count.parse().ok().filter(|count: &f64| *count >= 1.0).map(|count| count * unit)
}

fn provisioned(template: &Evaluated, prices: &Prices) -> f64 {
    let each = template.of(FUNCTION).filter_map(|function| {
        let path = ["ProvisionedConcurrencyConfig", "ProvisionedConcurrentExecutions"];
        let count = function.at(&path)?.parse::<f64>("").ok()?;
        let memory = function.at(&["MemorySize"])?.parse::<f64>("").ok()?;
        Some(count * memory / 1_024.0 * SECONDS * prices.lambda.provisioned_idle)
    });
    each.fold(0.0, |sum, usd| sum + usd)
}

/// While sign-up is open: Cognito's quota of calls of the function that counts, and the accounts it lets through.
fn sign_ups(template: &Evaluated, prices: &Prices, bounds: &Bounds) -> f64 {
    let Some(function) = template
        .of(FUNCTION)
        .find(|function| function.text(&["CodeUri"]).is_some_and(|code| code.ends_with("/sign-up.zip")))
    else {
        return 0.0;
    };
    let memory = function.at(&["MemorySize"]).and_then(|node| node.parse::<f64>("").ok()).unwrap_or(1_769.0);
    let share = (memory / bounds.full_cpu_mb).min(1.0);
    let billed_ms = bounds.init_ms + bounds.handler_ms / share + bounds.table_call_ms;
    let duration = billed_ms / 1_000.0 * memory / 1_024.0 * prices.lambda.gb_second_x86;
    let logs = (bounds.platform_log_bytes + bounds.function_log_bytes + bounds.log_event_bytes) / GB;
    let each =
        prices.lambda.request + duration + prices.ddb.write * bounds.write_units + prices.logs.gb * logs;
    let accounts = template.parameters.get("SignUpsPerDay").and_then(|count| count.parse::<f64>().ok());
    bounds.sign_ups_per_second * SECONDS * each + accounts.unwrap_or_default() * DAYS * prices.cognito.lite
}

/// The tables hold what is written until DynamoDB deletes it; the logs a week of the month; the bucket two books.
fn storage(buckets: &[Bucket], log_bytes: f64, prices: &Prices, bounds: &Bounds) -> f64 {
    const BOOK_GB: f64 = 0.1;
    const LOG_SHARE: f64 = 7.0 / DAYS;
    let kept = buckets.iter().map(|bucket| {
        let requests = bucket.rate * bounds.ttl_hours * 3_600.0 + bucket.burst;
        requests * bucket.call.demo.work(bounds).kept_bytes
    });
    let table_gb = kept.sum::<f64>() / GB;
    table_gb * (prices.storage.ddb_gb + prices.storage.pitr_gb)
        + log_bytes * LOG_SHARE / GB * prices.storage.logs_gb
        + BOOK_GB * prices.storage.s3_gb
}

fn alarms(templates: &[&Evaluated], prices: &Prices) -> f64 {
    let count: usize = templates.iter().map(|template| template.of("AWS::CloudWatch::Alarm").count()).sum();
    u32::try_from(count).map_or(f64::MAX, f64::from) * prices.alarm.standard
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_counts_as_every_minute() {
        assert_eq!(minutes("rate(5 minutes)"), Some(5.0));
        assert_eq!(minutes("rate(1 day)"), Some(1_440.0));
        assert_eq!(minutes("cron(0 7 * * ? *)"), None);
    }
}
