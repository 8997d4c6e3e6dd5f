//! Who we are at the broker: a user name, and a password that is read from its file or from the environment at every
//! connection and kept nowhere.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::{env, fmt, fs, io};

use crate::hub::{LinkState, Phase};

/// Where user name and password are found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The user name; none connects without a login.
    pub user: Option<String>,
    /// Where the password is.
    pub password: Option<Secret>,
}

/// Where a password is; never the password itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// The only line of a file.
    File(PathBuf),
    /// An environment variable.
    Env(String),
}

/// User name and password, on their way to the broker; not shown by any formatting.
pub struct Login {
    /// The user name.
    pub user: String,
    /// The password, or nothing.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({}, ***)", self.user)
    }
}

/// Why a password cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum NoPassword {
    /// The file cannot be read.
    #[error("the password file {} cannot be read: {error}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file holds something else.
    #[error("the password file {} holds {what}", .path.display())]
    Odd {
        /// The file.
        path: PathBuf,
        /// What is in it.
        what: &'static str,
    },
    /// The variable is not set, or not with text.
    #[error("the environment variable {0} with the password is not set")]
    Env(String),
}

impl NoPassword {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::File { path, error } if error.kind() == io::ErrorKind::PermissionDenied => {
                format!("let the hub's user read it: sudo chown \"$USER\" {}", path.display())
            }
            Self::File { path, .. } | Self::Odd { path, .. } => {
                format!("write the password alone into {}, then chmod 600 it", path.display())
            }
            Self::Env(name) => format!("start the hub with {name} set, or use password_file"),
        }
    }
}

/// The login to use now.
pub fn read(source: &Source) -> Result<Option<Login>, LinkState> {
    let Some(user) = &source.user else { return Ok(None) };
    let password = match &source.password {
        None => String::new(),
        Some(secret) => secret.read().map_err(|error| {
            LinkState::not_up(Phase::Waiting, "no-password", error.to_string(), error.hint())
        })?,
    };
    Ok(Some(Login { user: user.clone(), password }))
}

impl Secret {
    /// The password as it is now, without the end of its line.
    pub fn read(&self) -> Result<String, NoPassword> {
        match self {
            Self::File(path) => read_file(path),
            Self::Env(name) => match env::var(name) {
                Ok(password) if !password.is_empty() => Ok(password),
                Ok(_) | Err(_) => Err(NoPassword::Env(name.clone())),
            },
        }
    }

    /// The file, if others than its owner can read it.
    pub fn readable_by_others(&self) -> Option<&Path> {
        match self {
            Self::File(path) => is_open_to_others(path).then_some(path),
            Self::Env(_) => None,
        }
    }
}

/// Whether others than the owner may read the file. A group is somebody's choice; everybody is nobody's.
pub fn is_open_to_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o004 != 0)
}

fn read_file(path: &Path) -> Result<String, NoPassword> {
    let odd = |what| NoPassword::Odd { path: path.to_owned(), what };
    let text = fs::read(path).map_err(|error| NoPassword::File { path: path.to_owned(), error })?;
    let text = String::from_utf8(text).map_err(|_| odd("something that is no text"))?;
    let text = text.trim_start_matches('\u{feff}');
    let line = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    if line.is_empty() {
        return Err(odd("nothing"));
    }
    if line.contains('\n') {
        return Err(odd("more than one line"));
    }
    if line.len() > usize::from(u16::MAX) {
        return Err(odd("more than MQTT allows"));
    }
    Ok(line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_only_line_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        let check = |text: &[u8], expect: Result<&str, &str>| {
            fs::write(&path, text).unwrap();
            let read = Secret::File(path.clone()).read();
            match expect {
                Ok(password) => assert_eq!(read.unwrap(), password),
                Err(what) => assert!(read.unwrap_err().to_string().ends_with(what)),
            }
        };
        check(b"secret", Ok("secret"));
        check(b" se cret \r\n", Ok(" se cret "));
        check("\u{feff}tajné\n".as_bytes(), Ok("tajné"));
        check(b"", Err("holds nothing"));
        check(b"\n", Err("holds nothing"));
        check(b"a\nb\n", Err("holds more than one line"));
        check(b"\xff", Err("holds something that is no text"));
        fs::remove_file(&path).unwrap();
        assert!(Secret::File(path.clone()).read().unwrap_err().to_string().contains("cannot be read"));
    }

    #[test]
    fn no_formatting_shows_a_password() {
        let login = Login { user: "clown".into(), password: "secret".into() };
        assert_eq!(format!("{login:?}"), "Login(clown, ***)");
    }
}
