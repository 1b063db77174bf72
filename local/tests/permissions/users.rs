//! The real `users`, with and without a permission its work needs.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use local::dynamodb::{Data, DynamoDb, Storage};
use local::gateway::HttpApi;
use local::iam::Iam;
use local::lambda::package::{Options, Packager};
use local::lambda::{Lambda, Settings};
use local::terminal::Terminal;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::log::Log;
use crate::roles::{STACK, root};

/// Everything the program and the functions log, in all tests.
static LOG: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .init();
    log
});

/// Compiling the function for the first time takes minutes.
const UNTIL_LIVE: Duration = Duration::from_secs(600);

/// The function `users` behind the API of a template.
struct Users {
    base: String,
    secrets: Vec<String>,
    lambda: Lambda,
    iam: Iam,
    runtime: Runtime,
    _folder: tempfile::TempDir,
}

impl Users {
    fn start(text: &str) -> Users {
        LazyLock::force(&LOG);
        let sets = std::fs::read_to_string(root().join("samconfig.toml")).unwrap();
        let set = template::parameters::read(&sets, "local").unwrap();
        let system = template::parse("template.yaml", text, &set, STACK).unwrap();
        let functions: Vec<_> =
            system.functions.into_iter().filter(|function| function.package == "users").collect();
        let runtime = Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (base, secrets, lambda, iam) = runtime.block_on(async {
            let data = Data::open(&Storage::Memory).unwrap();
            let iam = Iam::new(system.roles);
            let dynamodb = DynamoDb::start(data, &system.tables, iam.clone()).await.unwrap();
            let credentials = iam.credentials();
            let secrets =
                credentials.values().flat_map(|own| own.values().filter(|text| text.len() > 8).cloned());
            let secrets = secrets.collect();
            let settings = Settings {
                variables: dynamodb.variables(),
                credentials,
                ..Settings::new(folder.path().to_owned())
            };
            let lambda = Lambda::start(&functions, settings).await.unwrap();
            let store = root().join("target/local/functions");
            let packager = Packager::new(
                Options::new(root().to_owned(), vec!["users".to_owned()], store),
                Terminal::default(),
            );
            let mut status = packager.status();
            // The sender goes at once: after the first build there is nothing to wait for.
            let (_, changes) = watch::channel(0);
            let deliver_to = lambda.clone();
            let packaging = tokio::spawn(
                packager.run(changes, move |built| deliver_to.deliver(&built.package, built.bootstrap)),
            );
            let built = async {
                status.wait_for(|all| all.iter().all(|one| one.serving)).await.expect("`users` compiles");
            };
            tokio::time::timeout(UNTIL_LIVE, built).await.unwrap();
            packaging.abort();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let base = format!("http://{}", listener.local_addr().unwrap());
            let api = HttpApi::new(system.api, lambda.clone(), Arc::default()).router();
            let api = api.into_make_service_with_connect_info::<SocketAddr>();
            tokio::spawn(async move { axum::serve(listener, api).await });
            (base, secrets, lambda, iam)
        });
        Users { base, secrets, lambda, iam, runtime, _folder: folder }
    }

    fn send(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        let request = request.header("x-visitor", "0123456789abcdef0123456789abcdef");
        let request = request.header("content-type", "application/json");
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let mut answer = agent.run(request.body(body).unwrap()).unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}

impl Drop for Users {
    fn drop(&mut self) {
        self.runtime.block_on(self.lambda.stop());
    }
}

fn template_text() -> String {
    std::fs::read_to_string(root().join("template.yaml")).unwrap()
}

#[test]
fn its_role_lets_it_do_its_work() {
    let users = Users::start(&template_text());
    let (status, created) = users.send("POST", "/api/users", Some(json!({"id": 1, "name": "하늘"})));
    assert_eq!((status, &created["name"]), (201, &json!("하늘")), "{created}");
    assert_eq!(users.send("GET", "/api/users/1", None), (200, created));
    assert_eq!(users.send("PUT", "/api/users/1", Some(json!({"name": "바다"}))).0, 200);
    let (status, list) = users.send("GET", "/api/users", None);
    assert_eq!(status, 200, "{list}");
    assert_eq!(users.send("DELETE", "/api/users/1", None).0, 204);
    assert_eq!(users.send("GET", "/api/users/1", None).0, 404);
}

#[test]
fn without_the_permission_to_write_it_fails_to_and_goes_on_reading() {
    let text = template_text();
    let without = text.replacen("                  - dynamodb:PutItem\n", "", 1);
    assert_ne!(text, without);
    let users = Users::start(&without);
    let (status, refused) = users.send("POST", "/api/users", Some(json!({"id": 1, "name": "하늘"})));
    assert_eq!((status, &refused["error"]["code"]), (500, &json!("internal")), "{refused}");
    assert!(
        !refused.to_string().contains("AccessDenied") && !refused.to_string().contains("arn:"),
        "{refused}"
    );
    assert_eq!(users.send("GET", "/api/users/1", None).1["error"]["code"], "user_not_found");
    assert_eq!(users.send("GET", "/api/users", None).0, 200);
    let log = LOG.text();
    let line = |parts: &[&str]| {
        log.lines().find(|line| {
            line.contains("AccessDeniedException") && parts.iter().all(|part| line.contains(part))
        })
    };
    // Other tests' functions are denied things too.
    let denied = line(&["UsersFunction", "dynamodb:PutItem", "정책이 허용하지 않는"])
        .expect("the wall says what was denied");
    assert!(
        denied.contains("UsersRole")
            && denied.contains("정책이 허용하지 않는")
            && denied.contains(":table/User\""),
        "{denied}"
    );
    assert!(line(&["awsCode"]).is_some(), "the function logs the code");
    for line in log.lines().filter(|line| line.contains("AccessDenied")) {
        assert!(!users.secrets.iter().any(|secret| line.contains(secret)), "{line}");
        assert!(!line.contains("하늘"), "{line}");
    }
}

#[test]
fn a_permission_taken_away_fails_its_call_and_given_back_lets_it_work_again() {
    let users = Users::start(&template_text());
    let make = || users.send("POST", "/api/users", Some(json!({"name": "하늘"})));
    assert_eq!(make().0, 201);
    users.iam.take_away("UsersRole", "dynamodb:PutItem").unwrap();
    let (status, refused) = make();
    assert_eq!((status, &refused["error"]["code"]), (500, &json!("internal")), "{refused}");
    assert_eq!(users.send("GET", "/api/users/1", None).0, 200, "what does not write goes on");
    let denials = users.iam.denials().recent();
    let denial = denials.last().unwrap();
    assert_eq!((denial.function.as_str(), denial.action.as_str()), ("UsersFunction", "dynamodb:PutItem"));
    assert_eq!(denial.reason, local::iam::Reason::TakenAway);
    users.iam.give_all_back();
    assert_eq!(make().0, 201);
}
