//! What goes over a connection to a broker, what happens on it, and why something is not taken.

use bytes::Bytes;

/// A message on the wire, either way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publish {
    /// The whole topic.
    pub topic: String,
    /// The bytes as they are.
    pub payload: Bytes,
    /// 0, 1 or 2.
    pub qos: u8,
    /// Outgoing: whether the broker keeps it. Incoming: whether it comes from the broker's memory.
    pub retain: bool,
    /// Incoming: whether the broker may have sent it before.
    pub dup: bool,
    /// MQTT 5: the hubs it has passed through, `a,b`.
    pub via: Option<String>,
    /// MQTT 5: where an answer is expected.
    pub response: Option<Response>,
}

/// Where an answer is expected, or what it answers (MQTT 5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The response topic; empty in an answer.
    pub topic: String,
    /// The correlation data, to be given back unchanged.
    pub correlation: Option<Bytes>,
}

/// What happened on the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The broker let us in.
    Up {
        /// Whether it remembers an earlier session; we subscribe again in either case.
        session_present: bool,
    },
    /// The broker has answered a subscription.
    Subscribed {
        /// The filter as it was asked for.
        filter: String,
        /// The granted QoS, or why not.
        granted: Result<u8, String>,
    },
    /// A message came in; the library has acknowledged it.
    Heard(Publish),
    /// A message came in that is not passed on.
    Unheard {
        /// Its topic, as far as it can be read.
        topic: String,
        /// Why.
        why: String,
    },
    /// The broker has taken over the message with this ticket (QoS 1 and 2).
    Acknowledged(u64),
    /// The broker has refused the message with this ticket (MQTT 5).
    Refused(u64, String),
}

/// Why a message was not taken: there is no room for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// Too much is waiting or unacknowledged; later there may be room.
    #[error("the broker does not keep up")]
    Queue,
    /// It is larger than we or the broker allow; it will never fit.
    #[error("a packet of {size} bytes is over the limit of {limit}")]
    Packet {
        /// The packet's bytes.
        size: usize,
        /// What is allowed.
        limit: usize,
    },
    /// The topic or filter is empty, too long for MQTT, or has wildcards where none may be.
    #[error("the topic cannot be sent")]
    Topic,
}
