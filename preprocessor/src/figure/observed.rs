//! What a chart sees in the runs of a block: cold or warm, in which environment, from when until when.
//! Knows runs and the configured names `cold` and `environments`.

use std::collections::BTreeMap;

use crate::claim::{Alias, Function, Run, fold};

/// The runs of one block with the names that give them meaning.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// In the order of sending.
    pub runs: &'a [Run],
    /// `[preprocessor.live.claims]`.
    pub names: &'a BTreeMap<String, Alias>,
}

/// One run in its environment.
#[derive(Clone, Debug, PartialEq)]
pub struct Stay {
    /// The environment's index, in the order in which they were met.
    pub lane: usize,
    /// It was a cold start.
    pub cold: bool,
    /// ms since the block's first request, or the number of runs before this one.
    pub from: f64,
    /// The same for the end.
    pub until: f64,
}

impl<'a> Observed<'a> {
    /// Whether the service said that this was a cold start; `None` when it said nothing, as an error of a gateway does.
    pub fn cold(&self, run: &Run) -> Option<bool> {
        let Some(Alias::Count { header, equals }) = self.names.get("cold") else { return None };
        run.headers.get(&header.to_ascii_lowercase()).map(|value| value == equals)
    }

    fn environment(&self, run: &'a Run) -> Option<&'a str> {
        let Some(Alias::Distinct { header }) = self.names.get("environments") else { return None };
        run.headers.get(&header.to_ascii_lowercase()).map(String::as_str)
    }

    /// Every run knows when it was sent and when it ended.
    pub fn timed(&self) -> bool {
        self.runs.iter().all(|run| run.from.is_some() && run.until.is_some())
    }

    /// The runs in the order of sending.
    pub fn by_time(&self) -> Vec<&'a Run> {
        let mut runs: Vec<&Run> = self.runs.iter().collect();
        if self.timed() {
            runs.sort_by(|a, b| a.from.unwrap_or_default().total_cmp(&b.from.unwrap_or_default()));
        }
        runs
    }

    /// The runs that met an environment, by time; by number when the times are not known.
    pub fn stays(&self) -> Vec<Stay> {
        let timed = self.timed();
        let mut met: Vec<&str> = Vec::new();
        let mut stays = Vec::new();
        for (run, number) in self.by_time().into_iter().zip(0u32..) {
            let Some(environment) = self.environment(run) else { continue };
            let lane = met.iter().position(|known| *known == environment).unwrap_or_else(|| {
                met.push(environment);
                met.len() - 1
            });
            let (from, until) = match (run.from, run.until) {
                (Some(from), Some(until)) if timed => (from, until),
                _ => (f64::from(number), f64::from(number + 1)),
            };
            stays.push(Stay { lane, cold: self.cold(run) == Some(true), from, until });
        }
        stays
    }

    /// The most requests under way at one moment, if the times are known.
    pub fn reached(&self) -> Option<usize> {
        let spans: Vec<(f64, f64)> =
            self.runs.iter().map(|run| Some((run.from?, run.until?))).collect::<Option<_>>()?;
        let at =
            |moment: f64| spans.iter().filter(|(from, until)| *from <= moment && moment < *until).count();
        spans.iter().map(|(from, _)| at(*from)).max()
    }
}

/// What the service itself says its preparation took, in ms; nothing for a run without one.
pub fn init(run: &Run) -> Option<f64> {
    run.timings.get("init").copied().filter(|ms| *ms > 0.0)
}

/// Median and 95th percentile.
pub fn middle_and_tail(values: Vec<f64>) -> Option<(f64, f64)> {
    Some((fold(Function::Median, values.clone())?, fold(Function::P95, values)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(environment: &str, cold: bool, times: Option<(f64, f64)>) -> Run {
        let headers = [("x-environment", environment), ("x-cold", if cold { "true" } else { "false" })];
        Run {
            status: 200,
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            from: times.map(|(from, _)| from),
            until: times.map(|(_, until)| until),
            ..Run::default()
        }
    }

    fn names() -> BTreeMap<String, Alias> {
        [
            ("cold".to_owned(), Alias::Count { header: "X-Cold".into(), equals: "true".into() }),
            ("environments".to_owned(), Alias::Distinct { header: "X-Environment".into() }),
        ]
        .into()
    }

    fn lanes(runs: &[Run]) -> Vec<(usize, f64, f64)> {
        let observed = Observed { runs, names: &names() };
        observed.stays().iter().map(|stay| (stay.lane, stay.from, stay.until)).collect()
    }

    #[test]
    fn lanes_are_distinct_environments_in_the_order_of_time() {
        let runs = [
            run("b", true, Some((5.0, 9.0))),
            run("a", true, Some((0.0, 4.0))),
            run("b", false, Some((10.0, 11.0))),
        ];
        assert_eq!(lanes(&runs), [(0, 0.0, 4.0), (1, 5.0, 9.0), (1, 10.0, 11.0)]);
    }

    #[test]
    fn without_times_the_order_of_the_recording_counts() {
        let runs = [run("b", true, Some((5.0, 9.0))), run("a", true, None), run("b", false, None)];
        assert_eq!(lanes(&runs), [(0, 0.0, 1.0), (1, 1.0, 2.0), (0, 2.0, 3.0)]);
        assert_eq!(Observed { runs: &runs, names: &names() }.reached(), None);
    }

    #[test]
    fn the_concurrency_reached_is_the_most_at_one_moment() {
        let spans = [(0.0, 10.0), (1.0, 5.0), (5.0, 6.0), (9.0, 12.0), (10.0, 11.0)];
        let runs = spans.map(|span| run("a", false, Some(span)));
        assert_eq!(Observed { runs: &runs, names: &names() }.reached(), Some(2));
    }
}
