//! Says for every property of every resource type whether this machine honours it, leaves it to a deployment, or refuses it.
//! Knows property names only. Nothing in a template is silently ignored: what stands in neither list is an error.

use crate::yaml::{Node, Problem};

/// What this machine does with one resource type.
#[derive(Debug)]
pub struct Support {
    /// CloudFormation or SAM type name.
    pub resource_type: &'static str,
    /// What it becomes here, one sentence for readers of the table of properties.
    pub becomes: &'static str,
    /// Properties that change what runs here.
    pub honoured: &'static [&'static str],
    /// Properties that mean something on AWS alone.
    pub deploy_only: &'static [&'static str],
}

/// SAM's type of a function; behind a dot stand the kinds of its events.
pub(crate) const FUNCTION: &str = "AWS::Serverless::Function";

/// Every resource type whose properties are looked at.
pub const SUPPORT: &[Support] = &[
    Support {
        resource_type: FUNCTION,
        becomes: "`CodeUri`가 가리키는 zip의 cargo 패키지를 컴파일해 Runtime API로 말하는 프로세스로 띄운다. 실행 환경 하나가 프로세스 하나이고, 메모리 크기만큼 CPU를 나누어 준다. `Runtime`은 `provided.al2023`, `Handler`는 `bootstrap`, 이벤트는 `ScheduleV2`와 `SQS`를 받고, 나머지는 라우트로 적는다.",
        honoured: &[
            "AutoPublishAlias",
            "CodeUri",
            "Environment",
            "EventInvokeConfig",
            "Events",
            "Handler",
            "MemorySize",
            "Policies",
            "ProvisionedConcurrencyConfig",
            "ReservedConcurrentExecutions",
            "Role",
            "Runtime",
            "Timeout",
        ],
        deploy_only: &["Architectures", "Description", "LoggingConfig", "Tags"],
    },
    Support {
        resource_type: "AWS::Serverless::Function.ScheduleV2",
        becomes: "함수를 `rate(…)`마다 비동기로 부른다. `Input`이 없으면 Scheduler의 기본 이벤트를 보내고, 함수가 실패하면 1분 뒤와 다시 2분 뒤에 되풀이한다.",
        honoured: &["Input", "ScheduleExpression", "State"],
        // What is not delivered is repeated as RetryPolicy says; here everything is delivered.
        deploy_only: &[
            "Description",
            "FlexibleTimeWindow",
            "GroupName",
            "Name",
            "OmitName",
            "PermissionsBoundary",
            "RetryPolicy",
            "RoleArn",
        ],
    },
    Support {
        resource_type: "AWS::Serverless::Function.SQS",
        becomes: "큐를 폴링해 함수를 배치로 부른다. 부분 배치 응답, 배치 창, 최대 동시성, 함수 역할의 큐 권한을 지킨다.",
        honoured: &[
            "BatchSize",
            "Enabled",
            "FunctionResponseTypes",
            "MaximumBatchingWindowInSeconds",
            "Queue",
            "ScalingConfig",
        ],
        deploy_only: &["MetricsConfig"],
    },
    Support {
        resource_type: "AWS::SQS::Queue",
        becomes: "메모리 안의 표준 큐가 된다. 가시성 제한 시간, 보존 기간, 메시지 크기를 지키고 `maxReceiveCount`번 받은 메시지를 DLQ로 옮긴다. 프로그램이 끝나면 비워진다.",
        honoured: &[
            "DelaySeconds",
            "MaximumMessageSize",
            "MessageRetentionPeriod",
            "QueueName",
            "ReceiveMessageWaitTimeSeconds",
            "RedrivePolicy",
            "VisibilityTimeout",
        ],
        deploy_only: &["KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "SqsManagedSseEnabled", "Tags"],
    },
    Support {
        resource_type: "AWS::DynamoDB::Table",
        becomes: "함수의 SDK가 부르는 DynamoDB 호환 저장소에 같은 이름과 키의 테이블을 만들고, 기한이 지난 항목을 5초마다 치운다.",
        honoured: &[
            "AttributeDefinitions",
            "BillingMode",
            "KeySchema",
            "TableName",
            "TimeToLiveSpecification",
        ],
        deploy_only: &[
            "DeletionProtectionEnabled",
            "OnDemandThroughput",
            "PointInTimeRecoverySpecification",
            "Tags",
        ],
    },
    Support {
        resource_type: "AWS::ApiGatewayV2::Api",
        becomes: "`/api` 아래의 모든 요청을 받는 HTTP API가 된다. 사전 요청과 CORS 헤더는 여기서 답한다. 템플릿에 하나만 있어야 한다.",
        honoured: &["CorsConfiguration", "ProtocolType"],
        deploy_only: &["Description", "DisableExecuteApiEndpoint", "Name", "Tags"],
    },
    Support {
        resource_type: "AWS::ApiGatewayV2::Integration",
        becomes: "라우트와 그 뒤를 잇는다. 함수라면 `AWS_PROXY`와 페이로드 형식 2.0만 받고 `TimeoutInMillis`(없으면 30초)까지 기다린다. `SQS-SendMessage`라면 `CredentialsArn`의 역할로 큐에 바로 보내고 SQS의 XML을 돌려준다.",
        honoured: &[
            "ApiId",
            "CredentialsArn",
            "IntegrationSubtype",
            "IntegrationType",
            "IntegrationUri",
            "PayloadFormatVersion",
            "RequestParameters",
            "TimeoutInMillis",
        ],
        deploy_only: &["Description"],
    },
    Support {
        resource_type: "AWS::ApiGatewayV2::Route",
        becomes: "API Gateway의 우선순위대로 요청을 함수에 보낸다. 권한 부여자가 있으면 토큰과 범위를 먼저 본다.",
        honoured: &[
            "ApiId",
            "AuthorizationScopes",
            "AuthorizationType",
            "AuthorizerId",
            "RouteKey",
            "Target",
        ],
        deploy_only: &[],
    },
    Support {
        resource_type: "AWS::ApiGatewayV2::Authorizer",
        becomes: "발급자의 공개 키로 토큰의 서명, 대상, 기한, 범위를 검사한다. JWT 권한 부여자만 받는다.",
        honoured: &["ApiId", "AuthorizerType", "IdentitySource", "JwtConfiguration"],
        deploy_only: &["Name"],
    },
    Support {
        resource_type: "AWS::ApiGatewayV2::Stage",
        becomes: "라우트마다 토큰 버킷을 두고 넘치면 429로 답한다. 접근 로그는 적힌 형식대로 요청마다 한 줄 남고, 스테이지 변수는 이벤트에 실린다. 스테이지는 `$default` 하나다.",
        honoured: &[
            "AccessLogSettings",
            "ApiId",
            "AutoDeploy",
            "DefaultRouteSettings",
            "RouteSettings",
            "StageName",
            "StageVariables",
        ],
        deploy_only: &["Description", "Tags"],
    },
    Support {
        resource_type: "AWS::Cognito::UserPool",
        becomes: "이 컴퓨터의 발급자가 된다. 이름만 대면 로그인이라 비밀번호와 가입에 관한 속성은 뜻이 없다.",
        honoured: &[],
        deploy_only: &[
            "AccountRecoverySetting",
            "AdminCreateUserConfig",
            "AutoVerifiedAttributes",
            "DeletionProtection",
            "LambdaConfig",
            "Policies",
            "UserPoolName",
            "UserPoolTags",
            "UserPoolTier",
            "UsernameAttributes",
            "UsernameConfiguration",
        ],
    },
    Support {
        resource_type: "AWS::Cognito::UserPoolClient",
        becomes: "페이지가 인증 코드와 PKCE로 토큰을 받는 클라이언트다. 비밀이 없는 클라이언트 하나만 받는다.",
        honoured: &[
            "AccessTokenValidity",
            "AllowedOAuthFlows",
            "AllowedOAuthFlowsUserPoolClient",
            "AllowedOAuthScopes",
            "GenerateSecret",
            "TokenValidityUnits",
            "UserPoolId",
        ],
        deploy_only: &[
            "CallbackURLs",
            "ClientName",
            "EnableTokenRevocation",
            "ExplicitAuthFlows",
            "LogoutURLs",
            "PreventUserExistenceErrors",
            "SupportedIdentityProviders",
        ],
    },
    Support {
        resource_type: "AWS::Cognito::UserPoolResourceServer",
        becomes: "액세스 토큰에 넣을 수 있는 범위의 이름이 여기서 나온다.",
        honoured: &["Identifier", "Scopes", "UserPoolId"],
        deploy_only: &["Name"],
    },
    Support {
        resource_type: "AWS::IAM::Role",
        becomes: "함수가 쓰는 자격 증명의 권한이 된다. DynamoDB 앞의 벽이 요청마다 동작과 테이블을 정책에 견주고, 허용하지 않으면 `AccessDeniedException`으로 답한다. 다른 서비스의 동작은 판정하지 않는다.",
        honoured: &["Policies"],
        deploy_only: &[
            "AssumeRolePolicyDocument",
            "Description",
            "MaxSessionDuration",
            "Path",
            "RoleName",
            "Tags",
        ],
    },
    Support {
        resource_type: "AWS::Lambda::Permission",
        becomes: "API Gateway가 함수를 불러도 되는지 정한다. 라우트가 닿는 함수에 없으면 시작할 때 잘못으로 알린다.",
        honoured: &["Action", "FunctionName", "Principal"],
        deploy_only: &["SourceArn"],
    },
];

/// Resource types that exist on AWS alone; this machine prints that it leaves them out.
pub const DEPLOY_ONLY_TYPES: &[&str] = &[
    "AWS::CloudFront::Distribution",
    "AWS::CloudFront::Function",
    "AWS::CloudFront::OriginAccessControl",
    "AWS::CloudFront::ResponseHeadersPolicy",
    "AWS::Cognito::UserPoolDomain",
    "AWS::Logs::LogGroup",
    "AWS::Route53::RecordSetGroup",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
];

/// Honoured properties that speak of AWS's resources too: a role's policies allow writing to log groups, which are not here,
/// and a stage's access log goes to one.
const NAME_AWS: &[(&str, &str)] = &[
    ("AWS::ApiGatewayV2::Integration", "CredentialsArn"),
    ("AWS::ApiGatewayV2::Stage", "AccessLogSettings"),
    ("AWS::IAM::Role", "Policies"),
    (FUNCTION, "Policies"),
    (FUNCTION, "Role"),
];

/// What may stand beside `Type` in a resource. `DependsOn` orders a deployment, the policies count when a stack goes.
pub(crate) const ATTRIBUTES: &[&str] = &[
    "Condition",
    "DeletionPolicy",
    "DependsOn",
    "IgnoreGlobals",
    "Metadata",
    "Properties",
    "Type",
    "UpdateReplacePolicy",
];

/// What may stand in a parameter. The pattern is CloudFormation's to check; the values of this machine stand in samconfig.toml.
pub(crate) const OF_PARAMETERS: &[&str] = &[
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "Default",
    "Description",
    "MaxValue",
    "MinValue",
    "NoEcho",
    "Type",
];

fn of(resource_type: &str) -> Option<&'static Support> {
    SUPPORT.iter().find(|support| support.resource_type == resource_type)
}

/// Whether a property may name what exists on AWS alone: it means something there only (as any of a type that does), or it
/// speaks of both.
pub fn may_name_aws(resource_type: &str, property: &str) -> bool {
    DEPLOY_ONLY_TYPES.contains(&resource_type)
        || NAME_AWS.contains(&(resource_type, property))
        || of(resource_type).is_some_and(|support| support.deploy_only.contains(&property))
}

/// Checks the property names of one resource against its type's lists, and gives those that are left out here.
pub fn check(resource_type: &str, properties: &Node, problems: &mut Vec<Problem>) -> Vec<String> {
    let Some(support) = of(resource_type) else { return Vec::new() };
    let mut left_out = Vec::new();
    for (key, _) in properties.entries() {
        let name = key.text.as_str();
        if support.deploy_only.contains(&name) {
            left_out.push(key.text.clone());
        } else if !support.honoured.contains(&name) {
            problems.push(Problem::new(
                key.place,
                format!(
                    "this machine does not honour `{name}` of {resource_type}: remove it, or add it to the \
                     deploy-only list in local/template/src/support.rs if it means nothing here"
                ),
            ));
        }
    }
    left_out
}

/// Checks what stands beside a resource's type.
pub fn check_attributes(resource: &Node, problems: &mut Vec<Problem>) {
    known(resource, ATTRIBUTES, "a resource", problems);
}

/// Checks what stands in a parameter.
pub fn check_parameter(declaration: &Node, problems: &mut Vec<Problem>) {
    known(declaration, OF_PARAMETERS, "a parameter", problems);
}

fn known(node: &Node, names: &[&str], what: &str, problems: &mut Vec<Problem>) {
    for (key, _) in node.entries() {
        if !names.contains(&key.text.as_str()) {
            let message = format!("this machine does not honour `{}` of {what}: remove it", key.text);
            problems.push(Problem::new(key.place, message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    #[test]
    fn an_unknown_property_is_named_with_its_place() {
        let properties =
            parse("TableName: User\nStreamSpecification: {StreamViewType: NEW_IMAGE}\n").unwrap();
        let mut problems = Vec::new();
        assert!(check("AWS::DynamoDB::Table", &properties, &mut problems).is_empty());
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].place.line, 2);
        assert!(problems[0].message.contains("StreamSpecification"));
    }

    #[test]
    fn no_property_stands_in_both_lists() {
        for support in SUPPORT {
            assert!(support.honoured.iter().all(|name| !support.deploy_only.contains(name)), "{support:?}");
            assert!(support.honoured.is_sorted() && support.deploy_only.is_sorted(), "{support:?}");
            assert!(!DEPLOY_ONLY_TYPES.contains(&support.resource_type), "{support:?}");
            assert!(
                support.becomes.ends_with("다.") && !support.becomes.contains(['\n', '|']),
                "{support:?}"
            );
        }
        assert!(DEPLOY_ONLY_TYPES.is_sorted() && ATTRIBUTES.is_sorted() && OF_PARAMETERS.is_sorted());
    }
}
