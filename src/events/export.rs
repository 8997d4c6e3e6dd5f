//! Events as a file, oldest first, made piece by piece as it is taken.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::vec::IntoIter;

use super::event::Line;
use super::read::Wanted;
use super::store::{Part, parts};

/// How much is made at once, in bytes.
const PIECE: usize = 64 * 1024;

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The lines as they are in the files.
    JsonLines,
    /// Comma-separated values with a heading.
    Csv,
}

/// An export under way.
pub struct Export {
    folder: PathBuf,
    parts: IntoIter<Part>,
    lines: Option<BufReader<File>>,
    wanted: Wanted,
    layout: Layout,
    /// Makes a cell of a text.
    cell: fn(&str) -> String,
    begun: bool,
}

impl Export {
    /// Exports what is wanted; `cell` makes a text harmless for spreadsheets.
    pub fn new(folder: &Path, wanted: Wanted, layout: Layout, cell: fn(&str) -> String) -> io::Result<Self> {
        let parts = parts(folder)?.into_iter();
        Ok(Self { folder: folder.to_owned(), parts, lines: None, wanted, layout, cell, begun: false })
    }

    /// The next piece; nothing at the end.
    pub fn piece(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut piece = Vec::new();
        if !std::mem::replace(&mut self.begun, true) && self.layout == Layout::Csv {
            piece.extend_from_slice(HEADING.as_bytes());
        }
        let mut text = Vec::new();
        while piece.len() < PIECE {
            let Some(lines) = &mut self.lines else {
                let Some(part) = self.parts.next() else { break };
                self.lines = match File::open(self.folder.join(part.name())) {
                    Ok(file) => Some(BufReader::new(file)),
                    // It was let go meanwhile.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                    Err(error) => return Err(error),
                };
                continue;
            };
            text.clear();
            if lines.read_until(b'\n', &mut text)? == 0 {
                self.lines = None;
                continue;
            }
            self.line(&text, &mut piece);
        }
        Ok((!piece.is_empty()).then_some(piece))
    }

    fn line(&self, text: &[u8], piece: &mut Vec<u8>) {
        let text = text.trim_ascii_end();
        // A damaged line is nobody's event.
        let Ok(line) = serde_json::from_slice::<Line>(text) else { return };
        if !self.wanted.matches(&line) {
            return;
        }
        match self.layout {
            Layout::JsonLines => {
                piece.extend_from_slice(text);
                piece.push(b'\n');
            }
            Layout::Csv => piece.extend_from_slice(self.csv(&line).as_bytes()),
        }
    }

    fn csv(&self, line: &Line) -> String {
        let event = &line.event;
        let text = |text: &Option<Box<str>>| (self.cell)(text.as_deref().unwrap_or_default());
        let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        let cells = [
            line.seq.to_string(),
            (self.cell)(&line.at),
            event.kind.word().to_owned(),
            (self.cell)(&event.what),
            text(&event.who),
            text(&event.from),
            (self.cell)(event.by.as_deref().unwrap_or_default()),
            text(&event.about),
            text(&event.device),
            text(&event.payload),
            text(&event.before),
            number(event.after_ms),
            text(&event.code),
            text(&event.reason),
            number(event.more),
        ];
        cells.join(",") + "\r\n"
    }
}

const HEADING: &str =
    "seq,at,kind,what,who,from,by,about,device,payload,before,after_ms,code,reason,more\r\n";
