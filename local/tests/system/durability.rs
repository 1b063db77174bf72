//! Every acknowledged write is there after a power cut, and nobody survives the host.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::harness::{Answer, FunctionProcess, Local, SOON_ENOUGH, alone, processes, visitor, wait_for};

const ROUNDS: usize = 20;
const WRITERS: usize = 4;

/// Whether the table did not manage it in time, as the function says then. Nobody knows whether it was written.
fn is_busy(answer: &Answer) -> bool {
    let code = answer.body["error"]["code"].as_str();
    answer.status == 503 && code.is_some_and(|code| code.starts_with("storage_"))
}

#[test]
fn acknowledged_writes_survive_kill_nine() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--data", folder.path().to_str().unwrap()];
    let readers: Vec<String> = (0..WRITERS).map(|_| visitor()).collect();
    // (reader, id) → the version whose write was acknowledged.
    let acknowledged = Mutex::new(BTreeMap::<(String, u64), u64>::new());
    let mut written = 0;
    for round in 0..ROUNDS {
        let local = Local::start(&arguments).live(&["/api/users"]);
        for ((reader, id), version) in acknowledged.lock().unwrap().iter() {
            let path = format!("/api/users/{id}");
            // On a busy machine the table may not answer in time; then it is asked again.
            let answer = wait_for(SOON_ENOUGH, || {
                let answer = local.send("GET", &path, &[("x-visitor", reader)], None);
                (!is_busy(&answer)).then_some(answer)
            });
            let seen = (answer.status, answer.text.as_str());
            assert_eq!(answer.status, 200, "round {round}: an acknowledged item is gone: {seen:?}");
            assert!(answer.body["version"].as_u64().unwrap() >= *version, "round {round}: a write is gone");
        }
        let count = AtomicUsize::new(0);
        // Each round is cut at another count of writes, in the middle of others under way.
        let cut = 15 + 7 * round;
        let functions = std::thread::scope(|scope| {
            for reader in &readers {
                let (local, acknowledged, count) = (&local, &acknowledged, &count);
                scope.spawn(move || {
                    for step in 0.. {
                        let id = step % 20 + 1;
                        let headers = [("x-visitor", reader.as_str())];
                        let known = acknowledged.lock().unwrap().contains_key(&(reader.clone(), id));
                        let name = format!("{round}번째 {step}");
                        let answer = if known {
                            local.try_send(
                                "PUT",
                                &format!("/api/users/{id}"),
                                &headers,
                                Some(&json!({"name": name})),
                            )
                        } else {
                            local.try_send(
                                "POST",
                                "/api/users",
                                &headers,
                                Some(&json!({"id": id, "name": name})),
                            )
                        };
                        let Ok(answer) = answer else { return };
                        if let (200 | 201, Some(version)) = (answer.status, answer.body["version"].as_u64()) {
                            acknowledged.lock().unwrap().insert((reader.clone(), id), version);
                            count.fetch_add(1, Ordering::SeqCst);
                        } else if answer.status == 409 {
                            // A write that nobody acknowledged was kept: the last one before a cut, or one that took too long.
                            acknowledged.lock().unwrap().insert((reader.clone(), id), 1);
                        } else if !is_busy(&answer) {
                            return;
                        }
                    }
                });
            }
            wait_for(Duration::from_secs(120), || (count.load(Ordering::SeqCst) >= cut).then_some(()));
            let pid = nix::unistd::Pid::from_raw(local.pid().cast_signed());
            let functions = local.functions();
            nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
            functions
        });
        written += count.load(Ordering::SeqCst);
        local.kill_hard();
        wait_for(SOON_ENOUGH, || {
            let alive = processes();
            let left = |(pid, known): (&u32, &FunctionProcess)| {
                alive.get(pid).is_some_and(|one| one.started == known.started)
            };
            (!functions.iter().any(left)).then_some(())
        });
    }
    assert!(written > 1000, "only {written} writes: the test shows too little");
}
