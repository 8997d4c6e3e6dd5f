//! MQTT 3.1.1: our words for the library's, and back.

use std::sync::Arc;

use rumqttc::{
    AsyncClient, ConnectReturnCode, ConnectionError, Event as LibraryEvent, EventLoop, LastWill, MqttOptions,
    NetworkOptions, Outgoing, Packet, QoS, StateError, SubscribeReasonCode, TlsError, Transport, mqttbytes,
};
use rustls::ClientConfig;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::super::failure::{Lost, Refused};
use super::super::login::Login;
use super::{
    CONNECT_WITHIN, Event, Full, IN_FLIGHT, Library, MAX_FOREIGN, MAX_PACKET, Publish, REQUESTS, Run, Shared,
    pass,
};
use crate::link::mqtt::{Address, Config};

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
    let mut options = MqttOptions::new(config.client_id.clone(), host, port);
    options
        .set_keep_alive(config.keep_alive)
        .set_clean_session(true)
        .set_inflight(IN_FLIGHT)
        // The library's own limit is 10 KiB, and what is larger ends the connection, again and again.
        .set_max_packet_size(MAX_FOREIGN, MAX_PACKET)
        .set_last_will(LastWill::new(will.topic, will.payload, qos(will.qos), will.retain))
        .set_transport(match (&config.address, tls) {
            (Address::Unix(_), _) => Transport::Unix,
            (Address::Net { .. }, Some(tls)) => Transport::tls_with_config(tls.into()),
            (Address::Net { .. }, None) => Transport::Tcp,
        });
    if let Some(login) = login {
        options.set_credentials(login.user, login.password);
    }
    let (client, mut library) = AsyncClient::new(options, REQUESTS);
    let mut network = NetworkOptions::new();
    network.set_connection_timeout(CONNECT_WITHIN.as_secs()).set_tcp_nodelay(true);
    library.set_network_options(network);
    (Library::V4(client), Box::new(move |shared, events| Box::pin(run(library, shared, events))))
}

async fn run(mut library: EventLoop, shared: Arc<Shared>, events: mpsc::Sender<Event>) -> Lost {
    let mut leaving = false;
    loop {
        let event = match library.poll().await {
            Ok(LibraryEvent::Incoming(packet)) => {
                shared.known().heard = Some(Instant::now());
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

fn incoming(shared: &Shared, packet: Packet) -> Option<Event> {
    match packet {
        Packet::ConnAck(word) => Some(Event::Up { session_present: word.session_present }),
        Packet::Publish(publish) => Some(heard(publish)),
        Packet::SubAck(answer) => {
            let filter = shared.known().handed.subscribed(answer.pkid)?;
            let granted = match answer.return_codes.first() {
                Some(SubscribeReasonCode::Success(qos)) => Ok(*qos as u8),
                Some(SubscribeReasonCode::Failure) | None => Err("the broker does not allow it".to_owned()),
            };
            Some(Event::Subscribed { filter, granted })
        }
        Packet::PubAck(answer) => shared.answered(answer.pkid).map(Event::Acknowledged),
        Packet::PubComp(answer) => shared.answered(answer.pkid).map(Event::Acknowledged),
        Packet::Connect(_)
        | Packet::PubRec(_)
        | Packet::PubRel(_)
        | Packet::Subscribe(_)
        | Packet::Unsubscribe(_)
        | Packet::UnsubAck(_)
        | Packet::PingReq
        | Packet::PingResp
        | Packet::Disconnect => None,
    }
}

fn heard(publish: rumqttc::Publish) -> Event {
    let publish = Publish {
        topic: publish.topic,
        payload: publish.payload,
        qos: publish.qos as u8,
        retain: publish.retain,
        dup: publish.dup,
        via: None,
        response: None,
    };
    super::heard(size(&publish), publish)
}

/// The bytes of the packet.
pub(super) fn size(publish: &Publish) -> usize {
    let number = if publish.qos > 0 { 2 } else { 0 };
    framed(2 + publish.topic.len() + number + publish.payload.len())
}

/// The bytes of a packet with a body of so many.
pub(super) fn framed(body: usize) -> usize {
    let length = match body {
        0..128 => 1,
        128..16_384 => 2,
        16_384..2_097_152 => 3,
        _ => 4,
    };
    1 + length + body
}

/// Hands a message to the library.
pub(super) fn publish(client: &AsyncClient, publish: Publish) -> Result<(), Full> {
    client
        .try_publish(publish.topic, qos(publish.qos), publish.retain, publish.payload)
        .map_err(|_| Full::Queue)
}

/// Hands a subscription to the library.
pub(super) fn subscribe(client: &AsyncClient, filter: &str, quality: u8) -> Result<(), Full> {
    client.try_subscribe(filter, qos(quality)).map_err(|_| Full::Queue)
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
        ConnectionError::NetworkTimeout => Lost::Late,
        ConnectionError::FlushTimeout => Lost::Silent,
        ConnectionError::Tls(TlsError::Io(error)) | ConnectionError::Io(error) => Lost::Io(error),
        ConnectionError::Tls(error) => Lost::Io(std::io::Error::other(error)),
        ConnectionError::ConnectionRefused(code) => Lost::Refused(refused(code)),
        ConnectionError::NotConnAck(_) => Lost::Garbled("the broker's first word was no answer".into()),
        ConnectionError::RequestsDone => Lost::Left,
        ConnectionError::MqttState(error) => state(error),
    }
}

fn state(error: StateError) -> Lost {
    match error {
        StateError::Io(error) | StateError::Deserialization(mqttbytes::Error::Io(error)) => Lost::Io(error),
        StateError::Deserialization(mqttbytes::Error::PayloadSizeLimitExceeded(size)) => {
            Lost::TooLarge { size }
        }
        StateError::AwaitPingResp => Lost::Silent,
        StateError::ConnectionAborted => Lost::Closed,
        error => Lost::Garbled(error.to_string()),
    }
}

fn refused(code: ConnectReturnCode) -> Refused {
    match code {
        ConnectReturnCode::BadUserNamePassword => Refused::Login,
        ConnectReturnCode::NotAuthorized => Refused::NotAuthorized,
        ConnectReturnCode::RefusedProtocolVersion => Refused::Version,
        ConnectReturnCode::BadClientId => Refused::ClientId,
        ConnectReturnCode::ServiceUnavailable => Refused::Unavailable,
        ConnectReturnCode::Success => Refused::Other("success".into()),
    }
}
