//! What could give a secret away though everything works: told by `clown-hub check` and in the log at the start.

use std::path::PathBuf;

use super::{Address, login, tls};

/// A way for a secret to get out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Leak {
    /// The password travels in the open.
    #[error("the password for {0} can be read by everybody on the way")]
    Overheard(Address),
    /// A file with the password.
    #[error("everybody on this machine can read {}", .0.display())]
    Password(PathBuf),
    /// The file with our key.
    #[error("everybody on this machine can read {}", .0.display())]
    Key(PathBuf),
}

impl Leak {
    /// The setting that leads there.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Overheard(_) => "url",
            Self::Password(_) => "password_file",
            Self::Key(_) => "key",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Overheard(address) => {
                let host = address.host_and_port().map_or("HOST", |(host, _)| host);
                format!("use TLS, mqtts://{host}, if the broker offers it")
            }
            Self::Password(path) | Self::Key(path) => format!("chmod 600 {}", path.display()),
        }
    }
}

/// Every leak of a link.
pub fn find(address: &Address, login: &login::Source, tls: &tls::Files) -> Vec<Leak> {
    let overheard = login.password.is_some() && address.is_overheard();
    let password = login.password.as_ref().and_then(login::Secret::readable_by_others);
    let key = tls.identity.as_ref().map(|identity| &*identity.key);
    let key = key.filter(|key| login::is_open_to_others(key));
    let overheard = overheard.then(|| Leak::Overheard(address.clone()));
    let password = password.map(|path| Leak::Password(path.to_owned()));
    let key = key.map(|path| Leak::Key(path.to_owned()));
    overheard.into_iter().chain(password).chain(key).collect()
}
