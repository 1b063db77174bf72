//! A function gets the share of a CPU that its memory size buys, but for init.

use crate::harness::{Local, alone, wait_for};
use std::time::Duration;

/// 1,769 MB buy one vCPU (AWS Lambda Developer Guide, "Configure Lambda function memory").
const FULL_SPEED_MB: f64 = 1769.0;

#[test]
fn thirty_milliseconds_of_work_take_what_the_memory_size_buys() {
    let _alone = alone();
    let local = Local::start(&[]).live(&["/api/cold-start/plain-1769"]);
    for memory in [128.0, 512.0, 1769.0] {
        let path = format!("/api/cold-start/plain-{memory}?work=30");
        let ideal = 30.0 * (FULL_SPEED_MB / memory);
        local.get(&path);
        let took: Vec<f64> = (0..8).map(|_| local.get(&path).body["handlerMs"].as_f64().unwrap()).collect();
        let quickest = took.iter().copied().fold(f64::INFINITY, f64::min);
        // Others may slow this machine down, never speed it up: no call may be too quick, and the best one is the measure.
        assert!(
            (0.9 * ideal..=1.1 * ideal).contains(&quickest),
            "{memory} MB: ideal {ideal:.1} ms, took {took:.1?}"
        );
    }
}

#[test]
fn init_runs_at_full_speed_at_every_size() {
    let _alone = alone();
    let local = Local::start(&["--idle", "1"]).live(&["/api/cold-start/plain-1769"]);
    let quickest_init = |name: &str| {
        let inits = (0..3).map(|_| {
            let init = wait_for(Duration::from_secs(20), || {
                let answer = local.get(&format!("/api/cold-start/{name}"));
                (answer.headers["x-cold-start"] == "true").then(|| answer.body["initMs"].as_f64().unwrap())
            });
            let gone = || !local.functions().values().any(|process| process.function.contains("Heavy"));
            wait_for(Duration::from_secs(20), || gone().then_some(()));
            init
        });
        inits.fold(f64::INFINITY, f64::min)
    };
    let (small, large) = (quickest_init("heavy-128"), quickest_init("heavy-1769"));
    // At its share of a CPU the small one would take fourteen times as long.
    assert!(small / large < 1.5, "128 MB {small:.1} ms, 1769 MB {large:.1} ms");
    assert!(large > 20.0, "the work of init is too small to show anything: {large:.1} ms");
}
