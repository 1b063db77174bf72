//! One chapter from top to bottom: captured values, fresh header values, runs that claims look back at.
//! Knows blocks, claims, answers and the service.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Barrier, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    RunError,
    answer::Answer,
    report::BlockReport,
    service::{Prepared, Service},
    tokens::Tokens,
};
use crate::{
    block::Block,
    claim::{Judgement, Run, evaluate},
    place::Problem,
    settings::{HeaderValue, Settings},
    syntax::{Fault, Piece, pieces},
};

/// The state that the blocks of one chapter share.
pub(super) struct ChapterRun<'a> {
    service: &'a Service,
    settings: &'a Settings,
    /// Header values of this chapter run.
    headers: Vec<(String, String)>,
    variables: HashMap<String, String>,
    runs: HashMap<String, Vec<Run>>,
    /// Of this chapter run's reader, from the first block that needs them.
    tokens: Option<Result<Tokens, String>>,
}

impl<'a> ChapterRun<'a> {
    pub fn new(service: &'a Service, settings: &'a Settings) -> Result<Self, RunError> {
        let mut headers = Vec::new();
        for (name, value) in &settings.headers {
            headers.push((name.clone(), configured(value)?));
        }
        let variables = service.bases.clone().into_iter().collect();
        Ok(Self { service, settings, headers, variables, runs: HashMap::new(), tokens: None })
    }

    /// Sends a block as often as it asks, judges every answer, remembers captures and runs.
    ///
    /// A block whose base does not answer here is left out, and the report says so.
    pub fn block(&mut self, block: &Block) -> (BlockReport, Vec<Answer>) {
        if let Some(base) = block.base.as_ref().filter(|base| !self.service.bases.contains_key(*base)) {
            let absent = self.settings.bases.get(base).map_or(String::new(), |base| base.absent.clone());
            let mut report = BlockReport::new(block, Vec::new(), Duration::ZERO, Vec::new());
            report.skipped = Some(absent);
            return (report, Vec::new());
        }
        let begun = Instant::now();
        let mut failures = Vec::new();
        let mut answers = Vec::new();
        let prepared = self.sign_in(block).and_then(|()| self.prepare(block));
        match prepared {
            Err(message) => failures.push(Problem::new(block.places.fence.clone(), message)),
            Ok(request) => {
                let (done, error) = self.send(block, &request);
                answers = match &self.tokens {
                    Some(Ok(tokens)) => done.into_iter().map(|answer| tokens.hide(answer)).collect(),
                    _ => done,
                };
                if let Some(reason) = error {
                    let message = format!("{} {}: {reason}.", request.method, request.url);
                    failures.push(Problem::new(block.places.fence.clone(), message));
                }
                failures.extend(judge(block, &answers));
                if failures.is_empty() {
                    self.capture(block, &answers, &mut failures);
                }
                self.runs.insert(block.id().to_owned(), answers.iter().map(Answer::run).collect());
                failures.extend(self.claims(block));
            }
        }
        let statuses = answers.iter().map(|answer| answer.status).collect();
        (BlockReport::new(block, statuses, begun.elapsed(), failures), answers)
    }

    /// Puts the tokens a block sends among the variables.
    fn sign_in(&mut self, block: &Block) -> Result<(), String> {
        if block.tokens.is_empty() {
            return Ok(());
        }
        let tokens = self.tokens.get_or_insert_with(|| Tokens::obtain(self.service, self.settings));
        let tokens = tokens.as_ref().map_err(Clone::clone)?;
        for name in &block.tokens {
            self.variables.insert((*name).to_owned(), tokens.get(name)?.to_owned());
        }
        Ok(())
    }

    fn prepare(&self, block: &Block) -> Result<Prepared, String> {
        let request = &block.demo.request;
        let fill = |text: &str, json: bool| {
            fill(text, &self.variables, json).map_err(|name| {
                let maker =
                    block.needs.iter().find(|need| need.name == name).map_or("", |need| need.block.as_str());
                format!("변수 `{name}`이(가) 없다. 앞 블록 `{maker}`이(가) 성공해야 값이 생긴다.")
            })
        };
        let mut headers = Vec::new();
        for (name, value) in &request.headers {
            headers.push((name.clone(), fill(value, false)?));
        }
        let named = |name: &str| request.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
        headers.extend(self.headers.iter().filter(|(name, _)| !named(name)).cloned());
        if request.body.is_some() && !named("content-type") {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        Ok(Prepared {
            method: request.method.clone(),
            url: fill(&request.target, false)?,
            headers,
            body: request.body.as_deref().map(|body| fill(body, true)).transpose()?,
        })
    }

    /// All answers in the order of sending, and the first reason why one did not come.
    fn send(&self, block: &Block, request: &Prepared) -> (Vec<Answer>, Option<String>) {
        let parallel = block.attributes.parallel as usize;
        let repeat = block.demo.repeat as usize;
        if parallel > 1 {
            return self.send_at_once(request, repeat, parallel);
        }
        let begun = Instant::now();
        let mut answers = Vec::with_capacity(repeat);
        for number in 0..repeat {
            if number > 0 && block.demo.delay > 0 {
                thread::sleep(Duration::from_millis(block.demo.delay));
            }
            match self.service.send(request, begun) {
                Ok(answer) => answers.push(answer),
                Err(reason) => return (answers, Some(reason)),
            }
        }
        (answers, None)
    }

    fn send_at_once(
        &self,
        request: &Prepared,
        repeat: usize,
        parallel: usize,
    ) -> (Vec<Answer>, Option<String>) {
        let (next, start) = (AtomicUsize::new(0), Barrier::new(parallel));
        let done = Mutex::new(Vec::with_capacity(repeat));
        let begun = Instant::now();
        thread::scope(|scope| {
            for _ in 0..parallel {
                scope.spawn(|| {
                    start.wait();
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= repeat {
                            break;
                        }
                        let answer = self.service.send(request, begun);
                        done.lock().unwrap_or_else(PoisonError::into_inner).push((number, answer));
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|&(number, _)| number);
        let mut answers = Vec::with_capacity(repeat);
        let mut error = None;
        for (_, answer) in done {
            match answer {
                Ok(answer) => answers.push(answer),
                Err(reason) => error = error.or(Some(reason)),
            }
        }
        (answers, error)
    }

    /// Values of the last answer, as the page keeps them: text as it is, everything else as JSON.
    fn capture(&mut self, block: &Block, answers: &[Answer], failures: &mut Vec<Problem>) {
        for (capture, place) in block.demo.captures.iter().zip(&block.places.captures) {
            match answers.last().and_then(|answer| answer.find(&capture.query)) {
                Some(serde_json::Value::String(text)) => {
                    self.variables.insert(capture.name.clone(), text);
                }
                Some(value) => {
                    self.variables.insert(capture.name.clone(), value.to_string());
                }
                None => {
                    let message = format!("응답에 `{}`에 담을 값이 없다.", capture.name);
                    failures.push(Problem::new(place.clone(), message));
                }
            }
        }
    }

    fn claims(&self, block: &Block) -> Vec<Problem> {
        let runs_of = |other: Option<&str>| self.runs.get(other.unwrap_or(block.id())).map(Vec::as_slice);
        let mut failures = Vec::new();
        for (claim, place) in block.claims.iter().zip(&block.places.claims) {
            let reason = match evaluate(&claim.expr, &self.settings.claims, &runs_of) {
                Judgement::Judged { held: true, .. } => continue,
                Judgement::Judged { left, right, .. } => {
                    let right: Vec<_> = right.iter().map(ToString::to_string).collect();
                    format!("어긋난다. 왼쪽 {left}, 오른쪽 {}.", right.join(".."))
                }
                Judgement::NotRun { block: other } => {
                    let other = other.unwrap_or_else(|| block.id().to_owned());
                    format!("판정할 수 없다. 블록 `{other}`의 응답이 없다.")
                }
                Judgement::NoValues { list } => {
                    format!("판정할 수 없다. 어느 응답의 Server-Timing에도 `{list}`이(가) 없다.")
                }
                Judgement::NotFinite => "판정할 수 없다. 0으로 나누었다.".to_owned(),
            };
            failures.push(Problem::new(place.clone(), format!("주장 `{}`이(가) {reason}", claim.text)));
        }
        failures
    }
}

/// Expected status, headers and asserts over all answers; one failure per line of the block.
fn judge(block: &Block, answers: &[Answer]) -> Vec<Problem> {
    let mut failures = Vec::new();
    let mut wrong =
        |place, what: String, held: &dyn Fn(&Answer) -> bool, actual: &dyn Fn(&Answer) -> String| {
            let bad: Vec<&Answer> = answers.iter().filter(|answer| !held(answer)).collect();
            let Some(first) = bad.first() else { return };
            let times = if answers.len() > 1 {
                format!("({}번 가운데 {}번)", answers.len(), bad.len())
            } else {
                String::new()
            };
            failures.push(Problem::new(place, format!("{what} 실제: {}{times}", actual(first))));
        };
    let places = &block.places;
    if let Some(status) = block.demo.status {
        wrong(
            places.status.clone(),
            format!("상태 {status}을(를) 기대했다."),
            &|a| a.status == status,
            &|a| {
                let wait =
                    a.headers.get("retry-after").map_or_else(String::new, |s| format!(", Retry-After {s}"));
                format!("{}{wait} {}", a.status, shortened(&a.body))
            },
        );
    }
    for (name, value) in &block.demo.headers {
        let key = name.to_ascii_lowercase();
        wrong(
            places.status.clone(),
            format!("헤더 `{name}: {value}`을(를) 기대했다."),
            &|a| a.headers.get(&key) == Some(value),
            &|a| a.headers.get(&key).cloned().unwrap_or_else(|| "없음".to_owned()),
        );
    }
    for (assert, place) in block.demo.asserts.iter().zip(&places.asserts) {
        wrong(
            place.clone(),
            format!("`{}`을(를) 기대했다.", assert.text),
            &|a| a.holds(assert),
            &|a| {
                a.find(&assert.query).map_or_else(|| "없음".to_owned(), |value| shortened(&value.to_string()))
            },
        );
    }
    failures
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(200).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Fills in `{{name}}`s; inside JSON the value is escaped as the inside of a string. `Err` names what is missing.
pub(super) fn fill(text: &str, variables: &HashMap<String, String>, json: bool) -> Result<String, String> {
    let mut filled = String::with_capacity(text.len());
    for piece in pieces(text).map_err(|Fault { message, .. }| message)? {
        match piece {
            Piece::Text(text) => filled.push_str(text),
            Piece::Variable(name, _) => {
                let value = variables.get(name).ok_or_else(|| name.to_owned())?;
                if json {
                    let quoted = serde_json::Value::from(value.as_str()).to_string();
                    filled.push_str(&quoted[1..quoted.len() - 1]);
                } else {
                    filled.push_str(value);
                }
            }
        }
    }
    Ok(filled)
}

/// A configured value, of this chapter run.
pub(super) fn configured(value: &HeaderValue) -> Result<String, RunError> {
    match value {
        HeaderValue::Constant(text) => Ok(text.clone()),
        HeaderValue::Random(random) => random_hex(random.random_hex),
    }
}

/// Random lower-case hexadecimal digits.
fn random_hex(digits: usize) -> Result<String, RunError> {
    let mut bytes = vec![0; digits.div_ceil(2)];
    getrandom::fill(&mut bytes).map_err(|error| RunError::Random(error.to_string()))?;
    let mut hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    hex.truncate(digits);
    Ok(hex)
}

/// The headers that `[preprocessor.live.claims]` looks at, in lower case.
pub(super) fn claim_headers(settings: &Settings) -> Vec<String> {
    settings.claims.values().map(|alias| alias.header().to_ascii_lowercase()).collect()
}

/// A run with only those headers that claims look at.
pub(super) fn claim_run(run: Run, headers: &[String]) -> Run {
    let kept: BTreeMap<_, _> = run.headers.into_iter().filter(|(name, _)| headers.contains(name)).collect();
    Run { headers: kept, ..run }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse_demo;

    #[derive(serde::Deserialize)]
    struct Vector {
        text: String,
        vars: HashMap<String, String>,
        ok: Option<Filled>,
        error: Option<String>,
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Filled {
        method: String,
        target: String,
        headers: Vec<(String, String)>,
        body: Option<String>,
    }

    /// The text a reader edits is the request part of a block with `{{api}}` written out.
    fn request(text: &str, variables: &HashMap<String, String>) -> Option<Filled> {
        let block = format!("{}\n\nHTTP *\n", text.trim_end().replacen(" /api", " {{api}}", 1));
        let request = parse_demo(&block).ok()?.request;
        let fill = |text: &str, json| fill(text, variables, json).ok();
        let headers: Option<Vec<_>> =
            request.headers.iter().map(|(name, value)| Some((name.clone(), fill(value, false)?))).collect();
        Some(Filled {
            target: fill(&request.target, false)?,
            headers: headers?,
            body: match &request.body {
                Some(body) => Some(fill(body, true)?),
                None => None,
            },
            method: request.method,
        })
    }

    /// The page's script is held against the same file.
    #[test]
    fn reads_and_fills_the_shared_vectors() {
        let vectors: Vec<Vector> =
            serde_json::from_str(include_str!("../../tests/vectors/requests.json")).unwrap();
        assert!(vectors.len() >= 20);
        for mut vector in vectors {
            vector.vars.insert("api".to_owned(), "/api".to_owned());
            assert_eq!(request(&vector.text, &vector.vars), vector.ok, "{}", vector.text);
            assert_eq!(vector.ok.is_none(), vector.error.is_some());
        }
    }

    #[test]
    fn random_values_have_the_asked_for_length_and_differ() {
        let (a, b) = (random_hex(33).unwrap(), random_hex(33).unwrap());
        assert_eq!(a.len(), 33);
        assert_ne!(a, b);
    }
}
