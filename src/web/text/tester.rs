//! The page that tries a WebSocket.

use serde::Serialize;

/// The texts of the page.
#[derive(Debug)]
pub struct Tester {
    /// The title.
    pub title: &'static str,
    /// What the page is.
    pub lead: &'static str,
    /// Without script: what to do instead.
    pub without_script: &'static str,
    /// Labels: host, port, path, user, password.
    pub fields: [&'static str; 5],
    /// Why only this hub.
    pub hosts: &'static str,
    /// How browsers bring a password.
    pub credentials: &'static str,
    /// Who it is without one.
    pub session: &'static str,
    /// The summary above user and password.
    pub other_user: &'static str,
    /// The button that opens.
    pub open: &'static str,
    /// The button that closes.
    pub close: &'static str,
    /// Label of what is sent.
    pub message: &'static str,
    /// How the keys work.
    pub keys: &'static str,
    /// The button that sends.
    pub send: &'static str,
    /// Above the examples.
    pub examples: &'static str,
    /// Names of the examples: handshake, ask, switch, nonsense.
    pub chips: [&'static str; 4],
    /// Name of the list.
    pub log: &'static str,
    /// Buttons: pause, clear, copy, save.
    pub tools: [&'static str; 4],
    /// Above the table of codes.
    pub codes_title: &'static str,
    /// Close codes of RFC 6455 and of this hub.
    pub codes: &'static [(u16, &'static str)],
    /// What the script says.
    pub live: TesterLive,
}

/// What the script of the page says.
#[derive(Debug, Serialize)]
pub struct TesterLive {
    /// Nothing is open.
    pub closed: &'static str,
    /// It is being opened.
    pub opening: &'static str,
    /// It is open.
    pub open: &'static str,
    /// It is being closed.
    pub closing: &'static str,
    /// It could not be opened.
    pub failed: &'static str,
    /// Closed with `{code}` and `{words}`.
    pub ended: &'static str,
    /// The host is another one.
    pub foreign: &'static str,
    /// A field is wrong.
    pub bad_port: &'static str,
    /// A path begins with a slash.
    pub bad_path: &'static str,
    /// It is not open, so nothing is sent.
    pub not_open: &'static str,
    /// Binary: `{n}` bytes.
    pub binary: &'static str,
    /// `{n}` bytes.
    pub bytes: &'static str,
    /// `{n}` lines were copied.
    pub copied: &'static str,
    /// Held: `{n}` wait.
    pub paused: &'static str,
    /// Go on.
    pub resume: &'static str,
    /// A code of nobody's.
    pub other_code: &'static str,
}

pub(super) const EN: Tester = Tester {
    title: "WebSocket test",
    lead: "Open a WebSocket of this hub, send what you like and see what comes back, byte for byte.",
    without_script: "This page needs script. Without it, try a WebSocket from a terminal:",
    fields: ["Host", "Port", "Path", "User", "Password"],
    hosts: "Pages of the hub may connect to this hub only; that keeps them safe. For another hub, open the page there.",
    credentials: "Browsers send no headers with a WebSocket. With a user the password stands in the address, which \
                  Chromium and Firefox turn into HTTP Basic; Safari does not.",
    session: "Without a user you are",
    other_user: "As somebody else",
    open: "Open",
    close: "Close",
    message: "Message",
    keys: "Enter sends, Shift+Enter begins a new line, ↑ and ↓ bring back what was sent.",
    send: "Send",
    examples: "Examples",
    chips: ["Handshake", "Are you there?", "Switch a relay", "Nonsense"],
    log: "What was said, newest last",
    tools: ["Pause", "Clear", "Copy", "Save"],
    codes_title: "What close codes mean",
    codes: &[
        (1000, "done, as agreed"),
        (1001, "the other side goes away: the hub stops, the page was left"),
        (1002, "not according to RFC 6455"),
        (1003, "a kind of frame that is not taken"),
        (1005, "closed without a code"),
        (1006, "the connection broke off without a good-bye"),
        (1007, "a text that is no UTF-8"),
        (1008, "against the rules, such as a hundred bad messages in a minute"),
        (1009, "a message that is too long; the hub takes 65,536 bytes"),
        (1010, "an extension that the server lacks"),
        (1011, "an error on the other side"),
        (1012, "the other side starts again"),
        (1013, "try again later: what was sent was not read fast enough"),
        (1014, "a gateway got a bad answer"),
        (1015, "TLS could not be agreed on"),
        (4401, "the login has ended"),
    ],
    live: TesterLive {
        closed: "not connected",
        opening: "connecting …",
        open: "connected",
        closing: "closing …",
        failed: "It could not be opened. Browsers do not tell why: the path may be wrong, the login missing, or the \
                 certificate not trusted.",
        ended: "closed: {code} – {words}",
        foreign: "Pages of this hub may connect to this hub only. Open the page of the other one.",
        bad_port: "A port is a number from 1 to 65535.",
        bad_path: "A path begins with / and holds no blanks.",
        not_open: "Nothing was sent: it is not connected. Press Open first.",
        binary: "binary, {n} bytes",
        bytes: "{n} bytes",
        copied: "{n} lines copied",
        paused: "Held: {n} wait",
        resume: "Go on",
        other_code: "a code of its own",
    },
};

pub(super) const CS: Tester = Tester {
    title: "Zkouška WebSocketu",
    lead: "Otevřete WebSocket tohoto hubu, pošlete, co chcete, a uvidíte, co se vrátí, bajt po bajtu.",
    without_script: "Tato stránka potřebuje skript. Bez něj zkuste WebSocket z terminálu:",
    fields: ["Počítač", "Port", "Cesta", "Uživatel", "Heslo"],
    hosts: "Stránky hubu se smějí spojit jen s tímto hubem; tak zůstávají bezpečné. Pro jiný hub otevřete stránku tam.",
    credentials: "Prohlížeče neposílají s WebSocketem žádné hlavičky. S uživatelem stojí heslo v adrese, ze které \
                  Chromium a Firefox udělají HTTP Basic; Safari ne.",
    session: "Bez uživatele jste",
    other_user: "Jako někdo jiný",
    open: "Otevřít",
    close: "Zavřít",
    message: "Zpráva",
    keys: "Enter odešle, Shift+Enter začne nový řádek, ↑ a ↓ vracejí, co už bylo odesláno.",
    send: "Odeslat",
    examples: "Příklady",
    chips: ["Pozdrav", "Jsi tam?", "Přepnout relé", "Nesmysl"],
    log: "Co se řeklo, nejnovější dole",
    tools: ["Pozastavit", "Vymazat", "Kopírovat", "Uložit"],
    codes_title: "Co znamenají kódy zavření",
    codes: &[
        (1000, "hotovo, podle dohody"),
        (1001, "druhá strana odchází: hub se zastavuje, stránka byla opuštěna"),
        (1002, "ne podle RFC 6455"),
        (1003, "druh rámce, který se nepřijímá"),
        (1005, "zavřeno bez kódu"),
        (1006, "spojení se přerušilo bez rozloučení"),
        (1007, "text, který není UTF-8"),
        (1008, "proti pravidlům, třeba sto špatných zpráv za minutu"),
        (1009, "příliš dlouhá zpráva; hub přijímá 65 536 bajtů"),
        (1010, "rozšíření, které serveru chybí"),
        (1011, "chyba na druhé straně"),
        (1012, "druhá strana se spouští znovu"),
        (1013, "zkuste to později: co bylo posláno, se nečetlo dost rychle"),
        (1014, "brána dostala špatnou odpověď"),
        (1015, "na TLS se nešlo dohodnout"),
        (4401, "přihlášení skončilo"),
    ],
    live: TesterLive {
        closed: "nespojeno",
        opening: "spojuje se …",
        open: "spojeno",
        closing: "zavírá se …",
        failed: "Nešlo otevřít. Prohlížeče neřeknou proč: cesta může být špatná, přihlášení chybět nebo certifikát \
                 být bez důvěry.",
        ended: "zavřeno: {code} – {words}",
        foreign: "Stránky tohoto hubu se smějí spojit jen s ním. Otevřete stránku toho druhého.",
        bad_port: "Port je číslo od 1 do 65535.",
        bad_path: "Cesta začíná / a nemá v sobě mezery.",
        not_open: "Nic se neodeslalo: není spojeno. Nejdřív stiskněte Otevřít.",
        binary: "binárně, bajtů: {n}",
        bytes: "bajtů: {n}",
        copied: "Zkopírované řádky: {n}",
        paused: "Pozastaveno: {n} čeká",
        resume: "Pokračovat",
        other_code: "vlastní kód",
    },
};
