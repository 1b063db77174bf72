//! The API's doors: who may pass which route, from which page, and to what.
//! Knows `AWS::ApiGatewayV2::*`; the buckets in front of the routes are `throttle`'s.

use template::yaml::Node;

use super::functions::FUNCTION;
use super::{Deployment, Findings};
use crate::references;

pub(super) const ROUTE: &str = "AWS::ApiGatewayV2::Route";
/// Whatever lies below belongs to one signed-in reader.
const SIGNED_IN: &str = "/api/me/";

pub(super) fn signed_in(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for route in template.of(ROUTE) {
        let key = route.text(&["RouteKey"]).unwrap_or_default();
        let kind = route.at(&["AuthorizationType"]);
        if !key.split(' ').nth(1).is_some_and(|path| path.starts_with(SIGNED_IN)) {
            if let Some(kind) = kind.filter(|kind| kind.text() != Ok("NONE")) {
                let message = format!(
                    "`{key}`은(는) 누구나 부르는 라우트다. 권한 부여자를 두려면 {SIGNED_IN} 아래로 옮긴다."
                );
                findings.node(template, route, kind, message);
            }
            continue;
        }
        let why = "로그인한 사람의 라우트다.";
        findings.demand(template, route, &["AuthorizationType"], "JWT", why);
        if route.at(&["AuthorizerId"]).is_none() {
            findings.of(template, route, format!("`AuthorizerId`가 없다. {why}"));
        }
        let scopes = route.at(&["AuthorizationScopes"]);
        if scopes.is_none_or(|scopes| scopes.items().is_empty()) {
            findings.of(
                template,
                route,
                "`AuthorizationScopes`가 없다. 범위를 묻지 않으면 ID 토큰으로도 들어온다.",
            );
        }
    }
}

pub(super) fn audience(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for authorizer in template.of("AWS::ApiGatewayV2::Authorizer") {
        findings.demand(
            template,
            authorizer,
            &["AuthorizerType"],
            "JWT",
            "토큰을 검사하는 것은 API Gateway다.",
        );
        let audience = authorizer.written.get("Properties").and_then(|node| node.get("JwtConfiguration"));
        let audience = audience.and_then(|node| node.get("Audience"));
        let ours = audience.is_some_and(|audience| {
            references::names(audience).iter().any(|name| {
                template
                    .resource(name)
                    .is_some_and(|resource| resource.kind == "AWS::Cognito::UserPoolClient")
            })
        });
        if !ours {
            let place = audience.map_or(authorizer.place, |audience| audience.place);
            let message = "`JwtConfiguration.Audience`가 이 템플릿의 클라이언트여야 한다. 없으면 다른 앱의 토큰도 통한다.";
            findings.at(template, &authorizer.id, place, message);
        }
    }
}

pub(super) fn cors(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for api in template.of("AWS::ApiGatewayV2::Api") {
        for name in ["AllowOrigins", "AllowMethods", "AllowHeaders"] {
            for item in api.at(&["CorsConfiguration", name]).map_or(&[][..], Node::items) {
                if item.text().is_ok_and(|text| text.contains('*')) {
                    let message = format!(
                        "`{name}`에 `*`가 있다. 남의 페이지가 이 API를 부르게 된다. 하나하나 적는다."
                    );
                    findings.node(template, api, item, message);
                }
            }
        }
        if let Some(node) = api.at(&["CorsConfiguration", "AllowCredentials"])
            && node.text() != Ok("false")
        {
            findings.node(template, api, node, "쿠키를 쓰지 않는다. `AllowCredentials`를 지운다.");
        }
    }
}

/// Provisioned concurrency hangs on an alias: called by its plain name, the function starts cold beside the ready environments.
pub(super) fn alias(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for function in template.of(FUNCTION) {
        let written = function.written.get("Properties");
        if written.is_none_or(|properties| properties.get("ProvisionedConcurrencyConfig").is_none()) {
            continue;
        }
        if function.at(&["AutoPublishAlias"]).is_none() {
            findings.of(template, function, "`AutoPublishAlias`가 없다. 준비해 둔 환경은 별칭에 매달린다.");
            continue;
        }
        for (kind, name) in [
            ("AWS::ApiGatewayV2::Integration", "IntegrationUri"),
            ("AWS::Lambda::Permission", "FunctionName"),
        ] {
            for resource in template.of(kind) {
                let written = resource.written.get("Properties").and_then(|node| node.get(name));
                let Some((written, node)) = written.zip(resource.at(&[name])) else { continue };
                if !references::names(written).contains(&function.id.as_str()) {
                    continue;
                }
                let text = node.text().unwrap_or_default();
                let is_plain = text == function.id || text.ends_with(&format!(":function:{}", function.id));
                // A template that can keep environments ready has to be able to reach them, also where none is ready now.
                let is_ready = function.at(&["ProvisionedConcurrencyConfig"]).is_some();
                if is_plain && (is_ready || !references::aliases(written).contains(&function.id.as_str())) {
                    let message = format!(
                        "준비해 둔 환경이 있을 때는 별칭을 가리켜야 한다: `!If [<조건>, !Ref {id}.Alias, !GetAtt {id}.Arn]`.",
                        id = function.id
                    );
                    findings.node(template, resource, node, message);
                }
            }
        }
    }
}
