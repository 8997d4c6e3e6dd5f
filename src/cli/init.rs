//! `clown-hub init`: writes a commented configuration, asking which of the found ports to use.
//!
//! Nothing is ever overwritten without `--force`, and without a terminal nothing is asked: the flags decide.

use std::fs::OpenOptions;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::print::{Paint, Style};
use super::{exit, print};
use crate::config::{self, FILE_NAME, Port, SampleLink, SampleWay, Speaks};
use crate::link::mqtt::Address;
use crate::link::ports;
use crate::talk::Topic;

/// Write a commented configuration, asking which of the found ports to use.
#[derive(Args)]
#[command(after_help = "\
Examples:
  clown-hub init                              asks
  clown-hub init --yes                        every USB port that is plugged in
  clown-hub init --port /dev/serial/by-id/usb-FTDI_FT231X-if00-port0 --base nodes/bridge/0
  clown-hub init --port usb:0403:6015 --output /etc/clown-hub/clown-hub.toml
  clown-hub init --port /dev/serial/by-id/usb-VictronEnergy-if00-port0 --speaks victron/mppt
  clown-hub init --simulator                  no hardware at all
  clown-hub init --yes --mqtt mqtt://broker   and a broker, to which all devices are passed")]
pub struct InitArgs {
    /// A port to use: a path, usb:VID:PID, usb:VID:PID:SERIAL, tcp://HOST:PORT, rfc2217://HOST:PORT or
    /// modbus://HOST:PORT. May be given more than once.
    #[arg(long, value_name = "PORT", value_parser = Port::parse)]
    port: Vec<Port>,
    /// The base topic of the port in the same place; nodes/bridge/0, 1, … if not given.
    #[arg(long, value_name = "TOPIC", requires = "port", value_parser = base)]
    base: Vec<Topic>,
    /// What is on the port is no bridge but a device that this definition knows, such as
    /// victron/mppt; a unit of Modbus with its number: "1 eastron/sdm230". May be given more than once.
    #[arg(long, value_name = "DEFINITION", requires = "port", conflicts_with = "base", value_parser = speaks)]
    speaks: Vec<Speaks>,
    /// Add a simulated bridge.
    #[arg(long)]
    simulator: bool,
    /// Add a link to a broker: mqtt://HOST, mqtts://HOST or unix:/PATH.
    #[arg(long, value_name = "URL", value_parser = broker)]
    mqtt: Option<Address>,
    /// Where to write.
    #[arg(long, short, value_name = "FILE", default_value = FILE_NAME)]
    output: PathBuf,
    /// Ask nothing: take every USB port that is plugged in.
    #[arg(long, short)]
    yes: bool,
    /// Overwrite a file that is already there.
    #[arg(long)]
    force: bool,
}

fn broker(text: &str) -> Result<Address, String> {
    Address::parse(text).map_err(|error| error.0.unwrap_or_else(|| "write mqtt://HOST:PORT".into()))
}

fn speaks(text: &str) -> Result<Speaks, String> {
    Speaks::parse(text)
        .map_err(|hint| hint.unwrap_or_else(|| "write DEFINITION or \"UNIT DEFINITION\"".into()))
}

fn base(text: &str) -> Result<Topic, String> {
    Topic::new(text).map_err(|error| error.to_string())
}

/// Writes the file and says what to do next.
pub fn run(args: &InitArgs) -> ExitCode {
    if args.output.exists() && !args.force {
        print::error(format_args!("{} is already there; --force overwrites it", args.output.display()));
        return exit::usage();
    }
    if !args.speaks.is_empty() && args.port.len() > 1 {
        print::error("--speaks is about one port; add the other links to the file");
        return exit::usage();
    }
    let Some(ports) = chosen(args) else { return exit::usage() };
    let links = links(args, ports);
    if let Err(error) = write(&args.output, &config::sample(&links), args.force) {
        print::error(format_args!("cannot write {}: {error}", args.output.display()));
        return exit::failed();
    }
    report(args, links.len());
    exit::DONE
}

/// The ports to use; nothing if that cannot be decided.
fn chosen(args: &InitArgs) -> Option<Vec<Port>> {
    if !args.port.is_empty() || ((args.simulator || args.mqtt.is_some()) && !args.yes) {
        return Some(args.port.clone());
    }
    let found = ports::list(&ports::Roots::system());
    if args.yes {
        return Some(found.iter().filter(|port| port.usb.is_some()).map(name).collect());
    }
    if !io::stdin().is_terminal() {
        print::error("there is no terminal to ask on; say --port PORT, --simulator or --yes");
        return None;
    }
    ask(&found)
}

/// How the configuration names a port, so that it is found again.
fn name(port: &ports::Port) -> Port {
    Port::Path(port.stable_name().to_owned())
}

fn ask(found: &[ports::Port]) -> Option<Vec<Port>> {
    if found.is_empty() {
        print::remark("no serial port is plugged in; the file gets an example to fill in");
        return Some(Vec::new());
    }
    let paint = Paint::stderr();
    print::aside("Serial ports:");
    for (index, port) in found.iter().enumerate() {
        let number = paint.word(Style::Bold, format_args!("{:>3}", index + 1));
        print::aside(format_args!(
            "{number}  {}  {}",
            port.stable_name().display(),
            paint.word(Style::Faint, about(port))
        ));
    }
    // Adapters are meant for devices; a port of the board may be its console.
    let usb: Vec<usize> = (1..=found.len()).filter(|number| found[number - 1].usb.is_some()).collect();
    let preset = if usb.is_empty() { "none".to_owned() } else { list(&usb) };
    loop {
        let mut answer = String::new();
        let _ = write!(io::stderr(), "Which of them speak Clown.Talk? Numbers, all, or none [{preset}]: ");
        if io::stdin().lock().read_line(&mut answer).ok()? == 0 {
            // Ctrl-D: nothing was decided.
            print::aside("");
            return None;
        }
        let answer = if answer.trim().is_empty() { &preset } else { &answer };
        match numbers(answer, found.len()) {
            Some(numbers) => {
                return Some(numbers.into_iter().map(|number| name(&found[number - 1])).collect());
            }
            None => {
                print::aside(format_args!("Write for example 1 or 1,2; the last port is {}.", found.len()))
            }
        }
    }
}

fn about(port: &ports::Port) -> String {
    let usb = port.usb.as_ref();
    let words = [
        usb.and_then(|usb| usb.vendor.clone()),
        usb.and_then(|usb| usb.product.clone()),
        usb.map(|usb| format!("{:04x}:{:04x}", usb.vendor_id, usb.product_id)),
        port.holders.first().map(|holder| format!("in use by {}", holder.name)),
    ];
    let words: Vec<String> = words.into_iter().flatten().collect();
    print::harmless(&words.join(" ")).into_owned()
}

fn list(numbers: &[usize]) -> String {
    numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
}

/// The numbers from 1 to `last` that an answer means.
fn numbers(answer: &str, last: usize) -> Option<Vec<usize>> {
    let mut chosen: Vec<usize> = match answer.trim().to_lowercase().as_str() {
        "all" | "a" => return Some((1..=last).collect()),
        "none" | "n" | "0" => return Some(Vec::new()),
        list => list
            .split([',', ' '])
            .filter(|word| !word.is_empty())
            .map(|word| word.parse().ok().filter(|number| (1..=last).contains(number)))
            .collect::<Option<_>>()?,
    };
    chosen.sort_unstable();
    chosen.dedup();
    Some(chosen)
}

fn links(args: &InitArgs, ports: Vec<Port>) -> Vec<SampleLink> {
    let numbered = |index: usize| Topic::new(&format!("nodes/bridge/{index}")).expect("words and a number");
    let bridge = |index: usize, port| SampleLink {
        name: if index == 0 { "bridge".into() } else { format!("bridge-{index}") },
        way: SampleWay::Serial {
            base: args.base.get(index).cloned().unwrap_or_else(|| numbered(index)),
            port,
        },
    };
    let mut links: Vec<SampleLink> = ports
        .into_iter()
        .enumerate()
        .map(|(index, port)| match args.speaks.as_slice() {
            [] => bridge(index, port),
            speaks => {
                SampleLink { name: "line".into(), way: SampleWay::Wired { port, speaks: speaks.to_vec() } }
            }
        })
        .collect();
    if args.simulator {
        let base = Topic::new("nodes/bridge/simulator").expect("three words");
        links.push(SampleLink { name: "simulator".into(), way: SampleWay::Simulator { base } });
    }
    if let Some(url) = &args.mqtt {
        links.push(SampleLink { name: "mqtt".into(), way: SampleWay::Mqtt { url: url.clone() } });
    }
    links
}

fn write(file: &Path, text: &str, force: bool) -> io::Result<()> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    if !force {
        // `create_new` decides, not the look before: nobody's file is lost between the two.
        return OpenOptions::new().write(true).create_new(true).open(file)?.write_all(text.as_bytes());
    }
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, file)
}

fn report(args: &InitArgs, links: usize) {
    let named = if args.output == Path::new(FILE_NAME) {
        String::new()
    } else {
        format!(" --config {}", args.output.display())
    };
    print::line(format_args!(
        "wrote {} with {links} link{}",
        args.output.display(),
        if links == 1 { "" } else { "s" }
    ));
    if links == 0 {
        print::line("no device yet: add a [[link]] for what `clown-hub ports` lists; the file shows how");
    }
    print::line(format_args!("check it with   clown-hub check{named}"));
    print::line(format_args!("start with      clown-hub run{named}"));
}

#[cfg(test)]
mod tests {
    use super::{list, numbers};

    #[test]
    fn answers_are_numbers_all_or_none() {
        assert_eq!(numbers("ALL", 2), Some(vec![1, 2]));
        assert_eq!(numbers("none", 2), Some(vec![]));
        assert_eq!(numbers("2, 1,2", 2), Some(vec![1, 2]));
        assert_eq!(numbers(&list(&[1, 3]), 3), Some(vec![1, 3]));
        for wrong in ["3", "0,1", "x", "1-2", "-1"] {
            assert_eq!(numbers(wrong, 2), None, "{wrong}");
        }
    }
}
