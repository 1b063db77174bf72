//! A DynamoDB-compatible engine in memory with the function's table in it: what tests and the plain server put behind `users`.
//! Knows the engine and the table's description, no request and no route.

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

/// The table's name.
pub const TABLE: &str = "User";

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

/// Starts an engine, which lives as long as the runtime, and creates the table. Gives the address it listens at.
///
/// # Errors
/// There is no port, or the engine takes no table.
pub async fn engine() -> Result<SocketAddr, Box<dyn Error + Send + Sync>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let database = Database::memory()?;
    tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, std::future::pending()));
    create_table(&client(address).await).await?;
    Ok(address)
}

/// As the template describes it.
async fn create_table(client: &Client) -> Result<(), Box<dyn Error + Send + Sync>> {
    let id = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::N);
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
    let request = client.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
    request.attribute_definitions(id.build()?).key_schema(key.build()?).send().await?;
    Ok(())
}

/// The function's own client settings, pointed at an address.
pub async fn client(address: SocketAddr) -> Client {
    let settings = database::settings()
        .region(Region::from_static("ap-northeast-2"))
        .credentials_provider(Credentials::new("id", "key", None, None, "test"))
        .endpoint_url(format!("http://{address}"));
    database::client(&settings.load().await)
}
