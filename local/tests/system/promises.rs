//! The demos keep their HTTP contract, and the book's blocks and claims hold, against the running system.

use std::path::Path;

use crate::harness::{Local, alone};

const LIVE: &[&str] =
    &["/api/cold-start/plain-1769", "/api/users", "/api/events", "/api/payments", "/api/mistakes/malformed"];

#[test]
fn the_demos_keep_their_contract() {
    let _alone = alone();
    let local = Local::start(&[]).live(LIVE);
    let token = local.sign_in("haneul");
    let report = contract::Suite::new(&local.base).token(Some(token)).run(|_| ());
    assert!(report.is_ok(), "{report}");
}

// ANCHOR: book-test
#[test]
fn every_block_and_claim_of_the_book_holds_twice_in_a_row() {
    let _alone = alone();
    let local = Local::start(&[]).live(LIVE);
    let book = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../book"));
    for _ in 0..2 {
        let report = mdbook_live::runner::check(&local.base, book).unwrap();
        assert!(report.passed(), "{}\n{:#?}", report.summary(), report);
    }
}
// ANCHOR_END: book-test
