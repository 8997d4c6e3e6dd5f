//! The MQTT link of a real hub against brokers that break every rule, forbid what they can, or send what nobody should.

mod common;

#[path = "mqtt_hostile/limits.rs"]
mod limits;
#[path = "mqtt_hostile/packets.rs"]
mod packets;
#[path = "mqtt_hostile/puppet.rs"]
mod puppet;
// Built for another test; this one uses a part of it.
#[allow(dead_code)]
#[path = "mqtt_link/stage.rs"]
mod stage;
