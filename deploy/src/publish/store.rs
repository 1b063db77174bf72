//! What a publish needs of a bucket, and nothing more.
//! Knows no SDK: `s3` is the real one; tests have one in memory, in which things go wrong on purpose.

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What the manifest keeps of a file: its content by hash, and the headers it was stored with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct File {
    /// SHA-256 in base64, as S3 writes it in `x-amz-checksum-sha256`.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// The header `Content-Type`.
    pub content_type: String,
    /// The header `Cache-Control`.
    pub cache_control: String,
}

/// A file with its content.
#[derive(Debug, Clone)]
pub struct Object {
    pub content: Bytes,
    pub file: File,
}

impl Object {
    pub fn new(content: impl Into<Bytes>, content_type: &str, cache_control: &str) -> Object {
        let content = content.into();
        let file = File {
            sha256: STANDARD.encode(Sha256::digest(&content)),
            size: content.len() as u64,
            content_type: content_type.to_owned(),
            cache_control: cache_control.to_owned(),
        };
        Object { content, file }
    }
}

/// The entity tag of an object: changes with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(pub String);

/// How many requests are on their way at once: enough to fill a line of 30 ms, few enough for any account.
pub const PARALLEL: usize = 24;
/// How many keys one `delete` may name (S3's `DeleteObjects`).
pub const MAX_DELETED: usize = 1000;

/// The five things a publish does with a bucket.
pub trait Store {
    /// The object with its version; `None` when there is none.
    async fn get(&self, key: &str) -> Result<Option<(Vec<u8>, Version)>>;
    /// The version alone.
    async fn version(&self, key: &str) -> Result<Option<Version>>;
    /// Stores the object, whatever was there.
    async fn put(&self, key: &str, object: &Object) -> Result<()>;
    /// Stores the object only when the key still has the version `expected` (`None`: is still absent); gives the new
    /// version, or `None` when it has not.
    async fn put_if(&self, key: &str, object: &Object, expected: Option<&Version>)
    -> Result<Option<Version>>;
    /// Deletes at most [`MAX_DELETED`] objects; one that is already gone is no error.
    async fn delete(&self, keys: &[String]) -> Result<()>;
}
