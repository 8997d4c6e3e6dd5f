//! Colours: what a device says in its own form as red, green and blue, and a chosen colour back in that form.
//!
//! Understood are `#ff2a00` and `FF2A00`, also with white behind it; `255,42,0` with `,` or `;`, also with white behind
//! it or `rgb` before it; hue and saturation, x and y, each as numbers or as an object. A colour without a form that is known here
//! stays a text. Hue, saturation, x and y say nothing about brightness; they are shown as bright as they can be. The
//! script does the same (`color.js`). Source of the matrices: sRGB, IEC 61966-2-1, white D65.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use super::note::Step;
use super::show::visible;
use super::view::Facts;
use crate::device::Kind;
use crate::talk::model::Value;
use crate::web::text::Live;

/// Quantities that are colours.
const KEYS: [&str; 5] = ["color", "color-hs", "color-xy", "color-rgbw", "color-rgbww"];

/// A colour that can be chosen.
#[derive(Clone, Debug)]
pub struct Swatch {
    /// `#rrggbb`; nothing if nobody knows.
    pub hex: Option<String>,
    /// What the field holds: the wish, else what the device says.
    pub hand: String,
    /// What it is called: `orange`.
    pub name: String,
    /// In the device's own form, for people.
    pub said: String,
    /// In the device's own form, as it came.
    pub form: String,
}

/// Red, green and blue, each up to 255.
type Rgb = [u8; 3];

/// The swatch for these facts, if they are a colour that somebody chooses and this form of it is understood, or none was
/// said yet.
pub fn swatch(live: &Live, facts: &Facts) -> Option<Swatch> {
    let is_color = facts.kind == Kind::Text && KEYS.contains(&facts.key.as_str());
    if !(is_color && facts.is_set() && facts.speaks) {
        return None;
    }
    let form = match &facts.said {
        Value::Text(text) | Value::Other(text) => text.to_string(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number { .. } => return None,
    };
    let rgb = if form.is_empty() { None } else { Some(read(&facts.key, &form)?) };
    let hex = rgb.map(hex);
    let wish = match &facts.step {
        Some(Step::Pending { wish, .. }) => read(&facts.key, wish).map(self::hex),
        Some(Step::Refused { .. } | Step::Unanswered { .. }) | None => None,
    };
    let hand = wish.or_else(|| hex.clone()).unwrap_or_else(|| "#000000".into());
    let name = rgb.map_or_else(|| live.unknown.to_owned(), |rgb| called(live, rgb).to_owned());
    Some(Swatch { hex, hand, name, said: visible(&form), form })
}

/// A colour in any of the forms.
pub fn read(key: &str, text: &str) -> Option<Rgb> {
    if text.trim_start().starts_with('{') {
        return of_object(&serde_json::from_str(text).ok()?);
    }
    if let Some(digits) = hex_digits(text) {
        return of_hex(digits);
    }
    let numbers = numbers(text)?;
    match (key, numbers.as_slice()) {
        ("color-hs", [hue, saturation]) => Some(of_hs(*hue, *saturation)),
        ("color-xy", [x, y]) => of_xy(*x, *y),
        ("color-hs" | "color-xy", _) => None,
        (_, [red, green, blue, ..]) => of_numbers([*red, *green, *blue]),
        _ => None,
    }
}

/// A chosen `#rrggbb` in the form in which the device says `form`: a text, or an object.
pub fn sent(key: &str, form: &str, chosen: &str) -> Option<Json> {
    read(key, form)?;
    let rgb = of_hex(chosen.strip_prefix('#')?)?;
    if form.trim_start().starts_with('{') {
        return object(&serde_json::from_str(form).ok()?, rgb);
    }
    if let Some(digits) = hex_digits(form) {
        let mut text = hex(rgb) + &digits[6..];
        if digits.bytes().any(|c| c.is_ascii_uppercase())
            || !form.starts_with('#') && digits.bytes().all(|c| c.is_ascii_digit())
        {
            text = text.to_ascii_uppercase();
        }
        let text = if form.starts_with('#') { text } else { text.replacen('#', "", 1) };
        return Some(text.into());
    }
    let between = if form.contains(';') { ";" } else { "," };
    let mut parts: Vec<String> = form.split(between).map(str::to_owned).collect();
    let at = usize::from(parts.first().is_some_and(|first| first.trim() == "rgb"));
    match key {
        "color-hs" => parts = hs(rgb).map(|number| number.to_string()).to_vec(),
        "color-xy" => parts = xy(rgb).map(|number| number.to_string()).to_vec(),
        _ => rgb.iter().enumerate().for_each(|(place, part)| parts[at + place] = part.to_string()),
    }
    Some(parts.join(between).into())
}

/// The digits of `#ff2a00` or `FF2A00`, with white behind them if there is any.
fn hex_digits(text: &str) -> Option<&str> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    let is_hex = matches!(digits.len(), 6 | 8 | 10) && digits.bytes().all(|c| c.is_ascii_hexdigit());
    is_hex.then_some(digits)
}

fn of_hex(digits: &str) -> Option<Rgb> {
    let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    Some([part(0)?, part(2)?, part(4)?])
}

fn numbers(text: &str) -> Option<Vec<f64>> {
    let between = if text.contains(';') { ';' } else { ',' };
    let parts = text.split(between).map(str::trim);
    parts
        .enumerate()
        .filter(|(at, part)| *at > 0 || *part != "rgb")
        .map(|(_, part)| part.parse().ok())
        .collect()
}

fn of_numbers(numbers: [f64; 3]) -> Option<Rgb> {
    let is_part = |number: &f64| number.fract() == 0.0 && (0.0..=255.0).contains(number);
    numbers.iter().all(is_part).then(|| numbers.map(|number| number as u8))
}

fn of_object(object: &Json) -> Option<Rgb> {
    let number = |key: &str| object.get(key).and_then(Json::as_f64);
    let pair = |one: &str, other: &str| Some((number(one)?, number(other)?));
    if let Some((x, y)) = pair("x", "y") {
        return of_xy(x, y);
    }
    if let Some((hue, saturation)) = pair("hue", "saturation").or_else(|| pair("h", "s")) {
        return Some(of_hs(hue, saturation));
    }
    of_numbers([number("r")?, number("g")?, number("b")?])
}

/// The same keys, with other numbers; what says the same in another way is left out.
fn object(form: &Json, rgb: Rgb) -> Option<Json> {
    let has = |key: &str| form.get(key).is_some();
    let ([hue, saturation], [x, y], [red, green, blue]) = (hs(rgb), xy(rgb), rgb);
    match () {
        () if has("x") => Some(json!({ "x": x, "y": y })),
        () if has("hue") => Some(json!({ "hue": hue as i64, "saturation": saturation as i64 })),
        () if has("h") => Some(json!({ "h": hue as i64, "s": saturation as i64 })),
        () if has("r") => Some(json!({ "r": red, "g": green, "b": blue })),
        () => None,
    }
}

fn hex(rgb: Rgb) -> String {
    rgb.iter().fold("#".to_owned(), |mut text, part| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{part:02x}");
        text
    })
}

/// At full brightness.
fn of_hs(hue: f64, saturation: f64) -> Rgb {
    let part = |turn: f64| {
        let k = (turn + hue / 60.0).rem_euclid(6.0);
        let fall = k.min(4.0 - k).clamp(0.0, 1.0);
        (255.0 * (1.0 - saturation.clamp(0.0, 100.0) / 100.0 * fall)).round() as u8
    };
    [part(5.0), part(3.0), part(1.0)]
}

/// Hue in whole degrees, saturation in whole percents.
fn hs(rgb: Rgb) -> [f64; 2] {
    let [red, green, blue] = rgb.map(f64::from);
    let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
    let span = most - least;
    let hue = match span {
        0.0 => 0.0,
        _ if most == red => (green - blue) / span,
        _ if most == green => 2.0 + (blue - red) / span,
        _ => 4.0 + (red - green) / span,
    };
    let saturation = if most == 0.0 { 0.0 } else { span / most * 100.0 };
    [(hue * 60.0).round().rem_euclid(360.0), saturation.round()]
}

/// At full brightness; nothing for what is no colour.
fn of_xy(x: f64, y: f64) -> Option<Rgb> {
    if !(y > 0.0 && x >= 0.0 && x + y <= 1.0) {
        return None;
    }
    let (a, c) = (x / y, (1.0 - x - y) / y);
    let linear = [
        3.2406 * a - 1.5372 - 0.4986 * c,
        -0.9689 * a + 1.8758 + 0.0415 * c,
        0.0557 * a - 0.2040 + 1.0570 * c,
    ];
    let most = linear.into_iter().fold(f64::MIN_POSITIVE, f64::max);
    Some(linear.map(|part| {
        let part = (part / most).max(0.0);
        let curved = if part <= 0.003_130_8 { 12.92 * part } else { 1.055 * part.powf(1.0 / 2.4) - 0.055 };
        (curved * 255.0).round() as u8
    }))
}

/// With four decimals; black has the place of white.
fn xy(rgb: Rgb) -> [f64; 2] {
    let [red, green, blue] = rgb.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    let x = 0.4124 * red + 0.3576 * green + 0.1805 * blue;
    let y = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    let z = 0.0193 * red + 0.1192 * green + 0.9505 * blue;
    let sum = x + y + z;
    if sum == 0.0 {
        return [0.3127, 0.329];
    }
    [x / sum, y / sum].map(|part| (part * 10_000.0).round() / 10_000.0)
}

/// The nearest of a dozen words.
fn called(live: &Live, rgb: Rgb) -> &'static str {
    let [hue, saturation] = hs(rgb);
    let most = rgb.into_iter().max().unwrap_or_default();
    let at = match hue {
        _ if most < 26 => 0,
        _ if saturation < 12.0 && most > 224 => 1,
        _ if saturation < 12.0 => 2,
        hue if hue < 15.0 => 3,
        hue if hue < 45.0 => 4,
        hue if hue < 70.0 => 5,
        hue if hue < 160.0 => 6,
        hue if hue < 195.0 => 7,
        hue if hue < 255.0 => 8,
        hue if hue < 290.0 => 9,
        hue if hue < 345.0 => 10,
        _ => 3,
    };
    live.colors.split('|').nth(at).unwrap_or(live.unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_read_and_said_in_the_form_of_the_device() {
        let check = |key: &str, said: &str, hex: &str, back: &str| {
            assert_eq!(read(key, said).map(super::hex).as_deref(), Some(hex), "{key} {said}");
            let sent = sent(key, said, "#00ff80").expect(said);
            let sent = sent.as_str().map_or_else(|| sent.to_string(), str::to_owned);
            assert_eq!(sent, back, "{key} {said}");
        };
        check("color", "#ff2a00", "#ff2a00", "#00ff80");
        check("color", "FF2A00", "#ff2a00", "00FF80");
        check("color", "000000", "#000000", "00FF80");
        check("color", "FF2A0010", "#ff2a00", "00FF8010");
        check("color", "255,42,0", "#ff2a00", "0,255,128");
        check("color", "255;42;0", "#ff2a00", "0;255;128");
        check("color", "rgb,255,42,0", "#ff2a00", "rgb,0,255,128");
        check("color-rgbw", "255,42,0,7", "#ff2a00", "0,255,128,7");
        check("color-hs", "120,100", "#00ff00", "150,100");
        check("color-hs", "0.0,0.0", "#ffffff", "150,100");
        check("color-xy", "0.3127,0.329", "#ffffff", "0.2732,0.5034");
        check("color", r#"{"x": 0.64, "y": 0.33}"#, "#ff0000", r#"{"x":0.2732,"y":0.5034}"#);
        check("color", r#"{"hue": 240, "saturation": 100}"#, "#0000ff", r#"{"hue":150,"saturation":100}"#);
        check("color", r#"{"r": 1, "g": 2, "b": 3}"#, "#010203", r#"{"b":128,"g":255,"r":0}"#);
    }

    #[test]
    fn what_is_no_known_form_is_no_colour() {
        for said in
            ["", "red", "#25000g", "#250000(80)", "hsv,300,50,75", "1,2", "256,0,0", "1.5,0,0", "{}", "{"]
        {
            assert_eq!(read("color", said), None, "{said}");
        }
        assert_eq!(read("color-xy", "0.3,0"), None);
        assert_eq!(read("color-hs", "1,2,3"), None);
        assert_eq!(sent("color", "FF2A00", "red"), None);
    }
}
