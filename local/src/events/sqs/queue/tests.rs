//! A queue's rules one by one, and any sequence of steps against what must hold after each.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use template::Redrive;

use super::*;

/// 30 s of visibility, a day of retention, three receives.
fn config() -> template::Queue {
    template::Queue {
        name: "Q".into(),
        arn: "arn:aws:sqs:ap-northeast-2:123456789012:Q".into(),
        url: "https://sqs.ap-northeast-2.amazonaws.com/123456789012/Q".into(),
        visibility_timeout: Duration::from_secs(30),
        retention: Duration::from_secs(86_400),
        wait: Duration::ZERO,
        delay: Duration::ZERO,
        longest_message: 1_024,
        redrive: Some(Redrive { queue: "D".into(), max_receive_count: 3 }),
    }
}

fn content(body: &str) -> Content {
    Content { body: body.to_owned(), attributes: BTreeMap::new() }
}

fn queue(bodies: &[&str]) -> Queue {
    let mut queue = Queue::new(config());
    for body in bodies {
        queue.send(0, 1_000, "AROA:s", content(body), 0).unwrap();
    }
    queue
}

fn bodies(received: &Received) -> Vec<&str> {
    received.deliveries.iter().map(|delivery| delivery.message.content.body.as_str()).collect()
}

#[test]
fn a_received_message_is_hidden_until_it_is_deleted_or_the_time_is_over() {
    let mut queue = queue(&["a", "b"]);
    let first = queue.receive(0, 1_000, 1);
    assert_eq!(bodies(&first), ["a"]);
    assert_eq!(bodies(&queue.receive(1, 1_001, 10)), ["b"]);
    assert!(queue.receive(29_999, 1_002, 10).deliveries.is_empty());
    assert_eq!(queue.next_visible(2), Some(30_000));
    queue.delete(&first.deliveries[0].receipt);
    assert!(queue.receive(30_000, 1_003, 10).deliveries.is_empty(), "b is hidden for a moment more");
    let again = queue.receive(30_001, 1_004, 10);
    assert_eq!(bodies(&again), ["b"]);
    let message = &again.deliveries[0].message;
    assert_eq!((message.receive_count, message.first_received_at, message.sent_at), (2, Some(1_001), 1_000));
}

#[test]
fn after_max_receive_count_it_is_moved_instead_of_given_out_and_keeps_id_and_age() {
    let mut queue = queue(&["poison", "good"]);
    let id = queue.messages(0).next().unwrap().0.id.clone();
    for round in 0..3 {
        let received = queue.receive(round * 30_000, 1_000, 1);
        assert_eq!((bodies(&received), received.dead.len()), (vec!["poison"], 0), "{round}");
    }
    // The fourth receive gives the next message out in its stead.
    let received = queue.receive(90_000, 1_000, 1);
    assert_eq!(bodies(&received), ["good"]);
    let dead = received.dead.into_iter().next().unwrap();
    assert_eq!((dead.receive_count, dead.source.as_deref()), (3, Some(config().arn.as_str())));
    let mut letters = Queue::new(template::Queue { redrive: None, ..config() });
    letters.take_dead(90_000, dead);
    let (message, place) = letters.messages(90_000).next().unwrap();
    assert_eq!((message.id.as_str(), message.age(90_000), place), (id.as_str(), 90_000, Place::Visible));
    // A day after it was sent, not after it was moved.
    letters.expire(86_399_999);
    assert_eq!(letters.messages(0).count(), 1);
    letters.expire(86_400_000);
    assert_eq!((letters.messages(0).count(), letters.counts().expired, letters.bytes()), (0, 1, 0));
}

#[test]
fn an_old_receipt_does_not_delete_what_somebody_else_has() {
    let mut queue = queue(&["a"]);
    let old = queue.receive(0, 0, 1).deliveries.remove(0).receipt;
    let new = queue.receive(30_000, 0, 1).deliveries.remove(0).receipt;
    queue.delete(&old);
    assert_eq!(queue.messages(30_000).count(), 1);
    queue.delete(&new);
    assert_eq!((queue.messages(30_000).count(), queue.bytes(), queue.counts().deleted), (0, 0, 1));
}

#[test]
fn a_delayed_message_is_hidden_at_first() {
    let mut queue = queue(&[]);
    queue.send(0, 0, "s", content("a"), 5_000).unwrap();
    assert_eq!(queue.messages(1).next().unwrap().1, Place::Delayed(4_999));
    assert!(queue.receive(4_999, 0, 1).deliveries.is_empty());
    assert_eq!(queue.receive(5_000, 0, 1).deliveries.len(), 1);
    assert_eq!(queue.messages(5_000).next().unwrap().1, Place::InFlight(30_000));
}

#[test]
fn put_back_is_as_if_nobody_had_received_it() {
    let mut queue = queue(&["a"]);
    let before = queue.messages(0).next().unwrap().0.clone();
    let receipt = queue.receive(0, 7, 1).deliveries.remove(0).receipt;
    queue.put_back(0, &receipt);
    assert_eq!(queue.messages(0).next().unwrap().0, &before);
    queue.put_back(0, &receipt);
    queue.delete(&receipt);
    assert_eq!((queue.messages(0).count(), queue.counts().received), (1, 0));
}

#[test]
fn what_is_over_the_bounds_of_this_machine_is_refused_and_pushes_dead_letters_out() {
    let mut queue = queue(&[]);
    for _ in 0..MOST_MESSAGES {
        queue.send(0, 0, "s", content("x"), 0).unwrap();
    }
    assert_eq!(queue.send(0, 0, "s", content("x"), 0), Err(Full));
    let newest = Message { content: content("newest"), ..queue.messages(0).next().unwrap().0.clone() };
    queue.take_dead(0, newest);
    assert_eq!((queue.messages(0).count(), queue.bytes()), (MOST_MESSAGES, MOST_MESSAGES - 1 + 6));
    assert_eq!(queue.messages(0).next_back().unwrap().0.content.body, "newest");
    let mut large = Queue::new(config());
    let half = "x".repeat(MOST_BYTES / 2);
    large.send(0, 0, "s", content(&half), 0).unwrap();
    large.send(0, 0, "s", content(&half), 0).unwrap();
    assert_eq!(large.send(0, 0, "s", content("x"), 0), Err(Full));
}

#[derive(Debug, Clone)]
enum Step {
    Send,
    Receive(usize),
    Delete(usize),
    PutBack(usize),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Send),
        4 => (1..5_usize).prop_map(Step::Receive),
        3 => (0..20_usize).prop_map(Step::Delete),
        1 => (0..20_usize).prop_map(Step::PutBack),
        2 => (1..40_000_u64).prop_map(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn no_message_is_lost_doubled_or_given_out_too_often(steps in proptest::collection::vec(step(), 1..120)) {
        let mut queue = Queue::new(config());
        let (mut now, mut receipts, mut hidden, mut given) =
            (0, Vec::<String>::new(), BTreeMap::<String, Moment>::new(), BTreeMap::<String, u32>::new());
        let mut dead = BTreeSet::new();
        for step in steps {
            match step {
                Step::Send => {
                    queue.send(now, 0, "s", content("xy"), 0).unwrap();
                }
                Step::Receive(most) => {
                    let received = queue.receive(now, 0, most);
                    prop_assert!(received.deliveries.len() <= most);
                    for Delivery { receipt, message, until } in received.deliveries {
                        prop_assert!(hidden.get(&message.id).is_none_or(|until| *until <= now));
                        hidden.insert(message.id.clone(), until);
                        *given.entry(message.id.clone()).or_default() += 1;
                        prop_assert_eq!(given[&message.id], message.receive_count);
                        prop_assert!(message.receive_count <= 3);
                        receipts.push(receipt);
                    }
                    for message in received.dead {
                        prop_assert_eq!(message.receive_count, 3);
                        prop_assert!(dead.insert(message.id));
                    }
                }
                Step::Delete(which) => {
                    if let Some(receipt) = receipts.get(which) {
                        queue.delete(receipt);
                    }
                }
                Step::PutBack(which) => {
                    let Some(receipt) = receipts.get(which) else { continue };
                    let before = queue.counts().received;
                    let id = queue.messages(now).find(|(message, _)| message.receipt.as_ref() == Some(receipt));
                    let id = id.map(|(message, _)| message.id.clone());
                    queue.put_back(now, receipt);
                    prop_assert_eq!(queue.counts().received, before - u64::from(id.is_some()));
                    if let Some(id) = id {
                        hidden.remove(&id);
                        *given.get_mut(&id).unwrap() -= 1;
                    }
                }
                Step::Wait(time) => now += time,
            }
            let Counts { sent, deleted, moved, expired, .. } = queue.counts();
            let here = queue.messages(now).count();
            prop_assert_eq!(u64::try_from(here).unwrap(), sent - deleted - moved - expired);
            prop_assert_eq!(u64::try_from(dead.len()).unwrap(), moved);
            prop_assert_eq!(queue.bytes(), here * 2);
            let ids: BTreeSet<_> = queue.messages(now).map(|(message, _)| &message.id).collect();
            prop_assert_eq!(ids.len(), here);
            prop_assert!(ids.iter().all(|id| !dead.contains(*id)));
        }
    }
}
