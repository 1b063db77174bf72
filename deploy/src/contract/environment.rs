//! Secrets: none in the open, and the one there is comes from a parameter nobody can read back.
//! Knows the functions' environment variables and the parameters.

use template::yaml::{Key, Node};

use super::functions::FUNCTION;
use super::{Deployment, Findings};
use crate::references;

/// Parts of names that promise a secret.
const SECRETIVE: &[&str] = &[
    "ACCESS_KEY",
    "API_KEY",
    "CREDENTIAL",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "PRIVATE",
    "SECRET",
    "TOKEN",
];
const ORIGIN_SECRET: &str = "ORIGIN_SECRET";
const PARAMETER: &str = "OriginSecret";

pub(super) fn secrets(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    let globals = template.document.get("Globals").and_then(|globals| globals.get("Function"));
    let own =
        template.of(FUNCTION).map(|function| (function.id.as_str(), function.written.get("Properties")));
    for (subject, properties) in own.chain([("Globals", globals)]) {
        for (key, value) in properties.map_or(&[][..], variables) {
            let secretive = SECRETIVE.iter().any(|part| key.text.to_uppercase().contains(part));
            if secretive && !(key.text == ORIGIN_SECRET && is_parameter(value)) {
                let message =
                    format!("환경 변수 `{}`에 비밀을 두지 않는다. 콘솔과 템플릿에 그대로 보인다.", key.text);
                findings.at(template, subject, key.place, message);
            }
        }
    }
}

/// The variables a function's properties, or `Globals.Function`, set.
fn variables(properties: &Node) -> &[(Key, Node)] {
    let variables = properties.get("Environment").and_then(|node| node.get("Variables"));
    variables.map_or(&[], Node::entries)
}

/// The parameter and nothing else, whatever condition stands around it.
fn is_parameter(value: &Node) -> bool {
    references::names(value).iter().all(|name| [PARAMETER, "AWS::NoValue"].contains(name))
        && references::names(value).contains(&PARAMETER)
}

/// CloudFront sends the secret, the functions ask for it, and nobody reads it in the console.
pub(super) fn origin_secret(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    let Some((key, parameter)) = template.section("Parameters").iter().find(|(key, _)| key.text == PARAMETER)
    else {
        let message =
            format!("매개변수 `{PARAMETER}`이(가) 없다. 함수가 CloudFront를 거친 요청만 받게 한다.");
        findings.at(template, "Parameters", template.document.place, message);
        return;
    };
    if parameter.get("NoEcho").map(Node::text) != Some(Ok("true")) {
        findings.at(template, PARAMETER, key.place, "`NoEcho: true`를 적는다. 없으면 콘솔에 그대로 보인다.");
    }
    if let Some(default) = parameter.get("Default")
        && default.text() != Ok("")
    {
        findings.at(
            template,
            PARAMETER,
            default.place,
            "비밀의 기본값은 빈 글자여야 한다. 저장소에 비밀을 적지 않는다.",
        );
    }
    let globals = template.document.get("Globals").and_then(|globals| globals.get("Function"));
    let sets = |properties: Option<&Node>| {
        properties.is_some_and(|node| variables(node).iter().any(|(key, _)| key.text == ORIGIN_SECRET))
    };
    let integrations: Vec<&str> = template
        .of("AWS::ApiGatewayV2::Integration")
        .filter_map(|integration| integration.written.get("Properties")?.get("IntegrationUri"))
        .flat_map(references::names)
        .collect();
    // Only what the API calls is asked for the header.
    for function in template.of(FUNCTION).filter(|function| integrations.contains(&function.id.as_str())) {
        let ignores = function.written.get("IgnoreGlobals").map_or(&[][..], Node::items);
        let ignores = ignores.iter().any(|item| matches!(item.text(), Ok("Environment")));
        if !sets(function.written.get("Properties")) && (ignores || !sets(globals)) {
            let message = format!(
                "환경 변수 `{ORIGIN_SECRET}`이(가) `{PARAMETER}`을(를) 받지 않는다. CloudFront를 건너뛴 요청도 받게 된다."
            );
            findings.of(template, function, message);
        }
    }
}
