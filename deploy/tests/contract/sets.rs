//! The project's templates as they are.

use crate::{findings, read, set};

#[test]
fn the_project_s_templates_keep_every_promise_in_every_set() {
    let (system, guard) = (read("template.yaml"), read("deploy/guard.yaml"));
    for name in ["local", "lab", "public"] {
        let found = findings(&system, &guard, &set(name), name);
        let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(found.is_empty(), "{name}:\n{}", lines.join("\n"));
    }
}

#[test]
fn they_keep_them_with_everything_optional_switched_on() {
    let (system, guard) = (read("template.yaml"), read("deploy/guard.yaml"));
    let mut overrides = set("public");
    let optional = [
        ("SignUp", "open"),
        ("OriginSecret", "0123456789abcdef0123456789abcdef"),
        ("DomainName", "book.example.com"),
        ("HostedZoneId", "Z0123456789ABCDEFGHIJ"),
        ("CertificateArn", "arn:aws:acm:us-east-1:123456789012:certificate/0123abcd"),
        ("Architecture", "x86_64"),
    ];
    overrides.extend(optional.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let found = findings(&system, &guard, &overrides, "public");
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn all_mistakes_are_reported_at_once_in_the_order_of_the_file() {
    let system = read("template.yaml")
        .replacen("        Enabled: true\n  # ANCHOR_END: user-table", "  # ANCHOR_END: user-table", 1)
        .replacen("AllowedOAuthFlows: [code]", "AllowedOAuthFlows: [implicit]", 1);
    let found = findings(&system, &read("deploy/guard.yaml"), &set("public"), "public");
    let rules: Vec<&str> = found.iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["table-ttl", "client-flow"]);
    let line = found[1].to_string();
    assert!(line.starts_with("template.yaml:") && line.contains(": ReaderClient: "), "{line}");
}
