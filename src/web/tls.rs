//! The certificate the hub shows and the TLS sessions it accepts.
//!
//! With an own certificate (configuration) its two files are watched, and a bad new one never replaces a good old one.
//! Otherwise the [local authority](super::ca) signs one for the names and addresses of this machine and renews it
//! before it ends or when an address is added. TLS 1.2 and 1.3 with ring; sessions resume by ticket only, so an idle
//! visitor costs no memory here.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use sha2::{Digest, Sha256};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::{ClientHello, NoServerSessionStorage, ResolvesServerCert},
        sign::CertifiedKey,
    },
};
use x509_parser::{certificate::X509Certificate, prelude::FromDer};

use super::{
    ca::{Authority, HostName},
    config::DoorConfig,
    error::WebError,
    names::Names,
    private::{self, FileStamp},
    random::hex,
};
use crate::{clock, stop::Stop};

/// How often the files, addresses and dates are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// The hub's certificate; clones share it.
#[derive(Clone)]
pub struct Tls {
    shared: Arc<Shared>,
}

struct Shared {
    source: Source,
    shown: Arc<Shown>,
    server: Arc<ServerConfig>,
    /// Files as they were when they were last tried, good or bad.
    tried: Mutex<[Option<FileStamp>; 2]>,
}

enum Source {
    Own { certificate: PathBuf, key: PathBuf },
    Local { data: PathBuf, names: Names, authority: Box<Authority> },
}

/// The certificate that is shown to visitors from now on.
struct Shown(RwLock<Arc<CertifiedKey>>);

impl Tls {
    /// The certificate of the configuration, or the local one of the data folder (made when missing).
    pub fn open(config: &DoorConfig, data: &Path, names: &Names, now: SystemTime) -> Result<Self, WebError> {
        let source = match (&config.cert, &config.key) {
            (Some(certificate), Some(key)) => {
                Source::Own { certificate: certificate.clone(), key: key.clone() }
            }
            (Some(path), None) | (None, Some(path)) => {
                return Err(WebError::certificate(
                    path,
                    "certificate and key belong together: name both or none",
                ));
            }
            (None, None) => {
                let authority = Box::new(Authority::open(data, names, now)?);
                Source::Local { data: data.to_owned(), names: names.clone(), authority }
            }
        };
        let tried = source.stamps();
        let shown = Arc::new(Shown(RwLock::new(Arc::new(source.load(now)?))));
        let server = Arc::new(server_config(shown.clone())?);
        Ok(Self { shared: Arc::new(Shared { source, shown, server, tried: Mutex::new(tried) }) })
    }

    /// Accepts TLS sessions with the certificate of the moment.
    pub fn acceptor(&self) -> TlsAcceptor {
        self.shared.server.clone().into()
    }

    /// SHA-256 of the certificate, lower-case hexadecimal: what a person compares before trusting it.
    pub fn fingerprint(&self) -> String {
        let shown = self.shared.shown.current();
        hex(&Sha256::digest(shown.cert.first().map_or(&[][..], |certificate| certificate.as_ref())))
    }

    /// The local authority's certificate for browsers to trust; none with an own certificate.
    pub fn ca_pem(&self) -> Option<&str> {
        match &self.shared.source {
            Source::Own { .. } => None,
            Source::Local { authority, .. } => Some(authority.pem()),
        }
    }

    /// The name by which the local network knows this hub, if the hub's own certificate vouches for it.
    pub fn announced(&self) -> Option<String> {
        match &self.shared.source {
            Source::Own { .. } => None,
            Source::Local { names, .. } => names.announced(),
        }
    }

    /// Whether the certificate is one of the configuration, which browsers trust without being asked.
    pub fn is_own(&self) -> bool {
        matches!(self.shared.source, Source::Own { .. })
    }

    /// Looks at files, dates and addresses and shows a new certificate if there is one; true if it changed.
    /// An error leaves the old one in place.
    pub fn refresh(&self, now: SystemTime) -> Result<bool, WebError> {
        let stamps = self.shared.source.stamps();
        match &self.shared.source {
            Source::Own { .. } if stamps == *self.shared.tried() => return Ok(false),
            Source::Own { .. } => *self.shared.tried() = stamps,
            Source::Local { .. } => {}
        }
        let key = self.shared.source.load(now)?;
        let changed = self.shared.shown.current().cert != key.cert;
        if changed {
            self.shared.shown.show(key);
            tracing::info!(fingerprint = %self.fingerprint(), "a new certificate is in use");
        }
        Ok(changed)
    }

    /// Refreshes until the hub stops.
    pub async fn keep_fresh(self, stop: Stop) {
        let mut failed = false;
        while tokio::time::timeout(LOOK_EVERY, stop.requested()).await.is_err() {
            match self.refresh(SystemTime::now()) {
                Ok(_) => failed = false,
                Err(error) if !failed => {
                    failed = true;
                    tracing::error!("the new certificate is not used, the old one stays: {error}");
                }
                Err(_) => {}
            }
        }
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("fingerprint", &self.fingerprint()).finish_non_exhaustive()
    }
}

impl Shared {
    fn tried(&self) -> MutexGuard<'_, [Option<FileStamp>; 2]> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source {
    fn stamps(&self) -> [Option<FileStamp>; 2] {
        match self {
            Self::Own { certificate, key } => [FileStamp::of(certificate), FileStamp::of(key)],
            Self::Local { .. } => [None, None],
        }
    }

    fn load(&self, now: SystemTime) -> Result<CertifiedKey, WebError> {
        match self {
            Self::Own { certificate, key } => load_own(certificate, key, now),
            Self::Local { data, names, authority } => {
                load_local(&data.join("host.pem"), names, authority, now)
            }
        }
    }
}

impl Shown {
    fn current(&self) -> Arc<CertifiedKey> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn show(&self, key: CertifiedKey) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

fn server_config(shown: Arc<Shown>) -> Result<ServerConfig, WebError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(shown);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.ticketer = ring::Ticketer::new()?;
    config.send_tls13_tickets = 1;
    Ok(config)
}

fn load_own(certificate: &Path, key: &Path, now: SystemTime) -> Result<CertifiedKey, WebError> {
    let text = fs::read(certificate).map_err(|source| WebError::read(certificate, source))?;
    let secret = fs::read(key).map_err(|source| WebError::read(key, source))?;
    if private::is_open_to_all(key).map_err(|source| WebError::read(key, source))? {
        let reason =
            format!("every account of this machine can use the key: run `chmod 640 {}`", key.display());
        return Err(WebError::certificate(key, reason));
    }
    let certified = certified_key(&text, &secret, certificate, key)?;
    let leaf = certified.cert.first().map_or(&[][..], |leaf| leaf.as_ref());
    let (_, x509) = X509Certificate::from_der(leaf)
        .map_err(|_| WebError::certificate(certificate, "the first certificate is damaged"))?;
    let validity = x509.validity();
    // A machine without a clock cannot say that a certificate is over.
    if clock::is_plausible(now) {
        if SystemTime::from(validity.not_after.to_datetime()) < now {
            let reason = format!("expired on {}: put a renewed one in its place", validity.not_after);
            return Err(WebError::certificate(certificate, reason));
        }
        if SystemTime::from(validity.not_before.to_datetime()) > now {
            let reason = format!("valid only from {}: is the clock right?", validity.not_before);
            return Err(WebError::certificate(certificate, reason));
        }
    }
    Ok(certified)
}

fn load_local(
    path: &Path,
    names: &Names,
    authority: &Authority,
    now: SystemTime,
) -> Result<CertifiedKey, WebError> {
    let wanted: Vec<_> = all_names(names).into_iter().filter(|name| authority.may_sign(name)).collect();
    if let Ok(text) = fs::read(path)
        && let Ok(stored) = certified_key(&text, &text, path, path)
        && stored.cert.first().is_some_and(|leaf| authority.vouches_for(leaf, &wanted, now))
    {
        return Ok(stored);
    }
    for name in all_names(names).iter().filter(|name| !authority.may_sign(name)) {
        tracing::warn!(
            ?name,
            "the local authority may not sign this name; remove ca.pem and ca-key.pem from the data folder to make \
             one that may, and trust it again, or configure a certificate of your own"
        );
    }
    let text = authority.sign(&wanted, now)?;
    private::write(path, text.as_bytes(), 0o600).map_err(|source| WebError::write(path, source))?;
    certified_key(text.as_bytes(), text.as_bytes(), path, path)
}

fn all_names(names: &Names) -> Vec<HostName> {
    let dns = names.dns().into_iter().map(HostName::Dns);
    dns.chain(names.addresses().into_iter().map(HostName::Address)).collect()
}

fn certified_key(
    text: &[u8],
    secret: &[u8],
    certificate: &Path,
    key: &Path,
) -> Result<CertifiedKey, WebError> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(text)
        .collect::<Result<_, _>>()
        .map_err(|_| WebError::certificate(certificate, "damaged: expected certificates in PEM form"))?;
    if chain.is_empty() {
        return Err(WebError::certificate(
            certificate,
            "holds no certificate: expected PEM, the hub's own first",
        ));
    }
    let secret = PrivateKeyDer::from_pem_slice(secret).map_err(|_| {
        WebError::certificate(
            key,
            "holds no private key: expected PEM without a passphrase (PKCS#8, SEC1 or PKCS#1)",
        )
    })?;
    let signer = ring::sign::any_supported_type(&secret).map_err(|_| {
        WebError::certificate(key, "this kind of key is not supported: use ECDSA P-256, Ed25519 or RSA")
    })?;
    let certified = CertifiedKey::new(chain, signer);
    certified.keys_match().map_err(|_| {
        WebError::certificate(key, format!("does not belong to the certificate {}", certificate.display()))
    })?;
    Ok(certified)
}
