//! Devices on a line: what they say of their own accord, what they answer, and how they obey.

use std::path::Path;

use super::*;
use crate::device::builtin;
use crate::device::frame::firmata::Request;
use crate::device::frame::hex;
use crate::device::profile::{Given, file};
use crate::link::simulator::tower::Fault;

const SECOND: Duration = Duration::from_secs(1);

/// A heater that speaks in sentences with a checksum, and takes numbers, words and a timer.
const HEATER: &str = r#"
name = "Heater"
vendor = "Acme"
[serial]
baud = 9600
first_line = 'ready'
probe = { line = "WHO" }
answer = '^\$ID'
[frame]
kind = "lines"
start = "$"
between = ","
checksum = "nmea"
[[property]]
id = "climate/-"
quantity = "temperature"
read = { when = { "/0" = "H" }, value = "/1", regex = 'T=(?<value>[0-9.]+)' }
write = { line = "T {{ value }}" }
[[property]]
id = "climate/-"
quantity = "mode"
words = ["heat", "off"]
read = { when = { "/0" = "H" }, value = "/2", map = { H = "heat", O = "off" } }
write = { map = { heat = "MH", off = "MO" }, confirm = { line = "?" } }
ask = { line = "?" }
[[property]]
id = "relay/-"
read = { when = { "/0" = "R" }, value = "/1", map = { "1" = true, "0" = false } }
write = { line = "R {{ 1 if value else 0 }}", timed = { line = "R {{ 1 if value else 0 }} {{ seconds }}" } }
[[property]]
id = "relay/echo"
write = { line = "E {{ 1 if value else 0 }}", confirm = "echo" }
[[example]]
source = "made"
line = "$H,T=21.5,H*71"
gives = { "climate/-" = { temperature = [21.5, "℃"], mode = "heat" } }
[[example]]
source = "made"
line = "$R,0*4E"
gives = { "relay/-" = false }
[[example]]
source = "made"
line = "$ID,heater 1*3F"
gives = {}
[[example]]
source = "made"
line = "$ready*6B"
gives = {}
[[example]]
source = "made"
device = { id = "-" }
command = { "relay/echo" = true }
sends = { line = "E 1" }
"#;

/// A dimmer whose commands and states are bytes.
const DIMMER: &str = r#"
name = "Dimmer"
vendor = "Acme"
[serial]
baud = 9600
[frame]
kind = "binary"
header = "D1"
length = 4
checksum = "sum8"
fields = [{ name = "level", at = 1, type = "u8" }, { name = "is-on", at = 2, type = "u8", bit = 3 }]
[[property]]
id = "light/-"
quantity = "brightness"
read = { value = "/level", scale = 0.5 }
write = { hex = "D0 01 {{ (value | float * 2) | int | hex }}", checksum = "sum8" }
[[property]]
id = "light/-"
read = { value = "/is-on" }
write = { hex = "D0 02 {{ '01' if value else '00' }}", checksum = "sum8" }
[[example]]
source = "made"
hex = "D1 64 04 39"
gives = { "light/-" = { brightness = [50.0, "%"], state = false } }
"#;

/// A lamp whose lines are messages.
const TALKING: &str = r#"
name = "Lamp"
vendor = "Acme"
[serial]
baud = 115200
[frame]
kind = "talk"
[[property]]
id = "light/-"
read = { topic = "{id}/light", value = "/on" }
write = { topic = "{id}/light/set", payload = '{"on": {{ value }}}' }
[[example]]
source = "made"
topic = "lamp-1/light"
payload = '{"on": true}'
gives = { "light/-" = true }
"#;

/// A device that is played, and the time it is there.
pub(super) struct Line {
    pub device: Wired<Box<dyn FnMut(Answer)>>,
    pub at: Duration,
}

impl Line {
    pub fn new(profile: &Arc<Profile>, setup: Setup) -> Self {
        let device = Wired::new(profile, setup, Box::new(drop) as Box<dyn FnMut(_)>);
        Self { device: device.expect("it can be played"), at: Duration::ZERO }
    }

    pub fn of(text: &str) -> Self {
        let profile = file::read("acme/it", Path::new("it.toml"), text.to_owned()).expect("a good file");
        Self::new(&Arc::new(profile), Setup::default())
    }

    fn built_in(id: &str) -> Self {
        Self::new(&profile(id), Setup::default())
    }

    /// Everything it says within this time.
    fn pass(&mut self, time: Duration) -> Vec<u8> {
        let mut said = self.device.take(self.at).concat();
        let end = self.at + time;
        while let Some(due) = self.device.next_due().filter(|due| *due <= end) {
            self.at = due.max(self.at + Duration::from_millis(1));
            said.extend(self.device.take(self.at).concat());
        }
        self.at = end;
        said
    }

    fn text(&mut self, time: Duration) -> String {
        String::from_utf8(self.pass(time)).expect("text")
    }

    /// What it says at once to these bytes.
    fn tell(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.device.hear(self.at, bytes);
        self.device.take(self.at).concat()
    }

    fn check(&mut self, line: &str, said: &str) {
        let told = self.tell(format!("{line}\n").as_bytes());
        assert_eq!(String::from_utf8_lossy(&told), said, "{line}");
    }

    fn check_hex(&mut self, bytes: &str, said: &str) {
        let told = self.tell(&hex::read(bytes).expect(bytes));
        assert_eq!(hex::shown(&told), said, "{bytes}");
    }
}

/// A definition in the binary.
pub(super) fn profile(id: &str) -> Arc<Profile> {
    builtin::profiles().iter().find(|profile| *profile.id == *id).expect(id).clone()
}

#[test]
fn it_begins_when_its_port_is_opened_and_keeps_its_rhythm() {
    let mut heater = Line::of(HEATER);
    assert_eq!(heater.text(30 * SECOND), "", "nobody listens");
    heater.device.opened(heater.at);
    assert_eq!(heater.text(SECOND), "\n$ready*6B\n$H,T=21.5,H*71\n$R,0*4E\n");
    assert_eq!(heater.text(8 * SECOND), "");
    assert_eq!(heater.text(SECOND), "$H,T=21.5,H*71\n$R,0*4E\n");
    let mut dust = Line::built_in("nova/sds011");
    dust.device.opened(dust.at);
    // A measurement a second, as the definition says.
    assert_eq!(dust.pass(5 * SECOND - SECOND / 2).len(), 5 * 10 + 10);
}

#[test]
fn a_line_obeys_numbers_words_and_timers_and_says_so_with_the_right_checksum() {
    let mut heater = Line::of(HEATER);
    heater.check("T 19.5", "$H,T=19.5,H*7A\n");
    heater.check("MO", "");
    heater.check("?", "$H,T=19.5,O*7D\n");
    heater.check("R 1", "$R,1*4F\n");
    heater.check("R 0", "$R,0*4E\n");
    heater.check("R 1 5", "$R,1*4F\n");
    assert_eq!(heater.text(4 * SECOND), "");
    assert_eq!(heater.text(2 * SECOND), "$R,0*4E\n");
    heater.check("E 1", "E 1\n");
    heater.check("WHO", "$ID,heater 1*3F\n");
    heater.check("nonsense", "");
    heater.check("T much", "");
    heater.device.happen(heater.at, Happening::Refuse(true));
    heater.check("R 1", "");
    heater.check("?", "$H,T=19.5,O*7D\n");
    heater.device.opened(heater.at);
    assert_eq!(heater.text(SECOND), "\n$ready*6B\n$H,T=19.5,O*7D\n$R,0*4E\n");
}

#[test]
fn bytes_are_obeyed_and_answered_with_bytes() {
    let mut dimmer = Line::of(DIMMER);
    // 25 % is 0x32; D1 + 32 + 04 = 107.
    dimmer.check_hex("D0 01 32 03", "D1 32 04 07");
    // Bit 3 beside the bit 2 that nobody knows.
    dimmer.check_hex("D0 02 01 D3", "D1 32 0C 0F");
    dimmer.check_hex("D0 02 00 D2 D0 01 64 35", "D1 32 04 07 D1 64 04 39");
    dimmer.check_hex("D0 02", "");
    dimmer.check_hex("01 D3", "D1 64 0C 41");
    dimmer.check_hex("55 55", "");
    assert_eq!(dimmer.pass(SECOND), b"");
    dimmer.check_hex("D0 02 00 D2", "D1 64 04 39");
}

#[test]
fn messages_on_a_line_are_played_as_at_a_broker() {
    let mut lamp = Line::of(TALKING);
    lamp.device.opened(lamp.at);
    assert_eq!(lamp.text(SECOND), "[\"lamp-1/light\", {\"on\": true}]\n");
    lamp.check(r#"["lamp-1/light/set", {"on": false}]"#, "[\"lamp-1/light\", {\"on\": false}]\n");
    lamp.check(r#"["lamp-2/light/set", {"on": false}]"#, "");
    lamp.check("", "");
    let profile = Arc::new(file::read("it", Path::new("it.toml"), TALKING.to_owned()).expect("a good file"));
    let setup = Setup { id: Some("lamp-7".into()), ..Setup::default() };
    let mut other = Line::new(&profile, setup);
    other.device.opened(other.at);
    assert_eq!(other.text(SECOND), "[\"lamp-7/light\", {\"on\": true}]\n");
}

#[test]
fn built_in_devices_answer_what_they_are_asked_and_told() {
    let mut relays = Line::built_in("lcus/lcus-8");
    relays.device.opened(relays.at);
    assert_eq!(relays.text(60 * SECOND), "", "it speaks only when it is asked");
    assert_eq!(relays.tell(&[0xff]), b"CH1: ON\nCH2: OFF\n");
    assert_eq!(relays.tell(&[0xa0, 2, 1, 0xa3]), b"");
    assert_eq!(relays.tell(&[0xa0, 1, 0, 0xa1, 0xff]), b"CH1: OFF\nCH2: ON\n");
    let mut nodes = Line::built_in("mysensors/node");
    nodes.check("13;7;1;1;2;0", "13;7;1;1;2;0\n");
    nodes.check("13;7;1;1;2;1", "13;7;1;1;2;1\n");
    nodes.check("12;7;1;1;2;1", "");
    let mut radio = Line::built_in("rflink/433-mhz-device");
    radio.check("10;NewKaku;008440e6;1;ON;", "");
    radio.check("10;PING;", "20;01;PONG;\n");
    let mut air = Line::built_in("winsen/mh-z19");
    air.check_hex("FF 01 86 00 00 00 00 00 79", "FF 86 03 37 00 00 00 00 40");
    air.check_hex("FF 01 87 00 00 00 00 00 78", "");
    let mut dust = Line::built_in("nova/sds011");
    dust.check_hex(
        "AA B4 06 01 00 00 00 00 00 00 00 00 00 00 00 FF FF 05 AB",
        // 06 + 01 + 00 + 00 + A1 + 60 = 108.
        "AA C5 06 01 00 00 A1 60 08 AB",
    );
    dust.check_hex(
        "AA B4 04 00 00 00 00 00 00 00 00 00 00 00 00 FF FF 02 AB",
        "AA C0 D4 04 3A 0A A1 60 1D AB",
    );
}

/// Tells a board what its pins are used for, as a hub does first of all.
fn set_up(profile: &Profile, mut tell: impl FnMut(Vec<u8>)) {
    let Some(board) = profile.board() else { return };
    let set = board.pins.iter().filter(|pin| pin.mode.is_set());
    set.for_each(|pin| tell(Request::Mode(pin.number, pin.mode.code()).bytes()));
}

#[test]
fn every_command_of_the_built_in_examples_is_obeyed() {
    let mut deaf = Vec::new();
    for profile in builtin::profiles().iter().filter(|profile| is_on_line(profile)) {
        for example in &profile.examples {
            let Given::Command { .. } = example.given else { continue };
            for sent in &example.sends {
                let mut told = Vec::new();
                let mut device =
                    Wired::new(profile, Setup::default(), |answer| told.push(answer)).expect("it is played");
                set_up(profile, |bytes| device.hear(Duration::ZERO, &bytes));
                let bytes = hex::read(&sent.payload)
                    .filter(|_| !sent.payload.contains(';'))
                    .unwrap_or_else(|| format!("{}{}", sent.payload, profile.line_end()).into_bytes());
                device.hear(Duration::ZERO, &bytes);
                device.take(SILENCE);
                drop(device);
                deaf.extend(told.into_iter().filter_map(|answer| match answer {
                    Answer::Ignored(what) => Some(format!("{}: {what}", profile.id)),
                    Answer::Obeyed(_) | Answer::Nothing => None,
                }));
            }
        }
    }
    assert!(deaf.is_empty(), "{}", deaf.join("\n"));
}

#[test]
fn a_loose_wire_loses_damages_breaks_and_delays() {
    let spoken = |setup: Setup| {
        let mut heater = Line::new(&profile("nmea/gps"), Setup { every: Some(SECOND), ..setup });
        heater.device.opened(heater.at);
        heater.pass(100 * SECOND)
    };
    let faults = |faults: Faults| Setup { faults, ..Setup::default() };
    let whole = spoken(Setup::default());
    assert_eq!(spoken(faults(Faults { silence: true, ..Faults::default() })), b"");
    assert_eq!(spoken(faults(Faults { loss: 1.0, ..Faults::default() })), b"");
    let half = spoken(faults(Faults { loss: 0.5, ..Faults::default() })).len();
    assert!(half > whole.len() / 4 && half < whole.len() * 3 / 4, "{half} of {}", whole.len());
    let broken = spoken(Setup { halves: 1.0, ..Setup::default() });
    assert!(broken.len() < whole.len() && !broken.is_empty());
    let damaged = spoken(faults(Faults { garbage: 1.0, ..Faults::default() }));
    let lines = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(lines(&damaged), lines(&whole), "line ends stay");
    let reader = recorded::Reader::new(profile("nmea/gps"));
    assert!(
        damaged
            .split_inclusive(|byte| *byte == b'\n')
            .all(|line| reader.said(line).is_none_or(|said| said.is_empty()))
    );
    let late = spoken(faults(Faults { delay: 50 * SECOND, ..Faults::default() }));
    assert!(late.len() < whole.len() && !late.is_empty());
    let mut gps = Line::built_in("nmea/gps");
    gps.device.happen(gps.at, Happening::Say(b"as it is\n".to_vec()));
    assert_eq!(gps.pass(SECOND), b"as it is\n");
    assert_eq!(gps.device.happen(gps.at, Happening::Unplug(SECOND)), Some(SECOND));
}

#[test]
fn what_happens_is_read_from_a_line() {
    let check = |text: &str, expected| assert_eq!(Happening::parse(text).ok(), expected, "{text}");
    check("unplug 0.5", Some(Happening::Unplug(SECOND / 2)));
    check("halves 0.25", Some(Happening::Fault(Fault::Halves(0.25))));
    check("refuse on", Some(Happening::Refuse(true)));
    check("say $GPGGA", Some(Happening::Say(b"$GPGGA\n".to_vec())));
    check("say-hex AA c0", Some(Happening::Say(vec![0xaa, 0xc0])));
    for wrong in ["", "unplug", "refuse", "refuse maybe", "say", "say-hex", "say-hex A", "press 1", "loss 2"]
    {
        assert!(Happening::parse(wrong).is_err(), "{wrong}");
    }
    let told = Happening::parse("press 1").expect_err("it has no buttons");
    assert!(told.contains("unplug SECONDS") && told.contains("say-hex BYTES"), "{told}");
}

#[test]
fn what_cannot_be_played_on_a_line_says_what_to_do() {
    let check = |id: &str, setup: Setup, part: &str| {
        let error = Wired::new(&profile(id), setup, drop).err().expect(id).to_string();
        assert!(error.contains(part), "{id}: {error}");
    };
    check("shelly/gen1", Setup::default(), "--broker");
    check("hardwario/tower", Setup::default(), "simulate tower");
    check("bigclown/generation-a", Setup::default(), "simulate bridge");
    let id = |id: &str| Setup { id: Some(id.into()), ..Setup::default() };
    check("nova/sds011", id("A160"), "leave --id away");
    check("eastron/sdm230", id("0"), "1 to 247");
    let silent = DIMMER.split("[[example]]").next().expect("the front").replace("write =", "# write =");
    let silent = file::read("it", Path::new("it.toml"), silent).expect("a good file");
    let error = Wired::new(&Arc::new(silent), Setup::default(), drop).err().expect("it says nothing");
    assert!(error.to_string().contains("[[example]]"), "{error}");
}
