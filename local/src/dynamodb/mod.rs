//! DynamoDB on one machine: dynoxide behind the wire protocol, so that the unmodified AWS SDK of the functions talks to it.
//! Knows the template's tables, who may do what to them and where the data lies; knows nothing of items.

mod data;
mod permission;
mod refusal;
mod wall;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use dynoxide::actions::create_table::CreateTableRequest;
use dynoxide::actions::describe_table::DescribeTableRequest;
use dynoxide::actions::update_time_to_live::{TimeToLiveSpecification, UpdateTimeToLiveRequest};
use dynoxide::{Database, DynoxideError};
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::sync::oneshot;

use crate::iam::Iam;
pub use data::{Data, Storage};
use template::Table;

/// The engine parses expressions by recursion; with this much stack, in bytes, none of our own can exhaust it.
const STACK: usize = 16 * 1024 * 1024;

/// How often expired items are removed. DynamoDB takes up to days; here a reader can watch it.
const SWEEP: Duration = Duration::from_secs(5);

/// A running endpoint.
#[derive(Debug)]
pub struct DynamoDb {
    address: SocketAddr,
    data: Data,
}

impl DynamoDb {
    /// Opens the data, makes the tables that are missing and listens on a free port of the loopback address for the
    /// functions that `iam` knows, each with what its role allows. What this program does itself does not go through the door.
    ///
    /// # Errors
    /// The data cannot be opened, a table cannot be made, or no port is to be had.
    pub async fn start(data: Data, tables: &[Table], iam: Iam) -> Result<Self> {
        let database = open(&data, tables)?;
        let inner = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port for DynamoDB")?;
        let outer = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port for DynamoDB")?;
        let (engine, address) = (inner.local_addr()?, outer.local_addr()?);
        let wall = wall::router(engine, address, iam);
        let running = serve(inner.into_std()?, database.clone())?;
        let outer = axum::serve::ListenerExt::tap_io(outer, |connection| {
            let _ = connection.set_nodelay(true);
        });
        tokio::spawn(async move {
            // With the last task that can reach the engine it ends, too.
            let _running = running;
            axum::serve(outer, wall).await
        });
        tokio::spawn(sweep(database));
        Ok(Self { address, data })
    }

    /// What every function's environment needs so that the SDK finds this endpoint.
    pub fn variables(&self) -> BTreeMap<String, String> {
        [("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), format!("http://{}", self.address))].into()
    }

    /// Where the data lies.
    pub fn data(&self) -> &Data {
        &self.data
    }
}

/// Serves the engine on a thread of its own, because it works on the data inside its answers and nothing else here should wait for
/// a disk. It ends when what comes back is dropped.
fn serve(listener: std::net::TcpListener, database: Database) -> Result<oneshot::Sender<()>> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let (running, ended) = oneshot::channel::<()>();
    let run = async move {
        let listener = TcpListener::from_std(listener).map_err(|error| error.to_string())?;
        let end = async move { drop(ended.await) };
        dynoxide::server::serve_with_shutdown(listener, database, end).await
    };
    thread::Builder::new().name("dynamodb".into()).stack_size(STACK).spawn(move || {
        if let Err(error) = runtime.block_on(run) {
            tracing::error!("DynamoDB가 멈췄다: {error}");
        }
    })?;
    Ok(running)
}

/// Opens the database; a file that cannot be used is kept aside and a fresh one begun, and both are said.
fn open(data: &Data, tables: &[Table]) -> Result<Database> {
    let Some(file) = data.file() else {
        let database = Database::memory().map_err(|error| anyhow!("no database in memory: {error}"))?;
        prepare(&database, tables)?;
        return Ok(database);
    };
    let attempt = || {
        let database = Database::new(&file.to_string_lossy()).map_err(|error| anyhow!("{error}"))?;
        prepare(&database, tables)?;
        Ok::<_, anyhow::Error>(database)
    };
    match attempt() {
        Ok(database) => Ok(database),
        Err(error) if file.exists() => {
            let aside = data.set_aside()?;
            tracing::warn!(
                "데이터 파일을 쓸 수 없어 {}(으)로 치우고 새로 시작한다: {error:#}",
                aside.display()
            );
            attempt().with_context(|| format!("cannot begin a new data file at {}", file.display()))
        }
        Err(error) => Err(error.context(format!("cannot open the data file {}", file.display()))),
    }
}

/// Makes missing tables and sets their TTL, as a deployment of the template would.
fn prepare(database: &Database, tables: &[Table]) -> Result<()> {
    for table in tables {
        let wanted: CreateTableRequest =
            serde_json::from_value(table.definition.clone()).with_context(|| {
                format!("template.yaml: the table `{}` is not one DynamoDB would make", table.name)
            })?;
        match database.describe_table(DescribeTableRequest { table_name: table.name.clone() }) {
            Ok(found) => {
                let found = serde_json::to_value(&found.table.key_schema)?;
                if found != table.definition["KeySchema"] {
                    return Err(anyhow!(
                        "the table `{}` has another key than template.yaml says",
                        table.name
                    ));
                }
            }
            Err(DynoxideError::ResourceNotFoundException(_)) => {
                database
                    .create_table(wanted)
                    .map_err(|error| anyhow!("cannot make `{}`: {error}", table.name))?;
                if let Some(attribute) = &table.ttl_attribute {
                    let time_to_live_specification =
                        TimeToLiveSpecification { attribute_name: attribute.clone(), enabled: true };
                    let request = UpdateTimeToLiveRequest {
                        table_name: table.name.clone(),
                        time_to_live_specification,
                    };
                    database
                        .update_time_to_live(request)
                        .map_err(|error| anyhow!("TTL of `{}`: {error}", table.name))?;
                }
            }
            Err(error) => return Err(anyhow!("cannot look at `{}`: {error}", table.name)),
        }
    }
    Ok(())
}

async fn sweep(database: Database) {
    let mut tick = tokio::time::interval(SWEEP);
    loop {
        tick.tick().await;
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!("TTL: {error}"),
            Err(_) => return,
        }
    }
}
