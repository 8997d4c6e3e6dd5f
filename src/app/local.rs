//! How a command on the same machine reaches the running hub: `local.json` in the data folder.
//!
//! The hub writes it when it serves and removes it when it stops. It holds a token that is good for this run only, so
//! it is readable by its owner alone: whoever may read the data folder may command the hub.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::web::private;

const FILE: &str = "local.json";

/// Where the hub of a data folder listens and what opens it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Local {
    /// The endpoint that carries full topics, reachable from this machine.
    pub endpoint: String,
    /// A bearer token of this run.
    pub token: String,
    /// SHA-256 of the certificate, in hexadecimal digits; nothing if the endpoint is not encrypted.
    pub fingerprint: Option<String>,
    /// The base topics of its links, for topics typed short.
    pub bases: Vec<String>,
    /// The process that serves.
    pub pid: u32,
    /// Where people find the pages, by an address of this machine.
    pub address: String,
    /// The same by the name that the local network knows, if it is announced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_name: Option<String>,
    /// What the first account is made with, as long as there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup_code: Option<String>,
}

/// A `local.json` that goes with the hub.
#[derive(Debug)]
pub struct Posted {
    file: PathBuf,
    said: Local,
}

impl Posted {
    /// Writes `local.json` into the data folder, for its owner only.
    pub fn at(data: &Path, local: &Local) -> io::Result<Self> {
        let posted = Self { file: data.join(FILE), said: local.clone() };
        posted.write()?;
        Ok(posted)
    }

    /// Writes it again if it says anything else.
    pub fn renew(&mut self, local: &Local) -> io::Result<()> {
        if self.said != *local {
            self.said.clone_from(local);
            self.write()?;
        }
        Ok(())
    }

    fn write(&self) -> io::Result<()> {
        private::write(&self.file, serde_json::to_string(&self.said)?.as_bytes(), 0o600)
    }

    /// Removes it: from now on nobody is expected.
    pub fn take_down(&self) {
        // A file that is left behind only makes the next `watch` say that the hub does not answer.
        let _ = fs::remove_file(&self.file);
    }
}

impl Drop for Posted {
    fn drop(&mut self) {
        self.take_down();
    }
}

impl Local {
    /// The addresses for people, the best first; one that leads nowhere but to this machine is none, if there is a name.
    pub fn addresses(&self) -> Vec<&str> {
        let is_here = ["127.0.0.1", "[::1]"].iter().any(|host| self.address.contains(host));
        let address = Some(self.address.as_str()).filter(|_| !is_here || self.by_name.is_none());
        self.by_name.as_deref().into_iter().chain(address).collect()
    }

    /// What the hub of this data folder has posted; nothing if none is running.
    pub fn read(data: &Path) -> io::Result<Option<Self>> {
        match fs::read(data.join(FILE)) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_posted_is_for_its_owner_and_goes_with_the_hub() {
        let data = tempfile::tempdir().unwrap();
        let local = Local {
            endpoint: "wss://127.0.0.1:8443/auth/clown-talk-server".into(),
            token: "secret".into(),
            fingerprint: Some("00".into()),
            bases: vec!["nodes/bridge/0".into()],
            pid: 1,
            address: "https://127.0.0.1:8443".into(),
            by_name: None,
            setup_code: Some("K7QF-2M9D-01TY-8WXZ".into()),
        };
        fs::write(data.path().join(FILE), "from a hub that was killed").unwrap();
        let posted = Posted::at(data.path(), &local).unwrap();
        assert_eq!(Local::read(data.path()).unwrap(), Some(local));
        let mode = fs::metadata(data.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        drop(posted);
        assert_eq!(Local::read(data.path()).unwrap(), None);
    }
}
