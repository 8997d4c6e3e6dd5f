//! What can be changed on the page, and what is said about it.

use serde::Deserialize;

use super::view::anchor;
use super::visible;
use crate::web::address::encoded;
use crate::web::layout::{Beside, Change, ChangeError, LayoutError, Layouts, Side};
use crate::web::page::arranged::present;
use crate::web::page::view::DeviceView;
use crate::web::text::{Arrange, Text, fill};

/// A form of the page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Form {
    /// What is to be done.
    #[serde(rename = "do")]
    pub what: String,
    /// Which list it is about: `device`, `tile`, `favourite` or `room`.
    pub list: String,
    /// The device, the tile or the room.
    pub thing: String,
    /// Beside what it goes.
    pub of: String,
    /// A room; none if it is empty.
    pub room: String,
    /// A name.
    pub name: String,
}

/// What became of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// `confirmed` or `refused`: the name of its mark.
    pub step: &'static str,
    /// The same in words.
    pub words: String,
    /// The page to look at next.
    pub address: Option<String>,
}

/// Does what the form asks for.
pub async fn act(
    layouts: &Layouts,
    account: &str,
    text: &'static Text,
    form: &Form,
    devices: &[DeviceView],
) -> Done {
    let a = &text.arrange;
    let refused = |reason: &str| Done {
        step: "refused",
        words: fill(a.not_kept, &[("reason", reason)]),
        address: None,
    };
    let (word, end) = match form.what.as_str() {
        "share" => ("shared", layouts.share(account).await),
        "give-up" => ("given-up", layouts.give_up(account).await),
        _ => match form.change() {
            Some(change) => ("kept", layouts.change(account, change, present(devices)).await),
            None => return refused(a.not_an_act),
        },
    };
    match end {
        Ok(()) => {
            tracing::debug!(account, "the dashboard was arranged: {} {}", form.what, form.thing);
            let place = format!("/arrange?done={word}&at={}#{}", encoded(form.about()), form.anchor());
            let done = Done::again(text, word).unwrap_or_else(|| refused(a.not_an_act));
            Done { address: Some(place), ..done }
        }
        Err(error) => {
            if let LayoutError::NotKept(..) = &error {
                tracing::error!(account, "the dashboard was not arranged: {error}");
            }
            refused(&reason(a, &error))
        }
    }
}

/// Why nothing was changed, in the words of the page.
fn reason(a: &Arrange, error: &LayoutError) -> String {
    match error {
        LayoutError::Change(error) => match error {
            ChangeError::Gone(what) => fill(a.gone, &[("what", what)]),
            ChangeError::Empty => a.empty.to_owned(),
            ChangeError::Long => a.long.to_owned(),
            ChangeError::Invisible => a.invisible.to_owned(),
            ChangeError::Taken(room) => fill(a.taken, &[("room", &visible(room))]),
            ChangeError::TooMany => a.too_many.to_owned(),
        },
        LayoutError::Unread(file) => fill(a.unread, &[("file", &visible(&file.display().to_string()))]),
        LayoutError::NoAccount(_) => a.no_account.to_owned(),
        LayoutError::NotKept(..) => visible(&error.to_string()),
    }
}

impl Form {
    /// What is looked at next.
    pub fn about(&self) -> &str {
        &self.thing
    }

    /// Its place on the page.
    fn anchor(&self) -> String {
        match self.what.as_str() {
            "add-room" => anchor("room", self.name.trim()),
            "rename-room" => anchor("room", self.name.trim()),
            "share" | "give-up" | "remove-room" => "content".to_owned(),
            _ => anchor(if self.list.is_empty() { "thing" } else { &self.list }, &self.thing),
        }
    }

    fn change(&self) -> Option<Change> {
        let thing = self.thing.clone();
        let beside = |side| Beside { side, of: self.of.clone() };
        Some(match (self.what.as_str(), self.list.as_str()) {
            ("before", list) => by_list(list, thing, beside(Side::Before))?,
            ("after", list) => by_list(list, thing, beside(Side::After))?,
            ("into", _) => Change::IntoRoom(thing, Some(self.room.clone()).filter(|room| !room.is_empty())),
            ("add-room", _) => Change::AddRoom(self.name.clone()),
            ("rename-room", _) => Change::RenameRoom(thing, self.name.clone()),
            ("remove-room", _) => Change::RemoveRoom(thing),
            ("star", _) => Change::Star(thing, true),
            ("unstar", _) => Change::Star(thing, false),
            ("hide", _) => Change::Hide(thing, true),
            ("show", _) => Change::Hide(thing, false),
            ("lock", _) => Change::Lock(thing, true),
            ("unlock", _) => Change::Lock(thing, false),
            ("name", _) => Change::Name(thing, self.name.clone()),
            _ => return None,
        })
    }
}

fn by_list(list: &str, thing: String, beside: Beside) -> Option<Change> {
    match list {
        "device" => Some(Change::Device(thing, beside)),
        "tile" => Some(Change::Tile(thing, beside)),
        "favourite" => Some(Change::Favourite(thing, beside)),
        "room" => Some(Change::Room(thing, beside)),
        _ => None,
    }
}

impl Done {
    /// What is said of something that was done; nothing of what cannot be done.
    pub fn again(text: &'static Text, what: &str) -> Option<Self> {
        let a = &text.arrange;
        let words = match what {
            "kept" => a.kept,
            "shared" => a.shared_now,
            "given-up" => a.given_up,
            _ => return None,
        };
        Some(Self { step: "confirmed", words: words.to_owned(), address: None })
    }
}
