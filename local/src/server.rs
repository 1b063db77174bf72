//! Puts the rooms together: one address, the book at `/`, the API at `/api`, both from template.yaml.
//! Knows every room's front door and nothing behind it.

use std::collections::{BTreeMap, BTreeSet};
use std::future::IntoFuture;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::cognito::{self, Issuer};
use crate::console::Console;
use crate::dynamodb::{Data, DynamoDb, Storage};
use crate::events::{Events, Sources as EventSources};
use crate::gateway::HttpApi;
use crate::iam::Iam;
use crate::lambda::package::{Options as PackageOptions, Packager};
use crate::lambda::{Lambda, Settings};
use crate::project::Project;
use crate::site::{SignIn, Site};
use crate::terminal::Terminal;
use crate::wall;
use crate::watch::{Sources, Watcher, settled};
use template::{DeployOnly, Stack, System, UserPool};

/// What to serve, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The project's folders.
    pub project: Project,
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Where data is kept.
    pub storage: Storage,
    /// Parameter set of samconfig.toml.
    pub parameters: String,
    /// Parameters that the set does not decide: name → value.
    pub parameter_overrides: BTreeMap<String, String>,
    /// Whether the functions are compiled and run.
    pub functions: bool,
    /// Whether they are compiled as they are deployed, rather than quickly.
    pub as_deployed: bool,
    /// Origins that may call the API beside those of the template's CORS configuration.
    pub allow_origins: Vec<String>,
    /// How long an environment may stay idle.
    pub idle: Duration,
}

/// The most environments of one function: a burst of 60 fits, a mistake does not fill the machine.
const MOST_ENVIRONMENTS: usize = 100;
/// The most events of one function that wait for an environment.
const MOST_WAITING: usize = 1000;
/// The clock of schedules and queues.
const REAL_TIME: u32 = 1;
/// Requests under way may finish when the server is ended, but not keep it for longer.
const GRACE: Duration = Duration::from_secs(2);

/// A server that is ready to answer.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    router: Router,
    lambda: Lambda,
    site: Site,
    console: Console,
    dynamodb: DynamoDb,
    packages: Vec<String>,
    _watcher: Watcher,
}

impl Server {
    /// Opens data and tables, starts Lambda, begins to build the book and to compile the functions, and listens.
    ///
    /// # Errors
    /// The template is wrong, the data is in use, or the port is taken.
    pub async fn start(options: Options, terminal: Terminal) -> Result<Self> {
        let project = &options.project;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.with_context(|| {
            format!("포트 {}을(를) 열 수 없다. 다른 포트를 --port N으로 고른다 (0이면 빈 포트)", options.port)
        })?;
        let port = listener.local_addr()?.port();
        let data = Data::open(&options.storage)?;
        let stack = Stack { id: data.stack_id(), origin: &format!("http://127.0.0.1:{port}") };
        let System {
            functions,
            roles,
            mut api,
            tables,
            queues,
            event_source_mappings: mappings,
            user_pool,
            deploy_only,
        } = template::load_with(project.root(), &options.parameters, &options.parameter_overrides, stack)?;
        if deploy_only != DeployOnly::default() {
            tracing::info!(
                "AWS에만 있는 자원과 속성이라 여기서는 만들지 않는다:\n{}",
                deploy_only.to_string().trim_end()
            );
        }
        let folder = data.file().and_then(Path::parent).map(PathBuf::from);
        let issuer = user_pool.map(|pool| Issuer::new(pool, folder));
        if let Some(issuer) = &issuer {
            issuer.prepare();
        }
        let iam = Iam::new(roles);
        let dynamodb = DynamoDb::start(data, &tables, iam.clone()).await?;
        let settings = Settings {
            idle: options.idle,
            most_environments: MOST_ENVIRONMENTS,
            most_waiting: MOST_WAITING,
            folder: project.state().join("environments").join(std::process::id().to_string()),
            variables: dynamodb.variables(),
            credentials: iam.credentials(),
        };
        let lambda = Lambda::start(&functions, settings).await?;
        let sources = EventSources { functions: &functions, queues: &queues, mappings: &mappings };
        let events = Events::start(&sources, &lambda, &iam, REAL_TIME);

        let packages: BTreeSet<_> = functions.iter().map(|function| function.package.clone()).collect();
        let packages: Vec<_> = packages.into_iter().filter(|_| options.functions).collect();
        let store = if options.as_deployed { "functions-as-deployed" } else { "functions" };
        let package =
            PackageOptions::new(project.root().to_owned(), packages.clone(), project.state().join(store));
        let packager =
            Packager::new(PackageOptions { as_deployed: options.as_deployed, ..package }, terminal);
        let site = Site::new(project.book(), project.state().join("site"), packager.status());
        let sources =
            Sources { root: project.root().to_owned(), book: project.book(), functions: project.functions() };
        let (watcher, changes) = Watcher::start(&sources)?;
        let building = site.clone();
        tokio::spawn(async move { building.run(changes.book).await });
        let deliver_to = lambda.clone();
        tokio::spawn(packager.run(changes.functions, move |built| {
            deliver_to.deliver(&built.package, built.bootstrap);
        }));
        tokio::spawn(notice_template(changes.template));

        // The book may be read under either name of this machine while its calls go to the other.
        let mut origins = options.allow_origins;
        origins.extend(["127.0.0.1", "localhost"].map(|host| format!("http://{host}:{port}")));
        if let Some(cors) = &mut api.cors {
            cors.allow_origins.extend_from_slice(&origins);
        }
        let routes = api.routes.clone();
        let api = HttpApi::new(api, lambda.clone(), events.sqs());
        let console = Console::new(&functions, &routes, lambda.clone(), api.telemetry(), iam);
        let mut pages = site.router_with(port, issuer.as_ref().map(sign_in)).merge(console.router());
        if let Some(issuer) = &issuer {
            pages = pages.merge(cognito::router(issuer.clone(), origins));
        }
        let router = router(api.router(), pages);
        Ok(Self { listener, router, lambda, site, console, dynamodb, packages, _watcher: watcher })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// The data file; `None` for data in memory.
    pub fn data_file(&self) -> Option<PathBuf> {
        self.dynamodb.data().file().map(PathBuf::from)
    }

    /// The packages being compiled.
    pub fn packages(&self) -> &[String] {
        &self.packages
    }

    /// Answers requests until `end` is ready, then ends all functions.
    ///
    /// # Errors
    /// The listener fails.
    pub async fn run(self, end: impl Future<Output = ()> + Send + 'static) -> Result<()> {
        let (site, console) = (self.site.clone(), self.console.clone());
        let (ending, mut ended) = tokio::sync::watch::channel(false);
        let shutdown = async move {
            end.await;
            site.close();
            console.close();
            let _ = ending.send(true);
        };
        let listener = self.listener.tap_io(|connection| {
            let _ = connection.set_nodelay(true);
        });
        let service = self.router.into_make_service_with_connect_info::<SocketAddr>();
        let serving = axum::serve(listener, service).with_graceful_shutdown(shutdown).into_future();
        tokio::select! {
            served = serving => served?,
            () = async {
                let _ = ended.wait_for(|ended| *ended).await;
                tokio::time::sleep(GRACE).await;
            } => {}
        }
        self.lambda.stop().await;
        Ok(())
    }
}

/// What pages are told of the issuer.
fn sign_in(issuer: &Issuer) -> SignIn {
    let UserPool { issuer, client, .. } = issuer.pool();
    SignIn { issuer: issuer.clone(), client: client.id.clone(), scope: client.scopes.join(" ") }
}

/// `/api/…` is the API's, everything else the book's and this machine's own: one origin, as behind CloudFront.
fn router(api: Router, site: Router) -> Router {
    let split = move |request: Request, next: Next| {
        let api = api.clone();
        async move {
            let path = request.uri().path();
            if path == "/api" || path.starts_with("/api/") {
                match api.oneshot(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            } else {
                next.run(request).await
            }
        }
    };
    site.layer(from_fn(split)).layer(from_fn(wall::guard))
}

async fn notice_template(mut changes: tokio::sync::watch::Receiver<u64>) {
    while settled(&mut changes).await {
        tracing::warn!("template.yaml이나 samconfig.toml이 바뀌었다. 다시 시작하면 적용된다");
    }
}
