//! One client's gate: who it is, asked once, and what it may do, asked for every message and subscription.
//!
//! `mqtt5` asks through its `AuthProvider`; each connection has a gate of its own, so answers never depend on a name
//! that somebody else could bear.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use mqtt5::broker::auth::{AuthProvider, AuthResult};
use mqtt5::packet::connect::ConnectPacket;
use mqtt5::protocol::v5::reason_codes::ReasonCode;

use super::clients::Client;
use super::outbox::Tally;
use super::rights::{self, Act};
use super::{Accounts, Anonymous, Denied, Limits, Origin, Right};

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
    /// Counts what was refused.
    pub tally: Arc<Tally>,
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
        if !rights::is_name(&connect.client_id) {
            return Err(ReasonCode::ClientIdentifierNotValid);
        }
        // Set once, like the right: a connection has one CONNECT.
        let _ = self.client.name.set(connect.client_id.clone());
        if self.client.origin != Origin::Hub {
            let right = self.identify(connect).await?;
            let _ = self.client.right.set(right);
        }
        match &connect.will {
            Some(will) if !self.allows(Act::Publish(&will.topic)) => Err(ReasonCode::NotAuthorized),
            _ => Ok(()),
        }
    }

    async fn identify(&self, connect: &ConnectPacket) -> Result<Arc<dyn Right>, ReasonCode> {
        let address = self.client.origin.address().ip();
        let (Some(user), Some(password)) = (&connect.username, &connect.password) else {
            let is_nobody = connect.username.is_none() && connect.password.is_none();
            return if is_nobody && self.needs_no_password(address) {
                Ok(Arc::new(Nobody))
            } else {
                Err(ReasonCode::NotAuthorized)
            };
        };
        if !rights::is_name(user) {
            return Err(ReasonCode::BadUsernameOrPassword);
        }
        let password = std::str::from_utf8(password).map_err(|_| ReasonCode::BadUsernameOrPassword)?;
        self.keeper.accounts.admit(address, user, password).await.map_err(|denied| match denied {
            Denied::Wrong => ReasonCode::BadUsernameOrPassword,
            Denied::Later => ReasonCode::ServerBusy,
        })
    }

    fn needs_no_password(&self, address: IpAddr) -> bool {
        match (self.keeper.anonymous, self.client.origin) {
            (Anonymous::Loopback, Origin::Port(_)) => address.to_canonical().is_loopback(),
            (Anonymous::Loopback | Anonymous::Nobody, _) => false,
        }
    }

    fn allows(&self, act: Act<'_>) -> bool {
        let Doorkeeper { limits, hub_id, tally, .. } = &*self.keeper;
        let act = match act {
            Act::Publish(topic) => rights::may_publish(topic, self.foreign_id(hub_id), limits).then_some(act),
            Act::Subscribe(filter) => rights::filter(filter, limits).map(Act::Subscribe),
        };
        let right = self.client.right.get();
        let allowed = act.is_some_and(|act| right.is_none_or(|right| right.allows(act)));
        if !allowed {
            Tally::add(&tally.refused);
        }
        allowed
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
                Err(reason) => {
                    tracing::debug!(
                        address = %self.client.origin.address(),
                        client = connect.client_id,
                        "refused: {reason:?}"
                    );
                    AuthResult::fail(reason)
                }
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
