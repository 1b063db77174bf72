//! The live feed of the gateway's part of each request, so that a page can show where its time went and what turned it away.
//! Knows records and who listens. No header, token, query string or body ever gets into a record.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use tokio::sync::broadcast;

/// The most records that are kept, and the most a listener may lag behind.
pub const MOST_RECORDS: usize = 2_000;
/// The most bytes of a path that are kept.
pub const LONGEST_PATH: usize = 512;

/// One request, once it is over.
/// JSON: `{"sequence", "requestId", "traceId", "method", "path", "routeKey"?, "status"?, "arrived", "authorizedMs"?, "invokedMs"?, "returnedMs"?, "answeredMs", "error"?}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Never the same twice while the server runs; later records have higher ones.
    pub sequence: u64,
    /// `apigw-requestid` of the answer.
    pub request_id: String,
    /// `Root=1-…`: Lambda's records of the invocation carry the same.
    pub trace_id: String,
    /// The method as it was sent.
    pub method: String,
    /// The path as it was sent, without the query string; cut after [`LONGEST_PATH`] bytes.
    pub path: String,
    /// The route that took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_key: Option<String>,
    /// Missing when the caller went away before there was an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Unix ms, exact to the µs.
    pub arrived: f64,
    /// ms after `arrived`: the authorizer let it pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorized_ms: Option<f64>,
    /// ms after `arrived`: the body is there and the integration is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoked_ms: Option<f64>,
    /// ms after `arrived`: the integration has answered, or was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned_ms: Option<f64>,
    /// ms after `arrived`: the answer goes out, or the caller is gone.
    pub answered_ms: f64,
    /// Why the gateway itself answered, or what was wrong with the function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The feed. Clones are one feed.
#[derive(Debug, Clone)]
pub struct Telemetry(Arc<Feed>);

#[derive(Debug)]
struct Feed {
    kept: Mutex<Kept>,
    listeners: broadcast::Sender<Arc<Record>>,
}

#[derive(Debug, Default)]
struct Kept {
    records: VecDeque<Arc<Record>>,
    sequence: u64,
}

impl Default for Telemetry {
    fn default() -> Self {
        let listeners = broadcast::Sender::new(MOST_RECORDS);
        Self(Arc::new(Feed { kept: Mutex::default(), listeners }))
    }
}

impl Telemetry {
    /// What is kept, oldest first, and what comes after it: nothing is missing in between and nothing there twice.
    pub fn subscribe(&self) -> (Vec<Arc<Record>>, broadcast::Receiver<Arc<Record>>) {
        let kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        (kept.records.iter().cloned().collect(), self.0.listeners.subscribe())
    }

    /// Keeps a record and tells it to who listens; gives it its number.
    pub(super) fn record(&self, mut record: Record) {
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.sequence += 1;
        record.sequence = kept.sequence;
        let record = Arc::new(record);
        if kept.records.len() == MOST_RECORDS {
            kept.records.pop_front();
        }
        kept.records.push_back(Arc::clone(&record));
        // Under the lock, so that the order is the same for everybody. Nobody listening is no error.
        let _ = self.0.listeners.send(record);
    }
}

/// The beginning of a path, at most [`LONGEST_PATH`] bytes.
pub(super) fn cut(path: &str) -> &str {
    &path[..path.floor_char_boundary(LONGEST_PATH)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(path: &str) -> Record {
        Record {
            sequence: 0,
            request_id: "r".into(),
            trace_id: "t".into(),
            method: "GET".into(),
            path: cut(path).into(),
            route_key: None,
            status: Some(404),
            arrived: 1.5,
            authorized_ms: None,
            invoked_ms: None,
            returned_ms: None,
            answered_ms: 0.25,
            error: Some("Not Found".into()),
        }
    }

    #[tokio::test]
    async fn a_listener_gets_what_is_kept_and_what_follows() {
        let telemetry = Telemetry::default();
        for _ in 0..MOST_RECORDS + 5 {
            telemetry.record(record("/a"));
        }
        let (kept, mut following) = telemetry.subscribe();
        assert_eq!((kept.len(), kept[0].sequence), (MOST_RECORDS, 6));
        telemetry.record(record("/b"));
        let next = following.recv().await.unwrap();
        assert_eq!(next.sequence, kept.last().unwrap().sequence + 1);
        let json = serde_json::to_value(&*next).unwrap();
        let expected = serde_json::json!({
            "sequence": 2006, "requestId": "r", "traceId": "t", "method": "GET", "path": "/b", "status": 404,
            "arrived": 1.5, "answeredMs": 0.25, "error": "Not Found"
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn long_paths_are_cut_between_characters() {
        assert_eq!(cut("/a"), "/a");
        assert_eq!(cut(&"a".repeat(LONGEST_PATH)).len(), LONGEST_PATH);
        assert_eq!(cut(&"한".repeat(1_000)).len(), LONGEST_PATH - LONGEST_PATH % 3);
    }
}
