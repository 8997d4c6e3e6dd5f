//! MQTT 5: our words for the library's, and back.

use std::sync::Arc;
use std::time::Duration;

use rumqttc::v5::mqttbytes::{self, QoS, v5 as packet};
use rumqttc::v5::{
    AsyncClient, ConnectionError, Event as LibraryEvent, EventLoop, Incoming, MqttOptions, StateError,
};
use rumqttc::{NetworkOptions, Outgoing, TlsError, Transport};
use rustls::ClientConfig;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::super::failure::{Lost, Refused, spoken};
use super::super::login::Login;
use super::v4::framed;
use super::{
    CONNECT_WITHIN, Event, Full, IN_FLIGHT, Library, MAX_HEARD, MAX_PACKET, Offer, Publish, REQUESTS,
    Response, Run, Shared, VIA, pass,
};
use crate::link::mqtt::{Address, Config};
use packet::{
    ConnAck, ConnectProperties, ConnectReturnCode, Filter, LastWill, Packet, PubAckReason, PubRecReason,
    PublishProperties, RetainForwardRule, SubscribeReasonCode,
};

/// Refused messages of QoS 2 after which we begin anew: the library counts each as unanswered for ever.
const REFUSED_MOST: u16 = IN_FLIGHT / 2;

/// The library's client and what runs it.
pub(super) fn open(
    config: &Config,
    login: Option<Login>,
    tls: Option<ClientConfig>,
    will: Publish,
) -> (Library, Run) {
    let (host, port) = match &config.address {
        Address::Net { host, port, .. } => (host.clone(), *port),
        Address::Unix(path) => (path.display().to_string(), 0),
    };
    let mut connect = ConnectProperties::new();
    // What is larger stays at the broker. No topic aliases: the library hands them on without their topics.
    connect.max_packet_size = Some(MAX_HEARD as u32);
    connect.receive_maximum = Some(IN_FLIGHT);
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    let mut options = MqttOptions::new(config.client_id.clone(), host, port);
    options
        .set_keep_alive(config.keep_alive)
        .set_clean_start(true)
        .set_connection_timeout(CONNECT_WITHIN.as_secs())
        .set_connect_properties(connect)
        .set_network_options(network)
        // The library's own limit of 65,535 takes 8 MiB before the first message.
        .set_outgoing_inflight_upper_limit(IN_FLIGHT)
        .set_last_will(LastWill::new(will.topic, will.payload, qos(will.qos), will.retain, None))
        .set_transport(match (&config.address, tls) {
            (Address::Unix(_), _) => Transport::Unix,
            (Address::Net { .. }, Some(tls)) => Transport::tls_with_config(tls.into()),
            (Address::Net { .. }, None) => Transport::Tcp,
        });
    if let Some(login) = login {
        options.set_credentials(login.user, login.password);
    }
    let keep_alive = config.keep_alive;
    let (client, library) = AsyncClient::new(options, REQUESTS);
    (Library::V5(client), Box::new(move |shared, events| Box::pin(run(library, shared, events, keep_alive))))
}

async fn run(
    mut library: EventLoop,
    shared: Arc<Shared>,
    events: mpsc::Sender<Event>,
    keep_alive: Duration,
) -> Lost {
    let (mut refused, mut leaving) = (0, false);
    loop {
        let event = match library.poll().await {
            Ok(LibraryEvent::Incoming(Packet::ConnAck(word))) => {
                if let Some(what) = absurd(&word) {
                    return Lost::Garbled(what.into());
                }
                let wish = keep_alive_wish(&word);
                let mut known = shared.known();
                known.offer = offer(&word, known.offer.retain);
                // The first ping goes out only after the keep-alive that the broker wishes.
                known.heard = Some(Instant::now() + wish.saturating_sub(keep_alive));
                // The library has taken over the broker's wish, which is obeyed if it is the shorter one. A wish of 0
                // means none, yet the library would ping without a pause.
                if wish.is_zero() || wish > keep_alive {
                    library.options.set_keep_alive(keep_alive);
                }
                Some(Event::Up { session_present: word.session_present })
            }
            // The library would remember each with its whole packet.
            Ok(LibraryEvent::Incoming(Packet::Publish(publish))) if has_alias(&publish) => {
                return Lost::Garbled("it uses topic aliases, though the hub takes none".into());
            }
            Ok(LibraryEvent::Incoming(packet)) => {
                let mut known = shared.known();
                known.heard = known.heard.max(Some(Instant::now()));
                drop(known);
                let is_refusal = matches!(&packet, Packet::PubRec(answer) if !is_taken(answer.reason));
                refused += u16::from(is_refusal);
                if refused > REFUSED_MOST {
                    return Lost::Garbled("it has refused too many messages of QoS 2".into());
                }
                incoming(&shared, packet)
            }
            // The broker closes. If we did with words of its unread, it might never read the good-bye.
            Ok(LibraryEvent::Outgoing(Outgoing::Disconnect)) => {
                leaving = true;
                None
            }
            Ok(LibraryEvent::Outgoing(outgoing)) => {
                shared.wrote(&outgoing);
                None
            }
            Err(_) if leaving => return Lost::Left,
            Err(error) => return lost(error),
        };
        if let Some(event) = event
            && let Err(lost) = pass(&events, event).await
        {
            return lost;
        }
    }
}

/// What nobody could keep to.
fn absurd(word: &ConnAck) -> Option<&'static str> {
    let properties = word.properties.as_ref()?;
    // The library would wait for ever before the first subscription.
    let nothing = properties.receive_max == Some(0) || properties.max_packet_size == Some(0);
    nothing.then_some("it allows messages and packets of no size or number")
}

/// The keep-alive that the broker wishes; 0 is none.
fn keep_alive_wish(word: &ConnAck) -> Duration {
    let wish = word.properties.as_ref().and_then(|properties| properties.server_keep_alive);
    Duration::from_secs(wish.unwrap_or(0).into())
}

fn has_alias(publish: &packet::Publish) -> bool {
    publish.properties.as_ref().is_some_and(|properties| properties.topic_alias.is_some())
}

fn offer(word: &ConnAck, retain: bool) -> Offer {
    let Some(properties) = &word.properties else { return Offer { retain, ..Offer::default() } };
    let packet = properties.max_packet_size.and_then(|size| usize::try_from(size).ok()).unwrap_or(MAX_PACKET);
    Offer {
        packet: packet.min(MAX_PACKET),
        qos: properties.max_qos.unwrap_or(2),
        retain: retain && properties.retain_available != Some(0),
    }
}

fn incoming(shared: &Shared, packet: Incoming) -> Option<Event> {
    match packet {
        Packet::Publish(publish) => Some(heard(publish)),
        Packet::SubAck(answer) => {
            let filter = shared.known().handed.subscribed(answer.pkid)?;
            let granted = answer.return_codes.first().map_or(Err("no answer".to_owned()), granted);
            Some(Event::Subscribed { filter, granted })
        }
        Packet::PubAck(answer) => {
            let ticket = shared.answered(answer.pkid)?;
            Some(match answer.reason {
                PubAckReason::Success | PubAckReason::NoMatchingSubscribers => Event::Acknowledged(ticket),
                reason => Event::Refused(ticket, spoken(reason)),
            })
        }
        Packet::PubRec(answer) if !is_taken(answer.reason) => {
            let ticket = shared.answered(answer.pkid)?;
            Some(Event::Refused(ticket, spoken(answer.reason)))
        }
        Packet::PubComp(answer) => shared.answered(answer.pkid).map(Event::Acknowledged),
        Packet::Auth(_)
        | Packet::Connect(..)
        | Packet::ConnAck(_)
        | Packet::PubRec(_)
        | Packet::PubRel(_)
        | Packet::Subscribe(_)
        | Packet::Unsubscribe(_)
        | Packet::UnsubAck(_)
        | Packet::PingReq(_)
        | Packet::PingResp(_)
        | Packet::Disconnect(_) => None,
    }
}

fn is_taken(reason: PubRecReason) -> bool {
    matches!(reason, PubRecReason::Success | PubRecReason::NoMatchingSubscribers)
}

fn granted(code: &SubscribeReasonCode) -> Result<u8, String> {
    match code {
        SubscribeReasonCode::Success(qos) => Ok(*qos as u8),
        SubscribeReasonCode::NotAuthorized => Err("the broker does not allow it".to_owned()),
        other => Err(spoken(other)),
    }
}

fn heard(publish: packet::Publish) -> Event {
    let topic = match String::from_utf8(publish.topic.to_vec()) {
        Ok(topic) if !topic.is_empty() => topic,
        Ok(_) => return Event::Unheard { topic: String::new(), why: "it has no topic".into() },
        Err(error) => {
            let topic = String::from_utf8_lossy(error.as_bytes()).into_owned();
            return Event::Unheard { topic, why: "its topic is no UTF-8".into() };
        }
    };
    let properties = publish.properties.unwrap_or_default();
    let publish = Publish {
        topic,
        payload: publish.payload,
        qos: publish.qos as u8,
        retain: publish.retain,
        dup: publish.dup,
        via: properties.user_properties.into_iter().find(|(name, _)| name == VIA).map(|(_, via)| via),
        response: properties
            .response_topic
            .map(|topic| Response { topic, correlation: properties.correlation_data }),
    };
    super::heard(size(&publish), publish)
}

/// The bytes of the packet.
pub(super) fn size(publish: &Publish) -> usize {
    let number = if publish.qos > 0 { 2 } else { 0 };
    let properties = properties_size(publish);
    let properties = framed(properties) - 1;
    framed(2 + publish.topic.len() + number + properties + publish.payload.len())
}

fn properties_size(publish: &Publish) -> usize {
    let via = publish.via.as_ref().map_or(0, |via| 1 + 2 + VIA.len() + 2 + via.len());
    let response = publish.response.as_ref().map_or(0, |response| {
        let topic = if response.topic.is_empty() { 0 } else { 1 + 2 + response.topic.len() };
        topic + response.correlation.as_ref().map_or(0, |data| 1 + 2 + data.len())
    });
    via + response
}

/// Hands a message to the library.
pub(super) fn publish(client: &AsyncClient, publish: Publish) -> Result<(), Full> {
    let mut properties = PublishProperties::default();
    properties.user_properties.extend(publish.via.map(|via| (VIA.to_owned(), via)));
    if let Some(response) = publish.response {
        properties.response_topic = Some(response.topic).filter(|topic| !topic.is_empty());
        properties.correlation_data = response.correlation;
    }
    client
        .try_publish_with_properties(
            publish.topic,
            qos(publish.qos),
            publish.retain,
            publish.payload,
            properties,
        )
        .map_err(|_| Full::Queue)
}

/// Hands a subscription to the library. Retain is not kept as published: it tells what comes from the broker's memory.
pub(super) fn subscribe(client: &AsyncClient, filter: &str, quality: u8) -> Result<(), Full> {
    let mut asked = Filter::new(filter, qos(quality));
    // A shared subscription has no "own" messages; asking for it is a protocol error.
    asked.nolocal = !filter.starts_with("$share/");
    asked.preserve_retain = false;
    asked.retain_forward_rule = RetainForwardRule::OnEverySubscribe;
    client.try_subscribe_many([asked]).map_err(|_| Full::Queue)
}

fn qos(quality: u8) -> QoS {
    match quality {
        0 => QoS::AtMostOnce,
        1 => QoS::AtLeastOnce,
        _ => QoS::ExactlyOnce,
    }
}

fn lost(error: ConnectionError) -> Lost {
    match error {
        ConnectionError::Timeout(_) => Lost::Late,
        ConnectionError::Tls(TlsError::Io(error)) | ConnectionError::Io(error) => Lost::Io(error),
        ConnectionError::Tls(error) => Lost::Io(std::io::Error::other(error)),
        ConnectionError::ConnectionRefused(code) => Lost::Refused(refused(code)),
        ConnectionError::NotConnAck(_) => Lost::Garbled("the broker's first word was no answer".into()),
        ConnectionError::RequestsDone => Lost::Left,
        ConnectionError::MqttState(error) => state(error),
    }
}

fn state(error: StateError) -> Lost {
    use mqttbytes::Error::{InvalidConnectReturnCode, Io, PayloadSizeLimitExceeded};
    match error {
        StateError::Io(error) | StateError::Deserialization(Io(error)) => Lost::Io(error),
        StateError::Deserialization(PayloadSizeLimitExceeded { pkt_size, .. }) => {
            Lost::TooLarge { size: pkt_size }
        }
        StateError::Deserialization(InvalidConnectReturnCode(_)) => Lost::Refused(Refused::Version),
        StateError::AwaitPingResp => Lost::Silent,
        StateError::ConnectionAborted => Lost::Closed,
        StateError::ConnFail { reason } => Lost::Refused(refused(reason)),
        StateError::ServerDisconnect { reason_code, reason_string } => Lost::Told(reason_code, reason_string),
        error => Lost::Garbled(error.to_string()),
    }
}

fn refused(code: ConnectReturnCode) -> Refused {
    use ConnectReturnCode as Code;
    match code {
        Code::BadUserNamePassword => Refused::Login,
        Code::NotAuthorized | Code::BadAuthenticationMethod => Refused::NotAuthorized,
        Code::RefusedProtocolVersion | Code::UnsupportedProtocolVersion => Refused::Version,
        Code::BadClientId | Code::ClientIdentifierNotValid => Refused::ClientId,
        Code::ServiceUnavailable
        | Code::ServerUnavailable
        | Code::ServerBusy
        | Code::ConnectionRateExceeded => Refused::Unavailable,
        Code::Banned => Refused::Banned,
        Code::QuotaExceeded => Refused::Quota,
        Code::UseAnotherServer | Code::ServerMoved => Refused::Moved,
        Code::RetainNotSupported => Refused::Retained,
        Code::Success
        | Code::UnspecifiedError
        | Code::MalformedPacket
        | Code::ProtocolError
        | Code::ImplementationSpecificError
        | Code::TopicNameInvalid
        | Code::PacketTooLarge
        | Code::PayloadFormatInvalid
        | Code::QoSNotSupported => Refused::Other(spoken(code)),
    }
}
