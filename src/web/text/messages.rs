//! The MESSAGES page: the tree of topics, one topic, publishing, what brokers remember.

use serde::Serialize;

/// The texts of the MESSAGES page.
#[derive(Debug)]
pub struct Messages {
    /// What the page is.
    pub lead: &'static str,
    /// Label of the search field.
    pub search: &'static str,
    /// Label of the choice of a link.
    pub link: &'static str,
    /// Label of the choice of a kind.
    pub kind: &'static str,
    /// Nothing is left out.
    pub all: &'static str,
    /// Kinds of messages in the plural: values, commands, answers, the hub's own, remembered.
    pub kinds: [&'static str; 5],
    /// Applies the search, without script.
    pub apply: &'static str,
    /// Opens every level.
    pub expand: &'static str,
    /// Shuts every level.
    pub collapse: &'static str,
    /// Holds the view.
    pub pause: &'static str,
    /// Name of the tree.
    pub tree: &'static str,
    /// Above a tree that shows a part only: all topics.
    pub root: &'static str,
    /// The next rows, without script.
    pub further: &'static str,
    /// Nothing was said yet.
    pub empty: &'static str,
    /// Nothing is found.
    pub nothing: &'static str,
    /// Headings of columns: last value, rate, age, count.
    pub columns: [&'static str; 4],
    /// The tree as a file.
    pub export_tree: &'static str,
    /// Every message that is still known as a file.
    pub export_past: &'static str,
    /// The way to what brokers remember.
    pub retained: &'static str,
    /// In place of a topic while none is chosen.
    pub choose: &'static str,
    /// From a topic back to the tree.
    pub back: &'static str,
    /// A topic that nobody has spoken under, or not since long.
    pub unknown: &'static str,
    /// The last payload.
    pub last: &'static str,
    /// JSON laid out.
    pub laid_out: &'static str,
    /// Exactly as sent.
    pub as_sent: &'static str,
    /// Bytes in hexadecimal digits.
    pub bytes: &'static str,
    /// An empty payload.
    pub no_bytes: &'static str,
    /// Not all of it: the first `{shown}` of `{all}`.
    pub first_of: &'static str,
    /// The link to the whole payload.
    pub whole: &'static str,
    /// Heading of the differences between message `{a}` and `{b}`.
    pub difference: &'static str,
    /// Byte for byte the same.
    pub same: &'static str,
    /// Too long to be compared.
    pub too_long: &'static str,
    /// `{n}` more differences.
    pub more: &'static str,
    /// The whole value, where a path would stand.
    pub whole_value: &'static str,
    /// There is one message only.
    pub one_only: &'static str,
    /// The message before the last one was forgotten.
    pub one_left: &'static str,
    /// Heading of the history.
    pub history: &'static str,
    /// Where the history begins: message `{n}`; all before are forgotten: `{gone}`.
    pub begins: &'static str,
    /// The history is complete: `{n}` messages since the hub began to listen.
    pub complete: &'static str,
    /// Older messages.
    pub older: &'static str,
    /// Button that compares the two that are chosen.
    pub compare: &'static str,
    /// Above the columns that choose what is compared: from, to.
    pub compared: [&'static str; 2],
    /// Screen reader: compare message `{n}` as the first, as the second.
    pub as_first: &'static str,
    /// Screen reader: compare message `{n}` as the second.
    pub as_second: &'static str,
    /// Heading of what can be copied.
    pub copy: &'static str,
    /// What can be copied: topic, payload.
    pub copies: [&'static str; 2],
    /// Where a value comes from: `{from}`.
    pub from: &'static str,
    /// Known from memory only, since the time that follows.
    pub memory: &'static str,
    /// Heading and button of the form.
    pub publish: &'static str,
    /// Label of the topic field.
    pub topic: &'static str,
    /// Label of the payload field.
    pub payload: &'static str,
    /// Retain box.
    pub retain: &'static str,
    /// What retaining means.
    pub retain_hint: &'static str,
    /// No link carries MQTT.
    pub no_link: &'static str,
    /// Heading of the list of what brokers remember.
    pub retained_title: &'static str,
    /// What that list is.
    pub retained_lead: &'static str,
    /// Nothing to list.
    pub retained_none: &'static str,
    /// Label of the choice of an age.
    pub silent_for: &'static str,
    /// Ages: any, an hour, a day, a week, 30 days.
    pub ages: [&'static str; 5],
    /// Since when a topic is known from memory.
    pub since: &'static str,
    /// Button: clear what is chosen.
    pub clear: &'static str,
    /// Button: clear all `{n}` that are listed.
    pub clear_all: &'static str,
    /// Are you sure, `{n}` topics.
    pub sure: &'static str,
    /// What clearing does.
    pub sure_hint: &'static str,
    /// Button: yes.
    pub yes: &'static str,
    /// Link: no.
    pub no: &'static str,
    /// `{n}` topics were cleared, `{failed}` were not.
    pub cleared: &'static str,
    /// Clearing was given up, `{n}` topics were not tried.
    pub stopped: &'static str,
    /// Nothing was chosen.
    pub none_chosen: &'static str,
    /// Steps of a message: accepted, sent, confirmed, refused, unanswered, unconfirmable.
    pub steps: [&'static str; 6],
    /// What the script says.
    pub live: Live,
}

/// What the script of the MESSAGES page says.
#[derive(Debug, Serialize)]
pub struct Live {
    /// `{topics}` topics, `{messages}` messages.
    pub facts: &'static str,
    /// A search found `{topics}` topics; there are `{messages}` messages.
    pub found_of: &'static str,
    /// A search found `{n}` topics.
    pub found: &'static str,
    /// The record was too slow for `{n}` messages.
    pub missed: &'static str,
    /// The record forgot `{n}` topics.
    pub forgotten: &'static str,
    /// The view is held, `{n}` messages since.
    pub paused: &'static str,
    /// A row of several topics: `{n}`.
    pub below: &'static str,
    /// An empty level.
    pub no_name: &'static str,
    /// An empty payload.
    pub no_value: &'static str,
    /// In place of a topic while none is chosen.
    pub choose: &'static str,
    /// From a topic back to the tree.
    pub back: &'static str,
    /// Copied.
    pub copied: &'static str,
    /// The payload is JSON.
    pub is_json: &'static str,
    /// The payload is not JSON and is sent as text: why.
    pub is_text: &'static str,
    /// An empty payload removes what is retained.
    pub is_empty: &'static str,
    /// The hub could not be asked.
    pub unreachable: &'static str,
    /// The hub did not tell what became of a message.
    pub no_outcome: &'static str,
    /// A message is too long for the form.
    pub too_long: &'static str,
    /// A message is on its way.
    pub sending: &'static str,
}

const CHOOSE_EN: &str = "Choose a topic to see its payload, its history and what changed.";
const CHOOSE_CS: &str = "Vyberte téma a uvidíte jeho obsah, historii a co se změnilo.";
const BACK_EN: &str = "Back to the topics";
const BACK_CS: &str = "Zpět na témata";

pub(super) const EN: Messages = Messages {
    lead: "Every topic the hub hears, with its last value, its rhythm and its past.",
    search: "Search, or a filter with + and #",
    link: "Link",
    kind: "Kind",
    all: "all",
    kinds: ["values", "commands", "answers", "the hub’s own", "from memory"],
    apply: "Search",
    expand: "Open all",
    collapse: "Close all",
    pause: "Pause",
    tree: "Topics",
    root: "All topics",
    further: "Further topics",
    empty: "Nothing was said yet. Topics appear as devices speak.",
    nothing: "No topic matches.",
    columns: ["Last value", "Rate", "Age", "Count"],
    export_tree: "Last values",
    export_past: "Whole history",
    retained: "Retained messages",
    choose: CHOOSE_EN,
    back: BACK_EN,
    unknown: "Nobody has spoken under this topic since the hub began to listen, or it was forgotten to make room.",
    last: "Last payload",
    laid_out: "Laid out",
    as_sent: "As sent",
    bytes: "Bytes",
    no_bytes: "empty, 0 bytes",
    first_of: "first {shown} of {all}",
    whole: "Download",
    difference: "What changed from no. {a} to no. {b}",
    same: "Nothing: byte for byte the same.",
    too_long: "Too long to compare here; download both.",
    more: "and {n} more",
    whole_value: "the whole value",
    one_only: "There is one message so far.",
    one_left: "The message before was forgotten to make room, so nothing can be compared.",
    history: "History",
    begins: "The history begins with no. {n}; older messages forgotten to make room: {gone}.",
    complete: "Complete since the hub began to listen; messages: {n}.",
    older: "Older messages",
    compare: "Compare",
    compared: ["from", "to"],
    as_first: "compare from no. {n}",
    as_second: "compare to no. {n}",
    copy: "Copy",
    copies: ["Topic", "Payload"],
    from: "from {from}",
    memory: "from memory, known since",
    publish: "Publish",
    topic: "Topic",
    payload: "Payload, JSON or text",
    retain: "Retain",
    retain_hint: "The broker remembers it for everybody who comes later.",
    no_link: "No link carries MQTT yet. Name a broker in the configuration, kind = \"mqtt\".",
    retained_title: "Retained messages",
    retained_lead: "Topics that only a broker’s memory knows: nobody has refreshed them since the time shown. Clearing \
                    publishes an empty retained message, and the broker forgets the topic.",
    retained_none: "No broker remembers a topic that nobody refreshed.",
    silent_for: "Silent for",
    ages: ["any time", "an hour", "a day", "a week", "30 days"],
    since: "known since",
    clear: "Clear the chosen",
    clear_all: "Clear all {n}",
    sure: "Clear topics ({n})?",
    sure_hint: "The broker forgets their last value, for every client. A device that is alive says it again.",
    yes: "Yes, clear",
    no: "No, go back",
    cleared: "{n} cleared, {failed} not.",
    stopped: "Stopped, because the last ones all failed; not tried: {n}.",
    none_chosen: "Nothing was chosen.",
    steps: ["accepted", "sent", "confirmed", "refused", "unanswered", "unconfirmable"],
    live: Live {
        facts: "{topics} topics, {messages} messages",
        found_of: "Topics found: {topics}, of {messages} messages in all",
        found: "Topics found: {n}",
        missed: "{n} messages came too fast to be shown",
        forgotten: "{n} topics were forgotten to make room",
        paused: "Paused, {n} messages since",
        below: "{n} topics",
        no_name: "(empty)",
        no_value: "(empty)",
        choose: CHOOSE_EN,
        back: BACK_EN,
        copied: "Copied.",
        is_json: "Valid JSON.",
        is_text: "Sent as text, it is not JSON:",
        is_empty: "Empty. Retained, it makes the broker forget the topic.",
        unreachable: "The hub did not answer.",
        no_outcome: "The hub did not answer; nobody knows whether it was published.",
        too_long: "Too long: topic and payload together may have about 64 KiB. Nothing was sent.",
        sending: "On its way…",
    },
};

pub(super) const CS: Messages = Messages {
    lead: "Každé téma, které hub slyší: poslední hodnota, rytmus a minulost.",
    search: "Hledat, nebo filtr s + a #",
    link: "Spojení",
    kind: "Druh",
    all: "vše",
    kinds: ["hodnoty", "příkazy", "odpovědi", "od hubu", "z paměti"],
    apply: "Hledat",
    expand: "Rozbalit vše",
    collapse: "Sbalit vše",
    pause: "Pozastavit",
    tree: "Témata",
    root: "Všechna témata",
    further: "Další témata",
    empty: "Zatím nikdo nic neřekl. Témata přibývají, jak zařízení mluví.",
    nothing: "Žádné téma neodpovídá.",
    columns: ["Poslední hodnota", "Četnost", "Stáří", "Počet"],
    export_tree: "Poslední hodnoty",
    export_past: "Celá historie",
    retained: "Uchované zprávy",
    choose: CHOOSE_CS,
    back: BACK_CS,
    unknown: "Pod tímto tématem nikdo nepromluvil, co hub poslouchá, nebo muselo uvolnit místo.",
    last: "Poslední obsah",
    laid_out: "Přehledně",
    as_sent: "Jak přišlo",
    bytes: "Bajty",
    no_bytes: "prázdné, 0 bajtů",
    first_of: "prvních {shown} z {all}",
    whole: "Stáhnout",
    difference: "Co se změnilo od č. {a} k č. {b}",
    same: "Nic: bajt po bajtu totéž.",
    too_long: "Na porovnání tady je to příliš dlouhé; stáhněte si obojí.",
    more: "a {n} dalších",
    whole_value: "celá hodnota",
    one_only: "Zatím přišla jediná zpráva.",
    one_left: "Předchozí zpráva musela uvolnit místo, není tedy co porovnat.",
    history: "Historie",
    begins: "Historie začíná č. {n}; starších zpráv, které musely uvolnit místo: {gone}.",
    complete: "Úplná od chvíle, kdy hub začal poslouchat; zpráv: {n}.",
    older: "Starší zprávy",
    compare: "Porovnat",
    compared: ["od", "k"],
    as_first: "porovnat od č. {n}",
    as_second: "porovnat k č. {n}",
    copy: "Kopírovat",
    copies: ["Téma", "Obsah"],
    from: "od {from}",
    memory: "z paměti, známo",
    publish: "Publikovat",
    topic: "Téma",
    payload: "Obsah, JSON nebo text",
    retain: "Uchovat",
    retain_hint: "Broker si ji zapamatuje pro všechny, kdo přijdou později.",
    no_link: "Žádné spojení zatím nenese MQTT. Uveďte broker v konfiguraci, kind = \"mqtt\".",
    retained_title: "Uchované zprávy",
    retained_lead: "Témata, která zná už jen paměť brokeru: od uvedené doby je nikdo neobnovil. Vymazání publikuje \
                    prázdnou uchovanou zprávu a broker téma zapomene.",
    retained_none: "Žádný broker si nepamatuje téma, které by nikdo neobnovil.",
    silent_for: "Mlčí",
    ages: ["libovolně", "hodinu", "den", "týden", "30 dní"],
    since: "známo",
    clear: "Vymazat vybraná",
    clear_all: "Vymazat všech {n}",
    sure: "Vymazat témata ({n})?",
    sure_hint: "Broker zapomene jejich poslední hodnotu, pro všechny. Živé zařízení ji řekne znovu.",
    yes: "Ano, vymazat",
    no: "Ne, zpět",
    cleared: "Vymazáno: {n}, nevymazáno: {failed}.",
    stopped: "Zastaveno, protože poslední se všechna nepovedla; nezkoušeno: {n}.",
    none_chosen: "Nic nebylo vybráno.",
    steps: ["přijato", "odesláno", "potvrzeno", "odmítnuto", "bez odpovědi", "bez možnosti potvrzení"],
    live: Live {
        facts: "témat: {topics}, zpráv: {messages}",
        found_of: "Nalezeno témat: {topics}, ze všech {messages} zpráv",
        found: "Nalezeno témat: {n}",
        missed: "{n} zpráv přišlo příliš rychle, než aby se ukázaly",
        forgotten: "{n} témat muselo uvolnit místo",
        paused: "Pozastaveno, od té doby zpráv: {n}",
        below: "témat: {n}",
        no_name: "(prázdné)",
        no_value: "(prázdné)",
        choose: CHOOSE_CS,
        back: BACK_CS,
        copied: "Zkopírováno.",
        is_json: "Platný JSON.",
        is_text: "Odešle se jako text, JSON to není:",
        is_empty: "Prázdné. Uchované způsobí, že broker téma zapomene.",
        unreachable: "Hub neodpověděl.",
        no_outcome: "Hub neodpověděl; nikdo neví, jestli se zpráva odeslala.",
        too_long: "Příliš dlouhé: téma a obsah mohou mít dohromady asi 64 KiB. Nic se neodeslalo.",
        sending: "Odesílá se…",
    },
};
