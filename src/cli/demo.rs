//! `clown-hub demo`: a hub with a simulated bridge, on this machine only, to try everything without hardware.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::print::{Paint, Style};
use super::{exit, logging, place, print, qr, run};
use crate::app::{Door, Greeting, Plan};
use crate::broker::Anonymous;
use crate::config::{
    BrokerConfig, Config, DiscoveryConfig, HistoryConfig, HubSection, LinkConfig, LinkKind, LogConfig,
    MdnsConfig, SimulatorConfig, WebConfig,
};
use crate::talk::Topic;

/// Try everything without hardware: a hub with a simulated bridge, on this machine only.
#[derive(Args)]
#[command(after_help = "\
The account is clown with the password bigclown, as everybody knows; so the demo listens on loopback \
only. Its data stay in ~/.local/state/clown-hub/demo between runs.

Examples:
  clown-hub demo
  clown-hub demo --listen 127.0.0.1:0 --json
  clown-hub watch 'thermometer/#'             in another terminal
  clown-hub set relay/i2c0-3b state=true --wait")]
pub struct DemoArgs {
    /// Where to serve; loopback only, port 0 takes any free one.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// The data folder [default: ~/.local/state/clown-hub/demo].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print one line of JSON once the demo serves: address, endpoint, fingerprint, account, password.
    #[arg(long)]
    json: bool,
    /// Draw the QR code with # instead of blocks.
    #[arg(long)]
    ascii: bool,
}

/// Runs until a signal.
pub fn run(args: &DemoArgs, logging: &logging::LoggingArgs) -> ExitCode {
    if !args.listen.ip().is_loopback() {
        print::error(format_args!(
            "the demo's password is known to everybody, so it listens on loopback only, not on {}; \
             use --listen 127.0.0.1:{}, or `clown-hub run` with an account of your own",
            args.listen,
            args.listen.port()
        ));
        return exit::usage();
    }
    let log = LogConfig::default();
    logging::start(logging, &log);
    let base = Topic::new("nodes/bridge/simulator").expect("three words are a topic");
    let simulator = LinkConfig {
        name: "simulator".into(),
        base: Some(base),
        kind: LinkKind::Simulator(SimulatorConfig::default()),
    };
    let data = args.data.clone().unwrap_or_else(place::demo_data);
    let config = Config {
        hub: HubSection { devices: data.join("devices"), data },
        web: WebConfig { listen: args.listen, ..WebConfig::default() },
        mdns: MdnsConfig::default(),
        broker: Some(BrokerConfig { anonymous: Anonymous::Loopback, ..BrokerConfig::default() }),
        discovery: DiscoveryConfig::default(),
        history: HistoryConfig::default(),
        events: crate::events::Settings::default(),
        links: vec![simulator],
        log,
    };
    let plan = Plan {
        config,
        file: None,
        fixed_data: true,
        fixed_listen: true,
        fixed_broker: true,
        door: Door::Demo,
    };
    let ascii = args.ascii;
    run::serve(plan, args.json, |greeting| greet(greeting, ascii))
}

fn greet(greeting: &Greeting, ascii: bool) {
    let paint = Paint::stdout();
    print::line(format_args!("\n  the demo serves   {}", paint.word(Style::Cyan, &greeting.address)));
    print::line(format_args!(
        "  account           {}, password {}",
        paint.word(Style::Bold, "clown"),
        paint.word(Style::Bold, "bigclown")
    ));
    run::say_where_the_broker_is(greeting);
    if let Some(code) = qr::draw(&greeting.address, ascii) {
        print::line(format_args!("\n{code}"));
    }
    run::warn_of_the_warning(greeting);
    print::line("Copy one of these to another terminal to speak with it:");
    for line in lines(greeting) {
        print::line(format_args!("\n{line}"));
    }
    if let Some(address) = &greeting.mqtt {
        print::line("\nor, in MQTT:");
        for line in mqtt_lines(address) {
            print::line(format_args!("\n{line}"));
        }
    }
    print::line(format_args!("\nor, shorter: {} watch", program()));
    print::line("Ctrl-C ends the demo.\n");
}

/// Ready commands: websocat, Python, curl. Python's blocking client would be one line; but it reads and writes TLS from
/// two threads, and under Python 3.11 5 of 150 connections lost their answer, with asyncio none.
fn lines(greeting: &Greeting) -> [String; 3] {
    let ca = shell_word(&greeting.data.join("ca.pem"));
    let with_account = greeting.endpoint.replacen("wss://", "wss://clown:bigclown@", 1);
    let hello = r#"["clown.talk/-/config/set", {}]"#;
    [
        format!("(echo '{hello}'; cat) | SSL_CERT_FILE={ca} websocat '{with_account}'"),
        format!(
            "SSL_CERT_FILE={ca} python3 -c 'import asyncio, websockets\n\
             async def main():\n  \
               async with websockets.connect(\"{with_account}\") as hub:\n    \
                 await hub.send(\"\"\"{hello}\"\"\")\n    \
                 async for message in hub: print(message)\n\
             asyncio.run(main())'"
        ),
        format!(
            "curl --cacert {ca} -u clown:bigclown -d topic=nodes/bridge/simulator/relay/i2c0-3b \
             -d key=state -d value=true {}/set",
            greeting.address
        ),
    ]
}

/// Ready commands for Mosquitto's clients: what the devices say, and a switch.
fn mqtt_lines(address: &str) -> [String; 2] {
    let device = format!("{address}/nodes/bridge/simulator");
    [
        format!("mosquitto_sub -v -L '{device}/#'"),
        format!("mosquitto_pub -L '{device}/relay/i2c0-3b/set' -m '{{\"state\": true}}'"),
    ]
}

/// This program as it was started: `cargo run` installs nothing, so its bare name would not be found.
fn program() -> String {
    std::env::args_os().next().map_or_else(|| "clown-hub".to_owned(), |name| shell_word(Path::new(&name)))
}

/// A path as one word of a shell.
fn shell_word(path: &Path) -> String {
    let path = path.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@".contains(c);
    if path.chars().all(plain) { path.into_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}
