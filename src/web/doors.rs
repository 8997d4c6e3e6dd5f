//! Who may come in: accounts, sessions, limits and the setup code behind one handle.
//!
//! [`auth`](super::auth) asks it for every request, the login pages change it, and whoever keeps connections open hears
//! from [`Doors::changes`] when a right may have ended, and asks [`Doors::is_over`]. A task started with
//! [`Doors::watch`] notices what `clown-hub user` changed beside the running hub.

mod less;

use std::{
    fmt,
    net::IpAddr,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::{
    account::{
        Account, Accounts,
        name::LOCAL,
        password::PasswordHash,
        token::{Token, TokenId},
    },
    auth::{Via, Who},
    config::DoorConfig,
    error::WebError,
    limit::{Limit, TooMany},
    rights::Rights,
    session::{Found, SessionId, Sessions},
    setup::SetupCode,
    verify::Verify,
    witness::Witness,
};
use crate::{events::Events, hub::Now, stop::Stop};

/// How often the accounts file is looked at; a revoked right ends within twice this.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often open connections are asked whether they are still there, which counts as use of their session.
const ASK_EVERY: Duration = Duration::from_secs(3600);

/// Accounts, sessions, limits and the setup code; clones share them.
#[derive(Clone)]
pub struct Doors {
    shared: Arc<Shared>,
}

struct Shared {
    accounts: Accounts,
    sessions: Sessions,
    verify: Verify,
    limit: Limit,
    origins: Vec<String>,
    setup: Mutex<Option<SetupCode>>,
    /// The token of programs on this machine, and its secret.
    local: (Token, String),
    changes: watch::Sender<u64>,
    witness: Witness,
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No such account, another password, a revoked token, a session that ended: nobody learns which.
    Wrong,
    /// Too many wrong attempts.
    TooMany(TooMany),
    /// More passwords are being checked than the machine can.
    Busy,
}

impl Doors {
    /// The doors of a real hub: accounts and sessions of the data folder.
    pub fn open(config: &DoorConfig, data: &Path, now: Now) -> Result<Self, WebError> {
        let accounts = Accounts::open(data)?;
        let sessions = Sessions::open(data, now);
        let setup = if accounts.is_empty() { Some(SetupCode::make()?) } else { None };
        Self::new(accounts, sessions, config.origins.clone(), setup)
    }

    /// The doors of the demo: its one account, and pages from anywhere may use its password.
    pub fn demo(listen: std::net::SocketAddr) -> Result<Self, WebError> {
        Self::new(Accounts::demo(listen)?, Sessions::in_memory(), vec!["*".into()], None)
    }

    fn new(
        accounts: Accounts,
        sessions: Sessions,
        origins: Vec<String>,
        setup: Option<SetupCode>,
    ) -> Result<Self, WebError> {
        let shared = Shared {
            accounts,
            sessions,
            verify: Verify::new()?,
            limit: Limit::default(),
            origins,
            setup: Mutex::new(setup),
            local: Token::make(LOCAL)?,
            changes: watch::Sender::new(0),
            witness: Witness::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Logins and changed accounts are told to these from now on.
    pub fn tell(&self, events: &Events) {
        self.shared.witness.tell(events);
    }

    /// Who notes logins.
    pub fn witness(&self) -> &Witness {
        &self.shared.witness
    }

    /// The code that makes the first account, for the console; none once there is one.
    pub fn setup_code(&self) -> Option<String> {
        if self.needs_setup() { self.setup().as_ref().map(SetupCode::text) } else { None }
    }

    /// Whether there is no account yet, so that nothing but the setup is served.
    pub fn needs_setup(&self) -> bool {
        self.shared.accounts.is_empty()
    }

    /// The secret by which programs on this machine come in as the account [`LOCAL`] while this process lives, also
    /// before there is an account. It belongs in a file that only the hub's own user can read.
    pub fn local_token(&self) -> &str {
        &self.shared.local.1
    }

    /// Origins of the configuration whose pages may bring a password or token.
    pub fn origins(&self) -> &[String] {
        &self.shared.origins
    }

    /// Counts up whenever a right may have ended.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }

    /// How many slow password hashes were computed since the start.
    pub fn hashes(&self) -> u64 {
        self.shared.verify.hashes()
    }

    /// Lets in by name and password.
    pub async fn by_password(
        &self,
        address: IpAddr,
        name: &str,
        password: &str,
    ) -> Result<Arc<Account>, Denied> {
        let Shared { accounts, verify, limit, witness, .. } = &*self.shared;
        let now = Instant::now();
        let too_many = |too_many| {
            witness.limited("password", address);
            Denied::TooMany(too_many)
        };
        // Asked before anything else: otherwise a remembered password could be guessed without end.
        limit.check(now, address, name).map_err(too_many)?;
        let account = accounts.find(name);
        if let Some(account) = &account
            && verify.recalls(account, password)
        {
            return Ok(account.clone());
        }
        limit.attempt(now, address, name).map_err(too_many)?;
        match (verify.check(account.as_ref(), name, password).await, account) {
            (Ok(true), Some(account)) => {
                limit.forgive(address, name);
                Ok(account)
            }
            (Ok(_), account) => {
                // What was typed as a name may be a password: only names that exist are written down.
                let known = account.map_or_else(|| "unknown".into(), |account| account.name.clone());
                tracing::warn!(%address, account = %known, "wrong user name or password");
                witness.wrong(accounts.find(&known).as_deref(), "password", address);
                Err(Denied::Wrong)
            }
            (Err(_), _) => {
                limit.forgive(address, name);
                Err(Denied::Busy)
            }
        }
    }

    /// Lets in by a token.
    pub fn by_token(&self, address: IpAddr, secret: &str) -> Result<Who, Denied> {
        // Tokens cannot be guessed; the limit only keeps the noise down.
        const ANY_TOKEN: &str = "\0token";
        let now = Instant::now();
        self.shared.limit.check(now, address, ANY_TOKEN).map_err(Denied::TooMany)?;
        let id = TokenId::of(secret);
        if id == self.shared.local.0.id {
            return Ok(Who { account: LOCAL.into(), via: Via::Token(id), rights: Rights::All });
        }
        if let Some(account) = self.shared.accounts.holder(id) {
            let token = account.tokens.iter().find(|token| token.id == id);
            let share = token.and_then(|token| token.share.clone());
            let rights = share.map_or(Rights::All, Rights::Tile);
            return Ok(Who { account: account.name.clone(), via: Via::Token(id), rights });
        }
        self.shared.limit.attempt(now, address, ANY_TOKEN).map_err(Denied::TooMany)?;
        tracing::warn!(%address, "unknown token");
        self.shared.witness.wrong(None, "token", address);
        Err(Denied::Wrong)
    }

    /// Lets in by the secret of a session's cookie.
    pub fn by_session(&self, secret: &str) -> Option<Who> {
        let id = SessionId::of(secret);
        let Found { account, mark, kiosk } = self.shared.sessions.find(Instant::now(), id)?;
        let rights = kiosk.map_or(Rights::All, Rights::Kiosk);
        self.shared.accounts.has_mark(&account, mark).then_some(Who {
            account,
            via: Via::Session(id),
            rights,
        })
    }

    /// Begins a session; gives the secret for the cookie.
    pub fn begin_session(&self, account: &Account, address: IpAddr) -> Result<String, WebError> {
        let (_, secret) = self.shared.sessions.begin(Now::now(), &account.name, account.password.mark())?;
        tracing::info!(account = %account.name, "logged in");
        self.shared.witness.session("in", &account.name, address);
        Ok(secret)
    }

    /// Ends the session with this secret and everything that is open by its right.
    pub fn end_session(&self, secret: &str) {
        if self.shared.sessions.end(Now::now(), SessionId::of(secret)) {
            self.announce();
        }
    }

    /// Makes the first account from the code on the console, and lets its owner in. The name and password were checked
    /// for being good enough.
    pub async fn set_up(
        &self,
        address: IpAddr,
        code: &str,
        name: &str,
        password: &str,
    ) -> Result<Result<Arc<Account>, WebError>, Denied> {
        const SETUP: &str = "\0setup";
        self.shared.limit.attempt(Instant::now(), address, SETUP).map_err(Denied::TooMany)?;
        if !self.setup().as_ref().is_some_and(|setup| setup.is(code)) || !self.needs_setup() {
            tracing::warn!(%address, "wrong setup code");
            self.shared.witness.wrong(None, "setup", address);
            return Err(Denied::Wrong);
        }
        self.shared.limit.forgive(address, SETUP);
        let (doors, name, password) = (self.clone(), name.to_owned(), password.to_owned());
        let made = tokio::task::spawn_blocking(move || {
            doors.shared.accounts.add_first(&name, PasswordHash::of(&password)?)?;
            let account = doors.shared.accounts.find(&name);
            account.ok_or_else(|| WebError::Account("the account went as soon as it was made".into()))
        });
        let made = made.await.unwrap_or_else(|error| Err(WebError::System(std::io::Error::other(error))));
        if let Ok(account) = &made {
            *self.setup() = None;
            tracing::info!(account = %account.name, "the first account was made");
            self.shared.witness.accounts(&[], std::slice::from_ref(account));
        }
        Ok(made)
    }

    /// Whether the right that `who` came in with has ended since; asking counts as use of a session.
    pub fn is_over(&self, who: &Who) -> bool {
        let accounts = &self.shared.accounts;
        let is_valid = match who.via {
            Via::Session(id) => {
                let found = self.shared.sessions.find(Instant::now(), id);
                let still = |found: Found| {
                    accounts.has_mark(&found.account, found.mark)
                        && found.kiosk.map_or(Rights::All, Rights::Kiosk) == who.rights
                };
                found.is_some_and(still)
            }
            Via::Basic(mark) => accounts.has_mark(&who.account, mark),
            Via::Token(id) => id == self.shared.local.0.id || accounts.holder(id).is_some(),
        };
        !is_valid
    }

    /// Notices changed accounts and ended sessions until `stop`, then writes the sessions down.
    pub async fn watch(self, stop: Stop) {
        let mut asked = Instant::now();
        while tokio::time::timeout(LOOK_EVERY, stop.requested()).await.is_err() {
            self.look(Now::now());
            if asked.elapsed() >= ASK_EVERY {
                asked = Instant::now();
                self.shared.sessions.age();
                self.announce();
            }
            if self.shared.sessions.is_unsaved() {
                let doors = self.clone();
                // An SD card may take its time, and messages must not wait for it. A panic is told by the runtime.
                let _ = tokio::task::spawn_blocking(move || doors.shared.sessions.save(Now::now())).await;
            }
        }
        self.shared.sessions.age();
        self.shared.sessions.save(Now::now());
    }

    /// One look at the accounts file and the sessions.
    pub fn look(&self, now: Now) {
        let Shared { accounts, sessions, verify, witness, .. } = &*self.shared;
        let before = accounts.all();
        let changed = match accounts.refresh() {
            Ok(changed) => changed,
            Err(error) => {
                tracing::error!("the accounts stay as they were: {error}");
                false
            }
        };
        if changed {
            tracing::info!("the accounts were changed");
            witness.accounts(&before, &accounts.all());
            verify.keep_only(|name| accounts.find(name).is_some());
        }
        let ended = sessions.sweep(now.mono, |account, mark| accounts.has_mark(account, mark));
        if changed || ended {
            self.announce();
        }
    }

    fn announce(&self) {
        self.shared.changes.send_modify(|changes| *changes += 1);
    }

    fn setup(&self) -> MutexGuard<'_, Option<SetupCode>> {
        self.shared.setup.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Doors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Doors")
    }
}
