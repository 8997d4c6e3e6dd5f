//! One tile by itself, `/tile/<device>/<property>`: for a page elsewhere, a tablet beside the door, a bookmark.
//!
//! Whoever has an account sees it with a way to make addresses for others. Such an address holds a token that is for
//! this tile alone ([`Share`]); only with one may a page elsewhere show the tile in a frame.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use super::arranged;
use super::facts;
use super::lock::Lock;
use super::past::Past;
use super::shell::Shell;
use super::show::visible;
use super::view::{DeviceView, TileView};
use super::{html, problem};
use crate::hub::Now;
use crate::talk::Topic;
use crate::web::WebError;
use crate::web::auth::Who;
use crate::web::doors::Doors;
use crate::web::headers::Framed;
use crate::web::history::sparks::Sparks;
use crate::web::parts::Web;
use crate::web::rights::{Rights, Share, tile_address};
use crate::web::server::Peer;
use crate::web::text::fill;

#[derive(Template)]
#[template(path = "tile.html")]
struct TilePage {
    shell: Shell,
    device: String,
    base: String,
    tile: TileView,
    /// Whether there is something to press.
    is_control: bool,
    past: Past,
    /// What whoever has an account may do about it.
    sharing: Option<Sharing>,
}

/// The ways to put a tile elsewhere.
struct Sharing {
    /// Where its forms are sent.
    action: String,
    /// Tokens of this account for this tile.
    tokens: Vec<(String, bool)>,
    /// The address that was just made.
    made: Option<Made>,
    /// What became of the form.
    done: Option<(&'static str, String)>,
}

/// An address, shown once.
struct Made {
    address: String,
    frame: String,
}

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    /// Which quantity, where a property has several.
    key: Option<String>,
    /// The token by which a stranger came in.
    token: Option<String>,
}

impl Asked {
    /// The surroundings for a stranger with a token for one tile: nothing around it, and the token that brought it here
    /// may stand on the page.
    pub fn token_of(self, shell: Shell, rights: &Rights) -> Shell {
        let bare = matches!(rights, Rights::Tile(_));
        Shell { bare, token: self.token.filter(|_| bare), ..shell }
    }
}

/// A form of the page.
#[derive(Clone, Debug, Deserialize)]
pub struct Wish {
    /// `make` or `revoke`.
    #[serde(rename = "do")]
    what: String,
    /// What the token is called.
    name: String,
    /// Whether it may also switch.
    #[serde(default)]
    switch: Option<String>,
}

/// `GET /tile/{*topic}`
pub async fn show(
    State(web): State<Web>,
    Extension(sparks): Extension<Sparks>,
    who: Who,
    headers: HeaderMap,
    Path(topic): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let page = page(&web, &who, &headers, &topic, asked, Past::now(&sparks).await);
    match page {
        Ok(mut page) => {
            if who.rights == Rights::All {
                page.sharing = Some(Sharing::new(&web.doors, &who.account, &page.tile.topic));
            }
            let mut answer = html(StatusCode::OK, &page);
            if page.shell.bare {
                answer.extensions_mut().insert(Framed);
            }
            answer
        }
        Err(missing) => *missing,
    }
}

/// `POST /tile/{*topic}`: makes an address for others, or takes one back.
pub async fn post(
    State(web): State<Web>,
    Extension(sparks): Extension<Sparks>,
    who: Who,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    Path(topic): Path<String>,
    Form(wish): Form<Wish>,
) -> Response {
    let mut page = match page(&web, &who, &headers, &topic, Asked::default(), Past::now(&sparks).await) {
        Ok(page) => page,
        Err(missing) => return *missing,
    };
    let text = page.shell.text();
    let outcome = act(&web.doors, &who.account, &page.tile.topic, &wish).await;
    let mut sharing = Sharing::new(&web.doors, &who.account, &page.tile.topic);
    let status = match outcome {
        Ok(Some(secret)) => {
            let scheme = if peer.tls { "https" } else { "http" };
            let address = format!("{scheme}://{}{}?token={secret}", page.shell.host, sharing.action);
            let title = format!("{}, {}", page.tile.name, page.device).replace(['"', '<', '&'], "");
            let frame =
                format!("<iframe src=\"{address}\" title=\"{title}\" width=\"320\" height=\"200\"></iframe>");
            sharing.made = Some(Made { address, frame });
            sharing.done = Some(("confirmed", text.kiosk.made.to_owned()));
            StatusCode::OK
        }
        Ok(None) => {
            sharing.done = Some(("confirmed", fill(text.kiosk.revoked, &[("name", &visible(&wish.name))])));
            StatusCode::OK
        }
        Err(error) => {
            sharing.done = Some(("refused", visible(&error.to_string())));
            StatusCode::UNPROCESSABLE_ENTITY
        }
    };
    page.sharing = Some(sharing);
    html(status, &page)
}

/// The secret of a new token; nothing if one was revoked.
async fn act(
    doors: &Doors,
    account: &Arc<str>,
    topic: &str,
    wish: &Wish,
) -> Result<Option<String>, WebError> {
    if wish.what == "revoke" {
        return doors.revoke(account, &wish.name).await.map(|()| None);
    }
    let topic = Topic::new(topic).map_err(|error| WebError::Account(error.to_string()))?;
    let share = Share { topic, may_switch: wish.switch.is_some() };
    doors.share(account, &wish.name, share).await.map(Some)
}

/// The page without its ways elsewhere, or that there is no such tile.
fn page(
    web: &Web,
    who: &Who,
    headers: &HeaderMap,
    topic: &str,
    asked: Asked,
    past: Past,
) -> Result<TilePage, Box<Response>> {
    let mut shell = Shell::of(headers, who, &tile_address(topic));
    let text = shell.text();
    let snapshot = web.hub.snapshot(Now::now());
    let mut devices = facts::devices(text, &snapshot);
    arranged::call(&web.layouts.of(&who.account).layout, &mut devices);
    let found = find(devices, topic, asked.key.as_deref());
    let Some((device, tile)) = found else {
        let words = format!("{}: {}", visible(topic), text.kiosk.no_tile);
        return Err(Box::new(problem::page(shell, StatusCode::NOT_FOUND, &words)));
    };
    let may_press = match &who.rights {
        Rights::All => true,
        Rights::Tile(share) => share.may_switch,
        Rights::Kiosk(_) => shell.kiosk.is_some_and(|kiosk| kiosk.is_open),
    };
    let tile = if may_press { tile } else { tile.locked(Lock::ReadOnly) };
    shell = asked.token_of(shell, &who.rights);
    if !shell.bare {
        shell = shell.with_hub(&web.hub);
    }
    let is_control = tile.leaves().iter().any(TileView::is_control);
    Ok(TilePage { shell, device: device.name, base: device.base, tile, is_control, past, sharing: None })
}

/// The tile of a property: what can be switched before what can only be read.
fn find(devices: Vec<DeviceView>, topic: &str, key: Option<&str>) -> Option<(DeviceView, TileView)> {
    devices.into_iter().find_map(|mut device| {
        let (controls, readings) =
            (std::mem::take(&mut device.controls), std::mem::take(&mut device.readings));
        let mut tiles = controls.into_iter().chain(readings);
        let tile = tiles.find(|tile| tile.topic == topic && has_key(tile, key))?;
        Some((device, tile))
    })
}

fn has_key(tile: &TileView, key: Option<&str>) -> bool {
    key.is_none_or(|key| tile.leaves().iter().any(|leaf| leaf.key == key))
}

impl Sharing {
    fn new(doors: &Doors, account: &str, topic: &str) -> Self {
        let tokens = doors.shares(account, topic);
        let action = tile_address(topic);
        Self { action, tokens, made: None, done: None }
    }
}
