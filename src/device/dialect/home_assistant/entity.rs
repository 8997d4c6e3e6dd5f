//! One entity of an announcement: how its options become ways to read it and to command it.

use toml_edit::Value as Toml;

use super::options::Options;
use super::template::{self, Taken};
use crate::device::dialect::entry::{Entry, Way};

/// Words that say that a number is not known.
const NOTHING: [&str; 3] = ["None", "nan", "NaN"];
/// The longest interval that is worth waiting for, in seconds.
const LONGEST_INTERVAL: f64 = 30_000_000.0;

/// One entity.
#[derive(Clone, Debug)]
pub(super) struct Entity {
    /// What it is: `sensor`.
    pub component: String,
    /// What tells it apart on its device.
    pub address: String,
    /// Its name for people.
    pub name: Option<String>,
    /// Everything else.
    pub options: Options,
}

/// Where something is told.
#[derive(Clone, Debug)]
pub(super) struct Told {
    topic: String,
    taken: Taken,
}

/// Where something is commanded.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    topic: String,
    template: Option<String>,
    qos: u8,
    is_confirmed: bool,
}

impl Entity {
    /// What its sender calls it.
    pub fn called(&self) -> String {
        format!("{} {}", self.component, self.name.as_deref().unwrap_or(&self.address))
    }

    /// A property of this entity.
    pub fn entry(&self, kind: &str) -> Entry {
        self.entry_at(kind, &self.address)
    }

    /// A property of this entity with another address.
    pub fn entry_at(&self, kind: &str, address: &str) -> Entry {
        let entry = Entry::new(kind, address);
        let entry = match &self.name {
            Some(name) => entry.name(name),
            None => entry,
        };
        let entry = entry.called(&self.called());
        let seconds =
            self.options.number("expire_after").filter(|after| (1.0..LONGEST_INTERVAL).contains(after));
        match seconds {
            // A whole number in these bounds.
            Some(seconds) => entry.interval(seconds as u64),
            None => entry,
        }
    }

    /// Where something is told, by the names of its options.
    pub fn told(&self, topic: &str, template: &str) -> Result<Option<Told>, String> {
        let Some(topic) = self.options.topic(topic)? else { return Ok(None) };
        let taken = match self.options.text(template) {
            Some(text) => Taken::by(&text).map_err(|why| format!("its {template} {why}"))?,
            None => Taken::all(),
        };
        Ok(Some(Told { topic, taken }))
    }

    /// Where something is told that has to be.
    pub fn must_tell(&self, topic: &str, template: &str) -> Result<Told, String> {
        self.told(topic, template)?.ok_or_else(|| format!("has no {topic}"))
    }

    /// Where something is commanded, by the names of its options; `is_told` if it says how it is.
    pub fn asked(&self, topic: &str, template: &str, is_told: bool) -> Result<Option<Asked>, String> {
        let Some(topic) = self.options.topic(topic)? else { return Ok(None) };
        let qos =
            self.options.number("qos").map_or(0, |qos| if qos >= 2.0 { 2 } else { u8::from(qos >= 1.0) });
        let is_confirmed = is_told && self.options.is("optimistic") != Some(true);
        Ok(Some(Asked { topic, template: self.options.text(template), qos, is_confirmed }))
    }
}

impl Told {
    /// As it stands.
    pub fn way(&self) -> Way {
        self.taken.way(&self.topic)
    }

    /// Where it stands, if no template makes it.
    pub fn pointer(&self) -> Option<&str> {
        self.taken.pointer()
    }

    /// Something below it, if it is JSON.
    pub fn below(&self, pointer: &str) -> Option<Way> {
        let whole = format!("{}{pointer}", self.pointer()?);
        Some(Way::at(&self.topic).value(&whole))
    }

    /// A number, or one of the words for none.
    pub fn number(&self) -> Way {
        self.way().map(NOTHING.map(|word| (word, Toml::from("null"))))
    }

    /// On and off, in the words of its sender.
    pub fn truth(&self, on: &str, off: &str) -> Result<Way, String> {
        truth(self.way(), on, off)
    }
}

/// On and off, in the words of its sender. Truth is written as JSON does and as Python does.
pub(super) fn truth(way: Way, on: &str, off: &str) -> Result<Way, String> {
    if on == off {
        return Err(format!("says \"{on:.40}\" for on and for off"));
    }
    let mut words: Vec<(&str, Toml)> = vec![(on, true.into()), (off, false.into())];
    for (word, is_on) in [(on, true), (off, false)] {
        let other = match word {
            "true" => "True",
            "True" => "true",
            "false" => "False",
            "False" => "false",
            _ => continue,
        };
        if !words.iter().any(|(known, _)| *known == other) {
            words.push((other, is_on.into()));
        }
    }
    if !words.iter().any(|(known, _)| *known == "None") {
        words.push(("None", "null".into()));
    }
    Ok(way.map(words))
}

impl Asked {
    fn way(&self) -> Way {
        let way = Way::at(&self.topic).qos(self.qos);
        if self.is_confirmed { way } else { way.confirm("nothing") }
    }

    fn template(&self) -> Option<&str> {
        self.template.as_deref()
    }

    /// On and off.
    pub fn on_off(&self, on: &str, off: &str) -> Result<Way, String> {
        let (on, off) = (template::said(self.template(), on)?, template::said(self.template(), off)?);
        Ok(self.way().on_off(&on, &off))
    }

    /// One thing alone.
    pub fn literal(&self, word: &str) -> Result<Way, String> {
        Ok(self.way().literal(&template::said(self.template(), word)?))
    }

    /// Words of a choice, each as it is sent.
    pub fn words<'a>(&self, words: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Way, String> {
        let mut map: Vec<(&str, Toml)> = Vec::new();
        for (word, sent) in words {
            map.push((word, template::said(self.template(), sent)?.into()));
        }
        Ok(self.way().map(map))
    }

    /// A number; `names` are other names of it in a template.
    pub fn number(&self, names: &[&str]) -> Result<Way, String> {
        match self.template() {
            Some(text) => Ok(self.way().payload(&template::number(text, names)?)),
            None => Ok(self.way()),
        }
    }

    /// A number that is read with a factor and an offset.
    pub fn scaled(&self, names: &[&str], factor: f64, offset: f64) -> Result<Way, String> {
        let whole = format!("{{{{ ((value | float - {offset}) / {factor}) | round | int }}}}");
        match self.template() {
            Some(text) => {
                let made = format!(
                    "{{% set value = ((value | float - {offset}) / {factor}) | round | int | string %}}"
                );
                let rest = template::number(text, names)?;
                Ok(self.way().payload(&format!("{made}{rest}")))
            }
            None => Ok(self.way().payload(&whole)),
        }
    }

    /// A text.
    pub fn text(&self) -> Result<Way, String> {
        match self.template() {
            Some(text) => {
                template::said(Some(text), "x")?;
                Ok(self.way().payload(text))
            }
            None => Ok(self.way()),
        }
    }

    /// The sender's template with variables that `sets` makes, or the value; `value` is what `sets` makes of it.
    pub fn made(&self, sets: &str) -> Result<Way, String> {
        match self.template() {
            Some(text) => Ok(self.way().payload(&template::made(sets, text)?)),
            None if sets.contains("set value =") => Ok(self.way().payload(&format!("{sets}{{{{ value }}}}"))),
            None => Ok(self.way()),
        }
    }

    /// A template of our own.
    pub fn payload(&self, text: &str) -> Way {
        self.way().payload(text)
    }
}
