//! The same Router behind plain HTTP: no Lambda, no API Gateway, no event. The book's chapter on lock-in compares its answers.
//! Knows the function's library. The table is one in memory: what moves here is the code, not the data.

#[path = "../tests/support/table.rs"]
mod table;

use environment::Birth;
use std::error::Error;
use tokio::net::TcpListener;
use users::{Namespaces, Repository, Throttle, app};

/// Where it listens unless the first argument names another port; 0 is any free one.
const PORT: &str = "3100";

#[allow(clippy::print_stdout, reason = "main is where this program speaks")]
fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let port: u16 = std::env::args().nth(1).as_deref().unwrap_or(PORT).parse()?;
    table::runtime()?.block_on(async {
        let birth = Birth::now();
        let client = table::client(table::engine().await?).await;
        let settings = (Namespaces::keyed("plain http")?, Throttle::new(5.0, 20));
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        println!("http://{}", listener.local_addr()?);
        serve(listener, birth, Repository::new(client, table::TABLE.to_owned()), settings).await
    })
}

// ANCHOR: plain-http
async fn serve(
    listener: TcpListener,
    birth: Birth,
    repository: Repository,
    (namespaces, throttle): (Namespaces, Throttle),
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let function = app(repository, namespaces, throttle);
    axum::serve(listener, function.layer(birth.complete()?.layer())).await?;
    Ok(())
}
// ANCHOR_END: plain-http
