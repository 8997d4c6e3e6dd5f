//! `[serial]`: the port a device is on, and what it is asked there.

use std::time::Duration;

use super::Variants;
use super::each;
use super::ways::sends;
use super::words::{Cut, Exactly, HexBytes};
use crate::device::profile::serial::{Answer, Serial, Settings, Usb};
use crate::sheet::{Section, Typed, found, quoted};

/// Speeds a port may have.
const SPEEDS: std::ops::RangeInclusive<u32> = 50..=4_000_000;

pub(super) fn read(root: &Section<'_>, variants: &Variants) -> Option<Serial> {
    if !root.has("serial") {
        return None;
    }
    let section = root.section("serial");
    if !section.is_there() {
        return None;
    }
    let serial = Serial {
        baud: baud(&section),
        settings: section.or("settings", Settings::parse("8N1")?),
        usb: usb(&section),
        probe: sends(&section, "probe", variants),
        answer: answer(&section),
        first_line: section.maybe::<Cut>("first_line").map(|cut| cut.0),
        ask: sends(&section, "ask", variants),
        interval: section.duration(
            "interval",
            Duration::from_millis(50)..=Duration::from_secs(86_400),
            Duration::from_secs(10),
        ),
        line_end: section.maybe::<Exactly>("line_end").map(|end| end.0),
    };
    section.finish();
    Some(serial)
}

/// One speed, or those that may be.
fn baud(section: &Section<'_>) -> Vec<u32> {
    let given = section.value("baud").map(each).unwrap_or_default();
    let speed = |value: &toml_edit::Value| {
        value.as_integer().and_then(|speed| u32::try_from(speed).ok()).filter(|speed| SPEEDS.contains(speed))
    };
    match given.iter().map(|value| speed(value)).collect::<Option<Vec<u32>>>() {
        Some(speeds) if !speeds.is_empty() => speeds,
        _ => {
            let told = section.value("baud").map(|value| found(&toml_edit::Item::Value(value.clone())));
            let allowed = "a speed such as 9600, or those it may have, such as [115200, 9600]";
            section.fault("baud", told.unwrap_or_else(|| "is missing".into()), allowed.into(), None);
            Vec::new()
        }
    }
}

fn usb(section: &Section<'_>) -> Vec<Usb> {
    let is_list = section.value("usb").is_some_and(toml_edit::Value::is_array);
    match is_list {
        true => section.list("usb").unwrap_or_default(),
        false => section.maybe("usb").into_iter().collect(),
    }
}

/// `answer = '^20;..;PONG;$'`, or `{ hex = "FF 86" }`.
fn answer(section: &Section<'_>) -> Option<Answer> {
    let value = section.value("answer")?;
    if value.is_str() {
        return section.maybe::<Cut>("answer").map(|cut| Answer::Text(cut.0));
    }
    if !value.is_inline_table() {
        let allowed = r#"a regular expression in quotes, or bytes { hex = "FF 86" }"#;
        section.fault("answer", found(&toml_edit::Item::Value(value.clone())), allowed.into(), None);
        return None;
    }
    let table = section.tables("answer").into_iter().next()?;
    let bytes = table.must::<HexBytes>("hex").map(|bytes| Answer::Bytes(bytes.0));
    table.finish();
    bytes
}

impl Typed for Settings {
    const ALLOWED: &'static str = r#"data bits, parity and stop bits, such as "8N1" or "7E1""#;

    fn read(value: &toml_edit::Value) -> Result<Self, Option<String>> {
        let text = value.as_str().ok_or(None)?;
        Self::parse(text).ok_or_else(|| {
            let upper = text.to_uppercase();
            Self::parse(&upper).map(|_| format!("write {}", quoted(&upper)))
        })
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Typed for Usb {
    const ALLOWED: &'static str =
        r#"vendor and product in four hexadecimal digits each, such as "1a86:7523""#;

    fn read(value: &toml_edit::Value) -> Result<Self, Option<String>> {
        Self::parse(value.as_str().ok_or(None)?).ok_or(None)
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}
