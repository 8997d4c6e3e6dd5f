//! What a person may configure about the doors of the hub: certificate, names, origins and caps.
//!
//! Plain values; the config room reads them from the file, with the defaults visible here.

use std::path::PathBuf;

/// Certificate, names, origins and caps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorConfig {
    /// Own certificate chain (PEM, leaf first); without it the hub makes a local authority and its own certificate.
    pub cert: Option<PathBuf>,
    /// Private key of [`cert`](Self::cert) (PEM), not readable by everyone.
    pub key: Option<PathBuf>,
    /// Further DNS names and addresses under which people reach this hub, beside its host name and addresses.
    pub names: Vec<String>,
    /// Origins (`https://page.example`) whose pages may open the endpoint with a user name and password or a token.
    /// `*` admits every page; only the demo does that, because its account is no secret.
    pub origins: Vec<String>,
    /// Connections in all; lowered to what the limit of open files leaves.
    pub connections: usize,
    /// Connections from one address (IPv6: from one /64); loopback is not capped.
    pub connections_per_address: usize,
}

impl Default for DoorConfig {
    fn default() -> Self {
        Self {
            cert: None,
            key: None,
            names: Vec::new(),
            origins: Vec::new(),
            connections: 10_000,
            connections_per_address: 50,
        }
    }
}
