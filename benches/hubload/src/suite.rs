//! All measurements in turn: for every figure the bare server and the hub one after the other, then the next figure,
//! then all of it again. What the machine does meanwhile hits both alike, so the ratio says more than the numbers.

use std::fs;
use std::io::{self, Write as _};
use std::process::Command;

use serde_json::Value;

use crate::arguments::{Arguments, die};
use crate::report::{self, Figure, Measured, What};
use crate::site::{ACCOUNT, REPLIES, Site};

const FLOOR_PORT: u16 = 19_390;
const HUB_PLAIN_PORT: u16 = 19_391;
const HUB_TLS_PORT: u16 = 19_392;
const BASE: &str = "/auth/clown-talk-server_nodes_bridge_0";

/// `suite --hub PROGRAM [--work DIR] [--repeats N] [--clients 1,100,…] [--only WORD,…] [--quick] [--nice N]
/// [--out FILE]`.
pub fn run(arguments: &Arguments) -> io::Result<()> {
    let suite = Suite::prepare(arguments)?;
    let figures = figures(arguments);
    let mut measured: Vec<Measured> = figures.iter().copied().map(Measured::new).collect();
    let repeats: usize = arguments.number("repeats", if suite.site.quick { 1 } else { 3 });
    for repeat in 0..repeats {
        for entry in &mut measured {
            eprintln!("{} of {repeats}: {}", repeat + 1, entry.figure);
            entry.floor.push(suite.measure(entry.figure, Side::Floor)?);
            entry.hub.push(suite.measure(entry.figure, Side::Hub)?);
        }
    }
    let text = report::markdown(&measured, repeats);
    match arguments.get("out") {
        Some(file) => fs::write(file, text)?,
        None => io::stdout().write_all(text.as_bytes())?,
    }
    Ok(())
}

/// The figures that were asked for.
fn figures(arguments: &Arguments) -> Vec<Figure> {
    let clients = arguments.get("clients").unwrap_or("1,100,1000,5000");
    let clients: Vec<usize> = clients.split(',').filter_map(|count| count.parse().ok()).collect();
    let only = arguments.get("only");
    let wanted = |what: What| only.is_none_or(|only| only.split(',').any(|word| word == what.word()));
    let mut figures = Vec::new();
    for what in [What::Saturated, What::Rate, What::Command, What::Idle] {
        for &clients in clients.iter().filter(|_| wanted(what)) {
            // One command after the other: with thousands of clients it is the fan-out that is measured.
            let skipped = match what {
                What::Command => clients > 100,
                What::Idle => clients != clients_of_idle(arguments),
                What::Saturated | What::Rate => false,
            };
            if !skipped {
                figures.extend([false, true].map(|tls| Figure { what, clients, tls }));
            }
        }
    }
    figures
}

/// Idle clients are counted once, at the largest number below 5,000 that was asked for.
fn clients_of_idle(arguments: &Arguments) -> usize {
    let clients = arguments.get("clients").unwrap_or("1,100,1000,5000");
    clients.split(',').filter_map(|count| count.parse().ok()).max().unwrap_or(1)
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Floor,
    Hub,
}

struct Suite {
    site: Site,
    /// A bearer token of the account; nothing until it is made.
    token: String,
}

const CONFIG: &str = "clown-hub.toml";

impl Suite {
    /// A folder with a configuration, an account and a certificate.
    fn prepare(arguments: &Arguments) -> io::Result<Self> {
        let mut suite = Self { site: Site::open(arguments)?, token: String::new() };
        fs::write(suite.site.work.join(CONFIG), suite.config())?;
        suite.site.add_account(CONFIG)?;
        suite.token = suite.site.make_token(CONFIG)?;
        // The first start makes the certificate; it is not measured.
        let first = Figure { what: What::Idle, clients: 1, tls: true };
        let result = suite.measure(first, Side::Hub)?;
        if result.get("ready_ms").is_none_or(Value::is_null) {
            die(&format!("the hub does not start: {result}; its log is {}", suite.site.log().display()));
        }
        Ok(suite)
    }

    fn config(&self) -> String {
        format!(
            "[hub]\ndata = \"data\"\n\n[web]\nlisten = \"127.0.0.1:{HUB_TLS_PORT}\"\n\
             plain_http = \"127.0.0.1:{HUB_PLAIN_PORT}\"\nconnections = 10000\nconnections_per_address = 10000\n\n\
             [[link]]\nname = \"bench\"\nkind = \"serial\"\nbase = \"nodes/bridge/0\"\ndevice = {:?}\n\n\
             [log]\nlevel = \"warn\"\n",
            self.site.line().display().to_string()
        )
    }

    fn measure(&self, figure: Figure, side: Side) -> io::Result<Value> {
        let mut command = Command::new(self.site.tool());
        command
            .arg(figure.what.command())
            .args(["--label", &figure.to_string(), "--device"])
            .arg(self.site.line());
        command.args(["--clients", &figure.clients.to_string()]);
        self.add_server(&mut command, figure, side);
        let (secs, warmup) = if self.site.quick { ("0.5", "0.2") } else { ("2", "0.5") };
        match figure.what {
            What::Saturated => command.args(["--window", if figure.clients > 1_000 { "16" } else { "64" }]),
            What::Rate => command.args(["--rate", "100"]),
            What::Command => command.args(["--count", if self.site.quick { "200" } else { "2000" }]),
            What::Idle => command.args(["--counts", &format!("1,{}", figure.clients)]),
        };
        if matches!(figure.what, What::Saturated | What::Rate) {
            command.args(["--secs", secs, "--warmup", warmup]);
        }
        self.site.run(if side == Side::Floor { "floor" } else { "hub" }, &mut command)
    }

    fn add_server(&self, command: &mut Command, figure: Figure, side: Side) {
        let scheme = if figure.tls { "wss" } else { "ws" };
        let (spawn, url) = match side {
            Side::Floor => {
                let tls = if figure.tls { "--tls" } else { "" };
                let line = self.site.line();
                let spawn = format!(
                    "'{}' floor-server --port {FLOOR_PORT} --line '{}' {tls}",
                    self.site.tool().display(),
                    line.display()
                );
                (spawn, format!("{scheme}://127.0.0.1:{FLOOR_PORT}/"))
            }
            Side::Hub => {
                let port = if figure.tls { HUB_TLS_PORT } else { HUB_PLAIN_PORT };
                command.args(["--basic", ACCOUNT, "--await", "config/ok"]);
                command.args(["--say", "[\"clown.talk/-/config/set\", {}]"]);
                if figure.what == What::Idle {
                    command.args(["--first-header", &format!("Authorization: Bearer {}", self.token)]);
                }
                for reply in REPLIES {
                    command.args(["--reply", reply]);
                }
                (self.site.hub(CONFIG), format!("{scheme}://127.0.0.1:{port}{BASE}"))
            }
        };
        command.args(["--spawn", &spawn, "--url", &url]);
    }
}
