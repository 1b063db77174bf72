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
        // Others may slow this machine down, never speed it up: no call may be too quick, and the best one is the measure.
        wait_for(Duration::from_secs(60), || {
            let took = local.get(&path).body["handlerMs"].as_f64().unwrap();
            assert!(took >= 0.9 * ideal, "{memory} MB: ideal {ideal:.1} ms, took {took:.1} ms");
            (took <= 1.1 * ideal).then_some(())
        });
    }
}

#[test]
fn init_runs_at_full_speed_at_every_size() {
    let _alone = alone();
    let local = Local::start(&["--idle", "1"]).live(&["/api/cold-start/plain-1769"]);
    for name in ["heavy-128", "heavy-1769"] {
        // Others who want the CPU stretch an init, too: one that nobody disturbed is waited for. At its share of a CPU the small
        // function's would take fourteen times the CPU time it uses, whatever else the machine does.
        wait_for(Duration::from_secs(120), || {
            let answer = local.get(&format!("/api/cold-start/{name}"));
            let ms = |what: &str| answer.body["index"][what].as_f64().unwrap();
            assert!(ms("buildCpuMs") > 20.0, "the work of init is too small to show anything");
            let gone = || !local.functions().values().any(|process| process.function.contains("Heavy"));
            wait_for(Duration::from_secs(20), || gone().then_some(()));
            (answer.headers["x-cold-start"] == "true" && ms("buildMs") < 1.5 * ms("buildCpuMs")).then_some(())
        });
    }
}
