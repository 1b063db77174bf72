//! Throttling with real clients: what a bucket lets through in a while, what the others get, and that no other route feels it.
//! Ten seconds of it with a clock that is turned are beside the code.

use std::time::{Duration, Instant};

use crate::served::{Described, Served};

const RATE: f64 = 100.0;
const BURST: f64 = 20.0;
const WHILE: Duration = Duration::from_secs(2);

/// How many of its requests got through within the while, and how many did not.
fn press(served: &Served, path: &str) -> (usize, usize) {
    let mut connection = served.connect();
    let (mut passed, mut refused) = (0, 0);
    let began = Instant::now();
    while began.elapsed() < WHILE {
        connection.request(&format!("GET {path} HTTP/1.1"), b"");
        let answer = connection.answer();
        if answer.status == 200 {
            passed += 1;
        } else {
            answer.is_refusal(429, "Too Many Requests");
            refused += 1;
        }
    }
    (passed, refused)
}

#[test]
fn a_full_route_refuses_and_slows_no_other() {
    let routes = &["ANY /api/any", "GET /api/small", "GET /api/other"];
    let stage = format!(
        "DefaultRouteSettings: {{ThrottlingRateLimit: {RATE}, ThrottlingBurstLimit: {BURST}}}\nRouteSettings: {{ANY /api/any: {{ThrottlingRateLimit: 10000, ThrottlingBurstLimit: 5000}}}}"
    );
    let served = Described { routes, stage: &stage, ..Described::default() }.serve();
    served.is_alive();
    let began = Instant::now();
    let (small, free) = std::thread::scope(|scope| {
        let pressing = [(); 3].map(|()| scope.spawn(|| press(&served, "/api/small")));
        let free = scope.spawn(|| press(&served, "/api/any"));
        let small = pressing.map(|pressing| pressing.join().unwrap());
        (small, free.join().unwrap())
    });
    let took = began.elapsed().as_secs_f64();
    let passed = small.iter().map(|(passed, _)| passed).sum::<usize>() as f64;
    let refused = small.iter().map(|(_, refused)| refused).sum::<usize>();
    // No more than the bucket had and earned; no less either, because somebody always asked.
    assert!(passed <= BURST + RATE * took + 1.0, "{passed} in {took} s");
    assert!(passed >= 0.95 * (BURST + RATE * WHILE.as_secs_f64()), "{passed} in {took} s");
    assert!(refused > 0);
    assert_eq!(free.1, 0, "a route with a bucket of its own");
    assert!(free.0 > 0);
    // The numbers of the stage are one bucket for every route that has none of its own, not one for all of them.
    assert_eq!(served.get("/api/other").status, 200);
}
