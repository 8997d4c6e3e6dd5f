//! What one client may ask of the broker, each limit with its reason.

use std::time::Duration;

/// Limits; [`Default`] shows what is in force when nothing is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Clients that are logged in, the hub itself not counted.
    pub clients: usize,
    /// Connections that have not logged in; when one more comes, the one that has waited longest goes.
    pub newcomers: usize,
    /// Sessions that outlive their connections.
    pub sessions: usize,
    /// Bytes of one packet: topic, properties and payload together. A camera's still picture fits.
    pub packet: usize,
    /// Bytes of a topic or filter.
    pub topic: usize,
    /// Levels of a topic or filter. The deepest in use has nine; matching costs time per level.
    pub levels: usize,
    /// Subscriptions of one client.
    pub subscriptions: usize,
    /// Retained messages of all clients together.
    pub retained: usize,
    /// Bytes of one retained payload.
    pub retained_payload: usize,
    /// Bytes of all retained payloads together; memory holds them three times.
    pub retained_bytes: usize,
    /// Bytes that wait for one client: in its socket's way, and in its session while it is away.
    pub queue: usize,
    /// How long a session outlives its connection, at most.
    pub session: Duration,
}

/// Messages of quality 1 and 2 under way to one client, unconfirmed.
pub const IN_FLIGHT: u16 = 20;
/// Bytes of a client's id.
pub const CLIENT_ID: usize = 128;
/// How long a connection may take to log in, TLS and the check of the password included.
pub const LOGIN_WITHIN: Duration = Duration::from_secs(10);
/// Packets as large as they may be that a client may begin with quality 2 and not release.
pub const UNRELEASED: usize = 16;
/// Messages of quality 2 under way from one client, not yet released.
pub const FROM_CLIENT: u16 = 1_000;
/// Names one connection may give to topics (version 5); each holds a topic's text.
pub const ALIASES: u16 = 16;
/// Messages that wait inside for one client's task. The retained messages of a subscription pass through here at once,
/// and what does not fit is lost, so it is more than there may be retained messages.
pub const LANE: usize = 32_768;
/// Messages in the queue of one session, beside its limit in bytes.
pub const QUEUED: usize = 10_000;
/// How many times what may wait for a client may be published while it catches up for a moment.
pub const CATCH_UP: u64 = 8;
/// How long a client that has something to take may take nothing.
pub const STALLED: Duration = Duration::from_secs(20);

/// Bytes that may wait for all clients together, before those are cut off that have more than their share.
pub const ALL_TOGETHER: usize = 64 * 1024 * 1024;

impl Default for Limits {
    fn default() -> Self {
        Self {
            clients: 1_000,
            newcomers: 100,
            sessions: 1_000,
            packet: 1024 * 1024,
            topic: 1_024,
            levels: 32,
            subscriptions: 500,
            retained: 10_000,
            retained_payload: 256 * 1024,
            retained_bytes: 16 * 1024 * 1024,
            queue: 1024 * 1024,
            session: Duration::from_secs(30 * 24 * 3600),
        }
    }
}
