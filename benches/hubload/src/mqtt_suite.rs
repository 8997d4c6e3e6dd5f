//! All measurements of MQTT in turn: the hub's broker beside Mosquitto, and the hub's links beside publisher and
//! subscriber that meet at Mosquitto without a hub between them. One figure after the other, then all of it again.

use std::fs;
use std::io::{self, Write as _};
use std::process::Command;

use serde_json::Value;

use crate::arguments::{Arguments, die};
use crate::mqtt_report::{ALL, Figure, Measured, Side, What, markdown};
use crate::site::{ACCOUNT, REPLIES, Site};
use crate::tls;

const MOSQUITTO_PORT: u16 = 19_393;
const MOSQUITTO_TLS_PORT: u16 = 19_394;
const WEB_PORT: u16 = 19_395;
const BROKER_PORT: u16 = 19_396;
const BROKER_TLS_PORT: u16 = 19_397;
const WSS: &str = "/auth/clown-talk-server";
const RELAY: &str = "nodes/bridge/0/relay/i2c0-3b";

/// The hub as a broker, with nothing else.
const BROKER: &str = "broker.toml";
/// The hub with a serial line and a broker of its own.
const OWN: &str = "own.toml";
/// The hub between a serial line and Mosquitto.
const LINK: &str = "link.toml";
/// The hub between Mosquitto and WebSocket clients.
const CLIENT: &str = "client.toml";
/// Mosquitto.
const MOSQUITTO: &str = "mosquitto.conf";

/// `mqtt-suite --hub PROGRAM [--work DIR] [--repeats N] [--clients 1,100,…] [--only broker,line,client,command]
/// [--quick] [--nice N] [--out FILE]`.
pub fn run(arguments: &Arguments) -> io::Result<()> {
    let suite = Suite::prepare(arguments)?;
    let mut measured: Vec<Measured> = figures(arguments).into_iter().map(Measured::new).collect();
    let repeats: usize = arguments.number("repeats", if suite.0.quick { 1 } else { 3 });
    for repeat in 0..repeats {
        for entry in &mut measured {
            let figure = entry.figure;
            for (side, results) in figure.what.sides().iter().zip(&mut entry.results) {
                let what = figure.what.word();
                eprintln!("{} of {repeats}: {what}, {figure}, {}", repeat + 1, side.name());
                results.push(suite.measure(figure, *side)?);
            }
        }
    }
    let text = markdown(&measured, repeats);
    match arguments.get("out") {
        Some(file) => fs::write(file, text)?,
        None => io::stdout().write_all(text.as_bytes())?,
    }
    Ok(())
}

/// The figures that were asked for.
fn figures(arguments: &Arguments) -> Vec<Figure> {
    let clients = arguments.get("clients").unwrap_or("1,100,1000");
    let clients: Vec<usize> = clients.split(',').filter_map(|count| count.parse().ok()).collect();
    let only = arguments.get("only");
    let mut figures = Vec::new();
    for what in ALL {
        if only.is_some_and(|only| only.split(',').all(|word| word != what.word())) {
            continue;
        }
        match what {
            What::Saturated | What::Rate => {
                for &clients in &clients {
                    figures.extend([0, 1].map(|qos| Figure { what, clients, qos, tls: false }));
                    // Encryption costs each connection the same: one row says how much.
                    figures.extend((clients == 100).then_some(Figure { what, clients, qos: 0, tls: true }));
                }
            }
            What::Idle => {
                let clients = clients.iter().copied().max().unwrap_or(1);
                figures.push(Figure { what, clients, qos: 0, tls: false });
            }
            What::LineSaturated
            | What::LineRate
            | What::ClientSaturated
            | What::ClientRate
            | What::Command => figures.push(Figure { what, clients: 1, qos: 0, tls: false }),
        }
    }
    figures
}

struct Suite(Site);

impl Suite {
    /// A folder with the configurations, an account and certificates.
    fn prepare(arguments: &Arguments) -> io::Result<Self> {
        let site = Site::open(arguments)?;
        let place = |name: &str| site.work.join(name);
        fs::write(place(BROKER), hub_config("data", &broker_config()))?;
        fs::write(place(OWN), hub_config("data", &(broker_config() + &serial_config(&site))))?;
        fs::write(place(LINK), hub_config("data-link", &(serial_config(&site) + &mqtt_config(""))))?;
        fs::write(place(CLIENT), hub_config("data-link", &mqtt_config("bases = [\"nodes/bridge/0\"]\n")))?;
        tls::write_certificate(&place("mosquitto.pem"), &place("mosquitto.key"))?;
        fs::write(place(MOSQUITTO), mosquitto_config(&site))?;
        site.add_account(BROKER)?;
        site.add_account(LINK)?;
        let suite = Self(site);
        // The first start makes the certificate; it is not measured.
        for side in [Side::Mosquitto, Side::Hub] {
            let first = Figure { what: What::Idle, clients: 1, qos: 0, tls: true };
            let result = suite.measure(first, side)?;
            if result.get("ready_ms").is_none_or(Value::is_null) {
                let log = suite.0.log();
                die(&format!("{} does not start: {result}; its log is {}", side.name(), log.display()));
            }
        }
        Ok(suite)
    }

    fn measure(&self, figure: Figure, side: Side) -> io::Result<Value> {
        let Figure { what, clients, qos, .. } = figure;
        let mut command = Command::new(self.0.tool());
        command.arg(what.command()).args(["--label", &format!("{}, {figure}", what.word())]);
        command.args(["--clients", &clients.to_string(), "--qos", &qos.to_string()]);
        self.add_servers(&mut command, figure, side);
        let (secs, warmup) = if self.0.quick { ("0.5", "0.2") } else { ("2", "0.5") };
        match what {
            What::Saturated => command.args(["--window", "64"]),
            // More than what one batch of the serial line holds, less than what a link keeps for a slow broker.
            What::LineSaturated | What::ClientSaturated => command.args(["--window", "200"]),
            What::Rate | What::LineRate | What::ClientRate => command.args(["--rate", "100"]),
            What::Command => command.args(["--count", if self.0.quick { "200" } else { "2000" }]),
            What::Idle => command.args(["--counts", &format!("1,{clients}")]),
        };
        if what.command() == "fanout" {
            command.args(["--secs", secs, "--warmup", warmup]);
        }
        self.0.run(side.name(), &mut command)
    }

    /// Which servers run, who speaks and who listens.
    fn add_servers(&self, command: &mut Command, figure: Figure, side: Side) {
        let what = figure.what;
        let mosquitto = format!("mosquitto -c '{}'", self.0.work.join(MOSQUITTO).display());
        let config = match (what.word(), side) {
            ("broker" | "client", Side::Hub) => BROKER,
            (_, Side::Hub) => OWN,
            ("client", _) => CLIENT,
            _ => LINK,
        };
        let broker = match side {
            Side::Hub => url(figure.tls, BROKER_PORT, BROKER_TLS_PORT),
            Side::Mosquitto | Side::Beside => url(figure.tls, MOSQUITTO_PORT, MOSQUITTO_TLS_PORT),
        };
        match side {
            Side::Mosquitto => command.args(["--spawn", &mosquitto]),
            Side::Beside => command
                .args(["--beside", &mosquitto, "--beside-port", &MOSQUITTO_PORT.to_string()])
                .args(["--spawn", &self.0.hub(config)]),
            Side::Hub => command.args(["--spawn", &self.0.hub(config)]),
        };
        command.args(["--basic", ACCOUNT]);
        // Who speaks: a device on the serial line where the hub has one, else a publisher.
        if matches!(what.word(), "line" | "command") && side != Side::Mosquitto {
            command.arg("--device").arg(self.0.line());
            for reply in REPLIES {
                command.args(["--reply", reply]);
            }
        } else {
            command.args(["--publish", &broker]);
        }
        // Who listens.
        match what.word() {
            "client" if side != Side::Mosquitto => {
                command.args(["--url", &format!("wss://127.0.0.1:{WEB_PORT}{WSS}"), "--await", "config/ok"]);
                command.args(["--say", "[\"clown.talk/-/config/set\", {}]"]);
            }
            "command" => {
                let set = format!("{RELAY}/set");
                command.args(["--url", &broker, "--filter", RELAY, "--topic", &set]);
                command.args(["--publish-topic", RELAY, "--publish-filter", &set]);
            }
            _ => {
                command.args(["--url", &broker, "--filter", "nodes/#"]);
            }
        }
    }
}

fn url(tls: bool, plain_port: u16, tls_port: u16) -> String {
    if tls { format!("mqtts://127.0.0.1:{tls_port}") } else { format!("mqtt://127.0.0.1:{plain_port}") }
}

/// The hubs with a broker and those without one have a data folder each: what one leaves at a broker is none of the other.
fn hub_config(data: &str, more: &str) -> String {
    format!(
        "[hub]\ndata = {data:?}\n\n[web]\nlisten = \"127.0.0.1:{WEB_PORT}\"\n\n{more}[log]\nlevel = \"warn\"\n"
    )
}

fn broker_config() -> String {
    format!(
        "[broker]\nlisten = \"127.0.0.1:{BROKER_PORT}\"\ntls_listen = \"127.0.0.1:{BROKER_TLS_PORT}\"\n\
         connections = 10000\n\n"
    )
}

fn serial_config(site: &Site) -> String {
    let device = site.line().display().to_string();
    format!(
        "[[link]]\nname = \"bench\"\nkind = \"serial\"\nbase = \"nodes/bridge/0\"\ndevice = {device:?}\n\n"
    )
}

fn mqtt_config(more: &str) -> String {
    format!(
        "[[link]]\nname = \"mosquitto\"\nkind = \"mqtt\"\nurl = \"mqtt://127.0.0.1:{MOSQUITTO_PORT}\"\n\
         topics = [\"nodes/# both\"]\n{more}\n"
    )
}

/// Nothing is dropped and nothing waits for the other side's acknowledgements: Mosquitto at its best.
fn mosquitto_config(site: &Site) -> String {
    let place = |name: &str| site.work.join(name).display().to_string();
    format!(
        "user root\nlog_dest stderr\nlog_type error\nper_listener_settings true\npersistence false\n\
         set_tcp_nodelay true\nmax_inflight_messages 0\nmax_queued_messages 0\n\
         listener {MOSQUITTO_PORT} 127.0.0.1\nallow_anonymous true\n\
         listener {MOSQUITTO_TLS_PORT} 127.0.0.1\nallow_anonymous true\ncertfile {}\nkeyfile {}\n",
        place("mosquitto.pem"),
        place("mosquitto.key")
    )
}
