//! Puts the rooms together: one address, the book at `/`, the API at `/api`, both from template.yaml.
//! Knows every room's front door and nothing behind it.

pub mod connections;
pub mod rooms;
mod stream;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::net::TcpListener;

use self::connections::Bounds;
use self::rooms::Rooms;
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
use crate::time_scale::TimeScale;
use crate::wall::Wall;
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
    /// How long an environment may live.
    pub most_age: Duration,
    /// How fast both, and the waits of schedules, go by.
    pub time_scale: TimeScale,
    /// The most events all functions may work on at once.
    pub account_concurrency: usize,
    /// The most environments of one function.
    pub most_environments: usize,
}

/// A server that is ready to answer.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    rooms: Rooms,
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
            most_age: options.most_age,
            time_scale: options.time_scale,
            account_concurrency: options.account_concurrency,
            most_environments: options.most_environments,
            variables: dynamodb.variables(),
            credentials: iam.credentials(),
            ..Settings::new(project.state().join("environments").join(std::process::id().to_string()))
        };
        let lambda = Lambda::start(&functions, settings).await?;
        let sources = EventSources { functions: &functions, queues: &queues, mappings: &mappings };
        let events = Events::start(&sources, &lambda, &iam);

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
        let mut wall = Wall::default();
        if let Some(cors) = &api.cors {
            wall = wall.open("/api", &cors.allow_origins);
        }
        let api = HttpApi::new(api, lambda.clone(), events.sqs());
        let console = Console::new(&functions, &routes, lambda.clone(), api.telemetry(), events, iam);
        let mut pages = site.router_with(port, issuer.as_ref().map(sign_in)).merge(console.router());
        if let Some(issuer) = &issuer {
            wall = wall.open(&format!("{}/oauth2", issuer.path()), &origins);
            pages = pages.merge(cognito::router(issuer.clone(), origins));
        }
        let rooms = Rooms::new(wall, api, pages);
        Ok(Self { listener, rooms, lambda, site, console, dynamodb, packages, _watcher: watcher })
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
    pub async fn run(self, end: impl Future<Output = ()>) {
        let (site, console) = (self.site, self.console);
        let end = async move {
            end.await;
            site.close();
            console.close();
        };
        self.rooms.serve(self.listener, Bounds::default(), end).await;
        self.lambda.stop().await;
    }
}

/// What pages are told of the issuer.
fn sign_in(issuer: &Issuer) -> SignIn {
    let UserPool { issuer, client, .. } = issuer.pool();
    SignIn { issuer: issuer.clone(), client: client.id.clone(), scope: client.scopes.join(" ") }
}

async fn notice_template(mut changes: tokio::sync::watch::Receiver<u64>) {
    while settled(&mut changes).await {
        tracing::warn!("template.yaml이나 samconfig.toml이 바뀌었다. 다시 시작하면 적용된다");
    }
}
