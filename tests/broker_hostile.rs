//! Hostility against the hub's own broker: bytes that are no MQTT, packets cut, bent and stretched, connections that
//! say nothing or vanish. Nobody else notices, the hub never panics, and nothing is left behind.

mod common;

#[path = "broker/client.rs"]
#[allow(dead_code)]
mod client;
#[path = "broker_hostile/crowds.rs"]
mod crowds;
#[path = "broker_hostile/mutations.rs"]
mod mutations;
#[path = "broker/packet.rs"]
#[allow(dead_code)]
mod packet;
#[path = "broker_border/stage.rs"]
#[allow(dead_code)]
mod stage;
#[path = "broker_hostile/strangers.rs"]
mod strangers;
#[path = "broker_hostile/witness.rs"]
mod witness;
