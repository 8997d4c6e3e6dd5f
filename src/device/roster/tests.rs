//! Who counts when a device is announced more than once, and what is told of the others.

use std::path::Path;

use super::*;
use crate::device::dialect::entry::{Entry, Way};
use crate::device::profile::file;

const MAC: &str = "A4:C1:38:C3:8E:E5";

/// A device with a switch that is heard under `topic`.
fn draft(id: &str, topic: &str) -> Draft {
    Draft {
        id: id.into(),
        vendor: "Acme".into(),
        family: "Plug".into(),
        name: format!("Lamp {id}"),
        identifiers: vec![MAC.into()],
        entries: vec![Entry::new("relay", "1").read(Way::at(topic).truth("1", "0"))],
        ..Draft::default()
    }
}

struct Play {
    roster: Roster,
    files: Catalog,
}

impl Play {
    fn new() -> Self {
        Self { roster: Roster::default(), files: Catalog::new([]) }
    }

    fn hears(&mut self, dialect: Dialect, key: &str, draft: Option<Draft>) -> Vec<String> {
        told(self.roster.take(&self.files, dialect, key.into(), draft))
    }

    /// `dialect key: by what it is known instead`
    fn aside(&self) -> Vec<String> {
        let known = |favour: &Favour| match favour {
            Favour::Definition(id) => format!("the definition {id}"),
            Favour::Announcement(base, dialect) => format!("{base} in {}", dialect.word()),
            Favour::Link(base, link) => format!("{base} on {link}"),
        };
        let all = self.roster.aside();
        all.iter().map(|one| format!("{} {}: {}", one.dialect.word(), one.key, known(&one.favour))).collect()
    }
}

fn told(news: Vec<News>) -> Vec<String> {
    let told = |one| match one {
        News::Known { base, .. } => format!("+{base}"),
        News::Gone { base } => format!("-{base}"),
        News::Refused { key, .. } => format!("!{key}"),
    };
    news.into_iter().map(told).collect()
}

const NONE: [&str; 0] = [];

#[test]
fn what_a_generic_dialect_announces_gives_way_to_the_makers_own_and_comes_back() {
    let mut play = Play::new();
    assert_eq!(play.hears(Dialect::HomeAssistant, "h", Some(draft("h", "a/h"))), ["+nodes/acme/h"]);
    assert_eq!(play.aside(), NONE);
    let news = play.hears(Dialect::Tasmota, "t", Some(draft("t", "a/t")));
    assert_eq!(news, ["-nodes/acme/h", "+nodes/acme/t"]);
    assert_eq!(play.aside(), ["homeassistant h: nodes/acme/t in tasmota"]);
    assert_eq!(play.roster.aside()[0].name.as_ref(), "Lamp h");
    assert_eq!(play.hears(Dialect::Tasmota, "t", None), ["-nodes/acme/t", "+nodes/acme/h"]);
    assert_eq!(play.aside(), NONE);
}

#[test]
fn what_two_gateways_announce_counts_once_and_the_second_takes_over() {
    let mut play = Play::new();
    let again = || Some(draft("bulb", "a/bulb"));
    assert_eq!(play.hears(Dialect::Zigbee2Mqtt, "north/bulb", again()), ["+nodes/acme/bulb"]);
    assert_eq!(play.hears(Dialect::Zigbee2Mqtt, "south/bulb", again()), NONE);
    assert_eq!(play.aside(), ["zigbee2mqtt south/bulb: nodes/acme/bulb in zigbee2mqtt"]);
    let news = play.hears(Dialect::Zigbee2Mqtt, "north/bulb", None);
    assert_eq!(news, ["-nodes/acme/bulb", "+nodes/acme/bulb"]);
    assert_eq!(play.aside(), NONE);
    // It is called otherwise there from now on, so its place is free for whoever waits for it.
    assert_eq!(play.hears(Dialect::Zigbee2Mqtt, "north/bulb", again()), NONE);
    let news = play.hears(Dialect::Zigbee2Mqtt, "south/bulb", Some(draft("lamp", "a/lamp")));
    assert_eq!(news, ["-nodes/acme/bulb", "+nodes/acme/lamp", "+nodes/acme/bulb"]);
}

#[test]
fn a_file_of_ones_own_counts_more_and_all_that_is_announced_of_the_device_names_it() {
    let mut play = Play::new();
    play.hears(Dialect::Tasmota, "t", Some(draft("t", "a/t")));
    play.hears(Dialect::HomeAssistant, "h", Some(draft("h", "a/h")));
    let text = "name = \"Plug\"\nvendor = \"Acme\"\nmatch = { id_else = \"t\" }\n\
                property = [{ id = \"relay/1\", read = { topic = \"a/t\", map = { 1 = true, 0 = false } } }]";
    let own = file::read("own/plug", Path::new("plug.toml"), text.into()).expect("valid");
    let files = Catalog::new([Arc::new(own)]);
    assert_eq!(told(play.roster.renew(&files)), ["-nodes/acme/t"]);
    assert_eq!(
        play.aside(),
        ["homeassistant h: the definition own/plug", "tasmota t: the definition own/plug"]
    );
    assert_eq!(told(play.roster.renew(&Catalog::new([]))), ["+nodes/acme/t"]);
    assert_eq!(play.aside(), ["homeassistant h: nodes/acme/t in tasmota"]);
}
