//! A radio node: what it says of its own accord, and what a node that listens does when it is told.
//!
//! Sources of names and digits: hardwario/twr-gateway-radio-dongle, `src/application.c` and `src/usb_talk.c`.

use std::time::Duration;

use serde_json::Value;

use super::wire::{line, truth, whole};
use crate::link::simulator::physics::Room;

/// How a node uses its radio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// On mains: it takes commands.
    Listening,
    /// On batteries: it speaks, and hears nothing.
    Sleeping,
}

impl Mode {
    /// The number in `info`.
    fn number(self) -> u8 {
        match self {
            Self::Listening => 2,
            Self::Sleeping => 3,
        }
    }
}

/// What is plugged together in a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Module {
    Core,
    Climate,
    Co2,
    Motion,
    Flood,
    Button,
    Switches,
}

/// Firmware, version, radio and modules of the kits that are played.
const KITS: &[(&str, &str, &str, Mode, &[Module])] = &[
    ("836d19821664", "power-controller", "v1.3.0", Mode::Listening, &[Module::Core, Module::Switches]),
    ("836d1983718a", "kit-climate-monitor", "v1.4.1", Mode::Sleeping, &[Module::Climate, Module::Button]),
    ("836d1981f9d6", "kit-push-button", "v1.2.0", Mode::Sleeping, &[Module::Core, Module::Button]),
    ("836d1983689b", "kit-co2-monitor", "v1.3.0", Mode::Sleeping, &[Module::Core, Module::Co2]),
    ("836d19833c33", "kit-motion-detector", "v1.3.0", Mode::Sleeping, &[Module::Core, Module::Motion]),
    ("a7c8b05762dd", "kit-flood-detector", "v1.2.0", Mode::Sleeping, &[Module::Core, Module::Flood]),
];

/// Full batteries, and how much of them is gone after a day.
const FULL_V: f64 = 3.12;
const PER_DAY_V: f64 = 0.002;
/// Batteries speak once in so many rounds of readings.
const BATTERY_EVERY: u32 = 4;
/// How far a pulse of a relay lasts when nothing is said about it.
const PULSE: Duration = Duration::from_millis(500);
/// A node wants no command later than this.
const LONGEST_PULSE: Duration = Duration::from_secs(3_600);

/// One node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Twelve hexadecimal digits.
    pub id: String,
    /// What `info` says.
    pub firmware: &'static str,
    version: &'static str,
    /// Whether it takes commands.
    pub mode: Mode,
    modules: &'static [Module],
    rounds: u32,
    presses: u16,
    led: bool,
    power: bool,
    relays: [Option<bool>; 2],
    pulse: Option<(Duration, usize, bool)>,
}

impl Node {
    /// The node with this number in the household; after the six kits they repeat under other ids.
    pub fn kit(number: usize) -> Self {
        let (id, firmware, version, mode, modules) = KITS[number % KITS.len()];
        let id = if number < KITS.len() { id.to_owned() } else { format!("836d19f0{number:04x}") };
        Self {
            id,
            firmware,
            version,
            mode,
            modules,
            rounds: 0,
            presses: 0,
            led: false,
            power: false,
            relays: [None; 2],
            pulse: None,
        }
    }

    /// `power-controller:0`, as gateways name a node that nobody named.
    pub fn usual_alias(&self, number: usize) -> String {
        format!("{}:{number}", self.firmware.trim_start_matches("kit-"))
    }

    /// What it says when it gets its power, and when it asks to be paired.
    pub fn info(&self) -> String {
        let (firmware, version, mode) = (self.firmware, self.version, self.mode.number());
        let info = format!(r#"{{"firmware": "{firmware}", "version": "{version}", "mode": {mode}}}"#);
        self.says("info", &info)
    }

    /// One round of readings.
    pub fn readings(&mut self, at: Duration, room: &mut Room) -> Vec<String> {
        let mut said = Vec::new();
        for module in self.modules {
            self.read(*module, room, &mut said);
        }
        if self.mode == Mode::Sleeping && self.rounds.is_multiple_of(BATTERY_EVERY) {
            let volts = (FULL_V - at.as_secs_f64() / 86_400.0 * PER_DAY_V).max(2.0);
            said.push(self.says("battery/-/voltage", &format!("{volts:.2}")));
        }
        self.rounds = self.rounds.wrapping_add(1);
        said
    }

    fn read(&self, module: Module, room: &mut Room, said: &mut Vec<String>) {
        match module {
            Module::Core => {
                let celsius = room.temperature_near();
                said.push(self.says("thermometer/0:1/temperature", &format!("{celsius:.2}")));
            }
            Module::Climate => {
                let (celsius, percent) = (room.temperature_far(), room.relative_humidity());
                said.push(self.says("thermometer/0:0/temperature", &format!("{celsius:.2}")));
                said.push(self.says("hygrometer/0:4/relative-humidity", &format!("{percent:.1}")));
                said.push(self.says("lux-meter/0:0/illuminance", &format!("{:.1}", room.illuminance())));
                let pascal = room.pressure() * 1_000.0;
                said.push(self.says("barometer/0:0/pressure", &format!("{pascal:.2}")));
                said.push(self.says("barometer/0:0/altitude", &format!("{:.2}", room.altitude())));
            }
            Module::Co2 => {
                said.push(self.says("co2-meter/-/concentration", &room.concentration().to_string()));
            }
            Module::Flood => said.push(self.says("flood-detector/a/alarm", "false")),
            // They speak when something happens.
            Module::Motion | Module::Button | Module::Switches => {}
        }
    }

    /// Somebody presses its button, or walks by.
    pub fn press(&mut self) -> String {
        let count = self.presses.to_string();
        self.presses = self.presses.wrapping_add(1);
        let topic = if self.modules.contains(&Module::Motion) {
            "pir/-/event-count"
        } else {
            "push-button/-/event-count"
        };
        self.says(topic, &count)
    }

    /// It gets its power anew: counters and outputs start again.
    pub fn boot(&mut self) -> String {
        (self.presses, self.rounds, self.led, self.power, self.pulse) = (0, 0, false, false, None);
        self.relays = [None; 2];
        self.info()
    }

    /// Does what it is told over the radio, and says what it answers.
    pub fn obey(&mut self, at: Duration, command: &str, payload: &Value) -> Option<String> {
        let switches = self.modules.contains(&Module::Switches);
        match command {
            "led/-/state/set" => {
                self.led = truth(payload)?;
                Some(self.state("led/-", Some(self.led)))
            }
            "led/-/state/get" => Some(self.state("led/-", Some(self.led))),
            "relay/-/state/set" if switches => {
                self.power = truth(payload)?;
                Some(self.state("relay/-", Some(self.power)))
            }
            "relay/-/state/get" if switches => Some(self.state("relay/-", Some(self.power))),
            "relay/0:0/state/set" if switches => self.switch(0, truth(payload)?),
            "relay/0:1/state/set" if switches => self.switch(1, truth(payload)?),
            "relay/0:0/state/get" if switches => Some(self.relay(0)),
            "relay/0:1/state/get" if switches => Some(self.relay(1)),
            "relay/0:0/pulse/set" if switches => self.begin_pulse(at, 0, payload),
            "relay/0:1/pulse/set" if switches => self.begin_pulse(at, 1, payload),
            // LED strips and displays never answer.
            _ => None,
        }
    }

    /// A pulse is over: the relay falls back without a word, as on the module.
    pub fn tick(&mut self, at: Duration) {
        if let Some((end, which, back)) = self.pulse
            && end <= at
        {
            self.relays[which] = Some(back);
            self.pulse = None;
        }
    }

    fn begin_pulse(&mut self, at: Duration, which: usize, payload: &Value) -> Option<String> {
        let lasts = payload.get("duration").and_then(whole).and_then(|ms| u64::try_from(ms).ok());
        let lasts = lasts.map_or(PULSE, Duration::from_millis).min(LONGEST_PULSE);
        let direction = payload.get("direction").and_then(truth).unwrap_or(true);
        self.relays[which] = Some(direction);
        self.pulse = Some((at + lasts, which, !direction));
        None
    }

    fn switch(&mut self, which: usize, on: bool) -> Option<String> {
        self.relays[which] = Some(on);
        Some(self.relay(which))
    }

    fn relay(&self, which: usize) -> String {
        self.state(&format!("relay/0:{which}"), self.relays[which])
    }

    fn state(&self, what: &str, state: Option<bool>) -> String {
        let state = state.map_or("null", |on| if on { "true" } else { "false" });
        self.says(&format!("{what}/state"), state)
    }

    fn says(&self, subtopic: &str, payload: &str) -> String {
        line(&format!("{}/{subtopic}", self.id), payload)
    }
}
