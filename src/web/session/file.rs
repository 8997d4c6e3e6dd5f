//! The sessions file: a first line with the time of writing, then a line of JSON per session.
//!
//! A session's line has the hash of its secret, its account, the mark of the password, its age and idleness in seconds,
//! and the hash of the PIN if it is a kiosk.

use std::{
    collections::HashMap,
    fmt::Write,
    fs, io,
    path::Path,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use super::{Session, SessionId};
use crate::{
    clock,
    hub::Now,
    web::{
        account::password::{Mark, PasswordHash},
        random::{from_hex, hex},
        rights::Kiosk,
    },
};

/// No hub has so many browsers; a larger file is not ours.
const MOST_BYTES: u64 = 4 << 20;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    /// Seconds since 1970 by the wall clock of then.
    saved: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    account: Arc<str>,
    mark: u64,
    age_s: u64,
    idle_s: u64,
    /// The hash of the PIN of a kiosk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pin: Option<String>,
}

/// The sessions of the file at `path`, grown older by the time the hub was off.
pub fn read(path: &Path, now: Now) -> Result<Vec<(SessionId, Session)>, String> {
    match fs::metadata(path) {
        Ok(meta) if meta.len() > MOST_BYTES => return Err("the file is too large to be ours".into()),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.to_string()),
    }
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let mut lines = text.lines();
    let head: Head =
        serde_json::from_str(lines.next().unwrap_or_default()).map_err(|error| error.to_string())?;
    let off = time_off(head.saved, now);
    lines.map(|line| session(line, off, now)).collect()
}

fn session(line: &str, off: Duration, now: Now) -> Result<(SessionId, Session), String> {
    let line: Line = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let id = from_hex(&line.id).ok_or("an id is not hexadecimal")?;
    let grown = |seconds: u64| Duration::from_secs(seconds).saturating_add(off).min(super::LONGEST);
    // A kiosk whose PIN cannot be read would be open to everybody.
    let pin =
        line.pin.as_deref().map(PasswordHash::read).transpose().map_err(|reason| format!("pin: {reason}"))?;
    let kiosk = pin.map(|pin| Arc::new(Kiosk::new(pin)));
    let session = Session {
        account: line.account,
        mark: Mark::from_number(line.mark),
        since: now.mono,
        age: grown(line.age_s),
        used: now.mono,
        idle: grown(line.idle_s),
        kiosk,
    };
    Ok((SessionId(id), session))
}

/// How long the hub was off; nothing if one of the two clocks cannot be believed or time went backwards.
fn time_off(saved: u64, now: Now) -> Duration {
    let saved = UNIX_EPOCH + Duration::from_secs(saved.min(u64::from(u32::MAX)));
    if !clock::is_plausible(saved) || !clock::is_plausible(now.wall) {
        return Duration::ZERO;
    }
    now.wall.duration_since(saved).unwrap_or_default()
}

/// The file that holds these sessions.
pub fn text(by_id: &HashMap<SessionId, Session>, now: Now) -> String {
    let saved = now.wall.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut text = json(&Head { saved });
    for (id, session) in by_id {
        let line = Line {
            id: hex(&id.0),
            account: session.account.clone(),
            mark: session.mark.number(),
            age_s: session.age(now.mono).as_secs(),
            idle_s: session.idle(now.mono).as_secs(),
            pin: session.kiosk.as_ref().map(|kiosk| kiosk.pin.text()),
        };
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{}", json(&line));
    }
    text.push('\n');
    text
}

fn json(line: &impl Serialize) -> String {
    serde_json::to_string(line).expect("texts and numbers are always JSON")
}
