//! Every operation of DynamoDB's API with a small request, and the IAM actions it needs: the API reference of 2012-08-10 (and of
//! DynamoDB Streams) beside the Service Authorization Reference.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The table of the template's set `local`.
pub const TABLE: &str = "arn:aws:dynamodb:ap-northeast-2:123456789012:table/User";

/// An operation, the actions it needs, and what of.
pub struct Operation {
    pub name: &'static str,
    pub actions: &'static [&'static str],
    pub on: On,
    pub body: Value,
}

/// What an operation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// The table `User`.
    Table,
    /// What only `*` speaks of.
    Account,
}

/// All whose name is the action and whose body names the table by `TableName`, or needs no more to be judged.
const PLAIN: &[&str] = &[
    "CreateTable",
    "DeleteTable",
    "DescribeContinuousBackups",
    "DescribeContributorInsights",
    "DescribeKinesisStreamingDestination",
    "DescribeTable",
    "DescribeTableReplicaAutoScaling",
    "DescribeTimeToLive",
    "DisableKinesisStreamingDestination",
    "EnableKinesisStreamingDestination",
    "Query",
    "Scan",
    "UpdateContinuousBackups",
    "UpdateContributorInsights",
    "UpdateKinesisStreamingDestination",
    "UpdateTable",
    "UpdateTableReplicaAutoScaling",
    "UpdateTimeToLive",
    "CreateBackup",
];
/// Those that name a table by `ResourceArn`.
const BY_ARN: &[&str] = &[
    "DeleteResourcePolicy",
    "GetResourcePolicy",
    "ListTagsOfResource",
    "PutResourcePolicy",
    "TagResource",
    "UntagResource",
];
/// Those about no one table, or of which this machine cannot tell which.
const ACCOUNT: &[&str] = &[
    "CreateGlobalTable",
    "DeleteBackup",
    "DescribeBackup",
    "DescribeEndpoints",
    "DescribeExport",
    "DescribeGlobalTable",
    "DescribeGlobalTableSettings",
    "DescribeImport",
    "DescribeLimits",
    "DescribeStream",
    "ExportTableToPointInTime",
    "GetRecords",
    "GetShardIterator",
    "ImportTable",
    "ListBackups",
    "ListContributorInsights",
    "ListExports",
    "ListGlobalTables",
    "ListImports",
    "ListStreams",
    "ListTables",
    "RestoreTableFromBackup",
    "RestoreTableToPointInTime",
    "UpdateGlobalTable",
    "UpdateGlobalTableSettings",
];

pub fn all() -> Vec<Operation> {
    let key = json!({"id": {"N": "1"}});
    let plain = |on, body: Value| {
        move |name: &&'static str| Operation {
            name,
            actions: std::slice::from_ref(as_static(name)),
            on,
            body: body.clone(),
        }
    };
    let mut all: Vec<_> = PLAIN.iter().map(plain(On::Table, json!({"TableName": "User"}))).collect();
    all.extend(BY_ARN.iter().map(plain(On::Table, json!({"ResourceArn": TABLE}))));
    all.extend(ACCOUNT.iter().map(plain(On::Account, json!({}))));
    let put = json!({"TableName": "User", "Item": key});
    let one = json!({"TableName": "User", "Key": key});
    let update = json!({"TableName": "User", "Key": key, "UpdateExpression": "SET seen = :yes",
        "ExpressionAttributeValues": {":yes": {"BOOL": true}}});
    let check = json!({"TableName": "User", "Key": {"id": {"N": "2"}}, "ConditionExpression": "attribute_not_exists(id)"});
    let write = json!({"RequestItems": {"User": [{"PutRequest": {"Item": key}}]}});
    let get = json!({"RequestItems": {"User": {"Keys": [key]}}});
    let mut add = |name, actions, on, body| all.push(Operation { name, actions, on, body });
    add("PutItem", &["PutItem"], On::Table, put.clone());
    add("GetItem", &["GetItem"], On::Table, one.clone());
    add("UpdateItem", &["UpdateItem"], On::Table, update.clone());
    add("BatchGetItem", &["BatchGetItem"], On::Table, get);
    add("BatchWriteItem", &["BatchWriteItem"], On::Table, write);
    let items = |items: Value| json!({"TransactItems": items});
    add("TransactGetItems", &["GetItem"], On::Table, items(json!([{"Get": one}])));
    add("TransactWriteItems", &["PutItem"], On::Table, items(json!([{"Put": put}])));
    add("TransactWriteItems", &["UpdateItem"], On::Table, items(json!([{"Update": update}])));
    let checked = items(json!([{"Put": put}, {"ConditionCheck": check}]));
    add("TransactWriteItems", &["PutItem", "ConditionCheckItem"], On::Table, checked);
    let select = json!({"Statement": "SELECT * FROM \"User\""});
    let insert = json!({"Statement": "INSERT INTO \"User\" VALUE {'id': 3}"});
    let (set, remove) = (
        json!({"Statement": "UPDATE \"User\" SET a = 1 WHERE id = 3"}),
        json!({"Statement": "DELETE FROM \"User\" WHERE id = 3"}),
    );
    add("ExecuteStatement", &["PartiQLSelect"], On::Account, select.clone());
    add("ExecuteStatement", &["PartiQLInsert"], On::Account, insert.clone());
    add("ExecuteStatement", &["PartiQLUpdate"], On::Account, set);
    add("ExecuteStatement", &["PartiQLDelete"], On::Account, remove);
    let both = json!({"Statements": [select, insert]});
    add("BatchExecuteStatement", &["PartiQLSelect", "PartiQLInsert"], On::Account, both);
    let insert = json!({"TransactStatements": [insert]});
    add("ExecuteTransaction", &["PartiQLInsert"], On::Account, insert);
    add("DeleteItem", &["DeleteItem"], On::Table, one.clone());
    add("TransactWriteItems", &["DeleteItem"], On::Table, items(json!([{"Delete": one}])));
    all
}

fn as_static(name: &&'static str) -> &'static &'static str {
    let lists = [PLAIN, BY_ARN, ACCOUNT].into_iter().flatten();
    lists.into_iter().find(|known| *known == name).unwrap()
}

/// Sends requests as a function's SDK would.
pub struct Caller {
    endpoint: String,
    authorization: String,
    agent: ureq::Agent,
}

impl Caller {
    pub fn new(shared: &BTreeMap<String, String>, credentials: &BTreeMap<String, String>) -> Caller {
        let key = &credentials["AWS_ACCESS_KEY_ID"];
        Caller {
            endpoint: shared["AWS_ENDPOINT_URL_DYNAMODB"].clone(),
            authorization: format!(
                "AWS4-HMAC-SHA256 Credential={key}/20261122/ap-northeast-2/dynamodb/aws4_request, \
                 SignedHeaders=host;x-amz-date, Signature=0"
            ),
            agent: ureq::Agent::config_builder().http_status_as_error(false).build().into(),
        }
    }

    /// Status and body.
    pub fn call(&self, operation: &str, body: &Value) -> (u16, Value) {
        let request = self.agent.post(format!("{}/", self.endpoint));
        let request =
            request.header("authorization", &self.authorization).header("x-amz-date", "20261122T000000Z");
        let request = request.header("content-type", "application/x-amz-json-1.0");
        let request = request.header("x-amz-target", format!("DynamoDB_20120810.{operation}"));
        let mut answer = request.send(body.to_string()).unwrap();
        (answer.status().as_u16(), answer.body_mut().read_json().unwrap())
    }

    /// Whether IAM lets it through, whatever DynamoDB then says to it.
    pub fn may(&self, operation: &Operation) -> bool {
        let (status, body) = self.call(operation.name, &operation.body);
        let is_denied = body["__type"] == "com.amazon.coral.service#AccessDeniedException";
        assert!(!is_denied || status == 400, "{}: {status}", operation.name);
        let why = ["SerializationException", "UnrecognizedClientException"];
        let kind = body["__type"].as_str().unwrap_or_default();
        assert!(!why.iter().any(|why| kind.ends_with(why)), "{}: {body}", operation.name);
        !is_denied
    }
}
