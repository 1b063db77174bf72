//! The real book in a real Chromium: search, accessibility, weight, other addresses, print, the words of the frame.
//! Every test reads the chapters as they are and depends on no particular sentence of theirs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod access;
mod elsewhere;
mod frame;
mod languages;
mod pace;
mod paper;
mod pdf;
mod places;
mod policy;
mod refused;
mod search;
mod served;
mod weight;
