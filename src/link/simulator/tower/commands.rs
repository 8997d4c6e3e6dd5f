//! What the dongle does with a line of the hub.
//!
//! Source: hardwario/twr-gateway-radio-dongle, `src/application.c`. It compares only as much of a command as it was
//! given, so that an incomplete topic means every command it begins.

use std::time::Duration;

use serde_json::Value;

use super::dongle::{Dongle, OWN_ID};
use super::wire::{self, line, truth, whole};

/// Every command, in the order in which the dongle looks for it.
const COMMANDS: &[&str] = &[
    "led/-/state/set",
    "led/-/state/get",
    "relay/-/state/set",
    "relay/-/state/get",
    "relay/0:0/state/set",
    "relay/0:0/state/get",
    "relay/0:0/pulse/set",
    "relay/0:1/state/set",
    "relay/0:1/state/get",
    "relay/0:1/pulse/set",
    "lcd/-/text/set",
    "lcd/-/screen/clear",
    "led-strip/-/color/set",
    "led-strip/-/brightness/set",
    "led-strip/-/compound/set",
    "led-strip/-/effect/set",
    "led-strip/-/thermometer/set",
    "/info/get",
    "/nodes/get",
    "/nodes/add",
    "/nodes/remove",
    "/nodes/purge",
    "/scan/start",
    "/scan/stop",
    "/pairing-mode/start",
    "/pairing-mode/stop",
    "/automatic-pairing/start",
    "/automatic-pairing/stop",
    "$eeprom/alias/add",
    "$eeprom/alias/remove",
    "$eeprom/alias/list",
];

impl Dongle {
    /// Takes one line without its newline; why nothing was done with it, if that is so.
    pub fn hear(&mut self, at: Duration, heard: &[u8]) -> Result<(), &'static str> {
        self.meet(at);
        if heard.is_empty() {
            return Ok(());
        }
        let request = wire::parse(heard)?;
        let (id, rest) = match request.topic.as_bytes().first() {
            Some(b'/' | b'$') => (None, request.topic.as_str()),
            _ => {
                let id =
                    request.topic.get(..12).filter(|id| wire::is_id(id)).ok_or("not the id of a node")?;
                let rest = request.topic[12..].strip_prefix('/').filter(|rest| !rest.is_empty());
                (Some(id.to_ascii_lowercase()), rest.ok_or("not a command of a node")?)
            }
        };
        let mut meant = COMMANDS.iter().filter(|command| command.starts_with(rest)).peekable();
        if meant.peek().is_none() {
            return Err("not a command");
        }
        for command in meant {
            match id.as_deref() {
                Some(OWN_ID) if self.is_ready => self.obey(at, command, &request.payload),
                Some(id) if !command.starts_with(['/', '$']) => {
                    self.transmit(at, id, command, &request.payload);
                }
                Some(_) | None => self.serve(at, command, &request.payload),
            }
        }
        Ok(())
    }

    /// Its own LED, and the relay of the Power Module it may stand on.
    fn obey(&mut self, at: Duration, command: &str, payload: &Value) {
        let (what, state) = match (command, truth(payload)) {
            ("led/-/state/set", Some(state)) => {
                self.led = state;
                ("led", state)
            }
            ("led/-/state/get", _) => ("led", self.led),
            ("relay/-/state/set", Some(state)) => {
                self.relay = state;
                ("relay", state)
            }
            ("relay/-/state/get", _) => ("relay", self.relay),
            _ => return,
        };
        self.say(at, &line(&format!("{OWN_ID}/{what}/-/state"), &state.to_string()));
    }

    fn serve(&mut self, at: Duration, command: &str, payload: &Value) {
        match command {
            "/info/get" => self.say(at, &self.info()),
            "/nodes/get" => self.say(at, &line("/nodes", &self.memory.list())),
            "/nodes/add" | "/nodes/remove" => {
                if let Some(id) = wire::id(payload) {
                    self.pair_by_hand(at, command, &id);
                }
            }
            "/nodes/purge" => {
                for id in self.memory.purge() {
                    self.say(at, &line("/detach", &format!("\"{id}\"")));
                }
                self.say(at, &line("/nodes", &self.memory.list()));
            }
            "/scan/start" | "/scan/stop" => {
                self.scan = command.ends_with("start").then(Vec::new);
                self.answer_mode(at, command);
            }
            "/automatic-pairing/start" | "/automatic-pairing/stop" => {
                self.pairs_anybody = command.ends_with("start");
                self.answer_mode(at, command);
            }
            "/pairing-mode/start" => {
                self.begin_pairing(at);
                self.answer_mode(at, command);
            }
            "/pairing-mode/stop" => {
                self.is_pairing = false;
                self.answer_mode(at, command);
            }
            _ => self.remember(at, command, payload),
        }
    }

    /// Adds or removes a node. When there is nothing to do, nothing is said.
    fn pair_by_hand(&mut self, at: Duration, command: &str, id: &str) {
        if command.ends_with("add") {
            if self.attach(at, id) == super::memory::Attached::New {
                self.invite(at, id);
            }
        } else if self.memory.detach(id) {
            self.say(at, &line("/detach", &format!("\"{id}\"")));
        }
    }

    /// `/scan/start` is answered by `/scan` `"start"`.
    fn answer_mode(&mut self, at: Duration, command: &str) {
        if let Some((topic, word)) = command.rsplit_once('/') {
            self.say(at, &line(topic, &format!("\"{word}\"")));
        }
    }

    /// The names in its EEPROM.
    fn remember(&mut self, at: Duration, command: &str, payload: &Value) {
        match command {
            "$eeprom/alias/list" => {
                if let Some(page) = whole(payload).and_then(|page| self.memory.page(page)) {
                    self.say(at, &page);
                }
            }
            "$eeprom/alias/add" => {
                let id = payload.get("id").and_then(wire::id);
                if let (Some(id), Some(name)) = (id, payload.get("name").and_then(Value::as_str)) {
                    self.name(at, &id, name);
                }
            }
            "$eeprom/alias/remove" => {
                if let Some(id) = wire::id(payload) {
                    let outcome = if self.faults.eeprom_is_broken {
                        "error"
                    } else {
                        self.memory.unname(&id);
                        "ok"
                    };
                    self.say(at, &line(&format!("{command}/{outcome}"), &format!("\"{id}\"")));
                }
            }
            // Commands of nodes without a node before them.
            _ => {}
        }
    }
}
