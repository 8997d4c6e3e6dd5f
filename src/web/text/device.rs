//! The page of a device: what it is, what it has, what goes over its line, pieces to copy, removing it.

use serde::Serialize;

/// The texts of the page of a device.
#[derive(Debug)]
pub struct Device {
    /// No device has this base: `{base}`.
    pub missing: &'static str,
    /// Before the nearest base.
    pub did_you_mean: &'static str,
    /// Name of the links to the parts of the page.
    pub parts: &'static str,
    /// The parts: what it is, values, traffic, errors, pieces to copy.
    pub headings: [&'static str; 6],
    /// Labels: made by, models, room, link, presence, since, spoke last, pace, firmware, definition, standing.
    pub labels: Labels,
    /// How it stands with people: new, accepted, ignored.
    pub standings: [&'static str; 3],
    /// Presences, in the order of `Presence::ALL`.
    pub presences: [&'static str; 8],
    /// Nobody knows.
    pub unknown: &'static str,
    /// The usual pause of what it says most often: `{time}`.
    pub speaks_every: &'static str,
    /// It speaks when something happens.
    pub speaks_at_times: &'static str,
    /// `{n}` messages a minute.
    pub rate: &'static str,
    /// `{n}` messages since the hub started.
    pub heard_so_far: &'static str,
    /// The definition was made of what it announced in `{dialect}`.
    pub announced: &'static str,
    /// The definition came with the hub.
    pub built_in: &'static str,
    /// The definition is the file `{path}`.
    pub own_file: &'static str,
    /// The link to the text of the definition.
    pub definition_text: &'static str,
    /// Columns of the table of values.
    pub columns: [&'static str; 7],
    /// A step of `{n}`.
    pub step: &'static str,
    /// It cannot be set.
    pub only_read: &'static str,
    /// It can be set, and says the new value itself.
    pub confirmed_by_state: &'static str,
    /// … and is asked for the new value.
    pub confirmed_by_asking: &'static str,
    /// … and gives the command back.
    pub confirmed_by_echo: &'static str,
    /// … and never answers.
    pub never_confirmed: &'static str,
    /// It has no values yet.
    pub no_values: &'static str,
    /// Links of a line of the table: history, messages, pieces to copy.
    pub ways: [&'static str; 4],
    /// The link from the graph to the HISTORY page.
    pub whole_graph: &'static str,
    /// What the graph is.
    pub graph: &'static str,
    /// What the columns of the traffic are: time, wire, meaning, command.
    pub traffic_columns: [&'static str; 4],
    /// Screen reader: the device said it.
    pub heard: &'static str,
    /// Screen reader: it was written to the device.
    pub written: &'static str,
    /// A line that is no message.
    pub no_message: &'static str,
    /// Nothing was said yet.
    pub silent: &'static str,
    /// How lines and messages were put together: by what they say.
    pub joined_by_words: &'static str,
    /// … by the time.
    pub joined_by_time: &'static str,
    /// … by the instant, at a broker.
    pub joined_by_instant: &'static str,
    /// There is no line to be seen.
    pub no_wire: &'static str,
    /// Times are UTC.
    pub utc: &'static str,
    /// The link to all messages.
    pub all_messages: &'static str,
    /// `{by}` asked.
    pub asked_by: &'static str,
    /// Accepted, sent, confirmed, refused, unanswered, unconfirmable.
    pub steps: [&'static str; 6],
    /// Commands that failed.
    pub failed: &'static str,
    /// Odd input of the link.
    pub odd: &'static str,
    /// There were no errors.
    pub no_errors: &'static str,
    /// What the pieces are.
    pub snippets_lead: &'static str,
    /// Where the password and the authority come from.
    pub snippets_needs: &'static str,
    /// The same without an authority of the hub's own.
    pub snippets_password: &'static str,
    /// Choose a property.
    pub choose: &'static str,
    /// Names of the tools: browser, Node, Python, curl, websocat, Mosquitto.
    pub tools: [&'static str; 6],
    /// How to turn on the broker.
    pub no_broker: &'static str,
    /// The button that copies.
    pub copy: &'static str,
    /// The link to names and places on the dashboard.
    pub arrange: &'static str,
    /// The link to removing it.
    pub remove: &'static str,
    /// The heading of the question: `{device}`.
    pub remove_title: &'static str,
    /// What ignoring means.
    pub ignore_hint: &'static str,
    /// The button.
    pub ignore: &'static str,
    /// What forgetting means.
    pub forget_hint: &'static str,
    /// The button.
    pub forget: &'static str,
    /// It is there and cannot be removed.
    pub is_there: &'static str,
    /// What happens to its history.
    pub history_stays: &'static str,
    /// The button that leaves everything as it is.
    pub no: &'static str,
    /// `{device}` is ignored.
    pub ignored: &'static str,
    /// `{n}` values of `{device}` are forgotten.
    pub forgotten: &'static str,
    /// What the script says.
    pub live: Live,
}

/// Labels of what is known of a device.
#[derive(Debug)]
pub struct Labels {
    /// Maker and family.
    pub family: &'static str,
    /// Models.
    pub models: &'static str,
    /// Room.
    pub area: &'static str,
    /// Link.
    pub link: &'static str,
    /// Presence.
    pub presence: &'static str,
    /// Before the age of the presence.
    pub since: &'static str,
    /// When it spoke last.
    pub last: &'static str,
    /// How often it speaks.
    pub pace: &'static str,
    /// Firmware.
    pub firmware: &'static str,
    /// Definition.
    pub definition: &'static str,
    /// How it stands with people.
    pub standing: &'static str,
}

/// The texts of its script.
#[derive(Debug, Serialize)]
pub struct Live {
    /// A form is on its way.
    pub sending: &'static str,
    /// Nobody said what became of it.
    pub no_outcome: &'static str,
    /// The piece is in the clipboard.
    pub copied: &'static str,
    /// The browser lets nothing into the clipboard.
    pub not_copied: &'static str,
}

pub(super) const EN: Device = Device {
    missing: "No device is known as {base}.",
    did_you_mean: "Did you mean",
    parts: "Parts of this page",
    headings: ["What it is", "The last 24 hours", "Values", "Traffic", "Last errors", "Use it elsewhere"],
    labels: Labels {
        family: "Made by",
        models: "Models",
        area: "Room",
        link: "Link",
        presence: "Presence",
        since: "since",
        last: "Last word",
        pace: "It speaks",
        firmware: "Firmware",
        definition: "Definition",
        standing: "Acceptance",
    },
    standings: [
        "new: it cannot be switched before somebody accepts it",
        "it announced itself and was accepted",
        "ignored: it is not on the dashboard",
    ],
    presences: [
        "nothing is known yet",
        "not heard since the start; values are remembered",
        "online",
        "late",
        "silent",
        "asleep",
        "offline",
        "lost",
    ],
    unknown: "not known",
    speaks_every: "every {time}",
    speaks_at_times: "when something happens",
    rate: "{n} messages a minute lately",
    heard_so_far: "{n} messages since the hub started",
    announced: "made of what it announced ({dialect})",
    built_in: "comes with the hub",
    own_file: "your file {path}",
    definition_text: "its text",
    columns: ["Value of", "Last", "Age", "Usually every", "Can be", "Setting", "More"],
    step: "in steps of {n}",
    only_read: "read only",
    confirmed_by_state: "can be set; the device says the new value",
    confirmed_by_asking: "can be set; the hub asks for the new value",
    confirmed_by_echo: "can be set; the device repeats the command",
    never_confirmed: "can be set; the device never answers",
    no_values: "It has not said anything yet.",
    ways: ["history", "messages", "snippets", "elsewhere"],
    whole_graph: "Zoom, compare, export",
    graph: "Graph of the last 24 hours",
    traffic_columns: ["Time", "On the wire", "Decoded", "Command"],
    heard: "received",
    written: "sent",
    no_message: "no message",
    silent: "Nothing has gone over its line since the hub started.",
    joined_by_words: "A line stands beside the message that says the same.",
    joined_by_time: "A line stands beside what was understood until the next one: they are put together by time.",
    joined_by_instant: "A message of the broker stands beside what was understood at that instant.",
    no_wire: "This link has no line to be seen: the device is simulated, or part of the hub.",
    utc: "Times are UTC, the newest first.",
    all_messages: "All its messages",
    asked_by: "by {by}",
    steps: ["accepted", "sent", "confirmed", "refused", "unanswered", "sent, no answer expected"],
    failed: "Commands that failed",
    odd: "Odd input of its link",
    no_errors: "Nothing went wrong since the hub started.",
    snippets_lead: "These do what the tile does, from anywhere in your network. Change the value as you like.",
    snippets_needs: "Put your password into the variable CLOWN_HUB_PASSWORD, or a token into its place, and save this hub's certificate authority beside them as ca.pem:",
    snippets_password: "Put your password into the variable CLOWN_HUB_PASSWORD, or a token into its place.",
    choose: "Property",
    tools: [
        "JavaScript in the browser, on a page of this hub",
        "JavaScript in Node 18 or newer",
        "Python with websockets 14 or newer",
        "curl",
        "websocat",
        "Mosquitto",
    ],
    no_broker: "For mosquitto_pub and mosquitto_sub the hub needs a broker. Add this to its configuration and restart it:",
    copy: "Copy",
    arrange: "Rename and arrange",
    remove: "Remove…",
    remove_title: "Remove {device}?",
    ignore_hint: "Ignored, it stands on no page but NEW and takes no command. That can be taken back there.",
    ignore: "Ignore it",
    forget_hint: "Its last values are forgotten, here and at brokers where the hub left them. If it speaks again, it comes back.",
    forget: "Forget it",
    is_there: "It is there, so it would come back with its next word. Unplug it or take its link out of the configuration first.",
    history_stays: "What was recorded of it stays. To let go of that, too, name each series:",
    no: "Leave it",
    ignored: "{device} is ignored from now on.",
    forgotten: "{device} is removed: {n} values are forgotten.",
    live: Live {
        sending: "On its way…",
        no_outcome: "The hub did not answer; nobody knows whether it was done.",
        copied: "Copied.",
        not_copied: "The browser does not allow copying; select the text instead.",
    },
};

pub(super) const CS: Device = Device {
    missing: "Žádné zařízení {base} tu není.",
    did_you_mean: "Nemyslíte",
    parts: "Části stránky",
    headings: [
        "Co to je",
        "Posledních 24 hodin",
        "Hodnoty",
        "Provoz",
        "Poslední chyby",
        "Použijte ho i jinde",
    ],
    labels: Labels {
        family: "Výrobce",
        models: "Modely",
        area: "Místnost",
        link: "Spojení",
        presence: "Přítomnost",
        since: "od",
        last: "Poslední slovo",
        pace: "Mluví",
        firmware: "Firmware",
        definition: "Definice",
        standing: "Přijetí",
    },
    standings: [
        "nové: dokud ho někdo nepřijme, nelze ho ovládat",
        "ohlásilo se a bylo přijato",
        "přehlížené: na přehledu není",
    ],
    presences: [
        "zatím se o něm nic neví",
        "od spuštění se neozvalo; hodnoty jsou z paměti",
        "je tu",
        "má zpoždění",
        "mlčí",
        "spí",
        "není dostupné",
        "spojení se ztratilo",
    ],
    unknown: "neví se",
    speaks_every: "každých {time}",
    speaks_at_times: "když se něco stane",
    rate: "v poslední době {n} zpráv za minutu",
    heard_so_far: "od spuštění hubu {n} zpráv",
    announced: "vznikla z toho, co zařízení ohlásilo ({dialect})",
    built_in: "hub ji má v sobě",
    own_file: "váš soubor {path}",
    definition_text: "její text",
    columns: ["Hodnota", "Naposledy", "Stáří", "Obvykle každých", "Může být", "Nastavení", "Dál"],
    step: "po {n}",
    only_read: "jen ke čtení",
    confirmed_by_state: "lze nastavit; zařízení řekne novou hodnotu",
    confirmed_by_asking: "lze nastavit; hub se na novou hodnotu zeptá",
    confirmed_by_echo: "lze nastavit; zařízení příkaz zopakuje",
    never_confirmed: "lze nastavit; zařízení nikdy neodpovídá",
    no_values: "Zatím nic neřeklo.",
    ways: ["historie", "zprávy", "úryvky", "jinam"],
    whole_graph: "Přiblížit, porovnat, uložit",
    graph: "Graf posledních 24 hodin",
    traffic_columns: ["Čas", "Na drátě", "Význam", "Příkaz"],
    heard: "přišlo",
    written: "odešlo",
    no_message: "není to zpráva",
    silent: "Od spuštění hubu po jeho lince nic nešlo.",
    joined_by_words: "Řádek stojí vedle zprávy, která říká totéž.",
    joined_by_time: "Řádek stojí vedle toho, co se z něj do příštího řádku poznalo: spojuje je čas.",
    joined_by_instant: "Zpráva brokeru stojí vedle toho, co se z ní v tu chvíli poznalo.",
    no_wire: "U tohoto spojení není na drátě co vidět: zařízení je simulované, nebo je částí hubu.",
    utc: "Časy jsou v UTC, nejnovější nahoře.",
    all_messages: "Všechny jeho zprávy",
    asked_by: "zadal {by}",
    steps: ["přijato", "odesláno", "potvrzeno", "odmítnuto", "bez odpovědi", "odesláno, odpověď se nečeká"],
    failed: "Příkazy, které se nepovedly",
    odd: "Podivný vstup jeho spojení",
    no_errors: "Od spuštění hubu se nic nepokazilo.",
    snippets_lead: "Tohle udělá totéž co dlaždice, odkudkoli z vaší sítě. Hodnotu si změňte, jak potřebujete.",
    snippets_needs: "Do proměnné CLOWN_HUB_PASSWORD dejte své heslo, nebo na jeho místo token, a vedle uložte certifikační autoritu tohoto hubu jako ca.pem:",
    snippets_password: "Do proměnné CLOWN_HUB_PASSWORD dejte své heslo, nebo na jeho místo token.",
    choose: "Vlastnost",
    tools: [
        "JavaScript v prohlížeči, na stránce tohoto hubu",
        "JavaScript v Node 18 nebo novějším",
        "Python s modulem websockets 14 nebo novějším",
        "curl",
        "websocat",
        "Mosquitto",
    ],
    no_broker: "Pro mosquitto_pub a mosquitto_sub potřebuje hub broker. Přidejte tohle do jeho konfigurace a spusťte ho znovu:",
    copy: "Kopírovat",
    arrange: "Přejmenovat a uspořádat",
    remove: "Odebrat…",
    remove_title: "Odebrat {device}?",
    ignore_hint: "Přehlížené nestojí na žádné stránce kromě NOVÝCH a nepřijme žádný příkaz. Tam se to dá vzít zpět.",
    ignore: "Přehlížet",
    forget_hint: "Jeho poslední hodnoty hub zapomene, tady i u brokerů, kde je nechal. Když se znovu ozve, vrátí se.",
    forget: "Zapomenout",
    is_there: "Je tu, takže by se s příštím slovem vrátilo. Nejdřív ho odpojte, nebo jeho spojení vyřaďte z konfigurace.",
    history_stays: "Co se z něj zaznamenalo, zůstane. Chcete-li zapomenout i to, jmenujte každou řadu:",
    no: "Nechat být",
    ignored: "Zařízení {device} hub od teď přehlíží.",
    forgotten: "Zařízení {device} je odebráno, zapomenuté hodnoty: {n}.",
    live: Live {
        sending: "Posílá se…",
        no_outcome: "Hub neodpověděl; nikdo neví, zda se to stalo.",
        copied: "Zkopírováno.",
        not_copied: "Prohlížeč kopírovat nedovolí; vyberte text sami.",
    },
};
