//! A message as it lies in the files: what `mqtt5` holds in three shapes (retained, queued, in flight), in one.
//!
//! The rare properties of MQTT 5 are one piece of JSON, absent when there are none. Expiry is kept as the time of
//! arrival and the interval, so that a clock that was never set can be seen through ([`Kept::redated`]).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use mqtt5::QoS;
use mqtt5::broker::storage::{
    InflightDirection, InflightMessage, InflightPhase, QueuedMessage, RetainedMessage,
};
use mqtt5::packet::publish::PublishPacket;
use serde::{Deserialize, Serialize};

use crate::clock;

/// A message and what belongs to it, whoever it is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Kept {
    /// Where it was published.
    pub topic: String,
    /// What was said.
    pub payload: Bytes,
    /// Its quality of service.
    pub qos: u8,
    /// Whether it bears the retain flag.
    pub retain: bool,
    /// When it arrived, in seconds since 1970.
    pub at: u64,
    /// How long it is worth anything, in seconds.
    pub expiry: Option<u32>,
    /// What MQTT 5 says beside.
    pub properties: Properties,
}

/// What MQTT 5 says beside the payload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Properties {
    /// Pairs of the sender's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub user: Vec<(String, String)>,
    /// What the payload is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Where an answer is to go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_topic: Option<String>,
    /// What the answer is to bear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation: Option<Vec<u8>>,
    /// Whether the payload is said to be UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_text: Option<bool>,
}

impl Properties {
    /// As JSON; `None` if there are none.
    pub fn to_text(&self) -> Option<String> {
        if *self == Self::default() {
            return None;
        }
        // Strings, bytes and a bool: nothing of it can fail to be JSON.
        serde_json::to_string(self).ok()
    }

    /// Back from [`to_text`](Self::to_text).
    pub fn from_text(text: Option<&str>) -> serde_json::Result<Self> {
        text.map_or(Ok(Self::default()), serde_json::from_str)
    }
}

/// Taken from and given back to a type of `mqtt5` with the same five fields.
macro_rules! properties {
    ($from:ident) => {
        Properties {
            user: $from.user_properties.clone(),
            content_type: $from.content_type.clone(),
            response_topic: $from.response_topic.clone(),
            correlation: $from.correlation_data.clone(),
            is_text: $from.payload_format_indicator,
        }
    };
    ($from:ident => $to:ident) => {
        $to.user_properties = $from.user;
        $to.content_type = $from.content_type;
        $to.response_topic = $from.response_topic;
        $to.correlation_data = $from.correlation;
        $to.payload_format_indicator = $from.is_text;
    };
}

/// What a queued message has beside the message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Queued {
    /// The number under which it was sent before.
    pub packet: Option<u16>,
    /// Whether the client may have it already.
    pub dup: bool,
    /// The subscriptions it is for (MQTT 5).
    pub subscriptions: Vec<u32>,
}

/// The phase of a message of quality 2 that the client has and was told to forget the number of.
pub const COMPLETING: u8 = 2;

/// What a message in flight has beside the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flight {
    /// Its number between the client and the broker.
    pub packet: u16,
    /// From the client, or to it.
    pub is_inbound: bool,
    /// What is waited for.
    pub phase: u8,
}

impl Kept {
    /// The same, with a time that can be believed: what arrived before the clock was set, or after a clock that was
    /// ahead, arrived now; while the clock is not set nothing is known better.
    pub fn redated(mut self, now: SystemTime) -> Self {
        self.at = redated(self.at, now);
        self
    }

    /// When it is worth nothing any more.
    pub fn expires(&self) -> Option<SystemTime> {
        self.expiry
            .map(|expiry| UNIX_EPOCH + Duration::from_secs(self.at) + Duration::from_secs(expiry.into()))
    }

    /// From what is retained.
    pub fn from_retained(message: &RetainedMessage) -> Self {
        Self {
            topic: message.topic.clone(),
            payload: Bytes::copy_from_slice(&message.payload),
            qos: message.qos.into(),
            retain: message.retain,
            at: message.stored_at_secs,
            expiry: message.message_expiry_interval,
            properties: properties!(message),
        }
    }

    /// To be retained.
    pub fn into_retained(self) -> RetainedMessage {
        let packet = PublishPacket::new(self.topic.as_str(), self.payload.clone(), QoS::from(self.qos));
        let mut message = RetainedMessage::new(packet);
        message.retain = true;
        message.stored_at_secs = self.at;
        message.message_expiry_interval = self.expiry;
        message.expires_at = self.expires();
        let properties = self.properties;
        properties!(properties => message);
        message
    }

    /// From a session's queue.
    pub fn from_queued(message: &QueuedMessage) -> (Self, Queued) {
        let kept = Self {
            topic: message.topic.clone(),
            payload: Bytes::copy_from_slice(&message.payload),
            qos: message.qos.into(),
            retain: message.retain,
            at: message.queued_at_secs,
            expiry: message.message_expiry_interval,
            properties: properties!(message),
        };
        let subscriptions = message.subscription_identifiers.clone();
        (kept, Queued { packet: message.packet_id, dup: message.dup, subscriptions })
    }

    /// For the queue of a session.
    pub fn into_queued(self, client: &str, queued: Queued) -> QueuedMessage {
        let expires = self.expires();
        let packet = PublishPacket::new(self.topic, self.payload, QoS::from(self.qos));
        let qos = packet.qos;
        let mut message = QueuedMessage::new(packet, client.to_owned(), qos, queued.packet);
        message.retain = self.retain;
        message.dup = queued.dup;
        message.queued_at_secs = self.at;
        message.message_expiry_interval = self.expiry;
        message.expires_at = expires;
        message.subscription_identifiers = queued.subscriptions;
        let properties = self.properties;
        properties!(properties => message);
        message
    }

    /// From what is in flight.
    pub fn from_flight(message: &InflightMessage) -> (Self, Flight) {
        let kept = Self {
            topic: message.topic.clone(),
            payload: Bytes::copy_from_slice(&message.payload),
            qos: message.qos.into(),
            retain: message.retain,
            at: message.stored_at_secs,
            expiry: message.message_expiry_interval,
            properties: properties!(message),
        };
        let phase = match message.phase {
            InflightPhase::AwaitingPubrec => 0,
            InflightPhase::AwaitingPubrel => 1,
            InflightPhase::AwaitingPubcomp => 2,
        };
        let is_inbound = message.direction == InflightDirection::Inbound;
        (kept, Flight { packet: message.packet_id, is_inbound, phase })
    }

    /// In flight again; `None` for a phase that does not exist.
    pub fn into_flight(self, client: &str, flight: Flight) -> Option<InflightMessage> {
        let phase = match flight.phase {
            0 => InflightPhase::AwaitingPubrec,
            1 => InflightPhase::AwaitingPubrel,
            2 => InflightPhase::AwaitingPubcomp,
            _ => return None,
        };
        let direction =
            if flight.is_inbound { InflightDirection::Inbound } else { InflightDirection::Outbound };
        let mut packet = PublishPacket::new(self.topic, self.payload, QoS::from(self.qos));
        packet.packet_id = Some(flight.packet);
        packet.retain = self.retain;
        let mut message = InflightMessage::from_publish(&packet, client.to_owned(), direction, phase);
        message.stored_at_secs = self.at;
        message.message_expiry_interval = self.expiry;
        message.expires_at_secs = self.expiry.map(|expiry| self.at.saturating_add(expiry.into()));
        let properties = self.properties;
        properties!(properties => message);
        Some(message)
    }
}

/// Seconds since 1970 of something that happened at `at`, as far as that can be believed `now`.
pub fn redated(at: u64, now: SystemTime) -> u64 {
    let then = UNIX_EPOCH.checked_add(Duration::from_secs(at));
    let is_known = then.is_some_and(|then| clock::is_plausible(then) && then <= now);
    if is_known || !clock::is_plausible(now) && then.is_some_and(clock::is_plausible) {
        at
    } else {
        seconds(now)
    }
}

/// A time as seconds since 1970.
pub fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Kept {
        let properties = Properties {
            user: vec![("a".into(), "č".into()), ("a".into(), String::new())],
            content_type: Some("text/plain".into()),
            response_topic: Some("r".into()),
            correlation: Some(vec![0, 255]),
            is_text: Some(true),
        };
        Kept {
            topic: "nodes/a".into(),
            payload: Bytes::from_static(b"\0\xff"),
            qos: 2,
            retain: true,
            at: 1_800_000_000,
            expiry: Some(60),
            properties,
        }
    }

    #[test]
    fn every_shape_comes_back_as_it_was() {
        assert_eq!(Kept::from_retained(&kept().into_retained()), kept());
        let queued = Queued { packet: Some(7), dup: true, subscriptions: vec![1, 9] };
        let message = kept().into_queued("c", queued.clone());
        assert_eq!(message.client_id, "c");
        assert_eq!(Kept::from_queued(&message), (kept(), queued));
        for (is_inbound, phase) in [(false, 0), (true, 1), (false, 2)] {
            let flight = Flight { packet: 9, is_inbound, phase };
            let message = kept().into_flight("c", flight).unwrap();
            assert_eq!(Kept::from_flight(&message), (kept(), flight));
        }
        assert!(kept().into_flight("c", Flight { packet: 1, is_inbound: true, phase: 3 }).is_none());
    }

    #[test]
    fn properties_are_text_only_if_there_are_any() {
        assert_eq!(Properties::default().to_text(), None);
        let text = kept().properties.to_text().unwrap();
        assert_eq!(Properties::from_text(Some(&text)).unwrap(), kept().properties);
    }

    #[test]
    fn a_time_is_believed_only_if_both_clocks_can_be() {
        let now = UNIX_EPOCH + Duration::from_secs(1_900_000_000);
        let unset = UNIX_EPOCH + Duration::from_secs(40);
        let check = |at, now, expect| assert_eq!(redated(at, now), expect, "{at}");
        check(1_800_000_000, now, 1_800_000_000);
        check(30, now, 1_900_000_000);
        check(5_000_000_000, now, 1_900_000_000);
        check(u64::MAX, now, 1_900_000_000);
        check(1_800_000_000, unset, 1_800_000_000);
        check(30, unset, 40);
    }
}
