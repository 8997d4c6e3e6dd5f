//! Devices of definitions behind a pseudo-terminal: what the hub's own port, frames and translation make of them.

mod common;

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use clown_hub::device::builtin;
use clown_hub::device::catalog::Catalog;
use clown_hub::device::frame::firmata::{Firmata, Mode, Request};
use clown_hub::device::frame::modbus::{self, Answer};
use clown_hub::device::frame::{Frame, Framer, Heard, hex};
use clown_hub::device::profile::{Given, Profile};
use clown_hub::device::translate::{Meaning, Translator, written};
use clown_hub::link::line::{Port as HubPort, PortName, Speed};
use clown_hub::link::ports::Roots;
use clown_hub::link::simulator::plugged::play;
use clown_hub::link::simulator::port::Port;
use clown_hub::link::simulator::wired::{self, Setup, Wired};
use clown_hub::stop::Stop;
use common::PATIENCE;
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{Instant, timeout, timeout_at};

/// What was read: id, quantity, value, unit.
type Readings = BTreeSet<(String, String, String, String)>;

/// The same, as an example has it.
type Wanted = (String, Option<String>, String, Option<String>);

fn is_on_line(profile: &Profile) -> bool {
    let has = |given: &Given| matches!(given, Given::Line(_) | Given::Bytes(_) | Given::Answer { .. });
    profile.serial.is_some() || profile.examples.iter().any(|example| has(&example.given))
}

/// The readings of all whole examples; what a board was told is off until somebody tells it.
fn expected(profile: &Profile) -> Vec<Wanted> {
    let whole = profile.examples.iter().filter(|example| example.damage.is_none());
    let is_told = |id: &str| profile.taught(id).any(|property| property.write.is_some());
    let gives = whole.flat_map(|example| &example.gives);
    let gives = gives.filter(|gives| profile.board().is_none() || !is_told(&gives.id)).map(|gives| {
        let quantity = gives.quantity.as_deref().map(str::to_owned);
        (gives.id.to_string(), quantity, gives.value.to_string(), gives.unit.as_deref().map(str::to_owned))
    });
    gives.collect()
}

fn take(readings: &mut Readings, meanings: &[Meaning], profile: &Profile) {
    for meaning in meanings {
        assert!(meaning.odd.is_empty(), "{}: {:?}", profile.id, meaning.odd);
        for message in &meaning.messages {
            readings.extend(message.payload.readings().iter().map(|reading| {
                let unit = reading.unit.as_deref().unwrap_or_default().to_owned();
                (message.topic.to_string(), reading.key.to_string(), reading.value.to_string(), unit)
            }));
        }
    }
}

/// The hub's end of the line of one device.
struct Ear<'a> {
    profile: &'a Arc<Profile>,
    port: HubPort,
    translator: Translator,
    readings: Readings,
}

impl Ear<'_> {
    /// One word that came, or nothing for a while.
    async fn read(&self, wait: Duration) -> Vec<u8> {
        let mut buffer = [0; 4096];
        match timeout(wait, self.port.read(&mut buffer)).await {
            Ok(count) => buffer[..count.expect("the line speaks")].to_vec(),
            Err(_) => Vec::new(),
        }
    }

    async fn write(&self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            bytes = &bytes[self.port.write(bytes).await.expect("the line takes it")..];
        }
    }

    /// Asks a unit for everything, once.
    async fn ask_registers(&mut self) {
        let registers = self.profile.registers.clone().expect("it has registers");
        for request in registers.requests(registers.unit) {
            self.write(&request.bytes()).await;
            let (mut heard, until) = (Vec::new(), Instant::now() + PATIENCE);
            let said = loop {
                match request.answer(&heard) {
                    Answer::Said(said) => break said,
                    Answer::Part => {
                        let mut buffer = [0; 256];
                        let count = timeout_at(until, self.port.read(&mut buffer)).await.expect("an answer");
                        heard.extend_from_slice(&buffer[..count.expect("the line speaks")]);
                    }
                    other => panic!("{}: {other:?} to {}", self.profile.id, hex::shown(&request.bytes())),
                }
            };
            let json = registers.json(&request, &said).expect("registers of the definition");
            let frame = Frame { topic: None, json: json.into(), wire: heard.into() };
            let meanings = self.translator.hear_frame(&self.profile.id, &frame);
            take(&mut self.readings, &meanings, self.profile);
        }
    }

    /// Tells a board what its pins are used for, and asks for all of them.
    async fn set_up(&self, board: &Firmata) {
        for pin in &board.pins {
            if pin.mode != Mode::Analog {
                self.write(&Request::Mode(pin.number, pin.mode.code()).bytes()).await;
            }
            self.write(&pin.ask().bytes()).await;
        }
    }

    /// Listens for a moment, and asks if the device has to be asked.
    async fn listen(&mut self, framer: &mut Option<Framer>) {
        for send in self.profile.serial.iter().flat_map(|serial| &serial.ask) {
            let bytes = written(self.profile, send).expect("the definition can be written");
            self.write(&bytes).await;
        }
        let bytes = self.read(Duration::from_millis(200)).await;
        let mut meanings = Vec::new();
        match framer {
            Some(framer) => framer.feed(&bytes, |heard| match heard {
                Heard::Frame(frame) => {
                    meanings.extend(self.translator.hear_frame(&self.profile.id, &frame));
                }
                Heard::Damage(damage) => panic!("{}: {damage:?}", self.profile.id),
            }),
            None => assert!(bytes.is_empty(), "{} has no words of its own", self.profile.id),
        }
        take(&mut self.readings, &meanings, self.profile);
    }
}

/// Plays a definition and reads it as a hub does, until everything of its examples was heard.
async fn plays_its_examples(folder: &Path, profile: &Arc<Profile>) {
    let link = folder.join(profile.id.replace('/', "-"));
    let setup = Setup { every: Some(Duration::from_millis(50)), ..Setup::default() };
    let mut device = Wired::new(profile, setup, drop).unwrap_or_else(|why| panic!("{}: {why}", profile.id));
    let port = Port::closed(&link).expect("a pseudo-terminal");
    let (stop, (_sender, happenings)) = (Stop::new(), tokio::sync::mpsc::channel(1));
    let baud = profile.serial.as_ref().map_or(9_600, |serial| serial.baud[0]);
    let hub = async {
        let port = HubPort::open(&PortName::Path(link.clone()), Speed::of(baud), &Roots::system()).await;
        let port = port.unwrap_or_else(|trouble| panic!("{}: {trouble}", profile.id));
        let translator = Translator::new(Arc::new(Catalog::new([profile.clone()])));
        let mut ear = Ear { profile, port, translator, readings: Readings::new() };
        let mut framer = profile.frame.clone().map(Framer::new);
        if let Some(framer) = &mut framer
            && profile.serial.as_ref().is_some_and(|serial| !serial.ask.is_empty())
        {
            // What is silent until it is asked was not in the middle of a word.
            framer.silence(|heard| panic!("{}: {heard:?}", profile.id));
        }
        if let Some(board) = profile.board() {
            ear.set_up(board).await;
        }
        let mut missing = expected(profile);
        let until = Instant::now() + PATIENCE;
        loop {
            match profile.registers {
                Some(_) => ear.ask_registers().await,
                None => ear.listen(&mut framer).await,
            }
            let heard = |(id, quantity, value, unit): &Wanted| {
                ear.readings.iter().any(|(of, key, said, of_unit)| {
                    of == id
                        && said == value
                        && quantity.as_ref().is_none_or(|quantity| quantity == key)
                        && unit.as_ref().is_none_or(|unit| unit == of_unit)
                })
            };
            missing.retain(|one| !heard(one));
            if missing.is_empty() {
                break;
            }
            assert!(Instant::now() < until, "{} never said {missing:?}", profile.id);
        }
        let wanted = expected(profile);
        for (id, quantity, value, _) in &ear.readings {
            let is_wanted = wanted.iter().any(|(of, key, said, _)| {
                of == id && said == value && key.as_ref().is_none_or(|key| key == quantity)
            });
            // A register that no example tells is zero, and so is a pin; others are the other way round.
            let is_zero = value.parse() == Ok(0.0);
            let is_empty = profile.registers.is_some() && is_zero
                || profile.board().is_some() && (is_zero || matches!(&**value, "true" | "false"));
            assert!(is_wanted || is_empty, "{} says {id} {quantity} = {value}", profile.id);
        }
        stop.request();
    };
    let (played, ()) = tokio::join!(play(port, &mut device, happenings, &stop), hub);
    played.expect("the line holds");
    assert!(!link.is_symlink(), "{} leaves its symlink", profile.id);
}

#[tokio::test]
async fn every_serial_device_is_read_as_its_examples_say() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let on_line: Vec<_> = builtin::profiles().iter().filter(|profile| is_on_line(profile)).collect();
    assert!(on_line.len() >= 17, "{}", on_line.len());
    for profile in on_line {
        plays_its_examples(folder.path(), profile).await;
    }
}

/// A unit of Modbus over the line itself, with frames whose checksums were computed by hand.
#[tokio::test]
async fn a_unit_on_the_line_switches_and_is_pulled_out() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let link = folder.path().join("relays");
    let profiles = builtin::profiles();
    let profile = profiles.iter().find(|one| &*one.id == "waveshare/modbus-rtu-relay").expect("built in");
    let mut device = Wired::new(profile, Setup::default(), drop).expect("it is played");
    let port = Port::closed(&link).expect("a pseudo-terminal");
    let (stop, (sender, happenings)) = (Stop::new(), tokio::sync::mpsc::channel(1));
    let hub = async {
        let open = || async {
            let until = Instant::now() + PATIENCE;
            loop {
                match HubPort::open(&PortName::Path(link.clone()), Speed::of(9_600), &Roots::system()).await {
                    Ok(port) => return port,
                    Err(trouble) => assert!(Instant::now() < until, "{trouble}"),
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let port = open().await;
        let check = async |port: &HubPort, asked: &str, answer: &str| {
            let asked = hex::read(asked).expect(asked);
            assert_eq!(port.write(&asked).await.expect("it is taken"), asked.len());
            let (mut heard, wanted) = (Vec::new(), hex::read(answer).expect(answer).len());
            while heard.len() < wanted {
                let mut buffer = [0; 64];
                let read = timeout(PATIENCE, port.read(&mut buffer)).await.expect("an answer in time");
                heard.extend_from_slice(&buffer[..read.expect("the line speaks")]);
            }
            assert_eq!(hex::shown(&heard), answer);
        };
        check(&port, "01 05 00 01 FF 00 DD FA", "01 05 00 01 FF 00 DD FA").await;
        check(&port, "01 01 00 00 00 08 3D CC", "01 01 01 07 10 4A").await;
        check(&port, "01 03 00 00 00 01 84 0A", "01 83 02 C0 F1").await;
        assert!(
            modbus::Request::parse(&hex::read("01 83 02 C0 F1").expect("digits")).is_some(),
            "a right checksum"
        );
        let away = wired::Happening::Unplug(Duration::from_millis(200));
        sender.send(away).await.expect("it is played");
        let mut buffer = [0; 64];
        let gone = timeout(PATIENCE, port.read(&mut buffer)).await.expect("it ends in time");
        assert!(matches!(gone, Ok(0) | Err(_)), "{gone:?}");
        drop(port);
        let port = open().await;
        // A board keeps its coils; only what is under way is lost.
        check(&port, "01 01 00 00 00 08 3D CC", "01 01 01 07 10 4A").await;
        stop.request();
    };
    let (played, ()) = tokio::join!(play(port, &mut device, happenings, &stop), hub);
    played.expect("the line holds");
}

/// The program itself; dropping it kills it.
struct Program {
    child: Child,
    wishes: ChildStdin,
    lines: Receiver<String>,
}

impl Program {
    fn start(arguments: &[&str], pty: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
            .arg("simulate")
            .args(arguments)
            .arg("--pty")
            .arg(pty)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let (sender, lines) = channel();
        let stdout = child.stdout.take().expect("it is piped");
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let wishes = child.stdin.take().expect("it is piped");
        let program = Self { child, wishes, lines };
        program.says("listens on");
        program
    }

    /// Waits for a line with `part`.
    fn says(&self, part: &str) {
        while !self
            .lines
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|_| panic!("never said {part:?}"))
            .contains(part)
        {}
    }

    fn wish(&mut self, wish: &str) {
        writeln!(self.wishes, "{wish}").expect("it reads what happens");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn open(pty: &Path) -> File {
    OpenOptions::new().read(true).write(true).open(pty).expect("the port opens")
}

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn the_program_plays_a_line_obeys_and_misbehaves_as_it_is_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pty = folder.path().join("gateway");
    let mut gateway = Program::start(&["mysensors/node", "--every", "0.05"], &pty);
    gateway.says("5 recorded words every 0.05 s");
    let mut port = open(&pty);
    let mut lines = BufReader::new(port.try_clone().expect("a second handle"));
    let mut hear = |part: &str| {
        for _ in 0..1_000 {
            let mut line = Vec::new();
            lines.read_until(b'\n', &mut line).expect("the line speaks");
            let line = String::from_utf8_lossy(&line).into_owned();
            if line.contains(part) {
                return;
            }
        }
        panic!("nothing with {part:?} in 1,000 lines");
    };
    hear("0;255;3;0;14;Gateway startup complete.");
    hear("12;6;1;0;0;36.5");
    port.write_all(b"13;7;1;1;2;0\n").expect("it is taken");
    gateway.says("obeyed: relay/7 state = false");
    hear("13;7;1;1;2;0");
    hear("13;7;1;0;2;0");
    gateway.wish("refuse on");
    gateway.wish("say refuses");
    hear("refuses");
    port.write_all(b"13;7;1;1;2;1\n").expect("it is taken");
    gateway.says("ignored: 13;7;1;1;2;1");
    gateway.wish("silence on");
    gateway.wish("say only this");
    hear("only this");
    gateway.wish("say and this");
    let mut next = Vec::new();
    lines.read_until(b'\n', &mut next).expect("the line speaks");
    assert_eq!(next, b"and this\n", "it is silent otherwise");
    gateway.wish("garbage 1");
    gateway.wish("silence off");
    next.clear();
    lines.read_until(b'\n', &mut next).expect("the line speaks");
    assert!(next.ends_with(b"\xff\n"), "{}", next.escape_ascii());
    drop((port, lines));
    kill_process(Pid::from_child(&gateway.child), Signal::TERM).expect("it runs");
    assert!(gateway.child.wait().expect("our own child").success());
    assert!(!pty.is_symlink());
}

#[test]
fn what_is_played_is_understood_by_try() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pty = folder.path().join("meter");
    let _meter = Program::start(&["dsmr/p1", "--every", "0.05"], &pty);
    let mut capture = vec![0; 3_000];
    open(&pty).read_exact(&mut capture).expect("telegrams");
    // What was cut off at the end is no telegram.
    let end = capture.iter().rposition(|byte| *byte == b'!').expect("one is whole");
    let end = end + capture[end..].iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let end = if capture[end - 1] == b'\n' { end } else { panic!("cut within a checksum") };
    std::fs::write(folder.path().join("capture"), &capture[..end]).expect("writable");
    let output = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .args(["try", "dsmr/p1", "--serial"])
        .stdin(File::open(folder.path().join("capture")).expect("it is there"))
        .output()
        .expect("the program starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("power-meter/- power = 244.000 W") && said.contains("0 bytes damaged"), "{said}");
}

#[test]
fn a_definition_is_played_only_where_its_device_can_be() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pty = folder.path().join("port").display().to_string();
    let check = |arguments: &[&str], part: &str| {
        let (code, said) = run(&[&["simulate"], arguments].concat());
        assert_eq!(code, Some(2), "{arguments:?}: {said}");
        assert!(said.contains(part), "{arguments:?}: {said}");
    };
    check(&["shelly/gen1", "--pty", &pty], "leave --pty away and name a broker with --broker URL");
    check(&["hardwario/tower", "--pty", &pty], "`clown-hub simulate tower --pty PATH` plays one");
    check(&["nova/sds011"], "play it with --pty PATH");
    check(&["nova/sds011", "--pty", &pty, "--id", "A160"], "leave --id away");
    check(&["eastron/sdm230", "--pty", &pty, "--id", "248"], "1 to 247");
    check(&["nova/sds011", "--pty", &pty, "--broker", "mqtt://127.0.0.1"], "cannot be used with");
    check(&["shelly/gen1", "--halves", "0.5"], "--pty");
    check(&["nova/sds012", "--pty", &pty], "did you mean nova/sds011");
    std::fs::write(&pty, "precious").expect("writable");
    let (code, said) = run(&["simulate", "nova/sds011", "--pty", &pty]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("is not a symlink"), "{said}");
}
