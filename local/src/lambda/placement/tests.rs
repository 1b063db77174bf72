//! The rules, one at a time.

use super::pace::{CALLS, LATELY};
use super::*;

const RULES: Rules = Rules {
    idle: 1000,
    most_age: 100_000,
    reserved: None,
    provisioned: 0,
    most_environments: 3,
    most_waiting: 4,
    most_starting: 3,
    patience: 0,
    busy: 1,
};

/// A placement with environment 1 at work on event 1 since time 0.
fn at_work(rules: Rules) -> Placement<u32, u32> {
    let mut placement = Placement::new(rules);
    assert_eq!(placement.arrive(0, 1), Ok(Arrival::Waits));
    assert_eq!(placement.lacking(0), 1);
    placement.start(0, 1, false);
    assert_eq!(placement.lacking(0), 0);
    assert_eq!(placement.free(0, &1), Freed::Runs(1));
    placement
}

#[test]
fn an_event_waits_a_little_for_an_environment_that_has_answered() {
    let mut placement = at_work(RULES);
    placement.answered(&1);
    assert_eq!(placement.arrive(50, 2), Ok(Arrival::Waits));
    assert_eq!(placement.lacking(50), 0);
    assert_eq!(placement.lacking(149), 0);
    assert_eq!(placement.lacking(150), 1, "it should have asked long ago");
    assert_eq!(placement.free(150, &1), Freed::Runs(2));
}

#[test]
fn an_environment_of_an_older_package_gets_no_event_and_is_not_waited_for() {
    let mut placement = at_work(RULES);
    placement.start(0, 2, false);
    assert_eq!(placement.free(1, &2), Freed::Freezes);
    assert_eq!(placement.renew(), [2], "idle ones end at once");
    assert_eq!(placement.stage(&2), Some(Stage::Ending));
    placement.answered(&1);
    assert_eq!(placement.arrive(2, 2), Ok(Arrival::Waits));
    assert_eq!(placement.lacking(2), 1);
    assert_eq!(placement.free(3, &1), Freed::Ends(Cause::Package));
    assert_eq!(placement.stage(&1), Some(Stage::Ending));
}

#[test]
fn environments_and_waiting_events_are_bounded() {
    let mut placement = at_work(RULES);
    for event in 2..=5 {
        assert_eq!(placement.arrive(1, event), Ok(Arrival::Waits));
    }
    assert_eq!(placement.lacking(1), 2, "three environments at most");
    assert_eq!(placement.arrive(1, 6), Err(Refusal::Overloaded));
    placement.end(&1);
    assert_eq!(placement.lacking(1), 2, "one that is being ended takes its place until it is gone");
    assert_eq!(placement.gone(&1), None);
    assert_eq!(placement.lacking(1), 3);
}

#[test]
fn a_failed_init_costs_the_event_that_has_waited_longest_but_not_a_provisioned_one() {
    let mut placement = Placement::new(Rules { provisioned: 1, ..RULES });
    assert_eq!(placement.unprovisioned(0), 1);
    placement.start(0, 1, true);
    assert_eq!(placement.unprovisioned(0), 0);
    assert_eq!(placement.arrive(0, 1), Ok(Arrival::Waits));
    assert_eq!(placement.lacking(0), 1, "nobody waits for a provisioned one");
    placement.start(0, 2, false);
    assert_eq!(placement.gone(&1), None);
    assert_eq!(placement.unprovisioned(0), 1);
    assert_eq!(placement.gone(&2), Some(1));
    assert_eq!(placement.lacking(0), 0);
}

#[test]
fn provisioned_environments_are_bounded_too() {
    assert_eq!(Placement::<u32, u32>::new(Rules { provisioned: 1000, ..RULES }).unprovisioned(0), 3);
}

#[test]
fn a_provisioned_environment_is_used_before_one_used_later() {
    let mut placement = at_work(Rules { provisioned: 1, ..RULES });
    placement.start(0, 2, true);
    assert_eq!(placement.free(1, &2), Freed::Freezes);
    placement.answered(&1);
    assert_eq!(placement.free(2, &1), Freed::Freezes);
    assert_eq!(placement.arrive(3, 2), Ok(Arrival::Thaws(2, 2)));
    assert_eq!(placement.arrive(3, 3), Ok(Arrival::Thaws(1, 3)), "what spills over");
}

#[test]
fn an_ended_environment_is_taken_neither_for_an_event_nor_for_idle() {
    let mut placement = at_work(RULES);
    placement.answered(&1);
    assert_eq!(placement.free(1, &1), Freed::Freezes);
    assert_eq!(placement.arrive(2, 2), Ok(Arrival::Thaws(1, 2)));
    // Its process turns out to be dying: the event is placed again.
    placement.end(&1);
    assert_eq!(placement.arrive(2, 2), Ok(Arrival::Waits));
    assert_eq!(placement.reclaim(5000), []);
    assert_eq!(placement.lacking(2), 1);
    placement.stop();
    assert_eq!(placement.lacking(2), 0);
    assert_eq!(placement.stage(&9), None);
}

#[test]
fn a_few_start_at_a_time_until_it_takes_them_too_long() {
    let mut placement =
        Placement::new(Rules { most_environments: 9, most_waiting: 9, most_starting: 2, ..RULES });
    for event in 1..=5 {
        assert_eq!(placement.arrive(0, event), Ok(Arrival::Waits));
    }
    assert_eq!(placement.lacking(0), 2);
    placement.start(0, 1, false);
    placement.start(0, 2, false);
    assert_eq!(placement.lacking(1), 0);
    assert_eq!(placement.free(5, &1), Freed::Runs(1));
    assert_eq!(placement.lacking(5), 1, "the next starts when one is ready");
    placement.answered(&1);
    assert_eq!(placement.free(6, &1), Freed::Runs(2), "and what becomes free takes what waits");
    assert_eq!(placement.lacking(19), 1);
    assert_eq!(placement.lacking(STARTING), 2, "one that takes its time is not waited for");
}

#[test]
fn an_old_environment_ends_when_it_is_free_or_idle_and_a_provisioned_one_is_replaced() {
    let mut placement = at_work(Rules { most_age: 50, provisioned: 1, ..RULES });
    placement.start(0, 2, true);
    assert_eq!(placement.free(1, &2), Freed::Freezes);
    assert_eq!(placement.reclaim(49), []);
    assert_eq!(placement.reclaim(50), [(2, Cause::Age)]);
    assert_eq!(placement.unprovisioned(50), 0, "it takes its place until it is gone");
    assert_eq!(placement.gone(&2), None);
    assert_eq!(placement.unprovisioned(50), 1);
    assert_eq!(placement.arrive(51, 2), Ok(Arrival::Waits));
    placement.answered(&1);
    assert_eq!(placement.free(52, &1), Freed::Ends(Cause::Age), "although an event waits");
    assert_eq!(placement.lacking(52), 1);
}

#[test]
fn a_second_init_runs_inside_the_invocation_and_counts_as_running() {
    let mut placement = Placement::new(Rules { reserved: Some(1), ..RULES });
    assert_eq!(placement.arrive(0, 1), Ok(Arrival::Waits));
    placement.start(0, 1, false);
    assert_eq!(placement.gone(&1), Some(1));
    placement.start_again(1, 2);
    assert_eq!(placement.stage(&2), Some(Stage::Running));
    assert_eq!(placement.arrive(2, 2), Err(Refusal::Throttled));
    assert_eq!(placement.gone(&2), None, "its event is with whoever started it again");
}

#[test]
fn while_environments_become_free_events_wait_for_them() {
    let mut placement = at_work(Rules { patience: 10, ..RULES });
    assert_eq!(placement.arrive(5, 2), Ok(Arrival::Waits));
    assert_eq!((placement.lacking(5), placement.is_patient(5)), (1, false), "none has become free");
    placement.answered(&1);
    assert_eq!(placement.free(6, &1), Freed::Runs(2));
    assert_eq!(placement.arrive(7, 3), Ok(Arrival::Waits));
    assert_eq!((placement.lacking(7), placement.is_patient(7)), (0, true), "one has just become free");
    assert_eq!(placement.lacking(15), 0);
    assert_eq!((placement.lacking(16), placement.is_patient(16)), (1, false), "but it is at work for longer");
    placement.answered(&1);
    assert_eq!(placement.arrive(18, 4), Ok(Arrival::Waits));
    assert_eq!(placement.free(18, &1), Freed::Runs(3));
    assert_eq!(placement.arrive(20, 5), Ok(Arrival::Waits));
    assert_eq!(placement.lacking(27), 0);
    // Meanwhile they go on becoming free, only not soon enough for the one that has waited longest.
    placement.answered(&1);
    assert_eq!(placement.free(27, &1), Freed::Runs(4));
    assert_eq!(placement.lacking(29), 0);
    assert_eq!(placement.lacking(30), 1);
}

/// A placement with environment 2 idle, and 1, which has answered many calls of late, at work on event 1 since `now`.
fn quick(rules: Rules, now: u64) -> Placement<u32, u32> {
    let mut placement = at_work(rules);
    placement.start(0, 2, false);
    assert_eq!(placement.free(now, &2), Freed::Freezes);
    for _ in 0..CALLS {
        placement.answered(&1);
        assert_eq!(placement.free(now, &1), Freed::Freezes);
        assert_eq!(placement.arrive(now, 1), Ok(Arrival::Thaws(1, 1)));
    }
    placement
}

#[test]
fn while_calls_are_over_at_once_events_wait_for_one_at_work_rather_than_thaw_another() {
    let mut placement = quick(RULES, 5);
    assert_eq!(placement.arrive(5, 2), Ok(Arrival::Waits));
    assert_eq!((placement.thaw(5), placement.lacking(5), placement.is_patient(5)), (None, 0, true));
    placement.answered(&1);
    assert_eq!(placement.arrive(6, 3), Ok(Arrival::Waits), "it has answered and will ask at once");
    assert_eq!(placement.free(6, &1), Freed::Runs(2));
    // It is at work for longer now: whoever waits gets the other, before whoever comes.
    let late = 5 + LATELY;
    let just_before = late - 1;
    assert_eq!((placement.thaw(just_before), placement.lacking(just_before)), (None, 0));
    assert!(placement.is_patient(just_before));
    assert_eq!(placement.arrive(late, 4), Ok(Arrival::Waits));
    assert_eq!((placement.thaw(late), placement.thaw(late)), (Some((2, 3)), None));
    assert_eq!(placement.lacking(late), 1);
}

#[test]
fn nobody_is_held_back_for_long() {
    let mut placement = quick(Rules { most_waiting: 200, ..RULES }, 5);
    for event in 1..=200 {
        assert_eq!(placement.arrive(5, event), Ok(Arrival::Waits));
    }
    let (mut now, mut served) = (5, 0);
    while now < 5 + HELD_BACK {
        assert_eq!(placement.thaw(now), None);
        now += 1;
        for _ in 0..CALLS as u64 / LATELY + 1 {
            served += 1;
            placement.answered(&1);
            assert_eq!(placement.free(now, &1), Freed::Runs(served));
        }
    }
    assert_eq!(placement.thaw(now), Some((2, served + 1)));
}

#[test]
fn an_environment_beyond_those_that_keep_the_machine_busy_freezes_although_an_event_waits() {
    let mut placement = quick(RULES, 5);
    assert_eq!(placement.arrive(5, 2), Ok(Arrival::Waits));
    placement.start(5, 3, false);
    assert_eq!(placement.free(5, &3), Freed::Freezes);
    placement.answered(&1);
    assert_eq!(placement.free(5, &1), Freed::Runs(2), "the only one at work goes on");
}

#[test]
fn fewer_at_work_than_keep_the_machine_busy_are_not_waited_for() {
    let mut placement = quick(Rules { busy: 2, ..RULES }, 5);
    assert_eq!(placement.arrive(5, 2), Ok(Arrival::Thaws(2, 2)));
    assert_eq!(placement.arrive(5, 3), Ok(Arrival::Waits));
}

#[test]
fn an_event_lost_with_its_environment_is_the_next_to_be_placed() {
    let mut placement = quick(Rules { busy: usize::MAX, ..RULES }, 5);
    assert_eq!(placement.arrive(5, 2), Ok(Arrival::Thaws(2, 2)));
    placement.lost(5, &2, 2);
    assert_eq!(placement.stage(&2), Some(Stage::Ending));
    assert_eq!(placement.arrive(5, 3), Ok(Arrival::Waits), "not before the one that was lost");
    placement.answered(&1);
    assert_eq!(placement.free(5, &1), Freed::Runs(2));
    assert_eq!(placement.lacking(5), 1);
}
