//! The keys that have no character of their own, as WebDriver writes them.
//! Knows no other module.

use std::fmt;

/// A key without a character. The code points are those of the WebDriver specification, section "Keyboard Actions".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Held down for the rest of one [`crate::Element::send_keys`] call.
    Control,
    /// Held down for the rest of one [`crate::Element::send_keys`] call.
    Shift,
    /// The main Enter key.
    Enter,
    /// Moves the focus on; with [`Key::Shift`] back.
    Tab,
    /// Escape.
    Escape,
    /// Arrow to the left.
    Left,
    /// Arrow to the right.
    Right,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// The space bar.
    Space,
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Control => "\u{e009}",
            Self::Shift => "\u{e008}",
            Self::Enter => "\u{e007}",
            Self::Tab => "\u{e004}",
            Self::Escape => "\u{e00c}",
            Self::Left => "\u{e012}",
            Self::Right => "\u{e014}",
            Self::Up => "\u{e013}",
            Self::Down => "\u{e015}",
            Self::Space => " ",
        })
    }
}
