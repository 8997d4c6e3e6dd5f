//! The MQTT link and its connection to a real Mosquitto: refused, lost, found again, limited, thrown out – and what
//! everything else does meanwhile.

mod common;

#[path = "mqtt_connect/answers.rs"]
mod answers;
#[path = "mqtt_connect/fake.rs"]
mod fake;
#[path = "mqtt_connect/limits.rs"]
mod limits;
#[path = "mqtt_connect/outages.rs"]
mod outages;
#[path = "mqtt_connect/refusals.rs"]
mod refusals;
#[path = "mqtt_connect/rig.rs"]
mod rig;
#[path = "mqtt_connect/war.rs"]
mod war;
#[path = "mqtt_connect/whole.rs"]
mod whole;
