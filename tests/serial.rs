//! The serial link against a bridge on a real pseudo-terminal: plugging, faults on the line, commands, recordings.

mod common;

#[path = "serial/commands.rs"]
mod commands;
#[path = "serial/lines.rs"]
mod lines;
#[path = "serial/machine.rs"]
#[allow(dead_code)]
mod machine;
#[path = "serial/plugging.rs"]
mod plugging;
#[path = "serial/recorded.rs"]
mod recorded;
#[path = "serial/rig.rs"]
mod rig;
#[path = "serial/supervision.rs"]
mod supervision;
