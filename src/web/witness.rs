//! Who came in and who did not, as events: each login and each wrong password, and of programs that bring a password or
//! token with every request one an hour.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::account::Account;
use super::auth::{Via, Who};
use crate::events::{Event, Events, Kind};

/// How often the same comes to the events.
const USED: Duration = Duration::from_secs(3600);
const LIMITED: Duration = Duration::from_secs(60);
/// The most that is remembered of who was seen.
const MOST: usize = 1_000;

/// Tells the events, if there are any.
#[derive(Debug, Default)]
pub struct Witness {
    events: OnceLock<Events>,
    seen: Mutex<HashMap<String, Instant>>,
}

impl Witness {
    /// From now on it tells these.
    pub fn tell(&self, events: &Events) {
        // Told twice, the first ones stay.
        let _ = self.events.set(events.clone());
    }

    fn note(&self, event: Event, address: IpAddr) {
        if let Some(events) = self.events.get() {
            events.note(Event { from: Some(address.to_canonical().to_string().into()), ..event });
        }
    }

    /// Whether this was not seen for so long.
    fn is_new(&self, what: String, again: Duration) -> bool {
        let now = Instant::now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.get(&what).is_some_and(|last| now.saturating_duration_since(*last) < again) {
            return false;
        }
        if seen.len() >= MOST {
            seen.retain(|_, last| now.saturating_duration_since(*last) < LIMITED);
        }
        if seen.len() < MOST {
            seen.insert(what, now);
        }
        true
    }

    /// A browser's session begins, or ends.
    pub fn session(&self, what: &'static str, account: &str, address: IpAddr) {
        let event = Event { by: Some("session".into()), ..Event::new(Kind::Login, what).who(account) };
        self.note(event, address);
    }

    /// Somebody brought a password or token that is right; `about` says where: `http`, `mqtt`.
    pub fn used(&self, who: &Who, address: IpAddr, about: &'static str) {
        if matches!(who.via, Via::Session(_)) || self.events.get().is_none() {
            return;
        }
        if self.is_new(format!("{} {} {address} {about}", who.account, who.via), USED) {
            let by = Some(who.via.to_string().into());
            self.note(
                Event { by, ..Event::new(Kind::Login, "used").who(&who.account).about(about) },
                address,
            );
        }
    }

    /// A wrong password, token or setup code. A name that is none may be a password, and is not written down.
    pub fn wrong(&self, account: Option<&Account>, by: &'static str, address: IpAddr) {
        let event = Event { by: Some(by.into()), ..Event::new(Kind::Login, "wrong") };
        self.note(
            match account {
                Some(account) => event.who(&account.name),
                None => event,
            },
            address,
        );
    }

    /// Too many wrong attempts: nobody was asked any more.
    pub fn limited(&self, by: &'static str, address: IpAddr) {
        if self.is_new(format!("\0{by} {address}"), LIMITED) {
            self.note(Event { by: Some(by.into()), ..Event::new(Kind::Login, "limit") }, address);
        }
    }

    /// What has changed about the accounts.
    pub fn accounts(&self, before: &[std::sync::Arc<Account>], after: &[std::sync::Arc<Account>]) {
        let Some(events) = self.events.get() else { return };
        for (what, name, token) in changes(before, after) {
            let event = Event::new(Kind::Account, what).about(name);
            events.note(if token.is_empty() { event } else { event.payload(token) });
        }
    }
}

/// What happened, to which account, to which of its tokens.
type Change<'a> = (&'static str, &'a str, &'a str);

fn changes<'a>(
    before: &'a [std::sync::Arc<Account>],
    after: &'a [std::sync::Arc<Account>],
) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    for account in after {
        match before.iter().find(|old| old.name == account.name) {
            None => changes.push(("added", &*account.name, "")),
            Some(old) => {
                if old.password.mark() != account.password.mark() {
                    changes.push(("password", &account.name, ""));
                }
                let of = |tokens: &'a Account, others: &Account, what| {
                    let others: Vec<_> = others.tokens.iter().map(|token| token.id).collect();
                    let only = tokens.tokens.iter().filter(move |token| !others.contains(&token.id));
                    only.map(move |token| (what, &*account.name, &*token.name)).collect::<Vec<_>>()
                };
                changes.extend(of(account, old, "token-added"));
                changes.extend(of(old, account, "token-revoked"));
            }
        }
    }
    let gone = before.iter().filter(|old| !after.iter().any(|account| account.name == old.name));
    changes.extend(gone.map(|old| ("removed", &*old.name, "")));
    changes
}
