//! The project's own template in all its parameter sets, and what happens to a template with mistakes in it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use template::policy::{Decision, Effect, Target};
use template::{IdentitySource, LogPart, LogVariable, Stack, Throttle};

const STACK_ID: &str = "arn:aws:cloudformation:ap-northeast-2:123456789012:stack/local/0123";
const STACK: Stack<'_> = Stack { id: STACK_ID, origin: "http://127.0.0.1:3000" };

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

#[test]
fn every_parameter_set_of_the_project_is_understood() {
    for set in ["local", "lab", "public"] {
        let system = template::load(root(), set, STACK).unwrap_or_else(|error| panic!("{set}: {error}"));
        let left_out = system.deploy_only.to_string();
        for line in [
            "  AWS::CloudFront::Distribution: Distribution\n",
            "  AWS::Cognito::UserPoolDomain: ReaderDomain\n",
            "  AWS::S3::Bucket: SiteBucket\n",
            "  AWS::Serverless::Function: LoggingConfig, Architectures\n",
        ] {
            assert!(left_out.contains(line), "{set}: {line}{left_out}");
        }
    }
}

fn with_local() -> BTreeMap<String, String> {
    let sets = std::fs::read_to_string(root().join("samconfig.toml")).unwrap();
    template::parameters::read(&sets, "local").unwrap()
}

/// The template with one more parameter than the set `local` has.
fn with(parameters: &[(&str, &str)]) -> Result<template::System, String> {
    let read = |name: &str| std::fs::read_to_string(root().join(name)).unwrap();
    let mut overrides = with_local();
    overrides.extend(parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    template::parse("template.yaml", &read("template.yaml"), &overrides, STACK).map_err(|e| e.to_string())
}

#[test]
fn what_cognito_calls_while_readers_sign_up_is_left_out_and_said_to_be() {
    let named = |system: &template::System, name: &str| {
        (system.functions.iter().any(|function| function.name == name), system.deploy_only.to_string())
    };
    let (runs, left_out) = named(&with(&[("SignUp", "closed")]).unwrap(), "SignUpFunction");
    assert!(!runs && !left_out.contains("SignUpFunction"), "{left_out}");
    let (runs, left_out) = named(&with(&[("SignUp", "open")]).unwrap(), "SignUpFunction");
    assert!(
        !runs && left_out.contains("AWS::Cognito::UserPool.LambdaConfig: SignUpFunction\n"),
        "{left_out}"
    );
}

#[test]
fn the_origin_secret_reaches_every_function_that_runs_here_and_only_when_there_is_one() {
    let secrets = |system: template::System| -> Vec<Option<String>> {
        system.functions.iter().map(|function| function.environment.get("ORIGIN_SECRET").cloned()).collect()
    };
    assert!(secrets(with(&[]).unwrap()).iter().all(Option::is_none));
    let secret = "0123456789abcdef0123456789abcdef";
    let with_secret = secrets(with(&[("OriginSecret", secret)]).unwrap());
    assert!(with_secret.iter().all(|found| found.as_deref() == Some(secret)));
}

#[test]
fn rules_and_bounds_of_the_parameters_are_kept_here_too() {
    let error = with(&[("DomainName", "book.example.com")]).unwrap_err();
    assert!(error.contains("rule `DomainIsWhole`: DomainName, HostedZoneId and CertificateArn"), "{error}");
    let whole = [
        ("DomainName", "book.example.com"),
        ("HostedZoneId", "Z0123456789ABC"),
        ("CertificateArn", "arn:aws:acm:us-east-1:123456789012:certificate/0123-4567"),
    ];
    let system = with(&whole).unwrap();
    assert!(system.deploy_only.to_string().contains("AWS::Route53::RecordSetGroup: SiteRecord\n"));
    let error = with(&[("TableWrites", "0")]).unwrap_err();
    assert!(error.contains("0 is outside the bounds of `TableWrites`"), "{error}");
}

#[test]
fn the_local_set_describes_the_system_of_the_book() {
    let system = template::load(root(), "local", STACK).unwrap();
    let users = system.functions.iter().find(|function| function.name == "UsersFunction").unwrap();
    assert_eq!((users.package.as_str(), users.memory_mb), ("users", 512));
    assert_eq!(users.timeout, Duration::from_secs(10));
    assert_eq!(users.environment["NAMESPACE_KEY"], STACK_ID);
    assert_eq!(users.environment["TABLE_NAME"], "User");
    let warm = system.functions.iter().find(|function| function.name == "WarmFunction").unwrap();
    assert_eq!(warm.schedules[0].every, Duration::from_secs(300));
    let provisioned =
        system.functions.iter().find(|function| function.name == "ProvisionedFunction").unwrap();
    assert_eq!(provisioned.provisioned, 2);
    assert_eq!(system.api.routes.len(), 30);
    assert_eq!(system.api.throttle, Some(Throttle { rate: 10_000.0, burst: 5_000.0 }));
    let reserved = |set| {
        let system = template::load(root(), set, STACK).unwrap();
        system.functions.into_iter().find(|function| function.name == "ReservedFunction").unwrap().reserved
    };
    assert_eq!((reserved("local"), reserved("public")), (Some(1), None));
    let table = &system.tables[0];
    assert_eq!((table.name.as_str(), table.ttl_attribute.as_deref()), ("User", Some("expiresAt")));
    assert_eq!(table.definition["KeySchema"][0]["AttributeName"], "id");
}

#[test]
fn readers_sign_in_at_the_template_s_own_user_pool() {
    let system = template::load(root(), "local", STACK).unwrap();
    let pool = system.user_pool.unwrap();
    assert_eq!(pool.issuer, format!("http://127.0.0.1:3000/_local/cognito/{}", pool.id));
    assert!(pool.id.starts_with("ap-northeast-2_") && pool.id.len() == 24 && pool.client.id.len() == 26);
    assert_eq!(pool.client.scopes, ["openid", "book/users"]);
    assert_eq!(pool.client.access_token, Duration::from_secs(3600));
    for route in &system.api.routes {
        let mine = route.key.to_string().contains(" /api/me/");
        assert_eq!(mine, route.authorization.is_some(), "{}", route.key);
        if let Some(rule) = &route.authorization {
            assert_eq!((&rule.issuer, &rule.audience[..]), (&pool.issuer, &[pool.client.id.clone()][..]));
            assert_eq!(rule.scopes, ["book/users"], "{}", route.key);
        }
    }
    let other = Stack { id: "arn:aws:cloudformation:ap-northeast-2:123456789012:stack/local/4567", ..STACK };
    let other = template::load(root(), "local", other).unwrap().user_pool.unwrap();
    assert!(other.id != pool.id && other.client.id != pool.client.id);
}

#[test]
fn the_routes_whose_callers_get_an_error_on_purpose() {
    let system = template::load(root(), "public", STACK).unwrap();
    let route = |name: &str| {
        let key = format!("GET /api/cold-start/{name}");
        system.api.routes.iter().find(|route| route.key.to_string() == key).unwrap().clone()
    };
    assert_eq!(route("throttled").throttle, Some(Throttle { rate: 0.5, burst: 5.0 }));
    assert_eq!(route("impatient").timeout, Some(Duration::from_millis(300)));
    assert_eq!(route("plain-128").timeout, None);
    // A bucket of its own for every route: what AWS does with a stage's default is not said clearly enough to rely on.
    for route in &system.api.routes {
        let own = route.throttle.unwrap_or_else(|| panic!("{} has no bucket", route.key));
        assert!(own.rate > 0.0 && own.burst >= 5.0, "{}", route.key);
    }
}

#[test]
fn the_stage_s_access_log_and_variables_are_read() {
    let api = template::load(root(), "local", STACK).unwrap().api;
    let parts = api.access_log.unwrap().parts;
    let variables = parts.iter().filter_map(|part| match part {
        LogPart::Variable(variable) => Some(variable),
        LogPart::Text(_) => None,
    });
    let variables: Vec<_> = variables.cloned().collect();
    use LogVariable as V;
    let expected = [
        V::RequestTime,
        V::RequestId,
        V::RouteKey,
        V::Status,
        V::ResponseLength,
        V::ResponseLatency,
        V::IntegrationLatency,
        V::ServiceStatus,
        V::ErrorMessage,
        V::AuthorizerError,
    ];
    assert_eq!(variables, expected);
    assert!(api.stage_variables.is_empty());
    let text = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let text = text.replacen("AutoDeploy: true", "AutoDeploy: true\n      StageVariables: {mode: lab/1}", 1);
    let api = template::parse("template.yaml", &text, &with_local(), STACK).unwrap().api;
    assert_eq!(api.stage_variables, [("mode".to_owned(), "lab/1".to_owned())].into());
}

#[test]
fn a_token_is_looked_for_where_the_authorizer_says() {
    let source = |written: &str| {
        let text = std::fs::read_to_string(root().join("template.yaml")).unwrap();
        let text = text.replacen("$request.header.Authorization", written, 1);
        let api = template::parse("template.yaml", &text, &with_local(), STACK).unwrap().api;
        api.routes.into_iter().find_map(|route| route.authorization).unwrap().source
    };
    assert_eq!(source("$request.header.X-Token"), IdentitySource::Header("x-token".into()));
    assert_eq!(source("$request.querystring.Token"), IdentitySource::Query("Token".into()));
}

/// Replaces `from` by `to` in the project's template and gives the lines of the error.
fn broken(from: &str, to: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    assert!(text.contains(from), "the template no longer contains `{from}`");
    let text = text.replacen(from, to, 1);
    let error = template::parse("template.yaml", &text, &Default::default(), STACK).unwrap_err();
    error.to_string().lines().map(str::to_owned).collect()
}

/// The table policy's last line.
const POLICY: &str = "Resource: !GetAtt UserTable.Arn";

#[test]
fn every_function_has_the_permissions_of_its_role() {
    let system = template::load(root(), "local", STACK).unwrap();
    let (roles, functions) = (&system.roles, &system.functions);
    assert!(roles.iter().map(|role| &role.function).eq(functions.iter().map(|function| &function.name)));
    let table = || Target::Arn("arn:aws:dynamodb:ap-northeast-2:123456789012:table/User".to_owned());
    for role in roles {
        let is_users = role.function == "UsersFunction";
        let name = match role.function.as_str() {
            "UsersFunction" => "UsersRole",
            "EventsFunction" => "EventsRole",
            "PaymentsFunction" => "PaymentsRole",
            "MistakesFunction" => "MistakesRole",
            _ => "ColdStartRole",
        };
        assert_eq!(role.name, name);
        assert_eq!(role.decide("dynamodb:GetItem", &table()) == Decision::Allowed, is_users, "{role:?}");
        assert_eq!(role.decide("dynamodb:Scan", &table()), Decision::NotAllowed, "{role:?}");
    }
}

#[test]
fn sam_s_own_policies_count_where_there_is_no_role() {
    let text = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let policies = "Policies: [AWSLambdaBasicExecutionRole, {Statement: \
                    {Effect: Allow, Action: dynamodb:*, Resource: !GetAtt UserTable.Arn}}]";
    let text = text.replacen("Role: !GetAtt UsersRole.Arn", policies, 1);
    let system = template::parse("template.yaml", &text, &with_local(), STACK).unwrap();
    let role = system.roles.iter().find(|role| role.function == "UsersFunction").unwrap();
    assert_eq!((role.name.as_str(), role.statements.len()), ("UsersFunctionRole", 1));
    assert_eq!(role.statements[0].effect, Effect::Allow);
    assert_eq!(role.decide("dynamodb:ListTables", &Target::Account), Decision::NotAllowed);
}

#[test]
fn what_this_machine_cannot_honour_stops_it_with_file_line_and_column() {
    let cases = [
        ("MemorySize: 512", "MemorySize: 64", "64 MB is outside 128–10240"),
        ("MemorySize: 512", "EphemeralStorage: {Size: 1024}", "does not honour `EphemeralStorage`"),
        ("Timeout: 10", "Timeout: 901", "901 seconds is outside 1–900"),
        ("Runtime: provided.al2023", "Runtime: nodejs24.x", "only Runtime `provided.al2023`"),
        ("!GetAtt UsersFunction.Arn", "!GetAtt UserFunction.Arn", "`UserFunction.Arn` names no"),
        ("GET /api/users\n", "GET api/users\n", "must begin with `/`"),
        ("BillingMode: PAY_PER_REQUEST", "BillingMode: PROVISIONED", "only BillingMode PAY_PER_REQUEST"),
        ("rate(5 minutes)", "cron(0 7 * * ? *)", "only `rate("),
        ("StageName: $default", "StageName: prod", "only the stage `$default`"),
        ("Type: AWS::DynamoDB::Table", "Type: AWS::RDS::DBInstance", "does not honour AWS::RDS::DBInstance"),
        ("FunctionName: !Ref UsersFunction", "FunctionName: Nobody", "may not invoke `UsersFunction`"),
        ("Conditions:\n", "Hooks: {}\n\nConditions:\n", "`Hooks` is not honoured"),
        ("TimeoutInMillis: 300", "TimeoutInMillis: 30001", "30001 ms is outside 50–30000"),
        ("TimeoutInMillis: 300", "ConnectionType: VPC_LINK", "does not honour `ConnectionType`"),
        ("!GetAtt ReaderPool.ProviderURL", "https://issuer.example", "the only issuer is the template's own"),
        ("AuthorizerType: JWT", "AuthorizerType: REQUEST", "only AuthorizerType JWT"),
        ("[$request.header.Authorization]", "[$request.body.token]", "IdentitySource of a JWT authorizer"),
        ("[$request.header.Authorization]", "[$request.header.]", "IdentitySource of a JWT authorizer"),
        (
            "[$request.header.Authorization]",
            "[$request.header.Authorization, $request.querystring.token]",
            "IdentitySource of a JWT authorizer",
        ),
        ("$context.routeKey", "$context.routekey", "`$context.routekey` is no variable"),
        ("\"$context.requestId\"", "\"\"", "must contain `$context.requestId`"),
        ("        Format: >-", "        Formats: >-", "`Formats` is not honoured"),
        ("        Format: >-", "        Formats: >-", "AccessLogSettings lacks `Format`"),
        ("      AutoDeploy: true", "      StageVariables: {a-b: c}", "`a-b`: a stage variable's name"),
        ("      AutoDeploy: true", "      StageVariables: {a: b c}", "a stage variable's value"),
        ("        MaxAge: 600", "        AllowCredentials: maybe", "expected true or false, found `maybe`"),
        (
            "        AllowMethods: [GET, POST, PUT, DELETE]",
            "        AllowMethods: [\"*\"]\n        AllowCredentials: true",
            "not with `*`",
        ),
        ("          ThrottlingRateLimit: 0.5\n", "", "a throttle needs both"),
        ("AuthorizerId: !Ref ReaderAuthorizer", "AuthorizerId: nobody", "must name an authorizer"),
        ("AuthorizationType: JWT", "AuthorizationType: AWS_IAM", "only AuthorizationType JWT or NONE"),
        ("AuthorizationType: JWT", "AuthorizationType: NONE", "this needs AuthorizationType JWT"),
        ("[openid, book/users]", "[openid, book/admin]", "no resource server of the pool"),
        ("AllowedOAuthFlows: [code]", "AllowedOAuthFlows: [implicit]", "only AllowedOAuthFlows [code]"),
        ("GenerateSecret: false", "GenerateSecret: true", "only GenerateSecret false"),
        ("AccessTokenValidity: 1\n", "AccessTokenValidity: 25\n", "five minutes to one day"),
        ("UserPoolTier: LITE", "MfaConfiguration: ON", "does not honour `MfaConfiguration`"),
        (
            "    UpdateReplacePolicy: Delete",
            "    CreationPolicy: {}",
            "does not honour `CreationPolicy` of a resource",
        ),
        ("    MinValue: 1", "    MinLength: 1", "does not honour `MinLength` of a parameter"),
        ("TABLE_NAME: !Ref UserTable", "BUCKET: !Ref SiteBucket", "`SiteBucket` is known on AWS alone"),
        ("Assert: !Or", "Assertion: !Or", "`DomainIsWhole` lacks Assert"),
        (
            "Principal: apigateway.amazonaws.com",
            "Principal: s3.amazonaws.com",
            "may not invoke `UsersFunction`",
        ),
        ("TABLE_NAME: !Ref UserTable", "AWS_REGION: x", "`AWS_REGION` is reserved"),
        (POLICY, "Condition: {Bool: {aws:SecureTransport: true}}", "does not honour `Condition` in a policy"),
        (POLICY, "Principal: \"*\"", "does not honour `Principal` in a policy"),
        (POLICY, "NotResource: \"*\"", "does not honour `NotResource` in a policy"),
        ("dynamodb:GetItem\n", "GetItem\n", "`GetItem` is no action"),
        ("dynamodb:GetItem\n", "dynamo*:GetItem\n", "`dynamo*:GetItem` is no action"),
        (
            "Action:\n                  - dynamodb:GetItem\n",
            "NotAction:\n                  - s3:GetObject\n",
            "`NotAction`",
        ),
        (POLICY, "Resource: User", "`User` is neither `*` nor an ARN"),
        (POLICY, "Resource: !GetAtt UsersFunctionLogs.Arn", "`UsersFunctionLogs.Arn` is neither"),
        (POLICY, "Sid: All", "lacks Resource"),
        (
            "Effect: Allow\n                Action:\n",
            "Effect: Perhaps\n                Action:\n",
            "`Allow` or `Deny`",
        ),
        (
            "PolicyName: table\n          PolicyDocument",
            "PolicyName: table\n          Document",
            "lacks PolicyDocument",
        ),
        ("Role: !GetAtt UsersRole.Arn", "Role: arn:aws:iam::123456789012:role/other", "`!GetAtt <role>.Arn`"),
        (
            "Role: !GetAtt UsersRole.Arn",
            "Policies: AmazonDynamoDBFullAccess",
            "does not know what a managed policy",
        ),
        (
            "      AssumeRolePolicyDocument:",
            "      PermissionsBoundary: x\n      AssumeRolePolicyDocument:",
            "`PermissionsBoundary`",
        ),
    ];
    for (from, to, expected) in cases {
        let lines = broken(from, to);
        let line = lines.iter().find(|line| line.contains(expected));
        let line = line.unwrap_or_else(|| panic!("{from} -> {to}: {lines:?}"));
        let mut place = line.split(':').skip(1).take(2).map(|number| number.parse::<usize>().unwrap());
        assert!(place.all(|number| number > 0), "{line}");
    }
}

#[test]
fn all_mistakes_are_reported_at_once_in_the_order_of_the_file() {
    let text = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let text = text.replacen("MemorySize: 512", "MemorySize: 64", 1).replacen(
        "ProtocolType: HTTP",
        "ProtocolType: WEBSOCKET",
        1,
    );
    let error = template::parse("template.yaml", &text, &Default::default(), STACK).unwrap_err().to_string();
    let lines: Vec<_> = error.lines().collect();
    assert!(lines.len() == 2, "{error}");
    assert!(lines[0].contains("64 MB") && lines.last().unwrap().contains("ProtocolType"), "{error}");
}

#[test]
fn an_unknown_parameter_set_names_the_ones_there_are() {
    let error = template::load(root(), "prod", STACK).unwrap_err().to_string();
    assert!(error.contains("lab, local, public"), "{error}");
}
