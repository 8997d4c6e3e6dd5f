//! The commented configuration that `clown-hub init` writes.
//!
//! Every setting stands in it: what was chosen as it is, the rest as comments with their defaults.

use std::fmt::Write;

use super::link::{Port, show_port};
use super::typed::{Typed, quoted};
use crate::talk::Topic;

/// A link to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleLink {
    /// Its name.
    pub name: String,
    /// Its base topic.
    pub base: Topic,
    /// Its port; none means the simulator.
    pub port: Option<Port>,
}

/// The text of a configuration with `links`, good to be read by [`read`](super::read).
pub fn sample(links: &[SampleLink]) -> String {
    let mut text = HEAD.to_owned();
    for link in links {
        let _ = match &link.port {
            Some(port) => write!(text, "{}", serial(link, port)),
            None => write!(text, "{}", simulator(link)),
        };
    }
    if links.is_empty() {
        text.push_str(NO_LINK);
    }
    text + TAIL
}

fn serial(link: &SampleLink, port: &Port) -> String {
    let (name, base) = (quoted(&link.name), link.base.show());
    let key = match port {
        Port::Path(_) => "device",
        Port::Usb { .. } => "usb",
    };
    let port = format!("{key} = {}", show_port(port));
    format!("\n[[link]]\nname = {name}\nkind = \"serial\"\nbase = {base}\n{port}\n# baud = 115200\n")
}

fn simulator(link: &SampleLink) -> String {
    let (name, base) = (quoted(&link.name), link.base.show());
    format!("\n[[link]]\nname = {name}\nkind = \"simulator\"\nbase = {base}\n{SIMULATOR}")
}

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

const HEAD: &str = r#"# Configuration of clown-hub. Lines that begin with # are comments; a setting that is
# commented out shows its default. `clown-hub check` names every mistake.

[hub]
# Accounts, certificates and remembered values. Counts from the folder of this file.
# data = "data"

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
# Connections at the same time: in all, and from one address.
# connections = 10000
# connections_per_address = 50

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
# Connections at the same time: in all, and from one address.
# connections = 1000
# connections_per_address = 50
# Limits, see docs/mqtt.md: bytes of a packet, bytes and levels of a topic, subscriptions of one
# client, retained messages, bytes that wait for one client, how long a session is kept.
# packet = "1 MiB"
# topic_bytes = 1024
# topic_levels = 32
# subscriptions = 500
# retained = 10000
# retained_payload = "256 KiB"
# retained_bytes = "16 MiB"
# queue = "1 MiB"
# session = "30 d"

# Links: how the world speaks. `base` is put in front of every topic of a link. A serial
# port is named either by its path (device, best one under /dev/serial/by-id) or by its USB
# device (usb, "VID:PID" or "VID:PID:SERIAL"); `clown-hub ports` lists what is plugged in.
"#;

const NO_LINK: &str = r#"
# [[link]]
# name = "bridge"
# kind = "serial"
# base = "nodes/bridge/0"
# device = "/dev/serial/by-id/..."
"#;

const TAIL: &str = r#"
[log]
# auto (journal under systemd, otherwise text), text, journal or json
# format = "auto"
# off, error, warn, info, debug or trace, also per room: "info,link=debug"
# level = "info"
"#;
