//! A device as it was announced, on its way to a profile: first the text of a definition, then read like a file.
//!
//! What the reader of files does not take is left out and listed with the reader's reason, so that one strange property
//! never costs the others.

use std::fmt::Write as _;
use std::path::PathBuf;

use toml_edit::Value;

use super::Dialect;
use super::entry::Entry;
use super::identity::addresses;
use crate::device::profile::{Announced, AvailabilityMode, Profile, Unknown, file};
use crate::sheet::Problems;

/// The most properties of one device.
const MOST_ENTRIES: usize = 256;
/// How often it is tried again without what is not taken.
const ROUNDS: usize = 16;

/// A device as it was announced.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// What tells it apart from others of its vendor; it stands in its topics.
    pub id: String,
    /// Who makes it; its devices stand below `nodes/<vendor>/`.
    pub vendor: String,
    /// The family or model, for people.
    pub family: String,
    /// What its owner calls it.
    pub name: String,
    /// The model, as its maker writes it.
    pub model: Option<String>,
    /// The room it is in.
    pub area: Option<String>,
    /// Where it is documented.
    pub docs: Option<String>,
    /// Names with addresses in them that tell which physical device it is.
    pub identifiers: Vec<String>,
    /// What it has.
    pub entries: Vec<Entry>,
    /// How it says that it is there.
    pub availability: Vec<Presence>,
    /// Which of several such words counts.
    pub mode: AvailabilityMode,
    /// Topics whose messages hold several: where, and where in it, and under which topic.
    pub unfolds: Vec<[String; 3]>,
    /// What is odd about it.
    pub quirks: Vec<String>,
    /// What was announced and is not understood.
    pub unknown: Vec<Unknown>,
}

/// Where a device, or a gateway that carries it, says that it is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presence {
    /// The topic.
    pub topic: String,
    /// Where in the payload; nothing is all of it.
    pub value: String,
    /// What is made of it.
    pub template: Option<String>,
    /// Words for here; `true` and `false` are taken as such, too.
    pub online: Vec<String>,
    /// Words for gone.
    pub offline: Vec<String>,
    /// Words for a connection that broke off, if it says so.
    pub lost: Vec<String>,
    /// Words for a sleep, if it says so.
    pub asleep: Vec<String>,
    /// The gateway, if it is its word.
    pub bridge: Option<String>,
}

/// What became of a draft.
#[derive(Debug)]
pub struct Drawn {
    /// The profile, with what is known of the announcement.
    pub profile: Profile,
    /// Addresses that tell which physical device it is.
    pub addresses: Vec<Box<str>>,
}

impl Draft {
    /// Lists what is not understood.
    pub fn skip(&mut self, what: impl Into<Box<str>>, why: impl Into<Box<str>>) {
        self.unknown.push(Unknown { what: what.into(), why: why.into() });
    }

    /// The profile; an error if nothing of it can be read.
    pub fn read(mut self, dialect: Dialect, key: &str) -> Result<Drawn, Problems> {
        let id = format!("@{}/{key}", dialect.word());
        self.tidy();
        if self.entries.is_empty() {
            return Err(self.nothing(&id));
        }
        let mut round = 0;
        loop {
            let (text, starts) = self.text(dialect);
            match file::read(&id, &PathBuf::from(&id), text.clone()) {
                Ok(mut profile) => {
                    let names = self.identifiers.iter().chain([&self.id]);
                    let mut addresses: Vec<Box<str>> = names.flat_map(|name| addresses(name)).collect();
                    addresses.sort_unstable();
                    addresses.dedup();
                    let called = profile.called.clone().unwrap_or_else(|| self.id.as_str().into());
                    profile.announced = Some(Announced {
                        dialect: dialect.word(),
                        name: called,
                        area: self.area.as_deref().map(Into::into),
                        text: text.into(),
                        unknown: self.unknown,
                    });
                    return Ok(Drawn { profile, addresses });
                }
                Err(problems) if round < ROUNDS && self.leave_out(&problems, &starts) => round += 1,
                Err(problems) => return Err(problems),
            }
        }
    }

    /// What its owner calls it, as a file may say it: a device is not refused for its name.
    fn called(&self) -> String {
        let plain = self.name.replace(char::is_control, " ");
        plain.trim().to_owned()
    }

    /// Nothing of it is understood.
    fn nothing(&self, id: &str) -> Problems {
        const TOLD: usize = 5;
        let why = self.unknown.iter().take(TOLD).map(|unknown| format!("{}: {}", unknown.what, unknown.why));
        let why = why.collect::<Vec<_>>().join("; ");
        let found = if why.is_empty() { "nothing is announced".to_owned() } else { why };
        Problems::of_file(PathBuf::from(id), found, "it is to be seen as raw messages only")
    }

    /// Properties of one name are told apart, and too many are cut.
    fn tidy(&mut self) {
        for entry in self.entries.split_off(self.entries.len().min(MOST_ENTRIES)) {
            self.skip(entry.called, format!("a device has at most {MOST_ENTRIES} properties here"));
        }
        if let Some(more) = self.unknown.len().checked_sub(MOST_ENTRIES).filter(|more| *more > 0) {
            self.unknown.truncate(MOST_ENTRIES);
            self.skip("more", format!("{more} others are not understood or not taken either"));
        }
        let mut seen = std::collections::BTreeSet::new();
        for entry in &mut self.entries {
            if !seen.insert(entry.subject()) {
                let others = (2..).map(|number| entry.numbered(number));
                let free = others.into_iter().find(|other| !seen.contains(&other.subject()));
                *entry = free.unwrap_or_else(|| entry.clone());
                seen.insert(entry.subject());
            }
        }
    }

    /// Takes out what problems are about; false if they are about nothing that could be left out.
    fn leave_out(&mut self, problems: &Problems, starts: &[usize]) -> bool {
        let mut faulty: Vec<(usize, String)> = Vec::new();
        for problem in &problems.0 {
            let Some(at) = starts.iter().rposition(|start| *start <= problem.line) else { continue };
            if at < self.entries.len() && !faulty.iter().any(|(known, _)| *known == at) {
                let key = problem.key.rsplit('.').next().unwrap_or_default();
                faulty.push((at, format!("{key}: {}", problem.found)));
            }
        }
        faulty.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        for (at, why) in &faulty {
            let entry = self.entries.remove(*at);
            self.skip(entry.called, why.as_str());
        }
        !faulty.is_empty() && !self.entries.is_empty()
    }

    /// The text of the definition, and the lines at which its properties begin, with the line behind the last one.
    fn text(&self, dialect: Dialect) -> (String, Vec<usize>) {
        let mut out = String::new();
        let _ = writeln!(out, "# As the device announced itself ({}).", dialect.word());
        let _ = writeln!(out, "name = {}", shown(&self.family));
        let _ = writeln!(out, "vendor = {}", shown(&self.vendor));
        let called = self.called();
        if !called.is_empty() {
            let _ = writeln!(out, "called = {}", shown(&called));
        }
        if let Some(model) = &self.model {
            let _ = writeln!(out, "models = [{}]", shown(model));
        }
        if let Some(docs) = &self.docs {
            let _ = writeln!(out, "docs = {}", shown(docs));
        }
        match self.mode {
            AvailabilityMode::Latest => {}
            AvailabilityMode::All => out.push_str("availability_mode = \"all\"\n"),
            AvailabilityMode::Any => out.push_str("availability_mode = \"any\"\n"),
        }
        let _ = writeln!(out, "\n[match]\nid_else = {}", shown(&self.id));
        let mut starts = Vec::new();
        for entry in &self.entries {
            out.push('\n');
            starts.push(out.lines().count() + 1);
            for line in entry.lines() {
                let _ = writeln!(out, "{line}");
            }
        }
        starts.push(out.lines().count() + 1);
        for [topic, value, under] in &self.unfolds {
            let _ = writeln!(out, "\n[[unfold]]\ntopic = {}", shown(topic));
            if !value.is_empty() {
                let _ = writeln!(out, "value = {}", shown(value));
            }
            let _ = writeln!(out, "under = {}", shown(under));
        }
        self.availability.iter().for_each(|presence| presence.text(&mut out));
        for quirk in &self.quirks {
            let _ = writeln!(out, "\n[[quirk]]\ntext = {}", shown(quirk));
        }
        (out, starts)
    }
}

impl Presence {
    /// The part of the definition that says so.
    fn text(&self, out: &mut String) {
        let _ = writeln!(out, "\n[[availability]]\ntopic = {}", shown(&self.topic));
        if !self.value.is_empty() {
            let _ = writeln!(out, "value = {}", shown(&self.value));
        }
        if let Some(template) = &self.template {
            let _ = writeln!(out, "template = {}", shown(template));
        }
        let _ = writeln!(out, "online = {}", words(&self.online));
        let _ = writeln!(out, "offline = {}", words(&self.offline));
        for (key, said) in [("lost", &self.lost), ("asleep", &self.asleep)] {
            if !said.is_empty() {
                let _ = writeln!(out, "{key} = {}", words(said));
            }
        }
        if let Some(bridge) = &self.bridge {
            let _ = writeln!(out, "bridge = {}", shown(bridge));
        }
    }
}

fn shown(text: &str) -> String {
    Value::from(text).to_string()
}

fn words(words: &[String]) -> String {
    let list: toml_edit::Array = words.iter().map(String::as_str).collect();
    Value::Array(list).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::entry::Way;
    use super::*;

    fn draft() -> Draft {
        Draft { id: "a1".into(), vendor: "Acme".into(), family: "Plug".into(), ..Draft::default() }
    }

    #[test]
    fn a_draft_becomes_a_profile_of_one_device() {
        let entries = vec![
            Entry::new("relay", "Socket 1")
                .name("Socket")
                .read(Way::at("acme/a1/state").value("/on").truth("ON", "OFF"))
                .write(Way::at("acme/a1/set").on_off("ON", "OFF")),
            Entry::new("thermometer", "-")
                .measures("temperature", Some("C"))
                .read(Way::at("acme/a1/state").value("/t")),
            Entry::new("thermometer", "-")
                .measures("temperature", Some("bananas"))
                .read(Way::at("acme/a1/t")),
        ];
        let identifiers = vec!["acme-A4:C1:38:C3:8E:E5".into()];
        let drawn = Draft { entries, identifiers, ..draft() }.read(Dialect::Tasmota, "k").expect("valid");
        assert_eq!(drawn.addresses, ["a4c138c38ee5".into()]);
        let profile = drawn.profile;
        assert!(profile.is_single());
        let told: Vec<String> = profile
            .properties
            .iter()
            .map(|known| format!("{} {} {}", known.id, known.quantity, known.unit.as_deref().unwrap_or("-")))
            .collect();
        assert_eq!(
            told,
            ["relay/socket-1 state -", "thermometer/- temperature °C", "thermometer/- value bananas"]
        );
        assert!(profile.announced.expect("announced").unknown.is_empty());
    }

    #[test]
    fn its_name_stands_in_the_text_and_no_name_costs_the_device() {
        let entries = vec![Entry::new("relay", "1").read(Way::at("a/b").truth("1", "0"))];
        for (name, called) in [
            ("Desk lamp", Some("Desk lamp")),
            (" \"a\"\n\u{0}b ", Some("\"a\"  b")),
            ("\t\u{7f}", None),
            ("", None),
        ] {
            let draft = Draft { name: name.into(), entries: entries.clone(), ..draft() };
            let profile = draft.read(Dialect::Tasmota, "k").expect(name).profile;
            assert_eq!(profile.called.as_deref(), called, "{name:?}");
            let announced = profile.announced.expect("announced");
            assert_eq!(&*announced.name, called.unwrap_or("a1"));
            // A file of it is called the same.
            let file = file::read("own/a1", &PathBuf::from("a1.toml"), announced.text.into()).expect("valid");
            assert_eq!(file.called.as_deref(), called);
        }
    }

    #[test]
    fn what_the_reader_does_not_take_is_listed_and_costs_nothing_else() {
        let good = Entry::new("relay", "1").read(Way::at("a/b").truth("1", "0"));
        let bad = Entry::new("relay", "2").name("Odd").read(Way::at("a/{b").truth("1", "0"));
        let entries = vec![good.clone(), bad, good];
        let profile = Draft { entries, ..draft() }.read(Dialect::Tasmota, "k").expect("valid").profile;
        let ids: Vec<&str> = profile.properties.iter().map(|known| known.id.as_str()).collect();
        assert_eq!(ids, ["relay/1", "relay/1-2"]);
        let unknown = profile.announced.expect("announced").unknown;
        assert_eq!(&*unknown[0].what, "Odd");
        assert!(unknown[0].why.contains("bracket"), "{unknown:?}");
    }
}
