//! The published book and the book of `cargo run` are behind the same headers, and the policy fits the book that is built.
//! Knows the real book, built by the server's own library, and the real template.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use book_files::{Files, InlineScripts, PAGE_HEADERS};
use local::site::build::build_once;
use template::evaluated::{Evaluated, Resource, evaluate};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const SETS: [&str; 3] = ["local", "lab", "public"];

/// The whole header, for the longest sign-in name Cognito allows. CloudFront's own limit is not documented.
const LONGEST_POLICY: usize = 800;
/// "Domain prefixes … up to 63 characters" (Amazon Cognito API Reference, CreateUserPoolDomain).
const LONGEST_DOMAIN: usize = 63;

/// The real book as it would be published.
static BOOK: LazyLock<Files> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    build_once(&Path::new(ROOT).join("book"), Some(folder.path())).unwrap();
    book_files::read(folder.path()).unwrap()
});

fn text(name: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(name)).unwrap()
}

fn template(set: &str) -> Evaluated {
    let overrides = template::parameters::read(&text("samconfig.toml"), set).unwrap();
    evaluate("template.yaml", &text("template.yaml"), &overrides).unwrap_or_else(|error| panic!("{error}"))
}

fn headers(template: &Evaluated) -> &Resource {
    template.resource("SiteHeaders").expect("SiteHeaders")
}

const SECURITY: [&str; 2] = ["ResponseHeadersPolicyConfig", "SecurityHeadersConfig"];

fn security<'a>(headers: &'a Resource, path: &[&str]) -> Option<&'a str> {
    headers.text(&[&SECURITY[..], path].concat())
}

/// Where scripts of the published book may call beside itself: the user pool's domain, and what its keys lie below.
fn connect(template: &Evaluated) -> String {
    let domain = template.of("AWS::Cognito::UserPoolDomain").next().expect("a sign-in domain");
    let issuer = &template.outputs["SignInIssuer"];
    format!("https://{}.auth.{}.amazoncognito.com {issuer}/", domain.id, template::REGION)
}

/// The one page of the book that readers are sent back to, as the settings of the book name it.
fn signed_in() -> String {
    let config: toml::Table = toml::from_str(&text("book/book.toml")).unwrap();
    config["preprocessor"]["live"]["sign-in"]["page"].as_str().unwrap().to_owned()
}

#[test]
fn readers_are_sent_back_to_one_page_here_and_there() {
    let page = signed_in();
    assert_eq!(page, local::cognito::SIGNED_IN, "the issuer of this machine");
    assert!(BOOK.contains_key(page.trim_start_matches('/')), "{page} is no file of the book");
    for set in ["lab", "public"] {
        let template = template(set);
        let client = template.of("AWS::Cognito::UserPoolClient").next().expect("a client");
        for name in ["CallbackURLs", "LogoutURLs"] {
            let addresses = client.at(&[name]).expect(name).items();
            assert!(addresses.len() >= 2, "{name}");
            for address in addresses {
                let address = address.text().unwrap();
                let path =
                    address.strip_prefix("https://").and_then(|rest| rest.find('/').map(|at| &rest[at..]));
                assert_eq!(path, Some(page.as_str()), "{name}: {address}");
            }
        }
        let scopes: Vec<_> = client
            .at(&["AllowedOAuthScopes"])
            .unwrap()
            .items()
            .iter()
            .map(|one| one.text().unwrap())
            .collect();
        assert_eq!(template.outputs["SignInScope"], scopes.join(" "), "what pages ask for");
    }
}

#[test]
fn the_template_names_the_inline_scripts_of_the_book() {
    let scripts = InlineScripts::of(&BOOK);
    let needed = scripts.source_list();
    assert!(needed.split(' ').count() <= 2, "the page frame needs two inline scripts and no more: {needed}");
    let template = template("public");
    assert_eq!(
        template.outputs["ScriptHashes"], needed,
        "the inline scripts of the book have changed. Write in template.yaml, Mappings:\n    Hashes: \"{needed}\"\n"
    );
}

#[test]
fn cloudfront_sends_the_policy_that_local_sends() {
    let scripts = InlineScripts::of(&BOOK);
    for set in ["lab", "public"] {
        let template = template(set);
        let expected = scripts.policy(&connect(&template));
        let path = ["ContentSecurityPolicy", "ContentSecurityPolicy"];
        assert_eq!(security(headers(&template), &path), Some(expected.as_str()), "{set}");
        assert_eq!(security(headers(&template), &["ContentSecurityPolicy", "Override"]), Some("true"));
        let longest = expected.len() + LONGEST_DOMAIN;
        assert!(longest <= LONGEST_POLICY, "{longest} characters");
    }
    // On this machine nothing but the source of `connect-src` differs.
    let (here, there) = (scripts.policy("http://*.localhost:3000"), scripts.policy("https://x.example"));
    assert_eq!(here.replace("http://*.localhost:3000", "https://x.example"), there);
    for part in ["'unsafe-eval'", "*;", "http:;", "https:;"] {
        assert!(!there.contains(part), "{part}: {there}");
    }
    let scripts = there.split("; ").find(|part| part.starts_with("script-src ")).unwrap();
    assert!(!scripts.contains("unsafe") && !scripts.contains("data:"), "{scripts}");
}

#[test]
fn cloudfront_sends_the_other_headers_that_local_sends() {
    let template = template("public");
    let headers = headers(&template);
    let mut sent = BTreeMap::new();
    if security(headers, &["ContentTypeOptions", "Override"]) == Some("true") {
        sent.insert("x-content-type-options".to_owned(), "nosniff".to_owned());
    }
    if let Some(value) = security(headers, &["ReferrerPolicy", "ReferrerPolicy"]) {
        sent.insert("referrer-policy".to_owned(), value.to_owned());
    }
    let custom =
        headers.at(&["ResponseHeadersPolicyConfig", "CustomHeadersConfig", "Items"]).expect("custom headers");
    for item in custom.items() {
        let part = |name: &str| item.get(name).and_then(|node| node.text().ok()).unwrap().to_owned();
        assert_eq!(part("Override"), "true");
        sent.insert(part("Header").to_ascii_lowercase(), part("Value"));
    }
    let expected = PAGE_HEADERS.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(sent, BTreeMap::from(expected));

    // AWS only: `local` speaks plain HTTP, where browsers ignore it (RFC 6797, 8.1). At least a year.
    let age = security(headers, &["StrictTransportSecurity", "AccessControlMaxAgeSec"]).unwrap();
    assert!(age.parse::<u64>().unwrap() >= 31_536_000, "{age}");
    let known = ["ContentSecurityPolicy", "ContentTypeOptions", "ReferrerPolicy", "StrictTransportSecurity"];
    for (key, _) in headers.at(&SECURITY).unwrap().entries() {
        assert!(known.contains(&key.text.as_str()), "{}: `local` does not send it", key.text);
    }
    assert!(InlineScripts::default().policy("x").contains("frame-ancestors 'self'"));
}

/// Start tags of these elements in a page, up to their `>`.
fn tags<'a>(html: &'a str, names: &[&str]) -> Vec<&'a str> {
    let mut found = Vec::new();
    for (at, _) in html.match_indices('<') {
        let rest = &html[at + 1..];
        let is_named = names.iter().any(|name| {
            rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
                && !rest[name.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '-')
        });
        if is_named {
            let mut quote = None;
            let end = rest.find(|c| {
                match (quote, c) {
                    (None, '>') => return true,
                    (None, '"' | '\'') => quote = Some(c),
                    (Some(open), c) if open == c => quote = None,
                    _ => {}
                }
                false
            });
            found.push(&rest[..end.unwrap_or(rest.len())]);
        }
    }
    found
}

#[test]
fn no_page_takes_anything_from_another_origin() {
    let names = [
        "script", "link", "img", "iframe", "frame", "object", "embed", "source", "video", "audio", "base",
        "form", "use",
    ];
    let mut seen = 0;
    for (name, content) in BOOK.iter() {
        let text = String::from_utf8_lossy(content);
        if name.ends_with(".html") {
            for tag in tags(&text, &names) {
                for attribute in ["src", "href", "action", "srcset", "data", "formaction"] {
                    for quote in ['"', '\''] {
                        let (_, value) = tag.split_once(&format!(" {attribute}={quote}")).unwrap_or_default();
                        let value = value.split(quote).next().unwrap_or_default().trim();
                        let elsewhere =
                            value.contains("//") || value.to_ascii_lowercase().starts_with("javascript:");
                        assert!(!elsewhere, "{name}: <{tag}>");
                        seen += usize::from(!value.is_empty());
                    }
                }
            }
        }
        if name.ends_with(".css") {
            let text = text.replace([' ', '"', '\''], "");
            assert!(
                !text.contains("url(http") && !text.contains("url(//") && !text.contains("@importhttp"),
                "{name}"
            );
        }
    }
    assert!(seen > 100, "{seen}: the tags were not found");
    assert_eq!(tags("<scripts src=\"a\"><script src='a>b'>", &["script"]), ["script src='a>b'"]);
}

#[test]
fn crawlers_are_told_to_leave_the_demos_alone() {
    let robots = std::str::from_utf8(&BOOK["robots.txt"]).unwrap();
    let rules: Vec<&str> = robots.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(rules, ["User-agent: *", "Disallow: /api/"]);
}

/// Whether a text holds an access key id: `AKIA` or `ASIA` and sixteen capitals or digits (IAM User Guide, "unique identifiers").
/// AWS's documentation ends its examples with EXAMPLE.
fn access_key(text: &str) -> Option<&str> {
    ["AKIA", "ASIA"].iter().flat_map(|start| text.match_indices(start)).find_map(|(at, _)| {
        let key = text.get(at..at + 20)?;
        let is_key = key.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        (is_key && !key.ends_with("EXAMPLE")).then_some(key)
    })
}

/// Whether a value of at least 32 letters and digits, the least the template takes for a secret, follows the name.
fn is_told(text: &str, name: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.match_indices(name).any(|(at, _)| {
        let value = text[at + name.len()..].trim_start_matches([' ', '=', ':', '"', '\'']);
        value
            .bytes()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'/' | b'+'))
            .count()
            >= 32
    })
}

#[test]
fn neither_template_nor_book_holds_a_secret() {
    let mut texts: Vec<(String, String)> =
        ["template.yaml", "samconfig.toml"].map(|name| (name.to_owned(), text(name))).into();
    texts.extend(
        BOOK.iter().map(|(name, content)| (name.clone(), String::from_utf8_lossy(content).into_owned())),
    );
    for (name, text) in &texts {
        assert_eq!(access_key(text), None, "{name}");
        assert!(!text.contains("PRIVATE KEY-----"), "{name}");
        for mark in ["aws_secret_access_key", "originsecret", "origin_secret", "x-origin-secret"] {
            assert!(!is_told(text, mark), "{name}: what is behind {mark} looks like one");
        }
    }
    assert_eq!(access_key("x AKIA1234567890ABCDEF y"), Some("AKIA1234567890ABCDEF"));
    assert_eq!(access_key("AKIAIOSFODNN7EXAMPLE"), None);
    assert!(is_told("X-Origin-Secret: 0123456789abcdefghijklmnopqrstuv", "x-origin-secret"));
    assert!(!is_told("x-origin-secret: $SECRET", "x-origin-secret"));

    // The one secret of the system comes from outside, is not echoed, and no parameter set has it.
    let template = template("public");
    for (key, parameter) in template.section("Parameters") {
        let name = key.text.to_ascii_lowercase();
        if ["secret", "password", "token"].iter().any(|part| name.contains(part)) {
            let value = |name: &str| parameter.get(name).and_then(|node| node.text().ok());
            assert_eq!((value("NoEcho"), value("Default")), (Some("true"), Some("")), "{}", key.text);
            for set in SETS {
                let overrides = template::parameters::read(&self::text("samconfig.toml"), set).unwrap();
                assert!(!overrides.contains_key(&key.text), "samconfig.toml [{set}] holds {}", key.text);
            }
        }
    }
}
