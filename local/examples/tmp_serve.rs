//! tmp
use clap::Parser;
use local::{cli::*, lambda::package::*, project::Project, site::Site, terminal::Terminal, wall, watch::*};
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let t0 = std::time::Instant::now();
    let terminal = Terminal::default();
    tracing_subscriber::fmt().with_writer(terminal.clone()).with_target(false).init();
    match Cli::parse().into_command() {
        Command::Build(b) => {
            let p = Project::find(b.root.as_deref())?;
            let r = local::site::build::build_once(&p.book(), b.dest_dir.as_deref())?;
            println!("{r:?}");
        }
        Command::Serve(s) => {
            let p = Project::find(s.root.as_deref())?;
            let (_w, changes) =
                Watcher::start(&Sources { root: p.root().into(), book: p.book(), functions: p.functions() })?;
            let names =
                if s.no_functions { vec![] } else { vec!["cold-start".to_owned(), "users".to_owned()] };
            let packager = Packager::new(
                Options::new(p.root().into(), names.clone(), p.state().join("functions")),
                terminal,
            );
            let site = Site::new(p.book(), p.state().join("site"), packager.status());
            let l = tokio::net::TcpListener::bind(("127.0.0.1", s.port)).await?;
            let address = l.local_addr()?;
            println!("{}", Greeting { address, data: None, functions: &names });
            let router = site.router(address.port()).layer(axum::middleware::from_fn(wall::guard));
            if !names.is_empty() {
                tokio::spawn(packager.run(changes.functions.clone(), move |b| {
                    tracing::info!("delivered {b:?} at {:?}", t0.elapsed())
                }));
            }
            let s2 = site.clone();
            tokio::spawn(async move { s2.run(changes.book).await });
            let s3 = site.clone();
            axum::serve(l, router)
                .with_graceful_shutdown(async move {
                    let _ = tokio::signal::ctrl_c().await;
                    s3.close();
                })
                .await?;
        }
    }
    Ok(())
}
