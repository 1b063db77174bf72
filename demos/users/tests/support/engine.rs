//! A DynamoDB-compatible engine in memory with one table in it, for the tests of every function that has a table.
//! Knows the engine and how a table is described, no request and no function.

use aws_config::Region;
use aws_sdk_dynamodb::{
    Client,
    config::Credentials,
    types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType},
};
use dynoxide::Database;
use std::{error::Error, io, net::SocketAddr};
use tokio::{net::TcpListener, runtime::Runtime};
use users::database;

/// A runtime the engine can run on: its parser recurses deeply, hence the large stacks.
///
/// # Errors
/// The operating system gives no threads.
pub fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(16 << 20)
        .enable_all()
        .build()
}

/// Starts an engine, which lives as long as the runtime, and creates a table; `key` is the partition key and, where there is one,
/// the sort key. Gives the address it listens at.
///
/// # Errors
/// There is no port, or the engine takes no table.
pub async fn start(
    table: &str,
    key: &[(&str, ScalarAttributeType)],
) -> Result<SocketAddr, Box<dyn Error + Send + Sync>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let database = Database::memory()?;
    tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, std::future::pending()));
    let client = client(address).await;
    let mut request = client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
    for ((name, scalar), kind) in key.iter().zip([KeyType::Hash, KeyType::Range]) {
        let attribute = AttributeDefinition::builder().attribute_name(*name).attribute_type(scalar.clone());
        let element = KeySchemaElement::builder().attribute_name(*name).key_type(kind);
        request = request.attribute_definitions(attribute.build()?).key_schema(element.build()?);
    }
    request.send().await?;
    Ok(address)
}

/// The functions' own client settings, pointed at an address.
pub async fn client(address: SocketAddr) -> Client {
    let settings = database::settings()
        .region(Region::from_static("ap-northeast-2"))
        .credentials_provider(Credentials::new("id", "key", None, None, "test"))
        .endpoint_url(format!("http://{address}"));
    database::client(&settings.load().await)
}
