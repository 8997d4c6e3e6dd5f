//! Links of kind `wired` in a real hub: meters, sensors, boards and buses of units on pseudo-terminals.

mod common;

#[path = "wired/bus.rs"]
mod bus;
#[path = "wired/com_port.rs"]
mod com_port;
#[path = "wired/far.rs"]
mod far;
#[path = "wired/foreign.rs"]
mod foreign;
#[path = "wired/library.rs"]
mod library;
#[path = "wired/lines.rs"]
mod lines;
#[path = "wired/rig.rs"]
mod rig;
#[path = "wired/slaves.rs"]
mod slaves;
#[path = "wired/speeds.rs"]
mod speeds;
