//! The local certificate authority: made at the first start, it signs the hub's own certificate.
//!
//! `ca.pem` is what people add to their browsers; `ca-key.pem` never leaves the data folder. The authority may sign
//! for the names and the private addresses of this machine only, so a stolen key opens no bank. It lives ten years and
//! is never replaced silently, because everybody would have to trust it again.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::Path,
    time::{Duration, SystemTime},
};

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType, date_time_ymd,
};
use time::OffsetDateTime;
use x509_parser::{
    certificate::X509Certificate,
    extensions::{GeneralName, ParsedExtension},
    pem::parse_x509_pem,
    prelude::FromDer,
};

use super::{error::WebError, names::Names, private};
use crate::clock;

const DAY: Duration = Duration::from_secs(86_400);
/// Ten years: as long as a hub lives.
const AUTHORITY_LIFE: Duration = Duration::from_secs(3653 * 86_400);
/// Browsers on Apple systems refuse more than 398 days.
const HOST_LIFE: Duration = Duration::from_secs(397 * 86_400);
/// A visitor's clock may be behind; the certificate is valid for it all the same.
const HOST_BACKDATED: Duration = Duration::from_secs(30 * 86_400);
/// Networks that belong to whoever uses them, with the length of their prefix.
const PRIVATE_V4: [([u8; 4], u8); 6] = [
    ([10, 0, 0, 0], 8),
    ([172, 16, 0, 0], 12),
    ([192, 168, 0, 0], 16),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([100, 64, 0, 0], 10),
];
const PRIVATE_DOMAINS: [&str; 5] = ["localhost", "local", "lan", "home.arpa", "internal"];

/// The authority, able to sign.
#[derive(Debug)]
pub struct Authority {
    pem: String,
    der: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
    not_after: SystemTime,
}

/// A name the host certificate vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostName {
    /// A DNS name, lower case.
    Dns(String),
    /// An address.
    Address(IpAddr),
}

impl Authority {
    /// The authority of the data folder; made if there is none yet.
    pub fn open(data: &Path, names: &Names, now: SystemTime) -> Result<Self, WebError> {
        let (certificate, key) = (data.join("ca.pem"), data.join("ca-key.pem"));
        if !certificate.exists() {
            make(&certificate, &key, names, now)?;
        }
        let pem = fs::read_to_string(&certificate).map_err(|source| WebError::read(&certificate, source))?;
        let again = "restore both ca.pem and ca-key.pem from a backup, or remove both: a new authority is made, \
                     which browsers must trust again";
        let key_pem = fs::read_to_string(&key)
            .map_err(|source| WebError::certificate(&key, format!("cannot be read ({source}); {again}")))?;
        if private::close_to_others(&key).map_err(|source| WebError::read(&key, source))? {
            tracing::warn!(file = %key.display(), "the key was readable by others and is now the owner's alone");
        }
        let damaged = |what: &str| WebError::certificate(&certificate, format!("{what}; {again}"));
        let pair = KeyPair::from_pem(&key_pem).map_err(|_| damaged("the key beside it is damaged"))?;
        let (_, parsed) = parse_x509_pem(pem.as_bytes()).map_err(|_| damaged("damaged"))?;
        let der = parsed.contents;
        let not_after = {
            let (_, x509) = X509Certificate::from_der(&der).map_err(|_| damaged("damaged"))?;
            if x509.public_key().subject_public_key.data != pair.public_key_raw() {
                return Err(damaged("does not belong to the key beside it"));
            }
            SystemTime::from(x509.validity().not_after.to_datetime())
        };
        let issuer = Issuer::from_ca_cert_der(&der.as_slice().into(), pair)?;
        Ok(Self { pem, der, issuer, not_after })
    }

    /// The authority's certificate, for browsers to trust.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// When everything this authority signed stops being valid.
    pub fn not_after(&self) -> SystemTime {
        self.not_after
    }

    /// Whether browsers would accept a certificate of this authority for `name`.
    pub fn may_sign(&self, name: &HostName) -> bool {
        let Ok((_, x509)) = X509Certificate::from_der(&self.der) else { return false };
        let Ok(Some(constraints)) = x509.name_constraints() else { return true };
        let Some(permitted) = &constraints.value.permitted_subtrees else { return true };
        permitted.iter().any(|subtree| match (&subtree.base, name) {
            (GeneralName::DNSName(base), HostName::Dns(name)) => {
                name.strip_suffix(base).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            (GeneralName::IPAddress(network), HostName::Address(address)) => contains(network, *address),
            _ => false,
        })
    }

    /// A fresh key and a certificate for `names`: the text of both, key first.
    pub fn sign(&self, names: &[HostName], now: SystemTime) -> Result<String, WebError> {
        let now = clock::at_least_plausible(now);
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "clown-hub on this machine");
        // A clock that ran ahead by a century must not make a certificate that ends before it begins.
        let not_before = (now - HOST_BACKDATED).min(self.not_after - HOST_LIFE);
        params.not_before = OffsetDateTime::from(not_before);
        params.not_after = OffsetDateTime::from(not_before + HOST_LIFE);
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        for name in names {
            params.subject_alt_names.push(match name {
                HostName::Dns(name) => SanType::DnsName(name.as_str().try_into()?),
                HostName::Address(address) => SanType::IpAddress(*address),
            });
        }
        let pair = KeyPair::generate()?;
        let certificate = params.signed_by(&pair, &self.issuer)?;
        Ok(format!("{}{}{}", pair.serialize_pem(), certificate.pem(), self.pem))
    }

    /// Whether `host` (DER) was signed by this authority, covers `names` and will be valid for another month.
    pub fn vouches_for(&self, host: &[u8], names: &[HostName], now: SystemTime) -> bool {
        let Ok((_, x509)) = X509Certificate::from_der(host) else { return false };
        let covered = subject_names(&x509);
        let issued_here = authority_key(&x509) == Some(subject_key(&self.der));
        let in_time = if clock::is_plausible(now) {
            let validity = x509.validity();
            SystemTime::from(validity.not_before.to_datetime()) <= now
                && (now + 30 * DAY).min(self.not_after) <= SystemTime::from(validity.not_after.to_datetime())
        } else {
            // Without a clock nothing can be said about dates, and any certificate is better than none.
            true
        };
        issued_here && in_time && names.iter().all(|name| covered.contains(name))
    }
}

fn make(certificate: &Path, key: &Path, names: &Names, now: SystemTime) -> Result<(), WebError> {
    let pair = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    let dns = names.dns();
    let host = dns.get(1).map_or("this machine", String::as_str);
    params.distinguished_name.push(DnType::CommonName, format!("clown-hub of {host}"));
    params.distinguished_name.push(DnType::OrganizationName, "clown-hub local authority");
    // Fixed and long ago: a machine that has no clock yet still makes a certificate everybody accepts.
    params.not_before = date_time_ymd(2024, 1, 1);
    params.not_after = OffsetDateTime::from(clock::at_least_plausible(now) + AUTHORITY_LIFE);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.name_constraints =
        Some(NameConstraints { permitted_subtrees: permitted(names), excluded_subtrees: Vec::new() });
    let authority = params.self_signed(&pair)?;
    // The key first: a certificate without its key would be a fault, a key without a certificate is made anew.
    private::write(key, pair.serialize_pem().as_bytes(), 0o600)
        .map_err(|source| WebError::write(key, source))?;
    private::write(certificate, authority.pem().as_bytes(), 0o644)
        .map_err(|source| WebError::write(certificate, source))
}

fn permitted(names: &Names) -> Vec<GeneralSubtree> {
    let private = PRIVATE_DOMAINS.iter().map(|domain| (*domain).to_owned());
    let mut trees: Vec<_> = private.chain(names.dns()).map(GeneralSubtree::DnsName).collect();
    trees.dedup();
    let mut network = |address: IpAddr, prefix: u8| {
        trees.push(GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, prefix)));
    };
    for (address, prefix) in PRIVATE_V4 {
        network(IpAddr::V4(Ipv4Addr::from(address)), prefix);
    }
    network(IpAddr::V6(Ipv6Addr::LOCALHOST), 128);
    network(IpAddr::V6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0)), 7);
    network(IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0)), 10);
    for address in names.addresses() {
        network(address, if address.is_ipv4() { 32 } else { 128 });
    }
    trees
}

/// Whether an address lies in a name constraint's network: the address followed by its mask.
fn contains(network: &[u8], address: IpAddr) -> bool {
    let octets = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let Some((base, mask)) = network.split_at_checked(octets.len()) else { return false };
    mask.len() == octets.len()
        && octets.iter().zip(mask).zip(base).all(|((octet, mask), base)| octet & mask == base & mask)
}

fn subject_names(x509: &X509Certificate<'_>) -> Vec<HostName> {
    let Ok(Some(names)) = x509.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(HostName::Dns((*name).to_owned())),
        GeneralName::IPAddress(octets) => match octets.len() {
            4 => <[u8; 4]>::try_from(*octets).ok().map(|octets| HostName::Address(octets.into())),
            _ => <[u8; 16]>::try_from(*octets).ok().map(|octets| HostName::Address(octets.into())),
        },
        _ => None,
    };
    names.value.general_names.iter().filter_map(name).collect()
}

fn authority_key(x509: &X509Certificate<'_>) -> Option<Vec<u8>> {
    x509.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(id) => id.key_identifier.as_ref().map(|id| id.0.to_vec()),
        _ => None,
    })
}

fn subject_key(der: &[u8]) -> Vec<u8> {
    let Ok((_, x509)) = X509Certificate::from_der(der) else { return Vec::new() };
    x509.extensions()
        .iter()
        .find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
            _ => None,
        })
        .unwrap_or_default()
}
