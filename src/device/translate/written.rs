//! What is written to a serial line: lines, bytes with what proves them, registers, pins.

use super::order::{UNIT, words};
use crate::device::frame::hex;
use crate::device::frame::modbus::Request;
use crate::device::profile::captures::Captures;
use crate::device::profile::pointer::Pointer;
use crate::device::profile::{Form, Profile, Send};

/// What is written to a serial line for words of a definition that are about no property, such as its probe.
pub fn written(profile: &Profile, send: &Send) -> Result<Box<[u8]>, String> {
    let none = Captures::default();
    let told = match &send.form {
        Form::Register(_) | Form::Pin(_) => None,
        Form::Line | Form::Hex(_) => Some(words(&send.words, &none, None)?),
    };
    on_line(profile, &send.form, &none, told).map(|(_, bytes)| bytes)
}

/// Words as they are written to a serial line: for people, and to the last byte. A register or a pin is asked for without
/// words.
pub(super) fn on_line(
    profile: &Profile,
    form: &Form,
    captures: &Captures,
    words: Option<String>,
) -> Result<(String, Box<[u8]>), String> {
    let bytes = match form {
        Form::Register(path) => register(profile, path, captures, words.as_deref())?.bytes(),
        Form::Pin(pin) => words.map_or_else(|| Ok(pin.ask()), |words| pin.set(&words))?.bytes(),
        Form::Line => {
            let words = words.unwrap_or_default();
            // A line end in a value would be a second command.
            if words.contains(char::is_control) {
                return Err("a control character does not go into a line".into());
            }
            let bytes = format!("{words}{}", profile.line_end()).into_bytes();
            return Ok((words, bytes.into()));
        }
        Form::Hex(tail) => {
            let words = words.unwrap_or_default();
            let mut bytes = hex::read(&words).ok_or_else(|| format!("\"{words:.60}\" is no row of bytes"))?;
            if let Some((sum, from, written)) = tail.sum {
                let covered = bytes.get(from..).ok_or("it is shorter than what its checksum leaves out")?;
                bytes.extend(sum.sent(covered, written));
            }
            bytes.extend_from_slice(&tail.end);
            bytes
        }
    };
    Ok((hex::shown(&bytes), bytes.into()))
}

/// The request that writes a register, or reads it if there is nothing to write.
fn register(
    profile: &Profile,
    path: &Pointer,
    captures: &Captures,
    value: Option<&str>,
) -> Result<Request, String> {
    let registers = profile.registers.as_ref().ok_or("it has no registers")?;
    let path = path.fill(captures).map_err(|name| format!("nothing is known for {{{name}}}"))?;
    let told = captures.get(UNIT).or_else(|| captures.get("id"));
    let unit = told.and_then(|unit| unit.parse().ok()).unwrap_or(registers.unit);
    match value {
        Some(value) => registers.write(unit, &path, value),
        None => registers.ask(unit, &path),
    }
}
