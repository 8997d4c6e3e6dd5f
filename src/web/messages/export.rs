//! The record for other programs: JSON lines or CSV, of the present or of the past, of one topic or of all.
//!
//! It is made piece by piece as the reader takes it, so a slow reader costs no memory and the record is never held for
//! long. Topics that come meanwhile are not in it. CSV follows RFC 4180; a text that a spreadsheet would take for a
//! formula gets an apostrophe in front.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::history::{Form, Kept, Kind};
use super::look::time;
use super::pretty::one_line;
use super::recorder::{Record, State};
use super::search::Search;
use super::tree::{NodeId, ROOT};
use crate::history::text::cell::cell;

/// How much is made at once, in bytes.
const PIECE: usize = 64 * 1024;

/// What is exported of each topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// The last message.
    Present,
    /// All messages that are still known, oldest first.
    Past,
}

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One JSON object per line.
    JsonLines,
    /// Comma-separated values with a heading.
    Csv,
}

/// An export under way: an iterator of pieces.
pub struct Export {
    record: Record,
    span: Span,
    layout: Layout,
    /// The topics with their marks, so that a number that was given to another topic meanwhile is noticed.
    topics: std::vec::IntoIter<String>,
    /// The topic that is half done, and the number of its next message.
    half: Option<(String, u64)>,
    begun: bool,
}

impl Export {
    /// Exports what `search` finds at or below `at`.
    pub fn new(record: &Record, at: Option<NodeId>, search: &Search, span: Span, layout: Layout) -> Self {
        let topics = record.with(|state| {
            let mut marks = Vec::new();
            search.each(&state.tree, at.unwrap_or(ROOT), |id| marks.push(state.tree.mark(id)));
            marks
        });
        Self::of(record, topics, span, layout)
    }

    /// Exports exactly this topic.
    pub fn one(record: &Record, id: NodeId, span: Span, layout: Layout) -> Self {
        Self::of(record, vec![record.with(|state| state.tree.mark(id))], span, layout)
    }

    fn of(record: &Record, topics: Vec<String>, span: Span, layout: Layout) -> Self {
        Self { record: record.clone(), span, layout, topics: topics.into_iter(), half: None, begun: false }
    }

    /// Writes from `number` on; gives the number to go on with if the piece is full before the end.
    fn topic(&self, state: &State, mark: &str, number: u64, piece: &mut String) -> Option<u64> {
        // It may have been forgotten since the export began.
        let id = state.tree.marked(mark)?;
        let leaf = state.tree.leaf(id)?;
        let topic = state.tree.path(id);
        let first = match self.span {
            Span::Present => leaf.history.number(),
            Span::Past => leaf.history.oldest(),
        };
        for number in number.max(first)..=leaf.history.number() {
            if piece.len() >= PIECE {
                return Some(number);
            }
            if let Some(kept) = leaf.history.get(number) {
                let line = Line { topic: &topic, number, kept, from: state.source(kept.from) };
                match self.layout {
                    Layout::JsonLines => line.json(piece),
                    Layout::Csv => line.csv(piece),
                }
            }
        }
        None
    }
}

impl Iterator for Export {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let mut piece = String::new();
        if !std::mem::replace(&mut self.begun, true) && self.layout == Layout::Csv {
            piece.push_str("time,topic,number,kind,from,memory,form,payload\r\n");
        }
        let record = self.record.clone();
        record.with(|state| {
            while piece.len() < PIECE {
                let Some((mark, number)) = self.half.take().or_else(|| Some((self.topics.next()?, 0))) else {
                    break;
                };
                let next = self.topic(state, &mark, number, &mut piece);
                self.half = next.map(|number| (mark, number));
            }
        });
        (!piece.is_empty()).then(|| piece.into())
    }
}

/// One message of an export.
struct Line<'a> {
    topic: &'a str,
    number: u64,
    kept: &'a Kept,
    from: &'a str,
}

impl Line<'_> {
    fn json(&self, out: &mut String) {
        #[derive(serde::Serialize)]
        struct Head<'a> {
            topic: &'a str,
            at: String,
            number: u64,
            kind: Kind,
            from: &'a str,
            memory: bool,
            form: Form,
        }
        let Self { topic, number, kept, from } = *self;
        let at = time(kept.at);
        let head =
            Head { topic, at, number, kind: kept.kind, from, memory: !kept.is_live(), form: kept.form };
        let head = serde_json::to_string(&head).unwrap_or_default();
        let payload = match kept.form {
            Form::Json => one_line(&kept.text()),
            Form::Text => serde_json::Value::from(kept.text()).to_string(),
            Form::Bytes => format!("{{\"$base64\": \"{}\"}}", STANDARD.encode(&kept.bytes)),
            Form::Empty => "null".to_owned(),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{},\"payload\":{payload}}}", head.trim_end_matches('}'));
    }

    fn csv(&self, out: &mut String) {
        let Self { topic, number, kept, from } = *self;
        let payload = match kept.form {
            Form::Json | Form::Text => cell(&kept.text()).into_owned(),
            Form::Bytes => STANDARD.encode(&kept.bytes),
            Form::Empty => String::new(),
        };
        let (at, memory) = (time(kept.at), !kept.is_live());
        let (kind, form) = (word(&kept.kind), word(&kept.form));
        let (topic, from) = (cell(topic), cell(from));
        let _ = write!(out, "{at},{topic},{number},{kind},{from},{memory},{form},{payload}\r\n");
    }
}

/// The word that JSON has for it.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default().trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::{Hub, HubConfig, LinkInfo, Now};
    use crate::talk::{Message, Topic};
    use crate::web::messages::tree::Bounds;

    fn record(lines: &[String]) -> Record {
        let hub = Hub::new(HubConfig::default(), Now::now());
        let record = Record::new(Bounds::default(), Now::now());
        let base = Topic::new("nodes/0").ok();
        let (link, _) = hub.attach(Now::now(), LinkInfo { name: "=usb".into(), kind: "serial", base });
        for line in lines {
            link.publish(Now::now(), Message::parse(line).unwrap());
        }
        // What it heard so far is taken at once; what follows is not waited for.
        drop(record.listen(&hub));
        record
    }

    fn text(export: Export) -> String {
        export.map(|piece| String::from_utf8(piece.to_vec()).unwrap()).collect()
    }

    #[test]
    fn every_line_is_json_with_the_payload_as_it_was_sent() {
        let lines = [r#"["a/b", {"t": [24.50, "℃"]}]"#.to_owned(), "[\"a/b\", [1,\n2]]".to_owned()];
        let record = record(&lines);
        let search = Search::default();
        // The record began after both: it knows the last one only.
        let present = text(Export::new(&record, None, &search, Span::Present, Layout::JsonLines));
        let line = present.lines().find(|line| line.contains("nodes/0/a/b")).expect("it is there");
        assert!(line.ends_with(r#","payload":[1, 2]}"#), "{line}");
        assert!(line.starts_with(r#"{"topic":"nodes/0/a/b","at":"20"#), "{line}");
        assert!(
            present.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()),
            "{present}"
        );
        let csv = text(Export::new(&record, None, &search, Span::Present, Layout::Csv));
        assert!(csv.starts_with("time,topic,number,kind,from,memory,form,payload\r\n"));
        assert!(csv.contains(",nodes/0/a/b,1,value,\"'=usb\",true,json,\"[1,\n2]\"\r\n"), "{csv}");
    }

    #[test]
    fn long_exports_come_in_pieces_and_lose_nothing() {
        let lines: Vec<_> = (0..3000).map(|n| format!(r#"["t/{n:04}", "{}"]"#, "x".repeat(100))).collect();
        let record = record(&lines);
        let at = record.with(|state| state.tree.find("nodes/0/t"));
        let export = Export::new(&record, at, &Search::default(), Span::Past, Layout::JsonLines);
        let pieces: Vec<_> = export.collect();
        assert!(pieces.len() > 5 && pieces.iter().all(|piece| piece.len() < 2 * PIECE), "{}", pieces.len());
        let whole = String::from_utf8(pieces.concat()).unwrap();
        assert_eq!(whole.lines().count(), 3000);
        let topics: Vec<_> = whole.lines().map(|line| &line[10..]).collect();
        assert!(topics.is_sorted() && topics[0].starts_with("nodes/0/t/0000"));
    }
}
