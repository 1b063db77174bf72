//! The buckets: every route has its own, written as numbers, and the stage waits for its routes.
//! Knows the stage's `RouteSettings`. What a month of them costs is `cost`'s business.

use template::evaluated::Evaluated;
use template::yaml::Node;

use super::routes::ROUTE;
use super::{Deployment, Findings};

const STAGE: &str = "AWS::ApiGatewayV2::Stage";
/// Requests per second and at once that one route of the public set may have.
const PUBLIC_RATE: f64 = 2.0;
const PUBLIC_BURST: f64 = 300.0;

fn keys(template: &Evaluated) -> Vec<&str> {
    template.of(ROUTE).filter_map(|route| route.text(&["RouteKey"])).collect()
}

pub(super) fn every_route(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for stage in template.of(STAGE) {
        let settings = stage.at(&["RouteSettings"]).map_or(&[][..], Node::entries);
        for route in template.of(ROUTE) {
            let key = route.text(&["RouteKey"]).unwrap_or_default();
            if !settings.iter().any(|(name, _)| name.text == key) {
                let message = format!("`{key}`의 버킷이 없다. Stage의 RouteSettings에 적는다.");
                findings.of(template, route, message);
            }
        }
        for (name, _) in settings.iter().filter(|(name, _)| !keys(template).contains(&name.text.as_str())) {
            let message =
                format!("`{}`라는 라우트가 없다. 배포가 실패한다. 라우트 키와 똑같이 적는다.", name.text);
            findings.at(template, &stage.id, name.place, message);
        }
    }
}

pub(super) fn numbers(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for stage in template.of(STAGE) {
        let routes = stage.at(&["RouteSettings"]).map_or(&[][..], Node::entries);
        let routes = routes.iter().map(|(name, settings)| (name.text.as_str(), settings));
        let default = stage.at(&["DefaultRouteSettings"]);
        if default.is_none() {
            findings.of(
                template,
                stage,
                "`DefaultRouteSettings`가 없다. 새 라우트는 계정의 한도(초당 10,000)를 받는다.",
            );
        }
        for (name, settings) in routes.chain(default.map(|settings| ("DefaultRouteSettings", settings))) {
            for (limit, most) in
                [("ThrottlingRateLimit", PUBLIC_RATE), ("ThrottlingBurstLimit", PUBLIC_BURST)]
            {
                let Some(node) = settings.get(limit) else {
                    findings.node(template, stage, settings, format!("`{name}`에 `{limit}`이(가) 없다."));
                    continue;
                };
                let value = node.parse("").ok().filter(|value: &f64| value.is_finite() && *value > 0.0);
                let message = match value {
                    None => format!("`{name}`의 `{limit}`은(는) 0보다 큰 수여야 한다."),
                    Some(_) if limit.contains("Burst") && node.parse::<u32>("").is_err() => {
                        format!("`{name}`의 `{limit}`은(는) 정수여야 한다.")
                    }
                    Some(value) if deployment.public && value > most => {
                        format!("`{name}`의 `{limit}` {value}은(는) 공개 배포에 너무 크다({most}까지).")
                    }
                    Some(_) => continue,
                };
                findings.node(template, stage, node, message);
            }
        }
    }
}

/// A bucket for a route that is not there yet fails the deployment, and CloudFormation makes things in any order it likes.
pub(super) fn after_its_routes(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for stage in template.of(STAGE) {
        let depends_on = stage.depends_on();
        for route in template.of(ROUTE).filter(|route| !depends_on.contains(&route.id.as_str())) {
            let message = format!(
                "`DependsOn`에 `{}`이(가) 없다. 라우트보다 먼저 만들어지면 배포가 실패한다.",
                route.id
            );
            findings.of(template, stage, message);
        }
    }
}
