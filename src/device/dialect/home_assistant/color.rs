//! Colours of lights in the forms that senders use: red, green and blue, with white beside them, hue and saturation, x and y.
//!
//! Each form is a text of its numbers, `255,128,0`, as it stands on the wire in the default schema. Only what is made of
//! whole numbers can be expected to come back as it was said; the others confirm nothing.

use super::entity::Entity;
use crate::device::dialect::entry::{Entry, Way};

/// A form of colours.
pub(super) struct Form {
    /// What its options begin with, and its name among colour modes.
    pub word: &'static str,
    /// Its quantity here.
    quantity: &'static str,
    /// What each number is called in a template, and in an object.
    numbers: &'static [(&'static str, &'static str)],
    /// Whether its numbers are whole.
    is_whole: bool,
    /// The number of an object that this form does not have, and one with more numbers has.
    unless: Option<&'static str>,
}

/// Every form.
pub(super) const FORMS: [Form; 5] = [
    Form {
        word: "rgb",
        quantity: "color",
        numbers: &[("red", "r"), ("green", "g"), ("blue", "b")],
        is_whole: true,
        unless: Some("w"),
    },
    Form {
        word: "rgbw",
        quantity: "color-rgbw",
        numbers: &[("red", "r"), ("green", "g"), ("blue", "b"), ("white", "w")],
        is_whole: true,
        unless: Some("c"),
    },
    Form {
        word: "rgbww",
        quantity: "color-rgbww",
        numbers: &[("red", "r"), ("green", "g"), ("blue", "b"), ("cold_white", "c"), ("warm_white", "w")],
        is_whole: true,
        unless: None,
    },
    Form {
        word: "hs",
        quantity: "color-hs",
        numbers: &[("hue", "h"), ("sat", "s")],
        is_whole: false,
        unless: None,
    },
    Form {
        word: "xy",
        quantity: "color-xy",
        numbers: &[("x", "x"), ("y", "y")],
        is_whole: false,
        unless: None,
    },
];

impl Form {
    /// Makes the numbers of a value variables of a template: `{% set red, green, blue = … %}`.
    pub fn parted(&self) -> String {
        let kind = if self.is_whole { "int" } else { "float" };
        let names = self.numbers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let each =
            (0..self.numbers.len()).map(|at| format!("c[{at}] | {kind}")).collect::<Vec<_>>().join(", ");
        format!("{{% set c = value | split(',') %}}{{% set {names} = [{each}] %}}")
    }

    fn entry(&self, entity: &Entity) -> Entry {
        entity.entry("light").quantity(self.quantity)
    }

    /// With topics of its own.
    pub fn plain(&self, entity: &Entity) -> Result<Option<Entry>, String> {
        let key = |end: &str| format!("{}_{end}", self.word);
        let told = entity.told(&key("state_topic"), &key("value_template"))?;
        let is_told = told.is_some() && self.is_whole;
        let asked = entity.asked(&key("command_topic"), &key("command_template"), is_told)?;
        let Some(asked) = asked else { return Ok(None) };
        let mut entry = self.entry(entity);
        if let Some(told) = told {
            entry = entry.read(told.way());
        }
        Ok(Some(entry.write(asked.made(&self.parted())?)))
    }

    /// As part of one object, read from `way`, which is the whole of it; `payload` makes a write of a template.
    pub fn in_object(
        &self,
        entity: &Entity,
        way: Option<Way>,
        payload: impl Fn(&str, bool) -> Result<Way, String>,
    ) -> Result<Entry, String> {
        let members = self.numbers.iter().map(|(name, key)| format!("\"{key}\": {{{{ {name} }}}}"));
        let members = members.collect::<Vec<_>>().join(", ");
        let write = payload(
            &format!("{}{{\"state\": \"ON\", \"color\": {{{members}}}}}", self.parted()),
            self.is_whole,
        )?;
        let read = self.numbers.iter().map(|(_, key)| format!("{{{{ json.color.{key} }}}}"));
        let mut read = read.collect::<Vec<_>>().join(",");
        // Beside another number they are of another form.
        if let Some(other) = self.unless {
            read = format!("{{% if json.color.{other} is not defined %}}{read}{{% endif %}}");
        }
        // An object with other numbers says a colour in another form.
        let way = way.map(|way| {
            let way = way.template(&read);
            self.numbers.iter().fold(way, |way, (_, key)| way.when(&format!("/color/{key}"), []))
        });
        Ok(way.into_iter().fold(self.entry(entity).write(write), Entry::read))
    }
}
