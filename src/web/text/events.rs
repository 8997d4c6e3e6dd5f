//! The EVENTS page: who switched what. A sentence may name `{who}`, `{thing}`, `{value}`, `{before}` and `{n}`.

use crate::events::Kind;

/// The texts of the EVENTS page.
#[derive(Debug)]
pub struct Events {
    /// The title.
    pub title: &'static str,
    /// What the page is.
    pub lead: &'static str,
    /// Label of the search for text.
    pub text: &'static str,
    /// Label of the choice of a kind.
    pub kind: &'static str,
    /// Everything.
    pub all: &'static str,
    /// Label of the account.
    pub who: &'static str,
    /// Label of the device.
    pub device: &'static str,
    /// Label of the beginning.
    pub from: &'static str,
    /// Label of the end.
    pub to: &'static str,
    /// More filters.
    pub filters: &'static str,
    /// The button that looks.
    pub look: &'static str,
    /// Forget the filters.
    pub reset: &'static str,
    /// A time cannot be read.
    pub bad_time: &'static str,
    /// Nothing is there.
    pub none: &'static str,
    /// Nothing is found.
    pub none_found: &'static str,
    /// Nothing is recorded here.
    pub off: &'static str,
    /// The files cannot be read: `{reason}`.
    pub unreadable: &'static str,
    /// Lines are damaged: `{places}`.
    pub damaged: &'static str,
    /// To older events.
    pub older: &'static str,
    /// To the newest events.
    pub newest: &'static str,
    /// `{n}` new events.
    pub fresh: &'static str,
    /// The list.
    pub list: &'static str,
    /// Save as CSV.
    pub csv: &'static str,
    /// Save as JSON lines.
    pub jsonl: &'static str,
    /// Names of the kinds, in the order of [`Kind::ALL`].
    pub kinds: [&'static str; Kind::ALL.len()],
    /// Sentences by kind and what happened.
    pub sentences: &'static [(Kind, &'static str, &'static str)],
    /// What is said of an event that has no sentence.
    pub other: &'static str,
    /// Somebody without a name.
    pub somebody: &'static str,
    /// How commands end, by the word.
    pub ends: &'static [(&'static str, &'static str)],
    /// `after {time}`
    pub after: &'static str,
    /// `from {address}`
    pub at: &'static str,
    /// By what means.
    pub means: &'static [(&'static str, &'static str)],
    /// `{n}` more of the same were only counted.
    pub more: &'static str,
    /// Labels of the details: number, time, topic, device, payload, why.
    pub details: [&'static str; 6],
}

impl Events {
    /// The name of a kind.
    pub fn of(&self, kind: Kind) -> &'static str {
        Kind::ALL.iter().position(|known| *known == kind).map_or("", |at| self.kinds[at])
    }
}

pub(super) const EN: Events = Events {
    title: "Events",
    lead: "Who or what switched what, when, from where, and how it ended. Nothing here is ever changed.",
    text: "Contains",
    kind: "Kind",
    all: "Everything",
    who: "Account",
    device: "Device",
    from: "From",
    to: "Until",
    filters: "More filters",
    look: "Filter",
    reset: "Show everything",
    bad_time: "A time is not understood; write 2026-11-20, 2026-11-20T22:10 or -24h. UTC is meant.",
    none: "Nothing has happened yet.",
    none_found: "Nothing of that kind has happened.",
    off: "Events are not recorded by this hub.",
    unreadable: "The events cannot be read: {reason}",
    damaged: "Damaged lines are left out: {places}",
    older: "Older",
    newest: "Newest",
    fresh: "{n} new",
    list: "Events, newest first",
    csv: "Save as CSV",
    jsonl: "Save as JSON lines",
    kinds: ["Commands", "By hand", "Links", "Logins", "Accounts", "Devices", "Settings", "Hub"],
    sentences: &[
        (Kind::Command, "written", "{who} wrote {value} to the line {thing} by hand"),
        (Kind::Command, "", "{who} set {thing} to {value}"),
        (Kind::Change, "", "{thing} changed from {before} to {value}; nobody asked for it here"),
        (Kind::Link, "up", "Link {thing} is up"),
        (Kind::Link, "waiting", "Link {thing} is waiting"),
        (Kind::Link, "down", "Link {thing} has ended"),
        (Kind::Login, "in", "{who} signed in"),
        (Kind::Login, "out", "{who} signed out"),
        (Kind::Login, "used", "{who} came in with a {means}"),
        (Kind::Login, "wrong", "{who} was not let in: wrong {means}"),
        (Kind::Login, "limit", "Too many wrong attempts: nobody from there is asked for a moment"),
        (Kind::Account, "added", "The account {thing} was made"),
        (Kind::Account, "removed", "The account {thing} was removed"),
        (Kind::Account, "password", "{thing} has a new password"),
        (Kind::Account, "token-added", "{thing} has a new token, {value}"),
        (Kind::Account, "token-revoked", "The token {value} of {thing} was revoked"),
        (Kind::Device, "accepted", "{who} accepted {thing}"),
        (Kind::Device, "ignored", "{who} ignores {thing}"),
        (Kind::Device, "new", "{who} took back what was decided about {thing}"),
        (Kind::Config, "reloaded", "The configuration was read again"),
        (Kind::Config, "taken", "Definitions of devices were taken: {value}"),
        (Kind::Config, "refused", "A mistake: the {thing} stays as it was"),
        (Kind::Hub, "started", "The hub started"),
        (Kind::Hub, "stopped", "The hub stopped"),
        (Kind::Hub, "clock", "The clock jumped"),
        (Kind::Hub, "trouble", "The disk fails: {thing} is not being kept"),
        (Kind::Hub, "recovered", "The disk works again: {thing} is kept"),
        (Kind::Hub, "ailing", "This machine is in trouble"),
        (Kind::Hub, "well", "This machine is well again"),
        (Kind::Hub, "lost", "{n} events were lost while the disk could not be written"),
        (Kind::Hub, "missed", "{n} messages came too fast to be looked at"),
    ],
    other: "{thing} {value}",
    somebody: "Somebody",
    ends: &[
        ("confirmed", "confirmed"),
        ("refused", "refused"),
        ("unanswered", "no answer"),
        ("unconfirmable", "sent, cannot be confirmed"),
        ("superseded", "overtaken by a newer one"),
        ("written", "written"),
    ],
    after: "after {time}",
    at: "from {address}",
    means: &[
        ("page", "page"),
        ("form", "page"),
        ("script", "program"),
        ("local", "this machine"),
        ("broker", "MQTT"),
        ("session", "browser"),
        ("password", "password"),
        ("token", "token"),
        ("setup", "setup code"),
        ("pin", "PIN of a kiosk"),
    ],
    more: "and {n} more that were only counted",
    details: ["Number", "Time", "Topic", "Device", "Payload", "Why"],
};

pub(super) const CS: Events = Events {
    title: "Události",
    lead: "Kdo nebo co co přepnulo, kdy, odkud a jak to dopadlo. Nic se tu nikdy nemění.",
    text: "Obsahuje",
    kind: "Druh",
    all: "Všechno",
    who: "Účet",
    device: "Zařízení",
    from: "Od",
    to: "Do",
    filters: "Další filtry",
    look: "Filtrovat",
    reset: "Ukázat všechno",
    bad_time: "Čas není srozumitelný; pište 2026-11-20, 2026-11-20T22:10 nebo -24h. Myslí se UTC.",
    none: "Zatím se nic nestalo.",
    none_found: "Nic takového se nestalo.",
    off: "Tento hub události nezaznamenává.",
    unreadable: "Události nelze přečíst: {reason}",
    damaged: "Poškozené řádky jsou vynechány: {places}",
    older: "Starší",
    newest: "Nejnovější",
    fresh: "Nových: {n}",
    list: "Události, nejnovější nahoře",
    csv: "Uložit jako CSV",
    jsonl: "Uložit jako JSON po řádcích",
    kinds: ["Příkazy", "Ručně", "Linky", "Přihlášení", "Účty", "Zařízení", "Nastavení", "Hub"],
    sentences: &[
        (Kind::Command, "written", "{who} ručně zapisuje {value} na linku {thing}"),
        (Kind::Command, "", "{who} nastavuje {thing} na {value}"),
        (Kind::Change, "", "{thing}: změna z {before} na {value}; odsud o to nikdo nežádal"),
        (Kind::Link, "up", "Linka {thing} je spojena"),
        (Kind::Link, "waiting", "Linka {thing} čeká"),
        (Kind::Link, "down", "Linka {thing} skončila"),
        (Kind::Login, "in", "{who}: přihlášení"),
        (Kind::Login, "out", "{who}: odhlášení"),
        (Kind::Login, "used", "{who}: vstup ({means})"),
        (Kind::Login, "wrong", "{who}: odmítnutý vstup, nesprávné údaje ({means})"),
        (Kind::Login, "limit", "Příliš mnoho chybných pokusů: odtamtud teď nikdo nesmí zkoušet dál"),
        (Kind::Account, "added", "Vznikl účet {thing}"),
        (Kind::Account, "removed", "Účet {thing} byl odstraněn"),
        (Kind::Account, "password", "{thing} má nové heslo"),
        (Kind::Account, "token-added", "{thing} má nový token {value}"),
        (Kind::Account, "token-revoked", "Token {value} účtu {thing} byl odvolán"),
        (Kind::Device, "accepted", "{who} přijímá {thing}"),
        (Kind::Device, "ignored", "{who} ignoruje {thing}"),
        (Kind::Device, "new", "{who} bere zpět rozhodnutí o {thing}"),
        (Kind::Config, "reloaded", "Konfigurace byla znovu načtena"),
        (Kind::Config, "taken", "Definice zařízení byly převzaty: {value}"),
        (Kind::Config, "refused", "Chyba: zůstává, co platilo dosud ({thing})"),
        (Kind::Hub, "started", "Hub se spustil"),
        (Kind::Hub, "stopped", "Hub se zastavil"),
        (Kind::Hub, "clock", "Hodiny přeskočily"),
        (Kind::Hub, "trouble", "Disk selhává: neukládá se {thing}"),
        (Kind::Hub, "recovered", "Disk zase funguje: ukládá se {thing}"),
        (Kind::Hub, "ailing", "Tento stroj má potíže"),
        (Kind::Hub, "well", "Tento stroj je zase v pořádku"),
        (Kind::Hub, "lost", "Ztracené události, když se nedalo zapisovat na disk: {n}"),
        (Kind::Hub, "missed", "Zprávy, které přišly příliš rychle: {n}"),
    ],
    other: "{thing} {value}",
    somebody: "Někdo",
    ends: &[
        ("confirmed", "potvrzeno"),
        ("refused", "odmítnuto"),
        ("unanswered", "bez odpovědi"),
        ("unconfirmable", "odesláno, nelze potvrdit"),
        ("superseded", "předběhl ho novější"),
        ("written", "zapsáno"),
    ],
    after: "za {time}",
    at: "z {address}",
    means: &[
        ("page", "stránka"),
        ("form", "stránka"),
        ("script", "program"),
        ("local", "tento počítač"),
        ("broker", "MQTT"),
        ("session", "prohlížeč"),
        ("password", "heslo"),
        ("token", "token"),
        ("setup", "kód pro první nastavení"),
        ("pin", "PIN kiosku"),
    ],
    more: "a další, jen spočítané: {n}",
    details: ["Číslo", "Čas", "Téma", "Zařízení", "Obsah", "Proč"],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_the_same_events() {
        let words = |events: &Events| {
            let sentences = events.sentences.iter().map(|(kind, what, _)| (*kind, *what)).collect::<Vec<_>>();
            let ends = events.ends.iter().map(|(word, _)| *word).collect::<Vec<_>>();
            (sentences, ends, events.means.iter().map(|(word, _)| *word).collect::<Vec<_>>())
        };
        assert_eq!(words(&EN), words(&CS));
    }
}
