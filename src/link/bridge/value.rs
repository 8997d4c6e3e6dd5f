//! Payloads as the tasks of bc-bridge read them: raw text between the quotes, escapes not decoded.

use base64::Engine as _;

use crate::device::Refusal;

type Members<'a> = &'a [(&'a str, &'a str)];

/// Words of the LED.
const LED: [&str; 5] = ["off", "on", "1-dot", "2-dot", "3-dot"];
/// Characters of one line of the display.
const MAX_TEXT: usize = 21;
/// A picture for the display: 128 × 64 bits.
const PICTURE: usize = 1024;
/// The shortest interval of the CO₂ sensor but 0, in seconds.
const CO2_INTERVAL: u32 = 16;
/// The longest number, in characters.
const MAX_NUMBER: usize = 9;

/// `{"state": true}`; only the first key is looked at.
pub fn relay(members: Members<'_>) -> Result<(), Refusal> {
    match members {
        [("state", "true" | "false")] => Ok(()),
        [("state", found)] => Err(wrong(format!("state must be true or false, not {found:.40}"))),
        _ => Err(wrong("a relay takes {\"state\": true} or {\"state\": false} and no other key".to_owned())),
    }
}

/// `{"state": "1-dot"}`.
pub fn led(members: Members<'_>) -> Result<(), Refusal> {
    match members {
        [("state", found)] if text(found).is_some_and(|word| LED.contains(&word)) => Ok(()),
        [("state", found)] => Err(wrong(format!("state must be one of {}, not {found:.40}", LED.join(", ")))),
        _ => Err(wrong("a LED takes {\"state\": \"on\"} and no other key".to_owned())),
    }
}

/// `{"publish-interval": 30}` in seconds, or `null` for never.
pub fn interval(is_co2: bool, members: Members<'_>) -> Result<(), Refusal> {
    let [("publish-interval", found)] = members else {
        return Err(wrong("the only setting is {\"publish-interval\": seconds}".to_owned()));
    };
    if *found == "null" {
        return Ok(());
    }
    match whole(found) {
        None => {
            Err(wrong(format!("publish-interval must be a whole number of seconds or null, not {found:.40}")))
        }
        Some(1..CO2_INTERVAL) if is_co2 => {
            Err(wrong(format!("the CO₂ sensor takes 0 or at least {CO2_INTERVAL} seconds, not {found}")))
        }
        Some(_) => Ok(()),
    }
}

/// `{"line-0": "text"}` up to `line-7`, or `{"raw": "base64"}` alone.
pub fn display(members: Members<'_>) -> Result<(), Refusal> {
    match members {
        [] => Err(wrong("a display takes line-0 to line-7, or raw".to_owned())),
        [("raw", found)] => picture(found),
        _ => members.iter().try_for_each(|(key, found)| display_line(key, found)),
    }
}

fn display_line(key: &str, found: &str) -> Result<(), Refusal> {
    let is_line = key.strip_prefix("line-").is_some_and(|n| matches!(n.as_bytes(), [b'0'..=b'7']));
    if !is_line {
        return Err(wrong(format!("a display takes line-0 to line-7, or raw alone, not {key:.40}")));
    }
    match text(found) {
        None => Err(wrong(format!("{key} must be a text"))),
        Some(line) if line.contains('\\') => {
            Err(wrong(format!("{key} has an escape, which the display shows as it stands")))
        }
        Some(line) if line.len() > MAX_TEXT => {
            Err(wrong(format!("{key} has {} bytes and the display shows {MAX_TEXT}", line.len())))
        }
        Some(_) => Ok(()),
    }
}

fn picture(found: &str) -> Result<(), Refusal> {
    let bytes = text(found).and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok());
    match bytes {
        Some(bytes) if bytes.len() == PICTURE => Ok(()),
        Some(bytes) => Err(wrong(format!("raw has {} bytes and a picture has {PICTURE}", bytes.len()))),
        None => Err(wrong("raw must be a picture of 1,024 bytes in base64".to_owned())),
    }
}

/// `{"address": "48", "write": DATA, "read-length": n}` for the raw bus.
pub fn bus(members: Members<'_>, reads: bool) -> Result<(), Refusal> {
    let (mut address, mut length, mut write) = (false, None, None);
    for (key, found) in members {
        match *key {
            "address" => address = text(found).is_some_and(is_bus_address),
            "read-length" => {
                let reason = || wrong(format!("read-length must be a whole number, not {found:.40}"));
                length = Some(whole(found).ok_or_else(reason)?);
            }
            "write" => {
                let reason = || wrong("write must be (text), hex bytes such as 0A,FF, or base64".to_owned());
                write = Some(text(found).and_then(bus_length).ok_or_else(reason)?);
            }
            _ => return Err(wrong(format!("the bus takes address, write and read-length, not {key:.40}"))),
        }
    }
    if !address {
        return Err(wrong("address must be two hex digits up to 7F, such as \"48\"".to_owned()));
    }
    match (length.unwrap_or(0), write) {
        (1.., Some(3..)) => Err(wrong("before reading at most two bytes can be written".to_owned())),
        (0, _) if reads => Err(wrong("a read needs read-length".to_owned())),
        (0, None) => Err(wrong("nothing to write and nothing to read".to_owned())),
        _ => Ok(()),
    }
}

fn is_bus_address(text: &str) -> bool {
    text.len() <= 2 && u8::from_str_radix(text, 16).is_ok_and(|address| address <= 0x7f)
}

/// How many bytes a text for the bus is; its encoding is recognised by its shape.
fn bus_length(text: &str) -> Option<usize> {
    if let Some(plain) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        let plain: String = serde_json::from_str(&format!("\"{plain}\"")).ok()?;
        return plain.is_ascii().then_some(plain.len());
    }
    let is_hex = |byte: &str| byte.len() == 2 && byte.bytes().all(|digit| digit.is_ascii_hexdigit());
    if text.split(',').all(is_hex) {
        return Some(text.split(',').count());
    }
    base64::engine::general_purpose::STANDARD.decode(text).ok().map(|bytes| bytes.len())
}

/// A non-negative whole number as the device reads it: digits, or digits with an exponent.
fn whole(text: &str) -> Option<u32> {
    if text.len() > MAX_NUMBER {
        return None;
    }
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let digits: u32 = digits.parse().ok()?;
    let exponent: u32 = exponent.strip_prefix('+').unwrap_or(exponent).parse().ok()?;
    let number = digits.checked_mul(10_u32.checked_pow(exponent)?)?;
    (number <= i32::MAX.unsigned_abs()).then_some(number)
}

/// What stands between the quotes.
fn text(found: &str) -> Option<&str> {
    found.strip_prefix('"')?.strip_suffix('"')
}

fn wrong(reason: String) -> Refusal {
    Refusal::new("value", reason)
}

#[cfg(test)]
mod tests {
    use super::super::json;
    use super::*;

    fn passes(of: fn(Members<'_>) -> Result<(), Refusal>, payloads: &[&str]) {
        for payload in payloads {
            of(&json::members(payload).expect(payload)).expect(payload);
        }
    }

    fn refused(of: fn(Members<'_>) -> Result<(), Refusal>, payloads: &[&str]) {
        for payload in payloads {
            of(&json::members(payload).expect(payload)).expect_err(payload);
        }
    }

    #[test]
    fn a_relay_takes_booleans_only() {
        passes(relay, &[r#"{"state":true}"#, r#"{"state":false}"#]);
        refused(
            relay,
            &[
                "{}",
                r#"{"state":1}"#,
                r#"{"state":"on"}"#,
                r#"{"state":"true"}"#,
                r#"{"state":null}"#,
                r#"{"state":[true]}"#,
                r#"{"x":1,"state":true}"#,
                r#"{"state":true,"x":1}"#,
                r#"{"st\u0061te":true}"#,
            ],
        );
    }

    #[test]
    fn a_led_takes_its_five_words() {
        passes(led, &[r#"{"state":"on"}"#, r#"{"state":"3-dot"}"#]);
        refused(led, &[r#"{"state":"4-dot"}"#, r#"{"state":true}"#, r#"{"state":"o\u006e"}"#, "{}"]);
    }

    #[test]
    fn intervals_are_whole_seconds() {
        let of = |members: Members<'_>| interval(false, members);
        let with = |text: &str| format!("{{\"publish-interval\":{text}}}");
        for text in ["0", "30", "1e3", "1E+3", "999999999", "null"] {
            passes(of, &[&with(text)]);
        }
        for text in ["-1", "1.5", "1000.0", "\"30\"", "true", "9999999999", "1e99", "1e10", "[30]", "1e-1"] {
            refused(of, &[&with(text)]);
        }
        refused(of, &["{}", r#"{"publish-interval":1,"x":2}"#, r#"{"interval":1}"#]);
        let co2 = |members: Members<'_>| interval(true, members);
        passes(co2, &[&with("0"), &with("16"), &with("null")]);
        refused(co2, &[&with("1"), &with("15"), &with("1e1")]);
    }

    #[test]
    fn a_display_takes_what_it_can_show() {
        let picture = |bytes: usize| {
            format!("{{\"raw\":\"{}\"}}", base64::engine::general_purpose::STANDARD.encode(vec![0; bytes]))
        };
        passes(display, &[r#"{"line-0":"123456789012345678901","line-7":""}"#, &picture(1024)]);
        refused(
            display,
            &[
                "{}",
                r#"{"line-0":"1234567890123456789012"}"#,
                r#"{"line-8":"x"}"#,
                r#"{"line-0":5}"#,
                r#"{"line-0":"a\"b"}"#,
                r#"{"raw":"AAAA"}"#,
                r#"{"raw":"%"}"#,
                r#"{"line-0":"x","raw":"AAAA"}"#,
                &picture(1023),
            ],
        );
    }

    #[test]
    fn the_bus_takes_three_encodings() {
        let set = |members: Members<'_>| bus(members, false);
        let get = |members: Members<'_>| bus(members, true);
        passes(
            set,
            &[
                r#"{"address":"48","write":"00","read-length":2}"#,
                r#"{"address":"3b","write":"(hello \"x\")"}"#,
                r#"{"address":"7F","write":"0A,FF,10"}"#,
                r#"{"address":"48","write":"aGVsbG8="}"#,
            ],
        );
        refused(
            set,
            &[
                "{}",
                r#"{"address":"80","write":"00"}"#,
                r#"{"address":72,"write":"00"}"#,
                r#"{"address":"48"}"#,
                r#"{"address":"48","write":"?"}"#,
                r#"{"address":"48","write":"00,01,02","read-length":1}"#,
                r#"{"address":"48","write":"00","speed":1}"#,
            ],
        );
        passes(get, &[r#"{"address":"48","read-length":2}"#]);
        refused(get, &[r#"{"address":"48","write":"00"}"#]);
    }
}
