//! The measurements of MQTT as Markdown: the hub's broker beside Mosquitto, its links beside the same way without a hub.

use std::fmt;

use serde_json::Value;

use crate::table::{Target, grouped, head, machine, median, row};

/// What is measured.
#[derive(Clone, Copy, PartialEq)]
pub enum What {
    /// A broker: as many messages as get through.
    Saturated,
    /// A broker at 100 messages a second.
    Rate,
    /// A broker with subscribers that hear nothing.
    Idle,
    /// A serial line into a broker: as many lines as get through.
    LineSaturated,
    /// The same with 100 lines a second.
    LineRate,
    /// A broker's messages to a WebSocket client: as many as get through.
    ClientSaturated,
    /// The same with 100 messages a second.
    ClientRate,
    /// A command to a device on a serial line, and its confirmation, through a broker.
    Command,
}

/// All of it, in the order of the report.
pub const ALL: [What; 8] = [
    What::Saturated,
    What::Rate,
    What::Idle,
    What::LineSaturated,
    What::LineRate,
    What::ClientSaturated,
    What::ClientRate,
    What::Command,
];

impl What {
    /// The word of `--only`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Saturated | Self::Rate | Self::Idle => "broker",
            Self::LineSaturated | Self::LineRate => "line",
            Self::ClientSaturated | Self::ClientRate => "client",
            Self::Command => "command",
        }
    }

    /// The tool's command that measures it.
    pub fn command(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Command => "command",
            Self::Saturated
            | Self::Rate
            | Self::LineSaturated
            | Self::LineRate
            | Self::ClientSaturated
            | Self::ClientRate => "fanout",
        }
    }

    /// Whether the broker itself is measured, not a link.
    pub fn is_broker(self) -> bool {
        self.word() == "broker"
    }

    /// What takes turns.
    pub fn sides(self) -> &'static [Side] {
        if self.is_broker() {
            &[Side::Mosquitto, Side::Hub]
        } else {
            &[Side::Mosquitto, Side::Beside, Side::Hub]
        }
    }
}

/// What is measured in turn.
#[derive(Clone, Copy, PartialEq)]
pub enum Side {
    /// Mosquitto alone; instead of a link publisher and subscriber meet there.
    Mosquitto,
    /// The hub, and Mosquitto as its broker.
    Beside,
    /// The hub with a broker of its own.
    Hub,
}

impl Side {
    /// As a row of a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mosquitto => "Mosquitto alone",
            Self::Beside => "hub and Mosquitto",
            Self::Hub => "hub alone",
        }
    }
}

/// One row.
#[derive(Clone, Copy)]
pub struct Figure {
    /// What is measured.
    pub what: What,
    /// With how many subscribers.
    pub clients: usize,
    /// Of publisher and subscribers.
    pub qos: u8,
    /// Over TLS.
    pub tls: bool,
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tls = if self.tls { ", TLS" } else { "" };
        write!(f, "{}, QoS {}{tls}", grouped(self.clients as f64), self.qos)
    }
}

/// The results of one row.
pub struct Measured {
    /// What was measured.
    pub figure: Figure,
    /// For each of `sides` one result per repeat.
    pub results: Vec<Vec<Value>>,
}

impl Measured {
    /// Nothing yet.
    pub fn new(figure: Figure) -> Self {
        Self { figure, results: figure.what.sides().iter().map(|_| Vec::new()).collect() }
    }

    /// A median of one of the sides.
    fn of(&self, side: Side, key: &str) -> f64 {
        let place = self.figure.what.sides().iter().position(|one| *one == side);
        place.map_or(f64::NAN, |place| median(&self.results[place], key))
    }

    fn times(&self, side: Side) -> String {
        format!("{} / {}", grouped(self.of(side, "p50_us")), grouped(self.of(side, "p99_us")))
    }

    fn ratio(&self, key: &str) -> f64 {
        self.of(Side::Hub, key) / self.of(Side::Mosquitto, key)
    }
}

/// The whole report.
pub fn markdown(measured: &[Measured], repeats: usize) -> String {
    let mut text = format!("Medians of {repeats} interleaved runs; {}.\n", machine());
    for what in ALL {
        let rows: Vec<&Measured> = measured.iter().filter(|entry| entry.figure.what == what).collect();
        match what {
            _ if rows.is_empty() => {}
            What::Saturated => saturated(&mut text, &rows),
            What::Rate => rate(&mut text, &rows),
            What::Idle => idle(&mut text, &rows, measured),
            What::LineSaturated => link_saturated(&mut text, "Serial line to MQTT", &rows, 100_000.0),
            What::ClientSaturated => {
                link_saturated(&mut text, "MQTT to a wss client", &rows, f64::NAN);
            }
            What::LineRate => link_rate(&mut text, "Serial line to MQTT, 100 lines a second", &rows),
            What::ClientRate => link_rate(&mut text, "MQTT to a wss client, 100 messages a second", &rows),
            What::Command => command(&mut text, &rows),
        }
    }
    text
}

fn saturated(text: &mut String, rows: &[&Measured]) {
    let title = "Broker, saturated: 64 messages on the way, one publisher to all subscribers";
    let columns = [
        "subscribers",
        "Mosquitto, delivered/s",
        "hub, delivered/s",
        "ratio",
        "CPU s per 1 M: Mosquitto",
        "hub",
        "tool cores: Mosquitto",
        "hub",
        "lost: Mosquitto",
        "hub",
    ];
    head(text, title, &columns);
    for entry in rows {
        let both = |key: &str| [Side::Mosquitto, Side::Hub].map(|side| entry.of(side, key));
        let mut cells = vec![entry.figure.to_string()];
        cells.extend(both("delivered_per_s").map(grouped));
        cells.push(format!("{:.2}", entry.ratio("delivered_per_s")));
        cells.extend(both("server_s_per_million").map(|value| format!("{value:.2}")));
        cells.extend(both("tool_cores").map(|value| format!("{value:.2}")));
        cells.extend(both("lost").map(grouped));
        row(text, &cells);
    }
}

fn rate(text: &mut String, rows: &[&Measured]) {
    let title = "Broker, 100 messages a second: publication to receipt, and CPU for each delivery";
    let columns = [
        "subscribers",
        "Mosquitto p50 / p99 µs",
        "hub p50 / p99 µs",
        "ratios",
        "CPU s per 1 M: Mosquitto",
        "hub",
        "lost: Mosquitto",
        "hub",
    ];
    head(text, title, &columns);
    for entry in rows {
        let both = |key: &str| [Side::Mosquitto, Side::Hub].map(|side| entry.of(side, key));
        let mut cells = vec![entry.figure.to_string()];
        cells.extend([Side::Mosquitto, Side::Hub].map(|side| entry.times(side)));
        cells.push(format!("{:.2} / {:.2}", entry.ratio("p50_us"), entry.ratio("p99_us")));
        // Below 100 subscribers the kernel's 10 ms steps say nothing.
        let cpu = |value: f64| if entry.figure.clients < 100 { "–".into() } else { format!("{value:.2}") };
        cells.extend(both("server_s_per_million").map(cpu));
        cells.extend(both("lost").map(grouped));
        row(text, &cells);
    }
}

fn idle(text: &mut String, rows: &[&Measured], measured: &[Measured]) {
    head(text, "Broker, start and memory", &["figure", "Mosquitto", "hub"]);
    let mut line = |name: String, entry: &Measured, key: &str, digits: usize| {
        let value = |side| format!("{:.digits$}", entry.of(side, key));
        row(text, &[name, value(Side::Mosquitto), value(Side::Hub)]);
    };
    for entry in rows {
        let clients = entry.figure.clients;
        let many = grouped(clients as f64);
        line("start to first accepted connection, ms".into(), entry, "accepted_ms", 1);
        line("start to first CONNACK and SUBACK, ms".into(), entry, "ready_ms", 1);
        line("resident memory, empty, KiB".into(), entry, "empty_kib", 0);
        line(format!("with {many} idle subscribers, KiB"), entry, &format!("resident_kib_{clients}"), 0);
        line("KiB for each of them".into(), entry, &format!("kib_per_client_{clients}"), 2);
        line("connects/s, 16 openers".into(), entry, &format!("connects_per_s_{clients}"), 0);
        line("CPU cores with them".into(), entry, &format!("cores_{clients}"), 3);
        line("CPU cores, empty".into(), entry, "empty_cores", 3);
    }
    for entry in measured.iter().filter(|entry| entry.figure.what == What::Saturated) {
        line(format!("after the saturated run, {}, KiB", entry.figure), entry, "resident_after_kib", 0);
    }
}

fn link_saturated(text: &mut String, title: &str, rows: &[&Measured], least: f64) {
    let title = format!("{title}: 200 messages on the way, one client");
    let columns = ["way", "messages/s", "target", "CPU s per 1 M: hub", "Mosquitto", "lost"];
    head(text, &title, &columns);
    for entry in rows {
        for &side in entry.figure.what.sides() {
            let target =
                if side == Side::Beside && least.is_finite() { Target::AtLeast(least) } else { Target::None };
            let per_s = entry.of(side, "delivered_per_s");
            let mut cells = vec![side.name().to_owned(), grouped(per_s), target.judge(per_s)];
            cells.extend(cpu(entry, side, "server_s_per_million", "beside_s_per_million"));
            cells.push(grouped(entry.of(side, "lost")));
            row(text, &cells);
        }
    }
}

fn link_rate(text: &mut String, title: &str, rows: &[&Measured]) {
    head(text, title, &["way", "p50 / p99 µs", "p99.9 µs", "cores: hub", "Mosquitto", "lost"]);
    for entry in rows {
        for &side in entry.figure.what.sides() {
            let mut cells =
                vec![side.name().to_owned(), entry.times(side), grouped(entry.of(side, "p999_us"))];
            cells.extend(cpu(entry, side, "server_cores", "beside_cores"));
            cells.push(grouped(entry.of(side, "lost")));
            row(text, &cells);
        }
    }
}

fn command(text: &mut String, rows: &[&Measured]) {
    let title = "Command by MQTT: publish `…/set` → hub → serial line → device → hub → state on MQTT";
    head(text, title, &["way", "p50 / p99 µs", "commands/s", "lost"]);
    for entry in rows {
        for &side in entry.figure.what.sides() {
            let per_s = grouped(entry.of(side, "per_s"));
            row(text, &[side.name().to_owned(), entry.times(side), per_s, grouped(entry.of(side, "lost"))]);
        }
    }
}

/// CPU of the hub and of Mosquitto, whichever of them was there.
fn cpu(entry: &Measured, side: Side, measured: &str, beside: &str) -> [String; 2] {
    let show = |key: &str| {
        let value = entry.of(side, key);
        if value.is_finite() { format!("{value:.2}") } else { "–".to_owned() }
    };
    match side {
        Side::Mosquitto => ["–".to_owned(), show(measured)],
        Side::Beside | Side::Hub => [show(measured), show(beside)],
    }
}
