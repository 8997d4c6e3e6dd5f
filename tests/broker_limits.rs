//! The limits of the hub's own broker, each at one below, at it, and one above, over the wire against the real hub:
//! what fits passes, what does not is refused with the right code, counted under `$hub/broker` and named in the log.

mod common;

#[path = "broker/client.rs"]
#[allow(dead_code)]
mod client;
#[path = "broker_limits/connections.rs"]
mod connections;
#[path = "broker/flood.rs"]
mod flood;
#[path = "broker_limits/kept.rs"]
mod kept;
#[path = "broker/packet.rs"]
#[allow(dead_code)]
mod packet;
#[path = "broker_limits/packets.rs"]
mod packets;
#[path = "broker_limits/slow.rs"]
mod slow;
#[path = "broker_border/stage.rs"]
#[allow(dead_code)]
mod stage;
#[path = "broker_limits/time.rs"]
mod time;
