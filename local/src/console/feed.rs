//! Server-sent events to one open console: everything that is known, then what changes, several times a second at most.
//! Knows the feeds and the model; what a page does with them is `console.js`.
//!
//! | event | data |
//! |---|---|
//! | `view` | [`View`](super::view::View) and `now` (Unix ms): at connecting, and once a second when a figure has changed |
//! | `changes` | [`Changes`](super::model::Changes): at connecting with `reset`, then what has changed |
//!
//! The id of `changes` is `run-record`: the run of the server and the number of the last record of Lambda told. A page that comes
//! back with it (`Last-Event-ID`) is not told again the lines it has, and is told how many records it has missed for good.
//! A page that reads too slowly falls behind the feeds, which keep a bounded number of records: it is told how many it has lost
//! and begins anew with what is so now.

use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde_json::json;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

use super::Console;
use super::model::Model;
use super::view::View;
use crate::gateway::telemetry as gateway;
use crate::iam::Denial;
use crate::lambda::telemetry::Record;

/// How soon a browser connects again when the server was restarted.
const RETRY: Duration = Duration::from_secs(1);
/// What changes is told together after this time, so that a burst is a few events and not thousands.
const GATHER: Duration = Duration::from_millis(100);
/// How often figures are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// What a page has seen: a `Last-Event-ID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    run: u64,
    lambda: u64,
}

impl Seen {
    /// Reads an id as it was sent; anything else counts as none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('-').map(|part| u64::from_str_radix(part, 16).ok());
        let seen = Self { run: numbers.next()??, lambda: numbers.next()?? };
        numbers.next().is_none().then_some(seen)
    }

    fn id(self) -> String {
        format!("{:x}-{:x}", self.run, self.lambda)
    }
}

/// The stream of one page. It ends when the server does.
pub fn stream(
    console: Console,
    seen: Option<Seen>,
    permit: OwnedSemaphorePermit,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let feed = Feed {
        records: console.lambda().telemetry().subscribe(),
        requests: console.gateway().subscribe().1,
        denials: console.iam().denials().subscribe(),
        grants: console.iam().changes(),
        queues: console.events().changes(),
        closing: console.closing(),
        seen: seen.filter(|seen| seen.run == console.run()),
        last: Seen { run: console.run(), lambda: 0 },
        first_denial: 0,
        model: Model::default(),
        view: None,
        look,
        due: None,
        stale: false,
        queue: VecDeque::from([Event::default().retry(RETRY).comment("local")]),
        begun: false,
        oldest: 0,
        told: HashSet::new(),
        console,
        _permit: permit,
    };
    Sse::new(unfold(feed, next)).keep_alive(KeepAlive::default())
}

struct Feed {
    console: Console,
    records: broadcast::Receiver<Arc<Record>>,
    requests: broadcast::Receiver<Arc<gateway::Record>>,
    denials: broadcast::Receiver<Arc<Denial>>,
    /// Denials before this one are told.
    first_denial: u64,
    grants: watch::Receiver<u64>,
    queues: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    /// What the page had when it connected.
    seen: Option<Seen>,
    /// What it has been told.
    last: Seen,
    model: Model,
    view: Option<View>,
    look: Interval,
    /// When to tell what has changed.
    due: Option<Instant>,
    /// Whether the figures are to be looked at then too.
    stale: bool,
    queue: VecDeque<Event>,
    begun: bool,
    /// The oldest record that was looked up, and those of them that have not come by the feed too.
    oldest: u64,
    told: HashSet<u64>,
    _permit: OwnedSemaphorePermit,
}

/// What a feed waits for.
enum Happening {
    /// The server ends.
    End,
    /// It is time to tell what has changed.
    Due,
    /// It is time to look at the figures.
    Look,
    /// A queue has changed.
    Queue,
    Record(Arc<Record>),
    Request(Arc<gateway::Record>),
    Denial(Arc<Denial>),
    /// So many records never came.
    Missed(u64),
}

async fn next(mut feed: Feed) -> Option<(Result<Event, Infallible>, Feed)> {
    loop {
        if let Some(event) = feed.queue.pop_front() {
            return Some((Ok(event), feed));
        }
        if !feed.begun {
            feed.begin(0);
            continue;
        }
        match feed.happening().await {
            Happening::End => return None,
            Happening::Due => feed.tell(),
            Happening::Look => feed.look(),
            Happening::Queue => feed.queue_changed(),
            Happening::Record(record) => feed.record(&record),
            Happening::Request(record) => feed.request(&record),
            Happening::Denial(denial) => feed.denial(&denial),
            Happening::Missed(records) => feed.begin(records),
        }
    }
}

fn received<T>(record: Result<T, RecvError>, happening: impl FnOnce(T) -> Happening) -> Happening {
    match record {
        Ok(record) => happening(record),
        Err(RecvError::Lagged(missed)) => Happening::Missed(missed),
        Err(RecvError::Closed) => Happening::End,
    }
}

impl Feed {
    async fn happening(&mut self) -> Happening {
        let Self { closing, due, look, grants, queues, records, requests, denials, .. } = self;
        let due = *due;
        let when = async {
            match due {
                Some(due) => sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // What is due is told even if the records never end.
            biased;
            _ = closing.wait_for(|closing| *closing) => Happening::End,
            () = when => Happening::Due,
            _ = look.tick() => Happening::Look,
            Ok(()) = grants.changed() => Happening::Look,
            Ok(()) = queues.changed() => Happening::Queue,
            record = records.recv() => received(record, Happening::Record),
            record = requests.recv() => received(record, Happening::Request),
            denial = denials.recv() => received(denial, Happening::Denial),
        }
    }

    /// Tells everything there is, after so many records were missed.
    fn begin(&mut self, missed: u64) {
        let (telemetry, denied) = (self.console.lambda().telemetry(), self.console.iam().denials());
        (self.records, self.denials) = (telemetry.subscribe(), denied.subscribe());
        let functions = self.console.lambda().environments();
        self.model = Model::new(&functions, self.console.routes());
        // The page keeps the lines it has; what came since, and is still kept, follows.
        let kept = if self.begun { Some(self.last) } else { self.seen };
        let (records, denials) = (telemetry.recent(), denied.recent());
        let (requests, following) = self.console.gateway().subscribe();
        self.requests = following;
        records.iter().for_each(|record| self.model.lambda(record));
        requests.iter().for_each(|record| self.model.gateway(record));
        denials.iter().for_each(|denial| self.model.denied(denial));
        self.model.know(&functions, now());
        self.oldest = records.first().map_or(0, |record| record.sequence);
        self.told = records.iter().map(|record| record.sequence).collect();
        self.last.lambda = self.last.lambda.max(records.last().map_or(0, |record| record.sequence + 1));
        self.first_denial = denials.last().map_or(0, |denial| denial.sequence + 1);
        let mut changes = self.model.changes();
        (changes.reset, changes.lost) = (true, missed);
        if let Some(kept) = kept {
            changes.lines.retain(|line| line.record() >= kept.lambda);
            changes.lost = missed.max(self.oldest.saturating_sub(kept.lambda));
        }
        (self.begun, self.due) = (true, None);
        self.look();
        self.push("changes", &json!(changes));
    }

    fn record(&mut self, record: &Record) {
        // It came between subscribing and looking.
        if record.sequence < self.oldest || self.told.remove(&record.sequence) {
            return;
        }
        self.last.lambda = self.last.lambda.max(record.sequence + 1);
        self.model.lambda(record);
        self.due.get_or_insert_with(|| Instant::now() + GATHER);
    }

    fn request(&mut self, record: &gateway::Record) {
        self.model.gateway(record);
        self.due.get_or_insert_with(|| Instant::now() + GATHER);
    }

    fn denial(&mut self, denial: &Denial) {
        // It may have come between subscribing and looking.
        if denial.sequence >= self.first_denial {
            self.model.denied(denial);
            self.due.get_or_insert_with(|| Instant::now() + GATHER);
        }
    }

    /// Messages move faster than anybody can look.
    fn queue_changed(&mut self) {
        self.stale = true;
        self.due.get_or_insert_with(|| Instant::now() + GATHER);
    }

    fn tell(&mut self) {
        self.due = None;
        if std::mem::take(&mut self.stale) {
            self.look();
        }
        let changes = self.model.changes();
        if !changes.is_empty() {
            self.push("changes", &json!(changes));
        }
    }

    fn look(&mut self) {
        let view = self.console.view();
        if self.view.as_ref() != Some(&view) {
            let mut data = json!(view);
            data["now"] = now().into();
            self.push("view", &data);
            self.view = Some(view);
        }
    }

    fn push(&mut self, name: &str, data: &serde_json::Value) {
        let event = Event::default().event(name).data(data.to_string());
        let event = if name == "changes" { event.id(self.last.id()) } else { event };
        self.queue.push_back(event);
    }
}

/// Unix ms.
pub fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_was_written_and_nothing_else_is() {
        let seen = Seen { run: u64::MAX, lambda: 12 };
        assert_eq!(Seen::parse(&seen.id()), Some(seen));
        for text in ["", "1", "1-2-3", "1-x", "1-", "-1-2", "1-ffffffffffffffff0"] {
            assert_eq!(Seen::parse(text), None, "{text}");
        }
    }
}
