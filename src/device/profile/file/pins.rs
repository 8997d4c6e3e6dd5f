//! `pin` and `mode` of a property: how a pin of a board that speaks Firmata is used.

use std::cell::RefCell;

use super::Variants;
use crate::device::frame::Format;
use crate::device::frame::firmata::{Mode, Pin};
use crate::device::profile::number::{Digits, Scale};
use crate::device::profile::pointer::Pointer;
use crate::device::profile::{Confirm, Form, Read, Send, Write};
use crate::sheet::{Section, found};

const PIN: &str = r#"the number of a pin such as 13, or of an analog input such as "A0""#;
/// The last pin and the last analog input that a message can name.
const LAST_PIN: u8 = 127;
const LAST_CHANNEL: u8 = 15;

/// The pins that the properties of a file name.
#[derive(Default)]
pub(super) struct Pins {
    /// Whether the file is about a board that speaks Firmata.
    is_board: bool,
    all: RefCell<Vec<Pin>>,
}

impl Pins {
    /// For a file with this frame. What is wrong with it was told.
    pub fn of(root: &Section<'_>, frame: Option<&Format>) -> Self {
        let is_board = match frame {
            Some(Format::Firmata(_)) => true,
            Some(Format::Lines(_) | Format::Block(_) | Format::Binary(_) | Format::Sml) => false,
            None => root.has("frame"),
        };
        Self { is_board, all: RefCell::default() }
    }

    /// Hands them to the frame, which leaves out what is said of others.
    pub fn into_frame(self, root: &Section<'_>, frame: &mut Option<Format>) {
        let Some(Format::Firmata(firmata)) = frame else { return };
        firmata.pins = self.all.into_inner();
        if firmata.pins.is_empty() && !root.sheet.has_problems() {
            let allowed =
                r#"at least one [[property]] with `pin` and `mode`, such as pin = 13, mode = "output""#;
            root.fault("frame", "found without a pin".into(), allowed.into(), None);
        }
    }
}

/// The pin of a property, if it has one.
pub(super) fn read(section: &Section<'_>, variants: &Variants) -> Option<Pin> {
    if !section.has("pin") && !section.has("mode") {
        return None;
    }
    let Some(place) = section.value("pin") else {
        section.fault("pin", "is missing".into(), PIN.into(), None);
        section.choice("mode", &Mode::WORDS, None)?;
        return None;
    };
    if !place.is_integer() && !place.is_str() {
        section.fault("pin", found(&toml_edit::Item::Value(place.clone())), PIN.into(), None);
        // Asked for, so that it is no unknown key.
        let _ = section.has("mode");
        return None;
    }
    let mode = section.choice("mode", &Mode::WORDS, None);
    if !variants.pins.is_board {
        let allowed = r#"a [frame] with kind = "firmata""#.into();
        section.fault("pin", "found without Firmata".into(), allowed, None);
        return None;
    }
    let mode = mode?;
    let told = || found(&toml_edit::Item::Value(place.clone()));
    let number = match number(place, mode) {
        Ok(number) => number,
        Err(hint) => {
            let allowed = match mode {
                Mode::Analog => r#"an analog input from "A0" to "A15""#,
                _ => "a whole number from 0 to 127",
            };
            section.fault("pin", told(), allowed.into(), hint);
            return None;
        }
    };
    let pin = Pin { number, mode };
    let mut all = variants.pins.all.borrow_mut();
    let is_same =
        |other: &&Pin| other.number == number && (other.mode == Mode::Analog) == (mode == Mode::Analog);
    match all.iter().find(is_same) {
        Some(other) if other.mode != mode => {
            let allowed = format!("each pin in one mode; it is mode = \"{}\" above", other.mode.word());
            section.fault("pin", format!("{} twice", told()), allowed, None);
        }
        Some(_) => {}
        None => all.push(pin),
    }
    Some(pin)
}

/// The number of a pin, or of an analog input; otherwise perhaps what was meant.
fn number(place: &toml_edit::Value, mode: Mode) -> Result<u8, Option<String>> {
    let whole = place.as_integer().and_then(|number| u8::try_from(number).ok());
    let channel = place.as_str().and_then(|text| text.strip_prefix(['A', 'a'])?.parse::<u8>().ok());
    let quoted = place.as_str().and_then(|text| text.parse::<u8>().ok());
    match (mode, whole, channel) {
        (Mode::Analog, None, Some(channel @ 0..=LAST_CHANNEL)) => Ok(channel),
        (Mode::Analog, Some(number), _) => {
            let channel = number.checked_sub(14).unwrap_or(number).min(LAST_CHANNEL);
            Err(Some(format!("analog inputs are named as on the board; write \"A{channel}\"")))
        }
        (Mode::Analog, _, _) => Err(None),
        (_, Some(number @ 0..=LAST_PIN), _) => Ok(number),
        (_, _, Some(channel)) => Err(Some(format!(
            "as an input or output A{channel} has a number of its own, on an Uno {}",
            14 + u16::from(channel)
        ))),
        _ => Err(quoted.map(|number| format!("write {number}, without quotes"))),
    }
}

/// Where the value of a pin is read.
pub(super) fn pointer(pin: Pin) -> Pointer {
    Pointer::new(&pin.pointer()).unwrap_or_else(|_| Pointer::whole())
}

/// How a pin is read where the file says nothing else.
pub(super) fn usual_read(pin: Pin) -> Read {
    Read {
        topics: None,
        when: Vec::new(),
        parts: None,
        value: pointer(pin),
        regex: None,
        template: None,
        map: Vec::new(),
        digits: Digits::Decimal,
        scale: Scale::default(),
    }
}

/// How a pin is set where the file says nothing else; nothing if it is an input.
pub(super) fn usual_write(pin: Pin) -> Option<Write> {
    let send = || Send::plain(Form::Pin(pin));
    pin.mode.is_set().then(|| Write {
        sends: vec![send()],
        confirm: Confirm::Ask(vec![send()]),
        timed: None,
        optimistic: false,
        refused_by: Vec::new(),
    })
}
