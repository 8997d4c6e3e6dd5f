//! The console of a serial line: what came and went, and writing by hand.

use serde::Serialize;

use super::codes::{Codes, NONE};

/// The texts of the console.
#[derive(Debug)]
pub struct Console {
    /// The title, and the link to the page.
    pub title: &'static str,
    /// What the page is.
    pub lead: &'static str,
    /// The lines there are.
    pub lines: &'static str,
    /// No link speaks on a serial line.
    pub none: &'static str,
    /// What to write into the configuration.
    pub none_hint: &'static str,
    /// There is no line with this name.
    pub no_such: &'static str,
    /// The port is not open: what is shown is from before.
    pub past: &'static str,
    /// How bytes are shown.
    pub shown_as: &'static str,
    /// As text and as hexadecimal digits.
    pub forms: [&'static str; 2],
    /// The button that holds the stream.
    pub pause: &'static str,
    /// The button that empties the list.
    pub clear: &'static str,
    /// The button that goes to the newest row.
    pub newest: &'static str,
    /// Name of the stream.
    pub stream: &'static str,
    /// Shown above the stream without script.
    pub latest: &'static str,
    /// Unfolds the form.
    pub write: &'static str,
    /// What may happen.
    pub danger: &'static str,
    /// Label of the bytes.
    pub bytes: &'static str,
    /// Label of what the bytes are and how they end.
    pub end: &'static str,
    /// Text with LF, CR LF, CR, nothing behind it; hexadecimal digits.
    pub ends: [&'static str; 5],
    /// The button that writes.
    pub send: &'static str,
    /// It was written.
    pub written: &'static str,
    /// Nobody has said yet whether it was written.
    pub unanswered: &'static str,
    /// It was refused: `{reason}`.
    pub refused: &'static str,
    /// What stands at place `{n}` is no hexadecimal digit: `{c}`.
    pub bad_hex: &'static str,
    /// The byte at place `{n}` has one digit.
    pub half_byte: &'static str,
    /// A form that the page does not have.
    pub not_a_form: &'static str,
    /// What a refusal is about, by its code.
    pub refusals: Codes,
    /// What the script says, too.
    pub live: Live,
}

/// What the script of the console says.
#[derive(Debug, Serialize)]
pub struct Live {
    /// From the device.
    pub heard: &'static str,
    /// To the device.
    pub wrote: &'static str,
    /// To the device, by hand of `{by}`.
    pub by: &'static str,
    /// The port was opened.
    pub opened: &'static str,
    /// The port was closed or has gone.
    pub closed: &'static str,
    /// The device took no data.
    pub withdrawn: &'static str,
    /// The reader was too slow: `{n}` bytes.
    pub lost: &'static str,
    /// Nothing came or went.
    pub empty: &'static str,
    /// The stream is held; `{n}` rows wait.
    pub paused: &'static str,
    /// Something is on its way.
    pub sending: &'static str,
    /// The hub did not tell what became of it.
    pub no_outcome: &'static str,
}

pub(super) const EN: Console = Console {
    title: "Console",
    lead: "Every byte that comes and goes on the serial line, as it is. Looking changes nothing.",
    lines: "Lines",
    none: "No link speaks on a serial line",
    none_hint: "See what is plugged in with clown-hub ports, and write it into the configuration.",
    no_such: "There is no serial line with this name.",
    past: "The port is not open: what is shown is from before.",
    shown_as: "Shown as",
    forms: ["Text", "Hex"],
    pause: "Pause",
    clear: "Clear",
    newest: "To the newest",
    stream: "Bytes of the line, newest last",
    latest: "The last bytes of the line; times are UTC.",
    write: "Write to the line…",
    danger: "Raw bytes go to whatever is connected: they may switch things, change settings, or disturb what the hub and the \
             device say to each other. This is no command: nobody confirms what it did. It is logged with your name.",
    bytes: "Bytes",
    end: "They are",
    ends: ["Text and LF", "Text and CR LF", "Text and CR", "Text alone", "Hexadecimal digits"],
    send: "Write",
    written: "Written to the port. What the device made of it stands above, if it says so.",
    unanswered: "Nobody has said yet whether it was written; look above.",
    refused: "Refused: {reason}",
    bad_hex: "character {n} is no hexadecimal digit: {c}",
    half_byte: "the byte at character {n} has one digit; write two, such as 0a",
    not_a_form: "the form has no such choice",
    refusals: NONE,
    live: Live {
        heard: "from the device",
        wrote: "to the device",
        by: "by hand: {by}",
        opened: "The port was opened.",
        closed: "The port was closed, or has gone.",
        withdrawn: "The device took no data; what it had not taken was withdrawn.",
        lost: "{n} bytes were too fast to be shown",
        empty: "Nothing has come or gone yet.",
        paused: "Paused. New rows: {n}",
        sending: "Being written…",
        no_outcome: "The hub did not say whether it was written. It may have been.",
    },
};

pub(super) const CS: Console = Console {
    title: "Konzole",
    lead: "Každý bajt, který po sériové lince přijde a odejde, tak jak je. Dívat se nic nemění.",
    lines: "Linky",
    none: "Žádné spojení nemluví po sériové lince",
    none_hint: "Co je zapojené, ukáže clown-hub ports; pak to zapište do konfigurace.",
    no_such: "Sériová linka s tímto jménem tu není.",
    past: "Port není otevřený: co je vidět, je z dřívějška.",
    shown_as: "Zobrazit jako",
    forms: ["Text", "Hex"],
    pause: "Pozastavit",
    clear: "Vymazat",
    newest: "Na nejnovější",
    stream: "Bajty linky, nejnovější dole",
    latest: "Poslední bajty linky; časy jsou UTC.",
    write: "Psát na linku…",
    danger: "Bajty jdou rovnou tomu, co je připojené: mohou něco přepnout, změnit nastavení nebo narušit řeč hubu se zařízením. \
             Není to příkaz: nikdo nepotvrdí, co způsobily. Zapíše se to s vaším jménem do záznamu.",
    bytes: "Bajty",
    end: "Co to je",
    ends: ["Text a LF", "Text a CR LF", "Text a CR", "Jen text", "Šestnáctkové číslice"],
    send: "Zapsat",
    written: "Zapsáno na port. Co na to zařízení, je vidět nahoře, pokud to řekne.",
    unanswered: "Zatím nikdo neřekl, zda se to zapsalo; podívejte se nahoru.",
    refused: "Odmítnuto: {reason}",
    bad_hex: "{n}. znak není šestnáctková číslice: {c}",
    half_byte: "bajt na {n}. znaku má jen jednu číslici; pište dvě, třeba 0a",
    not_a_form: "takovou volbu formulář nemá",
    refusals: Codes(&[
        ("blocked", "zařízení nepřijímá data"),
        ("busy", "zrovna se ručně píše něco jiného"),
        ("in-use", "linka nebyla ani na chvíli volná"),
        ("nothing", "není co zapsat"),
        ("offline", "port není otevřený"),
        ("no-such-link", "taková linka tu není"),
        ("too-long", "najednou je to příliš"),
        ("unplugged", "port mezitím zmizel"),
    ]),
    live: Live {
        heard: "od zařízení",
        wrote: "zařízení",
        by: "ručně: {by}",
        opened: "Port byl otevřen.",
        closed: "Port byl zavřen, nebo zmizel.",
        withdrawn: "Zařízení nepřijímalo data; co nepřevzalo, bylo vzato zpět.",
        lost: "Příliš rychlé, než aby se to ukázalo: {n} B",
        empty: "Zatím nic nepřišlo ani neodešlo.",
        paused: "Pozastaveno. Nové řádky: {n}",
        sending: "Zapisuje se…",
        no_outcome: "Hub neřekl, zda se to zapsalo. Možná ano.",
    },
};
