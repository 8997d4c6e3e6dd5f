//! What a node's command must look like, and what answers it.
//!
//! The dongle drops what it does not like without a word; so such a command is refused here with the reason. Commands
//! that no firmware of the vendor knows are passed on as they are. Source: `twr-gateway-radio-dongle`, `application.c`
//! and `usb_talk.c`.

use serde_json::Value;

use super::waiting::Answer;
use crate::device::Refusal;
use crate::link::bridge::json;
use crate::talk::Payload;

/// The longest line the dongle takes, with its end.
const MAX_LINE: usize = 1024;
/// JSON tokens of a line, and characters of a number.
const MAX_TOKENS: usize = 100;
const MAX_NUMBER: usize = 10;
/// Colours of one message to a LED strip; more do not fit the radio.
const MAX_COLORS: usize = 9;

/// Effects that take nothing, that take `wait`, and that take `wait` and `color`.
const EFFECTS: [(&str, usize); 9] = [
    ("test", 0),
    ("rainbow", 1),
    ("rainbow-cycle", 1),
    ("theater-chase-rainbow", 1),
    ("color-wipe", 2),
    ("theater-chase", 2),
    ("stroboscope", 2),
    ("icicle", 2),
    ("pulse-color", 2),
];

/// A line for the dongle, without its end, or why it would drop it.
pub fn line(topic: &str, payload: &Payload) -> Result<String, Refusal> {
    let topic = Payload::of(topic);
    let line = format!("[{topic}, {}]", json::minify(payload.as_str()));
    if line.len() + 1 > MAX_LINE {
        let reason = format!("the dongle takes lines of {MAX_LINE} bytes, this one has {}", line.len() + 1);
        return Err(Refusal::new("too-long", reason));
    }
    if json::count(&line) > MAX_TOKENS {
        return Err(Refusal::new("too-long", format!("the dongle takes {MAX_TOKENS} values in a line")));
    }
    let is_number = |token: &str| token.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    let long = json::tokens(&line)
        .map(|(_, token)| token)
        .find(|token| is_number(token) && token.len() > MAX_NUMBER);
    if let Some(number) = long {
        let reason = format!("the dongle takes numbers of {MAX_NUMBER} characters, found {number:.40}");
        return Err(Refusal::new("bad-payload", reason));
    }
    Ok(line)
}

/// What answers the command `rest` (`relay/0:0/state/set`), or why no node would carry it out; `kind` is the type of
/// payload that the node has registered for it.
pub fn node(rest: &str, payload: &Payload, kind: Option<u8>) -> Result<Answer, Refusal> {
    let value: Value = payload.get().unwrap_or_default();
    if let Some(kind) = kind {
        return registered(kind, &value).map(|()| Answer::Nothing).map_err(|allowed| wrong(rest, allowed));
    }
    if let Some(state) = rest.strip_suffix("/get") {
        return Ok(Answer::Node { rest: state.into(), wish: None });
    }
    let checked = match rest {
        "led/-/state/set" | "relay/-/state/set" | "relay/0:0/state/set" | "relay/0:1/state/set" => {
            let state = rest.trim_end_matches("/set").into();
            return match truth(&value) {
                Some(truth) => Ok(Answer::Node { rest: state, wish: Some(truth) }),
                None => Err(wrong(rest, "true or false")),
            };
        }
        "relay/0:0/pulse/set" | "relay/0:1/pulse/set" => pulse(&value),
        "led-strip/-/brightness/set" => {
            (value.as_u64().is_some_and(|n| n <= 100)).then_some(()).ok_or("a whole number from 0 to 100")
        }
        "led-strip/-/color/set" => color(&value),
        "led-strip/-/compound/set" => compound(&value),
        "led-strip/-/effect/set" => effect(&value),
        "led-strip/-/thermometer/set" => thermometer(&value),
        "lcd/-/text/set" => text(&value),
        _ => Ok(()),
    };
    checked.map(|()| Answer::Nothing).map_err(|allowed| wrong(rest, allowed))
}

fn wrong(rest: &str, allowed: &str) -> Refusal {
    Refusal::new("bad-payload", format!("`{rest}` takes {allowed}; a node drops everything else"))
}

fn registered(kind: u8, value: &Value) -> Result<(), &'static str> {
    let (fits, allowed) = match kind {
        0 => (truth(value).is_some(), "true or false"),
        1 => (value.is_i64() || value.is_u64(), "a whole number"),
        2 => (value.is_number(), "a number"),
        3 => (value.is_string(), "a text in quotes"),
        4 => (value.is_null(), "nothing, or null"),
        _ => (true, ""),
    };
    if fits { Ok(()) } else { Err(allowed) }
}

/// The dongle takes `"true"` for `true`.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(word) => word.parse().ok(),
        _ => None,
    }
}

/// A key that may be left out.
fn fits(value: &Value, key: &str, fits: impl Fn(&Value) -> bool) -> bool {
    value.get(key).is_none_or(fits)
}

fn within(value: &Value, least: i64, most: i64) -> bool {
    value.as_i64().is_some_and(|n| (least..=most).contains(&n))
}

fn pulse(value: &Value) -> Result<(), &'static str> {
    let is_good = value.is_object()
        && fits(value, "duration", Value::is_u64)
        && fits(value, "direction", |direction| truth(direction).is_some());
    is_good.then_some(()).ok_or("{\"duration\": milliseconds, \"direction\": true or false}")
}

fn color(value: &Value) -> Result<(), &'static str> {
    let is_hex = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_color = |text: &str| match (text.len(), text.is_ascii()) {
        (7, true) => text.starts_with('#') && is_hex(&text[1..]),
        (11, true) => {
            text.starts_with('#')
                && is_hex(&text[1..7])
                && &text[7..8] == "("
                && is_hex(&text[8..10])
                && text.ends_with(')')
        }
        _ => false,
    };
    value.as_str().is_some_and(is_color).then_some(()).ok_or("a colour, \"#rrggbb\" or \"#rrggbb(ww)\"")
}

fn compound(value: &Value) -> Result<(), &'static str> {
    let is_pair = |pair: &[Value]| match pair {
        [count, paint] => within(count, 0, 255) && color(paint).is_ok(),
        _ => false,
    };
    let is_good = value
        .as_array()
        .is_some_and(|all| !all.is_empty() && all.len() <= 2 * MAX_COLORS && all.chunks(2).all(is_pair));
    is_good.then_some(()).ok_or("at most nine pairs of a count up to 255 and a colour, [20, \"#ff0000\", …]")
}

fn effect(value: &Value) -> Result<(), &'static str> {
    let name = value.get("type").and_then(Value::as_str).unwrap_or_default();
    let needs = EFFECTS.iter().find(|(known, _)| *known == name).map(|(_, needs)| *needs);
    let has_wait = value.get("wait").is_some_and(Value::is_u64);
    let has_color = value.get("color").is_some_and(|paint| color(paint).is_ok());
    let is_good = match needs {
        Some(0) => true,
        Some(1) => has_wait,
        Some(_) => has_wait && has_color,
        None => false,
    };
    is_good.then_some(()).ok_or(
        "{\"type\": …, \"wait\": milliseconds, \"color\": \"#…\"} with a type of test, rainbow, rainbow-cycle, \
         theater-chase-rainbow, color-wipe, theater-chase, stroboscope, icicle, pulse-color",
    )
}

fn thermometer(value: &Value) -> Result<(), &'static str> {
    let ends = ["min", "max"];
    let is_good = value.get("temperature").is_some_and(Value::is_number)
        && ends.iter().all(|end| value.get(end).is_some_and(|end| within(end, -128, 127)))
        && fits(value, "white-dots", |dots| within(dots, 0, 255))
        && fits(value, "set-point", |point| {
            point.is_number() && value.get("color").is_some_and(|paint| color(paint).is_ok())
        });
    is_good.then_some(()).ok_or(
        "{\"temperature\": …, \"min\": -128 to 127, \"max\": -128 to 127}, with \"white-dots\" up to 255 and \
         \"set-point\" with a \"color\" if wanted",
    )
}

fn text(value: &Value) -> Result<(), &'static str> {
    let fonts = [11, 13, 15, 24, 28, 33];
    let is_good = ["x", "y"].iter().all(|key| value.get(key).is_some_and(Value::is_i64))
        && value.get("text").and_then(Value::as_str).is_some_and(|text| text.len() <= 32)
        && fits(value, "font", |font| font.as_i64().is_some_and(|font| fonts.contains(&font)))
        && fits(value, "color", |color| truth(color).is_some());
    is_good.then_some(()).ok_or(
        "{\"x\": …, \"y\": …, \"text\": up to 32 bytes}, with \"font\" 11, 13, 15, 24, 28 or 33 and \"color\" true \
         or false if wanted",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rest: &str, payload: &str, expect: Result<Answer, &str>) {
        let found = node(rest, &Payload::parse(payload).expect(payload), None);
        assert_eq!(found.map_err(|refusal| refusal.code), expect, "{rest} {payload}");
    }

    #[test]
    fn states_are_answered_by_the_state_and_the_rest_by_nothing() {
        let is = |wish| Answer::Node { rest: "relay/0:0/state".into(), wish };
        check("relay/0:0/state/set", "true", Ok(is(Some(true))));
        check("relay/0:0/state/set", "\"false\"", Ok(is(Some(false))));
        check("relay/0:0/state/get", "null", Ok(is(None)));
        check("led-strip/-/brightness/set", "50", Ok(Answer::Nothing));
        check("lcd/-/screen/clear", "null", Ok(Answer::Nothing));
        check("light/-/level/set", "7", Ok(Answer::Nothing));
    }

    #[test]
    fn what_a_node_would_drop_is_refused() {
        let check = |rest: &str, payload: &str| check(rest, payload, Err("bad-payload"));
        for wrong in ["1", "null", "\"on\"", "{}"] {
            check("relay/-/state/set", wrong);
            check("led/-/state/set", wrong);
        }
        check("relay/0:0/pulse/set", "500");
        check("relay/0:0/pulse/set", r#"{"duration": -1}"#);
        for wrong in ["101", "-1", "50.5", "\"50\""] {
            check("led-strip/-/brightness/set", wrong);
        }
        for wrong in ["\"red\"", "\"#ff00\"", "\"ff0000\"", "\"#25000g\"", "\"#250000[80]\"", "5"] {
            check("led-strip/-/color/set", wrong);
        }
        check("led-strip/-/compound/set", "[]");
        check("led-strip/-/compound/set", r##"[20, "#ff0000", 20]"##);
        check("led-strip/-/compound/set", r##"[256, "#ff0000"]"##);
        let ten = format!("[{}]", [r##"1, "#ff0000""##; 10].join(", "));
        check("led-strip/-/compound/set", &ten);
        check("led-strip/-/effect/set", r#"{"type": "rainbows", "wait": 50}"#);
        check("led-strip/-/effect/set", r#"{"type": "rainbow"}"#);
        check("led-strip/-/effect/set", r#"{"type": "icicle", "wait": 50}"#);
        check("led-strip/-/thermometer/set", r#"{"temperature": 22.5, "min": -200, "max": 50}"#);
        check(
            "led-strip/-/thermometer/set",
            r#"{"temperature": 22.5, "min": 0, "max": 50, "set-point": 30}"#,
        );
        check("lcd/-/text/set", r#"{"x": 5, "y": 10}"#);
        check("lcd/-/text/set", r#"{"x": 5, "y": 10, "text": "a", "font": 12}"#);
    }

    #[test]
    fn a_registered_command_takes_the_type_it_was_registered_with() {
        for (kind, good, bad) in [(0, "true", "1"), (1, "5", "5.5"), (2, "5.5", "\"a\""), (3, "\"a\"", "5")] {
            let node =
                |payload: &str| node("light/-/level/set", &Payload::parse(payload).unwrap(), Some(kind));
            assert!(node(good).is_ok() && node(bad).is_err(), "{kind}");
        }
    }

    #[test]
    fn a_line_that_the_dongle_cannot_hold_is_refused() {
        let line = |payload: &str| line("836d1983718a/x/-/y/set", &Payload::parse(payload).expect(payload));
        assert_eq!(
            line("{\n \"a\": [1, 2]\n}").as_deref(),
            Ok("[\"836d1983718a/x/-/y/set\", {\"a\":[1,2]}]")
        );
        let room = MAX_LINE - 1 - "[\"836d1983718a/x/-/y/set\", \"\"]".len();
        assert!(line(&format!("\"{}\"", "a".repeat(room))).is_ok());
        assert!(line(&format!("\"{}\"", "a".repeat(room + 1))).is_err());
        assert!(line(&format!("[{}1]", "1,".repeat(96))).is_ok(), "2 arrays, a topic and 97 numbers");
        assert!(line(&format!("[{}1]", "1,".repeat(97))).is_err());
        assert!(line("1234567890").is_ok() && line("12345678901").is_err());
    }
}
