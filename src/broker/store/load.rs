//! What the database holds, read at the start.
//!
//! A row that makes no sense costs only itself: it is counted, said once, and goes with the next complete checkpoint.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mqtt5::broker::storage::ClientSession;
use rusqlite::types::FromSql;
use rusqlite::{Connection, Row};

use super::known::Known;
use super::message::{Flight, Kept, Properties, Queued, redated};

/// Everything that was kept.
#[derive(Debug, Default)]
pub struct Contents {
    /// Retained messages, each with the last message of the journal before it.
    pub retained: Vec<(u64, Kept)>,
    /// Sessions with what waits in them.
    pub sessions: Vec<Session>,
    /// The last message of the journal.
    pub last: u64,
    /// The generation of the journal that began with the last checkpoint.
    pub generation: u64,
    /// Rows that made no sense.
    pub damaged: usize,
}

/// One session and what waits in it.
#[derive(Debug)]
pub struct Session {
    /// As `mqtt5` knows it.
    pub session: ClientSession,
    /// Its queue in order, each message with the last one of the journal when it was first seen.
    pub queue: Vec<(u64, Kept, Queued)>,
    /// What is in flight, likewise.
    pub flight: Vec<(u64, Kept, Flight)>,
}

/// Reads everything; `known` learns what is there.
pub fn load(connection: &Connection, known: &mut Known, now: SystemTime) -> rusqlite::Result<Contents> {
    let (last, generation) = (fact(connection, "last")?, fact(connection, "journal")?);
    let mut contents = Contents { last, generation, ..Contents::default() };
    let retained = "SELECT after, 1 AS retain, * FROM retained";
    each(connection, retained, [], &mut contents, |row, contents| {
        let (after, kept) = (number(row, "after")?, kept(row)?);
        known.read_retained(&kept);
        let kept = kept.redated(now);
        if kept.expires().is_none_or(|expires| expires > now) {
            contents.retained.push((after, kept));
        }
        Some(())
    })?;
    let mut ids = Vec::new();
    each(connection, "SELECT * FROM session ORDER BY id", [], &mut contents, |row, contents| {
        let (id, client, body) =
            (get(row, "id")?, get::<String>(row, "client")?, get::<String>(row, "body")?);
        let session = session(&client, &body, now)?;
        known.read_session(id, &client, &body);
        ids.push(id);
        contents.sessions.push(Session { session, queue: Vec::new(), flight: Vec::new() });
        Some(())
    })?;
    for (index, id) in ids.into_iter().enumerate() {
        load_queue(connection, id, index, &mut contents, known, now)?;
    }
    Ok(contents)
}

fn fact(connection: &Connection, name: &str) -> rusqlite::Result<u64> {
    let sql = "SELECT value FROM fact WHERE name = ?1";
    match connection.query_row(sql, [name], |row| row.get::<_, i64>(0)) {
        Ok(value) => Ok(value.cast_unsigned()),
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(0),
        Err(error) => Err(error),
    }
}

fn load_queue(
    connection: &Connection,
    id: i64,
    index: usize,
    contents: &mut Contents,
    known: &mut Known,
    now: SystemTime,
) -> rusqlite::Result<()> {
    let queue = "SELECT * FROM queue WHERE session = ?1 ORDER BY place";
    each(connection, queue, [id], contents, |row, contents| {
        let (place, seen) = (get(row, "place")?, number(row, "seen")?);
        let subscriptions: Option<String> = get(row, "subscriptions")?;
        let subscriptions = subscriptions.unwrap_or_default();
        let subscriptions: Result<_, _> = subscriptions.split_whitespace().map(str::parse).collect();
        let queued =
            Queued { packet: get(row, "packet")?, dup: get(row, "dup")?, subscriptions: subscriptions.ok()? };
        let message = (kept(row)?, queued);
        let session = contents.sessions.get_mut(index)?;
        known.read_queued(&session.session.client_id, place, seen, &message);
        session.queue.push((seen, message.0.redated(now), message.1));
        Some(())
    })?;
    let flight = "SELECT * FROM flight WHERE session = ?1 ORDER BY at, packet";
    each(connection, flight, [id], contents, |row, contents| {
        let seen = number(row, "seen")?;
        let flight = Flight {
            packet: get(row, "packet")?,
            is_inbound: get(row, "inbound")?,
            phase: get::<u8>(row, "phase").filter(|phase| *phase <= 2)?,
        };
        let message = (kept(row)?, flight);
        let session = contents.sessions.get_mut(index)?;
        known.read_flight(&session.session.client_id, seen, &message);
        session.flight.push((seen, message.0.redated(now), flight));
        Some(())
    })
}

/// Hands each row to `take`; what it cannot take is counted.
fn each(
    connection: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
    contents: &mut Contents,
    mut take: impl FnMut(&Row<'_>, &mut Contents) -> Option<()>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(values)?;
    while let Some(row) = rows.next()? {
        if take(row, contents).is_none() {
            contents.damaged += 1;
        }
    }
    Ok(())
}

fn get<T: FromSql>(row: &Row<'_>, column: &str) -> Option<T> {
    row.get(column).ok()
}

fn number(row: &Row<'_>, column: &str) -> Option<u64> {
    get(row, column).map(i64::cast_unsigned)
}

fn kept(row: &Row<'_>) -> Option<Kept> {
    let properties: Option<String> = get(row, "properties")?;
    let topic: String = get(row, "topic")?;
    mqtt5::validate_topic_name(&topic).ok()?;
    Some(Kept {
        topic,
        payload: get::<Vec<u8>>(row, "payload")?.into(),
        qos: get::<u8>(row, "qos").filter(|qos| *qos <= 2)?,
        retain: get(row, "retain")?,
        at: number(row, "at")?,
        expiry: get(row, "expiry")?,
        properties: Properties::from_text(properties.as_deref()).ok()?,
    })
}

fn session(client: &str, body: &str, now: SystemTime) -> Option<ClientSession> {
    let mut session: ClientSession = serde_json::from_str(body).ok()?;
    session.client_id = client.to_owned();
    // Its connection ended with the broker, or at a time that must be believable: nobody may expire by a wrong clock.
    let since_1970 = |seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    session.last_seen = now;
    if let Some(ended) = session.disconnected_at {
        let ended = redated(ended / 1_000, now);
        session.last_seen = since_1970(ended)?;
        session.disconnected_at = Some(ended * 1_000);
    }
    Some(session)
}
