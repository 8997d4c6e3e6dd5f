//! A board that speaks Firmata: set up at every start, outputs as the board itself tells them, inputs, damage in between.
//!
//! The board is written from the protocol's tables and from how StandardFirmata 2.5 answers, not from the hub's own code.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::common::{PtyDevice, until};
use crate::rig::Rig;

const BASE: &str = "nodes/firmata/line";
const KEYS: &str = "speaks = [\"firmata/standard\"]";

/// F9 2 5, then F0 79 2 5 "Uno" F7: what a board says when it has started.
const ANNOUNCED: [u8; 14] = [0xf9, 2, 5, 0xf0, 0x79, 2, 5, 0x55, 0, 0x6e, 0, 0x6f, 0, 0xf7];

/// What the board has, and how it behaves.
#[derive(Default)]
struct Pins {
    /// Mode and what was written, by pin.
    pins: BTreeMap<u8, (u8, u8)>,
    /// Everything that came, message by message.
    heard: Vec<Vec<u8>>,
    /// Whether inputs are high.
    inputs: u8,
    reports_port: bool,
    /// It starts and hears nothing.
    is_deaf: bool,
    /// It does not switch, whatever it is told.
    is_stuck: bool,
    /// It does not answer a pin state query.
    is_mute: bool,
}

impl Pins {
    /// As after a start: A0 to A5 are analog inputs, everything else is an output and off.
    fn started() -> Self {
        let mode = |pin: u8| if pin >= 14 { 2 } else { 1 };
        Self { pins: (0..20).map(|pin| (pin, (mode(pin), 0))).collect(), ..Self::default() }
    }

    fn forget(&mut self) {
        let heard = std::mem::take(&mut self.heard);
        *self = Self { heard, ..Self::started() };
    }

    fn port(&self) -> [u8; 3] {
        let is_input = |pin: u8| matches!(self.pins.get(&pin), Some((0 | 11, _)));
        let bits = (0..8).filter(|pin| is_input(*pin)).fold(0, |bits, pin| bits | self.inputs & 1 << pin);
        [0x90, bits & 0x7f, bits >> 7]
    }

    fn answer(&mut self, message: &[u8]) -> Vec<u8> {
        self.heard.push(message.to_vec());
        match *message {
            [0xf9] => ANNOUNCED[..3].to_vec(),
            [0xf0, 0x79, 0xf7] => ANNOUNCED[3..].to_vec(),
            [0xf0, 0x69, 0xf7] => {
                let channels = (0..20).map(|pin: u8| pin.checked_sub(14).unwrap_or(0x7f));
                [vec![0xf0, 0x6a], channels.collect(), vec![0xf7]].concat()
            }
            [0xf0, 0x6d, pin, 0xf7] if !self.is_mute => {
                let (mode, state) = self.pins[&pin];
                vec![0xf0, 0x6e, pin, mode, state & 0x7f, state >> 7, 0xf7]
            }
            [0xf4, pin, mode] => {
                // Pin 4 of this board cannot be an input.
                if pin != 4 {
                    self.pins.insert(pin, (mode, u8::from(mode == 11)));
                }
                Vec::new()
            }
            [0xf5, pin, state] if !self.is_stuck && self.pins[&pin].0 == 1 => {
                self.pins.insert(pin, (1, state));
                Vec::new()
            }
            [0xe0..=0xef, low, high] if !self.is_stuck => {
                let pin = message[0] & 0x0f;
                let (mode, _) = self.pins[&pin];
                if matches!(mode, 3 | 4) {
                    self.pins.insert(pin, (mode, low | high << 7));
                }
                Vec::new()
            }
            [0xd0, is_on] => {
                self.reports_port = is_on != 0;
                self.port().to_vec()
            }
            [0xc0, 1] => vec![0xe0, 0x2a, 0x03],
            [0xc1, 1] => vec![0xe1, 0x7f, 0x07],
            _ => Vec::new(),
        }
    }
}

/// The end of the first whole message that a hub has written.
fn end(heard: &[u8]) -> Option<usize> {
    let length = match *heard.first()? {
        0xf9 | 0xff => 1,
        0xc0..=0xdf => 2,
        0xf0 => heard.iter().position(|byte| *byte == 0xf7)? + 1,
        _ => 3,
    };
    (heard.len() >= length).then_some(length)
}

enum Wish {
    Say(Vec<u8>),
    Unplug,
    Plug,
}

/// Plays a board on a line until it is dropped.
struct Board {
    pins: Arc<Mutex<Pins>>,
    wishes: mpsc::UnboundedSender<Wish>,
    task: JoinHandle<()>,
}

impl Board {
    fn play(mut line: PtyDevice, pins: Pins) -> Self {
        let pins = Arc::new(Mutex::new(pins));
        let (wishes, mut wished) = mpsc::unbounded_channel();
        let played = pins.clone();
        let task = tokio::spawn(async move {
            let (mut heard, mut is_plugged) = (Vec::new(), true);
            loop {
                tokio::time::sleep(Duration::from_millis(1)).await;
                while let Ok(wish) = wished.try_recv() {
                    match wish {
                        Wish::Say(bytes) => line.write(&bytes).await,
                        Wish::Unplug => {
                            line.unplug();
                            is_plugged = false;
                        }
                        Wish::Plug => {
                            line.plug();
                            is_plugged = true;
                        }
                    }
                }
                if !is_plugged {
                    continue;
                }
                heard.extend(line.take_bytes());
                if played.lock().expect("no test panics with it").is_deaf {
                    heard.clear();
                }
                while let Some(length) = end(&heard) {
                    let message: Vec<u8> = heard.drain(..length).collect();
                    let answer = played.lock().expect("no test panics with it").answer(&message);
                    line.write(&answer).await;
                }
            }
        });
        Self { pins, wishes, task }
    }

    fn change(&self, change: impl FnOnce(&mut Pins)) {
        change(&mut self.pins.lock().expect("no test panics with it"));
    }

    fn say(&self, bytes: &[u8]) {
        self.wishes.send(Wish::Say(bytes.to_vec())).expect("it is played");
    }

    fn wish(&self, wish: Wish) {
        self.wishes.send(wish).expect("it is played");
    }

    /// Its button is pressed: it forgets everything and says who it is.
    fn restart(&self) {
        self.change(Pins::forget);
        self.say(&ANNOUNCED);
    }

    /// What it was told since that was asked last.
    fn take_heard(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.pins.lock().expect("no test panics with it").heard)
    }

    /// Waits until it has heard this; everything up to then.
    async fn hears(&self, wanted: &[u8]) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        until(&format!("the board to hear {wanted:02X?}"), || {
            all.extend(self.take_heard());
            let found = all.iter().any(|message| message == wanted).then_some(());
            async move { found }
        })
        .await;
        all
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn set_up() -> (Board, Rig) {
    let line = PtyDevice::plugged();
    let mut rig = Rig::new(&line, KEYS).await;
    let board = Board::play(line, Pins::started());
    rig.link("up").await;
    rig.says(&format!("{BASE}/adc/1"), json!({ "voltage": [5.00, "V"] })).await;
    (board, rig)
}

#[tokio::test]
async fn a_board_is_greeted_until_it_has_started_and_set_up_then() {
    let line = PtyDevice::plugged();
    let mut rig = Rig::new(&line, KEYS).await;
    let board = Board::play(line, Pins { is_deaf: true, inputs: 0x04, ..Pins::started() });
    rig.link("connecting").await;
    // It starts; what looks like a report may be anything.
    board.say(&[0xe0, 0x2a, 0x01]);
    tokio::time::sleep(Duration::from_millis(2_300)).await;
    board.change(|pins| pins.is_deaf = false);
    let first = rig.script.wait_topic(&format!("{BASE}/adc/0")).await;
    assert_eq!(first.payload, json!({ "voltage": [2.08, "V"] }));
    let heard = board.hears(&[0xc1, 1]).await;
    let count = |wanted: &[u8]| heard.iter().filter(|message| **message == *wanted).count();
    // Modes that the board has not; those that it has are left, for they would forget what was written.
    for set in [[0xf4, 2, 11], [0xf4, 3, 3], [0xf4, 9, 4]] {
        assert_eq!(count(&set), 1, "{set:02X?} {heard:02X?}");
    }
    for left in [[0xf4, 13, 1], [0xf4, 8, 1], [0xf4, 14, 2]] {
        assert_eq!(count(&left), 0, "{left:02X?} {heard:02X?}");
    }
    assert_eq!(count(&[0xf0, 0x7a, 0x68, 0x07, 0xf7]), 1, "{heard:02X?}");
    assert!(!heard.iter().any(|message| message[0] == 0xf5), "nothing is switched: {heard:02X?}");
    assert_eq!(rig.now(&format!("{BASE}/relay/13")).await, json!({ "state": false }));
    assert_eq!(rig.now(&format!("{BASE}/input/2")).await, json!({ "state": false }));
    assert_eq!(rig.now(&format!("{BASE}/device/-")).await, json!({ "firmware": "Uno" }));
}

#[tokio::test]
async fn an_output_is_what_the_board_tells_of_it() {
    let (board, mut rig) = set_up().await;
    let relay = format!("{BASE}/relay/13");
    board.take_heard();
    let done = rig.command(&format!("{relay}/set"), json!({ "state": true }), "on").await;
    assert_eq!(done["step"], "confirmed", "{done}");
    assert_eq!(rig.now(&relay).await, json!({ "state": true }));
    let heard = board.take_heard();
    assert_eq!(heard, [vec![0xf5, 13, 1], vec![0xf0, 0x6d, 13, 0xf7]]);
    // This relay is on when its pin is low.
    let done = rig.command(&format!("{BASE}/relay/8/set"), json!({ "state": false }), "low").await;
    assert_eq!(done["step"], "confirmed", "{done}");
    assert_eq!(board.take_heard()[0], [0xf5, 8, 1]);
    // 40 % of 255 are 102; 200 of 255 need both halves.
    let light = format!("{BASE}/light/3/set");
    let done = rig.command(&light, json!({ "brightness": 40 }), "dim").await;
    assert_eq!(done["step"], "confirmed", "{done}");
    assert_eq!(board.take_heard()[0], [0xe3, 102, 0]);
    let done = rig.command(&light, json!({ "brightness": 78 }), "bright").await;
    assert_eq!(done["step"], "confirmed", "{done}");
    assert_eq!(board.take_heard()[0], [0xe3, 199 & 0x7f, 1]);
    let done = rig.command(&format!("{BASE}/valve/9/set"), json!({ "angle": 90 }), "half").await;
    assert_eq!(done["step"], "confirmed", "{done}");

    // It does not switch: its own word is another one.
    board.change(|pins| pins.is_stuck = true);
    let done = rig.command(&format!("{relay}/set"), json!({ "state": false }), "stuck").await;
    assert_eq!(done["step"], "unanswered", "{done}");
    assert_eq!(rig.now(&relay).await, json!({ "state": true }));
    // It does, and says nothing of it.
    board.change(|pins| (pins.is_stuck, pins.is_mute) = (false, true));
    let done = rig.command(&format!("{relay}/set"), json!({ "state": false }), "mute").await;
    assert_eq!((&done["step"], &done["code"]), (&json!("refused"), &json!("no-answer")), "{done}");
    assert_eq!(rig.now(&relay).await, json!({ "state": true }), "as it was told last");
}

#[tokio::test]
async fn a_board_that_restarts_is_set_up_anew_and_its_relay_stays_as_it_is() {
    let (board, mut rig) = set_up().await;
    let relay = format!("{BASE}/relay/13");
    let done = rig.command(&format!("{relay}/set"), json!({ "state": true }), "on").await;
    assert_eq!(done["step"], "confirmed", "{done}");
    board.take_heard();
    board.restart();
    rig.says(&relay, json!({ "state": false })).await;
    let heard = board.hears(&[0xd0, 1]).await;
    assert!(heard.contains(&vec![0xf4, 2, 11]), "{heard:02X?}");
    assert!(!heard.iter().any(|message| message[0] == 0xf5), "nobody switches it on again: {heard:02X?}");

    // And once more, pulled out: the port is another one, the board has forgotten everything.
    board.wish(Wish::Unplug);
    rig.link("unplugged").await;
    let done = rig.command(&format!("{relay}/set"), json!({ "state": true }), "away").await;
    assert_eq!((&done["step"], &done["code"]), (&json!("refused"), &json!("offline")), "{done}");
    board.change(Pins::forget);
    board.wish(Wish::Plug);
    rig.link("up").await;
    let heard = board.hears(&[0xd0, 1]).await;
    assert!(heard.contains(&vec![0xf4, 2, 11]), "{heard:02X?}");
    assert!(!heard.iter().any(|message| message[0] == 0xf5), "{heard:02X?}");
}

#[tokio::test]
async fn inputs_are_told_when_they_change_and_damage_between_them_is_counted() {
    let (board, mut rig) = set_up().await;
    let input = format!("{BASE}/input/2");
    rig.says(&input, json!({ "state": true })).await;
    board.say(&[0x90, 0x04, 0]);
    rig.says(&input, json!({ "state": false })).await;
    // Half a report, then a whole one; the rest of something; a report that nobody has asked for.
    board.say(&[0x90, 0x04, 0x90, 0x00, 0x00]);
    rig.says(&input, json!({ "state": true })).await;
    rig.counts("cut", 1).await;
    board.say(&[0x33, 0x44, 0x90, 0x04, 0x00]);
    rig.says(&input, json!({ "state": false })).await;
    rig.counts("noise", 1).await;
    board.say(&[0x93, 0x04, 0x00]);
    rig.counts("malformed", 1).await;
    board.say(&[0xe0]);
    tokio::time::sleep(Duration::from_millis(20)).await;
    board.say(&[0x2a, 0x01]);
    // 170 of 1023: a message in two pieces.
    rig.says(&format!("{BASE}/adc/0"), json!({ "voltage": [0.83, "V"] })).await;
    assert_eq!(rig.now(&input).await, json!({ "state": false }));
}

#[tokio::test]
async fn what_a_board_cannot_do_is_in_the_log_and_no_reading() {
    let (board, mut rig) = set_up().await;
    logs(&rig, "the board does not use pin 4 as `input`").await;
    // The bit of pin 4 is set all the same.
    board.say(&[0x90, 0x14, 0x00]);
    rig.says(&format!("{BASE}/input/2"), json!({ "state": false })).await;
    let topic = format!("{BASE}/input/4");
    let heard = rig.script.next_within(Duration::from_millis(300)).await;
    assert!(!matches!(&heard, Some(Ok(heard)) if heard.topic == topic), "{heard:?}");
}

#[tokio::test]
async fn what_a_board_says_in_words_is_in_the_log() {
    let line = PtyDevice::plugged();
    let mut rig = Rig::new(&line, KEYS).await;
    let board = Board::play(line, Pins { is_deaf: true, ..Pins::started() });
    rig.link("connecting").await;
    board.say(&[0xf0, 0x71, 0x48, 0, 0x69, 0, 0xf7]);
    logs(&rig, "the board says \"Hi\"").await;
}

async fn logs(rig: &Rig, wanted: &str) {
    until(&format!("the log to say {wanted}"), || {
        let found = rig.hub.log().contains(wanted).then_some(());
        async move { found }
    })
    .await;
}
