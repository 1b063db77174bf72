//! A server with an API of the test's own, described as a template describes it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use axum::Router;
use local::events::clock::Clock;
use local::events::sqs::{Message, Sqs};
use local::gateway::HttpApi;
use local::gateway::telemetry::Telemetry;
use local::lambda::{EnvironmentStage, Lambda, Settings};
use local::server::connections::Bounds;
use local::server::rooms::Rooms;
use local::wall::Wall;
use template::{Stack, System};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::client::{Answer, Connection};
use crate::log::Log;

/// What the API's access log says, of all tests.
pub static LOG: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    let to = log.clone();
    tracing_subscriber::fmt()
        .with_env_filter("off,gateway=info")
        .without_time()
        .with_ansi(false)
        .with_writer(to)
        .init();
    log
});

/// One test measures the memory of this process: it runs while no other does. A test has one server at a time, or waits for itself.
pub static TURN: RwLock<()> = RwLock::new(());

/// The example `answering`, compiled once.
static ANSWERING: LazyLock<PathBuf> = LazyLock::new(|| {
    let build = ["build", "--quiet", "--workspace", "--example", "answering"];
    assert!(Command::new(env!("CARGO")).args(build).status().unwrap().success());
    // <target>/debug/deps/gateway-… → <target>/debug/examples/answering
    let test = std::env::current_exe().unwrap();
    test.parent().and_then(Path::parent).unwrap().join("examples/answering")
});

/// The parts of a template that tests differ in.
#[derive(Default)]
pub struct Described<'a> {
    /// Route keys; ` jwt` behind one gives it the authorizer, ` short` 300 ms for its integration, ` queue` a queue instead of the
    /// function and ` forbidden` the same with a role that may not send.
    pub routes: &'a [&'a str],
    /// Properties of the Api, as YAML.
    pub api: &'a str,
    /// Properties of the Stage, as YAML.
    pub stage: &'a str,
    /// Properties of the function, as YAML.
    pub function: &'a str,
}

const TEMPLATE: &str = "
Resources:
  Answering:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: target/lambda/answering.zip
      Handler: bootstrap
      Runtime: provided.al2023
      MemorySize: 1769
FUNCTION
  Permission:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref Answering
      Action: lambda:InvokeFunction
      Principal: apigateway.amazonaws.com
      SourceArn: !Sub arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !GetAtt Answering.Arn
      PayloadFormatVersion: \"2.0\"
  ShortIntegration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !GetAtt Answering.Arn
      PayloadFormatVersion: \"2.0\"
      TimeoutInMillis: 300
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      MaximumMessageSize: 1024
  SenderRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: \"2012-10-17\"
        Statement:
          - {Effect: Allow, Principal: {Service: apigateway.amazonaws.com}, Action: sts:AssumeRole}
      Policies:
        - PolicyName: queue
          PolicyDocument:
            Version: \"2012-10-17\"
            Statement:
              - {Effect: Allow, Action: sqs:SendMessage, Resource: !GetAtt Queue.Arn}
  ReaderRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: \"2012-10-17\"
        Statement:
          - {Effect: Allow, Principal: {Service: apigateway.amazonaws.com}, Action: sts:AssumeRole}
      Policies:
        - PolicyName: queue
          PolicyDocument:
            Version: \"2012-10-17\"
            Statement:
              - {Effect: Allow, Action: sqs:ReceiveMessage, Resource: !GetAtt Queue.Arn}
  QueueIntegration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationSubtype: SQS-SendMessage
      PayloadFormatVersion: \"1.0\"
      CredentialsArn: !GetAtt SenderRole.Arn
      RequestParameters:
        QueueUrl: !Ref Queue
        MessageBody: $request.body
        MessageAttributes: '{\"visitor\": {\"DataType\": \"String\", \"StringValue\": \"${request.header.x-visitor}\"}}'
  ForbiddenIntegration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationSubtype: SQS-SendMessage
      PayloadFormatVersion: \"1.0\"
      CredentialsArn: !GetAtt ReaderRole.Arn
      RequestParameters:
        QueueUrl: !Ref Queue
        MessageBody: $request.body
  Pool:
    Type: AWS::Cognito::UserPool
    Properties:
      UsernameConfiguration: {CaseSensitive: false}
  Client:
    Type: AWS::Cognito::UserPoolClient
    Properties:
      UserPoolId: !Ref Pool
      GenerateSecret: false
      AllowedOAuthFlowsUserPoolClient: true
      AllowedOAuthFlows: [code]
      AllowedOAuthScopes: [openid]
      SupportedIdentityProviders: [COGNITO]
  Authorizer:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: readers
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration:
        Issuer: !GetAtt Pool.ProviderURL
        Audience: [!Ref Client]
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: api
      ProtocolType: HTTP
API
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: $default
      AutoDeploy: true
STAGE
";

impl Described<'_> {
    fn template(&self) -> String {
        let indented = |text: &str| text.lines().map(|line| format!("      {line}\n")).collect::<String>();
        let mut template = TEMPLATE
            .replace("FUNCTION\n", &indented(self.function))
            .replace("API\n", &indented(self.api))
            .replace("STAGE\n", &indented(self.stage));
        for (index, route) in self.routes.iter().enumerate() {
            let (key, is_authorized) = route.strip_suffix(" jwt").map_or((*route, false), |key| (key, true));
            let others = [
                (" short", "ShortIntegration"),
                (" queue", "QueueIntegration"),
                (" forbidden", "ForbiddenIntegration"),
            ];
            let other = others.into_iter().find_map(|(mark, name)| Some((key.strip_suffix(mark)?, name)));
            let (key, integration) = other.unwrap_or((key, "Integration"));
            write!(
                template,
                "  Route{index}:\n    Type: AWS::ApiGatewayV2::Route\n    Properties:\n      ApiId: !Ref Api\n      RouteKey: {key}\n      Target: !Sub integrations/${{{integration}}}\n"
            )
            .unwrap();
            if is_authorized {
                template.push_str("      AuthorizationType: JWT\n      AuthorizerId: !Ref Authorizer\n");
            }
        }
        template
    }

    fn system(&self, origin: &str) -> System {
        let stack = Stack { id: "arn:aws:cloudformation:ap-northeast-2:000000000000:stack/test/1", origin };
        template::parse("template.yaml", &self.template(), &BTreeMap::new(), stack)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    pub fn serve(&self) -> Served {
        self.serve_within(Bounds::default())
    }

    pub fn serve_within(&self, bounds: Bounds) -> Served {
        let turn = TURN.read().unwrap_or_else(PoisonError::into_inner);
        let mut served = self.serve_in_turn(bounds, 4);
        served.turn = Some(turn);
        served
    }

    /// For who has the turn already.
    pub fn serve_in_turn(&self, bounds: Bounds, environments: usize) -> Served {
        LazyLock::force(&LOG);
        let runtime = Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            idle: Duration::from_secs(60),
            most_environments: environments,
            ..Settings::new(folder.path().to_owned())
        };
        let (end, ended) = oneshot::channel::<()>();
        let (address, id, telemetry, lambda, sqs, serving) = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let System { functions, queues, api, .. } = self.system(&format!("http://{address}"));
            let lambda = Lambda::start(&functions, settings).await.unwrap();
            lambda.deliver("answering", ANSWERING.clone());
            let sqs = Arc::new(Sqs::new(&queues, Clock::default()));
            let id = api.id.clone();
            let origins = api.cors.as_ref().map(|cors| cors.allow_origins.clone()).unwrap_or_default();
            let http_api = HttpApi::new(api, lambda.clone(), Arc::clone(&sqs));
            let telemetry = http_api.telemetry();
            let wall = Wall::default().open("/api", &origins);
            let rooms = Rooms::new(wall, http_api, Router::new());
            let serving = rooms.serve(listener, bounds, async move {
                let _ = ended.await;
            });
            (address, id, telemetry, lambda, sqs, tokio::spawn(serving))
        });
        Served {
            address,
            id,
            telemetry,
            lambda,
            sqs,
            runtime,
            end: Some(end),
            serving: Some(serving),
            _folder: folder,
            turn: None,
        }
    }
}

pub struct Served {
    pub address: SocketAddr,
    /// The API's id.
    pub id: String,
    pub telemetry: Telemetry,
    lambda: Lambda,
    sqs: Arc<Sqs>,
    runtime: Runtime,
    end: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
    _folder: tempfile::TempDir,
    turn: Option<RwLockReadGuard<'static, ()>>,
}

impl Served {
    pub fn connect(&self) -> Connection {
        Connection::open(self.address)
    }

    /// One request on a connection of its own; `head` is request line and headers without `host`.
    pub fn send(&self, head: &str, body: &[u8]) -> Answer {
        let mut connection = self.connect();
        connection.request(head, body);
        connection.answer()
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1"), b"")
    }

    /// The payload as the function's result.
    pub fn answered(&self, payload: &str) -> Answer {
        self.send("POST /api/any?answer=body HTTP/1.1\r\ncontent-type: application/json", payload.as_bytes())
    }

    /// That it still answers, and its function too.
    pub fn is_alive(&self) {
        let answer = self.get("/api/any");
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// Requests that the function is working on.
    pub fn under_way(&self) -> usize {
        let environments = self.lambda.environments().into_iter().flat_map(|function| function.environments);
        environments.filter(|environment| environment.stage == EnvironmentStage::Running).count()
    }

    /// Waits until the function is working on so many requests. An environment that has answered counts until it asks for its next
    /// event.
    pub fn works_on(&self, requests: usize) {
        let end = Instant::now() + Duration::from_secs(30);
        while self.under_way() != requests {
            assert!(Instant::now() < end, "the function does not get to work on {requests}");
            std::thread::yield_now();
        }
    }

    /// What is in the queue.
    pub fn messages(&self) -> Vec<Message> {
        let messages =
            self.sqs.look(|queue, now| queue.messages(now).map(|(message, _)| message.clone()).collect());
        messages.into_iter().flat_map(|messages: Vec<_>| messages).collect()
    }

    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Ends the server and waits until it has.
    pub fn end(&mut self) {
        if let (Some(end), Some(serving)) = (self.end.take(), self.serving.take()) {
            let _ = end.send(());
            self.runtime.block_on(serving).unwrap();
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.end();
        self.runtime.block_on(self.lambda.stop());
    }
}
