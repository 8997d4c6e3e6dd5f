//! The house of the black-box tests: the real binary, and everything that can stand around it – a verifying TLS
//! client, a Clown.Talk client, a device on a pseudo-terminal, a browser, a Mosquitto and the clients of MQTT brokers.
//!
//! Nothing here knows the hub's code; all of it knows only the wire. Nothing sleeps for a while and hopes: whatever
//! takes time is looked at again until it is so, or until [`PATIENCE`] is over and the test says what it waited for.
//! A program that is missing fails the test and names the package.

// Each test binary compiles this room and uses its own part of it.
#![allow(dead_code, unused_imports)]

mod apart;
mod bridge;
mod browser;
mod certificates;
mod http;
mod hub;
mod mosquitto;
mod mqtt_door;
mod node;
mod pty;
mod talk;
pub mod tls;
mod tools;
mod until;

pub use apart::apart;
pub use bridge::{FakeBridge, Manners};
pub use browser::Browser;
pub use certificates::{Certificates, Flaw};
pub use http::{Answer, Https, basic};
pub use hub::{Hub, Launch, program};
pub use mosquitto::{Mosquitto, Setup, Tls, free_port};
pub use mqtt_door::{MqttDoor, Subscriber};
pub use node::node_module;
pub use pty::PtyDevice;
pub use talk::{Closed, Heard, Refused, TalkClient};
pub use tools::{command_path, need};
pub use until::{PATIENCE, until};
