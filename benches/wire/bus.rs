//! Units of Modbus on a line: how long a round of ten takes, and what three that are dead cost the others.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use clown_hub::device::builtin;
use clown_hub::device::frame::checksum::{CRC16_MODBUS, Written};

use crate::hub::{Hub, load};
use crate::line::Line;

/// Units on the bus, and those that are dead if some are.
const UNITS: u8 = 10;
const DEAD: [u8; 3] = [2, 5, 9];
/// How often each is asked.
const EVERY: Duration = Duration::from_secs(1);
/// How long that goes on.
const LASTS: Duration = Duration::from_secs(45);
/// Bytes of a question and of its answer: eight coils.
const BYTES: f64 = 8.0 + 6.0;
/// Bits of a character on the line, and characters of silence between two frames; above 19,200 baud that is fixed.
const BITS: f64 = 11.0;
const SILENCE: f64 = 3.5;
const LEAST_SILENCE: f64 = 1.75e-3;

/// When each living unit was asked and had answered.
type Asked = BTreeMap<u8, Vec<(Instant, Instant)>>;

/// Prints the tables.
pub fn measure() {
    println!(
        "### A bus of {UNITS} units, each asked for its coils every {} s (load {})\n",
        EVERY.as_secs(),
        load()
    );
    println!("| baud | units | readings | a living one is read every, s | longest pause, s |");
    println!("| --- | --- | --- | --- | --- |");
    let mut rounds = Vec::new();
    for baud in [9_600, 115_200] {
        for dead in [&[][..], &DEAD] {
            let asked = play(baud, dead);
            let pauses = pauses(&asked);
            let who = if dead.is_empty() { "ten" } else { "seven, three are dead" };
            let count: usize = asked.values().map(Vec::len).sum();
            println!("| {baud} | {who} | {count} | {:.2} | {:.2} |", part(&pauses, 0.5), part(&pauses, 1.0));
            if dead.is_empty() {
                rounds.push((baud, round_times(&asked)));
            }
        }
    }
    println!(
        "\n| baud | round of ten, ms | of it silence that Modbus wants | the rest for each, ms | the wire would add, ms |"
    );
    println!("| --- | --- | --- | --- | --- |");
    for (baud, times) in rounds {
        // Between two of them; in front of the first there is time enough.
        let silence = (SILENCE * BITS / f64::from(baud)).max(LEAST_SILENCE) * f64::from(UNITS - 1);
        let wire = BYTES * BITS / f64::from(baud) * f64::from(UNITS);
        let middle = part(&times, 0.5);
        println!(
            "| {baud} | {:.1} | {:.1} | {:.2} | {:.1} |",
            middle * 1e3,
            silence * 1e3,
            (middle - silence) / f64::from(UNITS) * 1e3,
            wire * 1e3
        );
    }
    println!();
}

/// The one of these figures that so many of them do not exceed.
fn part(sorted: &[f64], part: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * part) as usize).copied().unwrap_or_default()
}

fn sorted(figures: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures
}

/// The times between two readings of the same unit.
fn pauses(asked: &Asked) -> Vec<f64> {
    let each = |times: &Vec<(Instant, Instant)>| -> Vec<f64> {
        times.windows(2).map(|pair| (pair[1].1 - pair[0].1).as_secs_f64()).collect()
    };
    sorted(asked.values().flat_map(each))
}

/// From the first question to the last answer, where all of them are asked one after the other.
fn round_times(asked: &Asked) -> Vec<f64> {
    let count = asked.values().map(Vec::len).min().unwrap_or_default();
    let round = |number: usize| {
        let units = || asked.values().filter_map(move |times| times.get(number));
        let (first, last) = (units().map(|(at, _)| *at).min(), units().map(|(_, at)| *at).max());
        first.zip(last).map(|(first, last)| (last - first).as_secs_f64())
    };
    sorted((0..count).filter_map(round))
}

/// Plays the units for a while.
fn play(baud: u32, dead: &[u8]) -> Asked {
    let line = Line::new();
    let speaks: Vec<String> = (1..=UNITS).map(|unit| format!("\"{unit} bench/relay\"")).collect();
    let link = format!(
        "[[link]]\nname = \"line\"\nkind = \"wired\"\ndevice = \"{}\"\nbaud = {baud}\nspeaks = [{}]\n",
        line.path.display(),
        speaks.join(", ")
    );
    let board = builtin::text("waveshare/modbus-rtu-relay").expect("the board is built in");
    let board = board.replace("interval = \"2 s\"", &format!("interval = \"{} s\"", EVERY.as_secs()));
    let _hub = Hub::start(&link, &[("bench/relay.toml", board)]);
    let mut asked = Asked::new();
    let (start, mut heard) = (Instant::now(), Vec::new());
    while start.elapsed() < LASTS {
        line.read(&mut heard, Duration::from_millis(50));
        while heard.len() >= 8 {
            let (question, now) = (heard.drain(..8).collect::<Vec<u8>>(), Instant::now());
            let [unit, 1, ..] = question[..] else { panic!("no such question: {question:02X?}") };
            if !dead.contains(&unit) {
                let mut answer = vec![unit, 1, 1, 0b101];
                answer.extend(CRC16_MODBUS.sent(&answer, Written::Little));
                line.write(&answer);
                asked.entry(unit).or_default().push((now, Instant::now()));
            }
        }
    }
    asked
}
