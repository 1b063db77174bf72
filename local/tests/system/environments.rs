//! Execution environments are born, frozen, reused, multiplied and reclaimed.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::harness::{Local, SOON_ENOUGH, alone, wait_for};

#[test]
fn the_first_call_is_cold_and_the_second_meets_the_same_environment() {
    let _alone = alone();
    let local = Local::start(&[]).live(&["/api/cold-start/plain-1769"]);
    let first = local.get("/api/cold-start/plain-512");
    assert_eq!(first.headers["x-cold-start"], "true");
    let init = first.body["initMs"].as_f64().unwrap();
    assert!(init > 0.1, "a process cannot start in {init} ms");
    assert!(first.headers["server-timing"].starts_with("init;dur="), "{}", first.headers["server-timing"]);
    local.stands_still("Plain512Function");
    let second = local.get("/api/cold-start/plain-512");
    assert_eq!(second.headers["x-cold-start"], "false");
    assert!(!second.headers["server-timing"].contains("init"));
    assert_eq!(second.body["invocation"], 2);
    assert_eq!(second.headers["x-environment-id"], first.headers["x-environment-id"]);
    let processes = local.functions();
    assert_eq!(processes.values().filter(|process| process.function == "Plain512Function").count(), 1);
}

#[test]
fn calls_one_after_another_meet_one_environment() {
    let _alone = alone();
    let local = Local::start(&[]).live(&["/api/cold-start/plain-1769"]);
    // An event waits a tenth of a second for who has just answered to ask for the next. On a machine so busy that this takes
    // longer a second one is started, and from then on each is taken now and then: so each try has a function of its own.
    let mut met = Vec::new();
    for name in ["plain-512", "plain-1024", "plain-1769", "plain-128"] {
        let path = format!("/api/cold-start/{name}");
        let calls = (0..300).map(|_| local.get(&path).headers["x-environment-id"].clone());
        met.push(calls.collect::<BTreeSet<_>>().len());
        if met.ends_with(&[1]) {
            return;
        }
    }
    panic!("environments met by 300 calls of each function: {met:?}");
}

#[test]
fn twenty_at_once_are_served_by_twenty_processes_which_then_stand_still() {
    let _alone = alone();
    let local = Local::start(&[]).live(&["/api/cold-start/plain-1769"]);
    // Twenty have to be at work before the first is free again, however slow the machine is: each uses the CPUs for a while, which
    // takes the longer the more want them, and then waits for as long as the function lets itself be told to.
    let path = "/api/cold-start/plain-1024?work=100&wait=500";
    let burst = || {
        std::thread::scope(|scope| {
            let calls: Vec<_> = (0..20).map(|_| scope.spawn(|| local.get(path))).collect();
            let answers = calls.into_iter().map(|call| call.join().unwrap());
            answers.map(|answer| answer.headers["x-environment-id"].clone()).collect::<BTreeSet<_>>()
        })
    };
    // The first time all of them have to start, too. Where that takes so long that one is free again before the last has started,
    // it takes an event that the last was started for, and that one's turn comes with the next burst.
    let mut environments = burst();
    for _ in 0..5 {
        if environments.len() == 20 {
            break;
        }
        local.stands_still("Plain1024Function");
        environments = burst();
    }
    assert_eq!(environments.len(), 20);
    let named = |(pid, process): (u32, crate::harness::FunctionProcess)| {
        (process.function == "Plain1024Function").then_some((pid, process.started))
    };
    let processes: BTreeSet<_> = local.functions().into_iter().filter_map(named).collect();
    assert_eq!(processes.len(), 20, "by process id and start time");

    local.stands_still("Plain1024Function");
    assert_eq!(burst(), environments, "a second burst meets the same environments");
    let again: BTreeSet<_> = local.functions().into_iter().filter_map(named).collect();
    assert_eq!(again, processes, "and no new process");

    // Whoever is still on its way to its next event cannot be taken: each call comes after the last one has asked for it.
    let next = || {
        local.stands_still("Plain1024Function");
        local.get("/api/cold-start/plain-1024").headers["x-environment-id"].clone()
    };
    let last = next();
    for _ in 0..5 {
        assert_eq!(next(), last, "the environment used last is taken first");
    }
}

#[test]
fn idle_environments_are_reclaimed_and_provisioned_ones_are_not() {
    let _alone = alone();
    let local = Local::start(&["--idle", "3"]).live(&["/api/cold-start/plain-1769"]);
    let first = local.get("/api/cold-start/plain-128");
    let count = |name: &str| local.functions().values().filter(|process| process.function == name).count();
    assert_eq!(count("Plain128Function"), 1);
    wait_for(SOON_ENOUGH, || (count("Plain128Function") == 0).then_some(()));
    let second = local.get("/api/cold-start/plain-128");
    assert_eq!(second.headers["x-cold-start"], "true");
    assert_ne!(second.headers["x-environment-id"], first.headers["x-environment-id"]);
    local.stands_still("ProvisionedFunction");
    assert_eq!(count("ProvisionedFunction"), 2);
    let provisioned = local.get("/api/cold-start/provisioned");
    assert_eq!(provisioned.headers["x-cold-start"], "false");
    assert_eq!(provisioned.body["initializationType"], "provisioned-concurrency");
}

#[test]
fn background_work_stands_still_until_the_next_call() {
    let _alone = alone();
    let local = Local::start(&[]).live(&["/api/cold-start/plain-1769"]);
    local.get("/api/cold-start/plain-512?after=1000");
    local.stands_still("Plain512Function");
    // The ticks are due at 100 … 1,000 ms; time passes for everybody but the frozen environment.
    std::thread::sleep(Duration::from_millis(1300));
    let next = local.get("/api/cold-start/plain-512?wait=200");
    let ticks = next.body["background"].as_array().unwrap();
    let late = ticks.iter().filter(|tick| {
        let (due, ticked) = (tick["dueMs"].as_f64().unwrap(), tick["tickedMs"].as_f64());
        due >= 200.0 && ticked.is_none_or(|ticked| ticked - due > 200.0)
    });
    assert!(late.count() >= 3, "{ticks:?}");
}

#[test]
fn an_ended_host_leaves_no_function_behind() {
    let _alone = alone();
    let local = Local::start(&[]).live(&["/api/cold-start/plain-1769"]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| local.get("/api/cold-start/plain-1024?work=100&wait=500"));
        }
    });
    let left: BTreeSet<_> = local.functions().into_keys().collect();
    assert!(left.len() >= 5);
    local.kill_hard();
    wait_for(SOON_ENOUGH, || {
        let alive: BTreeSet<_> = crate::harness::processes().into_keys().collect();
        left.is_disjoint(&alive).then_some(())
    });
}
