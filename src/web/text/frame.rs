//! Around every page: navigation, menu, footer, the empty dashboard, errors.

/// The texts around the content.
#[derive(Debug)]
pub struct Frame {
    /// What the page is, for lists of pages.
    pub description: &'static str,
    /// First link of the page, for the keyboard.
    pub skip: &'static str,
    /// Name of the navigation landmark.
    pub navigation: &'static str,
    /// The dashboard page.
    pub dashboard: &'static str,
    /// The MESSAGES page.
    pub messages: &'static str,
    /// The RADIO page.
    pub radio: &'static str,
    /// The LOG page.
    pub log: &'static str,
    /// The menu's button when nobody is signed in.
    pub menu: &'static str,
    /// Before the account's name in the menu.
    pub signed_in_as: &'static str,
    /// The button that ends the session.
    pub sign_out: &'static str,
    /// The link to the login page.
    pub sign_in: &'static str,
    /// Name of the group of language buttons.
    pub language: &'static str,
    /// Footer: what the page listens to.
    pub endpoint: &'static str,
    /// Footer, after the address.
    pub as_whom: &'static str,
    /// Shown when script is off.
    pub without_script: &'static str,
    /// The link that asks the hub again, without script.
    pub reload: &'static str,
    /// The empty dashboard.
    pub empty_title: &'static str,
    /// The empty dashboard: what it means.
    pub empty_lead: &'static str,
    /// The empty dashboard: the first thing to try.
    pub empty_plug: &'static str,
    /// The empty dashboard: the second thing to try.
    pub empty_ports: &'static str,
    /// The empty dashboard: the third thing to try.
    pub empty_demo: &'static str,
    /// The heading above links that have trouble.
    pub links: &'static str,
    /// The hub does not answer.
    pub offline_title: &'static str,
    /// The hub does not answer: what happens.
    pub offline_lead: &'static str,
    /// An address that does not exist.
    pub missing_title: &'static str,
    /// An address that does not exist: what next.
    pub missing_hint: &'static str,
    /// A request that the hub does not understand or may not fulfil.
    pub refused_title: &'static str,
    /// A request that the hub does not understand: what next.
    pub refused_hint: &'static str,
    /// The hub itself failed.
    pub failed_title: &'static str,
    /// The hub itself failed: what next.
    pub failed_hint: &'static str,
    /// The way back from an error.
    pub back: &'static str,
}

pub(super) const EN: Frame = Frame {
    description: "Sensors and relays of this house, live.",
    skip: "Skip to the content",
    navigation: "Main",
    dashboard: "Dashboard",
    messages: "Messages",
    radio: "Radio",
    log: "Log",
    menu: "Menu",
    signed_in_as: "Signed in as",
    sign_out: "Sign out",
    sign_in: "Sign in",
    language: "Language",
    endpoint: "Endpoint",
    as_whom: "as",
    without_script: "Script is off: these are the values of the moment the page was made.",
    reload: "Ask again",
    empty_title: "No device has spoken yet",
    empty_lead: "The hub is running and listening. A tile appears here by itself the moment a device says something.",
    empty_plug: "Plug a bridge into a USB port of the machine the hub runs on.",
    empty_ports: "See what the hub can find, then write it into the configuration:",
    empty_demo: "No hardware at hand? A simulated bridge is one command away:",
    links: "Links",
    offline_title: "The hub does not answer",
    offline_lead: "What it measures and switches is shown again as soon as it is there; this page asks for it every second.",
    missing_title: "There is no such page",
    missing_hint: "The address may be mistyped, or the device has never spoken to this hub.",
    refused_title: "That did not work",
    refused_hint: "Go back, load the page again and repeat it. Nothing was switched.",
    failed_title: "The hub could not answer",
    failed_hint: "This is the hub's fault, not yours. Its own log says why; try again in a moment.",
    back: "To the dashboard",
};

pub(super) const CS: Frame = Frame {
    description: "Čidla a relé tohoto domu, živě.",
    skip: "Přejít na obsah",
    navigation: "Hlavní",
    dashboard: "Přehled",
    messages: "Zprávy",
    radio: "Rádio",
    log: "Záznam",
    menu: "Nabídka",
    signed_in_as: "Přihlášený účet",
    sign_out: "Odhlásit se",
    sign_in: "Přihlásit se",
    language: "Jazyk",
    endpoint: "Koncový bod",
    as_whom: "jako",
    without_script: "Skripty jsou vypnuté: hodnoty platí pro okamžik, kdy stránka vznikla.",
    reload: "Zeptat se znovu",
    empty_title: "Zatím se neozvalo žádné zařízení",
    empty_lead: "Hub běží a poslouchá. Jakmile zařízení něco řekne, objeví se tu samo.",
    empty_plug: "Zapojte bridge do USB portu počítače, na kterém hub běží.",
    empty_ports: "Podívejte se, co hub najde, a zapište to do konfigurace:",
    empty_demo: "Nemáte hardware? Simulovaný bridge spustí jeden příkaz:",
    links: "Spojení",
    offline_title: "Hub neodpovídá",
    offline_lead: "Co měří a spíná, se ukáže, jakmile se ozve; stránka se ho ptá každou vteřinu.",
    missing_title: "Taková stránka tu není",
    missing_hint: "Adresa může být špatně napsaná, nebo se zařízení tomuto hubu nikdy neozvalo.",
    refused_title: "Tohle se nepovedlo",
    refused_hint: "Vraťte se, načtěte stránku znovu a zopakujte to. Nic se nepřepnulo.",
    failed_title: "Hub nedokázal odpovědět",
    failed_hint: "Je to chyba hubu, ne vaše. Proč, to ví jeho vlastní záznam; zkuste to za chvíli.",
    back: "Zpět na přehled",
};
