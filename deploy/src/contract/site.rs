//! The site: a bucket nobody but the distribution reads, and a distribution that leaves the API's answers alone.
//! Knows `AWS::S3::*` and `AWS::CloudFront::Distribution`.

use template::evaluated::{Evaluated, Resource};
use template::yaml::Node;

use super::{Deployment, Findings};

pub(super) const DISTRIBUTION: &str = "AWS::CloudFront::Distribution";
const CONFIG: &str = "DistributionConfig";
/// AWS's managed policies (CloudFront Developer Guide, "Use managed cache policies", "… origin request policies").
const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const ALL_VIEWER_EXCEPT_HOST: &str = "b689b0a8-53d0-40ab-baf2-68738e2966ac";
const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// The distribution's behaviours with their path patterns; the default one is `*`.
pub(super) fn behaviors(distribution: &Resource) -> Vec<(&str, &Node)> {
    let others = distribution.at(&[CONFIG, "CacheBehaviors"]).map_or(&[][..], Node::items).iter();
    let others = others
        .map(|node| (node.get("PathPattern").and_then(|path| path.text().ok()).unwrap_or_default(), node));
    distribution
        .at(&[CONFIG, "DefaultCacheBehavior"])
        .map(|node| ("*", node))
        .into_iter()
        .chain(others)
        .collect()
}

pub(super) fn private(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for bucket in template.of("AWS::S3::Bucket") {
        let written =
            bucket.written.get("Properties").and_then(|node| node.get("PublicAccessBlockConfiguration"));
        for name in ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"] {
            let node = written.and_then(|written| written.get(name));
            let literal = node.is_some_and(|node| node.tag.is_none() && node.text() == Ok("true"));
            if !literal {
                let place = node.or(written).map_or(bucket.place, |node| node.place);
                let message = format!(
                    "`{name}`은(는) 글자 그대로 `true`여야 한다. 조건이나 매개변수로 열리지 않게 한다."
                );
                findings.at(template, &bucket.id, place, message);
            }
        }
        if let Some(node) = bucket.at(&["WebsiteConfiguration"]).or(bucket.at(&["AccessControl"])) {
            findings.node(template, bucket, node, "웹사이트 모드와 ACL은 버킷을 여는 길이다. 지운다.");
        }
    }
}

pub(super) fn bucket_policy(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    let distributions: Vec<&str> = template.of(DISTRIBUTION).map(|resource| resource.id.as_str()).collect();
    for bucket in template.of("AWS::S3::Bucket") {
        if !template.of("AWS::S3::BucketPolicy").any(|policy| policy.text(&["Bucket"]) == Some(&bucket.id)) {
            findings.of(template, bucket, "버킷 정책이 없다. 배포(CloudFront)만 읽게 한다.");
        }
    }
    for policy in template.of("AWS::S3::BucketPolicy") {
        for statement in policy.at(&["PolicyDocument", "Statement"]).map_or(&[][..], Node::items) {
            if statement.get("Effect").map(Node::text) != Some(Ok("Allow")) {
                continue;
            }
            let service = statement.get("Principal").and_then(|principal| principal.get("Service"));
            let source = statement.get("Condition").and_then(|condition| condition.get("StringEquals"));
            let source =
                source.and_then(|equals| equals.get("AWS:SourceArn")).and_then(|node| node.text().ok());
            let ours = source.is_some_and(|arn| {
                distributions.iter().any(|id| arn.ends_with(&format!("distribution/{id}")))
            });
            if service.map(Node::text) != Some(Ok("cloudfront.amazonaws.com")) || !ours {
                findings.node(
                    template,
                    policy,
                    statement,
                    "이 템플릿의 배포만 읽어야 한다: `Service: cloudfront.amazonaws.com`과 `AWS:SourceArn` 조건.",
                );
            }
        }
    }
}

pub(super) fn origin_access(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for distribution in template.of(DISTRIBUTION) {
        for origin in distribution.at(&[CONFIG, "Origins"]).map_or(&[][..], Node::items) {
            if origin.get("CustomOriginConfig").is_some() {
                api_origin(template, distribution, origin, findings);
                continue;
            }
            let access = origin.get("OriginAccessControlId").and_then(|node| node.text().ok());
            let access = access.and_then(|id| template.resource(id.split('.').next().unwrap_or(id)));
            let signs = |access: &Resource| {
                let value = |name| access.text(&["OriginAccessControlConfig", name]);
                value("SigningBehavior") == Some("always")
                    && value("OriginAccessControlOriginType") == Some("s3")
            };
            if !access.is_some_and(signs) {
                findings.node(
                    template,
                    distribution,
                    origin,
                    "S3 오리진에 OAC가 없다. `OriginAccessControlId`가 늘 서명하는 OAC를 가리키게 한다.",
                );
            }
        }
    }
}

fn api_origin(template: &Evaluated, distribution: &Resource, origin: &Node, findings: &mut Findings<'_>) {
    let config = origin.get("CustomOriginConfig");
    if config.and_then(|config| config.get("OriginProtocolPolicy")).map(Node::text) != Some(Ok("https-only"))
    {
        findings.node(
            template,
            distribution,
            origin,
            "API로 가는 길도 `OriginProtocolPolicy: https-only`여야 한다.",
        );
    }
    let headers = origin.get("OriginCustomHeaders").map_or(&[][..], Node::items);
    let secret = headers.iter().any(|header| {
        let name = header.get("HeaderName").and_then(|name| name.text().ok()).unwrap_or_default();
        name.eq_ignore_ascii_case("x-origin-secret")
    });
    // With no secret set there is no header to send: CloudFront refuses an empty one.
    let set = template.parameters.get("OriginSecret").is_some_and(|secret| !secret.is_empty());
    if set && !secret {
        findings.node(
            template,
            distribution,
            origin,
            "`x-origin-secret` 헤더를 보내지 않는다. 함수가 모두 403으로 답한다.",
        );
    }
}

pub(super) fn https(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for distribution in template.of(DISTRIBUTION) {
        for (path, behavior) in behaviors(distribution) {
            let protocol = behavior.get("ViewerProtocolPolicy");
            let safe =
                protocol.is_some_and(|node| matches!(node.text(), Ok("redirect-to-https" | "https-only")));
            if !safe {
                let place = protocol.map_or(behavior.place, |node| node.place);
                let message = format!(
                    "`{path}`을(를) http로도 내준다. `ViewerProtocolPolicy: redirect-to-https`로 바꾼다."
                );
                findings.at(template, &distribution.id, place, message);
            }
        }
    }
}

pub(super) fn api_behavior(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for distribution in template.of(DISTRIBUTION) {
        let Some((_, behavior)) = behaviors(distribution).into_iter().find(|(path, _)| *path == "/api/*")
        else {
            findings.of(template, distribution, "`/api/*` 동작이 없다. 책과 API가 한 오리진이어야 한다.");
            continue;
        };
        let mut demand = |name: &str, value: &str, why: &str| {
            if behavior.get(name).map(Node::text) != Some(Ok(value)) {
                let place = behavior.get(name).map_or(behavior.place, |node| node.place);
                findings.at(
                    template,
                    &distribution.id,
                    place,
                    format!("`/api/*`의 `{name}`은(는) {why}여야 한다({value})."),
                );
            }
        };
        demand("CachePolicyId", CACHING_DISABLED, "CachingDisabled");
        demand("OriginRequestPolicyId", ALL_VIEWER_EXCEPT_HOST, "AllViewerExceptHostHeader");
        let methods = behavior.get("AllowedMethods").map_or(&[][..], Node::items);
        if !METHODS.iter().all(|method| methods.iter().any(|node| node.text() == Ok(method))) {
            let place = behavior.get("AllowedMethods").map_or(behavior.place, |node| node.place);
            let message = format!("`/api/*`의 `AllowedMethods`는 모두여야 한다: {}.", METHODS.join(", "));
            findings.at(template, &distribution.id, place, message);
        }
    }
}

pub(super) fn error_pages(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for distribution in template.of(DISTRIBUTION) {
        if let Some(node) = distribution.at(&[CONFIG, "CustomErrorResponses"]) {
            findings.node(
                template,
                distribution,
                node,
                "배포 전체의 오류 페이지는 API의 403과 404도 바꿔 버린다. 지운다.",
            );
        }
    }
}

/// The price file knows what an edge of this class costs at most.
pub(super) fn price_class(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for distribution in template.of(DISTRIBUTION) {
        let path = [CONFIG, "PriceClass"];
        findings.demand(
            template,
            distribution,
            &path,
            "PriceClass_200",
            "가장 비싼 엣지를 빼야 요금의 한도가 맞는다.",
        );
    }
}
