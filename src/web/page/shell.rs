//! What surrounds the content of every page: language, account, where the page is and whom it listens to.

use std::time::SystemTime;

use axum::http::{HeaderMap, header};

use super::kiosk::KioskView;
use super::trouble::{TroubleView, troubles};
use crate::hub::{Hub, iso};
use crate::web::address::encoded;
use crate::web::assets;
use crate::web::auth::Who;
use crate::web::rights::Rights;
use crate::web::text::{Lang, Text};

/// The surroundings of a page, for `base.html`.
#[derive(Clone, Debug)]
pub struct Shell {
    /// The language of the page.
    pub lang: Lang,
    /// Who is signed in; `None` on the pages before the door.
    pub account: Option<String>,
    /// The path of this page, to come back to after a change of language.
    pub path: String,
    /// The host as the visitor typed it.
    pub host: String,
    /// Whether there is a radio to show.
    pub radio: bool,
    /// How many devices wait for somebody to decide about them; nothing if none has announced itself.
    pub newcomers: Option<usize>,
    /// What may ail the hub itself.
    pub troubles: Vec<TroubleView>,
    /// Whether the page is a kiosk, and how that stands.
    pub kiosk: Option<KioskView>,
    /// Whether it stands alone, without navigation: a tile in a frame of another page.
    pub bare: bool,
    /// The token in the address of a shared tile, which forms and script bring along.
    pub token: Option<String>,
    /// When the page was made, so that the script can tell the hub's clock from its own.
    pub now: String,
}

impl Shell {
    /// The surroundings for a visitor; `path` is the page's own address.
    pub fn new(headers: &HeaderMap, account: Option<&str>, path: &str) -> Self {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
        Self {
            lang: Lang::of(headers),
            account: account.map(str::to_owned),
            path: path.to_owned(),
            host: host.to_owned(),
            radio: false,
            newcomers: None,
            troubles: Vec::new(),
            kiosk: None,
            bare: false,
            token: None,
            now: iso(SystemTime::now()),
        }
    }

    /// The surroundings for somebody who was let in, as far as the right reaches.
    pub fn of(headers: &HeaderMap, who: &Who, path: &str) -> Self {
        let kiosk = match &who.rights {
            Rights::Kiosk(kiosk) => Some(KioskView::new(kiosk)),
            Rights::All | Rights::Tile(_) => None,
        };
        Self { kiosk, ..Self::new(headers, Some(&who.account), path) }
    }

    /// Where the forms of tiles are sent.
    pub fn set(&self) -> String {
        self.token
            .as_ref()
            .map_or_else(|| "/set".to_owned(), |token| format!("/set?token={}", encoded(token)))
    }

    /// The same, with what ails the hub, and with the ways to pages that not every hub has: RADIO if there is one, NEW
    /// if a device has announced itself.
    pub fn with_hub(self, hub: &Hub) -> Self {
        let radio = hub.has_link_of(super::radio::KIND);
        let (newcomers, troubles) = (hub.newcomers(), troubles(hub, self.text()));
        Self { radio, newcomers, troubles, ..self }
    }

    /// The texts in the page's language.
    pub fn text(&self) -> &'static Text {
        self.lang.text()
    }

    /// The address of an embedded file.
    pub fn asset(&self, name: &str) -> String {
        assets::url(name)
    }

    /// The version of the pages; a script that finds another one loads the page again.
    pub fn version(&self) -> &'static str {
        assets::hash()
    }

    /// The endpoint that the page listens to. Script puts in the scheme that it really uses.
    pub fn endpoint(&self) -> String {
        format!("wss://{}/auth/clown-talk-server", self.host)
    }

    /// The texts for the script, as JSON.
    pub fn words(&self) -> String {
        serde_json::to_string(&self.text().live).expect("a struct of strings is always JSON")
    }

    /// What `aria-current` says of the link to `path`: this page is it, or belongs to it.
    pub fn current(&self, path: &str) -> Option<&'static str> {
        let here = self.path.split('?').next().unwrap_or_default();
        match here.strip_prefix(path) {
            Some("") => Some("page"),
            Some(below) if path != "/" && below.starts_with('/') => Some("true"),
            Some(_) | None => None,
        }
    }

    /// The languages of the menu, with the current one marked.
    pub fn languages(&self) -> impl Iterator<Item = (Lang, bool)> {
        let current = self.lang;
        Lang::ALL.into_iter().map(move |lang| (lang, lang == current))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_to_a_page_is_marked_on_the_page_and_on_what_belongs_to_it() {
        let check = |path: &str, link: &str, expect: Option<&str>| {
            let shell = Shell::new(&HeaderMap::new(), None, path);
            assert_eq!(shell.current(link), expect, "{link} on {path}");
        };
        check("/messages?search=x", "/messages", Some("page"));
        check("/messages/retained?link=x", "/messages", Some("true"));
        check("/messages/retained", "/", None);
        check("/messagesome", "/messages", None);
        check("/", "/", Some("page"));
    }
}
