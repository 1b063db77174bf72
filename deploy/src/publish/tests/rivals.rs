//! Two publishers at once, the second at every moment of the first.
//! Knows how to stop a run between two of its requests.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;

use super::*;

/// Runs `future` until the bucket has seen `changes` changes or the future is done.
async fn advance<F: Future>(mut future: Pin<&mut F>, memory: &Memory, changes: usize) -> Option<F::Output> {
    while memory.changes.borrow().len() < changes {
        if let Poll::Ready(output) = poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await {
            return Some(output);
        }
        tokio::task::yield_now().await;
    }
    None
}

/// What became of the two runs, the second of which happened whole when the first had made `moment` changes.
fn both(
    memory: &Memory,
    first: &Edition,
    second: &Edition,
    moment: usize,
) -> (Result<String>, Result<String>) {
    let arguments = arguments("", &["--force"]);
    let (edge, book) = (Remembering::default(), first.book(""));
    wait(async {
        let mut running = pin!(run_async(memory, &edge, &book, &arguments));
        let early = advance(running.as_mut(), memory, moment).await;
        let other = run_async(memory, &edge, &second.book(""), &arguments).await;
        let late = match early {
            Some(output) => output,
            None => running.await,
        };
        (late, other)
    })
}

/// A rival that begins before the first has announced itself, and announces itself first.
#[test]
fn who_announces_second_has_touched_nothing() {
    let memory = bucket();
    run(&memory, &simple(0), "").unwrap();
    let arguments = arguments("", &[]);
    let (one, two) = (simple(1).book(""), simple(2).book(""));
    let journal = wait(Journal::open(&memory, &arguments.prefix, "one")).unwrap();
    wait(run_async(&memory, &Remembering::default(), &two, &arguments)).unwrap();
    memory.revive(None);
    let message =
        wait(publish(&memory, &Remembering::default(), journal, &one, &arguments)).unwrap_err().to_string();
    assert!(message.contains("아무것도 올리지 않았다") && memory.changes.borrow().is_empty(), "{message}");
    holds(&memory.objects.borrow(), &simple(2), "");
}

/// A rival that takes over in the middle: the first says so, and what it has touched is marked in the rival's record.
#[test]
fn who_is_overtaken_says_so_and_leaves_a_note() {
    let memory = bucket();
    run(&memory, &simple(0), "").unwrap();
    memory.revive(None);
    let bigger = Edition {
        pages: BTreeMap::from([(3, (1, vec![3], vec![3])), (4, (1, vec![3], vec![]))]),
        ..simple(1)
    };
    let (first, second) = both(&memory, &bigger, &simple(2), 2);
    let message = first.unwrap_err().to_string();
    assert!(message.contains("이어받았다") && second.is_ok(), "{message}");
    let noted = record(&memory, "").uncertain;
    assert!(
        ["css/s-00000003.css", "images/3.png", "p3.html"].iter().all(|name| noted.contains(*name)),
        "{noted:?}"
    );
    // It stopped before its pages: nobody reads them.
    assert!(memory.read("p3.html").is_none() && memory.read("images/3.png").is_some());
    run(&memory, &simple(2), "").unwrap();
    holds(&memory.objects.borrow(), &simple(2), "");
}

/// An answer that got lost: S3 refuses the SDK's second try of a write whose first try it has carried out.
#[test]
fn a_write_that_was_carried_out_unseen_is_not_a_lost_race() {
    let memory = bucket();
    let prefix = "".parse().unwrap();
    let mut journal = wait(Journal::open(&memory, &prefix, "one")).unwrap();
    let mut unseen = wait(Journal::open(&memory, &prefix, "one")).unwrap();
    let names = || std::collections::BTreeSet::from(["index.html".to_owned()]);
    assert!(wait(unseen.announce(names())).unwrap());
    assert!(wait(journal.announce(names())).unwrap());
    assert!(wait(journal.is_ours()).unwrap());
    // The same words of somebody else are not ours.
    let mut other = wait(Journal::open(&memory, &prefix, "two")).unwrap();
    assert!(wait(journal.write(Manifest::default())).unwrap());
    assert!(!wait(other.announce(names())).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// A second publisher takes over at any moment of the first: at most one of them reports success for a book that is
    /// not whole in the end, never silently: whatever is mixed is marked, and the next publish of any book mends it.
    #[test]
    fn a_rival_at_any_moment(before in edition(), one in edition(), two in edition(), three in edition(), moment in 0..20_usize, order in any::<u64>()) {
        let memory = Memory { reader: None, ..Memory::default() };
        memory.order.set(order);
        let theirs = add_foreign(&memory);
        run(&memory, &before, "").unwrap();
        memory.revive(None);
        let (first, second) = both(&memory, &one, &two, moment);
        let is_whole = {
            let objects = memory.objects.borrow();
            let is = |edition: &Edition| edition.book("").iter().all(|(name, object)| objects.get(name).is_some_and(|stored| stored.file == object.file));
            is(&one) || is(&two)
        };
        // Both succeed one after the other, or where one had nothing to do.
        let is_marked = !record(&memory, "").uncertain.is_empty();
        prop_assert!(is_whole || (is_marked && (first.is_err() || second.is_err())), "{first:?} {second:?}");
        run(&memory, &three, "").unwrap();
        holds(&memory.objects.borrow(), &three, "");
        reads(&memory.objects.borrow());
        prop_assert!(record(&memory, "").uncertain.is_empty());
        prop_assert_eq!(foreign(&memory), theirs);
    }

    /// As long as the first has nothing to delete, not even then does a reader meet a page without its assets.
    #[test]
    fn readers_of_two_publishers(before in edition(), mut one in edition(), two in edition(), moment in 0..20_usize, order in any::<u64>()) {
        for (number, (text, styles, pictures)) in &before.pages {
            let page = one.pages.entry(*number).or_insert((*text, vec![], vec![]));
            page.1.extend(styles);
            page.2.extend(pictures);
        }
        let memory = bucket();
        memory.order.set(order);
        run(&memory, &before, "").unwrap();
        memory.revive(None);
        let _ = both(&memory, &one, &two, moment);
        reads(&memory.objects.borrow());
    }
}
