//! A small WebDriver client: starts chromedriver on a free port and drives one Chromium per [`Session`].
//! It exists so that browser tests are ordinary `#[test]`s without Node; it knows nothing of the pages it opens.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! let driver = webdriver::Driver::start()?;
//! let page = driver.session()?;
//! page.goto("http://127.0.0.1:3000/")?;
//! page.click("button")?;
//! page.wait_until("document.querySelector('output').textContent", std::time::Duration::from_secs(5))?;
//! # Ok(())
//! # }
//! ```
//!
//! Protocol: W3C WebDriver (<https://www.w3.org/TR/webdriver2/>) and chromedriver's vendor command
//! `goog/cdp/execute`, which passes any DevTools call.

mod driver;
mod element;
mod keys;
mod session;
mod wire;

pub use driver::{Driver, INSTALL_LINE, skip_browser};
pub use element::Element;
pub use keys::Key;
pub use session::{ConsoleEntry, Session};
