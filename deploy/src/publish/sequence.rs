//! A plan carried out, step by step, in the order in which a reader never meets half a book.
//! Knows plan, journal and store; nothing of the SDK and nothing of what is printed.
//!
//! Announce what will change; store assets, then pages, then the way in; delete what no page names any more; invalidate;
//! write the record. Killed anywhere, the names it had announced stay marked, and the next publish stores them again.

use std::collections::BTreeSet;

use anyhow::{Context, Error, Result, anyhow, bail};
use futures_util::stream::{StreamExt, TryStreamExt, iter};

use super::arguments::Prefix;
use super::book::Book;
use super::invalidation::{Edge, Invalidation};
use super::journal::Journal;
use super::plan::{Phase, Plan, Upload, is_page};
use super::progress::Progress;
use super::store::{MAX_DELETED, PARALLEL, Store};

/// What another publisher's work means for this one's.
const OTHER: &str = "다른 게시가 같은 곳에서 진행되고 있다";

/// One publish on its way.
pub struct Sequence<'a, S, E> {
    pub store: &'a S,
    pub edge: &'a E,
    pub prefix: &'a Prefix,
    pub progress: &'a Progress,
    pub journal: Journal<'a, S>,
}

impl<S: Store, E: Edge> Sequence<'_, S, E> {
    /// Turns what is published into the book. A plan that is empty is not to be carried out.
    ///
    /// # Errors
    /// The store or the edge refuses, or another publisher is at work. The message says what has happened so far.
    pub async fn carry_out(mut self, book: &Book, plan: &Plan) -> Result<()> {
        let invalidation =
            Invalidation::of(plan, self.journal.manifest(), self.journal.is_new(), self.prefix);
        let touched = plan.touched();
        if !touched.is_empty() && !self.journal.announce(touched.clone()).await? {
            bail!("{OTHER}. 아무것도 올리지 않았다: 그 게시가 끝난 뒤에 다시 실행한다.");
        }
        let done = self.change(book, plan, &invalidation).await;
        let total = plan.uploads.len() + plan.deletions.len();
        let so_far = || {
            format!(
                "{total}개 가운데 {}개를 마치고 멈추었다. 읽던 사람은 깨진 쪽을 보지 않는다: 같은 명령을 다시 실행하면 \
                 이어서 끝낸다",
                self.progress.done()
            )
        };
        match done {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.lost(&touched).await),
            Err(error) => Err(error.context(so_far())),
        }
    }

    /// `false`: another publisher has taken over.
    async fn change(&mut self, book: &Book, plan: &Plan, invalidation: &Invalidation) -> Result<bool> {
        let (assets, pages) =
            plan.uploads.split_at(plan.uploads.partition_point(|upload| upload.phase <= Phase::Asset));
        self.upload(book, assets).await?;
        if !assets.is_empty() && !pages.is_empty() && !self.journal.is_ours().await? {
            return Ok(false);
        }
        self.upload(book, pages).await?;
        if !plan.deletions.is_empty() {
            if !self.journal.is_ours().await? {
                return Ok(false);
            }
            let names: Vec<&str> = plan.deletions.iter().map(|deletion| deletion.name.as_str()).collect();
            delete(self.store, self.prefix, &names, self.progress).await?;
        }
        self.edge.invalidate(invalidation, &plan.next, self.journal.manifest().write).await?;
        self.journal.write(plan.next.clone()).await
    }

    /// Stores the files phase by phase; within a phase many at once.
    async fn upload(&self, book: &Book, uploads: &[Upload]) -> Result<()> {
        for phase in uploads.chunk_by(|one, next| one.phase == next.phase) {
            let files = phase.iter().map(|upload| {
                let object =
                    book.get(&upload.name).with_context(|| format!("책에 {}이 없다", upload.name))?;
                Ok::<_, Error>((upload.name.as_str(), object))
            });
            iter(files)
                .map(|file| async move {
                    let (name, object) = file?;
                    self.store.put(&self.prefix.key(name), object).await?;
                    self.progress.stored(name);
                    Ok::<_, Error>(())
                })
                .buffer_unordered(PARALLEL)
                .try_collect::<()>()
                .await?;
        }
        Ok(())
    }

    async fn lost(&mut self, touched: &BTreeSet<String>) -> Error {
        let lost = anyhow!(
            "{OTHER}: 이 게시를 이어받았다. 두 책이 섞였을 수 있으니 그 게시가 끝난 뒤에 올리려는 책을 다시 게시한다."
        );
        match self.journal.confess(touched).await {
            Ok(()) => lost,
            Err(error) => error.context(lost.to_string()),
        }
    }
}

/// Deletes files of the publisher's own: pages before the assets they name.
pub async fn delete<S: Store>(store: &S, prefix: &Prefix, names: &[&str], progress: &Progress) -> Result<()> {
    let (pages, assets): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| is_page(name));
    for batch in pages.chunks(MAX_DELETED).chain(assets.chunks(MAX_DELETED)) {
        let keys: Vec<String> = batch.iter().map(|name| prefix.key(name)).collect();
        store.delete(&keys).await?;
        progress.deleted(keys.len());
    }
    Ok(())
}
