//! Values, states and commands: what a tile says. The same texts go to the script.

use serde::Serialize;

use super::codes::{CS_DISKS, CS_LINKS, CS_REFUSALS, Codes, NONE};

/// The texts that change while a page is open.
#[derive(Debug, Serialize)]
pub struct Live {
    /// What refusals are about, by their code.
    pub refusals: Codes,
    /// What ails a link, by its code.
    pub links: Codes,
    /// What ails the disk or the machine, by its code.
    pub disks: Codes,
    /// Before what ails the disk of history.
    pub history_trouble: &'static str,
    /// Before what ails the disk of the hub's own broker.
    pub broker_trouble: &'static str,
    /// Events cannot be written.
    pub events_trouble: &'static str,
    /// Before what ails the power of the machine.
    pub power_trouble: &'static str,
    /// It is too hot.
    pub heat_trouble: &'static str,
    /// Its disk is nearly full.
    pub disk_trouble: &'static str,
    /// A switch that is on.
    pub on: &'static str,
    /// A switch that is off.
    pub off: &'static str,
    /// The button that sets what is written beside it.
    pub set: &'static str,
    /// The button of something that has no state.
    pub press: &'static str,
    /// A control of a device that nobody has accepted.
    pub locked_new: &'static str,
    /// A control for who may only look.
    pub locked_looking: &'static str,
    /// A control that its owner locked.
    pub locked_kept: &'static str,
    /// Button that takes one step off.
    pub less: &'static str,
    /// Button that adds one step.
    pub more: &'static str,
    /// A cover that is open.
    pub open: &'static str,
    /// A cover that is closed.
    pub closed: &'static str,
    /// A cover that is `{n}` per cent open.
    pub open_by: &'static str,
    /// A cover that opens.
    pub opening: &'static str,
    /// A cover that closes.
    pub closing: &'static str,
    /// A cover that stands.
    pub stopped: &'static str,
    /// Button that opens a cover.
    pub move_open: &'static str,
    /// Button that stops a cover.
    pub move_stop: &'static str,
    /// Button that closes a cover.
    pub move_close: &'static str,
    /// Field in which a colour is chosen.
    pub choose_color: &'static str,
    /// Names of colours: black, white, grey, then around the circle from red.
    pub colors: &'static str,
    /// A value that nobody knows (`null`).
    pub unknown: &'static str,
    /// Something happened less than a second ago.
    pub now: &'static str,
    /// `{n}` seconds ago.
    pub seconds: &'static str,
    /// `{n}` minutes ago.
    pub minutes: &'static str,
    /// `{n}` hours ago.
    pub hours: &'static str,
    /// `{n}` days ago.
    pub days: &'static str,
    /// Nobody knows how long ago.
    pub some_time: &'static str,
    /// A property that has lost its rhythm while its device speaks; the age follows.
    pub stale: &'static str,
    /// A property whose device has fallen silent; the age follows.
    pub silent: &'static str,
    /// A property whose device sleeps; the age follows.
    pub asleep: &'static str,
    /// A property whose device or link is gone; the age follows.
    pub offline: &'static str,
    /// A property whose device lost its connection; the age follows.
    pub lost: &'static str,
    /// A device that has fallen silent; the age follows.
    pub fell_silent: &'static str,
    /// What that means for whoever wants something of it.
    pub silent_hint: &'static str,
    /// A device that sleeps; the age follows.
    pub fell_asleep: &'static str,
    /// What that means.
    pub asleep_hint: &'static str,
    /// A device that is gone; the age follows.
    pub went_offline: &'static str,
    /// What that means, also of a device that lost its connection.
    pub offline_hint: &'static str,
    /// A device that lost its connection; the age follows.
    pub got_lost: &'static str,
    /// A value from before the hub's restart; the age follows.
    pub remembered: &'static str,
    /// A value that cannot be, because only what lies between two ends can; the age follows.
    pub outside: &'static str,
    /// A value that cannot be, because it is too low; the age follows.
    pub below: &'static str,
    /// A property that was announced and has never spoken.
    pub unheard: &'static str,
    /// A value that the device itself does not know; the age follows.
    pub said_unknown: &'static str,
    /// A property that takes commands and never says how it is.
    pub never_said: &'static str,
    /// A counter; the age of the last change follows.
    pub counted: &'static str,
    /// A command on its way to a value: `{value}`, asked by `{by}`.
    pub switching: &'static str,
    /// A command that the device confirmed after `{after}`.
    pub confirmed: &'static str,
    /// A command that was refused: `{reason}`.
    pub refused: &'static str,
    /// A command without an answer after `{after}`; still shows `{value}` as of (the age follows).
    pub unanswered: &'static str,
    /// A command whose effect the device never reports.
    pub unconfirmable: &'static str,
    /// The connection was lost while a command was on its way.
    pub lost_command: &'static str,
    /// For a screen reader: `{name}` is now `{value}`, confirmed.
    pub say_confirmed: &'static str,
    /// For a screen reader: `{name}` did not answer for `{after}` and still shows `{value}`.
    pub say_unanswered: &'static str,
    /// For a screen reader: `{name}` failed, `{reason}`.
    pub say_failed: &'static str,
    /// Button of a switch that is off.
    pub switch_on: &'static str,
    /// Button of a switch that is on.
    pub switch_off: &'static str,
    /// Footer: the connection is up.
    pub connected: &'static str,
    /// Footer: no connection yet.
    pub connecting: &'static str,
    /// Footer: connection lost.
    pub disconnected: &'static str,
    /// Banner: the hub is gone.
    pub not_live: &'static str,
    /// Banner: woke up, asking the hub.
    pub checking: &'static str,
    /// Banner: the session ended.
    pub signed_out: &'static str,
    /// Banner: the hub said that it stops.
    pub stopping: &'static str,
    /// The reader was too slow, `{n}` messages were left out.
    pub missed: &'static str,
    /// A link that is up.
    pub link_up: &'static str,
    /// A link that is being opened.
    pub link_connecting: &'static str,
    /// A link that waits for its device.
    pub link_waiting: &'static str,
    /// A link that is down.
    pub link_down: &'static str,
    /// `{n}` messages that a link could not pass on since the hub was started.
    pub dropped: &'static str,
    /// Log page: nothing matches.
    pub log_empty: &'static str,
    /// Log page: stream is held, `{n}` waiting.
    pub log_paused: &'static str,
    /// Log page: `{n}` rows copied.
    pub log_copied: &'static str,
    /// Log page: the payload is not JSON.
    pub bad_payload: &'static str,
    /// Log page: the topic is empty or holds a wildcard.
    pub bad_topic: &'static str,
    /// Log page: the filter is not valid.
    pub bad_filter: &'static str,
    /// Log page: message is on its way.
    pub sent: &'static str,
    /// Log page: not connected, nothing was sent.
    pub not_sent: &'static str,
}

pub(super) const EN: Live = Live {
    refusals: NONE,
    links: NONE,
    disks: NONE,
    history_trouble: "History is not being recorded:",
    broker_trouble: "The broker cannot keep what it promised:",
    events_trouble: "Who switched what is not being recorded:",
    power_trouble: "This Raspberry Pi gets too little power:",
    heat_trouble: "This Raspberry Pi is too hot:",
    disk_trouble: "The disk is nearly full:",
    on: "on",
    off: "off",
    set: "Set",
    press: "Press",
    locked_new: "Locked until the device is accepted",
    locked_looking: "Locked: this page may only look",
    locked_kept: "Locked by its owner",
    less: "Less",
    more: "More",
    open: "Open",
    closed: "Closed",
    open_by: "{n} % open",
    opening: "opening",
    closing: "closing",
    stopped: "stopped",
    move_open: "Open",
    move_stop: "Stop",
    move_close: "Close",
    choose_color: "Choose a colour",
    colors: "black|white|grey|red|orange|yellow|green|turquoise|blue|violet|pink",
    unknown: "unknown",
    now: "just now",
    seconds: "{n} s ago",
    minutes: "{n} min ago",
    hours: "{n} h ago",
    days: "{n} d ago",
    some_time: "some time ago",
    stale: "overdue, last said",
    silent: "silent, last said",
    asleep: "asleep, last said",
    offline: "offline, last said",
    lost: "connection lost, last said",
    fell_silent: "Fell silent",
    silent_hint: "It may not hear what it is told.",
    fell_asleep: "Fell asleep",
    asleep_hint: "It can be switched when it wakes.",
    went_offline: "Went offline",
    offline_hint: "It can be switched when it is back.",
    got_lost: "Lost its connection",
    remembered: "remembered from",
    outside: "cannot be: only {low} to {high} is possible, said",
    below: "cannot be: nothing below {low} is possible, said",
    unheard: "listed, has not spoken yet",
    said_unknown: "said “unknown”",
    never_said: "never says how it is",
    counted: "last",
    switching: "switching to {value}… asked by {by}",
    confirmed: "confirmed in {after},",
    refused: "refused: {reason}",
    unanswered: "no answer after {after}; still shows {value} as of",
    unconfirmable: "sent; this device never says whether it worked",
    lost_command: "connection lost before an answer; shows {value} as of",
    say_confirmed: "{name}: {value}, confirmed",
    say_unanswered: "{name}: no answer after {after}, still shows {value}",
    say_failed: "{name}: {reason}",
    switch_on: "Switch on",
    switch_off: "Switch off",
    connected: "Connected to",
    connecting: "Connecting to",
    disconnected: "Not connected to",
    not_live: "Not live – reconnecting…",
    checking: "Asking the hub…",
    signed_out: "You are signed out.",
    stopping: "The hub is stopping – reconnecting…",
    missed: "too slow: {n} messages left out, values are right again",
    link_up: "connected",
    link_connecting: "connecting",
    link_waiting: "waiting",
    link_down: "down",
    dropped: "messages dropped since the start: {n}",
    log_empty: "Nothing here yet. Messages appear as devices speak.",
    log_paused: "Paused, {n} waiting",
    log_copied: "{n} lines copied",
    bad_payload: "The payload is not valid JSON:",
    bad_topic: "The topic must not be empty or hold + or #.",
    bad_filter: "# may stand only at the end, + and # only alone between slashes.",
    sent: "Sent.",
    not_sent: "Not connected: nothing was sent.",
};

pub(super) const CS: Live = Live {
    refusals: CS_REFUSALS,
    links: CS_LINKS,
    disks: CS_DISKS,
    history_trouble: "Historie se nezaznamenává:",
    broker_trouble: "Broker nemůže uchovat, co slíbil:",
    events_trouble: "Nezaznamenává se, kdo co přepnul:",
    power_trouble: "Tomuto Raspberry Pi nestačí napájení:",
    heat_trouble: "Toto Raspberry Pi je příliš horké:",
    disk_trouble: "Disk je skoro plný:",
    on: "zapnuto",
    off: "vypnuto",
    set: "Nastavit",
    press: "Stisknout",
    locked_new: "Zamčeno, dokud zařízení nepřijmete",
    locked_looking: "Zamčeno: tady se jen díváte",
    locked_kept: "Zamknuto vlastníkem",
    less: "Méně",
    more: "Více",
    open: "Otevřeno",
    closed: "Zavřeno",
    open_by: "Otevřeno z {n} %",
    opening: "otevírá se",
    closing: "zavírá se",
    stopped: "stojí",
    move_open: "Otevřít",
    move_stop: "Zastavit",
    move_close: "Zavřít",
    choose_color: "Vybrat barvu",
    colors: "černá|bílá|šedá|červená|oranžová|žlutá|zelená|tyrkysová|modrá|fialová|růžová",
    unknown: "neznámo",
    now: "právě teď",
    seconds: "před {n} s",
    minutes: "před {n} min",
    hours: "před {n} h",
    days: "před {n} d",
    some_time: "před neznámou dobou",
    stale: "opožděno, naposledy",
    silent: "mlčí, naposledy",
    asleep: "spí, naposledy",
    offline: "odpojeno, naposledy",
    lost: "spojení ztraceno, naposledy",
    fell_silent: "Odmlčelo se",
    silent_hint: "Možná neslyší, co se mu řekne.",
    fell_asleep: "Usnulo",
    asleep_hint: "Ovládat půjde, až se probudí.",
    went_offline: "Odpojilo se",
    offline_hint: "Ovládat půjde, až se vrátí.",
    got_lost: "Ztratilo spojení",
    remembered: "zapamatováno",
    outside: "nemůže být: možné je jen {low} až {high}, hlášeno",
    below: "nemůže být: pod {low} nic není, hlášeno",
    unheard: "ohlášeno, zatím se neozvalo",
    said_unknown: "hlásí „neznámo“,",
    never_said: "svůj stav nehlásí",
    counted: "naposledy",
    switching: "přepíná se na {value}… žádá {by}",
    confirmed: "potvrzeno za {after},",
    refused: "odmítnuto: {reason}",
    unanswered: "bez odpovědi po {after}; stále hlásí {value},",
    unconfirmable: "odesláno; toto zařízení nikdy nepotvrzuje",
    lost_command: "spojení spadlo před odpovědí; hlásí {value},",
    say_confirmed: "{name}: {value}, potvrzeno",
    say_unanswered: "{name}: bez odpovědi po {after}, stále hlásí {value}",
    say_failed: "{name}: {reason}",
    switch_on: "Zapnout",
    switch_off: "Vypnout",
    connected: "Připojeno k",
    connecting: "Připojuje se k",
    disconnected: "Nepřipojeno k",
    not_live: "Hodnoty nejsou živé – spojení se obnovuje…",
    checking: "Ptám se hubu…",
    signed_out: "Jste odhlášeni.",
    stopping: "Hub se zastavuje – spojení se obnovuje…",
    missed: "pomalé spojení: {n} zpráv vynecháno, hodnoty už zase platí",
    link_up: "připojeno",
    link_connecting: "připojuje se",
    link_waiting: "čeká",
    link_down: "odpojeno",
    dropped: "zahozených zpráv od startu: {n}",
    log_empty: "Zatím tu nic není. Zprávy přibývají, jak zařízení mluví.",
    log_paused: "Pozastaveno, čeká {n}",
    log_copied: "Zkopírováno řádků: {n}",
    bad_payload: "Obsah není platný JSON:",
    bad_topic: "Téma nesmí být prázdné ani obsahovat + nebo #.",
    bad_filter: "# smí stát jen na konci, + a # jen samostatně mezi lomítky.",
    sent: "Odesláno.",
    not_sent: "Bez spojení: nic se neodeslalo.",
};
