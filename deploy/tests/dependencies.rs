//! What the functions are made of: one registry, permissive licences, no crate that can be made to backtrack, one TLS stack.
//! Knows Cargo.lock and what `cargo metadata` says of it; asks no network.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Licences that ask for no more than to be named (SPDX identifiers).
const PERMISSIVE: [&str; 12] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Zlib",
];

/// Engines of regular expressions that can take exponential time; the `regex` crates cannot.
const BACKTRACKING: [&str; 7] =
    ["fancy-regex", "onig", "onig_sys", "oniguruma", "pcre", "pcre2", "pcre2-sys"];
/// Other TLS than rustls with ring: more to trust, more to load in a cold start.
const OTHER_TLS: [&str; 5] = ["aws-lc-rs", "aws-lc-sys", "native-tls", "openssl", "openssl-sys"];

fn lock() -> Vec<toml::Table> {
    let lock = std::fs::read_to_string(Path::new(ROOT).join("Cargo.lock")).unwrap();
    let lock: toml::Table = toml::from_str(&lock).unwrap();
    lock["package"].as_array().unwrap().iter().map(|package| package.as_table().unwrap().clone()).collect()
}

#[test]
fn every_crate_comes_from_one_registry_with_its_checksum() {
    let mut sources = BTreeSet::new();
    let mut own = BTreeSet::new();
    for package in lock() {
        let name = package["name"].as_str().unwrap().to_owned();
        match package.get("source").and_then(toml::Value::as_str) {
            Some(source) => {
                sources.insert(source.to_owned());
                let checksum = package.get("checksum").and_then(toml::Value::as_str).unwrap_or_default();
                assert_eq!(checksum.len(), 64, "{name} has no checksum");
            }
            None => {
                own.insert(name);
            }
        }
    }
    assert_eq!(sources.len(), 1, "a git repository or a second registry: {sources:?}");
    assert!(sources.iter().all(|source| source.starts_with("registry+https://")), "{sources:?}");
    // What has no source lies in this repository: the members of the workspace.
    let manifest: toml::Table =
        toml::from_str(&std::fs::read_to_string(Path::new(ROOT).join("Cargo.toml")).unwrap()).unwrap();
    let members = manifest["workspace"]["members"].as_array().unwrap();
    assert_eq!(own.len(), members.len(), "{own:?}");
}

/// The packages that run in an account, and so are given to others as binaries.
fn functions() -> Vec<String> {
    let template = std::fs::read_to_string(Path::new(ROOT).join("template.yaml")).unwrap();
    let packages = template.lines().filter_map(|line| line.trim().strip_prefix("CodeUri: target/lambda/"));
    let packages: BTreeSet<_> = packages.map(|zip| zip.trim_end_matches(".zip").to_owned()).collect();
    assert!(packages.contains("users") && packages.contains("cold-start"), "{packages:?}");
    packages.into_iter().collect()
}

/// Package name → licence, of everything linked into these packages on this machine's platform.
fn linked(packages: &[String]) -> BTreeMap<String, String> {
    let host = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .arg("-vV")
        .output()
        .unwrap();
    let host = String::from_utf8(host.stdout).unwrap();
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform", host])
        .current_dir(ROOT)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let by_id = |list: &Value| -> BTreeMap<String, Value> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|one| (one["id"].as_str().unwrap().to_owned(), one.clone()))
            .collect()
    };
    let (all, nodes) = (by_id(&metadata["packages"]), by_id(&metadata["resolve"]["nodes"]));
    let is_asked = |package: &Value| {
        package["source"].is_null() && packages.iter().any(|name| package["name"] == name.as_str())
    };
    let mut open: Vec<String> =
        all.iter().filter(|(_, package)| is_asked(package)).map(|(id, _)| id.clone()).collect();
    assert_eq!(open.len(), packages.len(), "{packages:?}");
    let mut found = BTreeMap::new();
    while let Some(id) = open.pop() {
        let package = &all[&id];
        let licence = package["license"].as_str().unwrap_or("none").to_owned();
        if found.insert(package["name"].as_str().unwrap().to_owned(), licence).is_some() {
            continue;
        }
        for dependency in nodes[&id]["deps"].as_array().unwrap() {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            if kinds.iter().any(|kind| kind["kind"] != "dev") {
                open.push(dependency["pkg"].as_str().unwrap().to_owned());
            }
        }
    }
    found
}

/// Whether an SPDX expression lets one choose permissive licences only. `/` is how old manifests write `OR`.
fn is_permissive(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let result = any(&mut words);
    result && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>) -> bool {
    let mut result = every(words);
    while words.next_if_eq(&"OR").is_some() {
        result |= every(words);
    }
    result
}

fn every(words: &mut Words<'_>) -> bool {
    let mut result = one(words);
    while words.next_if_eq(&"AND").is_some() {
        result &= one(words);
    }
    result
}

fn one(words: &mut Words<'_>) -> bool {
    if words.next_if_eq(&"(").is_some() {
        let inner = any(words);
        return words.next() == Some(")") && inner;
    }
    let mut licence = words.next().unwrap_or_default().to_owned();
    if words.next_if_eq(&"WITH").is_some() {
        licence = format!("{licence} WITH {}", words.next().unwrap_or_default());
    }
    PERMISSIVE.contains(&licence.as_str())
}

#[test]
fn functions_are_made_of_permissive_crates() {
    let linked = linked(&functions());
    assert!(linked.len() > 100, "{}", linked.len());
    let others: Vec<_> = linked.iter().filter(|(_, licence)| !is_permissive(licence)).collect();
    assert!(others.is_empty(), "look at these licences: {others:?}");
    for (expression, expected) in [
        ("MIT OR Apache-2.0", true),
        ("MIT/Apache-2.0", true),
        ("GPL-3.0-only OR MIT", true),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("MIT AND GPL-3.0-only", false),
        ("(MIT OR Apache-2.0) AND MPL-2.0", false),
        ("Apache-2.0 WITH something", false),
        ("none", false),
        ("", false),
        ("MIT)", false),
    ] {
        assert_eq!(is_permissive(expression), expected, "{expression}");
    }
}

#[test]
fn no_regular_expression_in_a_function_can_backtrack_and_tls_is_one() {
    let linked = linked(&functions());
    for name in BACKTRACKING.iter().chain(&OTHER_TLS) {
        assert!(!linked.contains_key(*name), "{name} is linked into a function");
    }
    assert!(linked.contains_key("rustls") && linked.contains_key("ring"), "the list is of the functions");
}
