//! What `local` serves and `deploy publish` uploads: a built book as files, and the headers that belong to each.
//! Knows names, media types and HTML's tokens; nothing of servers, of S3 or of how a book is built.

mod cache;
mod folder;
mod headers;
mod media_type;
mod policy;

pub use cache::{IMMUTABLE, REVALIDATE, cache_control, is_fingerprinted};
pub use folder::{Files, read};
pub use headers::PAGE_HEADERS;
pub use media_type::media_type;
pub use policy::InlineScripts;
