//! The NEW page: devices that announced themselves, and what becomes of them.

use serde::Serialize;

/// The texts of the NEW page.
#[derive(Debug)]
pub struct Newcomers {
    /// The page, and the group of new devices on the dashboard.
    pub title: &'static str,
    /// What the page is.
    pub lead: &'static str,
    /// On the dashboard, above new devices: why their switches are off.
    pub off: &'static str,
    /// The link from there to the page.
    pub decide: &'static str,
    /// Nobody waits.
    pub none: &'static str,
    /// What to do then.
    pub none_hint: &'static str,
    /// `{n}` are new.
    pub count: &'static str,
    /// In `{dialect}` on `{link}`.
    pub way: &'static str,
    /// Label of the room.
    pub room: &'static str,
    /// Name of the list of readings.
    pub readings: &'static str,
    /// Beside what can be set later.
    pub later: &'static str,
    /// Button: accept.
    pub accept: &'static str,
    /// Button: ignore.
    pub ignore: &'static str,
    /// Button: accept all `{n}` of `{dialect}`.
    pub accept_all: &'static str,
    /// Heading above those buttons.
    pub at_once: &'static str,
    /// How to accept a dialect for ever.
    pub for_ever: &'static str,
    /// `{n}` things are not understood.
    pub unknown: &'static str,
    /// What that means.
    pub unknown_hint: &'static str,
    /// The last raw messages.
    pub raw: &'static str,
    /// Nothing was said yet.
    pub raw_none: &'static str,
    /// The link to everything at the broker that names the device.
    pub search: &'static str,
    /// The guessed definition.
    pub definition: &'static str,
    /// What it is.
    pub definition_hint: &'static str,
    /// Button: copy.
    pub copy: &'static str,
    /// Link: download.
    pub download: &'static str,
    /// Link: make a file of it.
    pub make: &'static str,
    /// Make a file of `{device}`?
    pub make_title: &'static str,
    /// What becomes of the device then.
    pub make_hint: &'static str,
    /// Label of the path.
    pub path: &'static str,
    /// Button: write the file.
    pub write: &'static str,
    /// Link: do not.
    pub no: &'static str,
    /// The device announced something else meanwhile.
    pub other_text: &'static str,
    /// `{path}` was not written: `{reason}`.
    pub not_written: &'static str,
    /// `{base}` has not announced itself.
    pub not_announced: &'static str,
    /// Heading of ignored devices; `{n}`.
    pub ignored_list: &'static str,
    /// Heading of accepted devices; `{n}`.
    pub accepted_list: &'static str,
    /// Heading of announcements that do not count; `{n}`.
    pub aside_list: &'static str,
    /// What that means.
    pub aside_hint: &'static str,
    /// Known by `{definition}`.
    pub aside_definition: &'static str,
    /// Known as `{base}`, announced in `{dialect}`.
    pub aside_announced: &'static str,
    /// Known as `{base}` on `{link}`.
    pub aside_link: &'static str,
    /// `{n}` more are not shown.
    pub aside_more: &'static str,
    /// Button: take back.
    pub undo: &'static str,
    /// A device that the configuration accepts.
    pub configured: &'static str,
    /// A device that is not there now.
    pub away: &'static str,
    /// `{device}` was accepted.
    pub accepted: &'static str,
    /// `{n}` were accepted.
    pub accepted_all: &'static str,
    /// `{device}` was ignored.
    pub ignored: &'static str,
    /// `{device}` is new again.
    pub undone: &'static str,
    /// `{path}` was written.
    pub written: &'static str,
    /// A form that asks for nothing known.
    pub not_an_act: &'static str,
    /// Link to those before.
    pub earlier: &'static str,
    /// Link to those after.
    pub more: &'static str,
    /// What the script says.
    pub live: Live,
}

/// What the script of the page says.
#[derive(Debug, Serialize)]
pub struct Live {
    /// It is on its way.
    pub sending: &'static str,
    /// Nobody knows whether it was done.
    pub no_outcome: &'static str,
    /// The definition is in the clipboard.
    pub copied: &'static str,
    /// It is not.
    pub not_copied: &'static str,
    /// To a screen reader: `{device}` announced itself.
    pub arrived: &'static str,
    /// To a screen reader: several did, `{n}` are new now.
    pub arrived_many: &'static str,
}

pub(super) const EN: Newcomers = Newcomers {
    title: "New",
    lead: "Devices that announced themselves. You see what they say at once; they can be switched when you accept them.",
    off: "Their values are live. Nothing here can be switched until somebody accepts the device.",
    decide: "Look at them and decide",
    none: "Nothing is new",
    none_hint: "A device that announces itself at a broker appears here by itself.",
    count: "{n} devices are new.",
    way: "{dialect} on {link}",
    room: "Room",
    readings: "What it says",
    later: "can be set once accepted",
    accept: "Accept",
    ignore: "Ignore",
    accept_all: "Accept all of {dialect} ({n})",
    at_once: "All at once",
    for_ever: "To accept a dialect in future, too, write into the configuration:",
    unknown: "Not understood: {n}",
    unknown_hint: "This was announced as well. It is never guessed at; its messages are on the page Messages.",
    raw: "Last messages as they came",
    raw_none: "It has not spoken yet.",
    search: "Everything that names it",
    definition: "Definition made of the announcement",
    definition_hint: "This is how the hub understands the device. Take it along, or make a file of it to change names, units or \
                      pictures.",
    copy: "Copy",
    download: "Download",
    make: "Make a file of it",
    make_title: "Make a file of {device}?",
    make_hint: "From then on the file counts and not the announcement: you can change what stands in it, and the device need not \
                be accepted any more. Remove the file, and the announcement counts again.",
    path: "It becomes",
    write: "Write the file",
    no: "Leave it",
    other_text: "The device has announced something else meanwhile. Look at it again; nothing was written.",
    not_written: "{path} was not written: {reason}",
    not_announced: "{base} is no device that announced itself, or it is known by a file by now.",
    ignored_list: "Ignored: {n}",
    accepted_list: "Accepted: {n}",
    aside_list: "Set aside: {n}",
    aside_hint: "These announcements do not count, because their devices are known otherwise. They count as soon as what counts \
                 more is gone.",
    aside_definition: "known by the definition {definition}",
    aside_announced: "known as {base}, announced in {dialect}",
    aside_link: "known as {base} on {link}",
    aside_more: "{n} more are not shown; clown-hub accept lists all.",
    undo: "Take back",
    configured: "accepted by the configuration",
    away: "away now",
    accepted: "Accepted: {device}",
    accepted_all: "Accepted: {n}",
    ignored: "Ignored: {device}",
    undone: "New again: {device}",
    written: "Written: {path}. The hub takes it over in a moment.",
    not_an_act: "The form asks for nothing that can be done here.",
    earlier: "Back",
    more: "More",
    live: Live {
        sending: "On its way…",
        no_outcome: "The hub did not answer; nobody knows whether it was done.",
        copied: "Copied",
        not_copied: "The browser did not copy it; mark the text and copy it yourself.",
        arrived: "New: {device}",
        arrived_many: "{n} devices are new.",
    },
};

pub(super) const CS: Newcomers = Newcomers {
    title: "Nová",
    lead: "Zařízení, která se sama ohlásila. Co říkají, vidíte hned; spínat je půjde, až je přijmete.",
    off: "Hodnoty jsou živé. Spínat tu nepůjde nic, dokud zařízení někdo nepřijme.",
    decide: "Prohlédnout a rozhodnout",
    none: "Nic nového",
    none_hint: "Zařízení, které se u brokeru ohlásí, se tu objeví samo.",
    count: "Nových zařízení: {n}.",
    way: "{dialect} přes {link}",
    room: "Místnost",
    readings: "Co říká",
    later: "půjde nastavit po přijetí",
    accept: "Přijmout",
    ignore: "Ignorovat",
    accept_all: "Přijmout všechna: {dialect} ({n})",
    at_once: "Najednou",
    for_ever: "Má-li se dialekt přijímat i napříště, napište do konfigurace:",
    unknown: "Čemu hub nerozumí: {n}",
    unknown_hint: "I tohle zařízení ohlásilo. Hub nic nehádá; zprávy najdete na stránce Zprávy.",
    raw: "Poslední zprávy, jak přišly",
    raw_none: "Ještě se neozvalo.",
    search: "Všechno, kde se vyskytuje",
    definition: "Definice vytvořená z ohlášení",
    definition_hint: "Takhle hub zařízení rozumí. Můžete si ji odnést, nebo z ní udělat soubor a změnit v něm názvy, jednotky či \
                      obrázky.",
    copy: "Kopírovat",
    download: "Stáhnout",
    make: "Udělat z ní soubor",
    make_title: "Udělat soubor pro {device}?",
    make_hint: "Od té chvíle platí soubor, ne ohlášení: co v něm stojí, můžete měnit, a zařízení už není třeba přijímat. Když soubor \
                smažete, platí zase ohlášení.",
    path: "Vznikne",
    write: "Zapsat soubor",
    no: "Nechat být",
    other_text: "Zařízení mezitím ohlásilo něco jiného. Prohlédněte si to znovu; nic se nezapsalo.",
    not_written: "{path} se nepodařilo zapsat: {reason}",
    not_announced: "{base} se neohlásilo, nebo už je známé ze souboru.",
    ignored_list: "Ignorovaná: {n}",
    accepted_list: "Přijatá: {n}",
    aside_list: "Stranou: {n}",
    aside_hint: "Tato ohlášení neplatí, protože jejich zařízení hub zná odjinud. Začnou platit, jakmile to důležitější zmizí.",
    aside_definition: "známé z definice {definition}",
    aside_announced: "známé jako {base}, ohlášené v dialektu {dialect}",
    aside_link: "známé jako {base} přes {link}",
    aside_more: "Dalších {n} tu není; všechna vypíše clown-hub accept.",
    undo: "Vzít zpět",
    configured: "přijímá je konfigurace",
    away: "teď tu není",
    accepted: "Přijato: {device}",
    accepted_all: "Přijato: {n}",
    ignored: "Ignorováno: {device}",
    undone: "Znovu mezi novými: {device}",
    written: "Zapsáno: {path}. Hub soubor za okamžik převezme.",
    not_an_act: "Formulář nechce nic, co by se tu dalo udělat.",
    earlier: "Zpět",
    more: "Další",
    live: Live {
        sending: "Posílá se…",
        no_outcome: "Hub neodpověděl; nikdo neví, zda se to stalo.",
        copied: "Zkopírováno",
        not_copied: "Prohlížeč to nezkopíroval; označte text a zkopírujte ho sami.",
        arrived: "Nové: {device}",
        arrived_many: "Nových zařízení: {n}.",
    },
};
