//! A row of the console as ready values.

use crate::hub::{Row, Way, iso};
use crate::web::bytes;
use crate::web::page::show::visible;
use crate::web::text::{Text, fill};

/// One row.
pub struct RowView {
    /// When, for a machine.
    pub machine: String,
    /// The time of day in UTC, to the millisecond.
    pub person: String,
    /// `data-way`.
    pub way: &'static str,
    /// The arrow.
    pub arrow: &'static str,
    /// The arrow in words; empty if the row itself has words.
    pub direction: &'static str,
    /// What came or went, or what happened.
    pub said: String,
    /// Who wrote it by hand, in words; empty if nobody did.
    pub by: String,
}

impl RowView {
    /// What came or went, with control characters apart.
    pub fn parts(&self) -> Vec<(bool, &str)> {
        bytes::parts(&self.said)
    }

    /// The row with its bytes as text or as hexadecimal digits.
    pub fn new(text: &Text, row: &Row, is_hex: bool) -> Self {
        let live = &text.console.live;
        let said = || if is_hex { bytes::hex(&row.bytes) } else { bytes::text(&row.bytes) };
        let (arrow, direction, said) = match row.way {
            Way::Heard => ("←", live.heard, said()),
            Way::Written => ("→", live.wrote, said()),
            Way::Opened => ("·", "", live.opened.to_owned()),
            Way::Closed => ("·", "", live.closed.to_owned()),
            Way::Withdrawn => ("·", "", live.withdrawn.to_owned()),
        };
        let machine = iso(row.at);
        Self {
            // `2026-11-20T22:10:00.123Z`
            person: machine.split(['T', 'Z']).nth(1).unwrap_or_default().to_owned(),
            machine,
            way: row.way.word(),
            arrow,
            direction,
            said,
            by: row.by.as_ref().map_or_else(String::new, |by| fill(live.by, &[("by", &visible(by))])),
        }
    }
}
