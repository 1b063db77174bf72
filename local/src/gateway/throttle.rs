//! Token buckets per route and for the account: what does not get a token is answered 429.
//! Knows numbers and time; the caller passes the time, so tests need not wait.
//!
//! API Gateway Developer Guide, "Throttle requests to your HTTP APIs": a token bucket with a rate and a burst, on AWS a target
//! and no promise. The guide does not say whether the routes of a stage share the bucket of `DefaultRouteSettings`. Here every
//! route has one of its own with those numbers: they are settings of *routes*, and of REST APIs the guide says that what is set
//! for a stage counts for each method. The order is that of REST APIs too: first the route's bucket, then the account's.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use template::{Api, Throttle};

/// An account's limits over all its APIs in a region ("Amazon API Gateway quotas"). They are raised on request; a template with
/// higher numbers is taken for one whose account was.
pub const ACCOUNT: Throttle = Throttle { rate: 10_000.0, burst: 5_000.0 };

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
        // Callers that met at the lock may come out of turn; time does not run backwards for the bucket.
        *self = Self { left: if granted { tokens - 1.0 } else { tokens }, counted: now.max(self.counted) };
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

/// The buckets of an API: one for every route with a limit, and the account's.
#[derive(Debug)]
pub struct Throttles {
    routes: Vec<Option<Bucket>>,
    account: Bucket,
}

impl Throttles {
    /// Full buckets.
    pub fn new(api: &Api, now: Instant) -> Self {
        let limits = api.routes.iter().map(|route| route.throttle.or(api.throttle));
        let account = limits.clone().flatten().fold(ACCOUNT, |most, limit| Throttle {
            rate: most.rate.max(limit.rate),
            burst: most.burst.max(limit.burst),
        });
        Self {
            routes: limits.map(|limit| limit.map(|limit| Bucket::new(limit, now))).collect(),
            account: Bucket::new(account, now),
        }
    }

    /// Takes a token for the route with this index; false when there is none. What a route refuses costs the others nothing.
    pub fn take(&self, route: usize, now: Instant) -> bool {
        let own = self.routes.get(route).and_then(Option::as_ref);
        own.is_none_or(|bucket| bucket.take(now)) && self.account.take(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use template::{Integration, Route, RouteKey};

    const SECONDS: u64 = 10;

    fn api(default: Option<Throttle>, routes: &[(&str, Option<Throttle>)]) -> Api {
        let route = |(key, throttle): &(&str, Option<Throttle>)| Route {
            key: RouteKey::parse(key).unwrap(),
            integration: Integration::Function("F".into()),
            throttle: *throttle,
            timeout: None,
            authorization: None,
        };
        Api {
            id: "api".into(),
            cors: None,
            routes: routes.iter().map(route).collect(),
            throttle: default,
            stage_variables: Default::default(),
            access_log: None,
        }
    }

    /// How many of the requests sent every `every` in ten seconds to the route get a token.
    fn granted(throttles: &Throttles, start: Instant, route: usize, every: Duration) -> f64 {
        let (mut at, mut granted) = (Duration::ZERO, 0);
        while at < Duration::from_secs(SECONDS) {
            granted += u32::from(throttles.take(route, start + at));
            at += every;
        }
        f64::from(granted)
    }

    #[test]
    fn rate_and_burst_hold_to_five_per_cent_over_ten_seconds() {
        for (rate, burst) in
            [(0.5, 5.0), (1.0, 100.0), (10.0, 20.0), (333.3, 7.0), (2_000.0, 1_000.0), (9_000.0, 5_000.0)]
        {
            let start = Instant::now();
            let throttles = Throttles::new(&api(None, &[("GET /a", Some(Throttle { rate, burst }))]), start);
            let burst_seen = (0..100_000).take_while(|_| throttles.take(0, start)).count() as f64;
            assert_eq!(burst_seen, burst, "{rate}/s");
            // The bucket is empty: from now on only the rate counts.
            let steady = granted(&throttles, start, 0, Duration::from_micros(37));
            let expected = rate * SECONDS as f64;
            assert!(
                (steady - expected).abs() <= (expected * 0.05).max(1.0),
                "{rate}/s: {steady} of {expected}"
            );
        }
    }

    #[test]
    fn each_route_has_a_bucket_of_its_own_whoever_set_its_size() {
        let start = Instant::now();
        let small = Throttle { rate: 1.0, burst: 3.0 };
        let own = Throttle { rate: 100.0, burst: 50.0 };
        let routes = [("GET /a", None), ("GET /b", None), ("GET /own", Some(own))];
        let throttles = Throttles::new(&api(Some(small), &routes), start);
        let taken = |route| (0..200).filter(|_| throttles.take(route, start)).count();
        assert_eq!((taken(0), taken(1), taken(2)), (3, 3, 50));
        // While the first is flooded, the others go on at their own pace.
        let every = Duration::from_micros(100);
        let mut others = (0, 0);
        for step in 0..100_000_u32 {
            let now = start + every * step;
            throttles.take(0, now);
            if step % 10 == 0 {
                others.0 += u32::from(throttles.take(1, now));
                others.1 += u32::from(throttles.take(2, now));
            }
        }
        assert!((9..=11).contains(&others.0) && (990..=1_010).contains(&others.1), "{others:?}");
    }

    #[test]
    fn the_account_s_bucket_is_shared_and_grows_with_the_template_s_numbers() {
        let start = Instant::now();
        let burst = |api: &Api| {
            let throttles = Throttles::new(api, start);
            (0..40_000).filter(|n| throttles.take(n % 2, start)).count()
        };
        let two = |limit| [("GET /a", limit), ("GET /b", limit)];
        assert_eq!(burst(&api(None, &two(None))), 5_000);
        let raised = Throttle { rate: 1e6, burst: 9_000.0 };
        assert_eq!(burst(&api(None, &two(Some(raised)))), 9_000);
        // A route turned away takes nothing from the account.
        let closed = Throttle { rate: 0.0, burst: 0.0 };
        let throttles = Throttles::new(&api(None, &[("GET /a", Some(closed)), ("GET /b", None)]), start);
        assert_eq!((0..9_000).filter(|_| throttles.take(0, start)).count(), 0);
        assert_eq!((0..9_000).filter(|_| throttles.take(1, start)).count(), 5_000);
    }

    #[test]
    fn a_rate_of_zero_closes_the_route() {
        let now = Instant::now();
        let bucket = Bucket::new(Throttle { rate: 0.0, burst: 0.0 }, now);
        assert!(!bucket.take(now + Duration::from_secs(3600)));
    }

    #[test]
    fn a_clock_out_of_turn_earns_nothing_twice() {
        let limit = Throttle { rate: 1.0, burst: 1.0 };
        let mut tokens = Tokens::full(limit);
        assert!(tokens.take(limit, 5_000.0));
        for _ in 0..10 {
            assert!(!tokens.take(limit, 4_000.0) && !tokens.take(limit, 5_000.0));
        }
        assert!(tokens.take(limit, 6_000.0));
    }
}
