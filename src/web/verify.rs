//! Checks passwords: slowly once, then at once for as long as the password stays the same.
//!
//! HTTP Basic brings the password with every connection, and thousands connect in a second; so a password that was
//! right is remembered as a keyed hash, with a key that dies with the process. At most two slow hashes run at once
//! (12 MiB each); whoever asks for the same one waits for it, and a crowd that asks for different ones is sent away.
//! An unknown account pays the same hash as a known one.

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::{OnceCell, Semaphore};

use super::{
    account::{
        Account,
        password::{LONGEST, Mark, PasswordHash},
    },
    random,
};

/// Slow hashes at the same time.
const AT_ONCE: usize = 2;
/// Different passwords that may wait for their turn; further ones are told to come back.
const MOST_WAITING: usize = 32;

/// Checks passwords and remembers the right ones.
#[derive(Debug)]
pub struct Verify {
    key: [u8; 32],
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    hashes: AtomicU64,
    state: Mutex<State>,
}

/// Too many different passwords are waiting to be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

#[derive(Debug, Default)]
struct State {
    right: HashMap<Arc<str>, (Mark, Digested)>,
    running: HashMap<Digested, Arc<OnceCell<bool>>>,
}

type Digested = [u8; 32];

impl Verify {
    /// Nothing is remembered yet.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            key: random::bytes()?,
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: AtomicUsize::new(0),
            hashes: AtomicU64::new(0),
            state: Mutex::default(),
        })
    }

    /// Whether this password was found right before and is still the account's; costs next to nothing.
    pub fn recalls(&self, account: &Account, password: &str) -> bool {
        let digest = self.digest(&account.name, password);
        match self.state().right.get(&account.name) {
            Some((mark, right)) => *mark == account.password.mark() && right.ct_eq(&digest).into(),
            None => false,
        }
    }

    /// Whether `password` is that of `account`, by the slow hash. Without an account the answer is no, as slowly.
    pub async fn check(
        &self,
        account: Option<&Arc<Account>>,
        name: &str,
        password: &str,
    ) -> Result<bool, Busy> {
        let digest = self.digest(name, password);
        let cell = self.state().running.entry(digest).or_default().clone();
        let running = Running { verify: self, digest };
        let outcome = cell.get_or_try_init(|| self.hash(account, password)).await.copied();
        if let (Ok(true), Some(account)) = (outcome, account) {
            self.state().right.insert(account.name.clone(), (account.password.mark(), digest));
        }
        drop(running);
        outcome
    }

    /// Forgets the passwords of accounts that are gone.
    pub fn keep_only(&self, is_there: impl Fn(&str) -> bool) {
        self.state().right.retain(|name, _| is_there(name));
    }

    /// How many slow hashes were computed.
    pub fn hashes(&self) -> u64 {
        self.hashes.load(Ordering::Relaxed)
    }

    async fn hash(&self, account: Option<&Arc<Account>>, password: &str) -> Result<bool, Busy> {
        let _waiting = Waiting::begin(&self.waiting)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| Busy)?;
        self.hashes.fetch_add(1, Ordering::Relaxed);
        // A longer one cannot be right, and must not make the hash slower.
        let is_possible = password.len() <= LONGEST && account.is_some();
        let hash = account.map_or_else(PasswordHash::of_nobody, |account| account.password.clone());
        let password: String = if password.len() <= LONGEST { password.into() } else { String::new() };
        // The turn goes along: a visitor who leaves does not make room for a third hash.
        let fits = tokio::task::spawn_blocking(move || {
            let fits = hash.fits(&password);
            drop(turn);
            fits
        });
        Ok(fits.await.unwrap_or(false) && is_possible)
    }

    fn digest(&self, name: &str, password: &str) -> Digested {
        let mut digest = Sha256::new();
        digest.update(self.key);
        digest.update((name.len() as u64).to_le_bytes());
        digest.update(name);
        digest.update(password);
        digest.finalize().into()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a running check off the list when it is over, or when the visitor leaves before.
struct Running<'a> {
    verify: &'a Verify,
    digest: Digested,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.verify.state().running.remove(&self.digest);
    }
}

/// Counts one who waits, until dropped: also when the visitor leaves before the turn comes.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(waiting: &'a AtomicUsize) -> Result<Self, Busy> {
        let guard = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) >= MOST_WAITING {
            return Err(Busy);
        }
        Ok(guard)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    fn account(password: &str) -> Arc<Account> {
        let password = PasswordHash::of(password).unwrap();
        Arc::new(Account { name: "anna".into(), password, tokens: Vec::new() })
    }

    #[tokio::test]
    async fn a_right_password_is_hashed_once_and_forgotten_with_the_account() {
        let (verify, anna) = (Verify::new().unwrap(), account("correct horse"));
        assert!(!verify.recalls(&anna, "correct horse"));
        assert_eq!(verify.check(Some(&anna), "anna", "correct horse").await, Ok(true));
        assert!(verify.recalls(&anna, "correct horse"));
        assert!(!verify.recalls(&anna, "correct hors") && !verify.recalls(&anna, ""));
        assert!(
            !verify.recalls(&account("correct horse"), "correct horse"),
            "another salt, another password"
        );
        assert_eq!(verify.hashes(), 1);
        verify.keep_only(|_| false);
        assert!(!verify.recalls(&anna, "correct horse"));
    }

    #[tokio::test]
    async fn unknown_accounts_and_wrong_passwords_pay_the_same() {
        let (verify, anna) = (Verify::new().unwrap(), account("correct horse"));
        let long = "x".repeat(5000);
        for (n, (account, password)) in [
            (None, "correct horse"),
            (Some(&anna), "wrong"),
            (Some(&anna), ""),
            (None, ""),
            (Some(&anna), &long),
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(verify.check(account, "anna", password).await, Ok(false));
            assert_eq!(verify.hashes(), n as u64 + 1);
        }
        assert!(verify.state().running.is_empty());
    }

    #[tokio::test]
    async fn a_crowd_with_the_same_password_shares_one_hash_and_other_crowds_are_sent_away() {
        let (verify, anna) = (Verify::new().unwrap(), account("correct horse"));
        let same = join_all((0..100).map(|_| verify.check(Some(&anna), "anna", "correct horse"))).await;
        assert!(same.iter().all(|outcome| *outcome == Ok(true)));
        assert_eq!(verify.hashes(), 1);
        let passwords: Vec<_> = (0..100).map(|n| format!("wrong {n}")).collect();
        let different =
            join_all(passwords.iter().map(|wrong| verify.check(Some(&anna), "anna", wrong))).await;
        assert_eq!(different.iter().filter(|outcome| **outcome == Err(Busy)).count(), 100 - MOST_WAITING);
        assert!(verify.state().running.is_empty());
        assert_eq!(verify.waiting.load(Ordering::Relaxed), 0);
    }
}
