//! Why somebody or something is refused: what happened, and what to do about it, in words for the log.

/// Why somebody or something is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// All connections there may be are taken.
    Connections,
    /// This address has its share of connections.
    Address,
    /// All clients there may be are logged in.
    Clients,
    /// Too many have not logged in; who has waited longest goes.
    Newcomers,
    /// No CONNECT came in time.
    Late,
    /// What came is HTTP.
    Http,
    /// What came is TLS, on a port without.
    Tls,
    /// What should be TLS is not, or not a TLS that both sides speak.
    NotTls,
    /// What came is something else.
    Foreign,
    /// The client id is too long or a pattern.
    ClientId,
    /// The client id belongs to somebody else.
    TakenId,
    /// User or password are wrong, or missing.
    Login,
    /// Too many wrong passwords.
    Guessing,
    /// All sessions there may be are kept.
    Sessions,
    /// A packet is larger than the limit.
    Packet,
    /// A packet breaks the rules.
    Malformed,
    /// Too much of quality 2 was begun and not finished.
    Unreleased,
    /// A topic is too long, too deep, or no topic.
    Topic,
    /// The topic is the broker's or the hub's own.
    Reserved,
    /// The account may not.
    Right,
    /// The client has all the subscriptions it may have.
    Subscriptions,
    /// A retained message is too large, or there are too many.
    Retained,
}

impl Refusal {
    /// What happened.
    pub fn what(self) -> &'static str {
        match self {
            Self::Connections => "an MQTT connection was closed, because all there may be are taken",
            Self::Address => "an MQTT connection was closed, because its address has its share",
            Self::Clients => "an MQTT client was refused, because all there may be are connected",
            Self::Newcomers => {
                "an MQTT connection was closed before it had logged in, because newer ones came"
            }
            Self::Late => "an MQTT connection was closed, because no CONNECT came in time",
            Self::Http => "HTTP came to the port of MQTT",
            Self::Tls => "TLS came to the port of MQTT without TLS",
            Self::NotTls => "no TLS came about at the port of MQTT over TLS",
            Self::Foreign => "something that is no MQTT came to the port of MQTT",
            Self::ClientId => {
                "an MQTT client was refused for its client id, which is too long, empty, or has one of # + / \\"
            }
            Self::TakenId => "an MQTT client was refused, because its client id is another account's",
            Self::Login => "an MQTT client was refused: wrong user or password, or none",
            Self::Guessing => "an MQTT client was refused after too many wrong passwords",
            Self::Sessions => "an MQTT client was refused, because all sessions there may be are kept",
            Self::Packet => "an MQTT client was disconnected for a packet that is too large",
            Self::Malformed => "an MQTT client was disconnected for a packet that breaks the rules",
            Self::Unreleased => "an MQTT client was disconnected: it began too many messages with QoS 2",
            Self::Topic => "a topic or filter was refused: too long, too deep, or none",
            Self::Reserved => "a topic was refused: it is the broker's or the hub's own",
            Self::Right => "a topic was refused: the account has no right to it",
            Self::Subscriptions => "a subscription was refused: the client has all it may have",
            Self::Retained => "a message was refused: too large to be retained, or too many are",
        }
    }

    /// What to do about it.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Connections | Self::Clients => {
                "find out who has so many, or raise `connections` in [broker]"
            }
            Self::Address => {
                "find out what opens so many there, or raise `connections_per_address` in [broker]"
            }
            Self::Newcomers => "find out what connects and says nothing, or raise `newcomers` in [broker]",
            Self::Late => "a scan, a client that speaks TLS or HTTP, or a very slow network",
            Self::Http => "the pages are at the address of [web]; MQTT over WebSocket is at /mqtt there",
            Self::Tls => "tell the client to use no TLS, or set `tls_listen` in [broker] and use that port",
            Self::NotTls => "tell the client to use TLS and to trust the hub's ca.pem, or use the other port",
            Self::Foreign => "check what is configured to use this port",
            Self::ClientId => "give the client another id",
            Self::TakenId => {
                "give each client an id of its own; a session that another account has left ends by itself"
            }
            Self::Login => "use an account of the hub (clown-hub user add) or one of its tokens",
            Self::Guessing => "wait a minute, and correct the client's password",
            Self::Sessions => "use clean sessions where nothing has to wait, or raise `sessions` in [broker]",
            Self::Packet => "send less at once, or raise `packet` in [broker]",
            Self::Malformed | Self::Unreleased => "look for an update of the client",
            Self::Topic => "shorten it, or raise `topic_bytes` and `topic_levels` in [broker]",
            Self::Reserved => "use another topic",
            Self::Right => "use another account",
            Self::Subscriptions => "use wildcards, or raise `subscriptions` in [broker]",
            Self::Retained => {
                "take out what is not needed, or raise `retained`, `retained_payload` or `retained_bytes` in [broker]"
            }
        }
    }
}
