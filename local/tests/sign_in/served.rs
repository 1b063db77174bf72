//! An issuer with a clock of its own, behind the wall and beside a gateway.

use std::collections::BTreeMap;
use std::future::pending;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use local::cognito::{self, Clock, Issuer};
use local::gateway::HttpApi;
use local::lambda::{Lambda, Settings};
use local::server::connections::Bounds;
use local::server::rooms::Rooms;
use local::wall::Wall;
use template::{Api, Authorization, IdentitySource, Integration, Route, RouteKey, UserPool, UserPoolClient};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::browser::Browser;
use crate::key::KEY;
use crate::log::Log;

/// RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CLIENT: &str = "0123456789abcdefghijklmnop";
/// A page of this origin may sign readers in too.
pub const NAMED: &str = "http://localhost:8000";

/// Everything the program logged, of all tests.
pub static LOG: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).init();
    log
});

/// The example `echo`, compiled once.
static ECHO: LazyLock<PathBuf> = LazyLock::new(|| {
    let built =
        Command::new(env!("CARGO")).args(["build", "--quiet", "--workspace", "--example", "echo"]).status();
    assert!(built.unwrap().success());
    // <target>/debug/deps/sign_in-… → <target>/debug/examples/echo
    let test = std::env::current_exe().unwrap();
    test.parent().and_then(Path::parent).unwrap().join("examples/echo")
});

pub struct Served {
    pub base: String,
    /// The issuer's address.
    pub issuer: String,
    ahead: Arc<AtomicI64>,
    lambda: Lambda,
    _folder: tempfile::TempDir,
    runtime: Runtime,
}

impl Served {
    pub fn start() -> Self {
        LazyLock::force(&LOG);
        let runtime = Runtime::new().unwrap();
        let ahead = Arc::new(AtomicI64::new(0));
        let by = Arc::clone(&ahead);
        // It stands still but for `wait`: a second more or less decides in these tests.
        let started = Clock::default().now();
        let clock = Clock::new(move || started + by.load(Ordering::Relaxed));
        let folder = tempfile::tempdir().unwrap();
        let (base, issuer, lambda) = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let base = format!("http://{}", listener.local_addr().unwrap());
            let pool = pool(&base);
            let address = pool.issuer.clone();
            let issuer = Issuer::with_clock(pool, Some(KEY.folder.path().to_owned()), clock);
            let lambda = lambda(folder.path()).await;
            let pages = cognito::router(issuer, vec![base.clone(), NAMED.to_owned(), "*".to_owned()]);
            let api = HttpApi::new(api(&address), lambda.clone(), Arc::default());
            let rooms = Rooms::new(Wall::default(), api, pages);
            tokio::spawn(rooms.serve(listener, Bounds::default(), pending()));
            (base, address, lambda)
        });
        Self { base, issuer, ahead, lambda, _folder: folder, runtime }
    }

    /// Turns the issuer's clock forward. The gateway goes by the system's.
    pub fn wait(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Gives the gateway a function to call: one that answers with its event.
    pub fn with_echo(self) -> Self {
        let _inside = self.runtime.enter();
        self.lambda.deliver("echo", ECHO.clone());
        self
    }

    /// The page of the book where readers are sent back to.
    pub fn book(&self) -> String {
        format!("{}{}", self.base, cognito::SIGNED_IN)
    }

    pub fn browser(&self) -> Browser<'_> {
        Browser::new(self)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.runtime.block_on(self.lambda.stop());
    }
}

fn pool(base: &str) -> UserPool {
    let id = "ap-northeast-2_012345678";
    let client = UserPoolClient {
        id: CLIENT.to_owned(),
        scopes: vec!["openid".to_owned(), "book/users".to_owned()],
        access_token: Duration::from_secs(3600),
    };
    UserPool { issuer: format!("{base}/_local/cognito/{id}"), id: id.to_owned(), client }
}

fn api(issuer: &str) -> Api {
    let route = |key: &str, scopes: Vec<String>| Route {
        key: RouteKey::parse(key).unwrap(),
        integration: Integration::Function("Echo".to_owned()),
        throttle: None,
        timeout: None,
        authorization: Some(Authorization {
            source: IdentitySource::Header("authorization".to_owned()),
            issuer: issuer.to_owned(),
            audience: vec![CLIENT.to_owned()],
            scopes,
        }),
    };
    let routes = vec![
        route("GET /api/me/users", vec!["book/users".to_owned()]),
        route("GET /api/me/any-scope", Vec::new()),
    ];
    Api {
        id: "api".to_owned(),
        cors: None,
        routes,
        throttle: None,
        stage_variables: BTreeMap::new(),
        access_log: None,
    }
}

async fn lambda(folder: &Path) -> Lambda {
    let function = template::Function {
        name: "Echo".to_owned(),
        package: "echo".to_owned(),
        memory_mb: 1769,
        timeout: Duration::from_secs(10),
        environment: BTreeMap::new(),
        reserved: None,
        provisioned: 0,
        schedules: Vec::new(),
        asynchronous: template::Asynchronous::default(),
    };
    Lambda::start(&[function], Settings::new(folder.to_owned())).await.unwrap()
}
