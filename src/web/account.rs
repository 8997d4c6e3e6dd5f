//! The accounts of the hub: who may come in, with which password and which tokens.
//!
//! They live in `accounts.toml` of the data folder; the first setup and `clown-hub user` write it, and a running hub
//! notices. A damaged file never becomes "no accounts": at the start it is an error with its line, later the accounts
//! known so far stay. No account is built in; the demo's is known to everybody and is served on loopback only.

mod file;
pub mod name;
pub mod password;
pub mod token;

use std::{
    fs::File,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use rustix::fs::{FlockOperation, flock};
use tokio::sync::watch;

use self::{
    password::{Mark, PasswordHash},
    token::{Token, TokenId},
};
use super::{
    error::WebError,
    private::{self, FileStamp},
};

/// The name of the accounts file in the data folder.
pub const FILE: &str = "accounts.toml";

/// The demo's account; a real start refuses its password.
pub const DEMO_NAME: &str = "clown";
/// The password of the demo's account.
pub const DEMO_PASSWORD: &str = "bigclown";

/// One account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its name, as typed by its owner.
    pub name: Arc<str>,
    /// What is kept of its password.
    pub password: PasswordHash,
    /// Its tokens, by name.
    pub tokens: Vec<Token>,
}

/// All accounts; clones share them.
#[derive(Clone, Debug)]
pub struct Accounts {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// None: the demo's, which are kept nowhere.
    path: Option<PathBuf>,
    state: RwLock<State>,
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    list: Vec<Arc<Account>>,
    /// The file as it was when it was last read, good or bad.
    stamp: Option<FileStamp>,
}

impl Accounts {
    /// The accounts of the data folder; none if there is no file yet.
    pub fn open(data: &Path) -> Result<Self, WebError> {
        let path = data.join(FILE);
        let stamp = FileStamp::of(&path);
        let list = file::read(&path)?;
        if stamp.is_some()
            && private::close_to_others(&path).map_err(|source| WebError::read(&path, source))?
        {
            tracing::warn!(file = %path.display(), "the accounts were readable by others and are now the owner's alone");
        }
        Ok(Self::new(Some(path), State { list, stamp }))
    }

    /// The demo's one account, for a hub that `listen`s on loopback.
    pub fn demo(listen: SocketAddr) -> Result<Self, WebError> {
        if !listen.ip().is_loopback() {
            return Err(WebError::Exposed(format!(
                "the demo's password is known to everybody, so it does not listen on {listen}: use 127.0.0.1, or \
                 `clown-hub run` with an account of your own"
            )));
        }
        let account =
            Account { name: DEMO_NAME.into(), password: PasswordHash::of_the_demo(), tokens: Vec::new() };
        Ok(Self::new(None, State { list: vec![Arc::new(account)], stamp: None }))
    }

    fn new(path: Option<PathBuf>, state: State) -> Self {
        Self { shared: Arc::new(Shared { path, state: RwLock::new(state), changes: watch::Sender::new(0) }) }
    }

    /// Whether nobody can log in yet.
    pub fn is_empty(&self) -> bool {
        self.state().list.is_empty()
    }

    /// Every account, in the order of the file.
    pub fn all(&self) -> Vec<Arc<Account>> {
        self.state().list.clone()
    }

    /// The account called exactly `name`.
    pub fn find(&self, name: &str) -> Option<Arc<Account>> {
        self.state().list.iter().find(|account| &*account.name == name).cloned()
    }

    /// The account that holds this token.
    pub fn holder(&self, id: TokenId) -> Option<Arc<Account>> {
        self.state().list.iter().find(|account| account.tokens.iter().any(|token| token.id == id)).cloned()
    }

    /// Whether `name` still has the password of `mark`.
    pub fn has_mark(&self, name: &str, mark: Mark) -> bool {
        self.find(name).is_some_and(|account| account.password.mark() == mark)
    }

    /// Counts up whenever accounts, passwords or tokens changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }

    /// Reads the file again if somebody changed it; true if it was read. An error leaves the accounts as they were
    /// and is given once.
    pub fn refresh(&self) -> Result<bool, WebError> {
        let Some(path) = &self.shared.path else { return Ok(false) };
        let stamp = FileStamp::of(path);
        if stamp == self.state().stamp {
            return Ok(false);
        }
        let read = match stamp {
            Some(_) => file::read(path),
            None => {
                let gone = std::io::ErrorKind::NotFound.into();
                Err(WebError::read(path, gone))
            }
        };
        self.shared.state.write().unwrap_or_else(PoisonError::into_inner).stamp = stamp;
        self.replace(read?);
        Ok(true)
    }

    /// Adds an account; the name must be free and allowed.
    pub fn add(&self, name: &str, password: PasswordHash) -> Result<(), WebError> {
        name::check(name).map_err(|reason| WebError::Account(format!("account {name:?}: {reason}")))?;
        self.edit(|list| {
            if let Some(other) = list.iter().find(|other| other.name.to_lowercase() == name.to_lowercase()) {
                return Err(WebError::Account(format!("there is already an account {:?}", other.name)));
            }
            list.push(Account { name: name.into(), password, tokens: Vec::new() });
            Ok(())
        })
    }

    /// Adds the first account; fails if there is one by now.
    pub fn add_first(&self, name: &str, password: PasswordHash) -> Result<(), WebError> {
        name::check(name).map_err(|reason| WebError::Account(format!("account {name:?}: {reason}")))?;
        self.edit(|list| {
            if !list.is_empty() {
                return Err(WebError::Account("the hub has an account already: log in with it".into()));
            }
            list.push(Account { name: name.into(), password, tokens: Vec::new() });
            Ok(())
        })
    }

    /// Gives an account a new password; its sessions end.
    pub fn set_password(&self, name: &str, password: PasswordHash) -> Result<(), WebError> {
        self.edit(|list| {
            named(list, name)?.password = password;
            Ok(())
        })
    }

    /// Removes an account with its tokens; the last one stays, because a hub without accounts is open for setup.
    pub fn remove(&self, name: &str) -> Result<(), WebError> {
        self.edit(|list| {
            named(list, name)?;
            if list.len() == 1 {
                return Err(WebError::Account(format!(
                    "{name:?} is the last account: add another one first, or give it a new password"
                )));
            }
            list.retain(|account| &*account.name != name);
            Ok(())
        })
    }

    /// Adds a token to an account; the token's name must be free there.
    pub fn add_token(&self, account: &str, token: Token) -> Result<(), WebError> {
        name::check(&token.name)
            .map_err(|reason| WebError::Account(format!("token {:?}: {reason}", token.name)))?;
        self.edit(|list| {
            let tokens = &mut named(list, account)?.tokens;
            if tokens.iter().any(|other| other.name == token.name) {
                return Err(WebError::Account(format!(
                    "{account:?} has a token {:?} already: choose another name, or revoke that one first",
                    token.name
                )));
            }
            tokens.push(token);
            Ok(())
        })
    }

    /// Revokes a token of an account.
    pub fn remove_token(&self, account: &str, token: &str) -> Result<(), WebError> {
        self.edit(|list| {
            let tokens = &mut named(list, account)?.tokens;
            let before = tokens.len();
            tokens.retain(|other| &*other.name != token);
            if tokens.len() == before {
                return Err(WebError::Account(format!("{account:?} has no token {token:?}")));
            }
            Ok(())
        })
    }

    /// Reads the newest file under a lock, changes it and writes it back; two programs never lose each other's change.
    fn edit(&self, change: impl FnOnce(&mut Vec<Account>) -> Result<(), WebError>) -> Result<(), WebError> {
        let Some(path) = &self.shared.path else {
            return Err(WebError::Account("the demo's accounts cannot be changed".into()));
        };
        let folder = private::folder(path);
        let lock = File::open(&folder).map_err(|source| WebError::read(&folder, source))?;
        flock(&lock, FlockOperation::LockExclusive).map_err(|error| WebError::read(&folder, error.into()))?;
        let mut list: Vec<Account> =
            file::read(path)?.iter().map(|account| Account::clone(account)).collect();
        change(&mut list)?;
        private::write(path, file::text(&list).as_bytes(), 0o600)
            .map_err(|source| WebError::write(path, source))?;
        let stamp = FileStamp::of(path);
        self.replace(list.into_iter().map(Arc::new).collect());
        self.shared.state.write().unwrap_or_else(PoisonError::into_inner).stamp = stamp;
        Ok(())
    }

    fn replace(&self, list: Vec<Arc<Account>>) {
        self.shared.state.write().unwrap_or_else(PoisonError::into_inner).list = list;
        self.shared.changes.send_modify(|changes| *changes += 1);
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.shared.state.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn named<'a>(list: &'a mut [Account], name: &str) -> Result<&'a mut Account, WebError> {
    list.iter_mut().find(|account| &*account.name == name).ok_or_else(|| {
        WebError::Account(format!("there is no account {name:?}: `clown-hub user list` shows them"))
    })
}

#[cfg(test)]
mod tests;
