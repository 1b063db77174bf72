//! What a template describes, after parameters, conditions and functions are worked out: plain data for the other rooms.
//! Knows no YAML.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::access_log::AccessLogFormat;
use crate::parameter_mapping::Mapping;
use crate::policy::{ExecutionRole, Role};
use crate::route_key::RouteKey;

/// Everything `local` runs.
#[derive(Debug)]
pub struct System {
    /// The Lambda functions in the order of the template.
    pub functions: Vec<Function>,
    /// What each of them may do.
    pub roles: Vec<ExecutionRole>,
    /// The HTTP API in front of them.
    pub api: Api,
    /// The DynamoDB tables.
    pub tables: Vec<Table>,
    /// The SQS queues.
    pub queues: Vec<Queue>,
    /// Which queue invokes which function.
    pub event_source_mappings: Vec<EventSourceMapping>,
    /// The Cognito user pool whose tokens the API takes.
    pub user_pool: Option<UserPool>,
    /// What exists on AWS alone.
    pub deploy_only: DeployOnly,
}

/// What this machine leaves out because it means something on AWS alone, by resource type, in the order of the file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct DeployOnly {
    /// Type → logical ids.
    pub resources: Vec<(String, Vec<String>)>,
    /// Type → names of properties of resources that do run here.
    pub properties: Vec<(String, Vec<String>)>,
}

/// How many resources of one type are shown by name.
const SHOWN: usize = 3;

impl DeployOnly {
    pub(crate) fn add_resource(&mut self, kind: &str, id: &str) {
        add(&mut self.resources, kind, id);
    }

    pub(crate) fn add_property(&mut self, kind: &str, name: &str) {
        add(&mut self.properties, kind, name);
    }
}

fn add(groups: &mut Vec<(String, Vec<String>)>, kind: &str, name: &str) {
    let names = match groups.iter().position(|(known, _)| known == kind) {
        Some(index) => &mut groups[index].1,
        None => {
            groups.push((kind.to_owned(), Vec::new()));
            let last = groups.len() - 1;
            &mut groups[last].1
        }
    };
    if !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

impl fmt::Display for DeployOnly {
    /// One line for each type: `AWS::S3::Bucket: SiteBucket`. Of many equal resources (log groups) the first stand for all.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, ids) in &self.resources {
            let rest = ids.len().saturating_sub(SHOWN);
            let shown = ids[..ids.len() - rest].join(", ");
            match rest {
                0 => writeln!(f, "  {kind}: {shown}")?,
                _ => writeln!(f, "  {kind}: {shown}, … (+{rest})")?,
            }
        }
        for (kind, names) in &self.properties {
            writeln!(f, "  {kind}: {}", names.join(", "))?;
        }
        Ok(())
    }
}

/// A Lambda function.
#[derive(Debug, Clone)]
pub struct Function {
    /// Logical id in the template; also the function's name on this machine.
    pub name: String,
    /// The cargo package that makes its binary: the name of the zip in `CodeUri`.
    pub package: String,
    /// `MemorySize` in MB, 128–10,240.
    pub memory_mb: u32,
    /// `Timeout`, 1–900 s.
    pub timeout: Duration,
    /// `Environment.Variables`.
    pub environment: BTreeMap<String, String>,
    /// `ReservedConcurrentExecutions`: the most environments that may run at once.
    pub reserved: Option<u32>,
    /// `ProvisionedConcurrentExecutions`: environments kept initialised; 0 for none.
    pub provisioned: u32,
    /// `ScheduleV2` events.
    pub schedules: Vec<Schedule>,
    /// `EventInvokeConfig`: how an invocation nobody waits for is repeated.
    pub asynchronous: Asynchronous,
}

/// How Lambda repeats an asynchronous invocation that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asynchronous {
    /// `MaximumRetryAttempts`: after an error of the function.
    pub retries: u32,
    /// `MaximumEventAgeInSeconds`: no attempt is begun later than this after the event came.
    pub age: Duration,
}

impl Default for Asynchronous {
    /// Lambda's own: twice more, within six hours ("How Lambda handles errors and retries with asynchronous invocation").
    fn default() -> Self {
        Self { retries: 2, age: Duration::from_secs(6 * 3_600) }
    }
}

/// A schedule that invokes a function (`ScheduleV2`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Its name in the template.
    pub name: String,
    /// From `rate(…)`.
    pub every: Duration,
    /// The event it sends, JSON; `None` for the Scheduler's own.
    pub input: Option<String>,
}

/// An SQS queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// `QueueName`, else the logical id.
    pub name: String,
    /// `arn:aws:sqs:…:<name>`
    pub arn: String,
    /// `https://sqs.…/<account>/<name>`
    pub url: String,
    /// `VisibilityTimeout`: for how long a message that was received is hidden.
    pub visibility_timeout: Duration,
    /// `MessageRetentionPeriod`
    pub retention: Duration,
    /// `ReceiveMessageWaitTimeSeconds`: for how long a receive waits for a message.
    pub wait: Duration,
    /// `DelaySeconds`: for how long a new message is hidden.
    pub delay: Duration,
    /// `MaximumMessageSize`, bytes.
    pub longest_message: usize,
    /// `RedrivePolicy`
    pub redrive: Option<Redrive>,
}

/// `RedrivePolicy`: where a queue's messages go that nobody manages to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    /// Name of the dead-letter queue.
    pub queue: String,
    /// `maxReceiveCount`: how often a message is given out before.
    pub max_receive_count: u32,
}

/// An event source mapping: Lambda polls a queue and invokes a function with what it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSourceMapping {
    /// Its name in the template.
    pub name: String,
    /// Name of the function.
    pub function: String,
    /// Name of the queue.
    pub queue: String,
    /// `BatchSize`
    pub batch_size: usize,
    /// `MaximumBatchingWindowInSeconds`: for how long a batch is gathered.
    pub window: Duration,
    /// `FunctionResponseTypes: [ReportBatchItemFailures]`
    pub reports_failures: bool,
    /// `ScalingConfig.MaximumConcurrency`
    pub max_concurrency: Option<usize>,
}

/// An HTTP API with its `$default` stage.
#[derive(Debug)]
pub struct Api {
    /// The API's id on this machine.
    pub id: String,
    /// `CorsConfiguration`.
    pub cors: Option<Cors>,
    /// The routes with their functions.
    pub routes: Vec<Route>,
    /// `DefaultRouteSettings`: the limits of every route without `RouteSettings` of its own.
    pub throttle: Option<Throttle>,
    /// `StageVariables`.
    pub stage_variables: BTreeMap<String, String>,
    /// `AccessLogSettings.Format`.
    pub access_log: Option<AccessLogFormat>,
}

/// A route and the function behind it.
#[derive(Debug, Clone)]
pub struct Route {
    /// Method and path pattern.
    pub key: RouteKey,
    /// What answers.
    pub integration: Integration,
    /// `RouteSettings` of this route.
    pub throttle: Option<Throttle>,
    /// `TimeoutInMillis` of its integration: how long the gateway waits for the function.
    pub timeout: Option<Duration>,
    /// What a token must say for the route to be taken; `None` for a route open to everybody.
    pub authorization: Option<Authorization>,
}

/// What stands behind a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Integration {
    /// A function, by name.
    Function(String),
    /// `SQS-SendMessage`: the gateway itself calls SQS, and no function runs.
    SendMessage(Box<SendMessage>),
}

impl Integration {
    /// The function's name, where there is one.
    pub fn function(&self) -> Option<&str> {
        match self {
            Self::Function(name) => Some(name),
            Self::SendMessage(_) => None,
        }
    }
}

/// The parameters of an `SQS-SendMessage` integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendMessage {
    /// Name of the queue in `QueueUrl`.
    pub queue: String,
    /// `MessageBody`
    pub body: Mapping,
    /// `MessageAttributes`
    pub attributes: Vec<MappedAttribute>,
    /// `DelaySeconds`; the queue's own where nothing is written.
    pub delay: Option<Duration>,
    /// The role of `CredentialsArn`, which the gateway takes on for the call.
    pub role: Role,
}

/// A message attribute with the value it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedAttribute {
    /// Its name.
    pub name: String,
    /// `DataType`: `String` or `Number`, with or without a label behind a dot.
    pub data_type: String,
    /// `StringValue`
    pub value: Mapping,
}

/// A JWT authorizer together with the scopes of the route it stands before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// `IdentitySource`: where the token stands.
    pub source: IdentitySource,
    /// `JwtConfiguration.Issuer`.
    pub issuer: String,
    /// `JwtConfiguration.Audience`.
    pub audience: Vec<String>,
    /// `AuthorizationScopes`: the token needs one of them; empty for none.
    pub scopes: Vec<String>,
}

/// Where an authorizer looks for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentitySource {
    /// `$request.header.<name>`, the name in lower case.
    Header(String),
    /// `$request.querystring.<name>`
    Query(String),
}

/// A Cognito user pool with its one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPool {
    /// `ap-northeast-2_` and nine characters.
    pub id: String,
    /// `ProviderURL`, the issuer of its tokens: on this machine an address of this server.
    pub issuer: String,
    /// The page that signs readers in.
    pub client: UserPoolClient,
}

/// A public client of a user pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPoolClient {
    /// 26 characters.
    pub id: String,
    /// `AllowedOAuthScopes`.
    pub scopes: Vec<String>,
    /// For how long an access token is good: `AccessTokenValidity`.
    pub access_token: Duration,
}

/// A token bucket: `rate` tokens a second, at most `burst` of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throttle {
    /// Requests per second.
    pub rate: f64,
    /// Requests at once.
    pub burst: f64,
}

/// `CorsConfiguration` of the API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cors {
    /// Exact origins, or `*`.
    pub allow_origins: Vec<String>,
    /// Methods, or `*`.
    pub allow_methods: Vec<String>,
    /// Request headers in lower case, or `*`.
    pub allow_headers: Vec<String>,
    /// Response headers in lower case.
    pub expose_headers: Vec<String>,
    /// Seconds a browser may keep the answer to its preflight.
    pub max_age: Option<u32>,
    /// Whether a browser may send cookies along.
    pub allow_credentials: bool,
}

/// A DynamoDB table.
#[derive(Debug, Clone)]
pub struct Table {
    /// `TableName`.
    pub name: String,
    /// The body of the `CreateTable` call that makes it.
    pub definition: serde_json::Value,
    /// `TimeToLiveSpecification.AttributeName`, when enabled.
    pub ttl_attribute: Option<String>,
}
