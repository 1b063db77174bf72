//! Two hundred readers at once over a machine that starts a hundred environments at most.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::harness::{Answer, Local, alone, visitor};

/// The most environments of one function on this machine (README).
const CAP: usize = 100;
const READERS: usize = 200;
/// What an idle environment may cost: its proportional share of resident memory, in kB. The functions of this test are built to
/// compile quickly; `users` with its SDK is larger so than as deployed.
const IDLE: u64 = 1000;
const IDLE_WITH_SDK: u64 = 1500;

fn all_at_once(local: &Local, path: &str) -> Vec<Answer> {
    std::thread::scope(|scope| {
        let call = || local.send("GET", path, &[("x-visitor", &visitor())], None);
        let calls: Vec<_> = (0..READERS).map(|_| scope.spawn(call)).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    })
}

/// The proportional share of each environment of a function, in kB, once all stand still.
fn shares(local: &Local, function: &str) -> Vec<u64> {
    let own = || local.functions().into_iter().filter(|(_, process)| process.function == function);
    local.stands_still(function);
    let share = |pid: u32| {
        let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap();
        line.trim().strip_suffix("kB").unwrap().trim().parse::<u64>().unwrap()
    };
    own().map(|(pid, _)| share(pid)).collect()
}

#[test]
fn two_hundred_at_once_are_all_answered_and_idle_environments_are_cheap() {
    let _alone = alone();
    let local = Local::start(&[]).live(&["/api/cold-start/plain-1769", "/api/users"]);
    for (path, function, most) in [
        ("/api/cold-start/plain-1024?wait=500", "Plain1024Function", IDLE),
        ("/api/users", "UsersFunction", IDLE_WITH_SDK),
    ] {
        let answers = all_at_once(&local, path);
        // Who finds no free environment waits for one: nobody is turned away. What the table cannot do in time, on a machine as
        // busy as this, is said so.
        let mut others = BTreeMap::new();
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            *others.entry((answer.status, answer.body.to_string())).or_insert(0) += 1;
        }
        let is_documented = |(status, body): &(u16, String)| *status == 503 && body.contains("\"storage_");
        assert!(others.keys().all(is_documented), "{path}: {others:?}");
        let environments: BTreeSet<_> =
            answers.iter().filter_map(|answer| answer.headers.get("x-environment-id")).collect();
        let cold = answers
            .iter()
            .filter(|answer| answer.headers.get("x-cold-start").is_some_and(|cold| cold == "true"))
            .count();
        assert!(environments.len() <= CAP && cold <= CAP, "{path}: {} and {cold}", environments.len());
        assert!(cold > 0, "{path}: a burst meets new environments");
        let shares = shares(&local, function);
        assert!(!shares.is_empty() && shares.len() <= CAP, "{path}: {}", shares.len());
        let mean = shares.iter().sum::<u64>() / shares.len() as u64;
        assert!(mean <= most, "{path}: {mean} kB each, {shares:?}");
    }
}
