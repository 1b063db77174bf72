//! Reads every object of a bucket over S3's own API: what is stored, not what somebody says was.
//! Knows the S3 client only.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::error::DisplayErrorContext;
use aws_smithy_http_client::Builder;

use crate::aws::{KEY, REGION};

/// What is stored under one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub content: Vec<u8>,
    pub content_type: String,
    pub cache_control: String,
}

/// Key → object.
pub type Objects = BTreeMap<String, Object>;

/// A bucket, read by the account's owner.
pub struct Bucket {
    client: Client,
    name: String,
}

impl Bucket {
    /// The bucket of that name behind `endpoint`.
    pub fn new(endpoint: &str, name: &str) -> Bucket {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(endpoint)
            .force_path_style(true)
            .credentials_provider(Credentials::new(KEY, KEY, None, None, "end-to-end"))
            .http_client(Builder::new().build_http())
            .build();
        Bucket { client: Client::from_conf(config), name: name.to_owned() }
    }

    /// Everything in it.
    ///
    /// # Errors
    /// S3 refuses, or an object vanishes meanwhile.
    pub async fn read(&self) -> Result<Objects> {
        let mut objects = Objects::new();
        let mut pages = self.client.list_objects_v2().bucket(&self.name).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| anyhow!("{}", DisplayErrorContext(error)))?;
            for key in page.contents().iter().filter_map(|object| object.key()) {
                objects.insert(key.to_owned(), self.get(key).await.with_context(|| key.to_owned())?);
            }
        }
        Ok(objects)
    }

    async fn get(&self, key: &str) -> Result<Object> {
        let answer = self.client.get_object().bucket(&self.name).key(key).send().await;
        let answer = answer.map_err(|error| anyhow!("{}", DisplayErrorContext(error)))?;
        let text = |header: Option<&str>| header.unwrap_or_default().to_owned();
        let (content_type, cache_control) = (text(answer.content_type()), text(answer.cache_control()));
        Ok(Object { content: answer.body.collect().await?.to_vec(), content_type, cache_control })
    }
}
