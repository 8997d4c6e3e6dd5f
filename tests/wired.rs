//! Links of kind `wired` in a real hub: meters, sensors, boards and buses of units on pseudo-terminals.

mod common;

#[path = "wired/bus.rs"]
mod bus;
#[path = "wired/com_port.rs"]
mod com_port;
#[path = "wired/damage.rs"]
mod damage;
#[path = "wired/damaged_units.rs"]
mod damaged_units;
#[path = "frames/dialects.rs"]
mod dialects;
#[path = "wired/far.rs"]
mod far;
#[path = "wired/firmata.rs"]
mod firmata;
#[path = "wired/foreign.rs"]
mod foreign;
#[path = "wired/library.rs"]
mod library;
#[path = "wired/lines.rs"]
mod lines;
#[path = "wired/model.rs"]
mod model;
#[path = "wired/rig.rs"]
mod rig;
#[path = "wired/slaves.rs"]
mod slaves;
#[path = "wired/speeds.rs"]
mod speeds;
