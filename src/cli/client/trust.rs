//! Whom the client trusts: a certificate authority, one certificate by its fingerprint, or – only if asked – anyone.
//!
//! [`Trust::config`] gives the TLS configuration, and afterwards [`Seen`] knows the fingerprint the server showed, so
//! that a refusal can tell it to a person who can compare it with what the hub printed.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};

/// SHA-256 of a certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

/// Whom to trust.
#[derive(Clone, Debug, Default)]
pub enum Trust {
    /// The certificate authorities of the system.
    #[default]
    System,
    /// The authorities in a PEM file.
    Authority(PathBuf),
    /// One certificate, whoever signed it and whatever name it bears.
    Certificate(Fingerprint),
    /// Anyone; the connection is encrypted but may end at a stranger.
    Anyone,
}

/// The fingerprint the server showed, once it did.
#[derive(Clone, Debug, Default)]
pub struct Seen(Arc<Mutex<Option<Fingerprint>>>);

/// Why trust cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file with certificates.
    #[error(
        "cannot read certificates from {file}: {reason}; --ca wants a PEM file, such as https://HOST:8443/ca.pem"
    )]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing to trust.
    #[error(
        "this machine has no list of certificate authorities; name the hub's with --ca FILE or use --fingerprint"
    )]
    NoSystem,
}

/// Where systems keep the certificate authorities they trust.
const SYSTEM: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

impl Trust {
    /// A TLS configuration that trusts so, and where it notes the fingerprint it sees.
    pub fn config(&self) -> Result<(ClientConfig, Seen), TrustError> {
        let provider = Arc::new(ring::default_provider());
        let decide = match self {
            Self::System => Decide::Chain(chain(&roots_of_system()?, &provider)?),
            Self::Authority(file) => Decide::Chain(chain(&roots(file)?, &provider)?),
            Self::Certificate(fingerprint) => Decide::Fingerprint(*fingerprint),
            Self::Anyone => Decide::Nothing,
        };
        let seen = Seen::default();
        let verifier = Verifier { decide, provider: provider.clone(), seen: seen.clone() };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring speaks TLS 1.2 and 1.3")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok((config, seen))
    }
}

impl Seen {
    /// The fingerprint, if the server has shown a certificate.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn roots_of_system() -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let chosen = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let file = chosen.or_else(|| SYSTEM.iter().map(PathBuf::from).find(|file| file.exists()));
    roots(&file.ok_or(TrustError::NoSystem)?)
}

fn roots(file: &Path) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let wrong = |reason: String| TrustError::File { file: file.to_owned(), reason };
    let list = CertificateDer::pem_file_iter(file).map_err(|error| wrong(error.to_string()))?;
    let list: Vec<_> = list.collect::<Result<_, _>>().map_err(|error| wrong(error.to_string()))?;
    if list.is_empty() { Err(wrong("it holds no certificate in PEM".into())) } else { Ok(list) }
}

fn chain(
    roots: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, TrustError> {
    let mut store = RootCertStore::empty();
    // A system's list may hold certificates of kinds that nobody can check; the others stay good.
    store.add_parsable_certificates(roots.iter().cloned());
    WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone())
        .build()
        .map_err(|_| TrustError::NoSystem)
}

#[derive(Debug)]
enum Decide {
    Chain(Arc<WebPkiServerVerifier>),
    Fingerprint(Fingerprint),
    Nothing,
}

#[derive(Debug)]
struct Verifier {
    decide: Decide,
    provider: Arc<CryptoProvider>,
    seen: Seen,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = Fingerprint::of(end_entity);
        *self.seen.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        match &self.decide {
            Decide::Chain(chain) => {
                chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            }
            Decide::Fingerprint(wanted) if *wanted == shown => Ok(ServerCertVerified::assertion()),
            Decide::Fingerprint(_) => Err(CertificateError::ApplicationVerificationFailure.into()),
            Decide::Nothing => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl Fingerprint {
    /// Of a certificate in DER.
    pub fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl std::str::FromStr for Fingerprint {
    type Err = String;

    /// 64 hexadecimal digits, with or without colons between the bytes.
    fn from_str(text: &str) -> Result<Self, String> {
        let digits: Vec<u32> = text
            .chars()
            .filter(|c| *c != ':')
            .map(|c| c.to_digit(16))
            .collect::<Option<_>>()
            .unwrap_or_default();
        let bytes: Vec<u8> = digits.as_chunks().0.iter().map(|[high, low]| (high * 16 + low) as u8).collect();
        match bytes.try_into() {
            Ok(bytes) if digits.len() == 64 => Ok(Self(bytes)),
            _ => Err("a fingerprint is 64 hexadecimal digits, as the hub prints it at start".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;

    #[test]
    fn fingerprints_are_read_with_and_without_colons() {
        let shown = Fingerprint::of(b"certificate").to_string();
        assert_eq!(shown.len(), 64);
        let colons: Vec<&str> =
            shown.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap()).collect();
        for text in [shown.clone(), shown.to_uppercase(), colons.join(":")] {
            assert_eq!(text.parse::<Fingerprint>().unwrap().to_string(), shown);
        }
        for text in ["", "00", &shown[1..], &format!("{shown}00"), &shown.replace(&shown[..1], "x")] {
            assert!(text.parse::<Fingerprint>().is_err(), "{text}");
        }
    }
}
