//! Which addresses CloudFront must forget after a publish, and as few of them as possible.
//! Knows the plan and CloudFront's rules for paths; the first 1,000 paths of a month cost nothing.

use anyhow::Result;
use aws_config::SdkConfig;
use aws_sdk_cloudfront::types::{InvalidationBatch, Paths};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use book_files::is_fingerprinted;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::arguments::Prefix;
use super::manifest::Manifest;
use super::plan::Plan;
use crate::aws;

/// More paths than these become one wildcard, which counts as one path.
const MAX_PATHS: usize = 15;

/// What RFC 3986 lets stand as it is in a path; CloudFront wants everything else encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The paths of one invalidation, sorted; none when nothing a reader may hold has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalidation(pub Vec<String>);

impl Invalidation {
    /// What `plan` changes under addresses that existed before. A fingerprinted address never changes its content.
    /// When nothing is known about the bucket (`is_new`), anything may have been served from it.
    pub fn of(plan: &Plan, published: &Manifest, is_new: bool, prefix: &Prefix) -> Invalidation {
        if is_new {
            return Invalidation::all(prefix);
        }
        let before = published.names();
        let stored = plan.uploads.iter().map(|upload| &upload.name);
        let names = stored.filter(|name| before.contains(name.as_str()) && !is_fingerprinted(name));
        let deleted = plan.deletions.iter().map(|deletion| &deletion.name);
        let names = names.chain(deleted.filter(|name| !is_fingerprinted(name)));
        let mut paths: Vec<String> = names.flat_map(|name| addresses(&prefix.key(name))).collect();
        if paths.len() > MAX_PATHS {
            return Invalidation::all(prefix);
        }
        paths.sort();
        Invalidation(paths)
    }

    /// Everything under the prefix.
    pub fn all(prefix: &Prefix) -> Invalidation {
        Invalidation(vec![format!("/{}*", prefix.as_str())])
    }

    /// The same for the same change and never again for a later one, even of the same files: CloudFront answers a
    /// reference it knows with the invalidation it has already made.
    fn reference(&self, next: &Manifest, write: u64) -> Result<String> {
        let mut hash = Sha256::new();
        hash.update(serde_json::to_vec(&(&self.0, &next.files, write))?);
        Ok(format!("publish-{write}-{}", URL_SAFE_NO_PAD.encode(&hash.finalize()[..12])))
    }
}

/// The addresses of one key: an index page is also its folder.
fn addresses(key: &str) -> Vec<String> {
    let path = format!("/{}", utf8_percent_encode(key, ENCODED));
    match path.strip_suffix("index.html").filter(|folder| folder.ends_with('/')) {
        Some(folder) => vec![folder.to_owned(), path],
        None => vec![path],
    }
}

/// What stands between the bucket and the readers.
pub trait Edge {
    /// Makes it forget the paths; nothing when there are none. `next` and `write` name the change.
    async fn invalidate(&self, invalidation: &Invalidation, next: &Manifest, write: u64) -> Result<()>;
}

/// A CloudFront distribution, or none: a bucket may be published to without one.
pub struct Distribution {
    client: aws_sdk_cloudfront::Client,
    id: Option<String>,
}

impl Distribution {
    pub fn new(settings: &SdkConfig, id: Option<String>) -> Distribution {
        Distribution { client: aws_sdk_cloudfront::Client::new(settings), id }
    }
}

impl Edge for Distribution {
    async fn invalidate(&self, invalidation: &Invalidation, next: &Manifest, write: u64) -> Result<()> {
        let (Some(id), paths @ [_, ..]) = (&self.id, invalidation.0.as_slice()) else { return Ok(()) };
        let count = i32::try_from(paths.len())?;
        let paths = Paths::builder().quantity(count).set_items(Some(paths.to_vec())).build()?;
        let batch = InvalidationBatch::builder()
            .paths(paths)
            .caller_reference(invalidation.reference(next, write)?)
            .build()?;
        let answer =
            self.client.create_invalidation().distribution_id(id).invalidation_batch(batch).send().await;
        answer.map_err(|error| aws::explain(&format!("CloudFront 배포 {id}를 무효화한다"), error))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::book::Book;
    use crate::publish::store::Object;

    fn book(files: &[(&str, &str)]) -> Book {
        let object = |content: &str| Object::new(content.to_owned(), "t", "c");
        files.iter().map(|(name, content)| ((*name).to_owned(), object(content))).collect()
    }

    fn paths(before: &[(&str, &str)], now: &[(&str, &str)], prefix: &str) -> Vec<String> {
        let published = Plan::new(&book(before), &Manifest::default()).next;
        let plan = Plan::new(&book(now), &published);
        Invalidation::of(&plan, &published, false, &prefix.parse().unwrap()).0
    }

    #[test]
    fn changed_and_removed_addresses_and_no_others() {
        let before =
            [("a.html", "1"), ("b.html", "1"), ("c.html", "1"), ("x-1a2b3c4d.css", "1"), ("index.html", "1")];
        let now =
            [("a.html", "2"), ("b.html", "1"), ("d.html", "1"), ("y-1a2b3c4d.css", "1"), ("index.html", "1")];
        assert_eq!(paths(&before, &now, ""), ["/a.html", "/c.html"]);
        assert!(paths(&before, &before, "").is_empty());
    }

    #[test]
    fn an_index_page_is_its_folder_too_and_a_preview_has_addresses_of_its_own() {
        let before = [("index.html", "1"), ("장/index.html", "1"), ("reindex.html", "1")];
        let now = [("index.html", "2"), ("장/index.html", "2"), ("reindex.html", "2")];
        assert_eq!(
            paths(&before, &now, ""),
            ["/", "/%EC%9E%A5/", "/%EC%9E%A5/index.html", "/index.html", "/reindex.html"]
        );
        assert_eq!(paths(&before[..1], &now[..1], "pr-1/"), ["/pr-1/", "/pr-1/index.html"]);
    }

    #[test]
    fn what_is_unsafe_in_an_address_is_encoded() {
        assert_eq!(addresses("a b*(1)~é.html"), ["/a%20b%2A%281%29~%C3%A9.html"]);
    }

    #[test]
    fn many_paths_become_one_and_an_unknown_bucket_is_forgotten_whole() {
        let names: Vec<String> = (0..16).map(|n| format!("{n}.html")).collect();
        let all = |content| names.iter().map(|name| (name.as_str(), content)).collect::<Vec<_>>();
        assert_eq!(paths(&all("1"), &all("2"), "pr-12/"), ["/pr-12/*"]);
        assert_eq!(paths(&all("1")[..15], &all("2")[..15], "").len(), 15);
        let plan = Plan::new(&book(&all("1")), &Manifest::default());
        assert_eq!(Invalidation::of(&plan, &Manifest::default(), true, &"".parse().unwrap()).0, ["/*"]);
    }

    #[test]
    fn the_reference_is_the_changes_own() {
        let next = |content| Plan::new(&book(&[("a.html", content)]), &Manifest::default()).next;
        let invalidation = Invalidation(vec!["/a.html".to_owned()]);
        let reference = |content, write| invalidation.reference(&next(content), write).unwrap();
        assert_eq!(reference("1", 1), reference("1", 1));
        // There and back again is a change each time.
        assert_ne!(reference("1", 1), reference("1", 3));
        assert_ne!(reference("1", 1), reference("2", 1));
        assert!(reference("1", 1).is_ascii());
    }
}
