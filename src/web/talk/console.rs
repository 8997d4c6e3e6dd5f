//! The console of a serial line, followed: `clown.talk/-/console/set` says which, `clown.talk/-/console` tells its rows.
//!
//! The first answer has all rows that are kept, the next ones those that are new or have grown. The line waits for nobody:
//! a client that does not read, or a line that is faster than anybody reads, costs rows, and how many bytes that were is
//! told with the next ones.

use std::sync::Arc;
use std::time::Duration;

use super::conn::Conn;
use super::look::Look;
use crate::hub::{Hub, Place, Row, iso};
use crate::talk::{Malformed, Payload, printable, write_text};
use crate::web::bytes;

/// What a client says to follow a line.
pub(super) const ASKED: &str = "clown.talk/-/console/set";
const TOLD: &str = "clown.talk/-/console";

/// How often a client is told.
const EVERY: Duration = Duration::from_millis(100);
/// New rows in one answer; ten times as many in a second are more than anybody reads.
const MOST: usize = 200;

/// The name of a link, or nothing for whoever wants to hear no more.
pub(super) type Wanted = Option<String>;

/// Reads which line somebody wants to follow.
pub(super) fn read(payload: &Payload, hub: &Hub) -> Result<Wanted, Malformed> {
    #[derive(serde::Deserialize)]
    struct Text {
        link: Option<String>,
    }
    let wrong = |reason: String| Malformed::new("console", reason, "send {\"link\": \"usb\"}");
    let Text { link } = serde_json::from_str(payload.as_str())
        .map_err(|error| wrong(format!("the wish cannot be understood: {error}")))?;
    match &link {
        Some(name) if hub.console(name).is_none() => {
            Err(wrong(format!("there is no serial line `{:.60}`", printable(name))))
        }
        _ => Ok(link),
    }
}

/// Begins to follow for this client.
pub(super) fn begin(hub: Hub, conn: Arc<Conn>, wanted: Wanted) -> Look<Wanted> {
    Look::begin(
        conn,
        wanted,
        |_| EVERY,
        move || {
            let (hub, mut sent) = (hub.clone(), Sent::default());
            move |wanted: &Wanted| sent.news(&hub, wanted.as_deref()?)
        },
    )
}

/// What a client knows already.
#[derive(Default)]
struct Sent {
    place: Option<Place>,
    is_open: bool,
}

#[derive(serde::Serialize)]
struct Told<'a> {
    link: &'a str,
    /// Whether the port is open now.
    open: bool,
    /// Set if these are all rows that are kept.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    first: bool,
    /// Bytes before these rows that are not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    lost: Option<u64>,
    rows: Vec<RowText>,
}

#[derive(serde::Serialize)]
struct RowText {
    n: u64,
    at: String,
    way: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<Arc<str>>,
    #[serde(skip_serializing_if = "String::is_empty")]
    text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    hex: String,
}

impl From<Row> for RowText {
    fn from(row: Row) -> Self {
        let (text, hex) = (bytes::text(&row.bytes), bytes::hex(&row.bytes));
        Self { n: row.number, at: iso(row.at), way: row.way.word(), by: row.by, text, hex }
    }
}

impl Sent {
    /// What has changed since the last time, as a message; nothing if nothing has.
    fn news(&mut self, hub: &Hub, link: &str) -> Option<String> {
        // A link that has left the configuration has no line any more.
        let console = hub.console(link);
        let open = console.as_ref().is_some_and(crate::hub::Console::is_open);
        let first = self.place.is_none();
        let seen = console.map(|console| console.read(self.place, if first { usize::MAX } else { MOST }));
        let is_news =
            first || open != self.is_open || seen.as_ref().is_some_and(|seen| !seen.rows.is_empty());
        if !is_news {
            return None;
        }
        let (place, lost) = (seen.as_ref().map(|seen| seen.place), seen.as_ref().map_or(0, |seen| seen.lost));
        let rows = seen.into_iter().flat_map(|seen| seen.rows).map(RowText::from).collect();
        let told = Told { link, open, first, lost: Some(lost).filter(|lost| *lost > 0), rows };
        (self.place, self.is_open) = (place.or(self.place), open);
        let mut text = String::new();
        write_text(&mut text, TOLD, Payload::of(&told).as_str(), None);
        Some(text)
    }
}
