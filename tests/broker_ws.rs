//! MQTT over WebSocket at `/mqtt` of the web's port, and over TLS at the broker's own, at the real hub: frames of any
//! cut, subprotocol and origin, a certificate that is renewed while clients stay.

mod common;

#[path = "broker_ws/frames.rs"]
mod frames;
#[path = "broker/packet.rs"]
#[allow(dead_code)]
mod packet;
#[path = "broker_ws/renewal.rs"]
mod renewal;
#[path = "broker_border/stage.rs"]
#[allow(dead_code)]
mod stage;
#[path = "broker_ws/upgrade.rs"]
mod upgrade;
#[path = "broker_ws/web.rs"]
mod web;
