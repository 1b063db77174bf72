//! A preview taken away again: every object its manifest answers for, and the manifest last.
//! Knows journal and store; the book itself is never removed this way, and nobody else's object ever.

use anyhow::{Result, bail};

use super::arguments::Prefix;
use super::invalidation::{Edge, Invalidation};
use super::journal::Journal;
use super::manifest::Manifest;
use super::progress::Progress;
use super::sequence::delete;
use super::store::Store;

/// The names of all files that removing the preview deletes.
pub fn names(published: &Manifest) -> Vec<String> {
    published.names().into_iter().map(str::to_owned).collect()
}

/// Removes what is published under `prefix`.
///
/// # Errors
/// Somebody publishes there meanwhile, or the store refuses. Repeating finishes it: the manifest goes last.
pub async fn remove<S: Store, E: Edge>(
    store: &S,
    edge: &E,
    prefix: &Prefix,
    mut journal: Journal<'_, S>,
    progress: &Progress,
) -> Result<()> {
    let names = names(journal.manifest());
    if !journal.announce(names.iter().cloned().collect()).await? {
        bail!("다른 게시가 {}에서 진행되고 있다. 아무것도 지우지 않았다.", prefix.as_str());
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    delete(store, prefix, &names, progress).await?;
    edge.invalidate(&Invalidation::all(prefix), journal.manifest(), journal.manifest().write).await?;
    if !journal.is_ours().await? {
        bail!("지우는 동안 다른 게시가 {}에 올렸다: 그 게시를 다시 실행하거나 다시 지운다.", prefix.as_str());
    }
    store.delete(&[journal.key().to_owned()]).await
}
