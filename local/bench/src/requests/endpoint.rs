//! A DynamoDB on this machine that speaks HTTP and, before it, TLS with a chain of certificates as long as AWS's.
//! Knows the engine and TLS; nothing of who calls.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use dynoxide::Database;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use template::Table;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// Who vouches for the endpoint, and the endpoint itself.
struct Chain {
    /// The endpoint's certificate and that of the intermediate authority.
    certificates: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    /// In PEM.
    root: String,
}

/// An endpoint with both addresses.
#[derive(Debug)]
pub struct Endpoint {
    /// HTTP.
    pub plain: SocketAddr,
    /// HTTPS.
    pub tls: SocketAddr,
    /// A PEM file with the root that vouches for it.
    pub roots: PathBuf,
}

impl Endpoint {
    /// Opens an endpoint with these tables, empty; the root's file is written into `folder`.
    ///
    /// # Errors
    /// The engine makes no such table, no port is to be had, or the folder cannot be written to.
    pub async fn open(tables: &[Table], folder: &Path) -> Result<Self> {
        let database = Database::memory().map_err(|error| anyhow!("no database in memory: {error}"))?;
        for table in tables {
            let request = serde_json::from_value(table.definition.clone())?;
            database
                .create_table(request)
                .map_err(|error| anyhow!("cannot make `{}`: {error}", table.name))?;
        }
        let engine = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let plain = engine.local_addr()?;
        tokio::spawn(dynoxide::server::serve_with_shutdown(engine, database, std::future::pending()));

        let Chain { certificates, key, root } = chain().context("no certificates")?;
        let roots = folder.join("root.pem");
        std::fs::write(&roots, root)?;
        let configuration = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(certificates, key)?;
        let acceptor = TlsAcceptor::from(Arc::new(configuration));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let tls = listener.local_addr()?;
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(relay(acceptor.clone(), stream, plain));
            }
        });
        Ok(Self { plain, tls, roots })
    }
}

/// Takes TLS off a connection and passes on what is in it.
async fn relay(acceptor: TlsAcceptor, stream: TcpStream, engine: SocketAddr) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut outer = acceptor.accept(stream).await?;
    let mut inner = TcpStream::connect(engine).await?;
    inner.set_nodelay(true)?;
    copy_bidirectional(&mut outer, &mut inner).await?;
    Ok(())
}

/// A root, an intermediate authority and a certificate for 127.0.0.1, all of P-256: to verify one of its signatures costs more
/// than to verify one of RSA, of which AWS's certificates are.
fn chain() -> Result<Chain, rcgen::Error> {
    let authority = |key: &KeyPair, by: Option<&Issuer<'_, KeyPair>>| {
        let mut parameters = CertificateParams::new(Vec::new())?;
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = match by {
            Some(issuer) => parameters.signed_by(key, issuer)?,
            None => parameters.self_signed(key)?,
        };
        Ok::<_, rcgen::Error>((certificate, parameters))
    };
    let root_key = KeyPair::generate()?;
    let (root, root_parameters) = authority(&root_key, None)?;
    let root_issuer = Issuer::new(root_parameters, root_key);
    let middle_key = KeyPair::generate()?;
    let (middle, middle_parameters) = authority(&middle_key, Some(&root_issuer))?;
    let middle_issuer = Issuer::new(middle_parameters, middle_key);
    let key = KeyPair::generate()?;
    let own = CertificateParams::new(vec!["127.0.0.1".to_owned()])?.signed_by(&key, &middle_issuer)?;
    Ok(Chain {
        certificates: vec![own.der().clone(), middle.der().clone()],
        key: PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
        root: root.pem(),
    })
}
