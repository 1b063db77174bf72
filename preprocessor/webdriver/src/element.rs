//! One element of the page, as the driver's reference to it.
//! Knows the wire.

use anyhow::Result;
use serde_json::{Value, json};

use crate::wire::{self, Wire};

/// The member that marks an element reference, fixed by the WebDriver specification.
pub(crate) const REFERENCE: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A found element; stale after a navigation or when the page removes it.
#[derive(Debug)]
pub struct Element<'s> {
    pub(crate) wire: &'s Wire,
    pub(crate) path: String,
    pub(crate) id: String,
}

impl Element<'_> {
    /// Scrolls the element into view and clicks its middle like a mouse.
    ///
    /// # Errors
    /// The element is gone, hidden or covered by another one.
    pub fn click(&self) -> Result<()> {
        self.post("click", &json!({})).map(drop)
    }

    /// Focuses the element and types. Write special keys with [`crate::Key`]:
    /// `format!("{}{}", Key::Control, Key::Enter)`.
    ///
    /// # Errors
    /// The element is gone or cannot be focused.
    pub fn send_keys(&self, text: &str) -> Result<()> {
        self.post("value", &json!({ "text": text })).map(drop)
    }

    /// The text a reader sees.
    ///
    /// # Errors
    /// The element is gone.
    pub fn text(&self) -> Result<String> {
        let text = self.wire.get(&format!("{}/{}/text", self.path, self.id))?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// A PNG of the element alone, scrolled into view.
    ///
    /// # Errors
    /// The element is gone or has no size.
    pub fn screenshot(&self) -> Result<Vec<u8>> {
        let data = self.wire.get(&format!("{}/{}/screenshot", self.path, self.id))?;
        wire::picture(&data)
    }

    /// The element as an argument of [`crate::Session::script`].
    #[must_use]
    pub fn reference(&self) -> Value {
        json!({ REFERENCE: self.id })
    }

    fn post(&self, command: &str, body: &Value) -> Result<Value> {
        self.wire.post(&format!("{}/{}/{command}", self.path, self.id), body)
    }
}
