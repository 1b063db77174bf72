//! Token buckets per stage and route: what does not get a token is answered 429.
//! Knows numbers and time; the caller passes the time, so tests need not wait.
//!
//! API Gateway Developer Guide, "Throttle requests to your HTTP APIs": a token bucket with a rate and a burst.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use template::{Api, Throttle};

/// The tokens of one bucket, apart from clock and lock.
#[derive(Debug, Clone, Copy)]
pub struct Tokens {
    left: f64,
    /// When they were counted, in ms.
    counted: f64,
}

impl Tokens {
    /// A full bucket at time 0.
    pub fn full(limit: Throttle) -> Self {
        Self { left: limit.burst, counted: 0.0 }
    }

    /// Takes a token at `now` ms; false when there is no whole one.
    pub fn take(&mut self, limit: Throttle, now: f64) -> bool {
        let earned = (now - self.counted).max(0.0) * limit.rate / 1000.0;
        let tokens = (self.left + earned).min(limit.burst);
        let granted = tokens >= 1.0;
        *self = Self { left: if granted { tokens - 1.0 } else { tokens }, counted: now };
        granted
    }
}

/// One bucket.
#[derive(Debug)]
struct Bucket {
    limit: Throttle,
    /// The tokens' time 0.
    since: Instant,
    tokens: Mutex<Tokens>,
}

impl Bucket {
    fn new(limit: Throttle, now: Instant) -> Self {
        Self { limit, since: now, tokens: Mutex::new(Tokens::full(limit)) }
    }

    fn take(&self, now: Instant) -> bool {
        let now = now.saturating_duration_since(self.since).as_secs_f64() * 1000.0;
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).take(self.limit, now)
    }
}

/// The buckets of an API: one for the stage, one for every route with a setting of its own.
#[derive(Debug)]
pub struct Throttles {
    stage: Option<Bucket>,
    routes: Vec<Option<Bucket>>,
}

impl Throttles {
    /// Full buckets.
    pub fn new(api: &Api, now: Instant) -> Self {
        let bucket = |limit: &Option<Throttle>| limit.map(|limit| Bucket::new(limit, now));
        Self {
            stage: bucket(&api.throttle),
            routes: api.routes.iter().map(|route| bucket(&route.throttle)).collect(),
        }
    }

    /// Takes a token for the route with this index; false when there is none.
    pub fn take(&self, route: usize, now: Instant) -> bool {
        let own = self.routes.get(route).and_then(Option::as_ref);
        own.or(self.stage.as_ref()).is_none_or(|bucket| bucket.take(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn burst_then_rate() {
        let start = Instant::now();
        let bucket = Bucket::new(Throttle { rate: 10.0, burst: 5.0 }, start);
        let granted = |from: Duration, to: Duration, every: Duration| {
            let (mut at, mut granted) = (from, 0);
            while at < to {
                granted += u32::from(bucket.take(start + at));
                at += every;
            }
            granted
        };
        let ms = Duration::from_millis;
        assert_eq!(granted(ms(0), ms(1), Duration::from_micros(50)), 5);
        let over_ten_seconds = granted(ms(1), ms(10_001), ms(7));
        assert!((99..=101).contains(&over_ten_seconds), "{over_ten_seconds}");
    }

    #[test]
    fn a_rate_of_zero_closes_the_route() {
        let now = Instant::now();
        let bucket = Bucket::new(Throttle { rate: 0.0, burst: 0.0 }, now);
        assert!(!bucket.take(now + Duration::from_secs(3600)));
    }
}
