//! Throttling with real clients: what a bucket lets through in a while, what the others get, and that no other route feels it.
//! Ten seconds of it with a clock that is turned are beside the code.

use std::time::{Duration, Instant};

use crate::served::{Described, Served};

const RATE: f64 = 10.0;
const BURST: f64 = 20.0;
const WHILE: Duration = Duration::from_secs(2);

/// How many of its requests passed until one was refused after the while, and how many were refused; and when that one was.
fn press(served: &Served, path: &str, began: Instant) -> (usize, usize, Duration) {
    let mut connection = served.connect();
    let (mut passed, mut refused) = (0, 0);
    loop {
        connection.request(&format!("GET {path} HTTP/1.1"), b"");
        let answer = connection.answer();
        if answer.status == 200 {
            passed += 1;
        } else {
            answer.is_refusal(429, "Too Many Requests");
            refused += 1;
            if began.elapsed() > WHILE {
                return (passed, refused, began.elapsed());
            }
        }
        assert!(began.elapsed() < 30 * WHILE, "{passed} passed, {refused} refused and no end");
    }
}

#[test]
fn a_full_route_refuses_and_slows_no_other() {
    let routes = &["ANY /api/any", "GET /api/small", "GET /api/other"];
    let stage = format!(
        "DefaultRouteSettings: {{ThrottlingRateLimit: {RATE}, ThrottlingBurstLimit: {BURST}}}\n\
         RouteSettings: {{ANY /api/any: {{ThrottlingRateLimit: 10000, ThrottlingBurstLimit: 5000}}}}"
    );
    let served = Described { routes, stage: &stage, ..Described::default() }.serve();
    served.is_alive();
    let began = Instant::now();
    let (pressed, free) = std::thread::scope(|scope| {
        let pressing = [(); 2].map(|()| scope.spawn(|| press(&served, "/api/small", began)));
        let mut free = Vec::new();
        let mut connection = served.connect();
        while pressing.iter().any(|pressing| !pressing.is_finished()) {
            connection.request("GET /api/any HTTP/1.1", b"");
            free.push(connection.answer().status);
        }
        (pressing.map(|pressing| pressing.join().unwrap()), free)
    });
    let passed = pressed.iter().map(|(passed, ..)| passed).sum::<usize>() as f64;
    assert!(pressed.iter().all(|(_, refused, _)| *refused > 0), "{pressed:?}");
    // A refusal shows that the bucket was empty: at the first of the two last ones everything it had and earned was taken.
    let (first, last) = (pressed[0].2.min(pressed[1].2), pressed[0].2.max(pressed[1].2));
    let earned = |by: Duration| BURST + RATE * by.as_secs_f64();
    assert!(passed >= 0.95 * earned(first), "{pressed:?}");
    assert!(passed <= 1.05 * earned(last), "{pressed:?}");
    assert!(
        !free.is_empty() && free.iter().all(|status| *status == 200),
        "a route with a bucket of its own: {free:?}"
    );
    // The numbers of the stage are one bucket for each route that has none of its own, not one for all of them.
    assert_eq!(served.get("/api/other").status, 200);
}
