//! Says for every property of every resource type whether this machine honours it, leaves it to a deployment, or refuses it.
//! Knows property names only. Nothing in a template is silently ignored: what stands in neither list is an error.

use crate::yaml::{Node, Problem};

/// What this machine does with one resource type.
#[derive(Debug)]
pub struct Support {
    /// CloudFormation or SAM type name.
    pub resource_type: &'static str,
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
        honoured: &["CorsConfiguration", "ProtocolType"],
        deploy_only: &["Description", "DisableExecuteApiEndpoint", "Name", "Tags"],
    },
    Support {
        resource_type: "AWS::ApiGatewayV2::Integration",
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
        honoured: &["ApiId", "AuthorizerType", "IdentitySource", "JwtConfiguration"],
        deploy_only: &["Name"],
    },
    Support {
        resource_type: "AWS::ApiGatewayV2::Stage",
        honoured: &["ApiId", "AutoDeploy", "DefaultRouteSettings", "RouteSettings", "StageName"],
        deploy_only: &["AccessLogSettings", "Description", "Tags"],
    },
    Support {
        resource_type: "AWS::Cognito::UserPool",
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
        honoured: &["Identifier", "Scopes", "UserPoolId"],
        deploy_only: &["Name"],
    },
    Support {
        resource_type: "AWS::IAM::Role",
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

/// Honoured properties that speak of AWS's resources too: a role's policies allow writing to log groups, which are not here.
const NAME_AWS: &[(&str, &str)] = &[
    ("AWS::ApiGatewayV2::Integration", "CredentialsArn"),
    ("AWS::IAM::Role", "Policies"),
    (FUNCTION, "Policies"),
    (FUNCTION, "Role"),
];

/// What may stand beside `Type` in a resource. `DependsOn` orders a deployment, the policies count when a stack goes.
const ATTRIBUTES: &[&str] = &[
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
const OF_PARAMETERS: &[&str] = &[
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
        }
        assert!(DEPLOY_ONLY_TYPES.is_sorted() && ATTRIBUTES.is_sorted() && OF_PARAMETERS.is_sorted());
    }
}
