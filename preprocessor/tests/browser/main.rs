//! The widget in a real browser, in a real book, against a real HTTP service: the acceptance list of the live blocks.
//! Needs Chromium and chromedriver; `LIVE_SKIP_BROWSER=1` leaves these tests out and says so.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test ends by panicking and tells what it did"
)]

/// The body of a test that runs the named checks one after the other in one browser.
macro_rules! in_one_browser {
    ($($check:ident),* $(,)?) => {
        crate::page::in_one_browser(&[$((stringify!($check), $check)),*])
    };
}

mod access;
mod api;
mod bases;
mod budget;
mod charts;
mod copying;
mod failures;
mod figures;
mod fixture;
mod foreign;
mod gallery;
mod http;
mod isolation;
mod lessons;
mod many;
mod page;
mod predictions;
mod progress;
mod running;
mod static_page;
mod timing;
mod typing;
mod vectors;
