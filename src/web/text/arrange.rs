//! The ARRANGE page: rooms, order, names, favourites, what is hidden and what is locked.

use serde::Serialize;

/// The texts of the ARRANGE page, and of the parts of a dashboard.
#[derive(Debug)]
pub struct Arrange {
    /// The page.
    pub title: &'static str,
    /// What can be done on it.
    pub lead: &'static str,
    /// The account has an arrangement of its own.
    pub own: &'static str,
    /// It has none.
    pub shared: &'static str,
    /// Label of the file.
    pub file: &'static str,
    /// The file does not count.
    pub faulty: &'static str,
    /// What to do then.
    pub faulty_hint: &'static str,
    /// Button: everyone's from now on.
    pub share: &'static str,
    /// Button: no own arrangement any more.
    pub give_up: &'static str,
    /// Heading of the favourites.
    pub favourites: &'static str,
    /// There are none.
    pub no_favourites: &'static str,
    /// Heading of rooms, and name of the row of links to them.
    pub rooms: &'static str,
    /// Heading of devices in no room, and the choice of none.
    pub others: &'static str,
    /// There is no device in it.
    pub no_devices: &'static str,
    /// `{n}` devices and tiles are hidden.
    pub hidden_count: &'static str,
    /// Heading of everything that is hidden.
    pub hidden_title: &'static str,
    /// Beside what is hidden.
    pub hidden: &'static str,
    /// Beside what is locked, and on its tile.
    pub locked: &'static str,
    /// On a locked tile that was pressed once.
    pub again: &'static str,
    /// Beside a favourite.
    pub favourite: &'static str,
    /// Label of the field for a new room, and its button.
    pub new_room: &'static str,
    /// Button: add.
    pub add: &'static str,
    /// What is unfolded for a room.
    pub room_more: &'static str,
    /// What is unfolded for a device: `{n}` tiles.
    pub device_more: &'static str,
    /// What is unfolded for a tile.
    pub tile_more: &'static str,
    /// Label of the field for a name.
    pub name: &'static str,
    /// Under it: what an empty one means; `{name}` is the usual name.
    pub name_hint: &'static str,
    /// Button: keep.
    pub keep: &'static str,
    /// Label of the choice of a room.
    pub room: &'static str,
    /// Button: put there.
    pub put: &'static str,
    /// Button: up.
    pub up: &'static str,
    /// Button: down.
    pub down: &'static str,
    /// The handle, for whoever does not see it.
    pub handle: &'static str,
    /// Button: a favourite.
    pub star: &'static str,
    /// Button: no favourite.
    pub unstar: &'static str,
    /// Button: hide.
    pub hide: &'static str,
    /// Button: show.
    pub show: &'static str,
    /// Button: lock.
    pub lock: &'static str,
    /// Button: unlock.
    pub unlock: &'static str,
    /// Button: remove a room.
    pub remove: &'static str,
    /// Beside it.
    pub remove_hint: &'static str,
    /// The change was kept.
    pub kept: &'static str,
    /// Everyone sees it.
    pub shared_now: &'static str,
    /// The own arrangement is gone.
    pub given_up: &'static str,
    /// Nothing was changed: `{reason}`.
    pub not_kept: &'static str,
    /// `{what}` is not there.
    pub gone: &'static str,
    /// A name is missing.
    pub empty: &'static str,
    /// A name is too long.
    pub long: &'static str,
    /// A name has characters that cannot be seen.
    pub invisible: &'static str,
    /// There is a room `{room}`.
    pub taken: &'static str,
    /// Too many entries.
    pub too_many: &'static str,
    /// `{file}` cannot be read, so it was not changed.
    pub unread: &'static str,
    /// The account cannot have one.
    pub no_account: &'static str,
    /// A form that asks for nothing known.
    pub not_an_act: &'static str,
    /// Switch `{name}`?
    pub sure_title: &'static str,
    /// Why that is asked.
    pub sure_lead: &'static str,
    /// Button: switch it to `{value}`.
    pub sure_yes: &'static str,
    /// Link: do not.
    pub sure_no: &'static str,
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
    /// `{name}` was picked up by the keyboard.
    pub grabbed: &'static str,
    /// `{name}` is at `{n}` of `{m}` in `{list}`.
    pub moved: &'static str,
    /// `{name}` was dropped there.
    pub dropped: &'static str,
    /// `{name}` was put back.
    pub put_back: &'static str,
}

pub(super) const EN: Arrange = Arrange {
    title: "Arrange",
    lead: "Rooms, order and names of the dashboard. Drag by the handles, or pick one up with the space bar and move it with the \
           arrow keys; every change counts at once.",
    own: "This is your own arrangement; nobody else sees it.",
    shared: "You see what everyone sees. Your first change makes a copy that is yours alone.",
    file: "It is the file",
    faulty: "The file of this arrangement cannot be read:",
    faulty_hint: "What was good before stays in force. Nothing is changed here until the file is mended, so that nothing in it is lost.",
    share: "Use this for everyone",
    give_up: "Back to everyone's",
    favourites: "Favourites",
    no_favourites: "Nothing yet: a star on a tile brings it to the top of the dashboard.",
    rooms: "Rooms",
    others: "Other devices",
    no_devices: "No device yet: drag one here, or choose this room at the device.",
    hidden_count: "Hidden: {n}",
    hidden_title: "Hidden",
    hidden: "hidden",
    locked: "locked",
    again: "Press again to switch",
    favourite: "favourite",
    new_room: "New room",
    add: "Add",
    room_more: "Name and removal",
    device_more: "Name, room and tiles ({n})",
    tile_more: "Name and more",
    name: "Name",
    name_hint: "Leave it empty for {name}. Topics and history stay as they are.",
    keep: "Keep",
    room: "Room",
    put: "Put there",
    up: "Up",
    down: "Down",
    handle: "Move",
    star: "Make it a favourite",
    unstar: "No favourite any more",
    hide: "Hide",
    show: "Show again",
    lock: "Lock: ask before it switches",
    unlock: "Unlock",
    remove: "Remove the room",
    remove_hint: "Its devices stay, in no room.",
    kept: "Kept.",
    shared_now: "Everyone without an arrangement of their own sees this from now on.",
    given_up: "You see what everyone sees again.",
    not_kept: "Nothing was changed: {reason}",
    gone: "{what} is not there any more. Load the page again.",
    empty: "a name needs at least one character.",
    long: "a name may have 100 characters.",
    invisible: "a name may not have characters that cannot be seen.",
    taken: "there is a room {room} already.",
    too_many: "at most 1,000 entries are kept.",
    unread: "{file} cannot be read. Mend it first; nothing in it was written over.",
    no_account: "this account cannot have an arrangement of its own. Sign in with a name and a password.",
    not_an_act: "the form asks for nothing that can be done here.",
    sure_title: "Switch {name}?",
    sure_lead: "It is locked, so that nobody switches it by accident.",
    sure_yes: "Yes: {value}",
    sure_no: "Leave it as it is",
    live: Live {
        sending: "On its way…",
        no_outcome: "The hub did not answer; nobody knows whether it was kept.",
        grabbed: "{name} picked up. Arrow keys move it, the space bar drops it, Escape puts it back.",
        moved: "{name}: {n} of {m} in {list}",
        dropped: "{name} dropped: {n} of {m} in {list}",
        put_back: "{name} is back where it was.",
    },
};

pub(super) const CS: Arrange = Arrange {
    title: "Uspořádání",
    lead: "Místnosti, pořadí a názvy na přehledu. Táhněte za úchyty, nebo položku zvedněte mezerníkem a posouvejte šipkami; každá \
           změna platí hned.",
    own: "Tohle je vaše vlastní uspořádání; nikdo jiný ho nevidí.",
    shared: "Vidíte, co vidí všichni. První změnou vznikne kopie, která bude jen vaše.",
    file: "Je to soubor",
    faulty: "Soubor tohoto uspořádání nejde přečíst:",
    faulty_hint: "Platí dál to, co bylo dobře naposledy. Dokud soubor někdo neopraví, nic se tu nezmění, aby se z něj nic neztratilo.",
    share: "Použít pro všechny",
    give_up: "Zpět ke společnému",
    favourites: "Oblíbené",
    no_favourites: "Zatím nic: hvězdička u dlaždice ji přenese na začátek přehledu.",
    rooms: "Místnosti",
    others: "Ostatní zařízení",
    no_devices: "Zatím žádné zařízení: přetáhněte ho sem, nebo u něj místnost vyberte.",
    hidden_count: "Skryto: {n}",
    hidden_title: "Skryté",
    hidden: "skryto",
    locked: "zamčeno",
    again: "Pro přepnutí stiskněte znovu",
    favourite: "oblíbené",
    new_room: "Nová místnost",
    add: "Přidat",
    room_more: "Název a odebrání",
    device_more: "Název, místnost a dlaždice ({n})",
    tile_more: "Název a další",
    name: "Název",
    name_hint: "Prázdné pole znamená {name}. Témata i historie zůstávají.",
    keep: "Uložit",
    room: "Místnost",
    put: "Přesunout",
    up: "Nahoru",
    down: "Dolů",
    handle: "Přesunout",
    star: "Přidat k oblíbeným",
    unstar: "Odebrat z oblíbených",
    hide: "Skrýt",
    show: "Znovu zobrazit",
    lock: "Zamknout: zeptat se, než sepne",
    unlock: "Odemknout",
    remove: "Odebrat místnost",
    remove_hint: "Zařízení zůstanou, jen nebudou v žádné místnosti.",
    kept: "Uloženo.",
    shared_now: "Kdo nemá vlastní uspořádání, vidí odteď tohle.",
    given_up: "Vidíte zase to, co všichni.",
    not_kept: "Nic se nezměnilo: {reason}",
    gone: "{what} už tu není. Načtěte stránku znovu.",
    empty: "název musí mít aspoň jeden znak.",
    long: "název může mít nejvýš 100 znaků.",
    invisible: "v názvu nesmějí být znaky, které nejsou vidět.",
    taken: "místnost {room} už existuje.",
    too_many: "uchová se nejvýš 1 000 položek.",
    unread: "{file} nejde přečíst. Nejdřív soubor opravte; nic v něm se nepřepsalo.",
    no_account: "tento účet nemůže mít vlastní uspořádání. Přihlaste se jménem a heslem.",
    not_an_act: "formulář nechce nic, co by se tu dalo udělat.",
    sure_title: "Přepnout {name}?",
    sure_lead: "Je zamčeno, aby to nikdo nepřepnul omylem.",
    sure_yes: "Ano: {value}",
    sure_no: "Nechat být",
    live: Live {
        sending: "Posílá se…",
        no_outcome: "Hub neodpověděl; nikdo neví, zda se to uložilo.",
        grabbed: "Zvednuto: {name}. Šipkami se posouvá, mezerníkem se položí, Escape ji vrátí.",
        moved: "{name}: {n} z {m}, {list}",
        dropped: "Položeno: {name}, {n} z {m}, {list}",
        put_back: "Vráceno: {name}.",
    },
};
