//! Who readers are: a public client that can only do the code flow, and accounts nobody can make uninvited.
//! Knows `AWS::Cognito::*` and the parameter `SignUp`.

use template::yaml::Node;

use super::{Deployment, Findings};

const CLIENT: &str = "AWS::Cognito::UserPoolClient";
/// Renewing a token is the only flow outside the sign-in page.
const REFRESH: &str = "ALLOW_REFRESH_TOKEN_AUTH";

pub(super) fn flows(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for client in template.of(CLIENT) {
        let flows = client.at(&["AllowedOAuthFlows"]);
        let code = flows.is_some_and(|flows| matches!(flows.items(), [one] if one.text() == Ok("code")));
        if !code {
            let place = flows.map_or(client.place, |flows| flows.place);
            let message = "`AllowedOAuthFlows: [code]`만 쓴다. implicit은 토큰을 주소에 적는다.";
            findings.at(template, &client.id, place, message);
        }
    }
}

pub(super) fn secret(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for client in template.of(CLIENT) {
        findings.demand(template, client, &["GenerateSecret"], "false", "웹 페이지는 비밀을 지킬 수 없다.");
    }
}

/// Where a template says nothing, Cognito allows signing in with a password through its API too.
pub(super) fn passwords(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for client in template.of(CLIENT) {
        let flows = client.at(&["ExplicitAuthFlows"]);
        let only_refresh = flows.is_some_and(|flows| {
            !flows.items().is_empty() && flows.items().iter().all(|flow| flow.text() == Ok(REFRESH))
        });
        if !only_refresh {
            let place = flows.map_or(client.place, |flows| flows.place);
            let message =
                format!("`ExplicitAuthFlows: [{REFRESH}]`만 쓴다. 비밀번호는 로그인 페이지만 받는다.");
            findings.at(template, &client.id, place, message);
        }
    }
}

pub(super) fn sign_up(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    let parameter = template.section("Parameters").iter().find(|(key, _)| key.text == "SignUp");
    match parameter {
        Some((key, parameter)) if parameter.get("Default").map(Node::text) != Some(Ok("closed")) => {
            findings.at(
                template,
                "SignUp",
                key.place,
                "기본값은 `closed`여야 한다. 계정은 여는 사람이 정하고 연다.",
            );
        }
        Some(_) => {}
        None => findings.at(template, "Parameters", template.document.place, "매개변수 `SignUp`이 없다."),
    }
    let closed = template.parameters.get("SignUp").is_none_or(|value| value == "closed");
    for pool in template.of("AWS::Cognito::UserPool").filter(|_| closed) {
        let path = ["AdminCreateUserConfig", "AllowAdminCreateUserOnly"];
        findings.demand(
            template,
            pool,
            &path,
            "true",
            "`SignUp`이 closed이면 아무도 스스로 가입하지 못한다.",
        );
    }
}
