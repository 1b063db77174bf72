//! One Chromium with a profile of its own: navigation, scripts, DevTools calls, pictures and the console.
//! Knows the wire and the element; the driver opens it.

use std::marker::PhantomData;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::element::{Element, REFERENCE};
use crate::wire::{self, Wire};

/// No GPU and no sandbox (tests run as root in containers), and no call of Chromium's own to the internet.
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
];
/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(15);
/// How long a page load may take; the driver ends its own loads after it.
const LOAD_LIMIT: Duration = Duration::from_secs(60);

/// A line of the browser's console, network errors included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleEntry {
    /// `SEVERE`, `WARNING`, `INFO` or `DEBUG`.
    pub level: String,
    /// Address, position and text as Chromium prints them.
    pub message: String,
}

/// An open browser window. Closed when dropped, together with its profile.
#[derive(Debug)]
pub struct Session<'d> {
    wire: Wire,
    path: String,
    _profile: TempDir,
    _driver: PhantomData<&'d ()>,
}

impl<'d> Session<'d> {
    /// Opens a session of the driver behind `wire`, which must live as long.
    pub(crate) fn open(driver: &'d Wire) -> Result<Self> {
        let wire = driver.clone();
        let profile = TempDir::with_prefix("webdriver-")?;
        let mut args: Vec<String> = FLAGS.map(str::to_owned).to_vec();
        args.push(format!("--user-data-dir={}", profile.path().display()));
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": args },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
            "timeouts": { "script": 60_000, "pageLoad": LOAD_LIMIT.as_secs() * 1000, "implicit": 0 },
        }}});
        let session = wire.post("/session", &wanted)?;
        let id = session["sessionId"].as_str().context("no session id in the driver's answer")?;
        Ok(Self { path: format!("/session/{id}"), wire, _profile: profile, _driver: PhantomData })
    }

    /// Opens an address and waits for its `load` event.
    ///
    /// # Errors
    /// Nothing answers at the address, or the load takes over a minute.
    pub fn goto(&self, url: &str) -> Result<()> {
        self.post("url", &json!({ "url": url })).map(drop)
    }

    /// Loads the present page again and waits for its `load` event.
    ///
    /// # Errors
    /// As [`Self::goto`].
    pub fn reload(&self) -> Result<()> {
        // The driver may answer before the browser has begun. Every document has a time origin of its own; as text, because
        // a number may lose its last digit on the way.
        let origin = "String(performance.timeOrigin)";
        let old = self.script(&format!("return {origin}"), &[])?;
        self.post("refresh", &json!({}))?;
        self.wait_until(&format!("{origin} !== {old}"), LOAD_LIMIT).map(drop)
    }

    /// The address of the present page.
    ///
    /// # Errors
    /// The browser is gone.
    pub fn url(&self) -> Result<String> {
        let url = self.wire.get(&format!("{}/url", self.path))?;
        Ok(url.as_str().unwrap_or_default().to_owned())
    }

    /// The first element that a CSS selector finds.
    ///
    /// # Errors
    /// There is none.
    pub fn find(&self, css: &str) -> Result<Element<'_>> {
        let body = json!({ "using": "css selector", "value": css });
        let found = self.post("element", &body)?;
        let id = found[REFERENCE].as_str().context("no element reference in the driver's answer")?;
        Ok(Element { wire: &self.wire, path: format!("{}/element", self.path), id: id.to_owned() })
    }

    /// Clicks the first element that a CSS selector finds.
    ///
    /// # Errors
    /// There is none, or it is hidden or covered.
    pub fn click(&self, css: &str) -> Result<()> {
        self.find(css)?.click().with_context(|| format!("click {css}"))
    }

    /// Types into the first element that a CSS selector finds; see [`Element::send_keys`].
    ///
    /// # Errors
    /// There is none, or it cannot be focused.
    pub fn type_keys(&self, css: &str, text: &str) -> Result<()> {
        self.find(css)?.send_keys(text).with_context(|| format!("type into {css}"))
    }

    /// Runs the body of a function in the page and gives back what it returns; `args` arrive as `arguments`.
    ///
    /// # Errors
    /// The script throws; the message carries what it threw.
    pub fn script(&self, body: &str, args: &[Value]) -> Result<Value> {
        self.post("execute/sync", &json!({ "script": body, "args": args }))
    }

    /// As [`Self::script`] for the body of an `async` function: waits for what it resolves to.
    ///
    /// # Errors
    /// The script throws or takes over a minute.
    pub fn script_async(&self, body: &str, args: &[Value]) -> Result<Value> {
        // A promise that a synchronous script returns is awaited by the driver (WebDriver, "Execute Script").
        self.script(&format!("return (async function () {{ {body} }}).apply(null, arguments)"), args)
    }

    /// Waits until a JavaScript expression is truthy in a page that has loaded, and gives back its value. The expression is
    /// looked at every few milliseconds from outside, so it needs no script of the page and may throw until a navigation
    /// is over.
    ///
    /// What a click leads to may begin after the click has returned: to wait for another page, ask for something that the
    /// present one does not have.
    ///
    /// # Errors
    /// The time is over; the message carries the expression's last value or what it threw.
    pub fn wait_until(&self, condition: &str, limit: Duration) -> Result<Value> {
        let script = format!(
            "if (document.readyState !== 'complete') return [false, 'the page is ' + document.readyState];
             const value = ({condition}); return [!!value, value ?? null]"
        );
        let end = Instant::now() + limit;
        loop {
            let seen = self.script(&script, &[]);
            if let Ok(seen) = &seen
                && seen[0] == true
            {
                return Ok(seen[1].clone());
            }
            if Instant::now() >= end {
                match seen {
                    Ok(seen) => bail!("not within {limit:?}: {condition} (last: {})", seen[1]),
                    Err(error) => bail!("not within {limit:?}: {condition} ({error:#})"),
                }
            }
            thread::sleep(POLL);
        }
    }

    /// Any DevTools call, for example `("Emulation.setEmulatedMedia", json!({ "media": "print" }))`.
    ///
    /// # Errors
    /// Chromium refuses the call.
    pub fn cdp(&self, command: &str, params: Value) -> Result<Value> {
        self.post("goog/cdp/execute", &json!({ "cmd": command, "params": params }))
    }

    /// Sets the size of the page in CSS pixels. Smaller than a window can be, unlike a resized window.
    ///
    /// # Errors
    /// The browser is gone.
    pub fn viewport(&self, width: u32, height: u32) -> Result<()> {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", metrics).map(drop)
    }

    /// A PNG of what the window shows.
    ///
    /// # Errors
    /// The browser is gone.
    pub fn screenshot(&self) -> Result<Vec<u8>> {
        self.picture(json!({ "format": "png" }))
    }

    /// A PNG of the whole page, below the window's edge too.
    ///
    /// # Errors
    /// The browser is gone.
    pub fn screenshot_page(&self) -> Result<Vec<u8>> {
        let size = self.cdp("Page.getLayoutMetrics", json!({}))?["cssContentSize"].take();
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        self.picture(json!({ "format": "png", "captureBeyondViewport": true, "clip": clip }))
    }

    /// The console lines since the last call.
    ///
    /// # Errors
    /// The browser is gone.
    pub fn console(&self) -> Result<Vec<ConsoleEntry>> {
        let entries = self.log("browser")?;
        let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        Ok(entries
            .iter()
            .map(|entry| ConsoleEntry { level: text(entry, "level"), message: text(entry, "message") })
            .collect())
    }

    /// The DevTools events since the last call whose method has this name, for example
    /// `Network.requestWillBeSent`; what is given back is each event's `params`. Events of other names since the last
    /// call are gone.
    ///
    /// # Errors
    /// The browser is gone.
    pub fn events(&self, method: &str) -> Result<Vec<Value>> {
        let mut events = Vec::new();
        for entry in self.log("performance")? {
            let text = entry["message"].as_str().unwrap_or_default();
            let mut event: Value = serde_json::from_str(text).context("a DevTools event")?;
            if event["message"]["method"] == method {
                events.push(event["message"]["params"].take());
            }
        }
        Ok(events)
    }

    fn log(&self, kind: &str) -> Result<Vec<Value>> {
        match self.post("se/log", &json!({ "type": kind }))? {
            Value::Array(entries) => Ok(entries),
            other => bail!("the {kind} log is no list: {other}"),
        }
    }

    fn picture(&self, params: Value) -> Result<Vec<u8>> {
        let answer = self.cdp("Page.captureScreenshot", params)?;
        wire::picture(&answer["data"])
    }

    fn post(&self, command: &str, body: &Value) -> Result<Value> {
        self.wire.post(&format!("{}/{command}", self.path), body)
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        // Closing the session makes chromedriver end its Chromium; killing the driver alone would leave it running.
        self.wire.delete(&self.path).ok();
    }
}
