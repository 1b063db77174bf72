//! What GitHub Actions may do: the workflows below `.github` and the roles of `deploy/github-role.yaml`.
//! Rules that must hold also where no linter is installed; each is tried on a file that breaks it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use template::yaml::{self, Node};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn workflows() -> Vec<(String, String)> {
    let folder = std::fs::read_dir(root().join(".github/workflows")).unwrap();
    let mut files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let named = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    files.iter().map(|path| (named(path), std::fs::read_to_string(path).unwrap())).collect()
}

/// Everything a workflow does that it must not.
fn faults(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let workflow = yaml::parse(text).unwrap();
    // `write-all` and `read-all` are words, rights are a mapping.
    let gives = |permissions: &Node| permissions.text().is_ok() || !permissions.entries().is_empty();
    if workflow.get("permissions").is_none_or(gives) {
        faults.push("gives every job rights: write `permissions: {}`".to_owned());
    }
    let shell = workflow.get("defaults").and_then(|defaults| defaults.get("run")?.get("shell")?.text().ok());
    if shell != Some("bash") {
        faults.push("names no shell: a pipe whose first program fails would pass".to_owned());
    }
    for trigger in ["pull_request_target", "workflow_run"] {
        if text.contains(trigger) {
            faults.push(format!("{trigger} hands secrets to code of strangers"));
        }
    }
    if text.contains("secrets.") || text.contains("aws-access-key-id") {
        faults.push("uses a secret: roles are taken by OIDC".to_owned());
    }
    for (name, job) in workflow.get("jobs").unwrap().entries() {
        let name = &name.text;
        if job.get("uses").is_none() && job.get("timeout-minutes").is_none() {
            faults.push(format!("{name} has no timeout"));
        }
        let steps = job.get("steps").map_or(&[][..], Node::items);
        let uses =
            |step: &Node| step.get("uses").map(|uses| uses.text().unwrap().to_owned()).unwrap_or_default();
        let permissions = job.get("permissions").map_or(&[][..], Node::entries);
        let has_token = permissions.iter().any(|(right, _)| right.text == "id-token");
        for step in steps {
            let action = uses(step);
            if action.starts_with("actions/checkout@") {
                let keeps = step.get("with").and_then(|with| with.get("persist-credentials"));
                if keeps.is_none_or(|keeps| keeps.text() != Ok("false")) {
                    faults.push(format!("{name} leaves the token behind after the checkout"));
                }
                if has_token {
                    faults.push(format!("{name} checks code out where it may take a role"));
                }
            }
        }
        if has_token && job.get("environment").is_none() {
            faults.push(format!("{name} may take a role outside an environment"));
        }
    }
    for line in text.lines().filter_map(|line| line.trim_start_matches([' ', '-']).strip_prefix("uses: ")) {
        let pinned = line.split_once('@').and_then(|(_, rest)| rest.split_once(" # v"));
        let is_commit = |hash: &str| hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !line.starts_with("$/") && !pinned.is_some_and(|(hash, _)| is_commit(hash)) {
            faults.push(format!("`{line}` is not pinned to a commit with its version beside it"));
        }
    }
    faults
}

#[test]
fn the_workflows_keep_the_rules() {
    let workflows = workflows();
    let names: Vec<_> = workflows.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["end-to-end.yml", "preview.yml", "publish.yml", "release.yml", "test.yml"]);
    for (name, text) in &workflows {
        assert_eq!(faults(text), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn every_rule_finds_what_breaks_it() {
    let workflows = workflows();
    for (name, from, to, fault) in [
        ("test.yml", "permissions: {}", "permissions: write-all", "gives every job rights"),
        ("test.yml", "  pull_request:\n", "  pull_request_target:\n", "hands secrets"),
        ("test.yml", "    shell: bash\n", "    working-directory: book\n", "names no shell"),
        ("test.yml", "    timeout-minutes: 90\n", "", "test has no timeout"),
        ("test.yml", "persist-credentials: false", "persist-credentials: true", "leaves the token behind"),
        ("test.yml", "@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", "not pinned"),
        ("test.yml", " # v7.0.1", "", "not pinned"),
        ("publish.yml", "role-to-assume: ${{ vars.", "role-to-assume: ${{ secrets.", "uses a secret"),
        (
            "publish.yml",
            "    environment:\n      name: book\n",
            "    env:\n      name: book\n",
            "outside an environment",
        ),
        (
            "publish.yml",
            "      contents: read\n    steps",
            "      id-token: write\n    steps",
            "checks code out",
        ),
    ] {
        let (_, text) = workflows.iter().find(|(file, _)| file == name).unwrap();
        assert!(text.contains(from), "{name}: {from}");
        let faults = faults(&text.replace(from, to));
        assert!(faults.iter().any(|found| found.contains(fault)), "{name}: {from} → {to}: {faults:?}");
    }
}

/// Everything wrong with the roles.
fn role_faults(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let template = yaml::parse(text).unwrap();
    let roles = template.get("Resources").unwrap().entries().iter();
    for (id, role) in
        roles.filter(|(_, resource)| resource.get("Type").unwrap().text() == Ok("AWS::IAM::Role"))
    {
        let id = &id.text;
        let properties = role.get("Properties").unwrap();
        let trust = properties.get("AssumeRolePolicyDocument").unwrap();
        for statement in trust.get("Statement").unwrap().items() {
            let equals = statement.get("Condition").and_then(|condition| condition.get("StringEquals"));
            let value = |claim: &str| {
                let key = format!("token.actions.githubusercontent.com:{claim}");
                equals.and_then(|equals| equals.get(&key)?.text().ok().map(str::to_owned)).unwrap_or_default()
            };
            if value("aud") != "sts.amazonaws.com" {
                faults.push(format!("{id} takes tokens for other audiences"));
            }
            let subject = value("sub");
            if !subject.starts_with("repo:${Repository}:environment:${") || subject.contains(['*', '?']) {
                faults.push(format!("{id} takes tokens of others than one environment of this repository"));
            }
        }
        for policy in properties.get("Policies").unwrap().items() {
            for statement in policy.get("PolicyDocument").unwrap().get("Statement").unwrap().items() {
                faults.extend(statement_faults(id, statement));
            }
        }
    }
    faults
}

fn statement_faults(id: &str, statement: &Node) -> Vec<String> {
    let texts = |name: &str| {
        let node = statement.get(name).unwrap();
        let one = node.text().map(|text| vec![text.to_owned()]).unwrap_or_default();
        let all = node.items().iter().map(|item| item.text().unwrap().to_owned());
        one.into_iter().chain(all).collect::<Vec<_>>()
    };
    let (actions, resources) = (texts("Action"), texts("Resource"));
    let mut faults = Vec::new();
    for action in actions.iter().filter(|action| action.contains('*')) {
        faults.push(format!("{id} may do {action}"));
    }
    let is_one_of_ours = |resource: &String| {
        ["stack/${StackName}/", "s3:::${SiteBucket}", "distribution/${DistributionId}"]
            .iter()
            .any(|own| resource.contains(own))
    };
    for resource in resources.iter().filter(|resource| !is_one_of_ours(resource)) {
        faults.push(format!("{id} may touch {resource}"));
    }
    let writes = actions.iter().any(|action| ["s3:PutObject", "s3:DeleteObject"].contains(&action.as_str()));
    if id == "PreviewRole" && writes && resources.iter().any(|resource| !resource.ends_with("/pr-*/*")) {
        faults.push(format!("{id} may write outside previews"));
    }
    faults
}

#[test]
fn the_roles_are_this_repository_s_alone_and_reach_one_site() {
    let text = std::fs::read_to_string(root().join("deploy/github-role.yaml")).unwrap();
    assert_eq!(role_faults(&text), Vec::<String>::new());
    for (from, to, fault) in [
        (
            ":sub: !Sub repo:${Repository}:environment:${PublishEnvironment}",
            ":sub: !Sub repo:${Repository}:*",
            "PublishRole takes tokens of others",
        ),
        (
            "            Condition:\n              StringEquals:",
            "            Condition:\n              StringLike:",
            "PreviewRole takes tokens for other",
        ),
        ("Action: s3:ListBucket", "Action: s3:*", "PublishRole may do s3:*"),
        ("distribution/${DistributionId}", "distribution/*", "PublishRole may touch"),
        ("${SiteBucket}/pr-*/*", "${SiteBucket}/*", "PreviewRole may write outside"),
    ] {
        assert!(text.contains(from), "{from}");
        let faults = role_faults(&text.replace(from, to));
        assert!(faults.iter().any(|found| found.contains(fault)), "{from} → {to}: {faults:?}");
    }
}
