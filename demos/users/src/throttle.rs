//! How fast one visitor may ask: a token bucket each, kept in this environment's memory and therefore best effort.
//! Knows namespaces and time; the answer is the admission's business.

use crate::key::Namespace;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// Visitors remembered at once. A forgotten one starts with a full bucket.
const MOST: usize = 1_024;

/// All buckets.
pub struct Throttle {
    rate: f64,
    burst: f64,
    buckets: Mutex<HashMap<Namespace, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Throttle {
    /// `rate` requests per second on average, `burst` at once.
    #[must_use]
    pub fn new(rate: f64, burst: u32) -> Self {
        Self { rate, burst: f64::from(burst), buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes one request out of a visitor's bucket.
    ///
    /// # Errors
    /// When it is empty: whole seconds, at least one, until it holds a request again.
    pub fn take(&self, visitor: Namespace, now: Instant) -> Result<(), u64> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.get(&visitor).copied().unwrap_or(Bucket { tokens: self.burst, at: now });
        let tokens = self.refilled(bucket, now);
        let allowed = tokens >= 1.0;
        let left = if allowed { tokens - 1.0 } else { tokens };
        if buckets.len() >= MOST && !buckets.contains_key(&visitor) {
            self.forget_some(&mut buckets, now);
        }
        buckets.insert(visitor, Bucket { tokens: left, at: now });
        if allowed { Ok(()) } else { Err(self.seconds_until_one(left)) }
    }

    fn refilled(&self, bucket: Bucket, now: Instant) -> f64 {
        let seconds = now.saturating_duration_since(bucket.at).as_secs_f64();
        (bucket.tokens + seconds * self.rate).min(self.burst)
    }

    /// Rates so small that the wait is beyond counting still say a number.
    fn seconds_until_one(&self, tokens: f64) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float-to-int cast saturates"
        )]
        let seconds = ((1.0 - tokens) / self.rate).ceil() as u64;
        seconds.max(1)
    }

    /// Full buckets tell nothing; if there are none, the one longest untouched goes.
    fn forget_some(&self, buckets: &mut HashMap<Namespace, Bucket>, now: Instant) {
        buckets.retain(|_, bucket| self.refilled(*bucket, now) < self.burst);
        if buckets.len() >= MOST {
            let oldest = buckets.iter().min_by_key(|(_, bucket)| bucket.at).map(|(visitor, _)| *visitor);
            oldest.and_then(|visitor| buckets.remove(&visitor));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{key::Namespaces, visitor::Visitor};
    use axum::http::HeaderMap;
    use proptest::prelude::*;
    use std::time::Duration;

    fn visitor(number: u32) -> Namespace {
        let mut headers = HeaderMap::new();
        headers.insert("x-visitor", format!("{number:032x}").parse().unwrap());
        Namespaces::keyed("stack").unwrap().of(&Visitor::of(&headers).unwrap())
    }

    #[test]
    fn a_burst_then_the_rate() {
        let throttle = Throttle::new(5.0, 20);
        let (one, start) = (visitor(1), Instant::now());
        assert!((0..20).all(|_| throttle.take(one, start).is_ok()));
        assert_eq!(throttle.take(one, start), Err(1));
        assert_eq!(throttle.take(visitor(2), start), Ok(()), "another visitor has a bucket of its own");
        let later = start + Duration::from_millis(1_001);
        assert_eq!((0..9).filter(|_| throttle.take(one, later).is_ok()).count(), 5);
        assert_eq!(
            (0..99).filter(|_| throttle.take(one, later + Duration::from_secs(3_600)).is_ok()).count(),
            20
        );
    }

    #[test]
    fn a_slow_rate_says_how_long() {
        let throttle = Throttle::new(0.1, 1);
        let start = Instant::now();
        assert_eq!(throttle.take(visitor(1), start), Ok(()));
        assert_eq!(throttle.take(visitor(1), start + Duration::from_secs(3)), Err(7));
        assert_eq!(throttle.take(visitor(1), start + Duration::from_secs(11)), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_the_active_are_remembered() {
        let throttle = Throttle::new(0.001, 2);
        let start = Instant::now();
        for number in 0..5_000 {
            let now = start + Duration::from_millis(number.into());
            let _ = throttle.take(visitor(number), now);
            let _ = throttle.take(visitor(number), now);
            assert!(throttle.take(visitor(number), now).is_err());
        }
        assert_eq!(throttle.buckets.lock().unwrap().len(), MOST);
        assert!(throttle.take(visitor(4_999), start + Duration::from_secs(5)).is_err());
    }

    proptest! {
        #[test]
        fn no_pattern_of_requests_gets_more_than_burst_and_rate(rate in 1..50_u32, burst in 1..50_u32, pauses in proptest::collection::vec(0..400_u64, 1..300)) {
            let throttle = Throttle::new(rate.into(), burst);
            let start = Instant::now();
            let mut elapsed = Duration::ZERO;
            let mut taken = 0.0;
            for pause in pauses {
                elapsed += Duration::from_millis(pause);
                taken += f64::from(u8::from(throttle.take(visitor(1), start + elapsed).is_ok()));
                prop_assert!(taken <= f64::from(burst) + f64::from(rate) * elapsed.as_secs_f64() + 1e-6);
            }
        }
    }
}
