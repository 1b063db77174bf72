//! The account's concurrency: how many events all functions together may work on at once.
//! Knows counts only. What a function reserves for itself is a rule of its placement.
//!
//! AWS Lambda Developer Guide, "Understanding Lambda function scaling": reserved concurrency is taken out of the account's, and
//! so is provisioned concurrency of a function that reserves nothing; the functions that reserve nothing share the rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, bail};

/// A number of events that may be in work at once.
#[derive(Debug)]
struct Slots {
    most: usize,
    taken: AtomicUsize,
}

/// What the functions that reserve nothing share.
#[derive(Debug, Clone)]
pub struct Account {
    unreserved: Arc<Slots>,
}

/// Where one function's events get their place from.
#[derive(Debug)]
pub struct Concurrency {
    /// Provisioned places of its own, then what it shares; both `None` for a function that reserves, whose placement counts.
    own: Option<Arc<Slots>>,
    shared: Option<Arc<Slots>>,
}

/// An event's place, free again when this is dropped.
#[derive(Debug)]
pub struct Permit {
    slots: Option<Arc<Slots>>,
}

impl Account {
    /// An account with `limit` places for these functions.
    ///
    /// # Errors
    /// They reserve more than there is.
    pub fn new(limit: usize, functions: &[template::Function]) -> Result<Self> {
        let taken =
            |function: &template::Function| function.reserved.unwrap_or(function.provisioned) as usize;
        let all: usize = functions.iter().map(taken).sum();
        let Some(unreserved) = limit.checked_sub(all) else {
            bail!(
                "함수들이 예약했거나 미리 준비하는 동시성이 모두 {all}인데 계정 한도가 {limit}이다. template.yaml에서 줄이거나 \
                 --account-concurrency로 한도를 높인다"
            );
        };
        Ok(Self { unreserved: Arc::new(Slots::new(unreserved)) })
    }

    /// One function's part.
    pub fn concurrency(&self, function: &template::Function) -> Concurrency {
        match function.reserved {
            Some(_) => Concurrency { own: None, shared: None },
            None => Concurrency {
                own: (function.provisioned > 0).then(|| Arc::new(Slots::new(function.provisioned as usize))),
                shared: Some(Arc::clone(&self.unreserved)),
            },
        }
    }
}

impl Concurrency {
    /// A place for one more event; `None` when there is none left.
    pub fn take(&self) -> Option<Permit> {
        let Some(shared) = &self.shared else { return Some(Permit { slots: None }) };
        let slots = self.own.iter().chain([shared]).find(|slots| slots.take())?;
        Some(Permit { slots: Some(Arc::clone(slots)) })
    }
}

impl Slots {
    fn new(most: usize) -> Self {
        Self { most, taken: AtomicUsize::new(0) }
    }

    fn take(&self) -> bool {
        let more = |taken| (taken < self.most).then_some(taken + 1);
        self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(slots) = &self.slots {
            slots.taken.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;

    fn function(reserved: Option<u32>, provisioned: u32) -> template::Function {
        template::Function {
            name: "F".into(),
            package: "f".into(),
            memory_mb: 128,
            timeout: Duration::from_secs(1),
            environment: BTreeMap::new(),
            reserved,
            provisioned,
            schedules: Vec::new(),
            asynchronous: template::Asynchronous::default(),
        }
    }

    #[test]
    fn what_is_reserved_or_provisioned_is_taken_from_what_the_others_share() {
        let functions = [function(Some(4), 2), function(None, 3), function(None, 0), function(None, 0)];
        assert!(Account::new(6, &functions).is_err());
        let account = Account::new(9, &functions).unwrap();
        let [reserved, provisioned, one, two] = functions.map(|function| account.concurrency(&function));
        let held = [one.take().unwrap(), two.take().unwrap()];
        assert!(one.take().is_none() && two.take().is_none(), "9 - 4 - 3 are shared");
        let kept: Vec<_> = (0..3).map(|_| provisioned.take().unwrap()).collect();
        assert!(provisioned.take().is_none(), "three of its own, none to spill over to");
        assert!((0..100).all(|_| reserved.take().is_some()), "its placement counts");
        drop(held);
        assert!(provisioned.take().is_some() && one.take().is_some());
        drop(kept);
    }
}
