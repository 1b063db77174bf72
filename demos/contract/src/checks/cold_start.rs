//! The cold-start functions: what they report, what their parameters do, and what happens to an environment between two calls.
//! Times are judged loosely below and not at all above, because a machine may always be slower; freezing is judged exactly.

use super::Check;
use crate::{answer::Answer, service::Service};
use anyhow::{Context, Result, bail, ensure};
use std::{collections::HashSet, thread, time::Duration};

/// Name, memory in MB, whether it has an index.
const FUNCTIONS: [(&str, u32, bool); 10] = [
    ("plain-128", 128, false),
    ("plain-512", 512, false),
    ("plain-1024", 1024, false),
    ("plain-1769", 1769, false),
    ("heavy-128", 128, true),
    ("heavy-1769", 1769, true),
    ("lazy-128", 128, true),
    ("lazy-1769", 1769, true),
    ("warm", 128, false),
    ("provisioned", 128, false),
];

const FIELDS: [&str; 11] = [
    "environmentId",
    "invocation",
    "cold",
    "initMs",
    "ageMs",
    "handlerMs",
    "cpuMs",
    "memoryMB",
    "initializationType",
    "background",
    "index",
];

/// Queries that are refused, with the code.
const REFUSED: [(&str, &str); 12] = [
    ("work=201", "parameter_too_large"),
    ("wait=501", "parameter_too_large"),
    ("after=2001", "parameter_too_large"),
    ("work=99999999999999999999", "parameter_too_large"),
    ("work=-1", "parameter_invalid"),
    ("work=1e1", "parameter_invalid"),
    ("work=007", "parameter_invalid"),
    ("work=1.5", "parameter_invalid"),
    ("work=", "parameter_invalid"),
    ("wait=%31", "parameter_invalid"),
    ("work=1&work=1", "parameter_repeated"),
    ("sleep=1", "parameter_unknown"),
];

/// How often a check asks again for an environment it has met before: another may have been given the call.
const TRIES: u32 = 6;
const AT_ONCE: usize = 6;

pub(super) fn checks() -> Vec<Check> {
    let mut checks = Vec::new();
    checks.extend(FUNCTIONS.map(|(name, memory, indexed)| {
        Check::new(format!("cold-start: {name} reports on itself"), move |service| {
            reports(service, name, memory, indexed)
        })
    }));
    checks.extend(REFUSED.map(|(query, code)| {
        Check::new(format!("cold-start: {query} is 400 {code}"), move |service| {
            service.cold_start(&format!("plain-1769?{query}"))?.refused(400, code)?;
            Ok(())
        })
    }));
    checks.extend([
        Check::new("cold-start: the bounds themselves are allowed", |service| {
            let answer = service.cold_start("plain-1769?work=200&wait=500&after=2000")?.status(200)?;
            ensure!(
                answer.number("cpuMs")? >= 200.0 && answer.number("handlerMs")? >= 700.0,
                "expected both in full\n{answer}"
            );
            Ok(())
        }),
        Check::new("cold-start: work is processor time, wait is not", |service| {
            let worked = service.cold_start("plain-1769?work=30")?.status(200)?;
            let cpu = worked.number("cpuMs")?;
            ensure!((30.0..60.0).contains(&cpu), "expected 30 ms of processor time\n{worked}");
            let waited = service.cold_start("plain-1769?wait=100")?.status(200)?;
            ensure!(
                waited.number("cpuMs")? == 0.0 && waited.number("handlerMs")? >= 100.0,
                "expected 100 ms without work\n{waited}"
            );
            Ok(())
        }),
        Check::new("cold-start: an environment serves call after call and ages", |service| {
            let (first, second) = twice_in_one(service, "plain-512", "plain-512", Duration::ZERO)?;
            ensure!(
                second.number("invocation")? == first.number("invocation")? + 1.0,
                "expected the next number\n{first}\n{second}"
            );
            ensure!(
                !second.is_cold() && second.number("ageMs")? > first.number("ageMs")?,
                "expected it warm and older\n{second}"
            );
            ensure!(
                second.body["initMs"] == first.body["initMs"],
                "expected the same init\n{first}\n{second}"
            );
            Ok(())
        }),
        Check::new("cold-start: calls at the same time have an environment each", at_once),
        Check::new("cold-start: after the answer an environment is frozen, and ticks come late", frozen),
    ]);
    checks
}

fn reports(service: &Service, name: &str, memory: u32, indexed: bool) -> Result<()> {
    let answer = service.cold_start(name)?.status(200)?.has_fields(&FIELDS)?;
    ensure!(answer.body["memoryMB"] == memory, "expected {memory} MB\n{answer}");
    ensure!(
        answer.body["environmentId"] == answer.environment(),
        "expected header and body to agree on the environment\n{answer}"
    );
    ensure!(answer.body["cold"] == answer.is_cold(), "expected header and body to agree on cold\n{answer}");
    let provisioned = answer.body["initializationType"] == "provisioned-concurrency";
    let first = answer.body["invocation"] == 1;
    ensure!(
        answer.is_cold() == (first && !provisioned),
        "expected cold to mean the first call, unless provisioned\n{answer}"
    );
    for field in ["initMs", "ageMs", "handlerMs"] {
        ensure!(answer.number(field)? > 0.0, "expected {field} above 0\n{answer}");
    }
    if !indexed {
        ensure!(answer.body["index"].is_null(), "expected no index\n{answer}");
        return Ok(());
    }
    let index = &answer.body["index"];
    let words = index["words"].as_u64().unwrap_or_default();
    let entries = index["entries"].as_u64().unwrap_or_default();
    ensure!(
        words > 100_000 && entries > words && index["search"]["found"].as_u64() > Some(0),
        "expected an index that finds\n{answer}"
    );
    let build = index["buildMs"].as_f64().unwrap_or_default();
    if name.starts_with("heavy") {
        ensure!(answer.number("initMs")? >= build, "expected the index built in init\n{answer}");
    } else {
        let in_this_call = answer.number("handlerMs")? >= build && answer.number("cpuMs")? > 0.0;
        ensure!(in_this_call == first, "expected the index built in the first call\n{answer}");
    }
    Ok(())
}

/// Two answers of the same environment, one after the other with a pause between.
fn twice_in_one(service: &Service, first: &str, second: &str, pause: Duration) -> Result<(Answer, Answer)> {
    let mut last = None;
    for _ in 0..TRIES {
        let before = service.cold_start(first)?.status(200)?;
        thread::sleep(pause);
        let after = service.cold_start(second)?.status(200)?;
        if before.environment() == after.environment() {
            return Ok((before, after));
        }
        last = Some(after);
    }
    bail!("no environment answered twice in {TRIES} tries\n{}", last.context("no tries")?)
}

fn at_once(service: &Service) -> Result<()> {
    let answers: Vec<Result<Answer>> = thread::scope(|scope| {
        let calls: Vec<_> =
            (0..AT_ONCE).map(|_| scope.spawn(|| service.cold_start("plain-1024?wait=500"))).collect();
        calls.into_iter().map(|call| call.join().unwrap_or_else(|_| bail!("a call panicked"))).collect()
    });
    let mut environments = HashSet::new();
    for answer in answers {
        environments.insert(answer?.status(200)?.environment().to_owned());
    }
    ensure!(environments.len() == AT_ONCE, "expected {AT_ONCE} environments, saw {}", environments.len());
    Ok(())
}

fn frozen(service: &Service) -> Result<()> {
    let pause = Duration::from_millis(1_500);
    let (_, thawed) = twice_in_one(service, "plain-128?after=1000", "plain-128", pause)?;
    let ticks = thawed.body["background"].as_array().cloned().unwrap_or_default();
    let due: Vec<_> = ticks.iter().filter_map(|tick| tick["dueMs"].as_u64()).collect();
    ensure!(
        due == (1..=10).map(|tick| tick * 100).collect::<Vec<_>>(),
        "expected ten ticks, one each 100 ms\n{thawed}"
    );
    let last = ticks.last().and_then(|tick| tick["tickedMs"].as_f64()).unwrap_or_default();
    ensure!(
        last >= 1_400.0,
        "expected the last tick no earlier than the thaw, 1,500 ms after the answer\n{thawed}"
    );
    Ok(())
}
