//! Seeded mistakes: one replacement in the real text each, and the one promise it breaks.
//! The mistakes themselves stand beside, a file for each template.

mod guard;
mod system;

use crate::{findings, read, set};
use guard::GUARD;
use system::SYSTEM;

/// A mistake. The finding's line is the one in which `at` ends.
struct Seed {
    rule: &'static str,
    from: &'static str,
    to: &'static str,
    at: &'static str,
}

const fn seed(rule: &'static str, from: &'static str, to: &'static str, at: &'static str) -> Seed {
    Seed { rule, from, to, at }
}

/// The line, from 1, in which the only `text` ends.
fn line_of(whole: &str, text: &str) -> usize {
    let start = whole.find(text).unwrap_or_else(|| panic!("`{text}` does not stand there"));
    whole[..start + text.trim_end_matches('\n').len()].matches('\n').count() + 1
}

/// What is wrong with how the contract takes a mistake.
fn break_one(file: &str, system: &str, guard: &str, seed: &Seed) -> Result<(), String> {
    let own = if file == "template.yaml" { system } else { guard };
    assert_eq!(own.matches(seed.from).count(), 1, "{file} must contain once:\n{}", seed.from);
    let broken = own.replacen(seed.from, seed.to, 1);
    assert_ne!(own, broken);
    let (system, guard) =
        if file == "template.yaml" { (broken.as_str(), guard) } else { (system, broken.as_str()) };
    let found = findings(system, guard, &set("public"), "public");
    let line = line_of(&broken, seed.at);
    let right = found.iter().all(|finding| finding.rule == seed.rule)
        && found.iter().any(|finding| finding.file == file && finding.place.line == line);
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    if right {
        Ok(())
    } else {
        Err(format!("[{}] expected at {file}:{line}, found:\n{}", seed.rule, lines.join("\n")))
    }
}

#[test]
fn every_mistake_breaks_the_promise_it_should_at_its_line() {
    let (system, guard) = (read("template.yaml"), read("deploy/guard.yaml"));
    let in_system = SYSTEM.iter().map(|seed| break_one("template.yaml", &system, &guard, seed));
    let in_guard = GUARD.iter().map(|seed| break_one("deploy/guard.yaml", &system, &guard, seed));
    let wrong: Vec<String> = in_system.chain(in_guard).filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Two places at once: a default alone is what the set `public` relies on.
#[test]
fn sign_up_open_by_default_is_noticed() {
    let system = read("template.yaml").replacen("    Default: closed\n", "    Default: open\n", 1);
    let found = findings(&system, &read("deploy/guard.yaml"), &set("public"), "public");
    assert!(
        found.iter().any(|finding| finding.rule == "sign-up" && finding.subject == "SignUp"),
        "{found:?}"
    );
}

#[test]
fn a_budget_that_only_speaks_afterwards_is_noticed() {
    let guard = read("deploy/guard.yaml").replace("NotificationType: ACTUAL", "NotificationType: FORECASTED");
    let found = findings(&read("template.yaml"), &guard, &set("public"), "public");
    let rules: Vec<(&str, &str)> =
        found.iter().map(|finding| (finding.rule, finding.subject.as_str())).collect();
    assert_eq!(rules, [("guard-budget", "Budget")]);
}

#[test]
fn no_promise_is_without_a_mistake_that_breaks_it() {
    let seeded: Vec<&str> =
        SYSTEM.iter().chain(GUARD).map(|seed| seed.rule).chain(["guard-budget"]).collect();
    for rule in deploy::contract::RULES {
        assert!(seeded.contains(&rule.name), "nothing breaks `{}`", rule.name);
    }
}
