//! What a month can cost.
