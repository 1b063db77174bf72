//! Keeps a preview and the book beside it out of each other's files.
//! Knows the manifests above and below a prefix; every publisher trusts its own manifest alone.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use futures_util::stream::{StreamExt, TryStreamExt, iter};

use super::arguments::Prefix;
use super::book::Book;
use super::journal::Journal;
use super::manifest::{self, Manifest};
use super::store::{PARALLEL, Store};

/// # Errors
/// A book published above has files under `prefix`, or the book has a new folder in which another one is published.
///
/// Costs one request for each folder above `prefix` and each folder the book did not have before: none at all for the
/// book itself unless it has new folders.
pub async fn refuse_overlap<S: Store>(
    store: &S,
    prefix: &Prefix,
    book: &Book,
    published: &Manifest,
) -> Result<()> {
    let above = prefix.parents().into_iter().map(|parent| async move {
        let journal = Journal::open(store, &parent, "").await?;
        let inside = prefix.as_str()[parent.as_str().len()..].to_owned();
        match journal.manifest().names().into_iter().find(|name| name.starts_with(&inside)) {
            Some(name) => bail!(
                "{} 아래에는 이미 다른 책의 파일이 있다 ({}). 미리 보기에는 다른 --prefix를 쓴다.",
                prefix.as_str(),
                parent.key(name)
            ),
            None => Ok(()),
        }
    });
    let known = published.names();
    let known = folders(known.iter().copied());
    let new: Vec<&str> = folders(book.keys().map(String::as_str)).difference(&known).copied().collect();
    let below = new.into_iter().map(|folder| async move {
        let other = prefix.below(folder);
        match store.version(&other.key(manifest::NAME)).await? {
            Some(_) => bail!(
                "책의 폴더 {folder}/가 이미 게시된 미리 보기와 겹친다. 먼저 지운다: --prefix {} --remove",
                other.as_str()
            ),
            None => Ok(()),
        }
    });
    iter(above).buffer_unordered(PARALLEL).try_collect::<()>().await?;
    iter(below).buffer_unordered(PARALLEL).try_collect::<()>().await
}

/// All folders of these names: of `a/b/c.html` these are `a` and `a/b`.
fn folders<'a>(names: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    names.flat_map(|name| name.match_indices('/').map(|(at, _)| &name[..at])).collect()
}
