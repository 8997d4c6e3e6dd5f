//! TLS to a broker: which certificates are believed, who we are, and what it means when it fails.
//!
//! rustls with ring, TLS 1.2 and 1.3, the server's name always checked. The files are read anew at every connection, so
//! a renewed certificate needs no restart.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::hub::{LinkState, Phase};

/// The files of a TLS connection, in PEM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// The certificate authorities that are believed instead of the system's.
    pub ca: Option<PathBuf>,
    /// Our own certificate with its chain, and its key.
    pub identity: Option<Identity>,
}

/// Who we are to a broker that asks for a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The certificate with its chain.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Why the files are no good.
#[derive(Debug, thiserror::Error)]
pub enum BadFiles {
    /// A file cannot be read, or holds nothing of the kind.
    #[error("{what} {}: {reason}", .path.display())]
    File {
        /// What it should hold.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Certificate and key do not go together.
    #[error("the client certificate {} cannot be used: {reason}", .path.display())]
    Identity {
        /// The certificate.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The system has no certificate authorities.
    #[error("this system has no certificate authorities")]
    NoRoots,
}

impl BadFiles {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::File { .. } => "name a PEM file that the hub's user can read",
            Self::Identity { .. } => "cert and key have to belong together",
            Self::NoRoots => "install them (Debian: ca-certificates), or name the broker's own with ca",
        }
    }

    fn state(&self) -> LinkState {
        LinkState::not_up(Phase::Waiting, "tls-files", self.to_string(), self.hint())
    }
}

/// The configuration of the next connection.
pub fn config(files: &Files) -> Result<ClientConfig, LinkState> {
    read(files).map_err(|bad| bad.state())
}

/// Reads the files.
pub fn read(files: &Files) -> Result<ClientConfig, BadFiles> {
    let roots = match &files.ca {
        Some(path) => own_roots(path)?,
        None => system_roots()?,
    };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has TLS 1.2 and 1.3")
        .with_root_certificates(roots);
    let Some(Identity { cert, key }) = &files.identity else { return Ok(config.with_no_client_auth()) };
    let chain = certificates("the client certificate", cert)?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| BadFiles::File {
        what: "the client key",
        path: key.clone(),
        reason: plain(error),
    })?;
    config
        .with_client_auth_cert(chain, secret)
        .map_err(|error| BadFiles::Identity { path: cert.clone(), reason: error.to_string() })
}

fn own_roots(path: &Path) -> Result<RootCertStore, BadFiles> {
    let what = "the certificate authority";
    let mut roots = RootCertStore::empty();
    for certificate in certificates(what, path)? {
        roots.add(certificate).map_err(|error| BadFiles::File {
            what,
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
    }
    Ok(roots)
}

fn system_roots() -> Result<RootCertStore, BadFiles> {
    let mut roots = RootCertStore::empty();
    // One odd certificate among the system's hundred is no reason to believe none.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() { Err(BadFiles::NoRoots) } else { Ok(roots) }
}

fn certificates(what: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, BadFiles> {
    let bad = |reason| BadFiles::File { what, path: path.to_owned(), reason };
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    match found {
        Ok(found) if found.is_empty() => {
            Err(bad("there is no certificate in it, `-----BEGIN CERTIFICATE-----`".into()))
        }
        Ok(found) => Ok(found),
        Err(error) => Err(bad(plain(error))),
    }
}

fn plain(error: rustls::pki_types::pem::Error) -> String {
    use rustls::pki_types::pem::Error;
    match error {
        Error::Io(error) => error.to_string(),
        Error::NoItemsFound => "there is none in it".to_owned(),
        error => format!("no good PEM ({error})"),
    }
}
