//! The tables of the file, and views for people who open it with other tools.

use crate::disk::Plan;

const TABLES: &str = "
CREATE TABLE series (
    id INTEGER PRIMARY KEY, topic TEXT NOT NULL, quantity TEXT NOT NULL, kind TEXT NOT NULL, unit TEXT);
CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE run (id INTEGER PRIMARY KEY, begin INTEGER NOT NULL, end INTEGER);
CREATE TABLE journal (id INTEGER PRIMARY KEY, samples BLOB NOT NULL);
CREATE TABLE chunk (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    count INTEGER NOT NULL, times BLOB NOT NULL, samples BLOB NOT NULL);
CREATE INDEX chunk_of_series ON chunk (series, last, first, count);
CREATE TABLE hour (
    series INTEGER NOT NULL, begin INTEGER NOT NULL, least REAL NOT NULL, greatest REAL NOT NULL, sum REAL NOT NULL,
    count INTEGER NOT NULL, gain REAL NOT NULL, last REAL NOT NULL, last_at INTEGER NOT NULL,
    PRIMARY KEY (series, begin)) WITHOUT ROWID;
CREATE TABLE day (
    series INTEGER NOT NULL, begin INTEGER NOT NULL, least REAL NOT NULL, greatest REAL NOT NULL, sum REAL NOT NULL,
    count INTEGER NOT NULL, gain REAL NOT NULL, last REAL NOT NULL, last_at INTEGER NOT NULL,
    PRIMARY KEY (series, begin)) WITHOUT ROWID;
CREATE VIEW hourly AS
    SELECT topic, quantity, unit, strftime('%Y-%m-%dT%H:%M:%SZ', begin / 1000, 'unixepoch') AS time,
        iif(kind = 'word', NULL, least) AS least, iif(kind = 'word', NULL, sum / count) AS mean,
        iif(kind = 'word', NULL, greatest) AS greatest, iif(kind = 'word', NULL, gain) AS gain, count,
        iif(kind = 'word', (SELECT text FROM word WHERE word.id = hour.last), hour.last) AS last
    FROM hour JOIN series ON series.id = hour.series;
CREATE VIEW daily AS
    SELECT topic, quantity, unit, strftime('%Y-%m-%d', begin / 1000, 'unixepoch') AS time,
        iif(kind = 'word', NULL, least) AS least, iif(kind = 'word', NULL, sum / count) AS mean,
        iif(kind = 'word', NULL, greatest) AS greatest, iif(kind = 'word', NULL, gain) AS gain, count,
        iif(kind = 'word', (SELECT text FROM word WHERE word.id = day.last), day.last) AS last
    FROM day JOIN series ON series.id = day.series;
";

/// What the file is for.
pub const PLAN: Plan = Plan {
    version: 1,
    tables: TABLES,
    loss: "history begins anew; what was recorded before is in that file, for `clown-hub history export`",
    // A flush is small: of large pages most would be written for nothing.
    page: 1024,
};
