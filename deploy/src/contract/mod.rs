//! What the template promises.
