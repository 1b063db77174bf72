//! The book's labs under the public limits: what a chapter sends at once, one bucket takes at once.

use deploy::contract::Deployment;
use deploy::cost::{BOUNDS, Bucket, buckets};

use crate::{read, root, set};

/// The route whose callers are meant to be refused.
const MEANT_TO_BE_EMPTIED: &str = "GET /api/cold-start/throttled";

/// Number of requests and the route's method and path, of every block that sends several at once.
fn labs(chapter: &str) -> Vec<(f64, String)> {
    let mut found = Vec::new();
    let mut parallel = None;
    for line in chapter.lines() {
        if let Some(fence) = line.strip_prefix("```") {
            let count = fence.split_whitespace().find_map(|word| word.strip_prefix("parallel="));
            parallel = count.map(|count| count.parse::<f64>().unwrap());
        } else if let (Some(count), Some((method, url))) = (parallel, line.split_once(" {{api}}")) {
            let path = url.split(['?', ' ']).next().unwrap();
            found.push((count, format!("{method} /api{path}")));
        }
    }
    found
}

fn takes(bucket: &Bucket, lab: &str) -> bool {
    let (pattern, lab) = (bucket.route.split(['/', ' ']), lab.split(['/', ' ']));
    pattern.clone().count() == lab.clone().count()
        && pattern.zip(lab).all(|(pattern, part)| pattern == part || pattern.starts_with('{'))
}

#[test]
fn every_lab_of_the_book_fits_the_public_buckets() {
    let public = set("public");
    let deployment =
        Deployment::of(&read("template.yaml"), &read("deploy/guard.yaml"), &public, "public").unwrap();
    let buckets = buckets(&deployment.system, &BOUNDS).unwrap();
    let mut seen = 0;
    for entry in std::fs::read_dir(root().join("book/src")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        for (count, lab) in labs(&std::fs::read_to_string(&path).unwrap()) {
            let Some(bucket) = buckets.iter().find(|bucket| takes(bucket, &lab)) else {
                panic!("{}: no route takes `{lab}`", path.display());
            };
            if bucket.route == MEANT_TO_BE_EMPTIED {
                assert!(bucket.burst < count, "{lab}: nobody would be refused");
                continue;
            }
            // Twice in a row, as chapters ask for.
            assert!(bucket.burst >= 2.0 * count, "{}: {lab} sends {count}", path.display());
            if lab.contains("/users") {
                let visitor: f64 = public["VisitorBurst"].parse().unwrap();
                assert!(visitor >= count, "{lab}: one visitor may send {visitor}");
            }
            seen += 1;
        }
    }
    assert!(seen >= 8, "the chapters no longer say `parallel=`: {seen}");
}
