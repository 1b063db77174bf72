//! The response headers of the site: which scripts may run, and that nobody frames or sniffs.
//! Knows `AWS::CloudFront::ResponseHeadersPolicy` and the distribution's behaviours.

use template::evaluated::{Evaluated, Resource};

use super::site::{DISTRIBUTION, behaviors};
use super::{Deployment, Findings};
use crate::references;

const POLICY: &str = "AWS::CloudFront::ResponseHeadersPolicy";
const SECURITY: [&str; 2] = ["ResponseHeadersPolicyConfig", "SecurityHeadersConfig"];

pub(super) fn check(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for distribution in template.of(DISTRIBUTION) {
        for (path, behavior) in behaviors(distribution) {
            let policy = behavior.get("ResponseHeadersPolicyId").and_then(|node| node.text().ok());
            let policy = policy.and_then(|id| template.resource(id.split('.').next().unwrap_or(id)));
            if policy.is_none_or(|policy| policy.kind != POLICY) {
                let message =
                    format!("`{path}`에 응답 헤더 정책이 없다. `ResponseHeadersPolicyId`를 적는다.");
                findings.node(template, distribution, behavior, message);
            }
        }
    }
    for policy in template.of(POLICY) {
        security(template, policy, findings);
    }
}

fn security(template: &Evaluated, policy: &Resource, findings: &mut Findings<'_>) {
    let text = |name: &str, field: &str| policy.text(&[SECURITY[0], SECURITY[1], name, field]);
    let age =
        text("StrictTransportSecurity", "AccessControlMaxAgeSec").and_then(|age| age.parse::<u64>().ok());
    if age.is_none_or(|age| age < 31_536_000) {
        findings.of(template, policy, "`StrictTransportSecurity`가 없거나 1년(31536000초)보다 짧다.");
    }
    if policy.at(&[SECURITY[0], SECURITY[1], "ContentTypeOptions"]).is_none() {
        findings.of(template, policy, "`ContentTypeOptions`(nosniff)가 없다.");
    }
    let Some(csp) = policy.at(&[SECURITY[0], SECURITY[1], "ContentSecurityPolicy", "ContentSecurityPolicy"])
    else {
        findings.of(template, policy, "`ContentSecurityPolicy`가 없다.");
        return;
    };
    let text = csp.text().unwrap_or_default();
    let directive = |name: &str| text.split(';').map(str::trim).find(|part| part.starts_with(name));
    for name in ["default-src", "script-src", "object-src", "base-uri", "frame-ancestors"] {
        if directive(name).is_none() {
            findings.node(template, policy, csp, format!("CSP에 `{name}`이(가) 없다."));
        }
    }
    let scripts = directive("script-src").unwrap_or_default();
    let open = ["'unsafe-inline'", "'unsafe-eval'", "http:", "https:", "*"];
    if let Some(open) = open.iter().find(|open| scripts.split(' ').any(|source| source == **open)) {
        findings.node(
            template,
            policy,
            csp,
            format!("CSP의 `script-src`에 `{open}`을(를) 두지 않는다. 해시로 허락한다."),
        );
    }
    let written = policy.written.get("Properties").map(references::names).unwrap_or_default();
    if !written.contains(&"ScriptHashes") {
        findings.node(
            template,
            policy,
            csp,
            "CSP의 `script-src`가 `ScriptHashes`를 쓰지 않는다. 책의 스크립트가 막힌다.",
        );
    }
}
