//! The MQTT link against a real Mosquitto: values, commands, memory, hubs behind hubs, outages and loops.

mod common;

#[path = "mqtt_link/commands.rs"]
mod commands;
#[path = "mqtt_link/hubs.rs"]
mod hubs;
#[path = "mqtt_link/loops.rs"]
mod loops;
#[path = "mqtt_link/manual.rs"]
mod manual;
#[path = "mqtt_link/outage.rs"]
mod outage;
#[path = "mqtt_link/own.rs"]
mod own;
#[path = "mqtt_link/reload.rs"]
mod reload;
#[path = "mqtt_link/rivals.rs"]
mod rivals;
#[path = "mqtt_link/stage.rs"]
mod stage;
#[path = "mqtt_link/topics.rs"]
mod topics;
#[path = "mqtt_link/values.rs"]
mod values;
