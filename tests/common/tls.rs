//! A TLS client that trusts the hub's own authority and nothing else.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Trusts the authority in this PEM file.
pub fn trusting(ca: &Path) -> Arc<ClientConfig> {
    let certificate = CertificateDer::from_pem_file(ca)
        .unwrap_or_else(|error| panic!("no authority in {}: {error}", ca.display()));
    let mut roots = RootCertStore::empty();
    roots.add(certificate).expect("the authority is a usable root");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// Connects to `host:port` and verifies its certificate.
pub async fn connect(authority: &str, config: Arc<ClientConfig>) -> std::io::Result<TlsStream<TcpStream>> {
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let name = ServerName::try_from(host.to_owned()).expect("the hub's host is a name or an address");
    let socket = TcpStream::connect(authority).await?;
    socket.set_nodelay(true)?;
    TlsConnector::from(config).connect(name, socket).await
}
