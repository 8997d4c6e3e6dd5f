//! Which hub `talk`, `watch`, `set` and `accept` speak to, and whom they trust.
//!
//! An address comes from the command line or from CLOWN_HUB_URL. Without one it is the hub of this machine: the data
//! folder of the configuration, or of the demo, tells where it listens.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::client::address::{Address, AddressError};
use super::client::trust::{Fingerprint, Trust};
use super::client::{Client, ClientError, Target};
use super::place::{Place, demo_data};
use super::{exit, print};
use crate::app::local::Local;

/// Options about the hub to speak to.
#[derive(Args, Clone, Debug)]
pub struct Reach {
    /// The hub [default: the one that runs on this machine].
    #[arg(long, env = "CLOWN_HUB_URL", hide_env_values = true, value_name = "URL", global = true)]
    url: Option<String>,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    place: Place,
}

/// Options about the certificate of the hub.
#[derive(Args, Clone, Debug)]
#[group(id = "certificate", multiple = false)]
pub struct TrustArgs {
    /// Trust the certificate authorities in this PEM file, such as ca.pem of the hub's data folder.
    #[arg(long, value_name = "FILE", global = true)]
    ca: Option<PathBuf>,
    /// Trust the one certificate with this SHA-256 fingerprint, as the hub prints it at start.
    #[arg(long, value_name = "HEX", global = true)]
    fingerprint: Option<Fingerprint>,
    /// Trust any certificate. Whoever sits on the way can read the password.
    #[arg(long, global = true)]
    insecure: bool,
}

/// Why there is nobody to speak to.
#[derive(Debug, thiserror::Error)]
pub enum ReachError {
    /// The address is wrong.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// No hub runs here, as far as can be seen.
    #[error(
        "no running hub found in {0}; start one, or name its folder with --data DIR, its file with --config FILE, \
         or its address with --url wss://USER:PASSWORD@HOST:PORT"
    )]
    Nobody(String),
    /// What the hub posted cannot be read.
    #[error("cannot read {file}: {reason}; run this as the user who runs the hub, or use --url")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The connection fails.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl ReachError {
    /// Says it on standard error and gives the exit code that fits.
    pub fn report(&self) -> ExitCode {
        print::error(self);
        self.exit()
    }

    /// The exit code that fits.
    pub fn exit(&self) -> ExitCode {
        match self {
            Self::Address(_) => exit::usage(),
            Self::Nobody(_) | Self::Unreadable { .. } => exit::unreachable(),
            Self::Client(error) => error.exit(),
        }
    }
}

impl ReachError {
    /// The exit code when the work was not done: a friendly good-bye of the hub is no success then.
    pub fn exit_of_failure(&self) -> ExitCode {
        match self {
            Self::Client(ClientError::Closed { .. }) => exit::unreachable(),
            other => other.exit(),
        }
    }
}

impl Reach {
    /// Connects to the hub; `base` chooses the endpoint whose topics are relative to it.
    pub async fn connect(&self, base: Option<&str>) -> Result<Client, ReachError> {
        let mut target = match &self.url {
            Some(url) => self.trust.target(Address::parse(url)?),
            None => local(&self.place)?.0,
        };
        if let Some(base) = base {
            target.address.path = format!("{}_{}", super::client::address::ENDPOINT, base.replace('/', "_"));
        }
        Ok(Client::connect(&target).await?)
    }

    /// The hub that was named, if one was.
    pub fn named(&self) -> Result<Option<Target>, ReachError> {
        match &self.url {
            Some(url) => Ok(Some(self.trust.target(Address::parse(url)?))),
            None => Ok(None),
        }
    }

    /// The configuration and the data folder of the hub of this machine.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The base topics of the hub, as far as they can be known: a hub elsewhere does not tell.
    pub fn bases(&self) -> Result<Vec<String>, ReachError> {
        if self.url.is_some() { Ok(Vec::new()) } else { Ok(local(&self.place)?.1) }
    }
}

/// The hub that runs on this machine, and its base topics.
pub fn local(place: &Place) -> Result<(Target, Vec<String>), ReachError> {
    let mut looked = Vec::new();
    // A broken configuration does not matter here: the demo may run.
    for data in place.data().ok().into_iter().chain(place.data.is_none().then(demo_data)) {
        if let Some(target) = posted(&data)? {
            return Ok(target);
        }
        looked.push(data.display().to_string());
    }
    Err(ReachError::Nobody(looked.join(" and ")))
}

/// The hub that has posted itself in this data folder, and its base topics.
pub fn posted(data: &Path) -> Result<Option<(Target, Vec<String>)>, ReachError> {
    let unreadable = |reason: String| ReachError::Unreadable { file: data.join("local.json"), reason };
    let Some(local) = Local::read(data).map_err(|error| unreadable(error.to_string()))? else {
        return Ok(None);
    };
    let trust = match &local.fingerprint {
        Some(fingerprint) => Trust::Certificate(fingerprint.parse().map_err(unreadable)?),
        None => Trust::System,
    };
    let target = Target { address: Address::parse(&local.endpoint)?, token: Some(local.token), trust };
    Ok(Some((target, local.bases)))
}

impl TrustArgs {
    /// The target for an address that a person gave, with the token of CLOWN_HUB_TOKEN.
    pub fn target(&self, address: Address) -> Target {
        let trust = match (&self.ca, self.fingerprint) {
            _ if self.insecure => Trust::Anyone,
            (Some(file), _) => Trust::Authority(file.clone()),
            (None, Some(fingerprint)) => Trust::Certificate(fingerprint),
            (None, None) => Trust::System,
        };
        let token = std::env::var("CLOWN_HUB_TOKEN").ok().filter(|token| !token.is_empty());
        Target { address, token, trust }
    }
}
