//! The simulated bridge: Clown.Talk messages in, Clown.Talk messages out.
//!
//! A pure state machine: no I/O, and the time since power-on is an argument. [`Bridge::hear`] takes what the hub
//! says, [`Bridge::tick`] gives what is due, [`Bridge::next_due`] says when to come back. Values come from the
//! [`Room`]; the relays act on it. A bridge says nothing before the handshake.

use std::time::Duration;

use super::answer::{Heard, message, refuse, say};
use super::fitted::{FITTED, Fitted, Kind, position};
use super::object::Object;
use super::physics::Room;
use super::relay::Relay;
use super::rhythm::{Rhythm, interval, period};
use crate::talk::{Message, Payload, Topic};

/// How long a measurement asked for by `get` takes.
const CONVERSION: Duration = Duration::from_millis(30);
/// Sensors come up one after the other, so that they do not speak in one breath for ever.
const STAGGER: Duration = Duration::from_millis(40);
/// The light's states (bc-bridge, task_led).
const LIGHTS: [&str; 5] = ["off", "on", "1-dot", "2-dot", "3-dot"];
const HEATER: usize = 0;
const FAN: usize = 1;

/// Which of the two descriptions of Clown.Talk the bridge follows where they differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// The documents: `config/set`, the list on `-/-/config/ok`, a reason for every refusal.
    Documented,
    /// bc-bridge v1.1.1: `config/update` only, the list on `-/-/config/list/ok`, silence for every refusal.
    BcBridge,
}

/// What makes one simulated bridge differ from another.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Where the two descriptions differ.
    pub manner: Manner,
    /// Seed of the room's random numbers; the same seed gives the same values.
    pub seed: u64,
    /// Time of day at power-on.
    pub time_of_day: Duration,
    /// How long one second of every `publish-interval` takes; shorter than a second loads a hub.
    pub second: Duration,
}

impl Default for Setup {
    /// A bridge by the documents, at noon.
    fn default() -> Self {
        Self {
            manner: Manner::Documented,
            seed: 1,
            time_of_day: Duration::from_secs(12 * 3_600),
            second: Duration::from_secs(1),
        }
    }
}

/// The bridge and everything plugged into it.
#[derive(Clone, Debug)]
pub struct Bridge {
    manner: Manner,
    second: Duration,
    room: Room,
    awake: bool,
    rhythms: [Rhythm; FITTED.len()],
    light: &'static str,
    relays: [Relay; 2],
}

impl Bridge {
    /// A bridge that has just got power and waits for the handshake.
    pub fn new(setup: &Setup) -> Self {
        Self {
            manner: setup.manner,
            second: setup.second,
            room: Room::new(setup.seed, setup.time_of_day),
            awake: false,
            rhythms: FITTED.map(|fitted| Rhythm::usual(fitted.kind)),
            light: LIGHTS[0],
            relays: [Relay::default(), Relay::default()],
        }
    }

    /// The process behind the line starts again: it waits for the handshake and has forgotten what it was told.
    /// The coils stay as they are, and so does the room.
    pub fn restart(&mut self) {
        self.awake = false;
        self.rhythms = FITTED.map(|fitted| Rhythm::usual(fitted.kind));
        self.light = LIGHTS[0];
        self.relays.iter_mut().for_each(Relay::forget);
    }

    /// Skips the handshake, as bc-bridge does with `-f`, and announces itself.
    pub fn wake(&mut self, at: Duration) -> Vec<Message> {
        self.awake = true;
        let mut up = at;
        for (fitted, rhythm) in FITTED.iter().zip(&mut self.rhythms) {
            if fitted.kind.is_sensor() {
                rhythm.due = Some(up);
                up += STAGGER;
            }
        }
        match self.manner {
            Manner::Documented => vec![message("boot", r#"{"reason-for-reset": "power-on"}"#)],
            // bc-bridge never says it.
            Manner::BcBridge => Vec::new(),
        }
    }

    /// Takes one message.
    pub fn hear(&mut self, at: Duration, heard: &Message) -> Heard {
        let levels: Vec<&str> = heard.topic.as_str().split('/').filter(|level| !level.is_empty()).collect();
        let handshake = levels == ["clown.talk", "-", "config", "set"];
        if !self.awake && !handshake {
            return Heard::default();
        }
        let Some(object) = Object::parse(heard.payload.as_str()) else {
            return refuse("not-an-object", "the payload of a command is a JSON object, at least {}");
        };
        match levels[..] {
            _ if handshake => self.handshake(at),
            ["-", "-", "config", "list"] => self.list(&object),
            [kind, address, "config", verb] => self.config(at, kind, address, verb, &object),
            [kind, address, action @ ("set" | "get")] => self.action(at, kind, address, action, &object),
            _ => refuse("unknown-topic", "a bridge takes TYPE/ADDRESS/set, …/get and TYPE/ADDRESS/config/…"),
        }
    }

    /// What is due by now.
    pub fn tick(&mut self, at: Duration) -> Vec<Message> {
        let mut said = Vec::new();
        self.feel(at);
        for (which, path) in [(HEATER, "relay/i2c0-3b"), (FAN, "relay/i2c0-3f")] {
            if self.relays[which].tick(at) {
                said.push(self.relay_state(which, path));
            }
        }
        for (index, fitted) in FITTED.iter().enumerate() {
            let rhythm = &mut self.rhythms[index];
            let wanted = rhythm.wanted.take_if(|wanted| *wanted <= at).is_some();
            let due = rhythm.due.is_some_and(|due| due <= at);
            if due {
                let period = period(fitted.kind, rhythm.interval_s, self.second);
                rhythm.step(at, period);
            }
            if wanted || due {
                said.push(self.measure(fitted));
            }
        }
        said
    }

    /// When [`tick`](Self::tick) has something to say next.
    pub fn next_due(&self) -> Option<Duration> {
        let sensors = self.rhythms.iter().flat_map(|rhythm| [rhythm.due, rhythm.wanted]);
        let relays = self.relays.iter().map(Relay::next_due);
        sensors.chain(relays).flatten().min()
    }

    /// Lets the room feel the time up to `at` under the coils as they are.
    fn feel(&mut self, at: Duration) {
        self.room.advance(at, self.relays[HEATER].coil(), self.relays[FAN].coil());
    }

    fn handshake(&mut self, at: Duration) -> Heard {
        if self.awake && self.manner == Manner::BcBridge {
            // One process of bc-bridge takes one handshake. Another one means that the port was closed and opened
            // again, faster than we could see it: a new process.
            self.restart();
        }
        let mut said = vec![message(
            "clown.talk/-/config/ok",
            concat!(
                r#"{"ack": false, "device": "bridge", "capabilities": 1, "#,
                r#""firmware-datetime": "2016-12-26T17:58:02Z", "firmware-release": "1.1.1"}"#
            ),
        )];
        if !self.awake {
            said.extend(self.wake(at));
        }
        Heard { said, refused: None }
    }

    fn list(&self, object: &Object<'_>) -> Heard {
        if !object.fields.is_empty() {
            return refuse("not-empty", "-/-/config/list takes an empty object {}");
        }
        let names = |sensors: bool| {
            let kept = FITTED.iter().filter(|fitted| fitted.kind.is_sensor() == sensors);
            kept.map(|fitted| format!("\"{}\"", fitted.path())).collect::<Vec<_>>().join(", ")
        };
        let (topic, notifications) = match self.manner {
            Manner::Documented => ("-/-/config/ok", "\"boot\""),
            Manner::BcBridge => ("-/-/config/list/ok", ""),
        };
        say(message(
            topic,
            &format!(
                r#"{{"sensors": [{}], "actuators": [{}], "notifications": [{notifications}]}}"#,
                names(true),
                names(false)
            ),
        ))
    }

    fn config(&mut self, at: Duration, kind: &str, address: &str, verb: &str, object: &Object<'_>) -> Heard {
        let Some(index) = position(kind, address) else {
            return self.refuse_request(kind, address, "no-such-device", NO_SUCH_DEVICE);
        };
        match (verb, self.manner) {
            ("get" | "list", _) => say(self.config_ok(index)),
            ("update", _) | ("set", Manner::Documented) => self.set_interval(at, index, object),
            _ => self.refuse_request(
                kind,
                address,
                "unknown-request",
                "config knows set, update, get and list",
            ),
        }
    }

    fn set_interval(&mut self, at: Duration, index: usize, object: &Object<'_>) -> Heard {
        let fitted = &FITTED[index];
        let wanted = object.get("publish-interval").map(interval);
        let interval_s = match wanted {
            Some(Some(interval_s)) => interval_s,
            _ => {
                return self.refuse_request(
                    fitted.kind.word(),
                    fitted.address,
                    "bad-publish-interval",
                    "publish-interval is a whole number of seconds from 0 up, or null",
                );
            }
        };
        if fitted.kind == Kind::Co2Sensor && interval_s.is_some_and(|s| (1..16).contains(&s)) {
            return self.refuse_request(
                fitted.kind.word(),
                fitted.address,
                "too-fast",
                "the CO₂ module measures every 16 s: publish-interval is 0, 16 or more, or null",
            );
        }
        self.rhythms[index].interval_s = interval_s;
        if fitted.kind.is_sensor() {
            self.rhythms[index].due = period(fitted.kind, interval_s, self.second).map(|period| at + period);
        }
        say(self.config_ok(index))
    }

    fn config_ok(&self, index: usize) -> Message {
        let interval =
            self.rhythms[index].interval_s.map_or_else(|| "null".to_owned(), |interval| interval.to_string());
        message(
            &format!("{}/config/ok", FITTED[index].path()),
            &format!(r#"{{"publish-interval": {interval}}}"#),
        )
    }

    fn action(
        &mut self,
        at: Duration,
        kind: &str,
        address: &str,
        action: &str,
        object: &Object<'_>,
    ) -> Heard {
        let Some(index) = position(kind, address) else { return refuse("no-such-device", NO_SUCH_DEVICE) };
        let fitted = &FITTED[index];
        match (fitted.kind, action) {
            (Kind::Led, "set") => {
                let wanted = object.first("state").and_then(|text| serde_json::from_str::<String>(text).ok());
                match wanted.and_then(|word| LIGHTS.into_iter().find(|light| *light == word)) {
                    Some(light) => self.light = light,
                    None => return refuse("bad-state", "led takes off, on, 1-dot, 2-dot or 3-dot"),
                }
                say(self.light_state())
            }
            (Kind::Led, _) => say(self.light_state()),
            (Kind::Relay, "set") => match object.first("state") {
                Some("true") => self.switch(at, fitted, true),
                Some("false") => self.switch(at, fitted, false),
                _ => refuse("bad-state", "relay takes {\"state\": true} or {\"state\": false}"),
            },
            (Kind::Relay, _) => say(self.relay_state(relay_of(fitted), &fitted.path())),
            (Kind::DisplayOled, "set") => show(object),
            (_, "get") if fitted.kind.is_sensor() => {
                self.rhythms[index].wanted = Some(at + CONVERSION);
                Heard::default()
            }
            _ => refuse("cannot", "this device cannot do that: sensors take get, displays take set"),
        }
    }

    fn switch(&mut self, at: Duration, fitted: &Fitted, on: bool) -> Heard {
        self.feel(at);
        let which = relay_of(fitted);
        if self.relays[which].set(at, on) {
            say(self.relay_state(which, &fitted.path()))
        } else {
            // The coil is still moving: the state follows from `tick`.
            Heard::default()
        }
    }

    fn relay_state(&self, which: usize, path: &str) -> Message {
        let state = self.relays[which].state().map_or("null", |on| if on { "true" } else { "false" });
        message(path, &format!(r#"{{"state": {state}}}"#))
    }

    fn light_state(&self) -> Message {
        message("led/-", &format!(r#"{{"state": "{}"}}"#, self.light))
    }

    /// One data message, in the digits bc-bridge prints.
    fn measure(&mut self, fitted: &Fitted) -> Message {
        let room = &mut self.room;
        let degree = match self.manner {
            Manner::Documented => "℃",
            Manner::BcBridge => "\\u2103",
        };
        let payload = match fitted.kind {
            Kind::Thermometer => {
                let celsius = match fitted.address {
                    "i2c0-48" => room.temperature_near(),
                    _ => room.temperature_far(),
                };
                format!(r#"{{"temperature": [{celsius:.2}, "{degree}"]}}"#)
            }
            Kind::LuxMeter => format!(r#"{{"illuminance": [{:.2}, "lux"]}}"#, room.illuminance()),
            Kind::Barometer => format!(
                r#"{{"altitude": [{:.1}, "m"], "pressure": [{:.3}, "kPa"]}}"#,
                room.altitude(),
                room.pressure()
            ),
            Kind::HumiditySensor => {
                format!(r#"{{"relative-humidity": [{:.1}, "%"]}}"#, room.relative_humidity())
            }
            Kind::Co2Sensor => format!(r#"{{"concentration": [{}, "ppm"]}}"#, room.concentration()),
            // Actuators have no due time, so `tick` never asks them.
            Kind::Led | Kind::Relay | Kind::DisplayOled => "{}".to_owned(),
        };
        message(&fitted.path(), &payload)
    }

    /// A request is refused on its own error topic, where the documents want an answer.
    fn refuse_request(&self, kind: &str, address: &str, code: &'static str, reason: &str) -> Heard {
        let mut heard = refuse(code, reason);
        if self.manner == Manner::Documented {
            let payload = serde_json::json!({ "error": code, "message": reason }).to_string();
            // The address came from outside; what is no topic with `error` behind it gets no answer there.
            if let (Ok(topic), Ok(payload)) =
                (Topic::new(&format!("{kind}/{address}/config/error")), Payload::parse(&payload))
            {
                heard.said.push(Message { topic, payload, options: None });
            }
        }
        heard
    }
}

const NO_SUCH_DEVICE: &str = "no such device on this bridge; ask with -/-/config/list";

/// Accepts what the display would show; it never answers.
fn show(object: &Object<'_>) -> Heard {
    let fits = |key: &str, text: &str| {
        let text = serde_json::from_str::<String>(text).unwrap_or_default();
        match key.strip_prefix("line-").and_then(|line| line.parse::<u8>().ok()) {
            Some(line) => line < 8 && text.chars().count() <= 22,
            None => key == "raw" && object.fields.len() == 1 && text.len() == 1368,
        }
    };
    if object.fields.iter().all(|(key, value)| fits(key, value.get())) {
        return Heard::default();
    }
    refuse(
        "bad-line",
        "display takes line-0 to line-7 of 21 characters, or raw alone with 1024 bytes in base64",
    )
}

fn relay_of(fitted: &Fitted) -> usize {
    if fitted.address == "i2c0-3b" { HEATER } else { FAN }
}
