//! How far somebody may go who was let in: everywhere, to one tile, or to look from a kiosk.
//!
//! The guard asks [`Rights::permits`] for every request, the endpoint asks [`Rights::may_command`] for every command. What a
//! page shows as locked is only a courtesy; it is refused here.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::Method;

use super::account::password::PasswordHash;
use super::address::encoded;
use super::talk::ENDPOINT;
use crate::device::Refusal;
use crate::talk::Topic;

/// Where single tiles are.
pub const TILE: &str = "/tile/";
/// Where a kiosk is opened and left.
pub const KIOSK: &str = "/kiosk";
/// How long a PIN opens a kiosk, counted anew with every press.
pub const OPEN_FOR: Duration = Duration::from_secs(60);

/// What a kiosk may read; below an address that ends with `/` everything.
const READABLE: [&str; 7] = [
    "/",
    "/fragment/devices",
    "/fragment/version",
    "/history",
    "/fragment/history",
    "/api/history/chart",
    "/kiosk",
];

/// How far somebody may go.
#[derive(Clone, Debug)]
pub enum Rights {
    /// Everywhere.
    All,
    /// To one tile.
    Tile(Arc<Share>),
    /// To look; to switch while the PIN is not long ago.
    Kiosk(Arc<Kiosk>),
}

/// One tile that a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The full topic of the property.
    pub topic: Topic,
    /// Whether it may be switched, too.
    pub may_switch: bool,
}

/// A screen on the wall.
#[derive(Debug)]
pub struct Kiosk {
    /// What opens it.
    pub pin: PasswordHash,
    until: Mutex<Option<Instant>>,
}

impl Kiosk {
    /// A kiosk that is locked.
    pub fn new(pin: PasswordHash) -> Self {
        Self { pin, until: Mutex::default() }
    }

    /// How long it stays open; nothing if it is locked.
    pub fn open_for(&self, now: Instant) -> Option<Duration> {
        let left = self.until().map(|until| until.saturating_duration_since(now));
        left.filter(|left| !left.is_zero())
    }

    /// The PIN was right.
    pub fn open(&self, now: Instant) {
        *self.until() = Some(now + OPEN_FOR);
    }

    /// Somebody is done.
    pub fn lock(&self) {
        *self.until() = None;
    }

    /// Whether something may be switched; it stays open for longer then.
    fn press(&self, now: Instant) -> bool {
        let is_open = self.open_for(now).is_some();
        if is_open {
            self.open(now);
        }
        is_open
    }

    fn until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartialEq for Rights {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, Self::All) => true,
            (Self::Tile(one), Self::Tile(other)) => one == other,
            (Self::Kiosk(one), Self::Kiosk(other)) => Arc::ptr_eq(one, other),
            (Self::All | Self::Tile(_) | Self::Kiosk(_), _) => false,
        }
    }
}

impl Eq for Rights {}

impl Rights {
    /// Whether a request may pass; whether its command may, is asked where the command is known.
    pub fn permits(&self, method: &Method, path: &str) -> bool {
        let is_endpoint = path.strip_prefix("/auth/") == Some(ENDPOINT);
        let reads = matches!(*method, Method::GET | Method::HEAD);
        match self {
            Self::All => true,
            // By hand it may be written as it is.
            Self::Tile(share) if reads => {
                is_endpoint
                    || path == share.address()
                    || path.strip_prefix(TILE) == Some(share.topic.as_str())
            }
            Self::Tile(share) => share.may_switch && path == "/set",
            Self::Kiosk(_) if reads => is_endpoint || READABLE.contains(&path) || path.starts_with(TILE),
            Self::Kiosk(_) => [KIOSK, "/set", "/language", "/logout"].contains(&path),
        }
    }

    /// Whether `topic`, which ends with its verb, may be commanded now.
    pub fn may_command(&self, topic: &Topic, now: Instant) -> Result<(), Refusal> {
        match self {
            Self::All => Ok(()),
            Self::Tile(share) if !share.is_about(topic) => {
                Err(Refusal::new("locked", format!("this token is for `{}` alone", share.topic)))
            }
            Self::Tile(share) if !share.may_switch => {
                Err(Refusal::new("locked", "this token is for looking only; make one with --switch"))
            }
            Self::Tile(_) => Ok(()),
            Self::Kiosk(kiosk) if kiosk.press(now) => Ok(()),
            Self::Kiosk(_) => Err(Refusal::new("locked", "this screen is locked; enter its PIN first")),
        }
    }
}

/// The address of the tile of a property, by its full topic.
pub fn tile_address(topic: &str) -> String {
    format!("{TILE}{}", encoded(topic))
}

impl Share {
    /// The address of its tile.
    pub fn address(&self) -> String {
        tile_address(self.topic.as_str())
    }

    fn is_about(&self, topic: &Topic) -> bool {
        topic.below(&self.topic) == Some("set")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(may_switch: bool) -> Rights {
        let topic = Topic::new("nodes/bridge/0/relay/i2c0-3b").unwrap();
        Rights::Tile(Arc::new(Share { topic, may_switch }))
    }

    #[test]
    fn a_token_for_a_tile_reaches_that_tile_alone() {
        let check = |rights: &Rights, method: &str, path: &str, expect: bool| {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            assert_eq!(rights.permits(&method, path), expect, "{method} {path}");
        };
        for may_switch in [false, true] {
            let rights = share(may_switch);
            check(&rights, "GET", "/tile/nodes/bridge/0/relay/i2c0-3b", true);
            check(&rights, "GET", "/auth/clown-talk-server", true);
            check(&rights, "GET", "/auth/clown-talk-server_nodes_bridge_0", false);
            check(&rights, "GET", "/tile/nodes/bridge/0/relay/i2c0-3f", false);
            check(&rights, "GET", "/", false);
            check(&rights, "POST", "/tile/nodes/bridge/0/relay/i2c0-3b", false);
            check(&rights, "POST", "/set", may_switch);
            check(&rights, "DELETE", "/api/history/samples", false);
        }
    }

    #[test]
    fn a_kiosk_looks_at_the_dashboard_and_commands_while_it_is_open() {
        let kiosk = Arc::new(Kiosk::new(PasswordHash::of_the_demo()));
        let rights = Rights::Kiosk(kiosk.clone());
        let check = |method: &str, path: &str, expect: bool| {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            assert_eq!(rights.permits(&method, path), expect, "{method} {path}");
        };
        check("GET", "/", true);
        check("GET", "/history", true);
        check("GET", "/messages", false);
        check("GET", "/auth/clown-talk-server", true);
        check("POST", "/set", true);
        check("POST", "/messages/publish", false);
        check("DELETE", "/api/history/samples", false);

        let (topic, now) = (Topic::new("nodes/bridge/0/relay/0/set").unwrap(), Instant::now());
        assert_eq!(rights.may_command(&topic, now).unwrap_err().code, "locked");
        kiosk.open(now);
        assert!(rights.may_command(&topic, now + OPEN_FOR - Duration::from_secs(1)).is_ok());
        // The press counted anew.
        assert!(rights.may_command(&topic, now + OPEN_FOR + Duration::from_secs(1)).is_ok());
        assert!(rights.may_command(&topic, now + 3 * OPEN_FOR).is_err());
        kiosk.open(now);
        kiosk.lock();
        assert!(rights.may_command(&topic, now).is_err());
    }

    #[test]
    fn a_token_for_a_tile_commands_that_tile_alone() {
        let check = |rights: &Rights, topic: &str, expect: bool| {
            let topic = Topic::new(topic).unwrap();
            assert_eq!(rights.may_command(&topic, Instant::now()).is_ok(), expect, "{topic}");
        };
        check(&share(true), "nodes/bridge/0/relay/i2c0-3b/set", true);
        check(&share(false), "nodes/bridge/0/relay/i2c0-3b/set", false);
        check(&share(true), "nodes/bridge/0/relay/i2c0-3f/set", false);
        check(&share(true), "nodes/bridge/0/relay/i2c0-3b/config/set", false);
        check(&share(true), "nodes/bridge/0/-/-/config/set", false);
    }
}
