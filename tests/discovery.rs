//! Devices that announce themselves: what recorded announcements must become, written down from the documentation of
//! their dialects.

#[path = "discovery/captured.rs"]
mod captured;
mod common;

#[path = "discovery/damaged.rs"]
mod damaged;
#[path = "discovery/gateways.rs"]
mod gateways;
#[path = "discovery/home_assistant.rs"]
mod home_assistant;
#[path = "discovery/home_assistant_more.rs"]
mod home_assistant_more;
#[path = "discovery/home_assistant_seen.rs"]
mod home_assistant_seen;
#[path = "discovery/homie.rs"]
mod homie;
#[path = "discovery/rig.rs"]
mod rig;
#[path = "discovery/tasmota.rs"]
mod tasmota;
#[path = "discovery/wiren_board.rs"]
mod wiren_board;
#[path = "discovery/zigbee2mqtt.rs"]
mod zigbee2mqtt;
