//! A bucket in memory that can die at any moment, and that a reader looks at after every change.
//! Knows the store's trait; uploads that run at once finish in an order the test chooses.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use anyhow::{Result, bail};

use crate::publish::store::{File, MAX_DELETED, Object, Store, Version};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub content: Vec<u8>,
    pub file: File,
}

/// When the publisher dies: at which change, and whether that change has still happened.
#[derive(Debug, Clone, Copy)]
pub struct Death {
    pub change: usize,
    pub after: bool,
}

#[derive(Default)]
pub struct Memory {
    pub objects: RefCell<BTreeMap<String, Stored>>,
    /// Requests since the last `requests.set(0)`.
    pub requests: Cell<usize>,
    /// Every change so far: `PUT key`, `DELETE key`.
    pub changes: RefCell<Vec<String>>,
    pub death: Cell<Option<Death>>,
    pub is_dead: Cell<bool>,
    /// Mixed into the order in which concurrent requests finish.
    pub order: Cell<u64>,
    /// Looks at the bucket after every change.
    pub reader: Option<fn(&BTreeMap<String, Stored>)>,
}

impl Memory {
    pub fn read(&self, key: &str) -> Option<Vec<u8>> {
        self.objects.borrow().get(key).map(|stored| stored.content.clone())
    }

    /// The next run starts with a living publisher.
    pub fn revive(&self, death: Option<Death>) {
        self.is_dead.set(false);
        self.death.set(death);
        self.changes.borrow_mut().clear();
        self.requests.set(0);
    }

    /// Requests take turns, in an order that is not the one they were sent in.
    async fn request(&self, key: &str) -> Result<()> {
        self.requests.set(self.requests.get() + 1);
        let mix = key
            .bytes()
            .fold(self.order.get(), |mix, byte| mix.wrapping_mul(31).wrapping_add(u64::from(byte)));
        for _ in 0..mix % 5 {
            tokio::task::yield_now().await;
        }
        if self.is_dead.get() { bail!("dead") } else { Ok(()) }
    }

    fn change(&self, what: String, apply: impl FnOnce(&mut BTreeMap<String, Stored>)) -> Result<()> {
        let count = self.changes.borrow().len();
        let death = self.death.get().filter(|death| death.change == count);
        self.changes.borrow_mut().push(what);
        if death.is_none_or(|death| death.after) {
            apply(&mut self.objects.borrow_mut());
            if let Some(look) = self.reader {
                look(&self.objects.borrow());
            }
        }
        if death.is_some() {
            self.is_dead.set(true);
            bail!("dead");
        }
        Ok(())
    }

    fn tag(&self, key: &str) -> Option<Version> {
        self.objects.borrow().get(key).map(|stored| Version(format!("\"{}\"", stored.file.sha256)))
    }
}

impl Store for Memory {
    async fn get(&self, key: &str) -> Result<Option<(Vec<u8>, Version)>> {
        self.request(key).await?;
        Ok(self.read(key).zip(self.tag(key)))
    }

    async fn version(&self, key: &str) -> Result<Option<Version>> {
        self.request(key).await?;
        Ok(self.tag(key))
    }

    async fn put(&self, key: &str, object: &Object) -> Result<()> {
        self.request(key).await?;
        let stored = Stored { content: object.content.to_vec(), file: object.file.clone() };
        self.change(format!("PUT {key}"), |objects| {
            objects.insert(key.to_owned(), stored);
        })
    }

    async fn put_if(
        &self,
        key: &str,
        object: &Object,
        expected: Option<&Version>,
    ) -> Result<Option<Version>> {
        self.request(key).await?;
        if self.tag(key).as_ref() != expected {
            return Ok(None);
        }
        let stored = Stored { content: object.content.to_vec(), file: object.file.clone() };
        self.change(format!("PUT {key}"), |objects| {
            objects.insert(key.to_owned(), stored);
        })?;
        Ok(self.tag(key))
    }

    async fn delete(&self, keys: &[String]) -> Result<()> {
        assert!(!keys.is_empty() && keys.len() <= MAX_DELETED, "{}", keys.len());
        self.request(&keys[0]).await?;
        // A batch is not one step: S3 deletes its objects in any order, and may stop in between.
        for key in keys {
            self.change(format!("DELETE {key}"), |objects| {
                objects.remove(key);
            })?;
        }
        Ok(())
    }
}
