//! The measurements as Markdown: hub beside floor, the ratio beside its target.

use std::fmt;

use serde_json::Value;

use crate::table::{Target, grouped, head, machine, median, row};

/// What is measured.
#[derive(Clone, Copy, PartialEq)]
pub enum What {
    /// As many messages as get through.
    Saturated,
    /// 100 messages a second.
    Rate,
    /// Command to confirmation.
    Command,
    /// Nothing happens.
    Idle,
}

impl What {
    /// The word of `--only`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Saturated => "saturated",
            Self::Rate => "rate",
            Self::Command => "command",
            Self::Idle => "idle",
        }
    }

    /// The tool's command that measures it.
    pub fn command(self) -> &'static str {
        match self {
            Self::Saturated | Self::Rate => "fanout",
            Self::Command => "command",
            Self::Idle => "idle",
        }
    }
}

/// One row.
#[derive(Clone, Copy)]
pub struct Figure {
    /// What is measured.
    pub what: What,
    /// With how many clients.
    pub clients: usize,
    /// Over TLS.
    pub tls: bool,
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tls = if self.tls { ", TLS" } else { "" };
        write!(f, "{}, {} clients{tls}", self.what.word(), self.clients)
    }
}

/// The results of one row.
pub struct Measured {
    /// What was measured.
    pub figure: Figure,
    /// The bare server's, one per repeat.
    pub floor: Vec<Value>,
    /// The hub's.
    pub hub: Vec<Value>,
}

impl Measured {
    /// Nothing yet.
    pub fn new(figure: Figure) -> Self {
        Self { figure, floor: Vec::new(), hub: Vec::new() }
    }

    fn floor(&self, key: &str) -> f64 {
        median(&self.floor, key)
    }

    fn hub(&self, key: &str) -> f64 {
        median(&self.hub, key)
    }

    fn ratio(&self, key: &str) -> f64 {
        self.hub(key) / self.floor(key)
    }

    fn name(&self) -> String {
        format!("{}{}", grouped(self.figure.clients as f64), if self.figure.tls { ", TLS" } else { "" })
    }
}

/// The whole report.
pub fn markdown(measured: &[Measured], repeats: usize) -> String {
    let mut text = format!("Medians of {repeats} interleaved runs; {}.\n", machine());
    for what in [What::Saturated, What::Rate, What::Command, What::Idle] {
        let rows: Vec<&Measured> = measured.iter().filter(|entry| entry.figure.what == what).collect();
        match what {
            _ if rows.is_empty() => {}
            What::Saturated => saturated(&mut text, &rows),
            What::Rate => rate(&mut text, &rows),
            What::Command => command(&mut text, &rows),
            What::Idle => idle(&mut text, &rows),
        }
    }
    text
}

fn saturated(text: &mut String, rows: &[&Measured]) {
    head(
        text,
        "Saturation: 64 messages on the way (16 with 5,000 clients), serial line to all clients",
        &[
            "clients",
            "floor, delivered/s",
            "hub, delivered/s",
            "ratio",
            "target",
            "CPU s per 1 M: floor",
            "hub",
            "tool cores",
            "lost",
        ],
    );
    for entry in rows {
        let ratio = entry.ratio("delivered_per_s");
        let target = match (entry.figure.clients, entry.figure.tls) {
            (1, false) => Target::AtLeast(0.65),
            (5_000, false) => Target::AtLeast(0.75),
            (100 | 1_000, false) => Target::AtLeast(0.5),
            (100 | 1_000, true) => Target::AtLeast(0.45),
            _ => Target::None,
        };
        row(
            text,
            &[
                entry.name(),
                grouped(entry.floor("delivered_per_s")),
                grouped(entry.hub("delivered_per_s")),
                format!("{ratio:.2}"),
                target.judge(ratio),
                format!("{:.2}", entry.floor("server_s_per_million")),
                format!("{:.2}", entry.hub("server_s_per_million")),
                format!("{:.2}", entry.hub("tool_cores")),
                grouped(entry.hub("lost")),
            ],
        );
    }
}

fn rate(text: &mut String, rows: &[&Measured]) {
    head(
        text,
        "100 messages a second: latency from serial line to client, and CPU for each delivery",
        &[
            "clients",
            "floor p50 / p99 µs",
            "hub p50 / p99 µs",
            "ratios",
            "target for p50",
            "CPU s per 1 M: floor",
            "hub",
            "ratio",
            "target",
        ],
    );
    for entry in rows {
        let latency = match entry.figure.clients {
            1 => Target::AtMost(1.2),
            100 | 1_000 => Target::AtMost(1.1),
            _ => Target::None,
        };
        // Below 100 clients the kernel's 10 ms steps say nothing.
        let cpu = entry.ratio("server_s_per_million");
        let (cpu_text, target) = match entry.figure.clients {
            1_000 => (format!("{cpu:.2}"), Target::AtMost(1.2)),
            100.. => (format!("{cpu:.2}"), Target::None),
            _ => ("–".to_owned(), Target::None),
        };
        row(
            text,
            &[
                entry.name(),
                format!("{} / {}", grouped(entry.floor("p50_us")), grouped(entry.floor("p99_us"))),
                format!("{} / {}", grouped(entry.hub("p50_us")), grouped(entry.hub("p99_us"))),
                format!("{:.2} / {:.2}", entry.ratio("p50_us"), entry.ratio("p99_us")),
                latency.judge(entry.ratio("p50_us")),
                format!("{:.2}", entry.floor("server_s_per_million")),
                format!("{:.2}", entry.hub("server_s_per_million")),
                cpu_text,
                target.judge(cpu),
            ],
        );
    }
}

fn command(text: &mut String, rows: &[&Measured]) {
    head(
        text,
        "Command round trip: client → hub → serial line → device → hub → client",
        &[
            "clients",
            "floor p50 / p99 µs",
            "hub p50 / p99 µs",
            "ratios",
            "target for p50",
            "commands/s",
            "lost",
        ],
    );
    for entry in rows {
        let target = match entry.figure.clients {
            1 => Target::AtMost(1.3),
            100 => Target::AtMost(1.2),
            _ => Target::None,
        };
        row(
            text,
            &[
                entry.name(),
                format!("{} / {}", grouped(entry.floor("p50_us")), grouped(entry.floor("p99_us"))),
                format!("{} / {}", grouped(entry.hub("p50_us")), grouped(entry.hub("p99_us"))),
                format!("{:.2} / {:.2}", entry.ratio("p50_us"), entry.ratio("p99_us")),
                target.judge(entry.ratio("p50_us")),
                grouped(entry.hub("per_s")),
                grouped(entry.hub("lost")),
            ],
        );
    }
}

fn idle(text: &mut String, rows: &[&Measured]) {
    head(text, "Start and idle", &["figure", "floor", "hub", "target"]);
    for entry in rows {
        let tls = entry.figure.tls;
        let clients = entry.figure.clients;
        // What is paid once weighs too much on a few clients.
        let of_many = |target| if clients < 1_000 { Target::None } else { target };
        let lines: [(&str, String, usize, Target); 9] = [
            ("start to first accepted connection, ms", "accepted_ms".into(), 1, Target::None),
            ("start to first handshake, by token, ms", "ready_ms".into(), 1, Target::AtMost(20.0)),
            ("first login by password, ms", "first_login_ms".into(), 1, Target::None),
            ("resident memory, empty, KiB", "empty_kib".into(), 0, Target::AtMost(6.0 * 1024.0)),
            ("of which not mapped from files, KiB", "empty_anonymous_kib".into(), 0, Target::None),
            (
                "KiB for each idle client",
                format!("kib_per_client_{clients}"),
                2,
                of_many(Target::AtMost(if tls { 12.0 } else { 4.0 })),
            ),
            (
                "connects/s with login, 16 openers",
                format!("connects_per_s_{clients}"),
                0,
                of_many(Target::AtLeast(if tls { 3_000.0 } else { 9_000.0 })),
            ),
            ("CPU cores with idle clients", format!("cores_{clients}"), 3, Target::AtMost(0.0)),
            ("CPU cores, empty", "empty_cores".into(), 3, Target::AtMost(0.0)),
        ];
        for (name, key, digits, target) in lines {
            let (floor, hub) = (entry.floor(&key), entry.hub(&key));
            let name = format!("{name} ({})", entry.name());
            row(text, &[name, format!("{floor:.digits$}"), format!("{hub:.digits$}"), target.judge(hub)]);
        }
    }
}
