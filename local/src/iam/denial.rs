//! What was denied, newest last, for whoever shows it to a reader.
//! Knows names and times; a bounded number of them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use template::policy::ExecutionRole;
use tokio::sync::broadcast;

/// The most denials that are kept, and the most a listener may lag behind.
pub const MOST: usize = 100;

/// A request that its role did not allow.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Denial {
    /// Never the same twice in one run; later ones have higher ones.
    pub sequence: u64,
    /// Unix ms.
    pub time: f64,
    /// Who asked.
    pub function: String,
    /// Its role.
    pub role: String,
    /// `dynamodb:PutItem`
    pub action: String,
    /// An ARN, or `*`.
    pub resource: String,
    /// Why not.
    pub reason: Reason,
}

/// Why a role may not do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// The template grants it; a reader has taken it away.
    TakenAway,
    /// The template does not grant it.
    NotGranted,
    /// The template denies it.
    ExplicitDeny,
}

/// The last denials. Clones share them.
#[derive(Debug, Clone)]
pub struct Denials {
    kept: Arc<Mutex<Kept>>,
    listeners: broadcast::Sender<Arc<Denial>>,
}

#[derive(Debug, Default)]
struct Kept {
    next: u64,
    last: VecDeque<Arc<Denial>>,
}

impl Default for Denials {
    fn default() -> Self {
        Self { kept: Arc::default(), listeners: broadcast::channel(MOST).0 }
    }
}

impl Denials {
    /// The last ones, oldest first: at most [`MOST`].
    pub fn recent(&self) -> Vec<Arc<Denial>> {
        self.lock().last.iter().cloned().collect()
    }

    /// What is denied from now on. Who subscribes first and then asks for [`Denials::recent`] misses nothing.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Denial>> {
        self.listeners.subscribe()
    }

    pub(super) fn add(&self, role: &ExecutionRole, action: &str, resource: &str, reason: Reason) {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1000.0;
        let mut kept = self.lock();
        let denial = Arc::new(Denial {
            sequence: kept.next,
            time,
            function: role.function.clone(),
            role: role.name.clone(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            reason,
        });
        kept.next += 1;
        kept.last.push_back(Arc::clone(&denial));
        if kept.last.len() > MOST {
            kept.last.pop_front();
        }
        // Fails only when nobody listens.
        let _ = self.listeners.send(denial);
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
