//! One client's gate: who it is, asked once, and what it may do, asked for every message and subscription.
//!
//! `mqtt5` asks through its `AuthProvider`; each connection has a gate of its own, so answers never depend on a name
//! that somebody else could bear.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use mqtt5::broker::auth::{AuthProvider, AuthResult};
use mqtt5::broker::storage::{ClientSession, DynamicStorage, StorageBackend};
use mqtt5::packet::connect::ConnectPacket;
use mqtt5::protocol::v5::reason_codes::ReasonCode;

use super::clients::{Client, Clients};
use super::lasting::Lasting;
use super::limits::CLIENT_ID;
use super::reasons::{FILTER_INVALID, NOT_AUTHORIZED, TOPIC_INVALID};
use super::rights::{self, Act};
use super::{Accounts, Anonymous, Denied, Limits, Origin, Refusal, Right};

type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The owner of the hub's own sessions; no account may be called so.
const HUB: &str = "$hub";
/// The owner of sessions of those who need no password.
const NOBODY: &str = "$anonymous";

/// What all gates share.
pub struct Doorkeeper {
    /// Who may come in.
    pub accounts: Arc<dyn Accounts>,
    /// Who may come in without a password.
    pub anonymous: Anonymous,
    /// What one client may ask.
    pub limits: Limits,
    /// The id of this hub, whose topics are its own.
    pub hub_id: String,
    /// Everybody else.
    pub clients: Arc<Clients>,
    /// The sessions that outlive their connections.
    pub lasting: Arc<Lasting>,
    /// All sessions.
    pub storage: Arc<DynamicStorage>,
}

/// The gate of one connection.
pub struct Gate {
    /// What all gates share.
    pub keeper: Arc<Doorkeeper>,
    /// Whose gate it is.
    pub client: Arc<Client>,
}

impl Gate {
    async fn enter(&self, connect: &ConnectPacket) -> Result<(), ReasonCode> {
        let id = &connect.client_id;
        if !rights::is_name(id) || id.len() > CLIENT_ID {
            return Err(ReasonCode::ClientIdentifierNotValid);
        }
        // Set once, like the right: a connection has one CONNECT.
        let _ = self.client.name.set(id.clone());
        self.client.flight.has(self.keeper.storage.queue_handle(id));
        if let Err((refusal, reason)) = self.admit(connect).await {
            self.client.refuse(refusal, "");
            return Err(reason);
        }
        match &connect.will {
            Some(will) if !self.allows(Act::Publish(&will.topic)) => Err(ReasonCode::NotAuthorized),
            _ => Ok(()),
        }
    }

    async fn admit(&self, connect: &ConnectPacket) -> Result<(), (Refusal, ReasonCode)> {
        let Doorkeeper { clients, lasting, storage, limits, .. } = &*self.keeper;
        if self.client.origin == Origin::Hub {
            return Ok(());
        }
        let id = &connect.client_id;
        let right = self.identify(connect).await?;
        let session = storage.get_session(id).await.ok().flatten();
        let is_others = |session: ClientSession| session.user_id.as_deref() != Some(right.account());
        if !connect.clean_start && session.is_some_and(is_others) {
            return Err((Refusal::TakenId, ReasonCode::NotAuthorized));
        }
        let wants_session = ClientSession::expiry_from_connect(connect) != Some(0);
        if wants_session && !lasting.has_room(id, limits.sessions, storage).await {
            return Err((Refusal::Sessions, ReasonCode::QuotaExceeded));
        }
        clients.log_in(&self.client, right).map_err(|refusal| match refusal {
            Refusal::TakenId => (refusal, ReasonCode::NotAuthorized),
            _ => (refusal, ReasonCode::QuotaExceeded),
        })
    }

    async fn identify(&self, connect: &ConnectPacket) -> Result<Arc<dyn Right>, (Refusal, ReasonCode)> {
        let address = self.client.origin.address().ip();
        let (Some(user), Some(password)) = (&connect.username, &connect.password) else {
            let is_nobody = connect.username.is_none() && connect.password.is_none();
            return if is_nobody && self.needs_no_password(address) {
                Ok(Arc::new(Nobody))
            } else {
                Err((Refusal::Login, ReasonCode::NotAuthorized))
            };
        };
        const WRONG: (Refusal, ReasonCode) = (Refusal::Login, ReasonCode::BadUsernameOrPassword);
        if !rights::is_name(user) {
            return Err(WRONG);
        }
        let password = std::str::from_utf8(password).map_err(|_| WRONG)?;
        self.keeper.accounts.admit(address, user, password).await.map_err(|denied| match denied {
            Denied::Wrong => WRONG,
            Denied::Later => (Refusal::Guessing, ReasonCode::ServerBusy),
        })
    }

    fn needs_no_password(&self, address: IpAddr) -> bool {
        match (self.keeper.anonymous, self.client.origin) {
            (Anonymous::Loopback, Origin::Port(_)) => address.to_canonical().is_loopback(),
            (Anonymous::Loopback | Anonymous::Nobody, _) => false,
        }
    }

    fn allows(&self, act: Act<'_>) -> bool {
        let verdict = self.judge(act);
        let mut reasons = self.client.reasons();
        match (act, verdict.err()) {
            (Act::Publish(_), refused) => reasons.publish = refused.map(|(_, reason)| reason),
            (Act::Subscribe(_), None) => reasons.allowed += 1,
            (Act::Subscribe(_), Some((_, reason))) => reasons.refused.push_back(reason),
        }
        drop(reasons);
        if let Err((refusal, _)) = verdict {
            self.client.refuse(refusal, act.topic());
        }
        verdict.is_ok()
    }

    fn judge(&self, act: Act<'_>) -> Result<(), (Refusal, u8)> {
        let Doorkeeper { limits, hub_id, .. } = &*self.keeper;
        let invalid = match act {
            Act::Publish(_) => TOPIC_INVALID,
            Act::Subscribe(_) => FILTER_INVALID,
        };
        if !rights::fits(act.topic(), limits) {
            return Err((Refusal::Topic, invalid));
        }
        let act = match act {
            Act::Publish(topic) => rights::may_publish(topic, self.foreign_id(hub_id)).then_some(act),
            Act::Subscribe(filter) => {
                Some(Act::Subscribe(rights::bare(filter).ok_or((Refusal::Topic, invalid))?))
            }
        };
        let act = act.filter(|act| !matches!(act, Act::Subscribe(filter) if rights::is_hidden(filter)));
        let act = act.ok_or((Refusal::Reserved, NOT_AUTHORIZED))?;
        match self.client.right.get() {
            Some(right) if !right.allows(act) => Err((Refusal::Right, NOT_AUTHORIZED)),
            _ => Ok(()),
        }
    }

    /// The hub whose topics are closed to this client: none is called like this for the hub itself.
    fn foreign_id<'a>(&self, own: &'a str) -> &'a str {
        if self.client.origin == Origin::Hub { "\0" } else { own }
    }

    fn owner(&self) -> String {
        self.client.right.get().map_or(HUB, |right| right.account()).to_owned()
    }
}

impl AuthProvider for Gate {
    fn authenticate<'a>(
        &'a self,
        connect: &'a ConnectPacket,
        _: SocketAddr,
    ) -> Answer<'a, mqtt5::Result<AuthResult>> {
        Box::pin(async move {
            Ok(match self.enter(connect).await {
                Ok(()) => AuthResult::success_with_user(self.owner()),
                Err(reason) => AuthResult::fail(reason),
            })
        })
    }

    fn authorize_publish<'a>(&'a self, _: &str, _: Option<&'a str>, topic: &'a str) -> Answer<'a, bool> {
        let allowed = self.allows(Act::Publish(topic));
        Box::pin(std::future::ready(allowed))
    }

    fn authorize_subscribe<'a>(&'a self, _: &str, _: Option<&'a str>, filter: &'a str) -> Answer<'a, bool> {
        let allowed = self.allows(Act::Subscribe(filter));
        Box::pin(std::future::ready(allowed))
    }
}

/// Programs on this machine that were let in without a password.
struct Nobody;

impl Right for Nobody {
    fn account(&self) -> &str {
        NOBODY
    }

    fn is_over(&self) -> bool {
        false
    }

    fn allows(&self, _: Act<'_>) -> bool {
        true
    }
}
