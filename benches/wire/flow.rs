//! Lines that a device says by itself: the CPU of a hub at a steady rate, and how many it takes at most.

use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::hub::{Hub, Process, load};
use crate::line::{Line, raw};

/// Lines in a second.
const RATE: u32 = 5_000;
/// How long that goes on.
const LASTS: Duration = Duration::from_secs(10);
/// How many lines are given as fast as they are taken.
const MANY: usize = 200_000;
/// How often the figures are taken; the median counts.
const REPEATS: usize = 3;
/// The argument with which this program is the bare loop.
pub const BARE: &str = "read-line";

/// A device: what it is called, its link, and what it says again and again.
struct Device {
    what: &'static str,
    link: &'static str,
    line: &'static str,
    /// What it answers to a line that contains these words.
    answers: &'static [(&'static str, &'static str)],
    /// What the hub's log says when it is understood.
    up: &'static str,
}

const DONGLE: &[(&str, &str)] = &[
    (
        "/info/get",
        r#"["/info", {"id": "836d19839c3b", "firmware": "bcf-gateway-usb-dongle", "version": "v1.10.0"}]"#,
    ),
    ("/nodes/get", r#"["/nodes", ["836d1983718a"]]"#),
    ("alias/list\", 0", r#"["$eeprom/alias/list/0", {"836d1983718a": "kitchen"}]"#),
    ("alias/list\", 1", r#"["$eeprom/alias/list/1", {}]"#),
    ("alias/list\", 2", r#"["$eeprom/alias/list/2", {}]"#),
    ("alias/list\", 3", r#"["$eeprom/alias/list/3", {}]"#),
];

const DEVICES: &[Device] = &[
    Device {
        what: "bridge: Clown.Talk, one value",
        link: "kind = \"serial\"\nbase = \"nodes/bridge/0\"",
        line: r#"["thermometer/0:1/temperature", [21.62, "\u2103"]]"#,
        answers: &[],
        up: "link line: up",
    },
    Device {
        what: "radio dongle: TOWER, one value",
        link: "kind = \"tower\"",
        line: r#"["836d1983718a/thermometer/0:1/temperature", 21.62]"#,
        answers: DONGLE,
        up: "link line: up",
    },
    Device {
        what: "NMEA, a position: 5 values",
        link: "kind = \"wired\"\nbaud = 115200\nspeaks = [\"nmea/gps\"]",
        line: "$GPGGA,102929.00,5327.04024,N,00214.41560,W,1,08,1.16,36.3,M,48.5,M,,*7E\r",
        answers: &[],
        up: "link line: up",
    },
    Device {
        what: "RFLink, a weather sensor: 3 values",
        link: "kind = \"wired\"\nbaud = 57600\nspeaks = [\"rflink/433-mhz-device\"]",
        line: "20;2D;UPM/Esic;ID=0001;TEMP=00cf;HUM=16;BAT=OK;\r",
        answers: &[],
        up: "link line: up",
    },
    Device {
        what: "MySensors, one value",
        link: "kind = \"wired\"\nbaud = 115200\nspeaks = [\"mysensors/node\"]",
        line: "12;6;1;0;0;36.5",
        answers: &[],
        up: "link line: up",
    },
];

/// What one run has cost.
struct Cost {
    /// Cores at the steady rate.
    cores: f64,
    /// Lines a second at most.
    most: f64,
}

/// Prints the table.
pub fn measure() {
    println!("### A running hub at {RATE} lines a second, nobody listening (load {})\n", load());
    println!(
        "| what is said | bytes | hub, cores | bare loop, cores | hub, µs a line | hub, lines/s at most | bare loop |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for device in DEVICES {
        let hub = median((0..REPEATS).map(|_| with_hub(device)).collect());
        let bare = median((0..REPEATS).map(|_| with_bare_loop(device)).collect());
        println!(
            "| {} | {} | {:.3} | {:.3} | {:.1} | {:.0} | {:.0} |",
            device.what,
            device.line.len() + 1,
            hub.cores,
            bare.cores,
            hub.cores / f64::from(RATE) * 1e6,
            hub.most,
            bare.most
        );
    }
    println!();
}

fn median(costs: Vec<Cost>) -> Cost {
    let middle = |figure: fn(&Cost) -> f64| {
        let mut figures: Vec<f64> = costs.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    Cost { cores: middle(|cost| cost.cores), most: middle(|cost| cost.most) }
}

fn with_hub(device: &Device) -> Cost {
    let line = Line::new();
    let link = format!("[[link]]\nname = \"line\"\ndevice = \"{}\"\n{}\n", line.path.display(), device.link);
    let hub = Hub::start(&link, &[]);
    greet(&line, device);
    hub.says(device.up);
    cost(&line, device, &hub.process)
}

fn with_bare_loop(device: &Device) -> Cost {
    let line = Line::new();
    let program = std::env::current_exe().unwrap_or_else(|error| panic!("this program: {error}"));
    let reader = Process::of(Command::new(program).arg(BARE).arg(&line.path));
    cost(&line, device, &reader)
}

/// The beginning of a conversation: questions are answered, and something is said, until nobody asks any more.
fn greet(line: &Line, device: &Device) {
    let (start, mut heard) = (Instant::now(), Vec::new());
    while start.elapsed() < Duration::from_secs(2) {
        if !line.read(&mut heard, Duration::from_millis(100)) {
            line.write(format!("{}\n", device.line).as_bytes());
        }
        while let Some(end) = memchr::memchr(b'\n', &heard) {
            let question = String::from_utf8_lossy(&heard[..end]).into_owned();
            heard.drain(..=end);
            let answers = device.answers.iter().filter(|(words, _)| question.contains(words));
            answers.for_each(|(_, answer)| line.write(format!("{answer}\n").as_bytes()));
        }
    }
}

fn cost(line: &Line, device: &Device, process: &Process) -> Cost {
    let said = format!("{}\n", device.line);
    let (start, before, mut sent) = (Instant::now(), process.cpu(), 0);
    // A millisecond's worth at once, as a buffer of an adapter would give them.
    while start.elapsed() < LASTS {
        let due = (start.elapsed().as_secs_f64() * f64::from(RATE)) as usize;
        line.write(said.repeat(due - sent).as_bytes());
        sent = due;
        std::thread::sleep(Duration::from_millis(1));
    }
    let cores = (process.cpu() - before) / start.elapsed().as_secs_f64();
    let start = Instant::now();
    let batch = said.repeat(100);
    (0..MANY / 100).for_each(|_| line.write(batch.as_bytes()));
    Cost { cores, most: MANY as f64 / start.elapsed().as_secs_f64() }
}

/// Reads a terminal and does nothing else: the least that hearing a line can cost.
pub fn read_line(path: &Path) {
    let terminal = raw(path).unwrap_or_else(|errno| panic!("{}: {errno}", path.display()));
    let (mut terminal, mut buffer) = (std::fs::File::from(terminal), [0; 16 << 10]);
    while matches!(terminal.read(&mut buffer), Ok(1..)) {}
}
