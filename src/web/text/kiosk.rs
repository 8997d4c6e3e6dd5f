//! The kiosk, and a tile by itself with the ways to put it elsewhere.

/// The texts of both.
#[derive(Debug)]
pub struct Kiosk {
    /// Heading and way to the page.
    pub title: &'static str,
    /// What a kiosk is.
    pub lead: &'static str,
    /// The field for the PIN.
    pub pin: &'static str,
    /// What a PIN is.
    pub pin_hint: &'static str,
    /// The button that makes this browser a kiosk.
    pub start: &'static str,
    /// In the frame: nothing can be switched.
    pub locked: &'static str,
    /// In the frame: it can be switched.
    pub opened: &'static str,
    /// The button that opens it for a while.
    pub open: &'static str,
    /// For how long that is.
    pub open_hint: &'static str,
    /// The button that locks it at once.
    pub lock: &'static str,
    /// The button that makes it an ordinary page again.
    pub leave: &'static str,
    /// A PIN that is none.
    pub bad_pin: &'static str,
    /// Another PIN.
    pub wrong: &'static str,
    /// The browser came in without a session.
    pub no_session: &'static str,
    /// A tile that is not there.
    pub no_tile: &'static str,
    /// The way from a tile to the dashboard.
    pub whole: &'static str,
    /// Heading of the ways to put a tile elsewhere.
    pub share: &'static str,
    /// What they are.
    pub share_lead: &'static str,
    /// The field for a name of a token.
    pub token: &'static str,
    /// The choice that it may also be switched there.
    pub may_switch: &'static str,
    /// The button that makes a token.
    pub make: &'static str,
    /// What was made; shown once.
    pub made: &'static str,
    /// The address by itself.
    pub address: &'static str,
    /// The piece of a page.
    pub frame: &'static str,
    /// Heading of the list of tokens.
    pub tokens: &'static str,
    /// What a token of the list may do.
    pub looks: &'static str,
    /// What a token of the list may do.
    pub switches: &'static str,
    /// The button that revokes one.
    pub revoke: &'static str,
    /// It was revoked.
    pub revoked: &'static str,
}

/// English.
pub const EN: Kiosk = Kiosk {
    title: "Kiosk",
    lead: "For a screen on the wall: the dashboard and HISTORY for everybody to read, and nothing can be switched before a PIN was typed. Everything else of the hub is out of reach from that browser.",
    pin: "PIN",
    pin_hint: "4 to 12 digits; wrong ones are counted, and after some of them one has to wait.",
    start: "Make this browser a kiosk",
    locked: "Locked",
    opened: "Unlocked",
    open: "Unlock",
    open_hint: "For a minute after the last press.",
    lock: "Lock now",
    leave: "Leave the kiosk",
    bad_pin: "A PIN has 4 to 12 digits.",
    wrong: "That is not the PIN.",
    no_session: "A kiosk belongs to a browser that signed in on the login page; this one came in by a password or token with each request.",
    no_tile: "There is no such tile; devices and their properties are on the dashboard.",
    whole: "The whole dashboard",
    share: "Put this tile elsewhere",
    share_lead: "An address with a token that is for this tile alone, for a page of your own, a tablet or a friend. Whoever has it sees the tile; you can revoke it at any time.",
    token: "Name of the token",
    may_switch: "It may also be switched there",
    make: "Make an address",
    made: "Copy it now, it is shown this once:",
    address: "Address",
    frame: "Piece of a page",
    tokens: "Who has such an address",
    looks: "may look",
    switches: "may switch",
    revoke: "Revoke",
    revoked: "{name} leads nowhere any more.",
};

/// Czech.
pub const CS: Kiosk = Kiosk {
    title: "Kiosk",
    lead: "Pro obrazovku na zdi: přehled a HISTORII si přečte každý, ale nic nejde spínat, dokud někdo nezadá PIN. Nic dalšího z hubu z toho prohlížeče dostupné není.",
    pin: "PIN",
    pin_hint: "4 až 12 číslic; chybné pokusy se počítají a po několika z nich je třeba počkat.",
    start: "Udělat z tohoto prohlížeče kiosk",
    locked: "Zamčeno",
    opened: "Odemčeno",
    open: "Odemknout",
    open_hint: "Na minutu od posledního stisku.",
    lock: "Zamknout hned",
    leave: "Opustit kiosk",
    bad_pin: "PIN má 4 až 12 číslic.",
    wrong: "To není ten PIN.",
    no_session: "Kiosk patří prohlížeči, který se přihlásil na přihlašovací stránce; tento přišel s heslem nebo tokenem v každém požadavku.",
    no_tile: "Taková dlaždice tu není; zařízení a jejich vlastnosti jsou na přehledu.",
    whole: "Celý přehled",
    share: "Dát tuto dlaždici jinam",
    share_lead: "Adresa s tokenem jen pro tuto dlaždici: na vlastní stránku, do tabletu nebo pro přátele. Kdo ji má, dlaždici vidí; kdykoli ji můžete zrušit.",
    token: "Jméno tokenu",
    may_switch: "Smí se tam i spínat",
    make: "Vytvořit adresu",
    made: "Zkopírujte si ji teď, ukáže se jen jednou:",
    address: "Adresa",
    frame: "Kousek stránky",
    tokens: "Kdo takovou adresu má",
    looks: "smí se dívat",
    switches: "smí spínat",
    revoke: "Zrušit",
    revoked: "{name} už nikam nevede.",
};
