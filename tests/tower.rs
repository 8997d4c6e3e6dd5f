//! The link to a HARDWARIO TOWER dongle against one on a real pseudo-terminal: start-up, names, commands, faults on the
//! line, recordings, and bcg's topics at a real Mosquitto.

mod common;

#[path = "tower/commands.rs"]
mod commands;
#[path = "tower/dongle.rs"]
mod dongle;
#[path = "tower/lines.rs"]
mod lines;
#[path = "tower/mqtt.rs"]
mod mqtt;
#[path = "tower/names.rs"]
mod names;
#[path = "tower/recorded.rs"]
mod recorded;
#[path = "tower/rig.rs"]
mod rig;
#[path = "tower/simulated.rs"]
mod simulated;
#[path = "tower/stage.rs"]
mod stage;
#[path = "tower/startup.rs"]
mod startup;
