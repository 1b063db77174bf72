//! The manifest as a journal: what is about to change is written down before it changes, so that a publish that dies
//! anywhere leaves a record that is true.
//! Knows the store and the manifest; nothing of what a publish does in between.
//!
//! Every write is conditional on the version read before, and counts up: of two publishers one loses at its first
//! write, before it has touched anything.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use super::arguments::Prefix;
use super::manifest::{self, Manifest};
use super::store::{Store, Version};

/// How often a publisher that lost tries to leave its note behind.
const NOTES: usize = 5;

/// The manifest of one prefix, as this run last read or wrote it.
pub struct Journal<'store, S> {
    store: &'store S,
    key: String,
    run: String,
    manifest: Manifest,
    version: Option<Version>,
}

impl<'store, S: Store> Journal<'store, S> {
    /// Reads the manifest: one request. `run` is this run's own name.
    pub async fn open(store: &'store S, prefix: &Prefix, run: &str) -> Result<Self> {
        let key = prefix.key(manifest::NAME);
        let (manifest, version) = Self::read(store, &key).await?;
        Ok(Journal { store, key, run: run.to_owned(), manifest, version })
    }

    async fn read(store: &S, key: &str) -> Result<(Manifest, Option<Version>)> {
        Ok(match store.get(key).await? {
            Some((content, version)) => (Manifest::read(&content)?, Some(version)),
            None => (Manifest::default(), None),
        })
    }

    /// What is published.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Whether nothing has ever been published here.
    pub fn is_new(&self) -> bool {
        self.version.is_none()
    }

    /// Where the manifest is.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Writes down that `names` are about to change. `false`: somebody else has written since; nothing is changed.
    pub async fn announce(&mut self, names: BTreeSet<String>) -> Result<bool> {
        let mut manifest = self.manifest.clone();
        manifest.uncertain.extend(names);
        self.write(manifest).await
    }

    /// Writes `manifest`. `false`: somebody else has written since.
    pub async fn write(&mut self, manifest: Manifest) -> Result<bool> {
        let manifest = Manifest { write: self.manifest.write + 1, run: self.run.clone(), ..manifest };
        let object = manifest.object()?;
        let written = match self.store.put_if(&self.key, &object, self.version.as_ref()).await? {
            Some(version) => version,
            // When an answer is lost on its way the SDK tries again, and the second try meets what the first one wrote.
            None => match self.store.get(&self.key).await? {
                Some((content, version)) if content == object.content => version,
                _ => return Ok(false),
            },
        };
        self.manifest = manifest;
        self.version = Some(written);
        Ok(true)
    }

    /// Whether nobody else has written since.
    pub async fn is_ours(&self) -> Result<bool> {
        Ok(self.store.version(&self.key).await? == self.version)
    }

    /// After losing to another publisher: notes in its manifest which names this run has touched, so that whoever
    /// publishes next looks after them.
    pub async fn confess(&mut self, names: &BTreeSet<String>) -> Result<()> {
        for _ in 0..NOTES {
            (self.manifest, self.version) = Self::read(self.store, &self.key).await?;
            if self.announce(names.clone()).await? {
                return Ok(());
            }
        }
        bail!("게시 기록을 계속 다른 프로그램이 바꾸고 있다")
    }
}
