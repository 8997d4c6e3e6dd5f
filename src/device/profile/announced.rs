//! What is known of a device that announced itself and is no part of its profile: its name, its room, what was not
//! understood.

/// What is known of a device that announced itself, beside its profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// The dialect it announced itself in, `zigbee2mqtt`.
    pub dialect: &'static str,
    /// Its name for people.
    pub name: Box<str>,
    /// The room that it says it is in.
    pub area: Option<Box<str>>,
    /// The definition as a file would have it.
    pub text: Box<str>,
    /// What it announced and what is not understood; it is to be seen as raw messages only.
    pub unknown: Vec<Unknown>,
}

/// Something that was announced and not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// What, in the words of its sender.
    pub what: Box<str>,
    /// Why.
    pub why: Box<str>,
}
