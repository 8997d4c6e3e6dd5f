//! What a profile says about one property, in the words of pages and of the hub.

use super::profile::captures::Captures;
use super::profile::{Profile, Property as Taught, Shape};
use super::property::{Access, Kind, Property, Range};
use super::vocabulary::{Sort, quantity};

impl Profile {
    /// What the file teaches about the quantity `key` of `id` (`relay/0`, relative to the base).
    pub fn describe(&self, id: &str, key: &str) -> Option<Property> {
        let taught = self.taught(id).find(|taught| *taught.quantity == *key)?;
        let range = taught.range.or_else(|| limits(taught)).map(|(min, max)| Range { min, max });
        Some(Property {
            kind: kind(&taught.kind),
            unit: taught.unit.clone(),
            range,
            access: if taught.write.is_some() { Access::ReadWrite } else { Access::Read },
            step: taught.step,
            interval: taught.interval,
            name: taught.name.clone(),
            icon: taught.icon,
        })
    }

    /// The quantities of `id`.
    pub fn keys(&self, id: &str) -> impl Iterator<Item = &str> {
        self.taught(id).map(|taught| &*taught.quantity)
    }

    /// Whether the property speaks when something happens and not by the clock.
    pub fn is_occasional(&self, id: &str) -> bool {
        let mut known = self.taught(id).peekable();
        let happens = |taught: &Taught| !matches!(taught.kind, Shape::Number | Shape::Total);
        known.peek().is_some() && known.all(|taught| taught.interval.is_none() && happens(taught))
    }

    /// What never speaks and so has to be shown without having been heard: ids and their quantities.
    pub fn silent(&self) -> impl Iterator<Item = (&str, &str)> {
        // What speaks Clown.Talk itself lists what it has, or says nothing of what it has not.
        let is_native = self.recognised.native.is_some();
        let is_silent = move |taught: &&Taught| {
            !is_native && taught.reads.is_empty() && taught.id.names().next().is_none()
        };
        let silent = self.properties.iter().filter(is_silent);
        silent.map(|taught| (taught.id.as_str(), &*taught.quantity))
    }

    /// Whether this is a property that is set and never says how it is.
    pub fn never_speaks(&self, id: &str) -> bool {
        let mut known = self.taught(id).peekable();
        known.peek().is_some() && known.all(|taught| taught.reads.is_empty() && taught.write.is_some())
    }

    /// The properties with this id.
    pub fn taught(&self, id: &str) -> impl Iterator<Item = &Taught> {
        let is_it = move |taught: &&Taught| taught.id.captures(id, &Captures::default()).is_some();
        self.properties.iter().filter(is_it)
    }
}

/// A quantity that always lies between two values is shown between them.
fn limits(taught: &Taught) -> Option<(f64, f64)> {
    let known = quantity(&taught.quantity).filter(|known| known.sort == Sort::Number)?;
    let is_usual = known.units.first().copied() == taught.unit.as_deref();
    known.limits.filter(|_| is_usual && taught.kind == Shape::Number)
}

fn kind(shape: &Shape) -> Kind {
    match shape {
        Shape::Number | Shape::Total => Kind::Number,
        Shape::Switch => Kind::Switch,
        Shape::Choice(words) => Kind::Choice(words.iter().map(|word| word.to_string().into()).collect()),
        Shape::Truth | Shape::Text | Shape::Json => Kind::Text,
        Shape::Event => Kind::Event,
        Shape::Button => Kind::Button,
    }
}
