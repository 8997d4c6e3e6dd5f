//! Commands: asked for by a person or a script, accepted → sent → confirmed | refused | unanswered.
//!
//! A command never waits for better times: it is delivered now or refused now. Each step is a fact told to everyone
//! under `$hub/command`; the one who asked recognises it by the id it gave.

// The part of `std::net` that only names addresses.
use core::net::IpAddr;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::device::{Expect, Refusal};
use crate::talk::{Payload, Topic};

/// The hub's own number of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandId(pub(super) u64);

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hub-{}", self.0)
    }
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct By {
    /// The account's name.
    pub account: Arc<str>,
    /// The number of the open connection that asks; 0 for one that will not listen.
    pub client: u64,
    /// From where, if that is known.
    pub from: Option<Whence>,
}

/// Where somebody asks from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whence {
    /// By what means.
    pub means: Means,
    /// The address of the connection; none for what did not come by one.
    pub address: Option<IpAddr>,
}

/// By what means somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Means {
    /// A page of the hub with its script.
    Page,
    /// A form of a page, or a request without a connection that stays.
    Form,
    /// Another program that speaks Clown.Talk, with a password or token.
    Script,
    /// A program on this machine, such as the command line.
    Local,
    /// A client of a broker.
    Broker,
}

impl Means {
    /// The word in files and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Form => "form",
            Self::Script => "script",
            Self::Local => "local",
            Self::Broker => "broker",
        }
    }
}

impl From<&str> for By {
    /// An account that will not listen, from nobody knows where.
    fn from(account: &str) -> Self {
        Self::from(Arc::from(account))
    }
}

impl From<Arc<str>> for By {
    /// An account that will not listen, from nobody knows where.
    fn from(account: Arc<str>) -> Self {
        Self { account, client: 0, from: None }
    }
}

/// A wish.
#[derive(Clone, Debug)]
pub struct Command {
    /// The complete topic, for example `nodes/bridge/0/relay/i2c0-3b/set`.
    pub topic: Topic,
    /// What is wished.
    pub payload: Payload,
    /// Who asks.
    pub by: By,
    /// The asker's own id, as JSON text, given back with every step.
    pub id: Option<Arc<str>>,
}

/// How a broker shall treat what is published by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// 0, 1 or 2, as in MQTT.
    pub qos: u8,
    /// Whether the broker shall remember it.
    pub retain: bool,
}

/// Something to be published by hand.
#[derive(Clone, Debug)]
pub struct Post {
    /// The link it goes to, unless it is a command for a known device.
    pub link: Arc<str>,
    /// The complete topic.
    pub topic: Topic,
    /// What is said.
    pub payload: Payload,
    /// How.
    pub delivery: Delivery,
    /// Who says it.
    pub by: By,
    /// The asker's own id, as JSON text, given back with every step.
    pub id: Option<Arc<str>>,
}

/// How far a command has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// The hub took it and handed it to the link.
    Accepted,
    /// The link wrote it to the device.
    Sent,
    /// The device said that it is so; of what was published by hand, the broker took it.
    Confirmed,
    /// It was not carried out.
    Refused,
    /// It was sent and the device did not answer in time; nobody knows.
    Unanswered,
    /// It was sent to a device that never answers such commands, or published with QoS 0.
    Unconfirmable,
}

impl Step {
    /// Whether nothing comes after it.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Accepted | Self::Sent)
    }

    /// The word used on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Confirmed => "confirmed",
            Self::Refused => "refused",
            Self::Unanswered => "unanswered",
            Self::Unconfirmable => "unconfirmable",
        }
    }
}

/// One step of one command.
#[derive(Clone, Debug)]
pub struct CommandEvent {
    /// The hub's number.
    pub id: CommandId,
    /// The asker's own id, as JSON text.
    pub client_id: Option<Arc<str>>,
    /// Who asked.
    pub by: By,
    /// The base of the device, if there is such a device.
    pub base: Option<Topic>,
    /// The complete topic.
    pub topic: Topic,
    /// What was wished.
    pub payload: Payload,
    /// Set for what is published by hand.
    pub delivery: Option<Delivery>,
    /// Set for what came through a link that carries many devices: the hubs it has passed through (`a,b`).
    pub via: Option<Arc<str>>,
    /// How far it has come.
    pub step: Step,
    /// Why it went no further.
    pub refusal: Option<Refusal>,
    /// The time since it was asked for.
    pub after: Duration,
}

#[derive(serde::Serialize)]
struct EventText<'a> {
    id: &'a serde_json::value::RawValue,
    topic: &'a str,
    payload: &'a serde_json::value::RawValue,
    by: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    qos: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retain: Option<bool>,
    step: Step,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    after_ms: u128,
}

impl CommandEvent {
    /// The event as `$hub/command` payload, with the topic as a view shows it.
    pub fn to_payload(&self, topic: &str) -> Payload {
        let own = format!("\"{}\"", self.id);
        let id = self.client_id.as_deref().unwrap_or(&own);
        // Both texts were checked as JSON when they came in.
        let (Ok(id), Ok(payload)) = (serde_json::from_str(id), serde_json::from_str(self.payload.as_str()))
        else {
            return Payload::empty();
        };
        Payload::of(&EventText {
            id,
            topic,
            payload,
            by: &self.by.account,
            qos: self.delivery.map(|delivery| delivery.qos),
            retain: self.delivery.map(|delivery| delivery.retain),
            step: self.step,
            code: self.refusal.as_ref().map(|refusal| refusal.code),
            reason: self.refusal.as_ref().map(|refusal| &*refusal.reason),
            after_ms: self.after.as_millis(),
        })
    }
}

/// The last step of a command.
pub type Outcome = CommandEvent;

/// A command that was asked for.
pub struct Ticket {
    /// The hub's number.
    pub id: CommandId,
    pub(super) outcome: oneshot::Receiver<Arc<CommandEvent>>,
}

impl Ticket {
    /// Waits for the last step; `None` only if the hub ends before.
    pub async fn outcome(self) -> Option<Arc<Outcome>> {
        self.outcome.await.ok()
    }
}

/// A command between its acceptance and its end.
pub(super) struct Pending {
    pub(super) event: CommandEvent,
    pub(super) expect: Expect,
    pub(super) link: Arc<str>,
    pub(super) asked: Instant,
    /// When it ends without an answer; before it is sent, when it may not be sent any more.
    pub(super) ends: Instant,
    pub(super) outcome: Option<oneshot::Sender<Arc<CommandEvent>>>,
}
