//! Why the device of a definition cannot be played, and what to do instead.

/// Why a definition cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum CannotPlay {
    /// Its own language is Clown.Talk.
    #[error("such a device speaks Clown.Talk itself; `clown-hub simulate bridge` plays one")]
    Native,
    /// It has no example of a message.
    #[error("the definition has no [[example]] with a topic, so nobody knows what such a device says")]
    Silent,
    /// It is on a serial line, not at a broker.
    #[error("such a device is on a serial line; play it with --pty PATH")]
    OnLine,
    /// It is at a broker, not on a serial line.
    #[error("such a device speaks MQTT only; leave --pty away and name a broker with --broker URL")]
    AtBroker,
    /// A dongle and its nodes are more than one definition.
    #[error(
        "on its line there is a radio dongle with its nodes; `clown-hub simulate tower --pty PATH` plays one"
    )]
    Dongle,
    /// It says nothing and takes nothing.
    #[error(
        "the definition has no whole [[example]] of what such a device says on its line or is told there"
    )]
    Wordless,
    /// A unit of Modbus is a number.
    #[error("--id is the unit of this device on its bus, 1 to 247")]
    NoUnit,
    /// Its id is a part of what it says, or of the hub's link.
    #[error("such a device is known by what it says itself, or by its port; leave --id away")]
    NoId,
    /// None of the examples is understood.
    #[error("no example of the definition is understood; see what differs with `clown-hub check`")]
    NotUnderstood,
}
