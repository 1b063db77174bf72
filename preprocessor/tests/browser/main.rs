//! The widget in a real browser, in a real book, against a real HTTP service: the acceptance list of the live blocks.
//!
//! Needs Chromium and chromedriver; `LIVE_SKIP_BROWSER=1` leaves these tests out and says so.

mod api;
mod fixture;
mod gallery;
mod http;
mod page;

mod running;
