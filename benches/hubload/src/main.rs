//! `hubload`: what a hub between a serial line, brokers and many clients costs, beside the least it could cost.
//!
//! Every command but the suites makes one measurement and prints one line of JSON; `suite` makes them all, a bare server
//! and the hub in turn, `mqtt-suite` those of MQTT beside Mosquitto, as Markdown tables. Linux only. See README.md.

mod arguments;
mod client;
mod clock;
mod command;
mod device;
mod fanout;
mod floor;
mod idle;
mod mqtt;
mod mqtt_report;
mod mqtt_suite;
mod process;
mod receiver;
mod report;
mod result;
mod site;
mod source;
mod stamp;
mod suite;
mod table;
mod tls;
mod websocket;

use arguments::{Arguments, die};

const HELP: &str = "hubload COMMAND --option value …   (README.md explains them)
  suite         every measurement with a serial line, hub and bare server in turn, as Markdown
  mqtt-suite    every measurement with MQTT, hub and Mosquitto in turn, as Markdown
  fanout        one device or publisher, many clients, saturated or at a fixed rate
  command       closed loop: client → device → client
  idle          time to the first handshake, memory and CPU with idle clients
  floor-server  the bare server";

fn main() {
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    let arguments = Arguments::parse(words).unwrap_or_else(|reason| die(&reason));
    process::raise_open_files(20_000);
    let done = match command.as_str() {
        "suite" => suite::run(&arguments),
        "mqtt-suite" => mqtt_suite::run(&arguments),
        "fanout" => fanout::run(&arguments),
        "command" => command::run(&arguments),
        "idle" => idle::run(&arguments),
        "floor-server" => floor::serve(&arguments),
        _ => {
            println!("{HELP}");
            std::process::exit(if command.contains("help") { 0 } else { 2 })
        }
    };
    if let Err(error) = done {
        die(&error.to_string());
    }
}
