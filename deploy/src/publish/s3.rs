//! The real store: a bucket of S3, by the SDK.
//! Knows S3's requests and how S3 says "not there" and "changed meanwhile".

use anyhow::{Result, anyhow, bail};
use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, Delete, ObjectIdentifier};

use super::manifest;
use super::store::{Object, Store, Version};
use crate::aws;

/// One bucket.
pub struct Bucket {
    client: Client,
    name: String,
}

impl Bucket {
    pub fn new(settings: &SdkConfig, name: &str) -> Bucket {
        // A server on this machine has no host name for each bucket.
        let has_endpoint = settings.endpoint_url().is_some()
            || std::env::var_os("AWS_ENDPOINT_URL_S3").is_some_and(|url| !url.is_empty());
        let config = Builder::from(settings).force_path_style(has_endpoint).build();
        Bucket { client: Client::from_conf(config), name: name.to_owned() }
    }

    fn asked(&self, what: &str, key: &str) -> String {
        format!("s3://{}/{key} {what}", self.name)
    }
}

fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// The object is not there; a missing bucket is another matter. `HEAD` has no body to say which.
fn is_missing<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    status(error) == Some(404) && code != Some("NoSuchBucket")
}

fn version(tag: Option<&str>) -> Result<Version> {
    tag.map(|tag| Version(tag.to_owned())).ok_or_else(|| anyhow!("S3가 객체의 ETag를 말하지 않았다"))
}

impl Store for Bucket {
    async fn get(&self, key: &str) -> Result<Option<(Vec<u8>, Version)>> {
        let answer = match self.client.get_object().bucket(&self.name).key(key).send().await {
            Ok(answer) => answer,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(aws::explain(&self.asked("읽기", key), error)),
        };
        let length = answer.content_length().and_then(|length| u64::try_from(length).ok());
        if length.is_none_or(|length| length > manifest::MAX_BYTES) {
            bail!("s3://{}/{key}: 게시 기록이 {} MB를 넘는다", self.name, manifest::MAX_BYTES >> 20);
        }
        let version = version(answer.e_tag())?;
        let content = answer.body.collect().await?.to_vec();
        Ok(Some((content, version)))
    }

    async fn version(&self, key: &str) -> Result<Option<Version>> {
        match self.client.head_object().bucket(&self.name).key(key).send().await {
            Ok(answer) => version(answer.e_tag()).map(Some),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(aws::explain(&self.asked("확인", key), error)),
        }
    }

    async fn put(&self, key: &str, object: &Object) -> Result<()> {
        let put = self.client.put_object().bucket(&self.name).key(key);
        let put = put.content_type(&object.file.content_type).cache_control(&object.file.cache_control);
        let put = put.checksum_sha256(&object.file.sha256);
        let answer = put.body(ByteStream::from(object.content.clone())).send().await;
        answer.map(|_| ()).map_err(|error| aws::explain(&self.asked("올리기", key), error))
    }

    async fn put_if(
        &self,
        key: &str,
        object: &Object,
        expected: Option<&Version>,
    ) -> Result<Option<Version>> {
        let put = self.client.put_object().bucket(&self.name).key(key);
        let put = match expected {
            Some(Version(tag)) => put.if_match(tag),
            None => put.if_none_match("*"),
        };
        let put = put.content_type(&object.file.content_type).cache_control(&object.file.cache_control);
        let put = put.checksum_sha256(&object.file.sha256);
        match put.body(ByteStream::from(object.content.clone())).send().await {
            Ok(answer) => version(answer.e_tag()).map(Some),
            // S3, "Conditional writes": 412 the condition fails, 409 another write was faster, 404 the object is gone.
            Err(error) if matches!(status(&error), Some(409 | 412)) || is_missing(&error) => Ok(None),
            Err(error) => Err(aws::explain(&self.asked("올리기", key), error)),
        }
    }

    async fn delete(&self, keys: &[String]) -> Result<()> {
        let objects = keys.iter().map(|key| ObjectIdentifier::builder().key(key).build());
        let objects: Vec<ObjectIdentifier> = objects.collect::<Result<_, _>>()?;
        let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build()?;
        let request = self.client.delete_objects().bucket(&self.name).delete(delete);
        let request = request.checksum_algorithm(ChecksumAlgorithm::Sha256);
        let answer = request.send().await;
        let answer = answer.map_err(|error| aws::explain(&format!("s3://{} 지우기", self.name), error))?;
        if let Some(error) = answer.errors().first() {
            bail!(
                "s3://{}/{} 지우기: AWS가 거절했다 ({}: {}), 모두 {}개",
                self.name,
                error.key().unwrap_or_default(),
                error.code().unwrap_or_default(),
                error.message().unwrap_or_default(),
                answer.errors().len()
            );
        }
        Ok(())
    }
}
