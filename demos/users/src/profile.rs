//! What a visitor may say about a user.
//! Knows names and addresses; ids, versions and times are not the visitor's to say.

use crate::{email::Email, name::Name};

/// A user's own part of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    /// Always there.
    pub name: Name,
    /// A replacement without it removes it.
    pub email: Option<Email>,
}
