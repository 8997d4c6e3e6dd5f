//! The LINKS page: how each link is, what came and went, what ailed it.

use serde::Serialize;

use crate::hub::Fault;

/// The texts of the LINKS page.
#[derive(Debug)]
pub struct Links {
    /// The title.
    pub title: &'static str,
    /// What the page is.
    pub lead: &'static str,
    /// There is no link.
    pub none: &'static str,
    /// What to write into the configuration.
    pub none_hint: &'static str,
    /// When that changed; the age follows.
    pub since: &'static str,
    /// Label of the base topic.
    pub base: &'static str,
    /// Label of the devices.
    pub devices: &'static str,
    /// Label of what comes and goes.
    pub traffic: &'static str,
    /// `{received}` in and `{sent}` out a minute.
    pub rates: &'static str,
    /// Too early for that.
    pub too_early: &'static str,
    /// Label of what came and went since the start.
    pub totals: &'static str,
    /// `{received}` in and `{sent}` out.
    pub total: &'static str,
    /// Label of odd input.
    pub odd: &'static str,
    /// There was none.
    pub no_odd: &'static str,
    /// What odd input is called, in the order of [`Fault::ALL`].
    pub faults: [&'static str; Fault::ALL.len()],
    /// Label of what ailed it before.
    pub trouble: &'static str,
    /// Nothing has.
    pub no_trouble: &'static str,
    /// Until when it did; the age follows.
    pub over: &'static str,
    /// Button: do not wait for the next try.
    pub again: &'static str,
    /// The link `{link}` tries at once.
    pub tried: &'static str,
    /// The link `{link}` does not wait.
    pub not_waiting: &'static str,
    /// The link to what its devices say.
    pub messages: &'static str,
    /// What the script says.
    pub live: Live,
}

/// The texts of its script.
#[derive(Debug, Serialize)]
pub struct Live {
    /// A form is on its way.
    pub sending: &'static str,
    /// Nobody said what became of it.
    pub no_outcome: &'static str,
}

pub(super) const EN: Links = Links {
    title: "Links",
    lead: "How the hub speaks with the world. A link that is not up is tried again by itself.",
    none: "There is no link yet",
    none_hint: "A link is a serial port, a broker or a radio. Write one into the configuration, for example:",
    since: "changed",
    base: "Base topic",
    devices: "Devices",
    traffic: "Messages",
    rates: "{received} in and {sent} out a minute",
    too_early: "counted from now on",
    totals: "Since the start",
    total: "{received} in, {sent} out",
    odd: "Odd input",
    no_odd: "none",
    faults: [
        "lines that were no message",
        "lines cut off",
        "log lines of the firmware",
        "NUL bytes in front of lines",
        "commands that came from a device",
        "messages that could not be kept or passed on",
        "words of the hub that came back",
        "messages of a loop",
        "commands that a broker remembered",
        "words about devices of other links",
        "values that no definition understands",
        "frames with a wrong checksum",
        "bytes between frames",
        "values that cannot be",
    ],
    trouble: "Earlier trouble",
    no_trouble: "none since the start",
    over: "over",
    again: "Try now",
    tried: "{link}: the hub tries it now.",
    not_waiting: "{link} does not wait for a try.",
    messages: "Messages",
    live: Live {
        sending: "On its way…",
        no_outcome: "The hub did not answer; nobody knows whether it was done.",
    },
};

pub(super) const CS: Links = Links {
    title: "Spojení",
    lead: "Jak hub mluví se světem. Spojení, které nefunguje, zkouší hub znovu sám.",
    none: "Zatím tu není žádné spojení",
    none_hint: "Spojení je sériový port, broker nebo rádio. Zapište je do konfigurace, například:",
    since: "změna",
    base: "Základ témat",
    devices: "Zařízení",
    traffic: "Zprávy",
    rates: "{received} přijde a {sent} odejde za minutu",
    too_early: "počítají se od teď",
    totals: "Od spuštění",
    total: "{received} přišlo, {sent} odešlo",
    odd: "Podivný vstup",
    no_odd: "žádný",
    faults: [
        "řádky, které nejsou zprávou",
        "useknuté řádky",
        "řádky záznamu firmwaru",
        "nulové bajty před řádky",
        "příkazy, které přišly od zařízení",
        "zprávy, které nešlo uchovat nebo předat",
        "slova hubu, která se vrátila",
        "zprávy ve smyčce",
        "příkazy, které si pamatoval broker",
        "slova o zařízeních jiných spojení",
        "hodnoty, kterým žádná definice nerozumí",
        "rámce se špatným součtem",
        "bajty mezi rámci",
        "hodnoty, které nemohou být",
    ],
    trouble: "Dřívější potíž",
    no_trouble: "od spuštění žádná",
    over: "skončila",
    again: "Zkusit hned",
    tried: "{link}: hub to právě zkouší.",
    not_waiting: "{link} na další pokus nečeká.",
    messages: "Zprávy",
    live: Live { sending: "Posílá se…", no_outcome: "Hub neodpověděl; nikdo neví, zda se to stalo." },
};
