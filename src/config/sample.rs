//! The commented configuration that `clown-hub init` writes.
//!
//! Every setting stands in it: what was chosen as it is, the rest as comments with their defaults.

use super::link::{Port, Speaks, show_port};
use crate::link::mqtt::Address;
use crate::sheet::{Typed, quoted};
use crate::talk::Topic;

/// A link to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleLink {
    /// Its name.
    pub name: String,
    /// Where it leads.
    pub way: SampleWay,
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SampleWay {
    /// To a bridge on a serial port.
    Serial {
        /// Its base topic.
        base: Topic,
        /// The port.
        port: Port,
    },
    /// To a radio dongle on a serial port.
    Tower {
        /// The port.
        port: Port,
    },
    /// To devices on a serial port that definitions know.
    Wired {
        /// The port.
        port: Port,
        /// Who is on the line.
        speaks: Vec<Speaks>,
    },
    /// To a bridge that exists only here.
    Simulator {
        /// Its base topic.
        base: Topic,
    },
    /// To a broker.
    Mqtt {
        /// Where it is.
        url: Address,
    },
}

/// The text of a configuration with `links`, good to be read by [`read`](super::read).
pub fn sample(links: &[SampleLink]) -> String {
    let mut text = HEAD.to_owned();
    let is_mqtt = |link: &SampleLink| matches!(link.way, SampleWay::Mqtt { .. });
    if links.iter().all(is_mqtt) {
        text.push_str(NO_LINK);
    }
    for link in links {
        text.push_str(&section(link));
    }
    if !links.iter().any(is_mqtt) {
        text.push_str(NO_BROKER);
    }
    text + TAIL
}

fn section(link: &SampleLink) -> String {
    let name = quoted(&link.name);
    let (kind, more) = match &link.way {
        SampleWay::Serial { base, port } => ("serial", serial(base, port)),
        SampleWay::Tower { port } => ("tower", format!("{}\n{TOWER}", port_line(port))),
        SampleWay::Wired { port, speaks } => ("wired", wired(port, speaks)),
        SampleWay::Simulator { base } => ("simulator", format!("base = {}\n{SIMULATOR}", base.show())),
        SampleWay::Mqtt { url } => ("mqtt", format!("url = {}\n{MQTT}", url.show())),
    };
    format!("\n[[link]]\nname = {name}\nkind = \"{kind}\"\n{more}")
}

fn serial(base: &Topic, port: &Port) -> String {
    format!("base = {}\n{}\n# baud = 115200\n", base.show(), port_line(port))
}

fn wired(port: &Port, speaks: &[Speaks]) -> String {
    let speaks: Vec<String> = speaks.iter().map(Typed::show).collect();
    format!("{}\n{WIRED_SPEAKS}speaks = [{}]\n{WIRED}", port_line(port), speaks.join(", "))
}

fn port_line(port: &Port) -> String {
    let key = match port {
        Port::Path(_) | Port::Server(_) => "device",
        Port::Usb { .. } => "usb",
    };
    format!("{key} = {}", show_port(port))
}

const TOWER: &str = r#"# What topics call the gateway; otherwise it is named after its firmware, such as usb-dongle.
# gateway = "attic-{id}"
# Whether a node without a name gets one after its firmware, such as push-button:0.
# automatic_rename = true
# Names that count whatever the dongle has stored: "ID NAME".
# rename = []
"#;

const WIRED_SPEAKS: &str = r#"# Which definitions know who is on the line; units of Modbus with their numbers: "1 eastron/sdm230".
"#;

const WIRED: &str = r#"# Speed and characters, if they are others than the definition says.
# baud = 9600
# settings = "8N1"
# How long a unit of Modbus may take to begin its answer.
# answer = "500 ms"
"#;

const SIMULATOR: &str = r#"# Time between two readings of a sensor; CO₂ takes 16 times as long.
# interval = "1 s"
# The same seed gives the same values.
# seed = 1
# Misbehaviour, to see what the hub does about it; see docs/simulator.md.
# silence = false
# garbage = 0
# refuse = "overheated"
# delay = "0 s"
# loss = 0
"#;

const MQTT: &str = r##"# What goes which way: filter, then in, out or both, then if needed the quality of service
# and two prefixes, the hub's and the broker's; see docs/mqtt.md. This hears everything at the
# broker, whoever made it, and says what the hub's devices say; "nodes/# both" hears hubs only.
topics = ["# in", "nodes/# out"]
# The account at the broker. The password stands alone in a file that only the hub can read
# (or in a variable of the environment: password_env instead of password_file).
# user = "hub"
# password_file = "mqtt-password"
# For mqtts://: the broker's own certificate authority (PEM) instead of the system's, and
# a certificate of the hub with its key, if the broker asks for one.
# ca = "broker-ca.pem"
# cert = "hub.pem"
# key = "hub.key"
# auto, 5 or 3.1.1
# version = "auto"
# No two clients of a broker may have the same; the default is made of the hub's own id.
# client_id = "clown-hub"
# A connection that is silent for twice as long is lost.
# keep_alive = "20 s"
# Devices besides those that are recognised by their topics.
# bases = []
# Whether the broker keeps what the hub publishes.
# retain = false
# Dialects in which devices may announce themselves; [] for none.
# discovery = ["all"]
# The prefix of what is announced to Home Assistant.
# homeassistant = "homeassistant"
# Offer the hub's devices to Home Assistant at this broker: ["homeassistant"].
# offer = []
"##;

const HEAD: &str = r##"# Configuration of clown-hub. Lines that begin with # are comments; a setting that is
# commented out shows its default. `clown-hub check` names every mistake.

[hub]
# Accounts, certificates and remembered values. Counts from the folder of this file.
# data = "data"
# Your own definitions of devices, maker/model.toml; taken over whenever one is saved.
# devices = "devices"

[web]
# Pages and the Clown.Talk endpoint, always encrypted. Use "127.0.0.1:8443" to serve this
# machine only.
listen = "0.0.0.0:8443"
# Plain HTTP: pages on loopback, anywhere else only a redirect to HTTPS.
# plain_http = "127.0.0.1:8080"
# Your own certificate (PEM, with its chain) and its key, instead of the one the hub makes.
# cert = "fullchain.pem"
# key = "privkey.pem"
# Further names and addresses by which this hub is reached.
# names = ["hub.example.org"]
# Pages of other sites that may open the endpoint with a password or token.
# origins = ["https://page.example"]
# A client has to open with ["clown.talk/-/config/set", {}] before it is told anything.
# require_handshake = true
# Whether clients also hear what others command.
# push_commands = false
# MiB of memory for older payloads on the MESSAGES page.
# messages_mib = 4
# Connections at the same time: in all, and from one address.
# connections = 10000
# connections_per_address = 50

[mdns]
# The name by which the local network finds this hub: https://hub.local. Where another machine
# has it, the hub is hub-2.local, and so on; the log and `clown-hub setup` tell.
# name = "hub"
# enabled = true

# A broker of the hub's own, for devices and programs that speak MQTT. Accounts are those of
# the hub, with a token as the password if you like. Remove the # in front of [broker].
# [broker]
# MQTT 3.1.1 and 5; "0.0.0.0:1883" serves the whole network, unencrypted.
# listen = "127.0.0.1:1883"
# MQTT over TLS, with the certificate of the pages.
# tls_listen = "0.0.0.0:8883"
# "loopback": programs on this machine need no password.
# anonymous = false
# MQTT over WebSocket at /mqtt, beside the pages.
# websocket = true
# What goes which way between the broker and the hub, as in a link to a broker.
# topics = ["# in", "nodes/# out"]
# Offer the hub's devices to Home Assistant there: ["homeassistant"].
# offer = []
# Clients at the same time: in all, and connections from one address.
# connections = 1000
# connections_per_address = 50
# Limits, see docs/mqtt.md: connections that have not logged in, sessions, bytes of a packet, bytes
# and levels of a topic, subscriptions of one client, retained messages, bytes that wait for one
# client, how long a session is kept.
# newcomers = 100
# sessions = 1000
# packet = "1 MiB"
# topic_bytes = 1024
# topic_levels = 32
# subscriptions = 500
# retained = 10000
# retained_payload = "256 KiB"
# retained_bytes = "16 MiB"
# queue = "1 MiB"
# session = "30 d"

[discovery]
# Devices that announce themselves can be read at once; they can be switched when somebody has
# accepted them, or at once if they announce themselves in one of these dialects ("all": in any).
# accept = []

[history]
# Whether the values of devices are kept as history; see docs/history.md.
# record = true
# How often what was heard is written; a killed program loses at most this much.
# flush = "10 s"
# A number is recorded at most so often; states whenever they change.
# every = "1 s"
# How long samples are kept, and what hours and days come to (least, greatest, mean).
# samples = "730 d"
# hours = "1825 d"
# days = "18250 d"
# The file grows to this size; then the oldest goes.
# size = "512 MiB"
# The most quantities that are recorded.
# series = 5000
# Exceptions; the first that matches counts.
#   [[history.topic]]
#   topics = ["nodes/+/pir/#"]
#   record = false
#   [[history.topic]]
#   topics = ["nodes/meter/#"]
#   every = "1 min"
#   samples = "3650 d"

[events]
# How long it is kept who switched what, and how large those files may become; see docs/events.md.
# keep = "730 d"
# size = "50 MiB"

# Links: how the world speaks. `base` is put in front of every topic of a link. A serial
# port is named either by its path (device, best one under /dev/serial/by-id) or by its USB
# device (usb, "VID:PID" or "VID:PID:SERIAL"); `clown-hub ports` lists what is plugged in.
"##;

const NO_LINK: &str = r#"
# [[link]]
# name = "bridge"
# kind = "serial"
# base = "nodes/bridge/0"
# device = "/dev/serial/by-id/..."
"#;

const NO_BROKER: &str = r##"
# A broker, such as Mosquitto; `clown-hub init --mqtt URL` writes all of its settings.
#   [[link]]
#   name = "broker"
#   kind = "mqtt"
#   url = "mqtt://192.168.1.5:1883"
#   user = "hub"
#   password_file = "mqtt-password"
#   topics = ["# in", "nodes/# out"]
"##;

const TAIL: &str = r#"
[log]
# auto (journal under systemd, otherwise text), text, journal or json
# format = "auto"
# off, error, warn, info, debug or trace, also per room: "info,link=debug"
# level = "info"
"#;
