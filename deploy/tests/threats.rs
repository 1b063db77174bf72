//! The table of threats is whole: each has a control that exists and a check that exists, or says why none can run.
//! Knows the table, the sources by their text, the templates and the names of the contract's promises.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::Path;

use deploy::contract::RULES;
use serde::Deserialize;
use template::evaluated::evaluate;
use template::yaml;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    threat: Vec<Threat>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Threat {
    number: usize,
    threat: String,
    control: Vec<String>,
    rules: Vec<String>,
    check: Vec<String>,
    account: Option<String>,
}

fn text(name: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn threats() -> Vec<Threat> {
    toml::from_str::<Table>(&text("deploy/threats.toml")).unwrap_or_else(|error| panic!("{error}")).threat
}

#[test]
fn all_are_there_and_each_has_a_control_and_a_check_or_a_reason() {
    let threats = threats();
    let numbers: Vec<_> = threats.iter().map(|threat| threat.number).collect();
    assert_eq!(numbers, (1..=35).collect::<Vec<_>>());
    for threat in &threats {
        let number = threat.number;
        assert!(
            !threat.threat.is_empty() && !threat.control.is_empty(),
            "{number}: nothing stands against it"
        );
        let checked = !threat.check.is_empty() || !threat.rules.is_empty();
        let explained = threat.account.as_ref().is_some_and(|reason| reason.len() > 40);
        assert!(checked || explained, "{number}: neither a check nor why there is none");
        assert!(threat.account.is_none() || explained, "{number}: the reason says too little");
    }
}

#[test]
fn every_control_exists() {
    for Threat { number, control, .. } in threats() {
        for control in control {
            let Some((file, id)) = control.split_once(':') else {
                assert!(Path::new(ROOT).join(&control).exists(), "{number}: there is no {control}");
                continue;
            };
            let document =
                yaml::parse(&text(file)).unwrap_or_else(|problem| panic!("{file}: {}", problem.message));
            let resource = document.get("Resources").and_then(|resources| resources.get(id));
            assert!(resource.is_some(), "{number}: {file} has no resource {id}");
        }
    }
}

#[test]
fn every_rule_is_a_promise_of_the_contract() {
    for Threat { number, rules, .. } in threats() {
        for rule in rules {
            assert!(
                RULES.iter().any(|known| known.name == rule),
                "{number}: the contract has no rule `{rule}`"
            );
        }
    }
}

/// Whether `source` has a test of this name: a function under `#[test]`, in `proptest!`, or one of a browser's checks, which
/// `in_one_browser!` runs by their names.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let Some(at) = lines.iter().position(|line| {
        line.trim_start_matches("pub ")
            .trim_start_matches("async ")
            .strip_prefix("fn ")
            .is_some_and(|rest| rest.strip_prefix(name).is_some_and(|rest| rest.starts_with('(')))
    }) else {
        return false;
    };
    let above = &lines[at.saturating_sub(3)..at];
    let marked = above
        .iter()
        .any(|line| *line == "#[test]" || *line == "#[tokio::test]" || line.starts_with("#[tokio::test("));
    let named = source.contains("in_one_browser!(") && lines.contains(&format!("{name},").as_str());
    marked || named
}

#[test]
fn every_check_is_a_test_of_that_name() {
    let mut sources = BTreeMap::new();
    for Threat { number, check, .. } in threats() {
        for check in check {
            let (file, name) =
                check.split_once("::").unwrap_or_else(|| panic!("{number}: {check} is not file::test"));
            let source = sources.entry(file.to_owned()).or_insert_with(|| text(file));
            assert!(has_test(source, name), "{number}: {file} has no test {name}");
        }
    }
    assert!(has_test("    #[test]\n    fn a() {\n", "a") && has_test("#[tokio::test]\nasync fn a() {", "a"));
    assert!(has_test("in_one_browser!(\n  a,\n)\nfn a(page: &Page<'_>) {", "a"));
    for source in
        ["fn a() {", "#[test]\nfn ab() {", "// #[test]\n// fn a() {", "#[test]\nfn b() {}\n\n\n\nfn a() {}"]
    {
        assert!(!has_test(source, "a"), "{source}");
    }
}

#[test]
fn the_schedule_carries_the_secret() {
    let secret = "0123456789abcdefghijklmnopqrstuv-_";
    let overrides = BTreeMap::from([("OriginSecret".to_owned(), secret.to_owned())]);
    let template = evaluate("template.yaml", &text("template.yaml"), &overrides)
        .unwrap_or_else(|error| panic!("{error}"));
    let mut schedules = 0;
    for function in template.of("AWS::Serverless::Function") {
        for (name, event) in function.at(&["Events"]).map_or(&[][..], yaml::Node::entries) {
            // `events` is the one function that tells a schedule from a request: its schedule needs no secret and has no input.
            let Some(input) = event.get("Properties").and_then(|properties| properties.get("Input")) else {
                assert_eq!(function.id, "EventsFunction", "{} has no input", name.text);
                continue;
            };
            let input: serde_json::Value = serde_json::from_str(input.text().unwrap()).unwrap();
            assert_eq!(input["headers"]["x-origin-secret"], secret, "{}.{}", function.id, name.text);
            schedules += 1;
        }
    }
    assert!(schedules > 0);
    // Who asks for it from outside of the distribution finds it nowhere else in the open.
    for (key, output) in template.section("Outputs") {
        assert!(!format!("{output:?}").contains("OriginSecret"), "the output {} tells the secret", key.text);
    }
}
