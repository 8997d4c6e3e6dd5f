//! Names of quantities and kinds of devices, as people call them.

use super::devices;

/// The names; what is not in the table keeps its word from the protocol.
#[derive(Debug)]
pub struct Names {
    table: &'static [(&'static str, &'static str)],
    given: &'static [(&'static str, &'static str)],
}

impl Names {
    /// A name that a definition gives, in the language of the page if it is known there.
    pub fn given<'a>(&self, name: &'a str) -> &'a str {
        self.given.iter().find(|(known, _)| *known == name).map_or(name, |(_, said)| said)
    }

    /// The name of a word of the protocol (`temperature`, `relay`), if people have one.
    pub fn of(&self, word: &str) -> Option<&'static str> {
        self.table.iter().find(|(known, _)| *known == word).map(|(_, name)| *name)
    }
}

pub(super) const EN: Names = Names {
    given: &[],
    table: &[
        ("temperature", "Temperature"),
        ("illuminance", "Illuminance"),
        ("altitude", "Altitude"),
        ("pressure", "Pressure"),
        ("relative-humidity", "Humidity"),
        ("concentration", "CO₂"),
        ("event-count", "Movements"),
        ("relay", "Relay"),
        ("led", "LED"),
        ("display-oled", "Display"),
        ("pir", "Motion"),
        ("boot", "Boot"),
        ("reason-for-reset", "Reason for reset"),
        ("voltage", "Voltage"),
        ("bridge", "Bridge"),
        ("simulator", "simulator"),
    ],
};

pub(super) const CS: Names = Names {
    given: devices::CS,
    table: &[
        ("temperature", "Teplota"),
        ("illuminance", "Osvětlení"),
        ("altitude", "Nadmořská výška"),
        ("pressure", "Tlak"),
        ("relative-humidity", "Vlhkost"),
        ("concentration", "CO₂"),
        ("event-count", "Pohyby"),
        ("relay", "Relé"),
        ("led", "LED"),
        ("display-oled", "Displej"),
        ("pir", "Pohyb"),
        ("boot", "Start"),
        ("reason-for-reset", "Důvod restartu"),
        ("voltage", "Napětí"),
        ("bridge", "Bridge"),
        ("simulator", "simulátor"),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_name_the_same_words() {
        let words = |names: &Names| names.table.iter().map(|(word, _)| *word).collect::<Vec<_>>();
        assert_eq!(words(&EN), words(&CS));
    }
}
