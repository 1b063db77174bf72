//! Mistakes in template.yaml.
//! What stock validators say to them was tried on 2026-08 tools: nothing, for those marked so.

use super::{Seed, seed};

pub const SYSTEM: &[Seed] = &[
    // Ten that neither cfn-lint nor `sam validate` nor checkov finds.
    seed(
        "policy",
        "                  - dynamodb:GetItem\n",
        "                  - dynamodb:*\n",
        "- dynamodb:*",
    ),
    seed("throttle-route", "        POST /api/users:\n", "        POST /api/user:\n", "POST /api/user:"),
    seed(
        "signed-in",
        "      RouteKey: DELETE /api/me/users/{id}\n      Target: !Sub integrations/${UsersIntegration}\n      AuthorizationType: JWT\n      AuthorizerId: !Ref ReaderAuthorizer\n      AuthorizationScopes: [book/users]\n",
        "      RouteKey: DELETE /api/me/users/{id}\n      Target: !Sub integrations/${UsersIntegration}\n",
        "  MyUsersDeleteRoute:",
    ),
    seed("audience", "        Audience: [!Ref ReaderClient]\n", "", "  ReaderAuthorizer:"),
    seed(
        "cors",
        "        AllowOrigins: !Ref CorsOrigins\n",
        "        AllowOrigins: ['*']\n",
        "AllowOrigins: ['*']",
    ),
    seed(
        "bucket-private",
        "        BlockPublicPolicy: true\n",
        "        BlockPublicPolicy: !If [HasDomain, true, false]\n",
        "BlockPublicPolicy: !If [HasDomain, true, false]",
    ),
    seed(
        "throttle-number",
        "        POST /api/users:\n          ThrottlingRateLimit: !Ref UsersWriteRate\n",
        "        POST /api/users:\n          ThrottlingRateLimit: ten\n",
        "ThrottlingRateLimit: ten",
    ),
    seed(
        "client-flow",
        "      AllowedOAuthFlows: [code]\n",
        "      AllowedOAuthFlows: [implicit]\n",
        "AllowedOAuthFlows: [implicit]",
    ),
    seed(
        "reserved",
        "      ReservedConcurrentExecutions: !If [IsReserved, !Ref ReservedEnvironments, !Ref AWS::NoValue]\n",
        "      ReservedConcurrentExecutions: 0\n",
        "ReservedConcurrentExecutions: 0",
    ),
    seed(
        "table-ttl",
        "      TimeToLiveSpecification:\n        AttributeName: expiresAt\n        Enabled: true\n  # ANCHOR_END: user-table\n",
        "  # ANCHOR_END: user-table\n",
        "  UserTable:",
    ),
    // The queues.
    seed(
        "queue-hidden",
        "      VisibilityTimeout: 30\n",
        "      VisibilityTimeout: 29\n",
        "VisibilityTimeout: 29",
    ),
    seed(
        "queue-redrive",
        "        maxReceiveCount: 5\n",
        "        maxReceiveCount: 4\n",
        "maxReceiveCount: 4",
    ),
    seed(
        "queue-redrive",
        "        deadLetterTargetArn: !GetAtt EventLetters.Arn\n",
        "        deadLetterTargetArn: !GetAtt EventQueue.Arn\n",
        "        deadLetterTargetArn: !GetAtt EventQueue.Arn",
    ),
    seed(
        "queue-redrive",
        "      MessageRetentionPeriod: 86400\n",
        "      MessageRetentionPeriod: 3599\n",
        "MessageRetentionPeriod: 3599",
    ),
    seed(
        "queue-size",
        "      MessageRetentionPeriod: 86400\n      MaximumMessageSize: 1024\n",
        "      MessageRetentionPeriod: 86400\n      MaximumMessageSize: 65537\n",
        "MaximumMessageSize: 65537",
    ),
    seed(
        "queue-poll",
        "              MaximumConcurrency: 2\n",
        "              MaximumConcurrency: 6\n",
        "MaximumConcurrency: 6",
    ),
    seed(
        "queue-permission",
        "                Action: [sqs:ReceiveMessage, sqs:DeleteMessage, sqs:GetQueueAttributes]\n",
        "                Action: [sqs:ReceiveMessage, sqs:GetQueueAttributes]\n",
        "  EventsRole:",
    ),
    seed(
        "queue-permission",
        "                Action: sqs:SendMessage\n",
        "                Action: sqs:ReceiveMessage\n",
        "  EventSenderRole:",
    ),
    // The functions.
    seed("runtime", "    Runtime: provided.al2023\n", "    Runtime: provided.al2\n", "Runtime: provided.al2"),
    seed(
        "function-size",
        "  Plain1769Function:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: target/lambda/cold-start.zip\n      MemorySize: 1769\n",
        "  Plain1769Function:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: target/lambda/cold-start.zip\n      MemorySize: 3008\n",
        "MemorySize: 3008",
    ),
    seed("function-size", "      Timeout: 20\n", "      Timeout: 900\n", "Timeout: 900"),
    seed(
        "function-url",
        "      MemorySize: 1024\n",
        "      MemorySize: 1024\n      FunctionUrlConfig: {AuthType: NONE}\n",
        "FunctionUrlConfig: {AuthType: NONE}",
    ),
    seed(
        "function-logs",
        "        LogGroup: !Ref WarmFunctionLogs\n",
        "        LogGroup: !Ref AWS::NoValue\n",
        "  WarmFunction:",
    ),
    seed(
        "log-retention",
        "  WarmFunctionLogs:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      LogGroupName: !Sub /aws/lambda/${AWS::StackName}-warm\n      RetentionInDays: 7\n",
        "  WarmFunctionLogs:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      LogGroupName: !Sub /aws/lambda/${AWS::StackName}-warm\n      RetentionInDays: 30\n",
        "RetentionInDays: 30",
    ),
    seed(
        "permission",
        "      FunctionName: !Ref UsersFunction\n      Action: lambda:InvokeFunction\n      Principal: apigateway.amazonaws.com\n      SourceArn: !Sub arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*\n",
        "      FunctionName: !Ref UsersFunction\n      Action: lambda:InvokeFunction\n      Principal: apigateway.amazonaws.com\n",
        "  UsersPermission:",
    ),
    seed(
        "permission",
        "      FunctionName: !Ref Plain128Function\n      Action: lambda:InvokeFunction\n      Principal: apigateway.amazonaws.com\n      SourceArn: !Sub arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*\n",
        "      FunctionName: !Ref Plain128Function\n      Action: lambda:InvokeFunction\n      Principal: apigateway.amazonaws.com\n      SourceArn: !Sub arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:any/*\n",
        "${AWS::AccountId}:any/*",
    ),
    seed("role", "      Role: !GetAtt UsersRole.Arn\n", "", "  UsersFunction:"),
    // A line copied from the function beside it.
    seed(
        "own-role",
        "      Role: !GetAtt PaymentsRole.Arn\n",
        "      Role: !GetAtt MistakesRole.Arn\n",
        "TABLE_NAME: !Ref PaymentTable",
    ),
    seed(
        "own-role",
        "          TABLE_NAME: !Ref PaymentTable\n",
        "          TABLE_NAME: !Ref MistakeTable\n",
        "      CodeUri: target/lambda/payments.zip\n      MemorySize: 512\n      Timeout: 5\n      Environment:\n        Variables:\n          TABLE_NAME:",
    ),
    seed(
        "own-role",
        "                Resource: !GetAtt PaymentTable.Arn\n",
        "                Resource: !GetAtt MistakeTable.Arn\n",
        "Action: [dynamodb:GetItem, dynamodb:UpdateItem, dynamodb:DeleteItem]\n                Resource:",
    ),
    seed(
        "own-role",
        "                Resource: !GetAtt EventTable.Arn\n",
        "                Resource: [!GetAtt EventTable.Arn, !GetAtt PaymentTable.Arn]\n",
        "Resource: [!GetAtt EventTable.Arn, !GetAtt PaymentTable.Arn]",
    ),
    seed(
        "own-role",
        "        LogGroup: !Ref MistakesFunctionLogs\n",
        "        LogGroup: !Ref PaymentsFunctionLogs\n",
        "      Role: !GetAtt MistakesRole.Arn\n      LoggingConfig:\n        LogGroup:",
    ),
    seed(
        "own-name",
        "      TableName: !Sub ${AWS::StackName}-mistakes\n",
        "      TableName: !Sub ${AWS::StackName}-payments\n",
        "  MistakeTable:\n    Type: AWS::DynamoDB::Table\n    DeletionPolicy: Delete\n    UpdateReplacePolicy: Delete\n    Properties:\n      TableName:",
    ),
    seed(
        "own-name",
        "      LogGroupName: !Sub /aws/lambda/${AWS::StackName}-mistakes\n",
        "      LogGroupName: !Sub /aws/lambda/${AWS::StackName}-payments\n",
        "  MistakesFunctionLogs:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      LogGroupName:",
    ),
    seed(
        "secret",
        "          TABLE_NAME: !Ref UserTable\n",
        "          TABLE_NAME: !Ref UserTable\n          API_TOKEN: abc\n",
        "API_TOKEN",
    ),
    seed(
        "secret",
        "        ORIGIN_SECRET: !If [HasOriginSecret, !Ref OriginSecret, !Ref AWS::NoValue]\n",
        "        ORIGIN_SECRET: 0123456789abcdef\n",
        "ORIGIN_SECRET: 0123456789abcdef",
    ),
    seed("origin-secret", "    NoEcho: true\n", "", "  OriginSecret:"),
    seed(
        "origin-secret",
        "  OriginSecret:\n    Type: String\n    Default: \"\"\n",
        "  OriginSecret:\n    Type: String\n    Default: abc\n",
        "Default: abc",
    ),
    // Policies.
    seed(
        "policy",
        "                Resource: !GetAtt UserTable.Arn\n",
        "                Resource: \"*\"\n",
        "Resource: \"*\"",
    ),
    // Routes.
    seed(
        "signed-in",
        "      RouteKey: PUT /api/me/users/{id}\n      Target: !Sub integrations/${UsersIntegration}\n      AuthorizationType: JWT\n      AuthorizerId: !Ref ReaderAuthorizer\n      AuthorizationScopes: [book/users]\n",
        "      RouteKey: PUT /api/me/users/{id}\n      Target: !Sub integrations/${UsersIntegration}\n      AuthorizationType: JWT\n      AuthorizerId: !Ref ReaderAuthorizer\n",
        "  MyUsersReplaceRoute:",
    ),
    seed(
        "signed-in",
        "      RouteKey: GET /api/cold-start/plain-512\n",
        "      RouteKey: GET /api/cold-start/plain-512\n      AuthorizationType: AWS_IAM\n",
        "AuthorizationType: AWS_IAM",
    ),
    seed(
        "alias",
        "      IntegrationUri: !If [IsProvisioned, !Ref ProvisionedFunction.Alias, !GetAtt ProvisionedFunction.Arn]\n",
        "      IntegrationUri: !GetAtt ProvisionedFunction.Arn\n",
        "!GetAtt ProvisionedFunction.Arn",
    ),
    seed(
        "throttle-route",
        "        GET /api/cold-start/impatient:\n          ThrottlingRateLimit: !Ref LargeRate\n          ThrottlingBurstLimit: !Ref LargeBurst\n",
        "",
        "  ImpatientRoute:",
    ),
    seed(
        "throttle-number",
        "        GET /api/cold-start/throttled:\n          ThrottlingRateLimit: 0.5\n",
        "        GET /api/cold-start/throttled:\n          ThrottlingRateLimit: 200\n",
        "ThrottlingRateLimit: 200",
    ),
    seed(
        "throttle-number",
        "          ThrottlingBurstLimit: 5\n",
        "",
        "GET /api/cold-start/throttled:\n          ThrottlingRateLimit",
    ),
    seed("throttle-order", "      - WarmRoute\n", "", "  Stage:"),
    seed(
        "access-log",
        "\"requestId\":\"$context.requestId\",\"route\"",
        "\"ip\":\"$context.identity.sourceIp\",\"route\"",
        "          {\"time\":",
    ),
    // The table.
    seed("table-maximum", "        MaxWriteRequestUnits: !Ref TableWrites\n", "", "  UserTable:"),
    seed(
        "table-maximum",
        "      BillingMode: PAY_PER_REQUEST\n      AttributeDefinitions:\n        - AttributeName: id\n",
        "      BillingMode: PROVISIONED\n      AttributeDefinitions:\n        - AttributeName: id\n",
        "BillingMode: PROVISIONED",
    ),
    seed(
        "table-recovery",
        "        PointInTimeRecoveryEnabled: true\n",
        "        PointInTimeRecoveryEnabled: false\n",
        "PointInTimeRecoveryEnabled: false",
    ),
    seed(
        "table-key",
        "        - AttributeName: id\n          AttributeType: N\n",
        "        - AttributeName: id\n          AttributeType: S\n",
        "          AttributeType: S\n      KeySchema:\n        - Attr",
    ),
    // Readers.
    seed(
        "client-secret",
        "      GenerateSecret: false\n",
        "      GenerateSecret: true\n",
        "GenerateSecret: true",
    ),
    seed(
        "client-password",
        "      ExplicitAuthFlows: [ALLOW_REFRESH_TOKEN_AUTH]\n",
        "      ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH, ALLOW_REFRESH_TOKEN_AUTH]\n",
        "ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH",
    ),
    seed("client-password", "      ExplicitAuthFlows: [ALLOW_REFRESH_TOKEN_AUTH]\n", "", "  ReaderClient:"),
    seed(
        "sign-up",
        "        AllowAdminCreateUserOnly: !If [IsSignUpOpen, false, true]\n",
        "        AllowAdminCreateUserOnly: false\n",
        "AllowAdminCreateUserOnly: false",
    ),
    // The site.
    seed(
        "bucket-private",
        "      OwnershipControls:\n",
        "      WebsiteConfiguration: {IndexDocument: index.html}\n      OwnershipControls:\n",
        "WebsiteConfiguration: {IndexDocument",
    ),
    seed(
        "bucket-policy",
        "            Resource: !Sub ${SiteBucket.Arn}/*\n            Condition:\n              StringEquals:\n                AWS:SourceArn: !Sub arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}\n",
        "            Resource: !Sub ${SiteBucket.Arn}/*\n",
        "          - Sid",
    ),
    seed(
        "origin-access",
        "            OriginAccessControlId: !GetAtt SiteAccess.Id\n",
        "",
        "          - Id: book",
    ),
    seed(
        "origin-access",
        "              OriginProtocolPolicy: https-only\n",
        "              OriginProtocolPolicy: http-only\n",
        "            # Required, and empty where origin access control takes its place.\n            S3OriginConfig:\n              OriginAccessIdentity: \"\"\n          - Id",
    ),
    seed(
        "https",
        "            ViewerProtocolPolicy: https-only\n",
        "            ViewerProtocolPolicy: allow-all\n",
        "ViewerProtocolPolicy: allow-all",
    ),
    seed(
        "api-behavior",
        "            CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad\n",
        "            CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6\n",
        "            CachePolicyId: 658327ea",
    ),
    seed(
        "api-behavior",
        "            OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac\n",
        "            OriginRequestPolicyId: 216adef6-5c7f-47e4-b989-5492eafa07d3\n",
        "OriginRequestPolicyId: 216adef6",
    ),
    seed(
        "api-behavior",
        "[GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE]",
        "[GET, HEAD, OPTIONS]",
        "AllowedMethods: [GET, HEAD, OPTIONS]",
    ),
    seed(
        "error-pages",
        "        Origins:\n          - Id: book\n",
        "        CustomErrorResponses: [{ErrorCode: 404, ResponsePagePath: /404.html, ResponseCode: 404}]\n        Origins:\n          - Id: book\n",
        "CustomErrorResponses: [{ErrorCode",
    ),
    seed(
        "price-class",
        "        PriceClass: !Ref SitePriceClass\n",
        "        PriceClass: PriceClass_All\n",
        "PriceClass: PriceClass_All",
    ),
    seed(
        "headers",
        "            OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac\n            ResponseHeadersPolicyId: !Ref SiteHeaders\n",
        "            OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac\n",
        "          - PathPattern",
    ),
    seed(
        "headers",
        "script-src 'self' ${ScriptHashes};",
        "script-src 'self' 'unsafe-inline' ${ScriptHashes};",
        "            Override: true\n            ContentSecurityPolicy: !Sub",
    ),
    seed("headers", "          ContentTypeOptions:\n            Override: true\n", "", "  SiteHeaders:"),
    seed(
        "headers",
        "            AccessControlMaxAgeSec: 63072000\n",
        "            AccessControlMaxAgeSec: 300\n",
        "  SiteHeaders:",
    ),
    // What the guard has to know of the system.
    seed("guard-target", "        - !GetAtt WarmFunction.Arn\n", "", "  Functions:"),
];
