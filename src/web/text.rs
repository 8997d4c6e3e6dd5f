//! What the pages say, in English and in Czech.
//!
//! Each part of the site has a struct of texts with a constant per language beside it, so a text that is missing in
//! one language does not compile. [`Live`] is also sent to the script, so that a page says the same before and after
//! its first message. Texts with `{name}` in them are completed by [`fill`].

mod arrange;
mod codes;
mod console;
mod device;
mod devices;
mod door;
mod events;
mod frame;
mod history;
mod kiosk;
mod links;
mod live;
mod log;
mod messages;
mod names;
mod newcomers;
mod radio;
mod tester;
mod words;

use axum::http::{HeaderMap, header};

pub use arrange::Arrange;
pub use codes::Codes;
pub use console::Console;
pub use device::Device;
pub use devices::Definitions;
pub use door::Door;
pub use events::Events;
pub use frame::Frame;
pub use history::History;
pub use kiosk::Kiosk;
pub use links::Links;
pub use live::Live;
pub use log::Log;
pub use messages::Messages;
pub use names::Names;
pub use newcomers::Newcomers;
pub use radio::Radio;
pub use tester::Tester;

/// A language the pages speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// English.
    En,
    /// Czech.
    Cs,
}

/// Every text of the site in one language.
#[derive(Debug)]
pub struct Text {
    /// Around every page: navigation, menu, footer, errors.
    pub frame: Frame,
    /// Values, states and commands; also known to the script.
    pub live: Live,
    /// Names of quantities and kinds of devices.
    pub names: Names,
    /// The page of a device.
    pub device: Device,
    /// What is said about definitions.
    pub definitions: Definitions,
    /// The ARRANGE page, and the parts of a dashboard.
    pub arrange: Arrange,
    /// The LOG page.
    pub log: Log,
    /// The console of a serial line.
    pub console: Console,
    /// The EVENTS page.
    pub events: Events,
    /// The HISTORY page.
    pub history: History,
    /// The kiosk, and a tile by itself.
    pub kiosk: Kiosk,
    /// The LINKS page.
    pub links: Links,
    /// The MESSAGES page.
    pub messages: Messages,
    /// The NEW page.
    pub newcomers: Newcomers,
    /// The RADIO page.
    pub radio: Radio,
    /// The page that tries a WebSocket.
    pub tester: Tester,
    /// Signing in and setting up.
    pub door: Door,
}

/// English.
pub static EN: Text = Text {
    frame: frame::EN,
    live: live::EN,
    names: names::EN,
    device: device::EN,
    definitions: devices::EN,
    arrange: arrange::EN,
    log: log::EN,
    console: console::EN,
    events: events::EN,
    history: history::EN,
    kiosk: kiosk::EN,
    links: links::EN,
    messages: messages::EN,
    newcomers: newcomers::EN,
    radio: radio::EN,
    tester: tester::EN,
    door: door::EN,
};

/// Czech.
pub static CS: Text = Text {
    frame: frame::CS,
    live: live::CS,
    names: names::CS,
    device: device::CS,
    definitions: devices::CS_TEXTS,
    arrange: arrange::CS,
    log: log::CS,
    console: console::CS,
    events: events::CS,
    history: history::CS,
    kiosk: kiosk::CS,
    links: links::CS,
    messages: messages::CS,
    newcomers: newcomers::CS,
    radio: radio::CS,
    tester: tester::CS,
    door: door::CS,
};

impl Lang {
    /// All of them, in the order of the menu.
    pub const ALL: [Lang; 2] = [Lang::En, Lang::Cs];

    /// The tag for `<html lang>` and the cookie.
    pub fn code(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Cs => "cs",
        }
    }

    /// What the language calls itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Lang::En => "English",
            Lang::Cs => "Čeština",
        }
    }

    /// The texts.
    pub fn text(self) -> &'static Text {
        match self {
            Lang::En => &EN,
            Lang::Cs => &CS,
        }
    }

    /// The language with this tag; `cs-CZ` counts as `cs`.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|lang| lang.code().eq_ignore_ascii_case(primary))
    }

    /// What a visitor wants to read: their choice (cookie `lang`), else what their browser prefers, else English.
    pub fn of(headers: &HeaderMap) -> Self {
        from_cookie(headers).or_else(|| from_accepted(headers)).unwrap_or(Lang::En)
    }
}

fn from_cookie(headers: &HeaderMap) -> Option<Lang> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().strip_prefix("lang="))
        .find_map(Lang::from_tag)
}

fn from_accepted(headers: &HeaderMap) -> Option<Lang> {
    let accepted = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(f32, Lang)> = None;
    for part in accepted.split(',') {
        let mut fields = part.trim().split(';');
        let Some(lang) = fields.next().and_then(|tag| Lang::from_tag(tag.trim())) else { continue };
        let weight = fields
            .find_map(|field| field.trim().strip_prefix("q="))
            .map_or(1.0, |q| q.parse().unwrap_or(0.0));
        if weight > best.map_or(0.0, |(weight, _)| weight) {
            best = Some((weight, lang));
        }
    }
    best.map(|(_, lang)| lang)
}

/// Puts values in place of `{name}`; a name that is not given stays as it is.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        filled.push_str(&rest[..start]);
        let after = &rest[start..];
        let end = after.find('}').map_or(after.len(), |end| end + 1);
        let name = after[..end].trim_start_matches('{').trim_end_matches('}');
        match values.iter().find(|(key, _)| *key == name) {
            Some((_, value)) => filled.push_str(value),
            None => filled.push_str(&after[..end]),
        }
        rest = &after[end..];
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_chosen_by_cookie_then_by_the_browser() {
        let check = |cookie: &str, accepted: &str, expect: Lang| {
            let mut headers = HeaderMap::new();
            if !cookie.is_empty() {
                headers.insert(header::COOKIE, cookie.parse().unwrap());
            }
            if !accepted.is_empty() {
                headers.insert(header::ACCEPT_LANGUAGE, accepted.parse().unwrap());
            }
            assert_eq!(Lang::of(&headers), expect, "{cookie:?} {accepted:?}");
        };
        check("", "", Lang::En);
        check("", "cs-CZ,cs;q=0.9,en;q=0.8", Lang::Cs);
        check("", "de,en;q=0.8,cs;q=0.9", Lang::Cs);
        check("", "cs;q=0,en;q=0.1", Lang::En);
        check("session=x; lang=en", "cs", Lang::En);
        check("lang=cs", "en", Lang::Cs);
        check("lang=<script>", "cs", Lang::Cs);
        check("xlang=cs", "", Lang::En);
    }

    #[test]
    fn values_take_the_place_of_names() {
        let check = |text: &str, expect: &str| {
            assert_eq!(fill(text, &[("n", "3"), ("by", "{n}")]), expect);
        };
        check("{n} s ago", "3 s ago");
        check("asked by {by}", "asked by {n}");
        check("no {such} name", "no {such} name");
        check("open { end", "open { end");
    }
}
