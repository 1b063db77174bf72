//! Mistakes in deploy/guard.yaml.

use super::{Seed, seed};

pub const GUARD: &[Seed] = &[
    seed(
        "guard-target",
        "                GET /api/cold-start/impatient: {ThrottlingRateLimit: 0, ThrottlingBurstLimit: 0}\n",
        "",
        "            Resource: !Sub arn:${AWS::Partition}:states:::aws-sdk:apigatewayv2:updateStage\n            Parameters:\n              ApiId",
    ),
    seed(
        "guard-target",
        "                POST /api/users: {ThrottlingRateLimit: 0, ThrottlingBurstLimit: 0}\n",
        "                POST /api/users: {ThrottlingRateLimit: 1, ThrottlingBurstLimit: 0}\n",
        "POST /api/users: {ThrottlingRateLimit: 1",
    ),
    seed(
        "guard-target",
        "                GET /api/users/{id}: {ThrottlingRateLimit: 0, ThrottlingBurstLimit: 0}\n",
        "                GET /api/users/{id}: {ThrottlingRateLimit: 0, ThrottlingBurstLimit: 0}\n                GET /api/old: {ThrottlingRateLimit: 0, ThrottlingBurstLimit: 0}\n",
        "GET /api/old",
    ),
    seed(
        "guard-role",
        "                Action: lambda:PutFunctionConcurrency\n                Resource: !Ref Functions\n",
        "                Action: lambda:PutFunctionConcurrency\n                Resource: arn:aws:lambda:ap-northeast-2:123456789012:function:other\n",
        "function:other",
    ),
    seed(
        "policy",
        "                Action: [apigateway:GET, apigateway:PATCH]\n",
        "                Action: [apigateway:*]\n",
        "Action: [apigateway:*]",
    ),
    seed(
        "guard-alarm",
        "        resources: [!GetAtt Flood.Arn, !GetAtt FloodOfBytes.Arn]\n",
        "        resources: [!GetAtt ManyWrites.Arn, !GetAtt FloodOfBytes.Arn]\n",
        "  KillSwitch:",
    ),
    seed(
        "guard-alarm",
        "        resources: [!GetAtt Flood.Arn, !GetAtt FloodOfBytes.Arn]\n",
        "        resources: [!GetAtt Flood.Arn]\n",
        "  KillSwitch:",
    ),
    seed(
        "guard-alarm",
        "      ComparisonOperator: GreaterThanThreshold\n      # No requests, no metric, no alarm.\n      TreatMissingData: notBreaching\n      AlarmActions: [!Ref Alerts]\n",
        "      ComparisonOperator: GreaterThanThreshold\n      TreatMissingData: notBreaching\n",
        "  Flood:",
    ),
];
