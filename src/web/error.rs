//! What can keep the doors of the hub from opening, in words that name the thing and the way out.

use std::{
    io,
    path::{Path, PathBuf},
};

use thiserror::Error;

/// Why accounts, sessions, certificates or a listener cannot be used.
#[derive(Debug, Error)]
pub enum WebError {
    /// A file could not be read.
    #[error("cannot read {}: {source}; let the hub's user read it", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {}: {source}; let the hub's user write there, and see that the disk has space", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line of the accounts file means nothing.
    #[error("{}:{line}: {reason}", path.display())]
    Accounts {
        /// The accounts file.
        path: PathBuf,
        /// Counted from one.
        line: usize,
        /// What was found, what is allowed, what to do.
        reason: String,
    },
    /// An account cannot be made or changed as asked.
    #[error("{0}")]
    Account(String),
    /// A certificate or key cannot be used.
    #[error("{}: {reason}", path.display())]
    Certificate {
        /// The certificate or key.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The TLS library refused.
    #[error("tls: {0}")]
    Tls(#[from] tokio_rustls::rustls::Error),
    /// A local certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Issue(#[from] rcgen::Error),
    /// A listener would expose what must stay on this machine.
    #[error("{0}")]
    Exposed(String),
    /// No random numbers, no hash, no socket.
    #[error("{0}")]
    System(#[from] io::Error),
}

impl WebError {
    /// A file that could not be read.
    pub fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_owned(), source }
    }

    /// A file that could not be written.
    pub fn write(path: &Path, source: io::Error) -> Self {
        Self::Write { path: path.to_owned(), source }
    }

    /// A certificate or key that cannot be used.
    pub fn certificate(path: &Path, reason: impl Into<String>) -> Self {
        Self::Certificate { path: path.to_owned(), reason: reason.into() }
    }
}
