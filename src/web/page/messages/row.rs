//! One row of the tree, as a link to what it stands for.

use std::time::SystemTime;

use super::Asked;
use crate::web::messages::history::{Form, Kind};
use crate::web::messages::look::{Place, Row, moment};
use crate::web::messages::search::KindSought;
use crate::web::page::note::Stamp;
use crate::web::page::show::visible;
use crate::web::text::{Text, fill};

/// How deep rows are set in at most.
const DEEPEST: u16 = 12;

/// A row, ready to be laid out.
pub struct RowView {
    /// Where it leads: to the topic, or to what lies below.
    pub href: String,
    /// Whether what lies below is shown (`open`, `shut`), and where that leads.
    pub below: Option<(&'static str, String)>,
    /// How deep it lies.
    pub level: u16,
    /// Its levels.
    pub name: String,
    /// The last value, or how many topics lie below.
    pub value: String,
    /// How often it speaks.
    pub rate: String,
    /// When it last did.
    pub at: Option<Stamp>,
    /// How often it did.
    pub count: u64,
    /// `data-kind`.
    pub kind: &'static str,
    /// `data-memory`.
    pub memory: bool,
    /// `data-presence`.
    pub presence: &'static str,
    /// Whether it is the one that is looked at.
    pub chosen: bool,
}

impl RowView {
    /// The row as text.
    pub fn new(text: &Text, row: Row, asked: &Asked, now: SystemTime) -> Self {
        let live = &text.messages.live;
        let place = match &row.id {
            Some(id) => Place::Mark { id: id.clone() },
            None => Place::Topic(row.topic.clone()),
        };
        let (Place::Topic(name) | Place::Mark { id: name }) = &place;
        let (topic, at) = if row.id.is_some() { ("id", "at_id") } else { ("topic", "at") };
        let below = asked.href(&[(at, name)]);
        let href = match (&row.said, &asked.at) {
            (None, _) => below.clone(),
            (Some(_), None) => asked.href(&[(topic, name)]),
            (Some(_), Some(at)) => asked.href(&[(topic, name), ("at", at)]),
        };
        let said = row.said.as_ref();
        Self {
            href,
            below: row.open.map(|open| (if open { "open" } else { "shut" }, below)),
            level: row.level.min(DEEPEST),
            name: if row.name.is_empty() { live.no_name.to_owned() } else { visible(&row.name) },
            value: match said {
                Some(said) if said.form == Form::Empty => live.no_value.to_owned(),
                Some(said) => visible(&said.value) + if said.cut { "…" } else { "" },
                None => fill(live.below, &[("n", &row.below.to_string())]),
            },
            rate: rate(row.rate),
            at: (row.at > 0).then(|| Stamp::new(moment(row.at), now)),
            count: row.count,
            kind: said.map_or("", |said| word(said.kind)),
            memory: said.is_some_and(|said| said.memory),
            presence: said.and_then(|said| said.presence).map_or("", |presence| presence.word()),
            chosen: said.is_some() && asked.topic() == Some(place),
        }
    }
}

/// The word for a kind.
pub fn word(kind: Kind) -> &'static str {
    let is_it = |known: &&(&'static str, KindSought)| known.1 == KindSought::Is(kind);
    KindSought::ALL.iter().find(is_it).map_or("", |(word, _)| word)
}

/// A rate as people say it: `12/s`, `3/min`, `2/h`; the same as in `tree.js`.
pub fn rate(per_second: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1.0, "/s"), (60.0, "/min"), (3600.0, "/h"), (86_400.0, "/d")];
    if per_second <= 0.0 {
        return String::new();
    }
    let fits = |(times, _): &(f64, &str)| per_second * times >= 0.95;
    let (times, unit) = UNITS.into_iter().find(fits).unwrap_or(UNITS[3]);
    let n = per_second * times;
    if n < 9.95 { format!("{}{unit}", (n * 10.0).round() / 10.0) } else { format!("{}{unit}", n.round()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_said_in_the_unit_that_fits() {
        let check = |per_second: f64, expect: &str| assert_eq!(rate(per_second), expect);
        check(0.0, "");
        check(500.0, "500/s");
        check(1.25, "1.3/s");
        check(0.99, "1/s");
        check(0.5, "30/min");
        check(1.0 / 60.0, "1/min");
        check(0.002, "7.2/h");
        check(1.0 / 86_400.0, "1/d");
        check(0.000_001, "0.1/d");
    }
}
