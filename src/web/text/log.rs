//! The LOG page.

/// The texts of the LOG page.
#[derive(Debug)]
pub struct Log {
    /// What the page is.
    pub lead: &'static str,
    /// Label of the topic filter.
    pub filter: &'static str,
    /// Label of the text filter.
    pub contains: &'static str,
    /// The button that holds the stream.
    pub pause: &'static str,
    /// The button that empties the list.
    pub clear: &'static str,
    /// The button that copies what is shown.
    pub copy: &'static str,
    /// Name of the list.
    pub stream: &'static str,
    /// Heading of the form.
    pub speak: &'static str,
    /// Label of the topic field.
    pub topic: &'static str,
    /// Label of the payload field.
    pub payload: &'static str,
    /// The button that sends.
    pub send: &'static str,
    /// Shown above the list without script.
    pub latest: &'static str,
    /// Apply the filter, without script.
    pub apply: &'static str,
}

pub(super) const EN: Log = Log {
    lead: "Everything that is said, as it is said.",
    filter: "Topic filter",
    contains: "Contains",
    pause: "Pause",
    clear: "Clear",
    copy: "Copy",
    stream: "Messages, newest last",
    speak: "Say something by hand",
    topic: "Topic",
    payload: "Payload (JSON)",
    send: "Send",
    latest: "The last message of every topic:",
    apply: "Filter",
};

pub(super) const CS: Log = Log {
    lead: "Všechno, co se říká, tak jak se to říká.",
    filter: "Filtr tématu",
    contains: "Obsahuje",
    pause: "Pozastavit",
    clear: "Vymazat",
    copy: "Kopírovat",
    stream: "Zprávy, nejnovější dole",
    speak: "Říct něco ručně",
    topic: "Téma",
    payload: "Obsah (JSON)",
    send: "Odeslat",
    latest: "Poslední zpráva každého tématu:",
    apply: "Filtrovat",
};
